//! Mixing in the logistic domain for single bits: the logits of some inputs, weighed by the weight sets that contexts select.

use super::super::logistic::squash;

/// Inputs of a mix, a multiple of eight.
pub const INPUTS: usize = 24;
/// Weight sets whose logits are averaged.
pub const SELECTED: usize = 3;
/// The largest magnitude of an input or a logit: 8 nats in Q8.
pub const LOGIT_LIMIT: i32 = 2047;

/// A weight of 1: Q16.
const ONE: i32 = 1 << 16;
/// The largest magnitude of a weight.
const WEIGHT_LIMIT: i32 = 4 * ONE;
/// Learning rate, Q20 for errors in 1/65536 and inputs in Q8: once a set has learned often, and how much faster at first.
const RATE: i32 = 20;
const EARLY: i32 = 16;

/// The inputs of a mix: logits in Q8 within [`LOGIT_LIMIT`].
pub type Inputs = [i16; INPUTS];

/// Weight sets and how often each has learned.
#[derive(Clone)]
pub struct Mixer {
    weights: Vec<[i32; INPUTS]>,
    counts: Vec<u8>,
}

impl Mixer {
    /// So many weight sets, every weight the same.
    pub fn new(weight_sets: usize) -> Mixer {
        Mixer {
            weights: vec![[ONE / 6; INPUTS]; weight_sets],
            counts: vec![0; weight_sets],
        }
    }

    /// Lets some weight sets learn as fast as at first, from where they are.
    pub fn quicken(&mut self, weight_sets: std::ops::Range<usize>) {
        self.counts[weight_sets].fill(0);
    }

    /// The logit that each selected set makes of the inputs.
    #[inline]
    pub fn mix(&self, selected: [usize; SELECTED], inputs: &Inputs) -> [i32; SELECTED] {
        selected.map(|weight_set| {
            let weights = &self.weights[weight_set];
            let sum: i32 = weights
                .iter()
                .zip(inputs)
                .map(|(&w, &x)| i32::from((w >> 4) as i16) * i32::from(x))
                .sum();
            (sum >> 12).clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
        })
    }

    /// Moves the weights of the selected sets, which made `logits`, towards the bit that came.
    #[inline]
    pub fn learn(
        &mut self,
        selected: [usize; SELECTED],
        inputs: &Inputs,
        logits: [i32; SELECTED],
        bit: bool,
    ) {
        for (weight_set, logit) in selected.into_iter().zip(logits) {
            let count = &mut self.counts[weight_set];
            let rate = RATE + RATE * EARLY / (i32::from(*count) + 4);
            *count = count.saturating_add(1);
            let error = (i32::from(bit) << 16) - i32::from(squash(logit));
            // Fits: an error is below 2^16, a rate below 2^7.
            let step = ((error * rate) >> 10) as i16;
            for (w, &x) in self.weights[weight_set].iter_mut().zip(inputs) {
                let moved = *w + ((i32::from(x) * i32::from(step) + (1 << 9)) >> 10);
                *w = moved.clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT);
            }
        }
    }
}
