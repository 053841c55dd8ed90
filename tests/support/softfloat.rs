//! IEEE 754 doubles in integers alone: each result rounded to the nearest, of two the even one. No operation of the machine's
//! floating point is used, so that a machine that fuses operations or computes them wider is caught.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A double, by its bit pattern.
#[derive(Clone, Copy, Debug)]
pub struct Soft(pub u64);

const SIGN: u64 = 1 << 63;
const INFINITY: u64 = 0x7ff << 52;
const FRACTION: u64 = (1 << 52) - 1;

/// The digits of a finite number: `magnitude * 2^exponent`, the magnitude 0 or with its top bit set.
#[derive(Clone, Copy)]
struct Digits {
    negative: bool,
    magnitude: u64,
    exponent: i32,
}

impl Soft {
    pub const NAN: Soft = Soft(0x7ff8 << 48);
    pub const ZERO: Soft = Soft(0);
    pub const ONE: Soft = Soft(0x3ff0 << 48);

    pub fn whole(n: i64) -> Soft {
        round(n < 0, n.unsigned_abs().into(), 0, false)
    }

    /// 2^n, a normal number.
    pub fn power_of_two(n: i32) -> Soft {
        Soft(((n + 1023) as u64) << 52)
    }

    pub fn is_nan(self) -> bool {
        self.0 & !SIGN > INFINITY
    }

    pub fn is_infinite(self) -> bool {
        self.0 & !SIGN == INFINITY
    }

    pub fn is_zero(self) -> bool {
        self.0 & !SIGN == 0
    }

    pub fn is_negative(self) -> bool {
        self.0 & SIGN != 0
    }

    pub fn abs(self) -> Soft {
        Soft(self.0 & !SIGN)
    }

    /// -1, 0 or 1 times, as `self` is less than, equal to or greater than `other`.
    pub fn compare(self, other: Soft) -> Option<Ordering> {
        if self.is_nan() || other.is_nan() {
            return None;
        }
        let key = |x: Soft| match x.is_negative() {
            true => -i128::from(x.abs().0),
            false => i128::from(x.0),
        };
        Some(key(self).cmp(&key(other)))
    }

    pub fn is_above(self, other: Soft) -> bool {
        self.compare(other) == Some(Ordering::Greater)
    }

    pub fn is_below(self, other: Soft) -> bool {
        self.compare(other) == Some(Ordering::Less)
    }

    /// The integer nearest to a finite number, of two the even one.
    pub fn nearest_integer(self) -> Soft {
        let Digits {
            negative,
            magnitude,
            exponent,
        } = self.digits();
        if self.is_nan() || self.is_infinite() || magnitude == 0 || exponent >= 0 {
            return self;
        }
        let shift = -exponent as u32;
        let (whole, rest) = match shift {
            ..64 => (magnitude >> shift, magnitude << (64 - shift)),
            64 => (0, magnitude),
            _ => (0, 0),
        };
        let up = rest > 1 << 63 || rest == 1 << 63 && whole % 2 == 1;
        round(negative, (whole + u64::from(up)).into(), 0, false)
    }

    /// A whole number below 2^62 as an integer.
    pub fn integer(self) -> i64 {
        let digits = self.digits();
        let magnitude = match digits.magnitude {
            0 => 0,
            magnitude => magnitude >> -digits.exponent,
        };
        if digits.negative {
            -(magnitude as i64)
        } else {
            magnitude as i64
        }
    }

    pub fn sqrt(self) -> Soft {
        if self.is_nan() || self.is_zero() {
            return self;
        }
        if self.is_negative() {
            return Soft::NAN;
        }
        if self.is_infinite() {
            return self;
        }
        let digits = self.digits();
        // An even exponent, and as many digits as fit.
        let odd = digits.exponent.rem_euclid(2);
        let square = u128::from(digits.magnitude) << (62 + odd);
        let root = square.isqrt();
        let exponent = (digits.exponent - odd - 62) / 2;
        round(false, root, exponent, root * root != square)
    }

    fn digits(self) -> Digits {
        let (biased, fraction) = ((self.0 >> 52 & 0x7ff) as i32, self.0 & FRACTION);
        let (magnitude, exponent) = match biased {
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, biased - 1075),
        };
        let up = magnitude.leading_zeros() % 64;
        Digits {
            negative: self.is_negative(),
            magnitude: magnitude << up,
            exponent: exponent - up as i32,
        }
    }
}

