//! A frame's fields as its header stores them: runs of equal ones.

use super::cursor::{Cursor, put_varint};
use super::{formula, kind};
use crate::error::Result;
use crate::structure::{Field, MAX_FIELDS, Predict, Rule, Transform};
use std::io::BufRead;
use std::sync::Arc;

const SWAP: u8 = 1 << 2;
const KIND: u32 = 3;
const SHIFTED: u8 = 1 << 5;
const PREDICT: u32 = 6;

/// The most values in the dictionaries of one frame.
const MAX_FRAME_VALUES: u64 = 1 << 18;

pub(super) fn write_to(fields: &[Field], out: &mut Vec<u8>) {
    let runs: Vec<&[Field]> = fields.chunk_by(|a, b| a == b).collect();
    put_varint(out, runs.len() as u64);
    for run in runs {
        put_varint(out, run.len() as u64);
        write_field(&run[0], out);
    }
}

fn write_field(field: &Field, out: &mut Vec<u8>) {
    let Transform {
        kind,
        rule,
        predict,
        offset,
        rotate,
    } = &field.transform;
    let mut head = field.width.trailing_zeros() as u8 & 3;
    if field.swap {
        head |= SWAP;
    }
    head |= kind::code(*kind) << KIND;
    if *offset > 0 || *rotate > 0 {
        head |= SHIFTED;
    }
    head |= match predict {
        Predict::Nothing => 0,
        Predict::Differences(_) => 1,
        Predict::Stencil { .. } => 2,
        Predict::Relation(_) => 3,
    } << PREDICT;
    out.push(head);
    match rule {
        Rule::Any => out.push(0),
        Rule::Step {
            numerator,
            denominator,
        } => {
            out.push(1);
            put_varint(out, *numerator);
            put_varint(out, *denominator);
        }
        Rule::Digits { digits, decimals } => out.extend([2, *digits, *decimals]),
        Rule::Coarse { cut } => out.extend([3, *cut]),
        Rule::Dictionary(values) => {
            out.push(4);
            put_varint(out, values.len() as u64);
            let mut next = 0;
            for &value in values.iter() {
                put_varint(out, value - next);
                next = value.wrapping_add(1);
            }
        }
    }
    match predict {
        Predict::Nothing => {}
        Predict::Relation(relation) => formula::write_to(relation, out),
        Predict::Differences(times) => {
            out.push(times[0] | times[1] << 2 | times[2] << 4);
        }
        Predict::Stencil {
            shift,
            lags,
            weights,
        } => {
            out.extend(shift.to_le_bytes());
            out.push(lags.len() as u8);
            for &lag in lags {
                put_varint(out, lag.into());
            }
            for &weight in weights {
                out.extend(weight.to_le_bytes());
            }
        }
    }
    if head & SHIFTED != 0 {
        put_varint(out, *offset);
        out.push(*rotate);
    }
}

/// Ranges that depend on the layout are left to the caller.
pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Vec<Field>> {
    let most = MAX_FIELDS as u64;
    let runs = cursor.varint(1..=most, "runs of fields")?;
    let mut fields = Vec::new();
    let mut values = 0;
    for _ in 0..runs {
        let left = most - fields.len() as u64;
        let repeat = cursor.varint(1..=left, "fields of a run")?;
        let field = read_field(cursor, &mut values)?;
        fields.resize(fields.len() + repeat as usize, field);
    }
    Ok(fields)
}

fn read_field<R: BufRead>(cursor: &mut Cursor<R>, values: &mut u64) -> Result<Field> {
    let head = cursor.u8("field")?;
    let kind = kind::of_code(head >> KIND & 3, cursor)?;
    let any = 0..=u64::MAX;
    let rule = match cursor.u8("field")? {
        0 => Rule::Any,
        1 => Rule::Step {
            numerator: cursor.varint(any.clone(), "step's numerator")?,
            denominator: cursor.varint(any.clone(), "step's denominator")?,
        },
        2 => Rule::Digits {
            digits: cursor.u8("field")?,
            decimals: cursor.u8("field")?,
        },
        3 => Rule::Coarse {
            cut: cursor.u8("field")?,
        },
        4 => Rule::Dictionary(read_values(cursor, values)?),
        _ => return Err(cursor.damaged("a rule that there is not")),
    };
    let predict = match head >> PREDICT {
        0 => Predict::Nothing,
        1 => {
            let times = cursor.u8("field")?;
            cursor.bounded(times.into(), 0..=63, "differences")?;
            Predict::Differences([times & 3, times >> 2 & 3, times >> 4])
        }
        2 => {
            let shift = i16::from_le_bytes(cursor.array("field")?);
            let count = cursor.u8("field")?;
            let count = cursor.bounded(count.into(), 1..=32, "neighbours of a stencil")?;
            let lags = (0..count)
                .map(|_| cursor.varint(1..=u32::MAX.into(), "distance to a neighbour"))
                .map(|lag| lag.map(|lag| lag as u32))
                .collect::<Result<_>>()?;
            let weights = (1..count)
                .map(|_| cursor.array("field").map(i32::from_le_bytes))
                .collect::<Result<_>>()?;
            Predict::Stencil {
                shift,
                lags,
                weights,
            }
        }
        _ => Predict::Relation(formula::read_from(cursor)?.into()),
    };
    let (offset, rotate) = match head & SHIFTED {
        0 => (0, 0),
        _ => (cursor.varint(any, "offset")?, cursor.u8("field")?),
    };
    if head & SHIFTED != 0 && offset == 0 && rotate == 0 {
        return Err(cursor.damaged("a field's offset and rotation that change nothing"));
    }
    Ok(Field {
        width: 1 << (head & 3),
        swap: head & SWAP != 0,
        transform: Transform {
            kind,
            rule,
            predict,
            offset,
            rotate,
        },
    })
}

fn read_values<R: BufRead>(cursor: &mut Cursor<R>, values: &mut u64) -> Result<Arc<[u64]>> {
    let count = cursor.varint(1..=MAX_FRAME_VALUES - *values, "values of a dictionary")?;
    *values += count;
    // Grown as they come: a file that claims more than it holds ends before.
    let mut list = Vec::new();
    let mut next = Some(0u64);
    for _ in 0..count {
        let gap = cursor.varint(0..=u64::MAX, "dictionary's value")?;
        let Some(value) = next.and_then(|next| next.checked_add(gap)) else {
            return Err(cursor.damaged("a dictionary's value beyond the largest"));
        };
        list.push(value);
        next = value.checked_add(1);
    }
    Ok(list.into())
}
