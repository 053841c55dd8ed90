//! The numbers of raw bytes, as the user says.

use super::error::{MAX_COLUMNS, SourceError};
use super::npy::columns_of_one_type;
use super::regions::{Array, NumberColumn, RegionContent, Source, Table};
use crate::layout::Column;

/// What the user says of raw bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecifiedNumbers {
    /// An array of one type.
    Array {
        /// Its elements.
        column: Column,
        /// Elements along each axis, the last the fastest; empty for one axis as long as the input.
        shape: Vec<u64>,
    },
    /// A table.
    Table {
        /// What a row consists of.
        fields: Vec<RawField>,
        /// The columns lie one after the other, instead of the rows.
        column_major: bool,
    },
}

/// A field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawField {
    /// A number.
    Number(Column),
    /// Bytes that stay exact.
    Bytes(u32),
}

impl RawField {
    /// Bytes of the field.
    pub fn width(&self) -> u32 {
        match *self {
            RawField::Number(column) => column.width.into(),
            RawField::Bytes(count) => count,
        }
    }
}

/// Finds the numbers of `len` raw bytes.
pub(super) fn find(
    len: u64,
    specified: &SpecifiedNumbers,
    names: &[String],
) -> Result<Source, SourceError> {
    let mut source = Source::default();
    match specified {
        SpecifiedNumbers::Array { column, shape } => {
            let (used, content) = array(len, *column, shape, names)?;
            source.push(used, content);
        }
        SpecifiedNumbers::Table {
            fields,
            column_major,
        } => {
            let table = table(len, fields, *column_major, names)?;
            source.push(table.rows * table.record, RegionContent::Table(table));
        }
    }
    if source.len() < len {
        source.push(len - source.len(), RegionContent::Exact);
    }
    Ok(source)
}

/// An array, or a table if its columns have names; and its bytes.
fn array(
    len: u64,
    column: Column,
    shape: &[u64],
    names: &[String],
) -> Result<(u64, RegionContent), SourceError> {
    let width = u64::from(column.width);
    let count = if shape.is_empty() {
        len / width
    } else {
        let mut axes = shape.iter();
        let bytes = axes.try_fold(width, |size, &axis| size.checked_mul(axis));
        let announced = bytes.unwrap_or(u64::MAX);
        if announced != len {
            return Err(SourceError::ShapeLength {
                announced,
                found: len,
            });
        }
        announced / width
    };
    let used = count * width;
    if !names.is_empty() {
        let (rows, items) = match *shape {
            [rows, items] => (rows, items),
            // Without a shape, the names say how many columns there are.
            [] => (count / names.len() as u64, names.len() as u64),
            _ => {
                return Err(SourceError::Names {
                    columns: format!(
                        "an array of {} axes and not the two of a table",
                        shape.len()
                    ),
                    names: names.len(),
                });
            }
        };
        let content = columns_of_one_type(rows, items, column, 1, false, names)?;
        return Ok((rows * items * width, content));
    }
    let shape = match shape {
        [] => vec![count],
        shape => shape.to_vec(),
    };
    let content = RegionContent::Array(Array {
        column,
        shape,
        name: None,
    });
    Ok((used, content))
}

fn table(
    len: u64,
    fields: &[RawField],
    column_major: bool,
    names: &[String],
) -> Result<Table, SourceError> {
    let mut columns = Vec::new();
    let mut record = 0u32;
    for field in fields {
        if let RawField::Number(column) = *field {
            columns.push(NumberColumn {
                name: names.get(columns.len()).cloned(),
                offset: record,
                column,
            });
        }
        let end = record.checked_add(field.width());
        record = end.ok_or(SourceError::TooManyColumns)?;
    }
    if columns.len() > MAX_COLUMNS {
        return Err(SourceError::TooManyColumns);
    }
    if !names.is_empty() && names.len() != columns.len() {
        return Err(SourceError::Names {
            columns: format!("{} columns of numbers", columns.len()),
            names: names.len(),
        });
    }
    let record = u64::from(record);
    if record == 0 {
        return Err(SourceError::NotNumbers);
    }
    if column_major && !len.is_multiple_of(record) {
        return Err(SourceError::PartialRow { record, found: len });
    }
    Ok(Table {
        record,
        rows: len / record,
        column_major,
        columns,
    })
}
