//! The column coder of the quick level: a frame's bytes as a matrix, coded one byte column after the other.
//!
//! Each byte is two half bytes, each half byte a symbol of an adaptive table of 16 [frequencies](crate::kernel::Frequencies). Which table
//! depends on at most two bytes that are known, of which the column's header says where they stand: in columns before, or in rows before. A
//! column that is one byte over and over, or that nothing predicts, is not coded at all. Rows are divided into [`LANES`] lanes, each with
//! its own rANS coder and all with the same tables, so that a processor works at several symbols at once.

mod choose;
mod coder;
mod column;
mod context;
mod geometry;
mod payload;
pub(super) mod reader;
#[cfg(test)]
mod tests;

pub use payload::{decode, encode};
pub use reader::Damaged;

/// rANS coders that take turns.
const LANES: usize = 4;

/// The most bytes of a row: longer records are seen as rows of elements.
pub const MAX_COLUMNS: usize = 4096;
