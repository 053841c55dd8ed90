//! What a table's columns look at, as a frame's header stores it: runs of columns that do so alike.

use super::cursor::{Cursor, put_varint};
use crate::error::Result;
use crate::structure::{Look, Looks};
use std::io::BufRead;

pub(super) fn write_to(looks: &[Looks], out: &mut Vec<u8>) {
    let runs: Vec<&[Looks]> = looks.chunk_by(|a, b| a == b).collect();
    put_varint(out, runs.len() as u64);
    for run in runs {
        put_varint(out, run.len() as u64);
        for look in &run[0] {
            match look {
                None => out.push(0),
                Some(look) => {
                    put_varint(out, look.back.into());
                    out.push(look.shift);
                }
            }
        }
    }
}

/// Those of so many columns, or none.
pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>, columns: usize) -> Result<Vec<Looks>> {
    let runs = cursor.varint(0..=columns as u64, "runs of columns with companions")?;
    let mut looks = Vec::new();
    for _ in 0..runs {
        let left = (columns - looks.len()) as u64;
        let repeat = cursor.varint(1..=left, "columns of a run")?;
        let mut own = Looks::default();
        for look in &mut own {
            let back = cursor.varint(0..=columns as u64, "companion")? as u16;
            if back > 0 {
                let shift = cursor.u8("companion")?;
                *look = Some(Look { back, shift });
            }
        }
        looks.resize(looks.len() + repeat as usize, own);
    }
    Ok(looks)
}
