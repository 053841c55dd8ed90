//! How one column is coded, as its header says.

use super::context::{Context, Source};
use super::reader::{Damaged, Reader, put_varint};

const STORED: u8 = 0;
const CONSTANT: u8 = 1;
const CODED: u8 = 2;
const REPEATED: u8 = 3;
const RATE: u32 = 2;
const FIRST: u8 = 1 << 4;
const SECOND: u8 = 1 << 5;
const SIZES: u8 = 1 << 6;
const RESERVED: u8 = 1 << 7;

/// How a column is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// Not at all.
    Stored,
    /// All of its bytes are this one.
    Constant(u8),
    /// In half bytes.
    Coded {
        context: Context,
        /// The number of its rates.
        rate: u8,
    },
}

/// Writes how each column is coded: of some that are alike how many they are.
pub(super) fn write(columns: &[Column], out: &mut Vec<u8>) {
    for alike in columns.chunk_by(|a, b| a == b) {
        match alike[0] {
            Column::Stored => out.push(STORED),
            Column::Constant(byte) => out.extend([CONSTANT, byte]),
            Column::Coded { context, rate } => {
                let mut kind = CODED | rate << RATE;
                for (source, flag) in [(context.first, FIRST), (context.second, SECOND)] {
                    if source.is_some() {
                        kind |= flag;
                    }
                }
                if context.sizes {
                    kind |= SIZES;
                }
                out.push(kind);
                for source in [context.first, context.second].into_iter().flatten() {
                    put_varint(out, source.back as u64);
                    put_varint(out, source.lag as u64);
                }
            }
        }
        if alike.len() > 1 {
            out.push(REPEATED);
            put_varint(out, alike.len() as u64 - 2);
        }
    }
}

/// Reads how each of `count` columns of `rows` bytes is coded.
///
/// # Errors
/// `Damaged` for a kind not known, a source that is not known before, or more columns than there are.
pub(super) fn read(reader: &mut Reader, count: usize, rows: usize) -> Result<Vec<Column>, Damaged> {
    let mut columns: Vec<Column> = Vec::with_capacity(count);
    while columns.len() < count {
        let kind = reader.byte()?;
        let column = match kind & 3 {
            STORED if kind == STORED => Column::Stored,
            CONSTANT if kind == CONSTANT => Column::Constant(reader.byte()?),
            CODED if kind & RESERVED == 0 => {
                let mut source = |flag| match kind & flag {
                    0 => Ok(None),
                    _ => read_source(reader, columns.len(), rows).map(Some),
                };
                let context = Context {
                    first: source(FIRST)?,
                    second: source(SECOND)?,
                    sizes: kind & SIZES != 0,
                };
                let rate = kind >> RATE & 3;
                Column::Coded { context, rate }
            }
            REPEATED if kind == REPEATED => {
                let more = reader.varint(count as u64)? as usize + 1;
                let last = *columns.last().ok_or(Damaged)?;
                if more > count - columns.len() {
                    return Err(Damaged);
                }
                columns.extend(std::iter::repeat_n(last, more));
                continue;
            }
            _ => return Err(Damaged),
        };
        columns.push(column);
    }
    Ok(columns)
}

fn read_source(reader: &mut Reader, before: usize, rows: usize) -> Result<Source, Damaged> {
    let back = reader.varint(before as u64)? as usize;
    let lag = reader.varint(rows as u64)? as usize;
    match (back, lag) {
        (0, 0) => Err(Damaged),
        _ => Ok(Source { back, lag }),
    }
}
