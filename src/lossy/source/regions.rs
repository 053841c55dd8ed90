//! What an input consists of: bytes that stay exact, tables and arrays of numbers.

use crate::layout::Column;
use crate::lossy::Bound;
use crate::lossy::request::{LossyRequest, RequestError, Selectable};
use std::ops::Range;

/// Where the numbers of an input are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// All of the input in order, without gaps; a region may be empty.
    pub regions: Vec<Region>,
    /// The names of fields and arrays that hold no numbers and so stay exact.
    pub unnumbered: Vec<String>,
    /// Checksums among the exact bytes that change when numbers do.
    pub crcs: Vec<CrcField>,
}

/// A stretch of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its first byte.
    pub start: u64,
    /// Bytes.
    pub len: u64,
    /// What it holds.
    pub content: RegionContent,
}

/// What a region holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionContent {
    /// Bytes that stay as they are: headers, texts, what is left over.
    Exact,
    /// Rows of numbers.
    Table(Table),
    /// Numbers of one type along axes.
    Array(Array),
}

/// Rows of numbers; as long as its region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Bytes of a row.
    pub record: u64,
    /// Rows.
    pub rows: u64,
    /// The columns lie one after the other, each in the order of the rows, instead of the rows.
    pub column_major: bool,
    /// The columns in the order of their offsets, none overlapping another. Bytes of a row that no column covers stay exact.
    pub columns: Vec<NumberColumn>,
}

/// A column of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberColumn {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Bytes of a row before it.
    pub offset: u32,
    /// Its elements.
    pub column: Column,
}

/// Numbers of one type along axes; as long as its region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// Its elements.
    pub column: Column,
    /// Elements along each axis in the order in which they lie: the last axis is the fastest. Empty for a single number; one axis may be 0.
    pub shape: Vec<u64>,
    /// Its name, if it has one.
    pub name: Option<String>,
}

/// A CRC-32 of four bytes, little-endian, over earlier bytes of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrcField {
    /// Its first byte, behind all that it covers.
    pub offset: u64,
    /// What it is computed of.
    pub covers: Range<u64>,
}

impl Table {
    /// Where a number lies in the table's region.
    pub fn position(&self, column: &NumberColumn, row: u64) -> u64 {
        let offset = u64::from(column.offset);
        if self.column_major {
            offset * self.rows + row * u64::from(column.column.width)
        } else {
            row * self.record + offset
        }
    }

    /// The bytes of a row that no column covers, which stay exact.
    pub fn gaps(&self) -> Vec<Range<u32>> {
        let mut gaps = Vec::new();
        let mut end = 0;
        for column in &self.columns {
            if column.offset > end {
                gaps.push(end..column.offset);
            }
            end = column.offset + u32::from(column.column.width);
        }
        let record = u32::try_from(self.record).unwrap_or(u32::MAX);
        if record > end {
            gaps.push(end..record);
        }
        gaps
    }
}

impl Source {
    /// All columns and arrays of numbers in order, as a request selects them.
    pub fn columns(&self) -> Vec<Selectable<'_>> {
        let mut all = Vec::new();
        for region in &self.regions {
            match &region.content {
                RegionContent::Exact => {}
                RegionContent::Table(table) => {
                    all.extend(table.columns.iter().map(|column| Selectable {
                        name: column.name.as_deref(),
                        column: column.column,
                    }))
                }
                RegionContent::Array(array) => all.push(Selectable {
                    name: array.name.as_deref(),
                    column: array.column,
                }),
            }
        }
        all
    }

    /// The name of each of the [columns](Source::columns), or its number as text.
    pub fn names(&self) -> Vec<String> {
        let columns = self.columns().into_iter().enumerate();
        columns
            .map(|(number, column)| column.name.map_or(number.to_string(), str::to_string))
            .collect()
    }

    /// The bound of each of the [columns](Source::columns); none for those that stay exact.
    ///
    /// # Errors
    /// A selector of the request that selects nothing here, or two that select the same column.
    pub fn bounds(&self, request: &LossyRequest) -> Result<Vec<Option<Bound>>, RequestError> {
        request.resolve(&self.columns(), &self.unnumbered)
    }

    /// Bytes of all regions.
    pub fn len(&self) -> u64 {
        self.regions.last().map_or(0, |last| last.start + last.len)
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a region behind the others.
    pub(in crate::lossy) fn push(&mut self, len: u64, content: RegionContent) {
        let start = self.len();
        self.regions.push(Region {
            start,
            len,
            content,
        });
    }

    /// Adds all regions of another source behind one's own, and what belongs to them.
    pub(super) fn append(&mut self, other: Source) {
        let start = self.len();
        self.regions
            .extend(other.regions.into_iter().map(|region| Region {
                start: start + region.start,
                ..region
            }));
        self.unnumbered.extend(other.unnumbered);
        self.crcs.extend(other.crcs.into_iter().map(|crc| CrcField {
            offset: start + crc.offset,
            covers: start + crc.covers.start..start + crc.covers.end,
        }));
    }
}
