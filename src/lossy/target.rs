//! The bound, relative to each column's range, that reaches a ratio or a PSNR.
//!
//! Halving a bound costs about a bit a value and gives about 6 dB: the reciprocal of the ratio and the PSNR both fall about linearly with
//! the logarithm of the bound. So the secant method finds it in a few steps.

use super::bound::{Bound, BoundKind};
use super::request::Target;
use crate::error::{Error, Result};

/// The smallest and the largest bound that are tried, as binary logarithms.
const LIMITS: [f64; 2] = [-46.0, 0.0];
/// Most bounds that are tried.
const STEPS: usize = 14;
/// How far beyond the wanted ratio is near enough, as a share of it.
const RATIO: f64 = 0.01;
/// How far above the wanted PSNR is near enough, in dB.
const DECIBELS: f64 = 0.1;

/// What coding within a bound gives.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// Bytes of input for one of output.
    pub ratio: f64,
    /// Peak signal to noise in dB.
    pub psnr: f64,
}

/// A bound relative to the range.
fn relative(logarithm: f64) -> Result<Bound> {
    // Three digits are enough to come near, and can be typed again.
    let exact = logarithm.exp2();
    let rounded: f64 = format!("{exact:.3e}").parse().unwrap_or(exact);
    Bound::new(BoundKind::Relative, rounded)
}

/// The bound for a target; `code` measures what one gives.
///
/// # Errors
/// `InvalidArgument` if no bound reaches the ratio, and the errors of `code`.
pub fn find(target: Target, mut code: impl FnMut(Bound) -> Result<Reached>) -> Result<Bound> {
    // What falls with the bound's logarithm, its wanted value, and how far it may be off to either side.
    let (wanted, slack) = match target {
        Target::Ratio(ratio) => (1.0 / ratio / (1.0 + RATIO / 2.0), RATIO / 2.0 / ratio),
        Target::Psnr(psnr) => (psnr + DECIBELS / 2.0, DECIBELS / 2.0),
    };
    let measured = |reached: Reached| match target {
        Target::Ratio(_) => 1.0 / reached.ratio,
        Target::Psnr(_) => reached.psnr.min(1e4),
    };
    let start = match target {
        Target::Ratio(_) => -10.0,
        // Errors spread evenly over 2E have an RMS of E over the root of 3.
        Target::Psnr(psnr) => 3f64.log2() / 2.0 - psnr / 20.0 * 10f64.log2(),
    };
    let mut slope = match target {
        Target::Ratio(_) => -1.0 / 32.0,
        Target::Psnr(_) => -20.0 * 2f64.log10(),
    };
    let [least, most] = LIMITS;
    // The largest bound that gives too much, and the smallest that gives too little.
    let (mut low, mut high) = (None, None);
    let mut at = start.clamp(least, most);
    for _ in 0..STEPS {
        let found = measured(code(relative(at)?)?) - wanted;
        let too_much = found > 0.0;
        let limit = if too_much { most } else { least };
        if found.abs() <= slack || (at == limit && !too_much) {
            return relative(at);
        }
        if at == limit {
            break;
        }
        let bracket = if too_much { &mut low } else { &mut high };
        *bracket = Some((at, found));
        at = match (low, high) {
            (Some((a, above)), Some((b, below))) => {
                // Within the bracket, and not so close to an end that it hardly shrinks.
                let secant = a + (b - a) * above / (above - below);
                secant.clamp(a + (b - a) * 0.1, b - (b - a) * 0.1)
            }
            _ => (at - found / slope).clamp(least, most),
        };
        // Steps to one side only grow until there is a bracket.
        slope *= 0.8;
    }
    match (high, target) {
        (Some((at, _)), Target::Ratio(_)) => relative(at),
        (_, Target::Psnr(_)) => relative(low.map_or(least, |(at, _)| at)),
        (None, Target::Ratio(ratio)) => Err(Error::InvalidArgument(format!(
            "no bound gives a ratio of {ratio}: what stays exact is too much for that"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of 32 bits that cost `extra` bits more than the steps in their range tell apart.
    fn coded(bound: Bound, extra: f64) -> Reached {
        let bits = (1.0 / (2.0 * bound.value)).log2().max(0.0) + extra;
        Reached {
            ratio: 32.0 / bits,
            psnr: -20.0 * (bound.value / 3f64.sqrt()).log10(),
        }
    }

    #[test]
    fn ratios_are_reached_from_above() {
        for ratio in [1.1, 2.0, 6.0, 20.0, 100.0] {
            let mut steps = 0;
            let found = find(Target::Ratio(ratio), |bound| {
                steps += 1;
                Ok(coded(bound, 0.1))
            });
            let reached = coded(found.unwrap(), 0.1).ratio;
            assert!(reached >= ratio && reached < ratio * 1.012, "{reached}");
            assert!(steps <= 12, "{ratio}: {steps}");
        }
    }

    #[test]
    fn what_cannot_be_reached_is_an_error() {
        let refused = find(Target::Ratio(10.0), |bound| Ok(coded(bound, 5.0)));
        assert!(refused.is_err());
    }

    #[test]
    fn psnr_is_reached_from_above() {
        for psnr in [20.0, 60.0, 143.7] {
            let found = find(Target::Psnr(psnr), |bound| Ok(coded(bound, 0.0))).unwrap();
            let reached = coded(found, 0.0).psnr;
            assert!(reached >= psnr && reached < psnr + 0.11, "{reached}");
        }
        let nothing_lost = |_| {
            Ok(Reached {
                ratio: 9.0,
                psnr: f64::INFINITY,
            })
        };
        assert!(find(Target::Psnr(60.0), nothing_lost).is_ok());
    }
}
