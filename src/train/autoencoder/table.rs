//! The table that an autoencoder learns: numbers by rows, how they are normalised, and which rows are held out.

use crate::error::{Error, Result};
use crate::lossy::number;
use crate::lossy::pieces::pieces;
use crate::lossy::source::{RegionContent, Source};
use crate::model::autoencoder::{Normalisation, NormalisedColumn};
use std::io::{Read, Seek, SeekFrom};

/// Share of the rows, the last ones, that are held out.
const HELD_OUT: f64 = 0.15;
/// Bits of a centre's and of a scale's mantissa.
const MANTISSA_BITS: i32 = 30;
/// Fewer rows than these teach nothing.
const MIN_ROWS: usize = 64;

/// Most numbers that are kept of an input, the first ones.
const MAX_NUMBERS: u64 = 1 << 24;
/// Bytes that are read at a time.
const PIECE: u64 = 1 << 20;

/// Numbers of a table, row after row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Numbers of a row.
    pub columns: usize,
    /// `[rows][columns]`; those that are not finite are not learned.
    pub values: Vec<f64>,
}

impl Table {
    /// The longest table of an input, or its first rows if it is very long; nothing if it has none with more than one column. Numbers that
    /// are `fill` are not learned, nor are those that are not finite.
    ///
    /// # Errors
    /// `Io` if reading fails.
    pub fn of_source(
        mut input: impl Read + Seek,
        source: &Source,
        fill: &[f64],
    ) -> Result<Option<Table>> {
        let regions = source.regions.iter().enumerate();
        let tables = regions.filter_map(|(number, region)| match &region.content {
            RegionContent::Table(table) if table.columns.len() > 1 => {
                Some((region.len, number, table))
            }
            _ => None,
        });
        let Some((_, chosen, table)) =
            tables.max_by_key(|&(len, number, _)| (len, usize::MAX - number))
        else {
            return Ok(None);
        };
        let columns = table.columns.len();
        let rows = table.rows.min(MAX_NUMBERS / columns as u64) as usize;
        let mut values = vec![f64::NAN; rows * columns];
        let (mut first, mut met) = (None, vec![0; columns]);
        for piece in pieces(source, PIECE).filter(|piece| piece.region == chosen) {
            let mut bytes = vec![0; piece.len as usize];
            input.seek(SeekFrom::Start(piece.start))?;
            input.read_exact(&mut bytes)?;
            piece.numbers(&bytes, |column, bits| {
                let column = column - *first.get_or_insert(column);
                let value = number::to_f64(table.columns[column].column, bits);
                if met[column] < rows && !fill.contains(&value) {
                    values[met[column] * columns + column] = value;
                }
                met[column] += 1;
            });
        }
        Ok(Some(Table { columns, values }))
    }

    /// Its rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// Splits the last rows off, to check on: some 15 %.
    ///
    /// # Errors
    /// `InvalidArgument` for a table that is too small to learn from.
    pub fn hold_out(mut self) -> Result<(Table, Table)> {
        if self.columns == 0 || self.rows() < MIN_ROWS {
            let (rows, columns) = (self.rows(), self.columns);
            return Err(Error::InvalidArgument(format!(
                "{rows} rows of {columns} columns are too few to train an autoencoder: it takes {MIN_ROWS} rows"
            )));
        }
        let held = (self.rows() as f64 * HELD_OUT) as usize;
        let values = self.values.split_off((self.rows() - held) * self.columns);
        let columns = self.columns;
        Ok((self, Table { columns, values }))
    }

    /// The finite numbers of a column.
    fn column(&self, number: usize) -> impl Iterator<Item = f64> + Clone + '_ {
        let all = self.values.iter().skip(number).step_by(self.columns);
        all.copied().filter(|value| value.is_finite())
    }
}

/// How a column is normalised, in floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// What is subtracted.
    pub centre: f64,
    /// What is divided by.
    pub scale: f64,
    /// Whether the result is companded.
    pub log: bool,
    /// The range of the column's numbers.
    pub range: f64,
    /// The finest step that makes sense: 1 if all numbers are whole, else 0.
    pub step: f64,
}

impl Normal {
    /// A number, normalised.
    pub fn apply(&self, value: f64) -> f32 {
        let wide = (value - self.centre) / self.scale;
        let normal = if self.log { compand(wide) } else { wide };
        normal.clamp(-256.0, 256.0) as f32
    }

    /// The number that a normalised one stands for.
    pub fn invert(&self, normal: f32) -> f64 {
        let normal = f64::from(normal);
        let wide = if self.log { expand(normal) } else { normal };
        self.centre + self.scale * wide
    }

    /// The record of it; its numbers are what is then used.
    fn stored(&self) -> NormalisedColumn {
        NormalisedColumn {
            centre: decomposed(self.centre),
            scale: decomposed(self.scale),
            log: self.log,
        }
    }
}

/// As `model::autoencoder` compands, in floats.
fn compand(wide: f64) -> f64 {
    let above = 1.0 + wide.abs().min(f64::from(1 << 24));
    let doublings = above.log2().floor();
    wide.signum() * (doublings + above / doublings.exp2() - 1.0)
}

fn expand(normal: f64) -> f64 {
    let magnitude = normal.abs().min(24.0);
    let doublings = magnitude.floor();
    normal.signum() * ((1.0 + magnitude - doublings) * doublings.exp2() - 1.0)
}

