//! Where the numbers of an array change their character, and how strongly.
//!
//! An element shows two signs: its most significant byte, and a class of the bytes below. The counts of both before and
//! after a position are compared; where they differ most, the position at which one side's counts explain the elements
//! better than the other's is the boundary.

use super::log2;
use std::f64::consts::{LOG2_E, SQRT_2};

/// Classes of the most significant byte: the commonest have their own, and all others share one.
const TOPS: usize = 32;
/// Classes of what is below: four bits of the second byte, and whether the lowest bytes are zero.
const BELOW: usize = 48;
const CLASSES: usize = TOPS + BELOW;
/// Blocks before and after a position that are compared.
const WINDOW: usize = 4;
/// Bits of difference that coincidence makes for each class that occurs: twice the logarithm of the likelihoods is
/// distributed as chi-squared.
const BY_COINCIDENCE: f64 = 0.5 * LOG2_E;
/// Standard deviations beyond that at which a change begins.
const DEVIATIONS: f64 = 3.0;
/// Bits an element that a change is worth at least, beyond coincidence.
const MIN_GAIN: f64 = 0.08;
/// Elements to both sides of a boundary among which the exact one is looked for.
const REACH: usize = 24;
/// The largest correction of the step of a comb, in elements.
const STEPS: i64 = 2;

/// A position where elements change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// The first element after it.
    pub at: usize,
    /// Bits that knowing the side saves of an element.
    pub strength: f64,
}

/// Boundaries at `start`, `start + step` and so on, in elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comb {
    pub start: usize,
    pub step: usize,
}

/// Counts of all classes.
type Counts = [u32; CLASSES];

/// The signs of all elements.
pub(crate) struct Signs {
    /// The classes of each.
    signs: Vec<[u8; 2]>,
}

impl Signs {
    /// Of whole elements of `width` bytes, at least 2.
    pub fn new(bytes: &[u8], width: usize, swap: bool) -> Signs {
        let elements = || bytes.chunks_exact(width);
        let order = |k: usize| if swap { width - 1 - k } else { k };
        let (top, second) = (order(0), order(1));
        let (low, lower) = (order((width - 2).max(1)), order(width - 1));
        let mut counts = [0u32; 256];
        for element in elements() {
            counts[usize::from(element[top])] += 1;
        }
        let mut common: Vec<u8> = (0..=255).collect();
        common.sort_by_key(|&byte| (std::cmp::Reverse(counts[usize::from(byte)]), byte));
        let mut classes = [TOPS as u8 - 1; 256];
        for (class, &byte) in common.iter().take(TOPS - 1).enumerate() {
            classes[usize::from(byte)] = class as u8;
        }
        let signs = elements().map(|element| {
            let precision = match (element[low], element[lower]) {
                (0, 0) => 2,
                (_, 0) => 1,
                _ => 0,
            };
            [
                classes[usize::from(element[top])],
                TOPS as u8 + 3 * (element[second] >> 4) + precision,
            ]
        });
        Signs {
            signs: signs.collect(),
        }
    }

    /// The positions of strong changes in order, with blocks of `block` elements.
    pub fn changes(&self, block: usize) -> Vec<Change> {
        let blocks: Vec<[u16; CLASSES]> = self
            .signs
            .chunks_exact(block)
            .map(|signs| {
                let mut counts = [0u16; CLASSES];
                for sign in signs.as_flattened() {
                    counts[usize::from(*sign)] += 1;
                }
                counts
            })
            .collect();
        // n log2 n of all counts that occur.
        let bits: Vec<f64> = (0..=2 * WINDOW * block)
            .map(|n| {
                if n == 0 {
                    0.0
                } else {
                    n as f64 * log2(n as f64)
                }
            })
            .collect();
        let mut strengths = vec![0.0; blocks.len() + 1];
        let (mut before, mut after) = ([0u16; CLASSES], [0u16; CLASSES]);
        let add = |to: &mut [u16; CLASSES], block: &[u16; CLASSES]| {
            for (to, count) in to.iter_mut().zip(block) {
                *to = to.wrapping_add(*count);
            }
        };
        let remove = |from: &mut [u16; CLASSES], block: &[u16; CLASSES]| {
            for (from, count) in from.iter_mut().zip(block) {
                *from = from.wrapping_sub(*count);
            }
        };
        if blocks.len() < 2 * WINDOW {
            return Vec::new();
        }
        for at in WINDOW..=blocks.len() - WINDOW {
            if at == WINDOW {
                blocks[..at]
                    .iter()
                    .for_each(|block| add(&mut before, block));
                let next = &blocks[at..at + WINDOW];
                next.iter().for_each(|block| add(&mut after, block));
            } else {
                let (left, middle, right) = (at - 1 - WINDOW, at - 1, at - 1 + WINDOW);
                remove(&mut before, &blocks[left]);
                add(&mut before, &blocks[middle]);
                remove(&mut after, &blocks[middle]);
                add(&mut after, &blocks[right]);
            }
            strengths[at] = divergence(&before, &after, &bits) / (2 * WINDOW * block) as f64;
        }
        let peak = |&at: &usize| {
            let from = at.saturating_sub(WINDOW - 1);
            let here = strengths[at];
            here > MIN_GAIN
                && strengths[from..at].iter().all(|&other| other < here)
                && strengths[at + 1..]
                    .iter()
                    .take(WINDOW - 1)
                    .all(|&other| other <= here)
        };
        let mut changes: Vec<Change> = (0..strengths.len())
            .filter(peak)
            .map(|at| Change {
                at: self.exact(at * block, block),
                strength: strengths[at],
            })
            .collect();
        changes.sort_by_key(|change| change.at);
        changes
    }

