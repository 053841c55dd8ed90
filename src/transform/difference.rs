//! Differences to earlier elements, and Lorenzo prediction as differences along several axes.
//!
//! A difference along each of two axes leaves `x - left - above + above left`: Lorenzo's predictor (Ibarria et al. 2003).

use super::order::{mask, sign};

/// Replaces each element by what it exceeds the one `lag` elements before by, modulo 2^bits. The first `lag` stay.
pub fn forward(elements: &mut [u64], lag: usize, bits: u32) {
    if lag == 0 {
        return;
    }
    for i in (lag..elements.len()).rev() {
        elements[i] = elements[i].wrapping_sub(elements[i - lag]) & mask(bits);
    }
}

/// The inverse of [`forward`].
pub fn inverse(elements: &mut [u64], lag: usize, bits: u32) {
    if lag == 0 {
        return;
    }
    for i in lag..elements.len() {
        elements[i] = elements[i].wrapping_add(elements[i - lag]) & mask(bits);
    }
}

/// Small numbers of either sign become small codes: 0, -1, 1, -2, ... become 0, 1, 2, 3.
#[inline]
pub fn fold(code: u64, bits: u32) -> u64 {
    let negative = code & sign(bits) != 0;
    (code << 1 ^ if negative { u64::MAX } else { 0 }) & mask(bits)
}

/// The inverse of [`fold`].
#[inline]
pub fn unfold(code: u64, bits: u32) -> u64 {
    (code >> 1 ^ (code & 1).wrapping_neg()) & mask(bits)
}
