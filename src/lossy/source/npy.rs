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

/// Whether a type is one of numbers.
pub(super) fn is_number(element: &NpyType) -> bool {
    matches!(element, NpyType::Simple(simple) if number(simple).is_some())
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
    // Each of these columns would itself be rows of two numbers.
    if column_major && components > 1 {
        return Err(SourceError::Names {
            columns: "columns of complex numbers, one after the other".into(),
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

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;
    use crate::lossy::source::Region;

    /// A .npy file with so many bytes of content.
    fn file(descr: &str, fortran: bool, shape: &str, content: usize) -> Vec<u8> {
        let fortran = if fortran { "True" } else { "False" };
        let header =
            format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + content, 0);
        bytes
    }

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_string).collect()
    }

    /// What lies behind the header.
    fn content(bytes: &[u8], names: &[String]) -> Vec<Region> {
        let source = find(bytes, bytes.len() as u64, None, names).unwrap();
        assert_eq!(source.len(), bytes.len() as u64);
        assert_eq!(source.regions[0].content, RegionContent::Exact);
        source.regions[1..].to_vec()
    }

    fn array(descr: &str, fortran: bool, shape: &str, bytes: usize) -> (Column, Vec<u64>) {
        match content(&file(descr, fortran, shape, bytes), &[]).as_slice() {
            [
                Region {
                    len,
                    content: RegionContent::Array(array),
                    ..
                },
            ] => {
                assert_eq!(*len, bytes as u64);
                (array.column, array.shape.clone())
            }
            other => panic!("{other:?}"),
        }
    }

    fn refused(bytes: &[u8], names: &[String]) -> SourceError {
        find(bytes, bytes.len() as u64, None, names).unwrap_err()
    }

    #[test]
    fn arrays_of_all_orders_and_types() {
        let float = |width, swap| Column {
            width,
            swap,
            kind: Kind::Float,
        };
        assert_eq!(
            array("'<f4'", false, "(2, 3, 5)", 120),
            (float(4, true), vec![2, 3, 5])
        );
        assert_eq!(
            array("'>f8'", true, "(2, 3)", 48),
            (float(8, false), vec![3, 2])
        );
        assert_eq!(array("'<f2'", false, "()", 2), (float(2, true), vec![]));
        assert_eq!(
            array("'<c8'", true, "(4, 3)", 96),
            (float(4, true), vec![3, 4, 2])
        );
        assert_eq!(
            array("'<f4'", false, "(0, 7)", 0),
            (float(4, true), vec![0, 7])
        );
        let (byte, _) = array("'|u1'", false, "(3,)", 3);
        assert_eq!(
            (byte.kind, byte.width, byte.swap),
            (Kind::Unsigned, 1, false)
        );
        assert_eq!(array("'<M8[ns]'", false, "(1,)", 8).0.kind, Kind::Signed);
    }

    #[test]
    fn what_holds_no_numbers_or_not_all() {
        for descr in ["'<U5'", "'|b1'", "'<f16'", "'|V4'", "[('a', '|S3')]"] {
            let size = 20 * 16;
            assert_eq!(
                refused(&file(descr, false, "(1,)", size), &[]),
                SourceError::NoNumbers,
                "{descr}"
            );
        }
        assert_eq!(
            refused(&file("'|O'", false, "(1,)", 9), &[]),
            SourceError::NpyHeader
        );
        let short = refused(&file("'<f4'", false, "(3,)", 11), &[]);
        assert_eq!(
            short,
            SourceError::Truncated {
                announced: 12,
                found: 11
            }
        );
        assert_eq!(refused(b"\x93NUMP", &[]), SourceError::NotNumbers);
        assert_eq!(
            refused(&file("'<f4'", false, "(3,)", 12)[..20], &[]),
            SourceError::NpyHeader
        );
        let regions = content(&file("'<f4'", false, "(3,)", 17), &[]);
        assert_eq!((regions.len(), regions[1].len), (2, 5));
    }

    #[test]
    fn structured_types_are_tables() {
        let descr = "[('id', '<i8'), ('flag', '|b1'), ('pos', '<f4', (2, 2)), ('in', [('a', '>f8'), ('s', '|S3')], (2,)), \
                     ('', '|V2'), ('z', '<c8')]";
        let record = 8 + 1 + 16 + 22 + 2 + 8;
        let bytes = file(descr, false, "(3, 2)", 6 * record);
        let source = find(&bytes, bytes.len() as u64, None, &[]).unwrap();
        assert_eq!(source.unnumbered, ["flag", "in[0].s", "in[1].s"]);
        let RegionContent::Table(table) = &source.regions[1].content else {
            panic!("no table");
        };
        assert_eq!(
            (table.record, table.rows, table.column_major),
            (record as u64, 6, false)
        );
        let columns: Vec<_> = { table.columns.iter() }
            .map(|column| {
                (
                    column.name.as_deref().unwrap(),
                    column.offset,
                    column.column.width,
                )
            })
            .collect();
        let expected = [
            ("id", 0, 8),
            ("pos[0,0]", 9, 4),
            ("pos[0,1]", 13, 4),
            ("pos[1,0]", 17, 4),
            ("pos[1,1]", 21, 4),
            ("in[0].a", 25, 8),
            ("in[1].a", 36, 8),
            ("z.real", 49, 4),
            ("z.imag", 53, 4),
        ];
        assert_eq!(columns, expected);
        let gaps = [8..9, 33..36, 44..49];
        assert_eq!(table.gaps(), gaps);
        assert!(matches!(
            refused(&bytes, &names("a b")),
            SourceError::Names { names: 2, .. }
        ));
    }

    #[test]
    fn names_make_tables_of_arrays() {
        for (fortran, position) in [(false, 12 + 4), (true, 5 * 4 + 4)] {
            let bytes = file("'<f4'", fortran, "(5, 3)", 60);
            let regions = content(&bytes, &names("pt eta phi"));
            let RegionContent::Table(table) = &regions[0].content else {
                panic!("no table");
            };
            assert_eq!(
                (table.rows, table.record, table.column_major),
                (5, 12, fortran)
            );
            assert_eq!(table.columns[1].name.as_deref(), Some("eta"));
            assert_eq!(table.position(&table.columns[1], 1), position);
        }
        let table = file("'<f4'", false, "(5, 3)", 60);
        assert!(matches!(
            refused(&table, &names("a b")),
            SourceError::Names { names: 2, .. }
        ));
        assert_eq!(
            refused(&table, &names("a b a")),
            SourceError::NameTwice { name: "a".into() }
        );
        let line = file("'<f4'", false, "(5,)", 20);
        assert!(matches!(
            refused(&line, &names("a")),
            SourceError::Names { .. }
        ));
        let complex = content(&file("'<c16'", false, "(2, 2)", 64), &names("a b"));
        let RegionContent::Table(table) = &complex[0].content else {
            panic!("no table");
        };
        assert_eq!(
            (table.record, table.columns.len(), table.columns[3].offset),
            (32, 4, 24)
        );
    }

    #[test]
    fn too_many_columns() {
        let bytes = file("[('a', '<f4', (65537,))]", false, "(1,)", 4 * 65537);
        assert_eq!(refused(&bytes, &[]), SourceError::TooManyColumns);
        let bytes = file(
            "[('a', '|S1', (65537,)), ('b', '<f4')]",
            false,
            "(1,)",
            65541,
        );
        assert_eq!(content(&bytes, &[]).len(), 1);
        let huge = file("[('a', '<f4', (4294967296, 4294967296))]", false, "(0,)", 0);
        assert_eq!(refused(&huge, &[]), SourceError::NpyHeader);
    }
}
