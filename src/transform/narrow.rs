//! Single-precision numbers stored as doubles.

use super::float::Format;
use super::ranks::Members;

/// The 8-byte floats that are 4-byte floats: zeros, infinities, normal and subnormal numbers; no not-a-numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Narrow;

/// The largest pattern of a 4-byte float: infinity.
const LAST: u64 = 0xff << 23;

/// The code of zero.
pub const ZERO: u64 = LAST + 1;

/// The pattern of the double that a 4-byte float's pattern stands for.
fn widen(pattern: u64) -> u64 {
    if pattern == LAST {
        return Format::DOUBLE.infinity();
    }
    let (significand, exponent) = Format::SINGLE.split(pattern);
    if significand == 0 {
        return 0;
    }
    let length = 64 - significand.leading_zeros();
    let exact = significand << (Format::DOUBLE.precision - length);
    Format::DOUBLE.power(exponent + length as i32 - 1) + exact
        - (1 << (Format::DOUBLE.precision - 1))
}

/// How many patterns of 4-byte floats stand for doubles below this pattern.
fn below(pattern: u64) -> u64 {
    if pattern > Format::DOUBLE.infinity() {
        return LAST + 1;
    }
    let (mut low, mut high) = (0, LAST + 1);
    // Between normal numbers the patterns differ by a shift and an offset.
    let offset = (Format::DOUBLE.bias - Format::SINGLE.bias) as u64;
    let guess = (pattern >> 29).saturating_sub(offset << 23);
    if guess > 1 << 23 && guess < LAST {
        (low, high) = (guess, guess + 1);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if widen(middle) < pattern {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

impl Members for Narrow {
    fn count(&self) -> u64 {
        2 * (LAST + 1)
    }

    fn at(&self, index: u64) -> u64 {
        match index.checked_sub(LAST + 1) {
            Some(pattern) => (1 << 63) + widen(pattern),
            None => (1 << 63) - 1 - widen(LAST - index),
        }
    }

    fn below(&self, code: u64) -> u64 {
        match code.checked_sub(1 << 63) {
            Some(pattern) => LAST + 1 + below(pattern),
            None => LAST + 1 - below((1 << 63) - code),
        }
    }
}
