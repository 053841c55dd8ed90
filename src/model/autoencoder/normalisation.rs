//! From the numbers of a column to those that a network knows, and back.
//!
//! A column's numbers lose their centre and are divided by their scale; heavy tails are companded by a logarithm that is linear
//! between powers of two, so that both directions are exact in integers.

use crate::error::Result;
use crate::model::{TensorVisitor, check_limits};

/// Fractional bits of a normalised number.
pub const NORMAL_BITS: u32 = 20;
/// Limit of a normalised number, and of one before it is companded.
const LIMIT: i64 = 1 << 28;
const WIDE_LIMIT: i64 = 1 << 44;
/// The largest multiplier of a [`Scale`].
const MAX_MULTIPLIER: u64 = 1 << 40;
/// The largest shift of a [`Scale`].
const MAX_SHIFT: u8 = 100;
const ONE: i64 = 1 << NORMAL_BITS;

/// How a model's columns are normalised, as it is stored: numbers are `mantissa * 2^exponent`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normalisation {
    /// Mantissas of the centres.
    pub centre: Vec<i32>,
    /// Exponents of the centres.
    pub centre_exponent: Vec<i16>,
    /// Mantissas of the scales, from 1 on.
    pub scale: Vec<i32>,
    /// Exponents of the scales.
    pub scale_exponent: Vec<i16>,
    /// 1 for columns that are companded, else 0.
    pub log: Vec<u8>,
}

/// The normalisation of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormalisedColumn {
    /// Mantissa and exponent of the centre.
    pub centre: (i32, i16),
    /// Mantissa, from 1 on, and exponent of the scale.
    pub scale: (i32, i16),
    /// Whether it is companded.
    pub log: bool,
}

impl Normalisation {
    /// Visits its tensors, of so many columns.
    pub fn visit(&mut self, columns: usize, v: &mut impl TensorVisitor) -> Result<()> {
        let all = [1, columns];
        let exponents = (-1100, 1100);
        v.tensor(
            "centre",
            &mut self.centre,
            all,
            -i32::MAX as i64,
            i32::MAX as i64,
        )?;
        let exponent = &mut self.centre_exponent;
        v.tensor("centre's exponent", exponent, all, exponents.0, exponents.1)?;
        v.tensor("scale", &mut self.scale, all, 1, i32::MAX as i64)?;
        let exponent = &mut self.scale_exponent;
        v.tensor("scale's exponent", exponent, all, exponents.0, exponents.1)?;
        v.tensor("companding", &mut self.log, all, 0, 1)
    }

    /// That of a column, if there is one of this number.
    pub fn column(&self, number: usize) -> Option<NormalisedColumn> {
        Some(NormalisedColumn {
            centre: (
                *self.centre.get(number)?,
                *self.centre_exponent.get(number)?,
            ),
            scale: (*self.scale.get(number)?, *self.scale_exponent.get(number)?),
            log: *self.log.get(number)? == 1,
        })
    }

    /// Adds a column.
    pub fn push(&mut self, column: NormalisedColumn) {
        self.centre.push(column.centre.0);
        self.centre_exponent.push(column.centre.1);
        self.scale.push(column.scale.0);
        self.scale_exponent.push(column.scale.1);
        self.log.push(u8::from(column.log));
    }
}

/// From a grid's fine units to normalised numbers: `(fine - origin) * multiplier / 2^shift`, then perhaps companded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The centre, in fine units.
    pub origin: i64,
    /// From 1 to 2^40.
    pub multiplier: u64,
    /// At most 100.
    pub shift: u8,
    /// Whether it is companded.
    pub log: bool,
}

impl Scale {
    /// Refuses numbers outside the limits of the format.
    ///
    /// # Errors
    /// `InvalidModel` names the one that breaks a rule.
    pub fn check(&self) -> Result<()> {
        let rules = [
            ("no multiplier", u64::from(self.multiplier == 0), 0),
            ("multiplier", self.multiplier, MAX_MULTIPLIER),
            ("shift", self.shift.into(), MAX_SHIFT.into()),
        ];
        check_limits(&rules)
    }

    /// A number in fine units, normalised. It never falls where the number rises.
    pub fn normalise(&self, fine: i64) -> i32 {
        let distance = i128::from(fine) - i128::from(self.origin);
        // 65 bits times 41 bits, which fit.
        let wide = (distance * i128::from(self.multiplier)) >> self.shift;
        if self.log {
            compand(wide.clamp(-i128::from(WIDE_LIMIT), WIDE_LIMIT.into()) as i64)
        } else {
            wide.clamp(-i128::from(LIMIT), LIMIT.into()) as i32
        }
    }

