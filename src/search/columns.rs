//! The types of a record's columns: how wide each number is, and how its bits are read.
//!
//! Where elements are known, only the kind of each column is to be found. In a record of mixed types its positions are
//! divided into the columns that cost least in all: a number of several bytes is cheap where it looks like one, and a
//! lone byte is what is left. What a number looks like is judged by the values ([`super::numbers`]).

use super::numbers::{NumberGuess, RecordStatistics, WIDEST};
use crate::layout::{Column, Kind, Layout, value};

/// The most rows that are examined.
const MAX_ROWS: usize = 2000;
/// The most bytes that are examined, unless rows are so long that there would be too few.
const SEEN: usize = 768 << 10;
/// As many rows are examined however long they are.
const FEWEST_ROWS: usize = 16;
/// The longest record that is examined, in bytes: few rows of a longer one are ever there at once.
const LONGEST: u32 = 1 << 16;
/// Elements that are examined in a uniform array.
const ELEMENTS: usize = 4096;
/// Big-endian columns are believed where little-endian ones cost more by this factor.
const BIG: f64 = 1.02;

/// The columns of a record, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How many bytes after position 0 of the layout's record the first column begins, so that no column is cut: less
    /// than the record.
    pub shift: u32,
    /// From `shift` on, once around the record: their widths sum to the layout's period.
    pub columns: Vec<Column>,
}

/// The columns of a record of `layout.record` bytes, or of one element if there is no record, from position 0 of the
/// record on; their widths sum to `layout.period()`. The layout's phase is that of `bytes[0]`. Of records longer than
/// 64 KiB the columns are not looked for: there are none then.
///
/// A number that goes over the end of the record is seen as bytes: [`record`] finds where the record had better begin.
pub fn columns(bytes: &[u8], layout: &Layout) -> Vec<Column> {
    if layout.period() > LONGEST {
        return Vec::new();
    }
    let rows = Rows::new(bytes, layout);
    if layout.width > 1 {
        return rows.elements(layout);
    }
    let positions = rows.positions();
    let (little, big) = (
        rows.shapes(&positions, true),
        rows.shapes(&positions, false),
    );
    let (little, big) = (divide(&little, 0), divide(&big, 0));
    if little.0 <= BIG * big.0 {
        little.1
    } else {
        big.1
    }
}

/// The columns of a record as [`columns`] finds them, with the shift that cuts none. A layout with wide elements needs none.
pub fn record(bytes: &[u8], layout: &Layout) -> Record {
    if layout.period() > LONGEST {
        return Record {
            shift: 0,
            columns: Vec::new(),
        };
    }
    let rows = Rows::new(bytes, layout);
    if layout.width > 1 {
        return Record {
            shift: 0,
            columns: rows.elements(layout),
        };
    }
    // Among any eight positions that follow one another, some column begins.
    let shifts = 0..WIDEST.min(rows.period);
    let positions = rows.positions();
    let best = [true, false].map(|swap| {
        let shapes = rows.shapes(&positions, swap);
        let divided = shifts.clone().map(|shift| (divide(&shapes, shift), shift));
        divided.reduce(
            |best, other| {
                if other.0.0 < best.0.0 { other } else { best }
            },
        )
    });
    let chosen = match best {
        [Some(little), Some(big)] if little.0.0 > BIG * big.0.0 => Some(big),
        [little, _] => little,
    };
    chosen.map_or(
        Record {
            shift: 0,
            columns: Vec::new(),
        },
        |((_, columns), shift)| Record {
            shift: shift as u32,
            columns,
        },
    )
}

/// The kind of the elements of a uniform array, whatever its records.
pub fn kind(bytes: &[u8], layout: &Layout) -> Kind {
    let width = usize::from(layout.width).max(1);
    let first = (width - layout.phase as usize % width) % width;
    let whole = bytes.len().saturating_sub(first) / width;
    let step = whole.div_ceil(ELEMENTS).max(1);
    let values = (0..whole)
        .step_by(step)
        .map(|k| value(bytes, first + k * width, width, layout.swap));
    Kind::of(values.collect(), width)
}

