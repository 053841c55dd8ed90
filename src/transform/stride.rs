//! Integers with a common divisor: counts in steps of four, left-justified readings.

use super::order::mask;
use super::ranks::Members;

/// The codes `offset + m * divisor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stride {
    offset: u64,
    divisor: u64,
    count: u64,
}

impl Stride {
    /// For elements of `bits` bits: the divisor is at least 2 and at most the largest code, the offset is less.
    pub fn new(bits: u32, offset: u64, divisor: u64) -> Option<Stride> {
        if divisor < 2 || divisor > mask(bits) || offset >= divisor {
            return None;
        }
        Some(Stride {
            offset,
            divisor,
            count: (mask(bits) - offset) / divisor + 1,
        })
    }
}

impl Members for Stride {
    fn count(&self) -> u64 {
        self.count
    }

    fn at(&self, index: u64) -> u64 {
        self.offset + index * self.divisor
    }

    fn below(&self, code: u64) -> u64 {
        code.saturating_sub(self.offset).div_ceil(self.divisor)
    }
}
