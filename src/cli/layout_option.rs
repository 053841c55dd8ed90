//! `--dtype`, `--shape` and `--record` as a layout.

use super::args::LayoutArgs;
use super::exit::{Failure, USAGE};
use boa_constrictor::Layout;
use boa_constrictor::layout::SpecifiedLayout;

/// The layout that the options specify.
pub fn layout(args: &LayoutArgs) -> Result<SpecifiedLayout, Failure> {
    parse(args).map_err(|line| Failure::Message { line, code: USAGE })
}

fn parse(args: &LayoutArgs) -> Result<SpecifiedLayout, String> {
    let (width, swap) = match (args.dtype.as_deref(), args.record) {
        (Some(name), _) => dtype(name)?,
        (None, Some(_)) => (1, false),
        (None, None) => return Ok(SpecifiedLayout::Nothing),
    };
    let (record, plane) = match args.record {
        Some(record) => (u64::from(record), 0),
        None => steps(&args.shape, u64::from(width))?,
    };
    let limit = Layout::MAX_LAG;
    let record = u32::try_from(record).ok().filter(|&record| record <= limit);
    let record = record.ok_or_else(|| format!("a record has at most {limit} bytes"))?;
    if args.record == Some(0) {
        return Err("--record: a record has at least one byte".into());
    }
    if !record.is_multiple_of(u32::from(width)) {
        return Err(format!(
            "--record {record} is no multiple of the {width} bytes of --dtype"
        ));
    }
    if args.dtype.is_none() {
        return Ok(SpecifiedLayout::Record(record));
    }
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

/// Width and "is little-endian" of a type as numpy writes it (`f4`, `<f4`, `>i2`, `float32`) or by its bits (`f32`).
/// A lone digit counts bytes, as in numpy: `i8` has 64 bits.
fn dtype(name: &str) -> Result<(u8, bool), String> {
    let unknown = || {
        format!("--dtype {name}: not a type; types are like f4, f8, i2, u1, '>i2', f32 or float32")
    };
    let (big, plain) = match name.split_at_checked(1) {
        Some((">", rest)) => (true, rest),
        Some(("<" | "=" | "|", rest)) => (false, rest),
        _ => (false, name),
    };
    let long = ["float", "uint", "int"]
        .iter()
        .find_map(|kind| plain.strip_prefix(kind));
    let width = match (long, plain.strip_prefix(['f', 'i', 'u'])) {
        (Some("8"), _) => 1,
        (Some("16"), _) | (None, Some("2" | "16")) => 2,
        (Some("32"), _) | (None, Some("4" | "32")) => 4,
        (Some("64"), _) | (None, Some("8" | "64")) => 8,
        (None, Some("1")) => 1,
        _ => return Err(unknown()),
    };
    if width == 1 && plain.starts_with('f') {
        return Err(unknown());
    }
    Ok((width, !big && width > 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(dtype: &str, shape: &[u64], record: Option<u32>) -> Result<SpecifiedLayout, String> {
        let dtype = (!dtype.is_empty()).then(|| dtype.to_string());
        parse(&LayoutArgs {
            dtype,
            shape: shape.to_vec(),
            record,
        })
    }

    #[test]
    fn spellings_of_types() {
        for name in ["f4", "<f4", "=f4", "f32", "float32", "i4", "uint32", "u32"] {
            assert_eq!(dtype(name), Ok((4, true)), "{name}");
        }
        for (name, expected) in [
            (">i2", (2, false)),
            ("i8", (8, true)),
            ("int8", (1, false)),
            ("|u1", (1, false)),
        ] {
            assert_eq!(dtype(name), Ok(expected), "{name}");
        }
        for name in ["", "<", "f", "f1", "f3", "float8", "x4", "4", "ü4", "f4 "] {
            assert!(dtype(name).is_err(), "{name}");
        }
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
}
