//! The layout of a frame's coded bytes and its filters, as a frame's header and a model store them: one byte, a varint for each length of the
//! layout that is not 0, then a record for each filter, in the order in which an encoder applies them.

use super::cursor::{Cursor, put_varint};
use super::fields;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::structure::Structure;
use std::io::BufRead;

const RECORD: u8 = 1 << 2;
const PLANE: u8 = 1 << 3;
const PHASE: u8 = 1 << 4;
/// From here on: the number of filters.
const FILTERS: u32 = 5;

/// Columns of whole records are stored one after the other: the filter turns them into rows.
const TRANSPOSE: u8 = 1;
/// The bytes of every element are reversed.
const SWAP: u8 = 2;
/// Each field's elements are transformed.
const FIELDS: u8 = 3;

pub(crate) fn write_to(structure: &Structure, out: &mut Vec<u8>) {
    let layout = &structure.layout;
    let filters = [
        (TRANSPOSE, structure.transposed),
        (SWAP, layout.swap),
        (FIELDS, !structure.fields.is_empty()),
    ];
    let filters = filters.into_iter().filter(|filter| filter.1);
    let mut shape = layout.width.trailing_zeros() as u8 & 3;
    shape |= (filters.clone().count() as u8) << FILTERS;
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
    for (filter, _) in filters {
        out.push(filter);
        if filter == FIELDS {
            fields::write_to(&structure.fields, out);
        }
    }
}

/// The structure of `len` coded bytes; what its columns refer to is not part of it.
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
    let mut structure = Structure::plain(Layout {
        width,
        swap: false,
        record,
        plane,
        phase,
    });
    let mut last = 0;
    for _ in 0..shape >> FILTERS {
        let filter = cursor.u8("filter")?;
        if (1..=last).contains(&filter) {
            return Err(cursor.damaged("filters out of order"));
        }
        match filter {
            TRANSPOSE => structure.transposed = true,
            SWAP => structure.layout.swap = true,
            FIELDS => structure.fields = fields::read_from(cursor)?,
            _ => {
                return Err(Error::Unknown {
                    what: "filter",
                    found: filter.into(),
                    offset: cursor.position() - 1,
                });
            }
        }
        last = filter;
    }
    if structure.validate(len as usize).is_err() {
        return Err(cursor.damaged("layout and filters that contradict themselves"));
    }
    Ok(structure)
}
