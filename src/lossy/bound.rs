//! Bounds on the error of single values, and the check that one is kept.
//!
//! A [`Bound`] is what a user asks for; a [`Tolerance`] is what it means for one column. The check never accepts a value that breaks the
//! bound in exact arithmetic, however the differences and products of doubles are rounded.

use super::decimal;
use super::number;
use crate::error::{Error, Result};
use crate::layout::{Column, Kind};
use std::fmt;
use std::str::FromStr;

/// What the error of a value is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoundKind {
    /// By nothing: |x' - x| is at most the bound.
    Absolute,
    /// By the range of the column or array: the largest finite value less the smallest, without fill values that the user named or that are beyond 1e20.
    Relative,
    /// By the value itself: |x' - x| is at most the bound times |x|, and the sign stays.
    PointwiseRelative,
    /// By significant decimal digits: at most half a unit of the last of so many digits.
    Digits,
}

impl BoundKind {
    /// All kinds.
    pub const ALL: [BoundKind; 4] = [
        BoundKind::Absolute,
        BoundKind::Relative,
        BoundKind::PointwiseRelative,
        BoundKind::Digits,
    ];

    /// The kind's short name, as it stands behind a bound: `abs`, `rel`, `pw-rel` or `digits`.
    pub fn suffix(self) -> &'static str {
        match self {
            BoundKind::Absolute => "abs",
            BoundKind::Relative => "rel",
            BoundKind::PointwiseRelative => "pw-rel",
            BoundKind::Digits => "digits",
        }
    }
}

/// A bound on the error of every value of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// What the error is measured by.
    pub kind: BoundKind,
    /// The largest error, or the number of digits.
    pub value: f64,
}

impl Bound {
    /// A bound, if there can be one of this value.
    ///
    /// # Errors
    /// `InvalidArgument` unless the value is finite and above 0, below 1 if it is relative to each value, and one of 1, 2, ... 17 if it
    /// counts digits.
    pub fn new(kind: BoundKind, value: f64) -> Result<Bound> {
        let refuse = |what: &str| Err(Error::InvalidArgument(format!("bound {value}: {what}")));
        match kind {
            _ if !value.is_finite() || value <= 0.0 => refuse("must be a finite number above 0"),
            BoundKind::PointwiseRelative if value >= 1.0 => {
                refuse("must be below 1 where it is relative to each value")
            }
            BoundKind::Digits if value.fract() != 0.0 || value > 17.0 => {
                refuse("the significant digits must be one of 1, 2, ... 17")
            }
            _ => Ok(Bound { kind, value }),
        }
    }

    /// What the bound means for a column of this range (its largest value less its smallest, rounded down).
    pub fn tolerance(&self, range: f64) -> Tolerance {
        match self.kind {
            BoundKind::Absolute => Tolerance::Absolute(self.value),
            BoundKind::Relative => Tolerance::Absolute(product_down(self.value, range)),
            BoundKind::PointwiseRelative => Tolerance::PointwiseRelative(self.value),
            BoundKind::Digits => Tolerance::Digits(self.value as u8),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = self.kind.suffix();
        match self.value {
            0.01..1e6 => write!(f, "{}:{suffix}", self.value),
            value => write!(f, "{value:e}:{suffix}"),
        }
    }
}

/// `E`, which is absolute, or `E:abs`, `E:rel`, `E:pw-rel`, `N:digits`.
impl FromStr for Bound {
    type Err = Error;

    fn from_str(text: &str) -> Result<Bound> {
        let (value, kind) = match text.split_once(':') {
            None => (text, BoundKind::Absolute),
            Some((value, suffix)) => {
                let kind = BoundKind::ALL.into_iter().find(|k| k.suffix() == suffix);
                let kind = kind.ok_or_else(|| {
                    let what = "kinds of bounds are abs, rel, pw-rel and digits";
                    Error::InvalidArgument(format!("bound {text}: {what}"))
                })?;
                (value, kind)
            }
        };
        let number: f64 = { value.trim().parse() }
            .map_err(|_| Error::InvalidArgument(format!("bound {text}: {value} is no number")))?;
        Bound::new(kind, number)
    }
}

/// A bound resolved for one column: what the error of a value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// At most so much; with 0, every value keeps its bits.
    Absolute(f64),
    /// At most so much of the value, and the sign stays.
    PointwiseRelative(f64),
    /// At most half a unit of the last of so many significant decimal digits.
    Digits(u8),
}

impl Tolerance {
    /// The largest error that a value may have, rounded down; 0 where its bits must stay.
    pub fn limit(&self, original: f64) -> f64 {
        if !original.is_finite() {
            return 0.0;
        }
        match *self {
            Tolerance::Absolute(error) => error,
            Tolerance::PointwiseRelative(error) => product_down(error, original.abs()),
            Tolerance::Digits(_) if original == 0.0 => 0.0,
            Tolerance::Digits(digits) => {
                let last = decimal::exponent(original.abs()) - i32::from(digits) + 1;
                half_down(decimal::power_below(last))
            }
        }
    }

