//! The layout as a frame's header stores it: one byte, and a varint for each length that is not 0.

use super::cursor::{Cursor, put_varint};
use crate::error::Result;
use crate::layout::Layout;
use std::io::BufRead;

const SWAP: u8 = 1 << 2;
const RECORD: u8 = 1 << 3;
const PLANE: u8 = 1 << 4;
const PHASE: u8 = 1 << 5;
const RESERVED: u8 = 0xC0;

pub(super) fn write_to(layout: &Layout, out: &mut Vec<u8>) {
    let mut shape = layout.width.trailing_zeros() as u8 & 3;
    if layout.swap {
        shape |= SWAP;
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
}

pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Layout> {
    let shape = cursor.u8("layout")?;
    cursor.bounded(u64::from(shape & RESERVED), 0..=0, "reserved layout bits")?;
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
    let swap = shape & SWAP != 0;
    if swap && width == 1 {
        return Err(cursor.damaged("byte order of single bytes"));
    }
    if record % u32::from(width) != 0 {
        return Err(cursor.damaged("record length that is no multiple of the width"));
    }
    if plane > 0 && plane.checked_rem(record) != Some(0) {
        return Err(cursor.damaged("plane length that is no multiple of the record"));
    }
    Ok(Layout {
        width,
        swap,
        record,
        plane,
        phase,
    })
}
