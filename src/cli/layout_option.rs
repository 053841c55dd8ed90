//! `--dtype`, `--shape` and `--record` as a layout.

use super::args::LayoutArgs;
use super::dtype;
use super::exit::{Failure, USAGE};
use boa_constrictor::Layout;
use boa_constrictor::layout::{Column, SpecifiedLayout};
use boa_constrictor::lossy::source::{RawField, SpecifiedNumbers};

/// The layout that the options specify.
pub fn layout(args: &LayoutArgs) -> Result<SpecifiedLayout, Failure> {
    parse(args).map_err(usage)
}

/// The numbers that the options specify, for which all of the input must be known; with names of columns there are as many of these.
pub fn numbers(
    args: &LayoutArgs,
    names: usize,
    column_major: bool,
) -> Result<Option<SpecifiedNumbers>, Failure> {
    parse_numbers(args, names, column_major).map_err(usage)
}

fn usage(line: String) -> Failure {
    Failure::Message { line, code: USAGE }
}

/// What `--dtype` says.
enum Dtype {
    /// The type of all numbers.
    One(Column),
    /// What a row consists of.
    Row(Vec<RawField>),
}

fn dtype(args: &LayoutArgs) -> Result<Option<Dtype>, String> {
    let Some(text) = &args.dtype else {
        return Ok(None);
    };
    let fields = dtype::parse(text)?;
    if let [RawField::Number(column)] = fields.as_slice()
        && !text.contains(['*', ','])
    {
        return Ok(Some(Dtype::One(*column)));
    }
    if !args.shape.is_empty() {
        return Err(format!("--shape needs a single type, not --dtype {text}"));
    }
    let row: u64 = fields.iter().map(|field| u64::from(field.width())).sum();
    if let Some(record) = args.record.filter(|&record| u64::from(record) != row) {
        return Err(format!(
            "--record {record} is not the {row} bytes of --dtype {text}"
        ));
    }
    Ok(Some(Dtype::Row(fields)))
}

fn parse(args: &LayoutArgs) -> Result<SpecifiedLayout, String> {
    let dtype = dtype(args)?;
    if args.record == Some(0) {
        return Err("--record: a record has at least one byte".into());
    }
    let column = match &dtype {
        Some(Dtype::One(column)) => Some(*column),
        Some(Dtype::Row(fields)) => same_type(fields),
        None => None,
    };
    let (record, plane) = match (args.record, &dtype) {
        (Some(record), _) => (u64::from(record), 0),
        (None, None) => return Ok(SpecifiedLayout::Nothing),
        (None, Some(Dtype::One(column))) => steps(&args.shape, column.width.into())?,
        (None, Some(Dtype::Row(fields))) => {
            (fields.iter().map(|field| u64::from(field.width())).sum(), 0)
        }
    };
    let limit = Layout::MAX_LAG;
    let record = u32::try_from(record).ok().filter(|&record| record <= limit);
    let record = record.ok_or_else(|| format!("a record has at most {limit} bytes"))?;
    let Some(Column { width, swap, .. }) = column else {
        return Ok(SpecifiedLayout::Record(record));
    };
    whole_elements(record, width)?;
    // A plane this long lies outside the frame, or nearly: nothing is lost without it.
    let plane = u32::try_from(plane)
        .ok()
        .filter(|&plane| plane <= limit)
        .unwrap_or(0);
    Ok(SpecifiedLayout::Layout(Layout {
        width,
        swap,
        record,
        plane,
        phase: 0,
    }))
}

fn whole_elements(record: u32, width: u8) -> Result<(), String> {
    if record.is_multiple_of(u32::from(width)) {
        return Ok(());
    }
    Err(format!(
        "--record {record} is no multiple of the {width} bytes of --dtype"
    ))
}

/// The type of all fields, if they are numbers of one type.
fn same_type(fields: &[RawField]) -> Option<Column> {
    let number = |field: &RawField| match *field {
        RawField::Number(column) => Some(column),
        RawField::Bytes(_) => None,
    };
    let first = number(fields.first()?)?;
    let mut all = fields.iter();
    all.all(|field| number(field) == Some(first))
        .then_some(first)
}

fn parse_numbers(
    args: &LayoutArgs,
    names: usize,
    column_major: bool,
) -> Result<Option<SpecifiedNumbers>, String> {
    let table = |fields| {
        Ok(Some(SpecifiedNumbers::Table {
            fields,
            column_major,
        }))
    };
    let column = match (dtype(args)?, args.record) {
        (None, None) => return Ok(None),
        (None, Some(record)) => {
            return Err(format!(
                "--record {record} needs a --dtype where a bound is to be kept, as in --dtype f4"
            ));
        }
        (Some(Dtype::Row(fields)), _) => return table(fields),
        (Some(Dtype::One(column)), Some(record)) => {
            whole_elements(record, column.width)?;
            let count = record / u32::from(column.width);
            return table(vec![RawField::Number(column); count as usize]);
        }
        (Some(Dtype::One(column)), None) => column,
    };
    steps(&args.shape, column.width.into())?;
    let mut shape = args.shape.clone();
    match (column_major, shape.as_slice()) {
        (true, [] | [_]) if names == 0 => {
            Err("--column-major needs --record, --shape or --names".into())
        }
        (true, []) => table(vec![RawField::Number(column); names]),
        (true, &[_, columns]) if names > 0 => {
            if columns != names as u64 {
                return Err(format!(
                    "--shape has {columns} columns, but there are {names} names"
                ));
            }
            table(vec![RawField::Number(column); names])
        }
        (column_major, _) => {
            if column_major {
                shape.reverse();
            }
            Ok(Some(SpecifiedNumbers::Array { column, shape }))
        }
    }
}

