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

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;
    use crate::layout::Kind;

    const F4: Column = Column {
        width: 4,
        swap: true,
        kind: Kind::Float,
    };
    const I2: Column = Column {
        width: 2,
        swap: true,
        kind: Kind::Signed,
    };

    fn of(specified: &SpecifiedNumbers, len: u64, names: &[&str]) -> Result<Source, SourceError> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let source = find(&[0; 16], len, Some(specified), &names)?;
        assert_eq!(source.len(), len);
        Ok(source)
    }

    fn array(shape: &[u64]) -> SpecifiedNumbers {
        SpecifiedNumbers::Array {
            column: F4,
            shape: shape.to_vec(),
        }
    }

    fn table(fields: &[RawField], column_major: bool) -> SpecifiedNumbers {
        SpecifiedNumbers::Table {
            fields: fields.to_vec(),
            column_major,
        }
    }

    #[test]
    fn arrays_take_all_the_bytes() {
        let source = of(&array(&[2, 3]), 24, &[]).unwrap();
        assert_eq!(source.regions.len(), 1);
        let error = of(&array(&[2, 3]), 25, &[]).unwrap_err();
        assert_eq!(
            error,
            SourceError::ShapeLength {
                announced: 24,
                found: 25
            }
        );
        assert!(of(&array(&[u64::MAX, 3]), 25, &[]).is_err());
        let source = of(&array(&[]), 23, &[]).unwrap();
        assert_eq!((source.regions[0].len, source.regions[1].len), (20, 3));
        let RegionContent::Array(line) = &source.regions[0].content else {
            panic!("no array");
        };
        assert_eq!(line.shape, [5]);
        let source = of(&array(&[]), 23, &["a", "b"]).unwrap();
        let RegionContent::Table(table) = &source.regions[0].content else {
            panic!("no table");
        };
        assert_eq!((table.rows, source.regions[1].len), (2, 7));
    }

    #[test]
    fn tables_of_several_types() {
        let fields = [
            RawField::Number(F4),
            RawField::Bytes(3),
            RawField::Number(I2),
        ];
        for column_major in [false, true] {
            let source = of(&table(&fields, column_major), 27, &["a", "b"]).unwrap();
            let RegionContent::Table(found) = &source.regions[0].content else {
                panic!("no table");
            };
            assert_eq!((found.rows, found.record), (3, 9));
            let second = &found.columns[1];
            assert_eq!((second.name.as_deref(), second.offset), (Some("b"), 7));
            let position = if column_major { 21 + 2 } else { 9 + 7 };
            assert_eq!(found.position(second, 1), position);
        }
        assert_eq!(
            of(&table(&fields, false), 30, &[]).unwrap().regions[1].len,
            3
        );
        let error = of(&table(&fields, true), 30, &[]).unwrap_err();
        assert_eq!(
            error,
            SourceError::PartialRow {
                record: 9,
                found: 30
            }
        );
        assert!(matches!(
            of(&table(&fields, false), 27, &["a"]),
            Err(SourceError::Names { .. })
        ));
        assert_eq!(
            of(&table(&[RawField::Bytes(2)], false), 4, &[]),
            Err(SourceError::NoNumbers)
        );
        assert_eq!(of(&table(&[], false), 4, &[]), Err(SourceError::NotNumbers));
        let huge = [RawField::Bytes(u32::MAX), RawField::Number(F4)];
        assert_eq!(
            of(&table(&huge, false), 4, &[]),
            Err(SourceError::TooManyColumns)
        );
    }

    #[test]
    fn headers_are_not_taken_for_numbers() {
        let error = find(b"\x93NUMPY\x01\x00", 800, Some(&array(&[])), &[]).unwrap_err();
        assert_eq!(error, SourceError::SpecifiedTwice);
        assert_eq!(find(b"text", 4, None, &[]), Err(SourceError::NotNumbers));
    }
}
