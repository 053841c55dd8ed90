//! A frame's numbers, as a table or as an array: from bytes to the coded stream and back.

use super::coded::{CodedNumbers, Form};
use super::plan::FrameContent;
use super::{field, table};
use crate::coder::{BadWords, Integers, LaneDecoder};

/// Codes a frame's content; none if its numbers had better stay exact.
pub fn encode(frame: &FrameContent, content: &[u8]) -> Option<CodedNumbers> {
    match frame {
        FrameContent::Exact => None,
        FrameContent::Table { shape, tasks, .. } => Some(table::encode(shape, tasks, content)),
        FrameContent::Array { shape, task, .. } => field::encode(shape, task, content),
    }
}

/// The content of `len` bytes that was coded in `words`; `exact` are its other bytes.
///
/// # Errors
/// [`BadWords`] for words that were not written by an encoder, or other bytes that are too few or too many.
pub fn decode(words: &[u32], len: usize, exact: &[u8]) -> Result<Vec<u8>, BadWords> {
    let mut decoder = LaneDecoder::new(words)?;
    match Form::Table.code(&mut Integers::new(&mut decoder))? {
        Form::Table => table::decode(words, len, exact),
        Form::Array if exact.is_empty() => field::decode(words, len),
        Form::Array => Err(BadWords),
    }
}
