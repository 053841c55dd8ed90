//! The coder of text and plain bytes of the quick level: matches and literals.
//!
//! A frame is divided into blocks of [`BLOCK`] bytes. A block is a row of sequences, each some literals and then a match: bytes that stood
//! before, anywhere in the frame. Everything is symbols of 16, coded with adaptive [frequencies](crate::kernel::Frequencies): a literal is
//! two half bytes, whose frequencies are mixed of those in contexts of one, two and three bytes before. Three rANS coders take turns, one
//! for upper halves, one for lower ones, one for matches.

mod code;
mod finder;
mod frame;
mod literals;
mod parse;
mod prices;
mod sequences;
#[cfg(test)]
mod tests;

pub use frame::{decode, encode};

/// Content bytes of a block.
const BLOCK: usize = 1 << 17;

/// Offsets of matches that were met last, and can come again in short form.
const RECENT: usize = 3;

/// The fewest bytes of a match at a recent offset, and at another.
const MIN_RECENT: usize = 3;
const MIN_MATCH: usize = 5;

/// Some literals, and the match after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sequence {
    literals: u32,
    /// Bytes of the match.
    len: u32,
    /// How far back it is, at least 1.
    offset: u32,
}
