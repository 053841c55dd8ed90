//! Companions: for each column of a table up to three others that tell most of its next value.

use crate::layout::{Companion, Companions, MOST_COMPANIONS};

/// A table of more columns is none: no rule for each column, no companions.
pub const MOST_COLUMNS: usize = 1024;

/// A column that another looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How many columns before it is, 1 to the number of columns: the last is the column itself, one row before.
    pub back: u16,
    /// Low bits of its elements that are not looked at, fewer than they have.
    pub shift: u8,
}

/// What the elements of a column look at, the best first.
pub type Looks = [Option<Look>; MOST_COMPANIONS];

/// Whether every look of columns of these widths is at a column, and at some of its bits.
pub fn fit(widths: &[u8], looks: &[Looks]) -> bool {
    let columns = widths.len();
    let one = |column: usize, look: &Look| {
        let back = usize::from(look.back);
        (1..=columns).contains(&back) && u32::from(look.shift) < bits(widths, column, back)
    };
    looks.len() == columns && { looks.iter().enumerate() }
        .all(|(column, looks)| looks.iter().flatten().all(|look| one(column, look)))
}

fn bits(widths: &[u8], column: usize, back: usize) -> u32 {
    8 * u32::from(widths[before(widths.len(), column, back)])
}

/// The column that is `back` columns before, at most all of them.
pub fn before(columns: usize, column: usize, back: usize) -> usize {
    (column + columns - back) % columns
}

/// What every byte of a record looks at. The looks must [fit] the widths.
pub fn by_byte(widths: &[u8], looks: &[Looks]) -> Vec<Companions> {
    let starts: Vec<u32> = { widths.iter() }
        .scan(0, |next, &width| {
            let start = *next;
            *next += u32::from(width);
            Some(start)
        })
        .collect();
    let record: u32 = widths.iter().map(|&width| u32::from(width)).sum();
    let companion = |column: usize, look: Look| {
        let back = usize::from(look.back);
        let other = before(widths.len(), column, back);
        let row = if back > column { record } else { 0 };
        Companion {
            lag: starts[column] + row - starts[other],
            width: widths[other],
            shift: look.shift,
        }
    };
    { widths.iter().zip(looks).enumerate() }
        .flat_map(|(column, (&width, looks))| {
            let own = looks.map(|look| look.map(|look| companion(column, look)));
            std::iter::repeat_n(own, width.into())
        })
        .collect()
}
