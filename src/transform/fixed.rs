//! Codes as numbers that can be added: integers as they are, floats in fixed point.

use super::float::Format;
use super::order::{mask, sign};

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// The integer `code - 2^(bits - 1)`.
    Integers {
        /// Bits of a code.
        bits: u32,
    },
    /// The float of this ordered code, times `2^shift`.
    Floats {
        /// The format.
        format: Format,
        /// Fractional bits.
        shift: i32,
    },
}

/// Fixed-point values are kept within this, so that their differences are true ones.
const MAX_MAGNITUDE: i64 = 1 << 60;

impl Values {
    /// The value of a code; of a float rounded towards zero and clamped, 0 for what is not a number.
    #[inline]
    pub fn value(self, code: u64) -> i64 {
        match self {
            Values::Integers { bits } => {
                (code.wrapping_sub(sign(bits)) << (64 - bits)) as i64 >> (64 - bits)
            }
            Values::Floats { format, shift } => {
                let zero = sign(format.bits);
                let (pattern, negative) = match code.checked_sub(zero) {
                    Some(pattern) => (pattern, false),
                    None => (zero - 1 - code, true),
                };
                if pattern >= format.infinity() {
                    return 0;
                }
                let (significand, exponent) = format.split(pattern);
                let shift = exponent + shift;
                let magnitude = if shift <= 0 {
                    significand >> (-shift).min(63)
                } else if shift < 60 && significand < MAX_MAGNITUDE as u64 >> shift {
                    significand << shift
                } else if significand == 0 {
                    0
                } else {
                    MAX_MAGNITUDE as u64
                };
                if negative {
                    -(magnitude as i64)
                } else {
                    magnitude as i64
                }
            }
        }
    }

    /// The code nearest to a value, or close to it.
    #[inline]
    pub fn code(self, value: i64) -> u64 {
        match self {
            Values::Integers { bits } => {
                let most = (mask(bits) >> 1) as i64;
                (value.clamp(-most - 1, most) as u64).wrapping_add(sign(bits)) & mask(bits)
            }
            Values::Floats { format, shift } => {
                let zero = sign(format.bits);
                let pattern = float(format, value.unsigned_abs(), -shift);
                if value < 0 {
                    zero - 1 - pattern
                } else {
                    zero + pattern
                }
            }
        }
    }
}

/// The pattern of `magnitude * 2^exponent`, rounded down; 0 and infinity beyond the normal numbers.
fn float(format: Format, magnitude: u64, exponent: i32) -> u64 {
    if magnitude == 0 {
        return 0;
    }
    let length = (64 - magnitude.leading_zeros()) as i32;
    let power = exponent + length - 1;
    if power < 1 - format.bias {
        return 0;
    }
    if power > format.bias {
        return format.infinity();
    }
    let surplus = length - format.precision as i32;
    let significand = if surplus >= 0 {
        magnitude >> surplus
    } else {
        magnitude << -surplus
    };
    format.power(power) + significand - (1 << (format.precision - 1))
}
