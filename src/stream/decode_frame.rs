//! One frame: its streams decoded, its filters undone, its content confirmed.

use super::coding::Coding;
use crate::error::{Error, Result};
use crate::format::{Cursor, EntropyModel, FrameHeader, Section, frame_hash};
use crate::lossy::numbers;
use crate::model::{columns, lempel_ziv};
use crate::model_file::{Autoencoder, Model};
use std::sync::Arc;

/// A frame that was read.
pub(super) struct FrameToDecode {
    pub header: FrameHeader,
    /// The model whose network it uses.
    pub model: Option<Arc<Model>>,
    /// The autoencoder that it may use.
    pub autoencoder: Option<Arc<Autoencoder>>,
    pub payload: Vec<u8>,
    /// Its number in the file, from 1 on.
    pub number: u64,
    /// Where it begins in the file.
    pub offset: u64,
    /// Bytes of header and payload.
    pub len: u32,
}

impl FrameToDecode {
    /// Its content.
    ///
    /// # Errors
    /// `Damaged`, within `Frame`.
    pub fn decode(self) -> Result<Vec<u8>> {
        let (frame, offset, end) = (self.number, self.offset, self.offset + u64::from(self.len));
        let used = (self.model.as_deref(), self.autoencoder.as_deref());
        decode_frame(used, &self.header, self.payload).map_err(|what| Error::Frame {
            frame,
            offset,
            source: Box::new(Error::Damaged { what, offset: end }),
        })
    }
}

/// The content of a frame, confirmed by its hash; or what is wrong.
fn decode_frame(
    (model, autoencoder): (Option<&Model>, Option<&Autoencoder>),
    header: &FrameHeader,
    payload: Vec<u8>,
) -> std::result::Result<Vec<u8>, &'static str> {
    let (len, coded_len) = (header.content_len as usize, header.coded_len as usize);
    let coded = match &header.model {
        EntropyModel::Stored => payload,
        EntropyModel::Constant(byte) => vec![*byte; coded_len],
        EntropyModel::Numbers(_) => decode_numbers(autoencoder, header, &payload)?,
        EntropyModel::Columns(_) => {
            let positions = header.structure.positions();
            columns::decode(&positions, &payload, coded_len)
                .map_err(|_| "the coded columns contradict themselves")?
        }
        EntropyModel::Matches(_) => lempel_ziv::decode(&payload, coded_len)
            .map_err(|_| "the matches and literals contradict themselves")?,
        EntropyModel::Mix(_) => {
            let words = to_words(&payload);
            drop(payload);
            let mut rest = words.as_slice();
            let mut streams = Vec::with_capacity(header.streams.len());
            for &count in &header.streams {
                let (stream, after) =
                    { rest.split_at_checked(count as usize) }.ok_or("lengths of the streams")?;
                streams.push(stream);
                rest = after;
            }
            let positions = header.structure.positions();
            Coding::of_frame(header, model, &positions)
                .ok_or("a frame that is not predicted")?
                .decode(&streams, coded_len)
                .map_err(|_| "the range decoder found words missing or left over")?
        }
    };
    let content = header.structure.inverse(coded);
    if content.len() != len || frame_hash(&content) != header.hash {
        return Err("hash of the frame's content");
    }
    Ok(content)
}

/// The content of a frame of numbers.
fn decode_numbers(
    autoencoder: Option<&Autoencoder>,
    header: &FrameHeader,
    payload: &[u8],
) -> std::result::Result<Vec<u8>, &'static str> {
    let words = 4 * header.streams.iter().sum::<u32>() as usize;
    let (stream, inner) = payload
        .split_at_checked(words)
        .ok_or("length of the stream")?;
    let exact = match inner {
        [] => Vec::new(),
        inner => decode_inner(inner, header.content_len)?,
    };
    let len = header.content_len as usize;
    let kind = autoencoder.map(Autoencoder::kind);
    numbers::decode(&to_words(stream), len, &exact, kind)
        .map_err(|_| "the stream of numbers contradicts itself")
}

/// The content of the frame within a frame of numbers: what stays exact.
fn decode_inner(inner: &[u8], most: u32) -> std::result::Result<Vec<u8>, &'static str> {
    let mut cursor = Cursor::new(inner);
    let Ok(Section::Frame(header)) = Section::read_from(&mut cursor) else {
        return Err("the frame within a frame of numbers");
    };
    let plain = match &header.model {
        EntropyModel::Numbers(_) => false,
        EntropyModel::Mix(mix) => mix.network.is_none(),
        EntropyModel::Stored
        | EntropyModel::Constant(_)
        | EntropyModel::Columns(_)
        | EntropyModel::Matches(_) => true,
    };
    if !plain || header.content_len > most {
        return Err("the frame within a frame of numbers");
    }
    let at = cursor.position() as usize;
    match inner.get(at..) {
        Some(payload) if payload.len() == header.payload_len() as usize => {
            decode_frame((None, None), &header, payload.to_vec())
        }
        _ => Err("length of the frame within a frame of numbers"),
    }
}

fn to_words(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|&word| u32::from_le_bytes(word)).collect()
}