    /// Whether a value may come back as `reconstructed`.
    ///
    /// What is not finite, and -0, must keep its bits; so must a value whose largest error is 0. A float of less than 8 bytes is widened
    /// for this, which is exact but for the payload of a signalling NaN: see [`holds_bits`](Tolerance::holds_bits).
    pub fn holds(&self, original: f64, reconstructed: f64) -> bool {
        if original.to_bits() == reconstructed.to_bits() {
            return true;
        }
        let negative_zero = original == 0.0 && original.is_sign_negative();
        if negative_zero || !original.is_finite() || !reconstructed.is_finite() {
            return false;
        }
        let keeps_sign = !matches!(self, Tolerance::Absolute(_));
        if keeps_sign && original.is_sign_negative() != reconstructed.is_sign_negative() {
            return false;
        }
        let limit = self.limit(original);
        limit > 0.0 && within(original, reconstructed, limit)
    }

    /// Whether an element of a column may come back as `reconstructed`; both are its bits as an unsigned number.
    pub fn holds_bits(&self, column: Column, original: u64, reconstructed: u64) -> bool {
        if original == reconstructed {
            return true;
        }
        match column.kind {
            Kind::Float => {
                let value = |bits| number::to_f64(column, bits);
                // Widening may have made two NaNs one.
                !value(original).is_nan() && self.holds(value(original), value(reconstructed))
            }
            Kind::Signed | Kind::Unsigned => {
                let (x, y) = (
                    number::to_i128(column, original),
                    number::to_i128(column, reconstructed),
                );
                let keeps_sign = !matches!(self, Tolerance::Absolute(_));
                if keeps_sign && x.signum() != y.signum() {
                    return false;
                }
                let limit = self.limit(magnitude_below(x));
                // The conversion saturates, and rounds down to the integers that the error can be.
                (x - y).unsigned_abs() <= limit as u128
            }
        }
    }
}

/// |x - y| <= limit, exactly.
fn within(x: f64, y: f64, limit: f64) -> bool {
    let (larger, smaller) = if x > y { (x, y) } else { (y, x) };
    let difference = larger - smaller;
    if difference != limit {
        // Rounding is monotonic: only at equality can the exact difference lie on the other side.
        return difference < limit;
    }
    rounding_error(larger, smaller) <= 0.0
}

/// What the difference of two numbers lacks when it is rounded, if it is finite (Knuth's TwoSum).
fn rounding_error(x: f64, y: f64) -> f64 {
    let difference = x - y;
    let back = difference - x;
    (x - (difference - back)) - (y + back)
}

/// The difference of two numbers, rounded down.
pub(super) fn difference_down(larger: f64, smaller: f64) -> f64 {
    let difference = larger - smaller;
    if difference.is_infinite() {
        f64::MAX
    } else if rounding_error(larger, smaller) < 0.0 {
        difference.next_down()
    } else {
        difference
    }
}

/// The difference of two integers, rounded down.
pub(super) fn difference_of_integers(larger: i128, smaller: i128) -> f64 {
    magnitude_below(larger - smaller)
}

/// The product of two numbers from 0 on, rounded down.
fn product_down(a: f64, b: f64) -> f64 {
    let product = a * b;
    if product.is_infinite() && a.is_finite() && b.is_finite() {
        return f64::MAX;
    }
    // Below this the error of the product may itself be rounded.
    let exact = product > 1e-290 && a.mul_add(b, -product) >= 0.0;
    if exact || product == 0.0 {
        product
    } else {
        product.next_down()
    }
}

/// Half of a number from 0 on, rounded down.
fn half_down(x: f64) -> f64 {
    let half = x / 2.0;
    if half * 2.0 > x {
        half.next_down()
    } else {
        half
    }
}

