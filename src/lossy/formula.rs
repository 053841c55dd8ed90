//! A column that a formula makes of columns before it, from their reconstructed numbers.
//!
//! All machines compute the same doubles (`transform/formula.rs`, `functions.rs`), so the predictions, rounded to 256ths of a cell, are the
//! same for an encoder and a decoder. How sure one is follows from the widths of the cells that the inputs are known to.

use super::grid::{FINE_BITS, Grid};
use super::number;
use crate::coder::{BadWords, BitCoder, Integers};
use crate::layout::{Column, Kind};
use crate::model::numbers::Predictions;
use crate::structure::{Formula, FormulaInput, Operation};

/// Contexts of the parameters.
mod context {
    pub const OPERATIONS: usize = 29;
    pub const OPERATION: usize = 31;
    pub const INPUT: usize = 23;
}

/// Cells are predicted within this.
const FARTHEST: f64 = (1u64 << 44) as f64;

/// A column as formulas see it: type and grid.
pub(super) type Typed = (Column, Grid);

/// A prediction of a column's cells: `gain` times the value of a formula, and `shift`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Relation {
    /// The fields of its inputs are columns before, counted without those that stay exact.
    pub formula: Formula,
    pub gain: f64,
    pub shift: f64,
}

/// The number that a cell stands for, and how far from it the numbers in the cell are.
pub(super) fn number_of(&(column, grid): &Typed, cell: i64) -> (f64, f64) {
    let value = number::to_f64(column, grid.to_bits(column, cell << FINE_BITS));
    let width = match grid {
        Grid::Uniform { step, .. } => step / 2.0,
        Grid::Integer { step } => (step / 2) as f64,
        Grid::Logarithmic { step, .. } => value.abs() * (step / 2.0),
        Grid::Decimal { .. } => 0.0,
    };
    (value, width)
}

/// The upper half of a double's bits: all that is stored of a factor.
pub(super) fn stored(x: f64) -> f64 {
    f64::from_bits(x.to_bits() >> 32 << 32)
}

impl Relation {
    /// Predictions of all rows, of cells in Q8, from `cells` of the columns before.
    pub fn predict(&self, columns: &[Typed], cells: &[Vec<i64>], rows: usize) -> Predictions {
        let mut predictions = Predictions::default();
        (0..rows).for_each(|row| {
            let mut values = [0.0; Formula::MAX_INPUTS];
            let mut widths = [0.0; Formula::MAX_INPUTS];
            let inputs = self.formula.inputs.len();
            for (k, input) in self.formula.inputs.iter().enumerate() {
                let field = usize::from(input.field);
                (values[k], widths[k]) = number_of(&columns[field], cells[field][row]);
            }
            let value = self.formula.value(&values[..inputs]);
            let mut uncertainty = 0.0;
            for k in 0..inputs {
                let at = values[k];
                values[k] = at + widths[k];
                uncertainty += (self.formula.value(&values[..inputs]) - value).abs();
                values[k] = at;
            }
            let cell = (self.gain * value + self.shift).clamp(-FARTHEST, FARTHEST);
            // A not-a-number becomes 0.
            predictions.values.push((cell * 256.0) as i64);
            predictions
                .classes
                .push(class(self.gain.abs() * uncertainty));
        });
        predictions
    }

    /// Codes what predicts the column of this number, if anything does; a decoder supplies none.
    ///
    /// # Errors
    /// Those of the coder; [`BadWords`] for what is no formula.
    pub fn code<C: BitCoder>(
        known: Option<&Relation>,
        integers: &mut Integers<C>,
        column: usize,
    ) -> Result<Option<Relation>, BadWords> {
        let most = Formula::MAX_OPERATIONS as u64;
        let operations = known.map_or(&[][..], |known| &known.formula.operations);
        let count = integers.within(context::OPERATIONS, operations.len() as u64, 0, most)?;
        if count == 0 {
            return Ok(None);
        }
        let mut formula = Formula {
            inputs: Vec::new(),
            operations: Vec::new(),
        };
        for k in 0..count as usize {
            let operation = operations.get(k).copied();
            let last = Operation::PLAIN.len() as u64 + 1;
            let number = integers.within(context::OPERATION, number(operation), 0, last)?;
            let operation = match number {
                0 => {
                    let field = match (operation, known) {
                        (Some(Operation::Input(n)), Some(known)) => {
                            known.formula.inputs[usize::from(n)].field
                        }
                        _ => 0,
                    };
                    let back = column as u64 - u64::from(field);
                    let back = integers.within(context::INPUT, back, 1, column as u64)?;
                    push_input(&mut formula, column as u64 - back)?
                }
                1 => {
                    let constant = match operation {
                        Some(Operation::Constant(bits)) => bits,
                        _ => 0,
                    };
                    Operation::Constant(integers.bits(constant)?)
                }
                other => Operation::PLAIN[other as usize - 2],
            };
            formula.operations.push(operation);
        }
        formula.validate().map_err(|_| BadWords)?;
        let factors = known.map_or([0.0; 2], |known| [known.gain, known.shift]);
        // The upper halves of both.
        let [gain, shift] = factors.map(|x| x.to_bits() >> 32);
        let both = integers.bits(gain << 32 | shift)?;
        let gain = f64::from_bits(both >> 32 << 32);
        let shift = f64::from_bits(both << 32);
        match gain.is_finite() && shift.is_finite() {
            true => Ok(Some(Relation {
                formula,
                gain,
                shift,
            })),
            false => Err(BadWords),
        }
    }
}

