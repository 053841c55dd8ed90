//! How a number's bits are read, as two bits of a field or of a formula's input.

use super::cursor::Cursor;
use crate::error::Result;
use crate::layout::Kind;
use std::io::BufRead;

pub(super) fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Unsigned => 0,
        Kind::Signed => 1,
        Kind::Float => 2,
    }
}

pub(super) fn of_code<R: BufRead>(code: u8, cursor: &Cursor<R>) -> Result<Kind> {
    match code {
        0 => Ok(Kind::Unsigned),
        1 => Ok(Kind::Signed),
        2 => Ok(Kind::Float),
        _ => Err(cursor.damaged("a kind of numbers that there is not")),
    }
}
