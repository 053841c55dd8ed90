//! What would make an input smaller, and the numbers that this follows from.

use super::estimate::Estimate;
use super::region::RegionReport;
use serde::Serialize;

/// Bytes that a trained network of the usual size adds to a file that embeds it.
const MODEL: f64 = 62_500.0;
/// Share of the bits that a network trained on one table saves over the built-in one, noise not counted: on the LHCb table
/// 4.10x instead of 3.69x, where more than half of the bits are noise.
const TRAINED: f64 = 0.2;
/// More bits than this a byte: nothing is left to be found.
const FULL: f64 = 7.8;
/// From this share of noise on, dropping it pays.
const NOISY: f64 = 0.15;

/// What is worth doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// Training a network on data like this.
    pub train: Verdict,
    /// Giving up bits of floats that are noise.
    pub lossy: Verdict,
}

/// Whether something is worth it, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// It is.
    pub worth: bool,
    /// The numbers behind it.
    pub why: String,
}

impl Advice {
    pub(super) fn of(len: u64, estimate: &Estimate, regions: &[RegionReport]) -> Advice {
        Advice {
            train: train(len, estimate, regions),
            lossy: lossy(estimate, regions),
        }
    }
}

fn train(len: u64, estimate: &Estimate, regions: &[RegionReport]) -> Verdict {
    let no = |why: String| Verdict { worth: false, why };
    if len == 0 {
        return no("there is no data".into());
    }
    if estimate.bits_per_byte >= FULL {
        return no(format!(
            "{:.1} of 8 bits a byte are left: compressed already, or random",
            estimate.bits_per_byte
        ));
    }
    let (mut numbers, mut open) = (0.0, 0.0);
    for region in regions.iter().filter(|r| !r.columns.is_empty()) {
        let bytes = region.bytes as f64;
        numbers += bytes;
        open += bytes / 8.0 * region.bits_per_byte.unwrap_or(0.0) * (1.0 - region.noise);
    }
    if numbers == 0.0 {
        return no("text or plain bytes, which the built-in model knows".into());
    }
    if numbers < len as f64 / 2.0 {
        return no(format!(
            "{} % is text or plain bytes, which the built-in model knows",
            percent(1.0 - numbers / len as f64)
        ));
    }
    let gain = TRAINED * open;
    let sum = format!(
        "of {} estimated, {} are neither noise nor plain bytes; training saves perhaps a fifth of that, {}, and the model takes {}",
        size(estimate.compressed as f64),
        size(open),
        size(gain),
        size(MODEL)
    );
    if gain > MODEL {
        Verdict {
            worth: true,
            why: sum,
        }
    } else {
        no(format!("{sum}; many files like this can share one"))
    }
}

fn lossy(estimate: &Estimate, regions: &[RegionReport]) -> Verdict {
    let columns = || regions.iter().flat_map(|region| &region.columns);
    let floats = columns().filter(|column| column.is_float()).count();
    if floats == 0 {
        return Verdict {
            worth: false,
            why: "no columns of floats".into(),
        };
    }
    let noisy = columns()
        .filter(|c| c.is_float() && c.noise_bits >= 1.0)
        .count();
    let share = estimate.float_noise;
    let worth = share >= NOISY;
    let mut why = format!(
        "{} % of the bits look like coin flips in the low bits of floats ({noisy} of {floats} columns)",
        percent(share)
    );
    if worth {
        // Not all of them: they carry no structure, but they may carry meaning, which only their owner knows.
        why += &format!(
            "; with half of them given up about {:.1}x",
            estimate.ratio / (1.0 - share / 2.0)
        );
    }
    Verdict { worth, why }
}

fn percent(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}

/// Bytes in a unit that suits them.
fn size(bytes: f64) -> String {
    match bytes {
        1e9.. => format!("{:.1} GB", bytes / 1e9),
        1e6.. => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.0} kB", bytes / 1e3),
    }
}