/// The number of an operation in the stream: 0 for an input, 1 for a constant, then the plain ones.
fn number(operation: Option<Operation>) -> u64 {
    match operation {
        None | Some(Operation::Input(_)) => 0,
        Some(Operation::Constant(_)) => 1,
        Some(other) => {
            let at = { Operation::PLAIN.iter() }.position(|&known| known == other);
            at.map_or(0, |at| at as u64 + 2)
        }
    }
}

/// The operation that pushes a column, which becomes an input if it is none yet.
fn push_input(formula: &mut Formula, field: u64) -> Result<Operation, BadWords> {
    let input = FormulaInput {
        field: u16::try_from(field).map_err(|_| BadWords)?,
        kind: Kind::Float,
    };
    let known = formula.inputs.iter().position(|&other| other == input);
    let number = known.unwrap_or(formula.inputs.len());
    if number >= Formula::MAX_INPUTS {
        return Err(BadWords);
    }
    if known.is_none() {
        formula.inputs.push(input);
    }
    Ok(Operation::Input(number as u8))
}

/// Half octaves of an uncertainty in cells, from a sixteenth on.
fn class(uncertainty: f64) -> u8 {
    const MIN: u64 = (1023 - 4) * 2;
    match uncertainty > 1.0 / 16.0 {
        true => ((uncertainty.to_bits() >> 51) - MIN).min(31) as u8,
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coder::{LaneDecoder, LaneEncoder};

    const FLOAT: Column = Column {
        width: 8,
        swap: true,
        kind: Kind::Float,
    };

    fn product() -> Relation {
        let input = |field| FormulaInput {
            field,
            kind: Kind::Float,
        };
        Relation {
            formula: Formula {
                inputs: vec![input(3), input(1)],
                operations: vec![
                    Operation::Input(0),
                    Operation::Input(1),
                    Operation::Multiply,
                    Operation::Constant(2f64.to_bits()),
                    Operation::Divide,
                ],
            },
            gain: 4.0,
            shift: -0.25,
        }
    }

    #[test]
    fn relations_come_back() {
        let mut encoder = LaneEncoder::default();
        let mut integers = Integers::new(&mut encoder);
        for known in [Some(product()), None] {
            Relation::code(known.as_ref(), &mut integers, 5).unwrap();
        }
        let words = encoder.finish();
        let mut decoder = LaneDecoder::new(&words).unwrap();
        let mut integers = Integers::new(&mut decoder);
        for known in [Some(product()), None] {
            assert_eq!(Relation::code(None, &mut integers, 5), Ok(known));
        }
    }

    #[test]
    fn predictions_know_how_sure_they_are() {
        let grid = Grid::Uniform {
            step: 1.0,
            offset: 0,
        };
        let columns = [(FLOAT, grid); 4];
        let cells = [vec![0, 0], vec![3, 300], vec![0, 0], vec![5, 5]];
        let found = product().predict(&columns, &cells, 2);
        assert_eq!(
            found.values,
            [(4 * 15 / 2 * 256) - 64, (4 * 750 * 256) - 64]
        );
        // 4 (0.5 3 + 0.5 5) / 2 = 8 cells, and 4 (150 + 2.5) / 2 = 305.
        assert_eq!(found.classes, [14, 24]);
    }

    #[test]
    fn what_is_no_formula_is_refused() {
        for bad in [vec![Operation::Add], vec![Operation::Input(0); 9]] {
            let mut relation = product();
            relation.formula.operations = bad;
            let mut encoder = LaneEncoder::default();
            let coded = Relation::code(Some(&relation), &mut Integers::new(&mut encoder), 5);
            assert_eq!(coded, Err(BadWords));
        }
    }
}
