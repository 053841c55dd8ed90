//! One frame: its streams decoded, its filters undone, its content confirmed.

use super::coding::Coding;
use crate::error::{Error, Result};
use crate::format::{EntropyModel, FrameHeader, frame_hash};
use crate::model_file::Model;
use std::sync::Arc;

/// A frame that was read.
pub(super) struct FrameToDecode {
    pub header: FrameHeader,
    /// The model whose network it uses.
    pub model: Option<Arc<Model>>,
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
        decode_frame(self.model.as_deref(), &self.header, self.payload).map_err(|what| {
            Error::Frame {
                frame,
                offset,
                source: Box::new(Error::Damaged { what, offset: end }),
            }
        })
    }
}

/// The content of a frame, confirmed by its hash; or what is wrong.
fn decode_frame(
    model: Option<&Model>,
    header: &FrameHeader,
    payload: Vec<u8>,
) -> std::result::Result<Vec<u8>, &'static str> {
    let coded_len = header.coded_len as usize;
    let coded = match &header.model {
        EntropyModel::Stored => payload,
        EntropyModel::Constant(byte) => vec![*byte; coded_len],
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
    let len = header.content_len as usize;
    let content = header.structure.inverse(coded);
    if content.len() != len || frame_hash(&content) != header.hash {
        return Err("hash of the frame's content");
    }
    Ok(content)
}

fn to_words(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|&word| u32::from_le_bytes(word)).collect()
}
