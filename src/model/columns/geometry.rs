//! Which bytes of a frame are a column.

use super::MAX_COLUMNS;
use crate::layout::{Contexts, Layout, Positions};

/// The fewest rows of records.
const MIN_ROWS: usize = 16;

/// A frame as a matrix of whole rows, and what is left over at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Bytes before the first row.
    pub head: usize,
    /// Rows of the matrix.
    pub rows: usize,
    /// Bytes of a row, at least 1.
    pub columns: usize,
}

impl Geometry {
    /// Rows are records, or elements where there are no records or too few of them.
    pub fn of(positions: &Positions, len: usize) -> Geometry {
        let layout = positions.layout();
        let record = layout.record as usize;
        let is_table = positions.contexts() == Contexts::Table;
        if is_table && record <= MAX_COLUMNS && len / record.max(1) >= MIN_ROWS {
            Geometry::new(layout, record, len)
        } else {
            Geometry::new(layout, layout.width.into(), len)
        }
    }

    fn new(layout: &Layout, columns: usize, len: usize) -> Geometry {
        let head = (columns - layout.phase as usize % columns) % columns;
        let head = head.min(len);
        Geometry {
            head,
            rows: (len - head) / columns,
            columns,
        }
    }

    /// The matrix column after column.
    pub fn split(&self, bytes: &[u8]) -> Vec<u8> {
        let mut columns = vec![0; self.rows * self.columns];
        if self.rows == 0 {
            return columns;
        }
        let matrix = &bytes[self.head..][..columns.len()];
        // Blocks of rows, so that a row is still in the cache when its next column is taken.
        for (block, rows) in matrix.chunks(self.columns * BLOCK).enumerate() {
            for (k, column) in columns.chunks_exact_mut(self.rows).enumerate() {
                let column = &mut column[block * BLOCK..];
                for (to, row) in column.iter_mut().zip(rows.chunks_exact(self.columns)) {
                    *to = row[k];
                }
            }
        }
        columns
    }

    /// The inverse, into bytes whose head and tail are there.
    pub fn join(&self, columns: &[u8], bytes: &mut [u8]) {
        if self.rows == 0 {
            return;
        }
        let matrix = &mut bytes[self.head..][..columns.len()];
        for (block, rows) in matrix.chunks_mut(self.columns * BLOCK).enumerate() {
            for (k, column) in columns.chunks_exact(self.rows).enumerate() {
                let column = &column[block * BLOCK..];
                for (from, row) in column.iter().zip(rows.chunks_exact_mut(self.columns)) {
                    row[k] = *from;
                }
            }
        }
    }
}

/// Rows that are turned at a time.
const BLOCK: usize = 64;
