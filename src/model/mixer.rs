//! Logistic mixing (Mahoney 2005, "Adaptive weighing of context models"): logits summed with weights that a context selects and that
//! follow the gradient of the cost.

use super::logistic::{LIMIT, squash};
use crate::kernel::{self, SETS};

/// Bits that a set of weights learns from at a higher rate: `1 + 16 / (n + 8)` times as fast after n of them.
const EARLY: u16 = 256;

/// `256 + 4096 / (n + 8)`.
const RATE: [i32; EARLY as usize + 1] = {
    let mut rate = [0; EARLY as usize + 1];
    let mut n = 0;
    while n <= EARLY as usize {
        rate[n] = 256 + 4096 / (n as i32 + 8);
        n += 1;
    }
    rate
};

/// How far a set's error moves its weights: once more often at first.
#[inline]
fn hasten(count: &mut u16, error: i32) -> i32 {
    let error = (error * RATE[usize::from(*count)]) >> 8;
    *count = (*count + 1).min(EARLY);
    error
}

/// What was missing to the bit, in 1/65536.
#[inline]
pub fn error(logit: i32, bit: bool) -> i32 {
    (i32::from(bit) << 16) - i32::from(squash(logit))
}

/// Mixers of the same inputs, each with sets of weights of its own, Q26. A set's number counts those of the mixers before too.
pub struct Mixers {
    weights: Vec<i32>,
    counts: Vec<u16>,
    inputs: usize,
    firsts: Vec<u32>,
}

/// The shift of [`kernel::descend`]: the slower, the larger.
const SHIFT: u32 = 7;
const LAST_SHIFT: u32 = 6;

impl Mixers {
    /// A mixer for each of `sets`, with so many sets; every set begins with the weights of `start`.
    pub fn new(start: &[i32], sets: &[usize]) -> Self {
        let all = sets.iter().sum();
        let firsts = sets.iter().scan(0, |next, &sets| {
            let first = *next;
            *next += sets as u32;
            Some(first)
        });
        Mixers {
            weights: start.repeat(all),
            counts: vec![0; all],
            inputs: start.len(),
            firsts: firsts.collect(),
        }
    }

    /// The numbers of the mixers' sets, given the number of each within its mixer.
    #[inline]
    pub fn sets(&self, own: [u32; SETS]) -> [u32; SETS] {
        let mut sets = own;
        for (set, first) in sets.iter_mut().zip(&self.firsts) {
            *set += first;
        }
        sets
    }

    /// The logits that the mixers' sets make of the inputs, which are clamped: see [`kernel::blend`]. 0 where there is no mixer.
    #[inline]
    pub fn mix(&self, sets: &[u32; SETS], inputs: &mut [i16]) -> [i16; SETS] {
        kernel::blend(&self.weights, &sets[..self.firsts.len()], inputs)
    }

    /// A set's weights, Q26.
    pub fn weights(&self, set: u32) -> &[i32] {
        &self.weights[set as usize * self.inputs..][..self.inputs]
    }

    /// How many mixers there are.
    pub fn count(&self) -> usize {
        self.firsts.len()
    }

    /// Moves the weights that made `logits` of the inputs, once the bit is known.
    #[inline]
    pub fn learn(&mut self, sets: &[u32; SETS], inputs: &[i16], logits: &[i16; SETS], bit: bool) {
        let mut errors = [0; SETS];
        let sets = &sets[..self.firsts.len()];
        for ((error_of, &set), &logit) in errors.iter_mut().zip(sets).zip(logits) {
            *error_of = hasten(&mut self.counts[set as usize], error(logit.into(), bit));
        }
        kernel::descend(&mut self.weights, sets, inputs, &errors, SHIFT);
    }
}

/// The mixer of the mixers' logits.
pub struct Last {
    weights: Vec<[i32; SETS]>,
    counts: Vec<u16>,
}

impl Last {
    /// Every set begins with the same weights.
    pub fn new(start: [i32; SETS], sets: usize) -> Self {
        Last {
            weights: vec![start; sets],
            counts: vec![0; sets],
        }
    }

    /// The logit that a set makes of the mixers', within [`LIMIT`].
    #[inline]
    pub fn mix(&self, set: u32, logits: &[i16; SETS]) -> i32 {
        let products = self.weights[set as usize].iter().zip(logits);
        let sum: i32 = products.map(|(&w, &x)| (w >> 15) * i32::from(x)).sum();
        (sum >> 11).clamp(-LIMIT, LIMIT)
    }

    /// A set's weights, Q26.
    pub fn weights(&self, set: u32) -> &[i32; SETS] {
        &self.weights[set as usize]
    }

    /// Moves the weights that made `logit` of the mixers', once the bit is known, and says how far off it was: 1 to 65535.
    #[inline]
    pub fn learn(&mut self, set: u32, logits: &[i16; SETS], logit: i32, bit: bool) -> i32 {
        let wrong = error(logit, bit);
        let error = hasten(&mut self.counts[set as usize], wrong);
        for (weight, &logit) in self.weights[set as usize].iter_mut().zip(logits) {
            *weight = kernel::moved(*weight, logit, error, LAST_SHIFT);
        }
        wrong.abs()
    }
}
