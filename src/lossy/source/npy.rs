//! The numbers of a .npy file.

use super::error::{MAX_COLUMNS, SourceError};
use super::regions::{Array, NumberColumn, RegionContent, Source, Table};
use crate::container::npy::{NpyField, NpyHeader, NpyType, SimpleType, read_header};
use crate::layout::{Column, Kind};

/// Finds the numbers of a .npy file of `len` bytes. Its array is called `name`, the columns of a table `names`.
pub(super) fn find(
    front: &[u8],
    len: u64,
    name: Option<&str>,
    names: &[String],
) -> Result<Source, SourceError> {
    let header = read_header(front).ok_or(SourceError::NpyHeader)?;
    let content = header.content().ok_or(SourceError::NpyHeader)?;
    let found = len.saturating_sub(header.len as u64);
    if found < content {
        return Err(SourceError::Truncated {
            announced: content,
            found,
        });
    }
    let mut source = Source::default();
    source.push(header.len as u64, RegionContent::Exact);
    let numbers = match &header.element {
        NpyType::Simple(simple) => match number(simple) {
            Some((column, components)) => of_array(&header, column, components, name, names)?,
            None => {
                source.unnumbered.extend(name.map(str::to_string));
                RegionContent::Exact
            }
        },
        NpyType::Fields(fields) => {
            let mut columns = FieldColumns::default();
            columns.add_all("", fields, 0)?;
            if !names.is_empty() {
                let what = format!("{} columns with names of their own", columns.found.len());
                return Err(SourceError::Names {
                    columns: what,
                    names: names.len(),
                });
            }
            source.unnumbered = columns.unnumbered;
            let record = header.element.size().ok_or(SourceError::NpyHeader)?;
            of_fields(record, content, columns.found)
        }
    };
    source.push(content, numbers);
    if found > content {
        source.push(found - content, RegionContent::Exact);
    }
    Ok(source)
}

/// The element of a type of numbers, and how many of them an item has.
fn number(simple: &SimpleType) -> Option<(Column, u64)> {
    let (kind, width, components) = match (simple.kind, simple.count) {
        ('f', width @ (2 | 4 | 8)) => (Kind::Float, width, 1),
        ('c', size @ (8 | 16)) => (Kind::Float, size / 2, 2),
        ('i', width @ (1 | 2 | 4 | 8)) => (Kind::Signed, width, 1),
        ('u', width @ (1 | 2 | 4 | 8)) => (Kind::Unsigned, width, 1),
        ('M' | 'm', 8) => (Kind::Signed, 8, 1),
        _ => return None,
    };
    let column = Column {
        width: width as u8,
        swap: simple.little_endian && width > 1,
        kind,
    };
    Some((column, components))
}

/// An array, or a table if its columns have names.
fn of_array(
    header: &NpyHeader,
    column: Column,
    components: u64,
    name: Option<&str>,
    names: &[String],
) -> Result<RegionContent, SourceError> {
    let mut shape = header.shape.clone();
    if !names.is_empty() {
        let &[rows, items] = shape.as_slice() else {
            return Err(SourceError::Names {
                columns: format!(
                    "an array of {} axes and not the two of a table",
                    shape.len()
                ),
                names: names.len(),
            });
        };
        return columns_of_one_type(rows, items, column, components, header.fortran, names);
    }
    if header.fortran {
        shape.reverse();
    }
    if components > 1 {
        shape.push(components);
    }
    Ok(RegionContent::Array(Array {
        column,
        shape,
        name: name.map(str::to_string),
    }))
}

