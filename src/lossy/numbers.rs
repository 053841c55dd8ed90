//! A frame's numbers, as a table or as an array: from bytes to the coded stream and back.

use super::coded::{CodedNumbers, Form};
use super::plan::FrameContent;
use super::{field, latents, table};
use crate::coder::{BadWords, Integers, LaneDecoder};
use crate::model::autoencoder::AutoencoderKind;

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
        FrameContent::Array { shape, task, .. } => field::encode(shape, task, content),
    }
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
