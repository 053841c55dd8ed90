//! The numbers in a file, described by a .npy header or by a sidecar: a .json file of the same name with `dtype`,
//! `rows`, `columns` (their names) or `cols` (their number), and `order`, `row` or `column`.

use crate::Failure;
use boa_constrictor::container::npy;
use serde_json::Value;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The elements of a file, column after column: a column each for tables, one for arrays.
pub struct Numbers {
    /// `f`, `i` or `u`, and the bytes of an element.
    pub kind: (char, usize),
    /// Little-endian elements.
    pub columns: Vec<Vec<u8>>,
}

/// Calls a function that is generic in the type of elements and in their bytes, with how an element is read and written after its own arguments.
macro_rules! of_type {
    ($kind:expr, $function:ident($($argument:expr),*)) => {
        of_type!(@ $kind, $function($($argument),*),
            ('f', 4) f32, ('f', 8) f64,
            ('i', 1) i8, ('i', 2) i16, ('i', 4) i32, ('i', 8) i64,
            ('u', 1) u8, ('u', 2) u16, ('u', 4) u32, ('u', 8) u64)
    };
    (@ $kind:expr, $function:ident $arguments:tt, $($known:tt $number:ident),*) => {
        match $kind {
            $($known => of_type!(@call $function $arguments $number),)*
            (kind, width) => Err(format!("no type of numbers is {kind}{width}").into()),
        }
    };
    (@call $function:ident($($argument:expr),*) $number:ident) => {
        $function($($argument,)* $number::from_le_bytes, $number::to_le_bytes)
    };
}
pub(crate) use of_type;

/// What is known of a file's numbers; `None` if nothing is.
pub fn find(path: &Path, content: &[u8]) -> Result<Option<Numbers>, Failure> {
    if let Some(array) = npy::parse(content) {
        return Ok(of_array(&content[..array.header], &content[array.header..]));
    }
    match fs::read(path.with_extension("json")) {
        Ok(text) => of_table(&serde_json::from_slice(&text)?, content),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// A NumPy array as it is stored; none of structures and complex numbers.
fn of_array(header: &[u8], elements: &[u8]) -> Option<Numbers> {
    let text = String::from_utf8_lossy(header);
    let (_, after) = text.split_once("'descr':")?;
    let dtype = after.trim_start().strip_prefix('\'')?.split('\'').next()?;
    let (kind, little) = kind(dtype)?;
    Some(Numbers {
        kind,
        columns: vec![in_order(elements.to_vec(), kind.1, little)],
    })
}

fn of_table(sidecar: &Value, content: &[u8]) -> Result<Option<Numbers>, Failure> {
    let Some(dtype) = sidecar["dtype"].as_str() else {
        return Ok(None);
    };
    let (kind, little) = kind(dtype).ok_or_else(|| format!("dtype {dtype} of the sidecar"))?;
    let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
    let rows = number(&sidecar["rows"]).ok_or("no rows in the sidecar")?;
    let names = sidecar["columns"].as_array().map(Vec::len);
    let count = names.or_else(|| number(&sidecar["cols"]));
    let count = count.ok_or("no columns in the sidecar")?;
    let width = kind.1;
    let all = { rows.checked_mul(count) }.and_then(|n| n.checked_mul(width));
    if all != Some(content.len()) || content.is_empty() {
        let what = format!("the sidecar's {rows} rows of {count} columns are not the file");
        return Err(what.into());
    }
    let columns: Vec<Vec<u8>> = match sidecar["order"].as_str() {
        Some("column") => content.chunks(rows * width).map(<[u8]>::to_vec).collect(),
        Some("row") => (0..count)
            .map(|k| column(content, count * width, k * width, width))
            .collect(),
        _ => return Err("no order of row or column in the sidecar".into()),
    };
    let in_order = |column| in_order(column, width, little);
    Ok(Some(Numbers {
        kind,
        columns: columns.into_iter().map(in_order).collect(),
    }))
}

fn column(content: &[u8], record: usize, offset: usize, width: usize) -> Vec<u8> {
    let rows = content.chunks_exact(record);
    rows.flat_map(|row| &row[offset..offset + width])
        .copied()
        .collect()
}

/// The kind of a type as NumPy writes it, and whether it is little-endian.
fn kind(dtype: &str) -> Option<((char, usize), bool)> {
    let mut characters = dtype.chars();
    let order = characters.next()?;
    let kind = characters.next()?;
    let width = characters.as_str().parse().ok()?;
    let known = matches!(order, '<' | '>' | '|')
        && match kind {
            'f' => matches!(width, 4 | 8),
            'i' | 'u' => matches!(width, 1 | 2 | 4 | 8),
            _ => false,
        };
    known.then_some(((kind, width), order != '>'))
}

fn in_order(mut elements: Vec<u8>, width: usize, little: bool) -> Vec<u8> {
    if !little {
        elements.chunks_mut(width).for_each(<[u8]>::reverse);
    }
    elements
}
