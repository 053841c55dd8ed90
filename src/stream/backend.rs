//! What codes frames. A batch of frames is the unit that it is given: the processor's threads take one each, a device will take
//! many at once.

use super::decode_frame::FrameToDecode;
use super::encode_frame::{EncodedFrame, FrameTask};
use crate::error::Result;
use crate::layout::Finding;

/// Where frames are coded. The bytes are the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    /// On the threads of a pool, of which each takes a batch at a time.
    Threads,
}

impl Backend {
    /// Frames of a full batch.
    pub fn batch(self) -> usize {
        match self {
            // A frame keeps a thread busy for a second; more would only keep others waiting.
            Backend::Threads => 1,
        }
    }

    /// Codes the frames of a batch; how each was found comes along.
    pub fn encode(self, batch: Vec<(Finding, FrameTask, Vec<u8>)>) -> Vec<(Finding, EncodedFrame)> {
        match self {
            Backend::Threads => { batch.into_iter() }
                .map(|(found, task, content)| (found, task.encode(content)))
                .collect(),
        }
    }

    /// Decodes the frames of a batch, each by itself.
    pub fn decode(self, batch: Vec<FrameToDecode>) -> Vec<Result<Vec<u8>>> {
        match self {
            Backend::Threads => batch.into_iter().map(FrameToDecode::decode).collect(),
        }
    }
}
