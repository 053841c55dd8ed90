//! An input in pieces of bounded size that hold whole rows or elements, for passes over its numbers.

use super::number;
use super::source::{RegionContent, Source, Table};
use crate::layout::Column;
use std::ops::Range;

/// Some bytes of an input, all of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Its first byte.
    pub start: u64,
    /// Bytes.
    pub len: u64,
    /// The number of its region in the source.
    pub region: usize,
    /// What it holds.
    pub content: PieceContent<'a>,
}

/// What a piece holds. Columns are numbered as in [`Source::columns`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceContent<'a> {
    /// Bytes that stay exact.
    Exact,
    /// Whole rows.
    Rows {
        /// The table.
        table: &'a Table,
        /// The number of its first column.
        first: usize,
    },
    /// Elements of one column or array.
    Elements {
        /// Their type.
        column: Column,
        /// The number of the column.
        number: usize,
    },
}

/// The pieces of an input in order, each of at most `max` bytes, but of at least one row or element.
pub fn pieces(source: &Source, max: u64) -> impl Iterator<Item = Piece<'_>> {
    let mut first = 0;
    source
        .regions
        .iter()
        .enumerate()
        .flat_map(move |(number, region)| {
            let mut divider = Divider {
                max,
                region: number,
                pieces: Vec::new(),
            };
            match &region.content {
                RegionContent::Exact => {
                    divider.divide(region.start, region.len, 1, PieceContent::Exact);
                }
                RegionContent::Array(array) => {
                    let column = array.column;
                    let content = PieceContent::Elements {
                        column,
                        number: first,
                    };
                    divider.divide(region.start, region.len, column.width.into(), content);
                    first += 1;
                }
                RegionContent::Table(table) => {
                    if table.column_major {
                        divider.columns(table, region.start, first);
                    } else {
                        let content = PieceContent::Rows { table, first };
                        divider.divide(region.start, region.len, table.record, content);
                    }
                    first += table.columns.len();
                }
            }
            divider.pieces
        })
}

/// Divides a region.
struct Divider<'a> {
    max: u64,
    region: usize,
    pieces: Vec<Piece<'a>>,
}

impl<'a> Divider<'a> {
    /// Adds pieces of whole items of `item` bytes.
    fn divide(&mut self, start: u64, len: u64, item: u64, content: PieceContent<'a>) {
        let item = item.max(1);
        let step = (self.max / item).max(1) * item;
        let mut at = 0;
        while at < len {
            let len = step.min(len - at);
            self.pieces.push(Piece {
                start: start + at,
                len,
                region: self.region,
                content: content.clone(),
            });
            at += len;
        }
    }

    /// Adds the columns of a table one after the other, and what lies between them.
    fn columns(&mut self, table: &Table, start: u64, first: usize) {
        let mut gaps = table.gaps().into_iter().peekable();
        for (number, column) in (first..).zip(&table.columns) {
            while let Some(gap) = gaps.next_if(|gap| gap.start < column.offset) {
                self.gap(table, start, &gap);
            }
            let width = u64::from(column.column.width);
            let content = PieceContent::Elements {
                column: column.column,
                number,
            };
            let start = start + table.position(column, 0);
            self.divide(start, width * table.rows, width, content);
        }
        gaps.for_each(|gap| self.gap(table, start, &gap));
    }

    /// Adds a column without numbers.
    fn gap(&mut self, table: &Table, start: u64, gap: &Range<u32>) {
        let (offset, width) = (u64::from(gap.start), u64::from(gap.end - gap.start));
        let start = start + offset * table.rows;
        self.divide(start, width * table.rows, 1, PieceContent::Exact);
    }
}

