//! The references of a table's columns, as a frame's header stores them: runs of columns with the same ones.

use super::cursor::{Cursor, put_varint};
use crate::error::Result;
use crate::structure::{Reference, References};
use std::io::BufRead;

pub(super) fn write_to(references: &[References], out: &mut Vec<u8>) {
    let runs: Vec<&[References]> = references.chunk_by(|a, b| a == b).collect();
    put_varint(out, runs.len() as u64);
    for run in runs {
        put_varint(out, run.len() as u64);
        for reference in &run[0] {
            match reference {
                None => out.push(0),
                Some(reference) => {
                    put_varint(out, reference.back.into());
                    out.push(reference.shift);
                }
            }
        }
    }
}

/// Those of so many columns, or none.
pub(super) fn read_from<R: BufRead>(
    cursor: &mut Cursor<R>,
    columns: usize,
) -> Result<Vec<References>> {
    let runs = cursor.varint(0..=columns as u64, "runs of columns with references")?;
    let mut references = Vec::new();
    for _ in 0..runs {
        let left = (columns - references.len()) as u64;
        let repeat = cursor.varint(1..=left, "columns of a run")?;
        let mut own = References::default();
        for reference in &mut own {
            let back = cursor.varint(0..=columns as u64, "reference")? as u16;
            if back > 0 {
                let shift = cursor.u8("reference")?;
                *reference = Some(Reference { back, shift });
            }
        }
        references.resize(references.len() + repeat as usize, own);
    }
    Ok(references)
}