fn signed(negative: bool, pattern: u64) -> Soft {
    Soft(pattern | u64::from(negative) << 63)
}

/// The double nearest to `magnitude * 2^exponent`, or to a little more than that where `more`, whose magnitude then has at least
/// 56 bits, and fewer than 128.
fn round(negative: bool, magnitude: u128, exponent: i32, more: bool) -> Soft {
    if magnitude == 0 {
        return signed(negative, 0);
    }
    let top = 127 - magnitude.leading_zeros() as i32 + exponent;
    // What the last bit of the result counts.
    let last = (top - 52).max(-1074);
    let shift = last - exponent;
    let kept = match shift {
        ..=0 => {
            assert!(!more);
            (magnitude << -shift) as u64
        }
        1..128 => {
            let (kept, rest) = (magnitude >> shift, magnitude & ((1 << shift) - 1));
            let up = match rest.cmp(&(1 << (shift - 1))) {
                Ordering::Less => false,
                Ordering::Equal => more || kept % 2 == 1,
                Ordering::Greater => true,
            };
            kept as u64 + u64::from(up)
        }
        128 => u64::from(magnitude > 1 << 127),
        _ => 0,
    };
    // A magnitude rounded up to the next power of 2 carries into the exponent.
    let pattern = match kept {
        ..=FRACTION => kept,
        _ => ((last + 1074) as u64).saturating_mul(1 << 52) + kept,
    };
    signed(negative, pattern.min(INFINITY))
}

impl Neg for Soft {
    type Output = Soft;

    fn neg(self) -> Soft {
        Soft(self.0 ^ SIGN)
    }
}

impl Add for Soft {
    type Output = Soft;

    fn add(self, other: Soft) -> Soft {
        if self.is_nan() || other.is_nan() {
            return Soft::NAN;
        }
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) if self.0 != other.0 => return Soft::NAN,
            (true, _) => return self,
            (_, true) => return other,
            _ => {}
        }
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Soft(self.0 & other.0),
            (true, false) => return other,
            (false, true) => return self,
            _ => {}
        }
        let (mut large, mut small) = (self.digits(), other.digits());
        if (large.exponent, large.magnitude) < (small.exponent, small.magnitude) {
            (large, small) = (small, large);
        }
        let exponent = large.exponent - 62;
        let apart = large.exponent - small.exponent;
        let one = u128::from(large.magnitude) << 62;
        let (two, lost) = match apart {
            ..=62 => (u128::from(small.magnitude) << (62 - apart), false),
            63..126 => {
                let down = apart - 62;
                let two = small.magnitude >> down;
                (two.into(), two << down != small.magnitude)
            }
            _ => (0, true),
        };
        if large.negative == small.negative {
            return round(large.negative, one + two, exponent, lost);
        }
        // What was lost is taken away too.
        match one - two - u128::from(lost) {
            0 => Soft::ZERO,
            difference => round(large.negative, difference, exponent, lost),
        }
    }
}

impl Sub for Soft {
    type Output = Soft;

    fn sub(self, other: Soft) -> Soft {
        self + -other
    }
}

impl Mul for Soft {
    type Output = Soft;

    fn mul(self, other: Soft) -> Soft {
        let negative = self.is_negative() != other.is_negative();
        if self.is_nan() || other.is_nan() {
            return Soft::NAN;
        }
        if self.is_infinite() || other.is_infinite() {
            return match self.is_zero() || other.is_zero() {
                true => Soft::NAN,
                false => signed(negative, INFINITY),
            };
        }
        let (a, b) = (self.digits(), other.digits());
        let product = u128::from(a.magnitude) * u128::from(b.magnitude);
        round(negative, product, a.exponent + b.exponent, false)
    }
}

impl Div for Soft {
    type Output = Soft;

    fn div(self, other: Soft) -> Soft {
        let negative = self.is_negative() != other.is_negative();
        if self.is_nan()
            || other.is_nan()
            || self.is_infinite() && other.is_infinite()
            || self.is_zero() && other.is_zero()
        {
            return Soft::NAN;
        }
        if self.is_infinite() || other.is_zero() {
            return signed(negative, INFINITY);
        }
        if other.is_infinite() {
            return signed(negative, 0);
        }
        let (a, b) = (self.digits(), other.digits());
        let (dividend, divisor) = (u128::from(a.magnitude) << 63, u128::from(b.magnitude));
        let more = dividend % divisor != 0;
        let exponent = a.exponent - b.exponent - 63;
        round(negative, dividend / divisor, exponent, more)
    }
}