    /// The number in fine units that a normalised one stands for, rounded down.
    pub fn fine(&self, normal: i32) -> i64 {
        let wide = if self.log {
            expand(normal)
        } else {
            i64::from(normal).clamp(-LIMIT, LIMIT)
        };
        let multiplier = i128::from(self.multiplier.max(1));
        // 45 bits shifted by up to 100 would not fit: first as far as they do, then by the rest, with saturation.
        let (first, rest) = (self.shift.min(80), self.shift.saturating_sub(80));
        let distance = (i128::from(wide) << first).div_euclid(multiplier);
        let limit = i128::from(i64::MAX) >> rest;
        let distance = distance.clamp(-limit, limit) << rest;
        self.origin.saturating_add(distance as i64)
    }
}

/// A number divided by its column's scale, with [`NORMAL_BITS`], as networks know it.
pub fn companded(wide: i64, log: bool) -> i32 {
    match log {
        true => compand(wide.clamp(-WIDE_LIMIT, WIDE_LIMIT)),
        false => wide.clamp(-LIMIT, LIMIT) as i32,
    }
}

/// The inverse of [`companded`].
pub fn expanded(normal: i32, log: bool) -> i64 {
    match log {
        true => expand(normal),
        false => i64::from(normal).clamp(-LIMIT, LIMIT),
    }
}

/// `sign(v) * log2(1 + |v|)`, linear between powers of two.
fn compand(wide: i64) -> i32 {
    let above = wide.abs() + ONE;
    let doublings = above.ilog2() - NORMAL_BITS;
    let logarithm = (i64::from(doublings) << NORMAL_BITS) + (above >> doublings) - ONE;
    // 24 doublings at most: it fits.
    (wide.signum() * logarithm) as i32
}

/// The inverse of [`compand`], up to what it rounds.
fn expand(normal: i32) -> i64 {
    let magnitude = i64::from(normal).abs();
    let doublings = magnitude >> NORMAL_BITS;
    if doublings > 24 {
        return i64::from(normal).signum() * WIDE_LIMIT;
    }
    let above = (ONE + (magnitude & (ONE - 1))) << doublings;
    i64::from(normal).signum() * (above - ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales() -> Vec<Scale> {
        let scale = |origin, multiplier, shift, log| Scale {
            origin,
            multiplier,
            shift,
            log,
        };
        vec![
            scale(0, 1 << 20, 20, false),
            scale(-5_000_000_000, 3_333_333, 25, false),
            scale(123_456, 77_777, 9, true),
            scale(i64::MAX, MAX_MULTIPLIER, 0, true),
            scale(i64::MIN, 1, MAX_SHIFT, false),
        ]
    }

    #[test]
    fn normalising_is_monotone_and_inverted() {
        for scale in scales() {
            assert!(scale.check().is_ok());
            let mut before = i32::MIN;
            for k in -2000i64..2000 {
                let fine = k
                    .pow(3)
                    .saturating_add(k.signum() * (k.pow(4).saturating_mul(k.abs()) / 64));
                let normal = scale.normalise(fine);
                assert!(normal >= before, "{scale:?} {fine}");
                before = normal;
                // The inverse and back again is the same, up to one unit for rounding down.
                if scale.origin.unsigned_abs() < 1 << 40 && normal.abs() < 1 << 24 {
                    let again = scale.normalise(scale.fine(normal));
                    let unit = 1 + (scale.multiplier >> scale.shift) as i32;
                    assert!(
                        (normal - again).abs() <= unit,
                        "{scale:?} {fine}: {normal} {again}"
                    );
                }
            }
            for fine in [i64::MIN, i64::MAX] {
                let _ = scale.fine(scale.normalise(fine));
            }
            for normal in [i32::MIN, -1, 0, 1, i32::MAX] {
                let _ = scale.normalise(scale.fine(normal));
            }
        }
    }

    #[test]
    fn companding_is_a_logarithm() {
        for (value, expected) in [(0, 0), (1, 1), (3, 2), (7, 3), (-15, -4), (1023, 10)] {
            assert_eq!(compand(value << NORMAL_BITS), expected << NORMAL_BITS);
            assert_eq!(expand(expected << NORMAL_BITS), value << NORMAL_BITS);
        }
        assert_eq!(compand(ONE / 2), 1 << (NORMAL_BITS - 1));
    }

    #[test]
    fn broken_scales_are_refused() {
        let good = scales()[0];
        let multiplied = |multiplier| Scale { multiplier, ..good };
        assert!(multiplied(0).check().is_err());
        assert!(multiplied(MAX_MULTIPLIER + 1).check().is_err());
        assert!(Scale { shift: 101, ..good }.check().is_err());
    }
}