/// The largest double that is not above |x|.
fn magnitude_below(x: i128) -> f64 {
    let magnitude = x.unsigned_abs();
    let rounded = magnitude as f64;
    if rounded as u128 > magnitude {
        rounded.next_down()
    } else {
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const F4: Column = Column {
        width: 4,
        swap: true,
        kind: Kind::Float,
    };

    fn integer(width: u8) -> Column {
        Column {
            width,
            swap: true,
            kind: Kind::Signed,
        }
    }

    #[test]
    fn bounds_are_read_as_they_are_written() {
        for (text, kind, value) in [
            ("1e-3", BoundKind::Absolute, 1e-3),
            ("0.25:abs", BoundKind::Absolute, 0.25),
            ("1e-6:rel", BoundKind::Relative, 1e-6),
            ("0.02:pw-rel", BoundKind::PointwiseRelative, 0.02),
            ("4:digits", BoundKind::Digits, 4.0),
        ] {
            let bound: Bound = text.parse().unwrap();
            assert_eq!(bound, Bound { kind, value }, "{text}");
            assert_eq!(bound.to_string().parse::<Bound>().unwrap(), bound);
        }
        assert_eq!("1e-6:rel".parse::<Bound>().unwrap().to_string(), "1e-6:rel");
        for wrong in [
            "",
            "x",
            "0",
            "-1",
            "inf",
            "nan",
            "1e-3:",
            "1e-3:relative",
            "1:pw-rel",
            "0:digits",
            "18:digits",
            "2.5:digits",
        ] {
            assert!(wrong.parse::<Bound>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn absolute_errors_are_compared_exactly() {
        let tolerance = Tolerance::Absolute(0.5);
        assert!(tolerance.holds(1.0, 1.5) && tolerance.holds(1.0, 0.5));
        assert!(!tolerance.holds(1.0, 1.5f64.next_up()));
        // The difference is 1 + 2^-80, which rounds to 1.
        let tiny = 2f64.powi(-80);
        assert!(!Tolerance::Absolute(1.0).holds(1.0, -tiny));
        assert!(Tolerance::Absolute(1.0).holds(1.0, tiny));
        assert!(!Tolerance::Absolute(1.0).holds(-tiny, 1.0));
        assert!(!Tolerance::Absolute(f64::MAX).holds(f64::MAX, -f64::MAX));
        assert!(!Tolerance::Absolute(1.0).holds(1.0, f64::NAN));
        assert!(!Tolerance::Absolute(f64::MAX).holds(1.0, f64::INFINITY));
    }

    #[test]
    fn specials_keep_their_bits() {
        let tolerances = [
            Tolerance::Absolute(1e300),
            Tolerance::PointwiseRelative(0.5),
            Tolerance::Digits(1),
        ];
        for tolerance in tolerances {
            for special in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0] {
                assert!(tolerance.holds(special, special));
                assert!(!tolerance.holds(special, 0.0));
                assert!(!tolerance.holds(special, f64::from_bits(special.to_bits() ^ 1)));
            }
        }
        let signalling = 0x7F80_0001;
        assert!(!Tolerance::Absolute(1.0).holds_bits(F4, signalling, 0x7FC0_0001));
        assert!(Tolerance::Absolute(1.0).holds_bits(F4, signalling, signalling));
        // Without a tolerance not even the sign of a zero changes.
        assert!(!Tolerance::Absolute(0.0).holds(0.0, -0.0));
    }

    #[test]
    fn errors_relative_to_the_value() {
        let tolerance = Tolerance::PointwiseRelative(0.1);
        assert!(tolerance.holds(-10.0, -11.0) && tolerance.holds(-10.0, -9.0));
        assert!(!tolerance.holds(10.0, 11.000001) && !tolerance.holds(1e-5, -1e-5));
        assert!(tolerance.holds(0.0, 0.0) && !tolerance.holds(0.0, -0.0));
        assert!(!tolerance.holds(0.0, f64::from_bits(1)));
        // Of a denormal that is less than 10 units, nothing may change.
        let denormal = f64::from_bits(9);
        assert!(!tolerance.holds(denormal, f64::from_bits(10)));
        assert!(tolerance.holds(f64::from_bits(1000), f64::from_bits(1099)));
        assert!(!tolerance.holds(f64::from_bits(1000), f64::from_bits(1101)));
    }

    #[test]
    fn significant_digits() {
        let three = Tolerance::Digits(3);
        assert!(three.holds(1.234, 1.23) && three.holds(1.234, 1.2389));
        assert!(!three.holds(1.234, 1.2391));
        assert!(three.holds(99_999.0, 99_951.0) && !three.holds(99_999.0, 99_948.0));
        assert!(three.holds(-1e-320, -1.0005e-320));
        assert!(three.holds(1000.0, 1005.0) && !three.holds(999.0, 1000.0));
        assert!(!three.holds(0.0, 1e-300));
        // Just below a power of ten the unit is the smaller one.
        assert_eq!(Tolerance::Digits(1).limit(10f64.next_down()), 0.5);
        assert_eq!(Tolerance::Digits(1).limit(10.0), 5.0);
    }

    #[test]
    fn integers_are_compared_as_integers() {
        let i8 = integer(8);
        let large = i64::MAX as u64;
        assert!(Tolerance::Absolute(2.9).holds_bits(i8, large, large - 2));
        assert!(!Tolerance::Absolute(2.9).holds_bits(i8, large, large - 3));
        assert!(Tolerance::Absolute(1e30).holds_bits(i8, large, large + 1));
        let i2 = integer(2);
        let ten = Tolerance::PointwiseRelative(0.1);
        assert!(ten.holds_bits(i2, 10, 11) && !ten.holds_bits(i2, 9, 10));
        assert!(!ten.holds_bits(i2, 0, 1) && ten.holds_bits(i2, 0, 0));
        let minus = |n: i16| u64::from(n as u16);
        assert!(ten.holds_bits(i2, minus(-10), minus(-11)));
        assert!(!Tolerance::Digits(1).holds_bits(i2, 1, 2));
        assert!(Tolerance::Digits(1).holds_bits(i2, 12, 17));
    }

    #[test]
    fn relative_bounds_are_of_the_range() {
        let bound = Bound::new(BoundKind::Relative, 1e-3).unwrap();
        assert_eq!(bound.tolerance(8.0), Tolerance::Absolute(8e-3));
        assert_eq!(bound.tolerance(0.0), Tolerance::Absolute(0.0));
        assert_eq!(product_down(2.0, f64::MAX), f64::MAX);
        assert!(product_down(0.1, 3.0) < 0.1 * 3.0);
    }
}