/// Mantissa and exponent of the stored number that is closest.
fn decomposed(value: f64) -> (i32, i16) {
    if value == 0.0 || !value.is_finite() {
        return (0, 0);
    }
    let exponent = (value.abs().log2().floor() as i32 + 1 - MANTISSA_BITS).clamp(-1020, 1000);
    let mantissa = (value / f64::from(exponent).exp2()).round();
    (mantissa as i32, exponent as i16)
}

fn composed((mantissa, exponent): (i32, i16)) -> f64 {
    f64::from(mantissa) * f64::from(exponent).exp2()
}

/// How each column is normalised: whichever of a linear and a companded scale makes it more like a normal distribution. No normalised
/// number is beyond `limit`.
pub fn normals(table: &Table, limit: f64) -> (Vec<Normal>, Normalisation) {
    let mut stored = Normalisation::default();
    let normals = (0..table.columns).map(|column| {
        let chosen = normal(table.column(column), limit);
        let record = chosen.stored();
        stored.push(record);
        Normal {
            centre: composed(record.centre),
            scale: composed(record.scale),
            ..chosen
        }
    });
    (normals.collect(), stored)
}

fn normal(values: impl Iterator<Item = f64> + Clone, limit: f64) -> Normal {
    let mut sorted: Vec<f64> = values.clone().collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return Normal {
            centre: 0.0,
            scale: 1.0,
            log: false,
            range: 1.0,
            step: 0.0,
        };
    };
    let whole = sorted.iter().all(|value| value.fract() == 0.0);
    // Halves first: the difference may be above the largest number.
    let range = (high / 2.0 - low / 2.0).min(f64::MAX / 4.0) * 2.0;
    let step = if whole { 1.0 } else { 0.0 };
    let least = if range > 0.0 {
        range * 1e-7
    } else {
        // Constants come back from any network.
        (high.abs() * 1e-7).max(1e-300)
    };
    let far = |centre: f64| (high - centre).max(centre - low).min(range);
    let (mean, spread) = moments(sorted.iter().map(|&value| value / 2.0));
    let linear = Normal {
        centre: 2.0 * mean,
        scale: (2.0 * spread).max(far(2.0 * mean) / limit).max(least),
        log: false,
        range,
        step,
    };
    let quantile = |share: f64| sorted[(share * (sorted.len() - 1) as f64) as usize];
    let centre = quantile(0.5);
    let middle = quantile(0.75) - quantile(0.25);
    let companded = Normal {
        centre,
        scale: { middle.max(range * 1e-4) }
            .max(far(centre) / expand(limit))
            .max(least),
        log: true,
        ..linear
    };
    if fit(&companded, &sorted) < fit(&linear, &sorted) - 0.3 {
        companded
    } else {
        linear
    }
}

/// Nats a number that a normal distribution of the normalised numbers would cost, up to what is the same for all.
fn fit(normal: &Normal, sorted: &[f64]) -> f64 {
    let spread = moments(sorted.iter().map(|&value| normal.apply(value).into())).1;
    let slopes = sorted.iter().map(|&value| {
        let wide = ((value - normal.centre) / normal.scale).abs();
        let slope = if normal.log {
            -(1.0 + wide).log2().floor()
        } else {
            0.0
        };
        slope * std::f64::consts::LN_2 - normal.scale.ln()
    });
    spread.max(1e-6).ln() - slopes.sum::<f64>() / sorted.len() as f64
}

/// Mean and standard deviation.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().map(|value| value / count).sum::<f64>();
    let squares = values.map(|value| (value - mean).powi(2) / count);
    (mean, squares.sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_tails_are_companded_and_come_back() {
        let mut random = fastrand::Rng::with_seed(5);
        let mut values = Vec::new();
        for _ in 0..2000 {
            let gauss = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
            values.extend([10.0 + gauss, (2.5 * gauss).exp(), f64::NAN, 7.0]);
        }
        let table = Table { columns: 4, values };
        let (normals, stored) = normals(&table, f64::INFINITY);
        assert_eq!(stored.log, [0, 1, 0, 0]);
        for (column, normal) in normals.iter().enumerate() {
            for value in table.column(column) {
                let back = normal.invert(normal.apply(value));
                let scale = normal.scale * (1.0 + ((value - normal.centre) / normal.scale).abs());
                assert!(
                    (back - value).abs() <= 1e-5 * scale,
                    "{column}: {value} {back}"
                );
            }
        }
        assert_eq!(normals[3].apply(7.0), 0.0);
    }

    #[test]
    fn nothing_is_beyond_the_limit() {
        let mut values = vec![[0.0, 1.0, 0.0]; 5000];
        // A rare flag, a far value, and a long tail.
        for row in (0..5000).step_by(500) {
            values[row] = [1.0, 1.0 + 1e-3 * row as f64, (row as f64 / 300.0).exp()];
        }
        let values = values.into_iter().flatten().collect();
        let table = Table { columns: 3, values };
        for (limit, fits) in [(8.0, true), (f64::INFINITY, false)] {
            for (column, normal) in normals(&table, limit).0.iter().enumerate() {
                let largest = { table.column(column) }
                    .map(|value| normal.apply(value).abs())
                    .fold(0.0, f32::max);
                assert_eq!(largest <= 8.001, fits, "{column}: {largest}");
            }
        }
    }

    #[test]
    fn the_last_rows_are_held_out() {
        let values = (0..300).map(f64::from).collect();
        let (rest, held) = Table { columns: 3, values }.hold_out().unwrap();
        assert_eq!((rest.rows(), held.rows()), (85, 15));
        assert_eq!(held.values[0], 255.0);
        let values = vec![0.0; 9];
        assert!(Table { columns: 3, values }.hold_out().is_err());
    }
}
