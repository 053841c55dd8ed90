//! Prediction of an element from its neighbours by weights that fit the frame.
//!
//! Lorenzo's predictor is the best one for noiseless planes and adds up the noise of all its neighbours; weights fitted by
//! least squares do neither more nor less than the data bears.

use super::difference::{fold, unfold};
use super::fixed::Values;
use super::order::{mask, sign};

/// Neighbours and their weights. The first neighbour is the reference: weights are on the others' differences to it.
#[derive(Clone, Copy, Debug)]
pub struct Stencil<'a> {
    values: Values,
    lags: &'a [u32],
    weights: &'a [i32],
    reach: usize,
}

impl<'a> Stencil<'a> {
    /// Fractional bits of a weight.
    pub const WEIGHT_BITS: u32 = 12;

    /// `lags[0]` is the reference's; each other has a weight.
    pub fn new(values: Values, lags: &'a [u32], weights: &'a [i32]) -> Self {
        let reach = lags.iter().copied().max().unwrap_or(0) as usize;
        Stencil {
            values,
            lags,
            weights,
            reach,
        }
    }

    #[inline]
    fn predict(&self, values: &[i64], i: usize) -> u64 {
        let reference = values[i - self.lags[0] as usize];
        let mut sum = 1i128 << (Self::WEIGHT_BITS - 1);
        for (&lag, &weight) in self.lags[1..].iter().zip(self.weights) {
            // 8-byte integers may be further apart than a number holds: any difference will do, if it is always the same.
            let difference = values[i - lag as usize].wrapping_sub(reference);
            sum += i128::from(difference) * i128::from(weight);
        }
        let sum = i128::from(reference) + (sum >> Self::WEIGHT_BITS);
        let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
        self.values.code(sum.clamp(least, most) as i64)
    }

    /// What element `i` is taken for: of those whose neighbours are not all there the element before, of the first zero.
    #[inline]
    fn predicted(&self, values: &[i64], codes: &[u64], i: usize, bits: u32) -> u64 {
        if i >= self.reach {
            self.predict(values, i)
        } else if i > 0 {
            codes[i - 1]
        } else {
            sign(bits)
        }
    }

    /// Replaces each code by what it exceeds its prediction by, folded. Those whose neighbours are not all there exceed the
    /// one before.
    pub fn forward(&self, codes: &mut [u64], bits: u32) {
        let values: Vec<i64> = codes.iter().map(|&code| self.values.value(code)).collect();
        for i in (0..codes.len()).rev() {
            let predicted = self.predicted(&values, codes, i, bits);
            codes[i] = fold(codes[i].wrapping_sub(predicted) & mask(bits), bits);
        }
    }

    /// The inverse of [`Stencil::forward`].
    pub fn inverse(&self, codes: &mut [u64], bits: u32) {
        let mut values = Vec::with_capacity(codes.len());
        for i in 0..codes.len() {
            let predicted = self.predicted(&values, codes, i, bits);
            codes[i] = predicted.wrapping_add(unfold(codes[i], bits)) & mask(bits);
            values.push(self.values.value(codes[i]));
        }
    }
}
