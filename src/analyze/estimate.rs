//! How small and how long.

use super::region::Examined;
use crate::layout::cost::{Cost, Window};
use crate::layout::plan::FRAME_TARGET;
use crate::layout::{Contexts, Layout};
use crate::transform::Structure;
use serde::Serialize;
use std::num::NonZero;

/// Bytes of a frame that are coded, in so many windows.
const CODED: usize = 128 << 10;
const WINDOWS: usize = 6;
/// Bytes a second that one core compresses; see the README.
const SPEED: f64 = 0.2e6;
/// Bytes of a file beside its frames, and of a frame beside its payload.
const FILE: f64 = 90.0;
const FRAME: f64 = 120.0;

/// What compressing an input would give.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Bytes of the input over bytes of the output.
    pub ratio: f64,
    /// Bytes of the output.
    pub compressed: u64,
    /// Bits of the output a byte of the input.
    pub bits_per_byte: f64,
    /// Share of the output that looks like coin flips, from 0 to 1.
    pub noise: f64,
    /// The same for columns of floats alone.
    pub float_noise: f64,
    /// How long it would take on this machine.
    pub seconds: f64,
    /// Cores that would work.
    pub cores: usize,
}

impl Estimate {
    pub(super) fn of(len: u64, regions: &[Examined]) -> Estimate {
        let (mut seen, mut bits, mut noise, mut float_noise) = (0.0, 0.0, 0.0, 0.0);
        for Examined { region, .. } in regions {
            let Some(cost) = region.bits_per_byte else {
                continue;
            };
            let here = region.bytes as f64;
            seen += here;
            bits += cost * here;
            noise += cost * here * region.noise;
            float_noise += cost * here * region.float_noise;
        }
        let frames = len.div_ceil(FRAME_TARGET as u64).max(regions.len() as u64);
        // Regions that were not looked at count as the others do on average.
        let payload = if seen > 0.0 { bits / seen * len as f64 / 8.0 } else { 0.0 };
        let compressed = payload + FILE + FRAME * frames as f64;
        let share = |flips: f64| if bits > 0.0 { flips / bits } else { 0.0 };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let cores = cores.min(usize::try_from(frames).unwrap_or(cores)).max(1);
        Estimate {
            ratio: len as f64 / compressed,
            compressed: compressed as u64,
            bits_per_byte: if len > 0 { compressed * 8.0 / len as f64 } else { 0.0 },
            noise: share(noise),
            float_noise: share(float_noise),
            seconds: len as f64 / SPEED / cores as f64,
            cores,
        }
    }
}

/// Bits that a byte of a frame's coded bytes is estimated to cost.
pub(super) fn bits_per_byte(coded: &[u8], structure: &Structure) -> f64 {
    if coded.windows(2).all(|pair| pair[0] == pair[1]) {
        return 0.0;
    }
    let windows = windows(coded.len());
    let layout = Layout {
        swap: false,
        ..structure.layout
    };
    let mut cost = Cost::new();
    let mut bits = cost.bits(coded, &windows, &layout);
    // The predictor knows both the record and the element; the estimator has contexts for one of them.
    let elements = Layout {
        width: layout.width,
        phase: layout.phase % u32::from(layout.width),
        ..Layout::BYTES
    };
    if elements != layout {
        bits = bits.min(cost.bits(coded, &windows, &elements));
    }
    if std::env::var_os("RAW").is_some() { return bits; }
    (bits * factor(structure.places().contexts())).min(8.0)
}

/// What the predictor spends of what the estimator does.
fn factor(contexts: Contexts) -> f64 {
    match contexts {
        Contexts::Text => 1.0,
        Contexts::Table => 1.0,
        Contexts::Array => 1.0,
        Contexts::Residuals => 1.0,
    }
}

fn windows(len: usize) -> Vec<Window> {
    if len <= CODED {
        return vec![Window { start: 0, len }];
    }
    let size = CODED / WINDOWS;
    (0..WINDOWS)
        .map(|k| Window {
            start: (len - size) * k / (WINDOWS - 1),
            len: size,
        })
        .collect()
}
