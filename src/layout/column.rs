//! What a column's elements are: their width, byte order and kind.

/// How the bits of a column's elements are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An integer from 0 on; also where no value is negative.
    Unsigned,
    /// An integer in two's complement.
    Signed,
    /// A binary IEEE 754 number; with 4 and 8 bytes, and in `lossy` also with 2.
    Float,
}

/// One column of a record: consecutive bytes that are one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Bytes: 1, 2, 4 or 8.
    pub width: u8,
    /// The number is little-endian; false where it is a single byte.
    pub swap: bool,
    /// How its bits are read.
    pub kind: Kind,
}

/// The number of `width` bytes at `at`, which must be there.
pub(crate) fn value(bytes: &[u8], at: usize, width: usize, swap: bool) -> u64 {
    let bytes = &bytes[at..at + width];
    let join = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
    if swap {
        bytes.iter().rev().fold(0, join)
    } else {
        bytes.iter().fold(0, join)
    }
}
