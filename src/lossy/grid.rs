//! Grids: the values that a column's numbers are rounded to, and the integers that stand for them.
//!
//! A cell of a grid is counted in [`FINE`] fine units, so that predictions can point between the cells. Values are computed in doubles, by
//! the same operations on every machine.

use super::bound::Tolerance;
use super::number;
use crate::coder::{BadWords, BitCoder, Integers};
use crate::layout::{Column, Kind};
use crate::transform::functions;

/// Bits of a fine unit.
pub const FINE_BITS: u32 = 12;
/// Fine units of a cell.
pub const FINE: i64 = 1 << FINE_BITS;
/// Cells have magnitudes below this.
pub const MAX_CELL: i64 = 1 << 40;
/// A step has so many bits: what is cut off costs less than a 500,000th of a bit.
const STEP_BITS: u32 = 20;
/// What is left of twice the bound: fine units are rounded too.
const SHRINK: f64 = 1.0 - 1.0 / 2048.0;

/// The values that numbers are rounded to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grid {
    /// Multiples of a step, moved by some sixteenths of it.
    Uniform {
        /// From a value to the next.
        step: f64,
        /// Sixteenths of a step that cell 0 lies above 0; below 16.
        offset: u8,
    },
    /// Multiples of an integer.
    Integer {
        /// From an integer to the next that is kept; not 0.
        step: u64,
    },
    /// 0, and the powers of a number, of both signs.
    Logarithmic {
        /// The logarithm of the quotient of neighbours.
        step: f64,
        /// The power that cell 1 is.
        first: i64,
    },
    /// Decimal numbers of so many digits, of both signs, and 0.
    Decimal {
        /// Significant digits: 1 to 17.
        digits: u8,
        /// The decimal exponent of cell 1, which is a power of ten.
        first: i32,
    },
}

/// What a grid has to know of a column.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The largest magnitude of a number.
    pub largest: f64,
    /// The smallest that is not 0.
    pub smallest: f64,
}

/// Contexts of the parameters.
mod context {
    pub const KIND: usize = 16;
    pub const STEP: usize = 17;
    pub const OFFSET: usize = 18;
    pub const FIRST: usize = 19;
}

impl Grid {
    /// The grid whose values are close enough to every number of a column. None if it would have more values than are worth it: the numbers
    /// had better stay exact.
    pub fn new(column: Column, tolerance: Tolerance, extent: Extent) -> Option<Grid> {
        let grid = match tolerance {
            _ if column.kind != Kind::Float => Grid::of_integers(tolerance)?,
            Tolerance::Absolute(bound) => {
                // The value itself is rounded to the element's type.
                let rounding = spacing(column, extent.largest) / 2.0;
                let step = truncated(2.0 * (bound - rounding) * SHRINK);
                // Not even two steps of the type: the bits are the better grid.
                if !(step > 2.0 * rounding && step.is_normal()) {
                    return None;
                }
                Grid::Uniform { step, offset: 0 }
            }
            Tolerance::PointwiseRelative(bound) => {
                let half = bound.ln_1p() - 0.5 * epsilon(column);
                let step = truncated(2.0 * half * SHRINK);
                if !(step > epsilon(column) && extent.smallest > 0.0) {
                    return None;
                }
                let first = (functions::log(extent.smallest) / step).floor() as i64 - 1;
                Grid::Logarithmic { step, first }
            }
            Tolerance::Digits(digits) => {
                if extent.smallest.is_nan() || extent.smallest <= 0.0 {
                    return None;
                }
                let first = extent.smallest.log10().floor() as i32 - 1;
                Grid::Decimal { digits, first }
            }
        };
        let fits = grid.cells_below(extent.largest) < MAX_CELL as f64;
        (extent.largest == 0.0 || fits).then_some(grid)
    }

    /// The grid of all integers.
    pub const INTEGERS: Grid = Grid::Integer { step: 1 };

