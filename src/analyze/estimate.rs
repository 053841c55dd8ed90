//! How small and how long.

use super::region::Region;
use super::repeats::foretold;
use crate::layout::{Contexts, Layout};
use crate::search::cost::{Cost, Window};
use crate::search::plan::FRAME_TARGET;
use crate::structure::Structure;
use serde::Serialize;
use std::num::NonZero;

/// Bytes of a frame that are coded: text has fewer contexts to learn than columns.
const TEXT: usize = 128 << 10;
const NUMBERS: usize = 512 << 10;
/// In at most so many windows, each of so many records.
const WINDOWS: usize = 12;
const ROWS: usize = 8;
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
    pub(super) fn of(len: u64, regions: &[Region]) -> Estimate {
        let (mut seen, mut bits, mut noise, mut float_noise) = (0.0, 0.0, 0.0, 0.0);
        for region in regions {
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
        let payload = if seen > 0.0 {
            bits / seen * len as f64 / 8.0
        } else {
            0.0
        };
        let compressed = payload + FILE + FRAME * frames as f64;
        let share = |flips: f64| if bits > 0.0 { flips / bits } else { 0.0 };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let cores = cores.min(usize::try_from(frames).unwrap_or(cores)).max(1);
        Estimate {
            ratio: len as f64 / compressed,
            compressed: compressed as u64,
            bits_per_byte: if len > 0 {
                compressed * 8.0 / len as f64
            } else {
                0.0
            },
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
    let contexts = structure.places().contexts();
    let layout = Layout {
        swap: false,
        ..structure.layout
    };
    let total = match contexts {
        Contexts::Text => TEXT,
        _ => NUMBERS,
    };
    let windows = windows(coded.len(), total, layout.record as usize);
    // The predictor knows elements, rows and planes at once; the estimator has contexts for one distance beside the element.
    let mut views = vec![layout];
    if layout.record > 0 {
        views.push(Layout {
            record: 0,
            plane: 0,
            phase: layout.phase % u32::from(layout.width),
            ..layout
        });
    }
    if layout.plane > 0 {
        // Where in its plane the frame begins makes no difference.
        views.push(Layout {
            record: layout.plane,
            plane: 0,
            ..layout
        });
    }
    let mut cost = Cost::new();
    let bits = views.iter().map(|view| cost.bits(coded, &windows, view));
    let bits = bits.fold(f64::INFINITY, f64::min);
    (bits * factor(contexts, bits, foretold(coded))).min(8.0)
}

/// What the predictor spends of what the estimator does, fitted to the 43 public files. `repeats` is the share of bytes that
/// repeat at length, which the predictor follows and a sample does not show.
fn factor(contexts: Contexts, bits: f64, repeats: f64) -> f64 {
    match contexts {
        // Words and lines take longer contexts than the estimator has. What looks random gains nothing from them.
        Contexts::Text => {
            let open = ((7.0 - bits) / 3.0).clamp(0.0, 1.0);
            1.0 - open * (0.34 + 0.36 * repeats)
        }
        Contexts::Table => 0.985 - 0.13 * repeats,
        Contexts::Residuals => 0.99 - 0.28 * repeats,
        // Rows and planes at once, and in column-major tables what the column is.
        Contexts::Array => 0.98 - 0.4 * repeats,
    }
}

/// Windows of `total` bytes together, spread evenly, every third first: those teach, and what they teach is to be like what is
/// counted. Each holds some records.
fn windows(len: usize, total: usize, record: usize) -> Vec<Window> {
    let total = len.min(total);
    let count = (total / (ROWS * record.max(1))).clamp(3, WINDOWS) / 3 * 3;
    let size = total / count;
    let window = |k: usize| Window {
        start: (len - size) * k / (count - 1),
        len: size,
    };
    let first = (0..count).step_by(3).map(window);
    let rest = (0..count).filter(|k| k % 3 > 0).map(window);
    first.chain(rest).collect()
}