/// Bytes from row to row and from plane to plane of an array in C order.
fn steps(shape: &[u64], width: u64) -> Result<(u64, u64), String> {
    if shape.contains(&0) {
        return Err("--shape: a dimension is 0".into());
    }
    let large = || "--shape: the array is too large".to_string();
    match shape {
        [] | [_] => Ok((0, 0)),
        [_, columns] => Ok((columns.checked_mul(width).ok_or_else(large)?, 0)),
        [.., rows, columns] => {
            let record = columns.checked_mul(width).ok_or_else(large)?;
            Ok((record, record.checked_mul(*rows).ok_or_else(large)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boa_constrictor::layout::Kind;

    fn args(dtype: &str, shape: &[u64], record: Option<u32>) -> LayoutArgs {
        LayoutArgs {
            dtype: (!dtype.is_empty()).then(|| dtype.to_string()),
            shape: shape.to_vec(),
            record,
        }
    }

    fn parsed(dtype: &str, shape: &[u64], record: Option<u32>) -> Result<SpecifiedLayout, String> {
        parse(&args(dtype, shape, record))
    }

    #[test]
    fn shapes_give_rows_and_planes() {
        let layout = |record, plane| Layout {
            width: 4,
            swap: true,
            record,
            plane,
            phase: 0,
        };
        assert_eq!(
            parsed("f4", &[], None),
            Ok(SpecifiedLayout::Layout(layout(0, 0)))
        );
        assert_eq!(
            parsed("f4", &[7], None),
            Ok(SpecifiedLayout::Layout(layout(0, 0)))
        );
        assert_eq!(
            parsed("f4", &[7, 5], None),
            Ok(SpecifiedLayout::Layout(layout(20, 0)))
        );
        assert_eq!(
            parsed("f4", &[60, 50, 40], None),
            Ok(SpecifiedLayout::Layout(layout(160, 8000)))
        );
        assert_eq!(
            parsed("f4", &[2, 60, 50, 40], None),
            Ok(SpecifiedLayout::Layout(layout(160, 8000)))
        );
        assert_eq!(parsed("", &[], None), Ok(SpecifiedLayout::Nothing));
        assert_eq!(parsed("", &[], Some(104)), Ok(SpecifiedLayout::Record(104)));
        assert!(parsed("f4", &[], Some(6)).is_err());
        assert!(parsed("f4", &[3, 0], None).is_err());
        assert!(parsed("f4", &[3, u64::MAX], None).is_err());
        assert!(parsed("f4", &[3, 1 << 40], None).is_err());
        assert!(parsed("", &[], Some(0)).is_err());
    }

    #[test]
    fn rows_of_several_types() {
        let layout = Layout {
            width: 4,
            swap: true,
            record: 20,
            plane: 0,
            phase: 0,
        };
        assert_eq!(
            parsed("f4*5", &[], None),
            Ok(SpecifiedLayout::Layout(layout))
        );
        assert_eq!(
            parsed("f4,f4*4", &[], Some(20)),
            Ok(SpecifiedLayout::Layout(layout))
        );
        assert_eq!(
            parsed("f4*2,i2,V1", &[], None),
            Ok(SpecifiedLayout::Record(11))
        );
        assert_eq!(
            parsed("f4*2,i4", &[], Some(12)),
            Ok(SpecifiedLayout::Record(12))
        );
        assert!(parsed("f4,i2", &[], Some(8)).is_err());
        assert!(parsed("f4,f4", &[4, 2], None).is_err());
    }

    #[test]
    fn numbers_are_specified_wholly() {
        let column = Column {
            width: 4,
            swap: true,
            kind: Kind::Float,
        };
        let table = |fields: Vec<RawField>, column_major| {
            Ok(Some(SpecifiedNumbers::Table {
                fields,
                column_major,
            }))
        };
        let array = |shape: &[u64]| {
            Ok(Some(SpecifiedNumbers::Array {
                column,
                shape: shape.to_vec(),
            }))
        };
        let number = RawField::Number(column);
        let of = |dtype, shape: &[u64], record, names, column_major| {
            parse_numbers(&args(dtype, shape, record), names, column_major)
        };
        assert_eq!(of("", &[], None, 0, false), Ok(None));
        assert!(of("", &[], Some(8), 0, false).is_err());
        assert_eq!(
            of("f4", &[], Some(8), 0, true),
            table(vec![number; 2], true)
        );
        assert!(of("f4", &[], Some(6), 0, true).is_err());
        let mixed = vec![number, RawField::Bytes(3), number];
        assert_eq!(of("f4,V3,f4", &[], Some(11), 0, false), table(mixed, false));
        assert_eq!(of("f4", &[], None, 0, false), array(&[]));
        assert_eq!(of("f4", &[2, 3], None, 0, false), array(&[2, 3]));
        assert_eq!(of("f4", &[2, 3], None, 0, true), array(&[3, 2]));
        assert_eq!(
            of("f4", &[2, 3], None, 3, true),
            table(vec![number; 3], true)
        );
        assert!(of("f4", &[3, 5], None, 3, true).is_err());
        assert_eq!(of("f4", &[], None, 3, true), table(vec![number; 3], true));
        assert!(of("f4", &[], None, 0, true).is_err());
    }
}
