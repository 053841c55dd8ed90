//! A table's columns as cells of grids, and where their elements lie in a content.

use super::grid::Grid;
use super::number;
use super::specials::Specials;
use crate::layout::Column;

/// Where the numbers of a frame's content are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Bytes of a row.
    pub record: usize,
    /// The columns lie one after the other.
    pub column_major: bool,
    /// Columns of numbers, in the order of their offsets in a row.
    pub columns: Vec<(usize, Column)>,
}

/// A column's elements: bits of the type, and the cells that stand for them.
#[derive(Clone)]
pub(super) struct CellColumn {
    pub(super) grid: Grid,
    pub(super) specials: Specials,
    pub(super) cells: Vec<i64>,
}

impl TableShape {
    /// Rows of a content of `len` bytes.
    pub(super) fn rows(&self, len: usize) -> usize {
        len / self.record.max(1)
    }

    pub(super) fn position(&self, column: usize, row: usize, rows: usize) -> usize {
        let (offset, Column { width, .. }) = self.columns[column];
        match self.column_major {
            true => offset * rows + row * usize::from(width),
            false => row * self.record + offset,
        }
    }

    pub(super) fn bits(&self, content: &[u8], column: usize, row: usize, rows: usize) -> u64 {
        let at = self.position(column, row, rows);
        let column = self.columns[column].1;
        number::read(column, &content[at..at + usize::from(column.width)])
    }

    /// Copies the bytes that belong to none of the columns kept, in the order of the content: from `content` to `exact`, or back.
    pub(super) fn exact_ranges(&self, coded: &[bool], rows: usize) -> Vec<std::ops::Range<usize>> {
        let covered = self.columns.iter().zip(coded).filter(|&(_, &coded)| coded);
        let mut free = Vec::new();
        let mut end = 0;
        for (&(offset, column), _) in covered {
            if offset > end {
                free.push(end..offset);
            }
            end = offset + usize::from(column.width);
        }
        if end < self.record {
            free.push(end..self.record);
        }
        match self.column_major {
            true => { free.into_iter() }
                .map(|range| range.start * rows..range.end * rows)
                .collect(),
            false => (0..rows)
                .flat_map(|row| {
                    let start = row * self.record;
                    { free.iter() }.map(move |range| range.start + start..range.end + start)
                })
                .collect(),
        }
    }
}
