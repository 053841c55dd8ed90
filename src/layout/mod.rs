//! Where the numbers are: element width, byte order, record length, and what follows from them.

mod taps;

pub use taps::{NO_TAP, TAPS};

/// The structure of one frame's content.
///
/// All lengths are in bytes. `(i + phase) % record` is the place of the frame's byte `i` in its record,
/// `(i + phase) % width` its place in its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Bytes of one element: 1, 2, 4 or 8.
    pub width: u8,
    /// The input's elements are little-endian; a frame stores them most-significant byte first.
    pub swap: bool,
    /// Bytes from one record (a table's row, a grid's row) to the next; 0: none. A multiple of `width`.
    pub record: u32,
    /// Bytes from one plane of a grid to the next; 0: none. A multiple of `record`.
    pub plane: u32,
    /// Where in its record (or element, if there is no record) the frame's first byte lies.
    pub phase: u32,
}

impl Layout {
    /// Plain bytes: text, or nothing found.
    pub const BYTES: Layout = Layout { width: 1, swap: false, record: 0, plane: 0, phase: 0 };
    /// The longest record or plane.
    pub const MAX_LAG: u32 = 1 << 26;
}
