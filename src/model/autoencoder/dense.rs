//! A fully connected layer: weights of 8 bits, numbers of 16.

use crate::error::Result;
use crate::kernel::{MAX_WIDE, wide_product};
use crate::model::TensorVisitor;

/// `out = (sum_i weight[o][i] * x[i] + bias[o] + half) >> shift[o]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dense {
    /// `[outs][ins]`.
    pub weights: Vec<i8>,
    /// `[outs]`, in accumulator units, within +-2^29.
    pub bias: Vec<i32>,
    /// `[outs]`, 1..=24.
    pub shift: Vec<u8>,
}

impl Dense {
    /// The most inputs of a layer.
    pub const MAX_INPUTS: usize = MAX_WIDE;

    /// Visits its tensors.
    pub fn visit(&mut self, outs: usize, ins: usize, v: &mut impl TensorVisitor) -> Result<()> {
        v.tensor("shift", &mut self.shift, [1, outs], 1, 24)?;
        v.tensor("bias", &mut self.bias, [1, outs], -(1 << 29), 1 << 29)?;
        v.tensor("weights", &mut self.weights, [outs, ins], -127, 127)
    }

    /// Computes `out.len()` outputs from number `first` on. `sums` is scratch space, at least as long.
    ///
    /// # Panics
    /// If there are not so many outputs, or `x` is not as long as the layer's inputs.
    pub fn apply(&self, first: usize, x: &[i16], sums: &mut [i32], out: &mut [i32]) {
        let outs = first..first + out.len();
        let sums = &mut sums[..out.len()];
        wide_product(
            &self.weights[outs.start * x.len()..outs.end * x.len()],
            x,
            sums,
        );
        let (bias, shift) = (&self.bias[outs.clone()], &self.shift[outs]);
        for (((out, &sum), &bias), &shift) in out.iter_mut().zip(&*sums).zip(bias).zip(shift) {
            let sum = i64::from(sum) + i64::from(bias) + (1 << (shift - 1));
            *out = (sum >> shift) as i32;
        }
    }
}

/// The activation between layers: below zero an eighth of the number, saturated to 16 bits.
pub fn leaky(x: i32) -> i16 {
    let x = x.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    if x < 0 { x >> 3 } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_rounded_sums() {
        let layer = Dense {
            weights: vec![1, 2, 3, -4, 5, -6],
            bias: vec![0, 1 << 20, -7],
            shift: vec![1, 4, 2],
        };
        let (mut sums, mut out) = ([0; 3], [0; 3]);
        layer.apply(0, &[10, 100], &mut sums, &mut out);
        assert_eq!(out, [105, ((1 << 20) - 370 + 8) >> 4, (-557 + 2) >> 2]);
        layer.apply(1, &[10, 100], &mut sums, &mut out[..1]);
        assert_eq!(out[0], ((1 << 20) - 370 + 8) >> 4);
        assert_eq!(
            [leaky(40_000), leaky(-8), leaky(-80_000)],
            [32767, -1, -4096]
        );
    }
}
