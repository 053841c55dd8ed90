//! The types of `--dtype`.

use boa_constrictor::layout::{Column, Kind};
use boa_constrictor::lossy::source::{MAX_COLUMNS, RawField};

/// The types of a row's columns, separated by commas: `f4`, `f4*3,i2,V6`. `V6` are six bytes that are no numbers, and a type may be repeated
/// with `*`.
pub fn parse(text: &str) -> Result<Vec<RawField>, String> {
    let mut fields = Vec::new();
    for item in text.split(',').map(str::trim) {
        let (name, count) = match item.split_once('*') {
            None => (item, 1),
            Some((name, count)) => {
                let count = count
                    .parse()
                    .ok()
                    .filter(|count| (1..=MAX_COLUMNS).contains(count));
                let wrong = || format!("--dtype {item}: a row has from 1 to {MAX_COLUMNS} columns");
                (name, count.ok_or_else(wrong)?)
            }
        };
        let field = match name.strip_prefix('V').map(str::parse) {
            Some(Ok(bytes @ 1..)) => RawField::Bytes(bytes),
            _ => RawField::Number(number(name)?),
        };
        fields.resize(fields.len() + count, field);
        if fields.len() > MAX_COLUMNS {
            return Err(format!("--dtype: a row has at most {MAX_COLUMNS} columns"));
        }
    }
    Ok(fields)
}

/// A type as numpy writes it (`f4`, `<f4`, `>i2`, `float32`) or by its bits (`f32`). A lone digit counts bytes, as in numpy: `i8` has 64 bits.
fn number(name: &str) -> Result<Column, String> {
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
    let kind = match plain.as_bytes() {
        [b'f', ..] if width == 1 => return Err(unknown()),
        [b'f', ..] => Kind::Float,
        [b'u', ..] => Kind::Unsigned,
        _ => Kind::Signed,
    };
    Ok(Column {
        width,
        swap: !big && width > 1,
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_types() {
        let of = |name: &str| number(name).map(|column| (column.width, column.swap, column.kind));
        for name in ["f4", "<f4", "=f4", "f32", "float32"] {
            assert_eq!(of(name), Ok((4, true, Kind::Float)), "{name}");
        }
        for (name, expected) in [
            ("i4", (4, true, Kind::Signed)),
            ("uint32", (4, true, Kind::Unsigned)),
            ("u32", (4, true, Kind::Unsigned)),
            (">i2", (2, false, Kind::Signed)),
            ("i8", (8, true, Kind::Signed)),
            ("int8", (1, false, Kind::Signed)),
            ("|u1", (1, false, Kind::Unsigned)),
            ("f2", (2, true, Kind::Float)),
        ] {
            assert_eq!(of(name), Ok(expected), "{name}");
        }
        for name in [
            "", "<", "f", "f1", "f3", "float8", "x4", "4", "\u{fc}4", "f4 ",
        ] {
            assert!(of(name).is_err(), "{name}");
        }
    }

    #[test]
    fn lists_of_types() {
        let widths = |text: &str| {
            let fields = parse(text)?;
            Ok::<_, String>(fields.iter().map(RawField::width).collect::<Vec<_>>())
        };
        assert_eq!(widths("f4*3, i2,V6,u1"), Ok(vec![4, 4, 4, 2, 6, 1]));
        assert_eq!(parse("V6"), Ok(vec![RawField::Bytes(6)]));
        for wrong in [
            "",
            "f4,",
            "f4*0",
            "f4*",
            "f4*-1",
            "f4*65537",
            "V0",
            "V",
            "V-1",
            "f4*65536,f4",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
