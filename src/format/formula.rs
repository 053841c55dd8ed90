//! A relation's formula as a frame's header stores it: the columns it takes, then its operations.

use super::cursor::{Cursor, put_varint};
use super::kind;
use crate::error::Result;
use crate::structure::{Formula, FormulaInput, MAX_FIELDS, Operation};
use std::io::BufRead;

/// The first operation that is none of the inputs, which have the codes 0 to 7. The plain ones follow it.
const CONSTANT: u8 = 8;

pub(super) fn write_to(formula: &Formula, out: &mut Vec<u8>) {
    out.push(formula.inputs.len() as u8);
    for input in &formula.inputs {
        let packed = u64::from(input.field) << 2 | u64::from(kind::code(input.kind));
        put_varint(out, packed);
    }
    out.push(formula.operations.len() as u8);
    for operation in &formula.operations {
        match operation {
            Operation::Input(number) => out.push(*number),
            Operation::Constant(pattern) => {
                out.push(CONSTANT);
                out.extend(pattern.to_le_bytes());
            }
            other => {
                let packed = Operation::PLAIN.iter().position(|known| known == other);
                out.push(CONSTANT + 1 + packed.unwrap_or(0) as u8);
            }
        }
    }
}

/// Whether the formula can be computed is left to the caller.
pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Formula> {
    let count = cursor.u8("formula")?;
    let most = Formula::MAX_INPUTS as u64;
    let count = cursor.bounded(count.into(), 1..=most, "inputs of a formula")?;
    let mut inputs = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let packed = cursor.varint(0..=(MAX_FIELDS as u64 * 4 - 1), "input of a formula")?;
        inputs.push(FormulaInput {
            field: (packed >> 2) as u16,
            kind: kind::of_code(packed as u8 & 3, cursor)?,
        });
    }
    let count = cursor.u8("formula")?;
    let most = Formula::MAX_OPERATIONS as u64;
    let count = cursor.bounded(count.into(), 1..=most, "operations of a formula")?;
    let mut operations = Vec::with_capacity(count as usize);
    for _ in 0..count {
        operations.push(read_operation(cursor)?);
    }
    Ok(Formula { inputs, operations })
}

fn read_operation<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Operation> {
    match cursor.u8("formula")? {
        code @ 0..CONSTANT => Ok(Operation::Input(code)),
        CONSTANT => Ok(Operation::Constant(u64::from_le_bytes(
            cursor.array("formula")?,
        ))),
        code => match Operation::PLAIN.get(usize::from(code - CONSTANT - 1)) {
            Some(&operation) => Ok(operation),
            None => Err(cursor.damaged("an operation that there is not")),
        },
    }
}
