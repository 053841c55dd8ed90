//! Logistic mixing (Mahoney 2005, "Adaptive weighing of context models"): logits summed with weights that a context selects and that
//! follow the gradient of the cost.

use super::logistic::{LIMIT, squash};
use crate::kernel;

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

/// Sets of weights, Q26, for the same inputs.
pub struct Mixer {
    weights: Vec<i32>,
    counts: Vec<u16>,
    inputs: usize,
    shift: u32,
}

impl Mixer {
    /// Every set begins with the weights of `start`. `shift`: the slower, the larger.
    pub fn new(start: &[i32], sets: usize, shift: u32) -> Self {
        Mixer {
            weights: start.repeat(sets),
            counts: vec![0; sets],
            inputs: start.len(),
            shift,
        }
    }

    /// The logit that a set makes of the inputs, within [`LIMIT`].
    #[inline]
    pub fn mix(&self, set: usize, inputs: &[i16]) -> i32 {
        kernel::blend(self.weights(set), inputs).clamp(-LIMIT, LIMIT)
    }

    /// A set's weights, Q26.
    pub fn weights(&self, set: usize) -> &[i32] {
        &self.weights[set * self.inputs..][..self.inputs]
    }

    /// Moves the weights that made `logit` of the inputs, once the bit is known.
    #[inline]
    pub fn learn(&mut self, set: usize, inputs: &[i16], logit: i32, bit: bool) {
        let count = &mut self.counts[set];
        let error = (i32::from(bit) << 16) - i32::from(squash(logit));
        let error = (error * RATE[usize::from(*count)]) >> 8;
        *count = (*count + 1).min(EARLY);
        let weights = &mut self.weights[set * self.inputs..][..self.inputs];
        kernel::descend(weights, inputs, error, self.shift);
    }
}
