//! Numbers as bytes, and where they are said to be. All are little-endian.

use boa_constrictor::layout::{Column, Kind};
use boa_constrictor::lossy::source::{RawField, Source, SpecifiedNumbers, find};

pub const F2: Column = column(Kind::Float, 2);
pub const F4: Column = column(Kind::Float, 4);
pub const F8: Column = column(Kind::Float, 8);
pub const I2: Column = column(Kind::Signed, 2);

pub const fn column(kind: Kind, width: u8) -> Column {
    Column {
        width,
        swap: true,
        kind,
    }
}

/// Rows of these fields.
pub fn table(bytes: &[u8], fields: &[RawField], column_major: bool) -> Source {
    let specified = SpecifiedNumbers::Table {
        fields: fields.to_vec(),
        column_major,
    };
    find(bytes, bytes.len() as u64, Some(&specified), &[]).unwrap()
}

/// An array of one type.
pub fn array(bytes: &[u8], column: Column, shape: &[u64]) -> Source {
    let specified = SpecifiedNumbers::Array {
        column,
        shape: shape.to_vec(),
    };
    find(bytes, bytes.len() as u64, Some(&specified), &[]).unwrap()
}

/// Floats of 4 or 8 bytes.
pub fn bytes_of(values: &[f64], width: u8) -> Vec<u8> {
    match width {
        4 => values
            .iter()
            .flat_map(|&x| (x as f32).to_le_bytes())
            .collect(),
        _ => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}