    fn of_integers(tolerance: Tolerance) -> Option<Grid> {
        match tolerance {
            Tolerance::Absolute(bound) => {
                let bound = bound.min((MAX_CELL / 2) as f64) as u64;
                Some(Grid::Integer {
                    step: 2 * bound + 1,
                })
            }
            _ => Some(Grid::INTEGERS),
        }
    }

    /// How many cells there are up to a magnitude.
    fn cells_below(&self, largest: f64) -> f64 {
        match *self {
            Grid::Uniform { step, .. } => largest / step,
            Grid::Integer { step } => largest / step as f64,
            Grid::Logarithmic { step, first } => functions::log(largest) / step - first as f64,
            Grid::Decimal { digits, first } => {
                (largest.log10() - f64::from(first) + 2.0) * 9.0 * 10f64.powi(i32::from(digits) - 1)
            }
        }
    }

    /// Whether only whole cells have values.
    pub fn is_whole(&self) -> bool {
        !matches!(self, Grid::Uniform { .. })
    }

    /// A number in fine units; the nearest cell's where only whole cells have values. None if it is beyond the grid.
    pub fn to_fine(&self, column: Column, bits: u64) -> Option<i64> {
        if let Grid::Integer { step } = *self {
            let value = number::to_i128(column, bits);
            let cell = (value + i128::from(step / 2)).div_euclid(step.into());
            return (cell.unsigned_abs() < MAX_CELL as u128).then_some((cell as i64) << FINE_BITS);
        }
        let x = number::to_f64(column, bits);
        let in_fine = match *self {
            Grid::Uniform { step, offset } => (x / step - f64::from(offset) / 16.0) * FINE as f64,
            _ if x == 0.0 => 0.0,
            Grid::Logarithmic { step, first } => {
                let cell = (functions::log(x.abs()) / step).round() - first as f64 + 1.0;
                if cell < 1.0 {
                    return None;
                }
                cell.copysign(x) * FINE as f64
            }
            Grid::Decimal { digits, first } => decimal_cell(x, digits, first)? * FINE as f64,
            Grid::Integer { .. } => 0.0,
        };
        let fine = in_fine.round_ties_even();
        (fine.abs() < (MAX_CELL << FINE_BITS) as f64).then_some(fine as i64)
    }

    /// The bits of the element at a position in fine units.
    pub fn to_bits(&self, column: Column, fine: i64) -> u64 {
        let cell = fine >> FINE_BITS;
        let value = match *self {
            Grid::Uniform { step, offset } => {
                let whole = fine.saturating_add(i64::from(offset) << (FINE_BITS - 4));
                whole as f64 * (step / FINE as f64)
            }
            Grid::Integer { step } => {
                let value = i128::from(cell) * i128::from(step);
                let limit = i128::from(u64::MAX);
                return number::from_i128(column, value.clamp(-limit, limit));
            }
            _ if cell == 0 => 0.0,
            Grid::Logarithmic { step, first } => {
                let power = first.saturating_add(cell.saturating_abs() - 1);
                functions::exp(power as f64 * step).copysign(cell as f64)
            }
            Grid::Decimal { digits, first } => decimal_value(cell, digits, first),
        };
        number::from_f64(column, value)
    }