/// A table of `items` columns of one type, each of one or two `components`.
pub(super) fn columns_of_one_type(
    rows: u64,
    items: u64,
    column: Column,
    components: u64,
    column_major: bool,
    names: &[String],
) -> Result<RegionContent, SourceError> {
    if items != names.len() as u64 {
        return Err(SourceError::Names {
            columns: format!("{items} columns"),
            names: names.len(),
        });
    }
    if names.len().saturating_mul(components as usize) > MAX_COLUMNS {
        return Err(SourceError::TooManyColumns);
    }
    let item = components * u64::from(column.width);
    // Of columns of complex numbers one after the other, both components lie in each item: they are rows of two columns.
    if column_major && components > 1 {
        return Err(SourceError::Names {
            columns: "columns of complex numbers one after the other, which have none".into(),
            names: names.len(),
        });
    }
    let mut columns = Vec::new();
    for (number, name) in (0u64..).zip(names) {
        for component in 0..components {
            let offset = number * item + component * u64::from(column.width);
            columns.push(NumberColumn {
                name: Some(component_name(name, component, components)),
                offset: u32::try_from(offset).map_err(|_| SourceError::TooManyColumns)?,
                column,
            });
        }
    }
    Ok(RegionContent::Table(Table {
        record: items * item,
        rows,
        column_major,
        columns,
    }))
}

/// The name of one component of a number.
fn component_name(name: &str, component: u64, components: u64) -> String {
    match (components, component) {
        (1, _) => name.to_string(),
        (_, 0) => format!("{name}.real"),
        _ => format!("{name}.imag"),
    }
}

/// The rows of a structured array.
fn of_fields(record: u64, content: u64, columns: Vec<NumberColumn>) -> RegionContent {
    if columns.is_empty() {
        return RegionContent::Exact;
    }
    RegionContent::Table(Table {
        record,
        // A row with a column has at least a byte.
        rows: content / record.max(1),
        column_major: false,
        columns,
    })
}

/// The columns of numbers of a structured type, and what else there is.
#[derive(Default)]
struct FieldColumns {
    found: Vec<NumberColumn>,
    unnumbered: Vec<String>,
}

impl FieldColumns {
    /// Adds what lies in fields from `offset` on; gives where they end.
    fn add_all(
        &mut self,
        prefix: &str,
        fields: &[NpyField],
        offset: u64,
    ) -> Result<u64, SourceError> {
        let mut at = offset;
        for field in fields {
            let item = field.element.size().ok_or(SourceError::NpyHeader)?;
            let size = field.size().ok_or(SourceError::NpyHeader)?;
            let name = match (prefix, field.name.as_str()) {
                ("", name) => name.to_string(),
                (prefix, name) => format!("{prefix}.{name}"),
            };
            let is_number = match &field.element {
                NpyType::Simple(simple) => number(simple).is_some(),
                NpyType::Fields(_) => true,
            };
            if !is_number {
                self.unnumbered
                    .extend(Some(name).filter(|name| !name.is_empty()));
            } else if field.shape.is_empty() {
                self.add(&name, &field.element, at)?;
            } else if size > 0 && item > 0 {
                if size / item > MAX_COLUMNS as u64 {
                    return Err(SourceError::TooManyColumns);
                }
                for number in 0..size / item {
                    let name = format!("{name}[{}]", indices(number, &field.shape));
                    self.add(&name, &field.element, at + number * item)?;
                }
            }
            at = at.checked_add(size).ok_or(SourceError::NpyHeader)?;
        }
        Ok(at)
    }

    /// Adds one item.
    fn add(&mut self, name: &str, element: &NpyType, offset: u64) -> Result<(), SourceError> {
        let simple = match element {
            NpyType::Fields(fields) => return self.add_all(name, fields, offset).map(|_| ()),
            NpyType::Simple(simple) => simple,
        };
        let Some((column, components)) = number(simple) else {
            return Ok(());
        };
        for component in 0..components {
            if self.found.len() >= MAX_COLUMNS {
                return Err(SourceError::TooManyColumns);
            }
            let at = offset + component * u64::from(column.width);
            self.found.push(NumberColumn {
                name: Some(component_name(name, component, components)),
                offset: u32::try_from(at).map_err(|_| SourceError::TooManyColumns)?,
                column,
            });
        }
        Ok(())
    }
}

/// The indices of an item of an array in C order, as `1,2`.
fn indices(number: u64, shape: &[u64]) -> String {
    let mut left = number;
    let mut all: Vec<String> = shape
        .iter()
        .rev()
        .map(|&axis| {
            let index = left % axis.max(1);
            left /= axis.max(1);
            index.to_string()
        })
        .collect();
    all.reverse();
    all.join(",")
}
