//! A frame's numbers, as a table or as an array: from bytes to the coded stream and back.

use super::cells::TableShape;
use super::coded::{CodedNumbers, Form};
use super::field::{self, ArrayShape, Prepared};
use super::latents;
use super::plan::FrameContent;
use super::table::{self, ColumnTask};
use crate::coder::{BadWords, Integers, LaneDecoder};
use crate::model::autoencoder::AutoencoderKind;

/// The last axis may be a table's columns up to this length.
const MAX_COLUMNS: usize = 64;
/// An array that is coded as a table instead is smaller by this factor on a sample, where a field has learned less.
const SMALLER: f64 = 0.95;

/// Codes a frame's content, perhaps with an autoencoder, or as the latents of one with a bottleneck; none if its numbers had better stay exact.
pub fn encode(
    frame: &FrameContent,
    content: &[u8],
    autoencoder: Option<&AutoencoderKind>,
) -> Option<CodedNumbers> {
    let masked = match (frame, autoencoder) {
        (FrameContent::Table { shape, .. }, Some(AutoencoderKind::Bottleneck(bottleneck))) => {
            return latents::knows(bottleneck, shape)
                .then(|| latents::encode(shape, content, bottleneck));
        }
        (_, Some(AutoencoderKind::Masked(masked))) => Some(masked),
        _ => None,
    };
    match frame {
        FrameContent::Exact => None,
        FrameContent::Table { shape, tasks, .. } => {
            Some(table::encode(shape, tasks, content, masked))
        }
        FrameContent::Array { shape, task, .. } => encode_array(shape, task, content),
    }
}

/// Codes an array as a field, or as a table if a sample is smaller as one.
fn encode_array(shape: &ArrayShape, task: &ColumnTask, content: &[u8]) -> Option<CodedNumbers> {
    let width = usize::from(shape.column.width);
    let sample = shape.sample();
    let sample = &content[sample.start * width..sample.end * width];
    let field = Prepared::new(shape, task, content);
    let field_size = match &field {
        Some(field) => field.sample_bits() / 8.0,
        None => sample.len() as f64,
    };
    let mut forms = vec![1];
    let last = shape.lengths.last().copied().unwrap_or(1);
    if shape.lengths.len() > 1 && last <= MAX_COLUMNS {
        forms.push(last);
    }
    let smallest = { forms.into_iter() }
        .map(|columns| (size(&encode_table(columns, shape, task, sample)), columns))
        .min();
    match smallest {
        Some((size, columns)) if (size as f64) < field_size * SMALLER => {
            Some(encode_table(columns, shape, task, content))
        }
        _ => field?.encode(),
    }
}

/// Bytes of what was coded, exact ones as they are.
fn size(coded: &CodedNumbers) -> usize {
    4 * coded.words.len() + coded.exact.len()
}

/// Codes an array as a table of so many columns, all of them with the same task.
fn encode_table(
    columns: usize,
    shape: &ArrayShape,
    task: &ColumnTask,
    content: &[u8],
) -> CodedNumbers {
    let width = usize::from(shape.column.width);
    let shape = TableShape {
        record: columns * width,
        column_major: false,
        columns: (0..columns).map(|k| (k * width, shape.column)).collect(),
    };
    table::encode(&shape, &vec![task.clone(); columns], content, None)
}

/// The content of `len` bytes that was coded in `words`; `exact` are its other bytes, `autoencoder` is that of its member.
///
/// # Errors
/// [`BadWords`] for words that were not written by an encoder, or other bytes that are too few or too many.
pub fn decode(
    words: &[u32],
    len: usize,
    exact: &[u8],
    autoencoder: Option<&AutoencoderKind>,
) -> Result<Vec<u8>, BadWords> {
    let (masked, bottleneck) = match autoencoder {
        Some(AutoencoderKind::Masked(masked)) => (Some(masked), None),
        Some(AutoencoderKind::Bottleneck(bottleneck)) => (None, Some(bottleneck)),
        None => (None, None),
    };
    let mut decoder = LaneDecoder::new(words)?;
    match Form::Table.code(&mut Integers::new(&mut decoder))? {
        Form::Table => table::decode(words, len, exact, masked),
        Form::Array if exact.is_empty() => field::decode(words, len),
        Form::Latents => latents::decode(words, len, exact, bottleneck.ok_or(BadWords)?),
        Form::Array => Err(BadWords),
    }
}