    /// The element near `about` at which a change within a block to either side begins.
    fn exact(&self, about: usize, block: usize) -> usize {
        let profile = self.profile(about, block, 2 * block);
        let from = about.saturating_sub(2 * block);
        let best = profile.iter().enumerate().reduce(
            |best, other| {
                if other.1 > best.1 { other } else { best }
            },
        );
        best.map_or(about, |best| from + best.0)
    }

    /// For each position up to `reach` elements from `about`, bits gained if the change is there: what the elements
    /// before it cost less under the counts of those farther before than under those farther after, and those after it
    /// reversed.
    fn profile(&self, about: usize, block: usize, reach: usize) -> Vec<f64> {
        let from = about.saturating_sub(reach);
        let to = (about + reach).min(self.signs.len());
        let before = self.counts(from.saturating_sub(WINDOW * block), from);
        let after = self.counts(to, to + WINDOW * block);
        let gain = |class: usize, totals: (f64, f64)| {
            let share = |counts: &Counts, total: f64| (f64::from(counts[class]) + 0.05) / total;
            log2(share(&before, totals.0)) - log2(share(&after, totals.1))
        };
        let total =
            |counts: &Counts| counts[..TOPS].iter().map(|&n| f64::from(n)).sum::<f64>() + 1.0;
        let totals = (total(&before), total(&after));
        let gains: Vec<f64> = (0..CLASSES).map(|class| gain(class, totals)).collect();
        let mut sum = 0.0;
        let mut profile = vec![0.0];
        for sign in &self.signs[from.min(to)..to] {
            sum += gains[usize::from(sign[0])] + gains[usize::from(sign[1])];
            profile.push(sum);
        }
        profile
    }

    fn counts(&self, from: usize, to: usize) -> Counts {
        let mut counts = [0; CLASSES];
        let to = to.min(self.signs.len());
        for sign in self.signs[from.min(to)..to].as_flattened() {
            counts[usize::from(*sign)] += 1;
        }
        counts
    }

    /// The comb whose boundaries the elements around them support most, close to the one given.
    pub fn fit(&self, comb: Comb, block: usize) -> Comb {
        let count = self.signs.len();
        let reach = 2 * REACH;
        let boundaries: Vec<usize> = (comb.start..count)
            .step_by(comb.step)
            .filter(|&at| at >= reach + block && at + reach + block <= count)
            .collect();
        let profiles: Vec<Vec<f64>> = boundaries
            .iter()
            .map(|&at| self.profile(at, block, reach))
            .collect();
        let middle = boundaries.len() as i64 / 2;
        let mut best = (f64::NEG_INFINITY, comb);
        for turn in -STEPS..=STEPS {
            for shift in -(REACH as i64)..=REACH as i64 {
                let sum: f64 = profiles
                    .iter()
                    .enumerate()
                    .map(|(k, profile)| {
                        let at = reach as i64 + shift + turn * (k as i64 - middle);
                        let at = at.clamp(0, profile.len() as i64 - 1);
                        profile[at as usize]
                    })
                    .sum();
                // Of equals the one that changes least.
                if sum > best.0 || sum == best.0 && (turn, shift) == (0, 0) {
                    let step = (comb.step as i64 + turn).max(1);
                    let first = boundaries.first().copied().unwrap_or(comb.start) as i64;
                    let start = (first + shift - turn * middle).rem_euclid(step);
                    best = (
                        sum,
                        Comb {
                            start: start as usize,
                            step: step as usize,
                        },
                    );
                }
            }
        }
        best.1
    }
}

/// Bits by which the counts of two sides together cost more than each on its own; both hold equally many elements.
fn divergence(before: &[u16; CLASSES], after: &[u16; CLASSES], bits: &[f64]) -> f64 {
    let of = |count: u16| bits.get(usize::from(count)).copied().unwrap_or(0.0);
    let mut sum = 0.0;
    let (mut total, mut classes) = (0u16, 0.0);
    for (&before, &after) in before.iter().zip(after) {
        let both = before.wrapping_add(after);
        if both > 0 {
            sum += of(before) + of(after) - of(both);
            total = total.wrapping_add(both);
            classes += 1.0;
        }
    }
    // Chi-squared has twice its mean as variance; the root of the number of classes lies just below this line.
    let deviation = BY_COINCIDENCE * SQRT_2 * (2.0 + classes / 8.0);
    sum + f64::from(total) - BY_COINCIDENCE * classes - DEVIATIONS * deviation
}
