//! Between a grid's integers, real numbers and an autoencoder's normalised numbers.

use crate::model::autoencoder::{NORMAL_BITS, NormalisedColumn, Scale};

/// The number that a mantissa and an exponent stand for.
fn composed((mantissa, exponent): (i32, i16)) -> f64 {
    // In two steps: the power alone may be below the smallest number.
    let half = i32::from(exponent) / 2;
    f64::from(mantissa) * 2f64.powi(half) * 2f64.powi(i32::from(exponent) - half)
}

/// A column's centre and scale.
pub fn centre_and_scale(column: &NormalisedColumn) -> (f64, f64) {
    (composed(column.centre), composed(column.scale))
}

/// From a column's grid, on which `fine` stands for `fine * unit`, to its normalised numbers. `None` if the limits of the format do not
/// allow it: the grid is too coarse, or the column's centre too far away.
pub fn scale(column: &NormalisedColumn, unit: f64) -> Option<Scale> {
    let (centre, scale) = centre_and_scale(column);
    let origin = (centre / unit).round();
    let ratio = unit / scale * f64::from(1u32 << NORMAL_BITS);
    if !(origin.abs() < 2f64.powi(62) && ratio > 0.0 && ratio < 2f64.powi(40)) {
        return None;
    }
    let shift = (30.0 - ratio.log2().floor()).clamp(0.0, 100.0);
    let scale = Scale {
        origin: origin as i64,
        multiplier: (ratio * shift.exp2()).round() as u64,
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
}
