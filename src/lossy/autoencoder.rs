//! Between a grid's integers, real numbers and an autoencoder's normalised numbers.

use super::grid::{FINE, FINE_BITS, Grid};
use crate::model::autoencoder::{NORMAL_BITS, NormalisedColumn, Scale, companded, expanded};
use crate::model::numbers::learned;

const _: () = assert!(FINE_BITS == learned::FINE_BITS);

/// A power of two that is a normal number.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent.clamp(-1022, 1023) + 1023) as u64) << 52)
}

/// The number that a mantissa and an exponent stand for.
fn composed((mantissa, exponent): (i32, i16)) -> f64 {
    // In two steps: the power alone may be below the smallest number.
    let exponent = i32::from(exponent);
    let half = exponent / 2;
    f64::from(mantissa) * power_of_two(half) * power_of_two(exponent - half)
}

/// A column's centre and scale.
pub fn centre_and_scale(column: &NormalisedColumn) -> (f64, f64) {
    (composed(column.centre), composed(column.scale))
}

/// A column's number, normalised; 0 for what is no number.
pub fn normalise(column: &NormalisedColumn, number: f64) -> i32 {
    let (centre, scale) = centre_and_scale(column);
    let wide = (number - centre) / scale * f64::from(1u32 << NORMAL_BITS);
    // Saturates; of what is no number it makes 0.
    companded(wide.round() as i64, column.log)
}

/// The number that a normalised one stands for: one product and one sum, the same on every machine; 0 where that is no number.
pub fn denormalise(column: &NormalisedColumn, normal: i32) -> f64 {
    let (centre, scale) = centre_and_scale(column);
    let wide = expanded(normal, column.log) as f64 * power_of_two(-(NORMAL_BITS as i32));
    let number = centre + scale * wide;
    // Machines differ in the bits of what is no number.
    if number.is_nan() { 0.0 } else { number }
}

/// From a grid's fine units to a column's normalised numbers. `None` for grids whose cells are not equally wide, and if the limits of the
/// format do not allow it.
pub fn scale_of_grid(column: &NormalisedColumn, grid: &Grid) -> Option<Scale> {
    let (step, offset) = match *grid {
        Grid::Uniform { step, offset } => (step, i64::from(offset) << (FINE_BITS - 4)),
        Grid::Integer { step } => (step as f64, 0),
        Grid::Logarithmic { .. } | Grid::Decimal { .. } => return None,
    };
    let scale = scale(column, step / FINE as f64)?;
    let origin = scale.origin - offset;
    Some(Scale { origin, ..scale })
}

/// From a column's grid, on which `fine` stands for `fine * unit`, to its normalised numbers. `None` if the limits of the format do not
/// allow it: the grid is too coarse, or the column's centre too far away. The same on every machine: nothing but products, quotients and
/// powers of two.
pub fn scale(column: &NormalisedColumn, unit: f64) -> Option<Scale> {
    const FARTHEST: f64 = (1u64 << 62) as f64;
    const LARGEST: f64 = (1u64 << 40) as f64;
    let (centre, scale) = centre_and_scale(column);
    let origin = (centre / unit).round();
    let ratio = unit / scale * f64::from(1u32 << NORMAL_BITS);
    if !(origin.abs() < FARTHEST && ratio.is_normal() && ratio > 0.0 && ratio < LARGEST) {
        return None;
    }
    let exponent = (ratio.to_bits() >> 52) as i32 - 1023;
    let shift = (30 - exponent).clamp(0, 100);
    let scale = Scale {
        origin: origin as i64,
        multiplier: (ratio * power_of_two(shift)).round() as u64,
        shift: shift as u8,
        log: column.log,
    };
    scale.check().is_ok().then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_normalises_as_the_formula() {
        for (centre, spread, unit) in [
            ((1_000_003, -10), (3, 2), 1e-3),
            ((-7, 90), (12_345, 80), 1e20),
            ((0, 0), (1 << 29, -330), 1e-95),
        ] {
            let column = NormalisedColumn {
                centre,
                scale: spread,
                log: false,
            };
            let scale = scale(&column, unit).unwrap();
            let (centre, spread) = centre_and_scale(&column);
            for z in [-3.0, -0.01, 0.0, 1.0, 5.5] {
                let fine = ((centre + z * spread) / unit).round() as i64;
                let found = f64::from(scale.normalise(fine)) / f64::from(1 << NORMAL_BITS);
                let close = unit / spread + 1e-5;
                assert!((found - z).abs() < close, "{z}: {found}");
            }
        }
        let column = NormalisedColumn {
            centre: (1, 0),
            scale: (1, 0),
            log: false,
        };
        for unit in [0.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
            assert_eq!(scale(&column, unit), None, "{unit}");
        }
    }

    #[test]
    fn normalised_numbers_come_back() {
        for log in [false, true] {
            let column = NormalisedColumn {
                centre: (-77, 3),
                scale: (5 << 20, -19),
                log,
            };
            for number in [-616.0, -600.0, -700.5, 0.0, 1e3] {
                let back = denormalise(&column, normalise(&column, number));
                assert!((back - number).abs() < 1e-2, "{number}: {back}");
            }
            assert_eq!(normalise(&column, f64::NAN), 0);
            assert!(denormalise(&column, normalise(&column, f64::INFINITY)).is_finite());
        }
    }

    #[test]
    fn a_grid_that_is_moved_has_its_origin_moved() {
        let column = NormalisedColumn {
            centre: (3, 0),
            scale: (1, 1),
            log: false,
        };
        let scale = |offset| scale_of_grid(&column, &Grid::Uniform { step: 0.5, offset }).unwrap();
        assert_eq!(scale(8).origin, scale(0).origin - FINE / 2);
        assert_eq!(scale(0).normalise(6 * FINE), 0);
        let decimal = Grid::Decimal {
            digits: 3,
            first: 0,
        };
        assert_eq!(scale_of_grid(&column, &decimal), None);
    }
}
