//! How small and how long.

use super::region::RegionReport;
use crate::search::plan::FRAME_TARGET;
use serde::Serialize;
use std::num::NonZero;

/// Bytes a second that one core compresses; see docs/results.md.
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
    pub(super) fn of(len: u64, regions: &[RegionReport]) -> Estimate {
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
        // Regions that were not examined count as the others do on average.
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
