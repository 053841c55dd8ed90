//! The bounds of a lossy member, as its head lists them.

use super::cursor::{Cursor, put_varint};
use crate::error::{Error, Result};
use std::io::BufRead;

/// Most runs of columns that a head lists.
const MAX_RUNS: u64 = 1 << 20;

/// What the errors of some columns' values are bounded by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ListedBound {
    /// They are 0.
    Exact,
    /// |x' - x| is at most this.
    Absolute(f64),
    /// |x' - x| is at most this times the column's range.
    Relative(f64),
    /// |x' - x| is at most this times |x|.
    PointwiseRelative(f64),
    /// x' is x to so many significant decimal digits.
    Digits(u8),
    /// By nothing.
    Unbounded,
}

/// Columns or arrays one after the other that have the same bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundRun {
    /// How many.
    pub columns: u64,
    /// Their bound.
    pub bound: ListedBound,
}

/// Runs in the order of the columns.
pub fn runs(bounds: impl Iterator<Item = ListedBound>) -> Vec<BoundRun> {
    let mut runs: Vec<BoundRun> = Vec::new();
    for bound in bounds {
        match runs.last_mut() {
            Some(last) if last.bound == bound => last.columns += 1,
            _ => runs.push(BoundRun { columns: 1, bound }),
        }
    }
    runs
}

pub(super) fn write_to(runs: &[BoundRun], out: &mut Vec<u8>) {
    put_varint(out, runs.len() as u64);
    for run in runs {
        put_varint(out, run.columns);
        let mut number = |kind: u8, value: f64| {
            out.push(kind);
            out.extend(value.to_le_bytes());
        };
        match run.bound {
            ListedBound::Exact => out.push(0),
            ListedBound::Absolute(value) => number(1, value),
            ListedBound::Relative(value) => number(2, value),
            ListedBound::PointwiseRelative(value) => number(3, value),
            ListedBound::Digits(digits) => out.extend([4, digits]),
            ListedBound::Unbounded => out.push(5),
        }
    }
}

pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Vec<BoundRun>> {
    let count = cursor.varint(0..=MAX_RUNS, "number of bounds")?;
    let mut runs = Vec::new();
    for _ in 0..count {
        let columns = cursor.varint(1..=u64::MAX, "number of columns of a bound")?;
        let kind = cursor.u8("bound")?;
        let mut value = || cursor.array("bound").map(f64::from_le_bytes);
        let bound = match kind {
            0 => ListedBound::Exact,
            1 => ListedBound::Absolute(value()?),
            2 => ListedBound::Relative(value()?),
            3 => ListedBound::PointwiseRelative(value()?),
            4 => ListedBound::Digits(cursor.u8("bound")?),
            5 => ListedBound::Unbounded,
            other => {
                return Err(Error::Unknown {
                    what: "kind of bound",
                    found: other.into(),
                    offset: cursor.position() - 1,
                });
            }
        };
        runs.push(BoundRun { columns, bound });
    }
    Ok(runs)
}