impl Piece<'_> {
    /// Calls `visit` with the number of the column and the bits of every number of the piece, whose bytes these are.
    pub fn numbers(&self, bytes: &[u8], mut visit: impl FnMut(usize, u64)) {
        match &self.content {
            PieceContent::Exact => {}
            PieceContent::Elements { column, number } => {
                let elements = bytes.chunks_exact(column.width.into());
                elements.for_each(|element| visit(*number, number::read(*column, element)));
            }
            PieceContent::Rows { table, first } => {
                for row in bytes.chunks_exact(table.record as usize) {
                    for (number, column) in (*first..).zip(&table.columns) {
                        let at = column.offset as usize;
                        let element = &row[at..at + usize::from(column.column.width)];
                        visit(number, number::read(column.column, element));
                    }
                }
            }
        }
    }

    /// The bytes of the piece that hold no numbers.
    pub fn exact(&self) -> Vec<Range<usize>> {
        match &self.content {
            PieceContent::Exact => std::iter::once(0..self.len as usize).collect(),
            PieceContent::Elements { .. } => Vec::new(),
            PieceContent::Rows { table, .. } => {
                let gaps = table.gaps();
                let rows = if gaps.is_empty() {
                    0
                } else {
                    self.len / table.record
                };
                let of_row = |row: u64| {
                    let start = (row * table.record) as usize;
                    gaps.iter()
                        .map(move |gap| start + gap.start as usize..start + gap.end as usize)
                };
                (0..rows).flat_map(of_row).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Kind;
    use crate::lossy::source::{Array, NumberColumn};

    fn column(kind: Kind, width: u8) -> Column {
        Column {
            width,
            swap: false,
            kind,
        }
    }

    fn source(column_major: bool) -> Source {
        let (u1, u2) = (column(Kind::Unsigned, 1), column(Kind::Unsigned, 2));
        let columns = [(1, u1), (2, u2), (5, u1)].map(|(offset, column)| NumberColumn {
            name: None,
            offset,
            column,
        });
        let table = Table {
            record: 7,
            rows: 3,
            column_major,
            columns: columns.to_vec(),
        };
        let array = Array {
            column: u2,
            shape: vec![2, 1],
            name: None,
        };
        let mut source = Source::default();
        source.push(2, RegionContent::Exact);
        source.push(21, RegionContent::Table(table));
        source.push(4, RegionContent::Array(array));
        source
    }

    fn numbers(source: &Source, max: u64) -> (Vec<(usize, u64)>, Vec<u64>) {
        let bytes: Vec<u8> = (0..27).collect();
        let (mut found, mut exact, mut end) = (Vec::new(), Vec::new(), 0);
        for piece in pieces(source, max) {
            assert_eq!(piece.start, end);
            end += piece.len;
            let of_piece = &bytes[piece.start as usize..end as usize];
            piece.numbers(of_piece, |column, bits| found.push((column, bits)));
            let ranges = piece.exact().into_iter();
            exact.extend(ranges.flatten().map(|at| piece.start + at as u64));
        }
        assert_eq!(end, 27);
        (found, exact)
    }

    #[test]
    fn rows_and_what_lies_between_their_columns() {
        for max in [1, 2, 8, 15, 100] {
            let (found, exact) = numbers(&source(false), max);
            let row = |at: u64| [(0, at + 1), (1, (at + 2) << 8 | (at + 3)), (2, at + 5)];
            let array = [(3, 23 << 8 | 24), (3, 25 << 8 | 26)];
            let expected = [&row(2)[..], &row(9), &row(16), &array].concat();
            assert_eq!(found, expected, "{max}");
            assert_eq!(exact, [0, 1, 2, 6, 8, 9, 13, 15, 16, 20, 22], "{max}");
        }
    }

    #[test]
    fn columns_one_after_the_other() {
        for max in [1, 2, 5, 100] {
            let (found, exact) = numbers(&source(true), max);
            let first = [(0, 5), (0, 6), (0, 7)];
            let second = [8u64, 10, 12].map(|at| (1, at << 8 | (at + 1)));
            let third = [(2, 17), (2, 18), (2, 19)];
            let array = [(3, 23 << 8 | 24), (3, 25 << 8 | 26)];
            assert_eq!(found, [&first[..], &second, &third, &array].concat());
            assert_eq!(exact, [0, 1, 2, 3, 4, 14, 15, 16, 20, 21, 22]);
        }
    }
}