/// A sample of a table's rows.
struct Rows<'a> {
    bytes: &'a [u8],
    /// Where each row begins; it and the seven bytes after it are there.
    starts: Vec<usize>,
    period: usize,
}

impl<'a> Rows<'a> {
    fn new(bytes: &'a [u8], layout: &Layout) -> Rows<'a> {
        let period = layout.period().max(1) as usize;
        let first = (period - layout.phase as usize % period) % period;
        let last = bytes.len().checked_sub(first + period + WIDEST - 1);
        let count = last.map_or(0, |last| last / period + 1);
        let rows = count.min(MAX_ROWS).min((SEEN / period).max(FEWEST_ROWS));
        Rows {
            bytes,
            starts: (0..rows)
                .map(|k| first + k * count / rows * period)
                .collect(),
            period,
        }
    }

    /// Columns of which only the kind is unknown.
    fn elements(&self, layout: &Layout) -> Vec<Column> {
        let width = usize::from(layout.width);
        let kinds: Vec<Option<Kind>> = (0..self.period)
            .step_by(width)
            .map(|position| {
                let values = self.values(position, width, layout.swap);
                let known = values.iter().any(|&value| value != 0);
                known.then(|| Kind::of(values, width))
            })
            .collect();
        // Zeros are of any kind: in a record of many columns, most likely of that of the others.
        let count = |kind| kinds.iter().filter(|&&other| other == Some(kind)).count();
        let usual = [Kind::Unsigned, Kind::Signed, Kind::Float]
            .into_iter()
            .max_by_key(|&kind| count(kind))
            .unwrap_or(Kind::Unsigned);
        kinds
            .iter()
            .map(|kind| Column {
                width: layout.width,
                swap: layout.swap,
                kind: kind.unwrap_or(usual),
            })
            .collect()
    }

    /// The numbers at one position of all rows.
    fn values(&self, position: usize, width: usize, swap: bool) -> Vec<u64> {
        let starts = self.starts.iter();
        starts
            .map(|&start| value(self.bytes, start + position, width, swap))
            .collect()
    }

    fn positions(&self) -> RecordStatistics {
        RecordStatistics::new(self.bytes, &self.starts, self.period)
    }

    /// For each position, what begins there may be; numbers of 1, 2, 4 and 8 bytes.
    fn shapes(&self, positions: &RecordStatistics, swap: bool) -> Vec<[Option<NumberGuess>; 4]> {
        let shape = |position, width: usize| {
            if width == 1 {
                return Some(positions.byte(position));
            }
            // Of a record shorter than the number, its bytes would lie in two rows.
            if width > self.period {
                return None;
            }
            positions.number(position, width, swap, || self.values(position, width, swap))
        };
        (0..self.period)
            .map(|position| [1, 2, 4, 8].map(|width| shape(position, width)))
            .collect()
    }
}

/// The cheapest columns once around the record from `shift` on, and what they cost.
fn divide(shapes: &[[Option<NumberGuess>; 4]], shift: usize) -> (f64, Vec<Column>) {
    let period = shapes.len();
    // The cost of the first n bytes, and the column that ends there.
    let mut best: Vec<(f64, Option<Column>)> = vec![(f64::INFINITY, None); period + 1];
    best[0].0 = 0.0;
    for at in 0..period {
        let cost = best[at].0;
        for (log, shape) in shapes[(at + shift) % period].iter().enumerate() {
            let Some(shape) = shape else { continue };
            let end = at + (1 << log);
            if end <= period && cost + shape.cost < best[end].0 {
                let column = Column {
                    width: 1 << log,
                    swap: shape.swap,
                    kind: shape.kind,
                };
                best[end] = (cost + shape.cost, Some(column));
            }
        }
    }
    let mut columns = Vec::new();
    let mut end = period;
    while let Some(column) = best[end].1 {
        columns.push(column);
        end -= usize::from(column.width);
    }
    columns.reverse();
    (best[period].0, columns)
}
