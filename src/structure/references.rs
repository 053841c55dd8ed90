//! References: for each column of a table up to three others that predict its next value best. The model takes them as
//! cross-column contexts.

use crate::layout::{CrossColumn, CrossColumns, MAX_REFERENCES};

/// A table of more columns is none: no rule for each column, no references.
pub const MAX_TABLE_COLUMNS: usize = 1024;

/// A reference to another column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// How many columns before it is, 1 to the number of columns: the last is the column itself, one row before.
    pub back: u16,
    /// Low bits of its elements that are ignored, fewer than they have.
    pub shift: u8,
}

/// The references of a column, the best first.
pub type References = [Option<Reference>; MAX_REFERENCES];

/// Whether every reference of columns of these widths is to a column, and to some of its bits.
pub fn fit(widths: &[u8], references: &[References]) -> bool {
    let columns = widths.len();
    let one = |column: usize, reference: &Reference| {
        let back = usize::from(reference.back);
        (1..=columns).contains(&back) && u32::from(reference.shift) < bits(widths, column, back)
    };
    references.len() == columns && { references.iter().enumerate() }.all(|(column, references)| {
        references
            .iter()
            .flatten()
            .all(|reference| one(column, reference))
    })
}

fn bits(widths: &[u8], column: usize, back: usize) -> u32 {
    8 * u32::from(widths[before(widths.len(), column, back)])
}

/// The column that is `back` columns before, at most all of them.
pub fn before(columns: usize, column: usize, back: usize) -> usize {
    (column + columns - back) % columns
}

/// The cross-column contexts of every byte of a record. The references must [fit] the widths.
pub fn by_byte(widths: &[u8], references: &[References]) -> Vec<CrossColumns> {
    let starts: Vec<u32> = { widths.iter() }
        .scan(0, |next, &width| {
            let start = *next;
            *next += u32::from(width);
            Some(start)
        })
        .collect();
    let record: u32 = widths.iter().map(|&width| u32::from(width)).sum();
    let cross_column = |column: usize, reference: Reference| {
        let back = usize::from(reference.back);
        let other = before(widths.len(), column, back);
        let row = if back > column { record } else { 0 };
        CrossColumn {
            lag: starts[column] + row - starts[other],
            width: widths[other],
            shift: reference.shift,
        }
    };
    { widths.iter().zip(references).enumerate() }
        .flat_map(|(column, (&width, references))| {
            let own = references
                .map(|reference| reference.map(|reference| cross_column(column, reference)));
            std::iter::repeat_n(own, width.into())
        })
        .collect()
}
