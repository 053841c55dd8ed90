//! The structure that stands before a network in a .boam file: that of the data it was trained on.

use crate::error::{Error, Result};
use crate::format::{Cursor, check, read_structure, write_structure};
use crate::structure::Structure;

/// The most bytes of a structure; a dictionary takes the most of them.
pub const MAX_STRUCTURE_BYTES: usize = 1 << 16;

/// Appends a structure and the check over it and all before it.
///
/// # Errors
/// `InvalidModel` if it takes more than [`MAX_STRUCTURE_BYTES`] or [is no table's](Structure::is_table), `InvalidArgument` if it
/// contradicts itself.
pub fn write_to(structure: &Structure, out: &mut Vec<u8>) -> Result<()> {
    structure.validate(0)?;
    if !structure.is_table() {
        return Err(Error::InvalidModel {
            what: "fields of a structure that is no table's",
            found: structure.fields.len() as u64,
            allowed: Structure::MAX_TABLE_COLUMNS as u64,
        });
    }
    let before = out.len();
    write_structure(structure, out);
    let len = out.len() - before;
    if len > MAX_STRUCTURE_BYTES {
        return Err(Error::InvalidModel {
            what: "structure's bytes",
            found: len as u64,
            allowed: MAX_STRUCTURE_BYTES as u64,
        });
    }
    let check = check(out);
    out.extend(check);
    Ok(())
}

/// Reads the structure behind the first `start` bytes of a file; and where its check ends.
///
/// # Errors
/// `Truncated`, `Damaged` or `OutOfRange` as for a frame's structure.
pub fn read_from(bytes: &[u8], start: usize) -> Result<(Structure, usize)> {
    let mut cursor = Cursor::new(bytes);
    cursor.begin_record();
    for _ in 0..start {
        cursor.u8("model")?;
    }
    // A table of no rows: a frame's length is nothing to a model.
    let structure = read_structure(&mut cursor, 0)?;
    cursor.check("structure's check")?;
    Ok((structure, cursor.position() as usize))
}