    /// Codes the grid as parameters; a decoder supplies none.
    ///
    /// # Errors
    /// Those of the coder; [`BadWords`] for a grid that there cannot be.
    pub fn code<C: BitCoder>(
        known: Option<Grid>,
        integers: &mut Integers<C>,
    ) -> Result<Option<Grid>, BadWords> {
        let kind = known.map_or(0, |grid| grid.kind());
        let kind = integers.within(context::KIND, kind, 0, 4)?;
        let parameters = known.map_or([0; 2], |grid| grid.parameters());
        let step = |integers: &mut Integers<C>| {
            let upper = integers.integer(context::STEP, parameters[0])?;
            let upper = upper.wrapping_add(1023 << STEP_BITS) as u64;
            let step = f64::from_bits(upper << (52 - STEP_BITS));
            match step.is_normal() && step > 0.0 {
                true => Ok(step),
                false => Err(BadWords),
            }
        };
        Ok(match kind {
            1 => Some(Grid::Uniform {
                step: step(integers)?,
                offset: integers.within(context::OFFSET, parameters[1] as u64, 0, 15)? as u8,
            }),
            2 => Some(Grid::Integer {
                step: { integers.within(context::STEP, parameters[0] as u64, 1, 1 << 41)? },
            }),
            3 => Some(Grid::Logarithmic {
                step: step(integers)?,
                first: integers.integer(context::FIRST, parameters[1])?,
            }),
            4 => Some(Grid::Decimal {
                digits: integers.within(context::STEP, parameters[0] as u64, 1, 17)? as u8,
                first: integers
                    .integer(context::FIRST, parameters[1])?
                    .clamp(-400, 400) as i32,
            }),
            _ => None,
        })
    }

    fn kind(&self) -> u64 {
        match self {
            Grid::Uniform { .. } => 1,
            Grid::Integer { .. } => 2,
            Grid::Logarithmic { .. } => 3,
            Grid::Decimal { .. } => 4,
        }
    }

    fn parameters(&self) -> [i64; 2] {
        let upper = |step: f64| (step.to_bits() >> (52 - STEP_BITS)) as i64 - (1023 << STEP_BITS);
        match *self {
            Grid::Uniform { step, offset } => [upper(step), offset.into()],
            Grid::Integer { step } => [step as i64, 0],
            Grid::Logarithmic { step, first } => [upper(step), first],
            Grid::Decimal { digits, first } => [digits.into(), first.into()],
        }
    }
}

/// From a number of this magnitude to the next of its type.
fn spacing(column: Column, magnitude: f64) -> f64 {
    match column.width {
        8 => magnitude.next_up() - magnitude,
        4 => f64::from((magnitude as f32).next_up()) - f64::from(magnitude as f32),
        _ => (magnitude * epsilon(column)).max(2f64.powi(-24)),
    }
}

/// From 1 to the next number of the type.
fn epsilon(column: Column) -> f64 {
    match column.width {
        8 => f64::EPSILON,
        4 => f32::EPSILON.into(),
        _ => 2f64.powi(-10),
    }
}

/// A number from 0 on with the first [`STEP_BITS`] bits of its fraction.
fn truncated(step: f64) -> f64 {
    f64::from_bits(step.to_bits() >> (52 - STEP_BITS) << (52 - STEP_BITS))
}

/// The cell of a number that is not 0.
fn decimal_cell(x: f64, digits: u8, first: i32) -> Option<f64> {
    // Rounds correctly, ties aside.
    let text = format!("{:.*e}", usize::from(digits) - 1, x.abs());
    let (mantissa, exponent) = text.split_once('e')?;
    let mantissa: u64 = mantissa.replace('.', "").parse().ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let least = 10u64.pow(u32::from(digits) - 1);
    let decades = i64::from(exponent.checked_sub(first)?);
    if decades < 0 {
        return None;
    }
    let cell = i128::from(decades) * 9 * i128::from(least) + i128::from(mantissa - least) + 1;
    (cell < MAX_CELL as i128).then_some((cell as f64).copysign(x))
}

/// The number of a cell that is not 0.
fn decimal_value(cell: i64, digits: u8, first: i32) -> f64 {
    let least = 10u64.pow(u32::from(digits) - 1);
    let above = cell.unsigned_abs() - 1;
    let (decade, mantissa) = (above / (9 * least), above % (9 * least) + least);
    let exponent =
        i64::from(first).saturating_add_unsigned(decade.min(1000)) - i64::from(digits) + 1;
    let text = format!("{mantissa}e{exponent}");
    text.parse()
        .map_or(0.0, |value: f64| value.copysign(cell as f64))
}
