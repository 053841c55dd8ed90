//! The structure as a frame's header stores it: one byte, a varint for each length of the layout that is not 0, the fields.

use super::cursor::{Cursor, put_varint};
use super::{fields, looks};
use crate::error::Result;
use crate::layout::Layout;
use crate::structure::Structure;
use std::io::BufRead;

const SWAP: u8 = 1 << 2;
const RECORD: u8 = 1 << 3;
const PLANE: u8 = 1 << 4;
const PHASE: u8 = 1 << 5;
const FIELDS: u8 = 1 << 6;
const TRANSPOSED: u8 = 1 << 7;

pub(crate) fn write_to(structure: &Structure, out: &mut Vec<u8>) {
    let layout = &structure.layout;
    let mut shape = layout.width.trailing_zeros() as u8 & 3;
    if layout.swap {
        shape |= SWAP;
    }
    if !structure.fields.is_empty() {
        shape |= FIELDS;
    }
    if structure.transposed {
        shape |= TRANSPOSED;
    }
    let lengths = [
        (RECORD, layout.record),
        (PLANE, layout.plane),
        (PHASE, layout.phase),
    ];
    for (bit, length) in lengths {
        if length > 0 {
            shape |= bit;
        }
    }
    out.push(shape);
    for (_, length) in lengths {
        if length > 0 {
            put_varint(out, u64::from(length));
        }
    }
    if !structure.fields.is_empty() {
        fields::write_to(&structure.fields, out);
    }
    if structure.widths_of_table().is_some() {
        looks::write_to(&structure.looks, out);
    }
}

/// The structure of a content of `len` bytes.
pub(crate) fn read_from<R: BufRead>(cursor: &mut Cursor<R>, len: u32) -> Result<Structure> {
    let shape = cursor.u8("layout")?;
    let mut length = |bit, max: u32, what| match shape & bit {
        0 => Ok(0),
        _ => cursor
            .varint(1..=u64::from(max), what)
            .map(|length| length as u32),
    };
    let width = 1u8 << (shape & 3);
    let record = length(RECORD, Layout::MAX_LAG, "record length")?;
    let plane = length(PLANE, Layout::MAX_LAG, "plane length")?;
    let cycle = if record > 0 { record } else { u32::from(width) };
    let phase = length(PHASE, cycle.saturating_sub(1), "phase")?;
    let layout = Layout {
        width,
        swap: shape & SWAP != 0,
        record,
        plane,
        phase,
    };
    let fields = match shape & FIELDS {
        0 => Vec::new(),
        _ => fields::read_from(cursor)?,
    };
    let mut structure = Structure {
        layout,
        transposed: shape & TRANSPOSED != 0,
        fields,
        looks: Vec::new(),
    };
    // How many columns there are is known once layout and fields are found valid.
    let mut valid = structure.validate(len as usize).is_ok();
    if valid && let Some(widths) = structure.widths_of_table() {
        structure.looks = looks::read_from(cursor, widths.len())?;
        valid = structure.validate(len as usize).is_ok();
    }
    if !valid {
        return Err(cursor.damaged("layout and fields that contradict themselves"));
    }
    Ok(structure)
}
