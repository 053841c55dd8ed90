//! IEEE 754 numbers by integers alone: the same on every machine.

/// A binary format: 4 or 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Bits of a significand, the hidden one included.
    pub precision: u32,
    /// What is added to the exponent of a significand in [1, 2).
    pub bias: i32,
    /// All bits.
    pub bits: u32,
}

impl Format {
    /// 4 bytes: binary32.
    pub const SINGLE: Format = Format {
        precision: 24,
        bias: 127,
        bits: 32,
    };
    /// 8 bytes: binary64.
    pub const DOUBLE: Format = Format {
        precision: 53,
        bias: 1023,
        bits: 64,
    };

    /// The format of `bits` bits, 32 or 64.
    pub fn of(bits: u32) -> Option<Format> {
        match bits {
            32 => Some(Format::SINGLE),
            64 => Some(Format::DOUBLE),
            _ => None,
        }
    }

    /// The pattern of infinity.
    pub fn infinity(&self) -> u64 {
        ((1 << (self.bits - self.precision)) - 1) << (self.precision - 1)
    }

    /// The magnitude's significand and exponent: the value is `significand * 2^exponent`. `magnitude` has no sign bit.
    pub fn split(&self, magnitude: u64) -> (u64, i32) {
        let fraction = magnitude & ((1 << (self.precision - 1)) - 1);
        let exponent = (magnitude >> (self.precision - 1)) as i32;
        let lowest = 1 - self.bias - (self.precision as i32 - 1);
        if exponent == 0 {
            (fraction, lowest)
        } else {
            (fraction | 1 << (self.precision - 1), lowest + exponent - 1)
        }
    }

    /// The pattern of `2^exponent`, a normal number.
    pub fn power(&self, exponent: i32) -> u64 {
        ((exponent + self.bias) as u64) << (self.precision - 1)
    }

    /// The pattern nearest to `numerator / denominator`, ties to even. The quotient must be 0 or a normal number; the
    /// numerator is below 2^120, the denominator from 1 to 2^64.
    pub fn nearest(&self, numerator: u128, denominator: u128) -> u64 {
        if numerator == 0 {
            return 0;
        }
        let length = |n: u128| 128 - n.leading_zeros();
        // At least two bits more than the significand, so that what is cut off can be told from a half.
        let wanted = length(denominator) + self.precision + 2;
        let shift = wanted.saturating_sub(length(numerator));
        let quotient = (numerator << shift) / denominator;
        let rest = !(numerator << shift).is_multiple_of(denominator);
        let surplus = length(quotient) - self.precision;
        let mut significand = (quotient >> surplus) as u64;
        let cut = quotient & ((1 << surplus) - 1);
        let half = 1u128 << (surplus - 1);
        if cut > half || cut == half && (rest || significand & 1 == 1) {
            significand += 1;
        }
        let exponent = surplus as i32 - shift as i32 + self.precision as i32 - 1;
        // A significand that was rounded up to the next power of two carries into the exponent.
        self.power(exponent) + significand - (1 << (self.precision - 1))
    }
}
