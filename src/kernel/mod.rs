//! The few loops that the predictor spends its time in.
//!
//! `portable` is the normative definition of each. Kernels never allocate; the caller brings every buffer.

mod arithmetic;
mod portable;
pub mod tables;

pub use arithmetic::{exp2_negative, mulhrs, saturate8, saturate16, sigmoid, silu, softplus};
pub use portable::{
    accumulate_row, convolve, expectation, product, rms_norm, scan, softmax, update_row,
};

/// Outputs of a [`product`] are computed in blocks of this many; a matrix is padded to whole blocks.
pub const BLOCK: usize = 16;
