//! Frames, lanes, threads and their order: an input of any length becomes a .boa stream and returns, in the memory of
//! a few frames.

mod autoencoders;
mod backend;
mod coding;
mod decode;
mod decode_frame;
mod divide;
mod driver;
mod encode;
mod encode_frame;
mod encode_lossy;
mod input;
pub mod lanes;
mod list;
mod models;
mod ordered;
mod stages;

use crate::format::FrameHeader;
use crate::layout::Finding;
use std::time::Duration;

pub use coding::{Coding, SegmentObserver};
pub use decode::decompress;
pub use driver::{Coder, Content, Lanes, NoCoder, Observer, Stage, drive};
pub use encode::compress;
pub use encode_lossy::{Observe, compress_latents, compress_lossy, measure, sample_lossy};
pub use input::Input;
pub use list::{FrameInfo, Member, list};
pub use models::Models;
pub use stages::Stages;

/// Is notified how far the work has come. `()` does not care.
pub trait Progress {
    /// `read` more bytes of the input are done with, and `written` more bytes of output are written.
    fn advance(&self, read: u64, written: u64);

    /// A frame of `written` bytes, whose content begins at `offset`, was written with this header; how its layout was
    /// found. Only compression reports this.
    fn frame(&self, _offset: u64, _header: &FrameHeader, _written: u64, _found: &Finding) {}
}

impl Progress for () {
    fn advance(&self, _read: u64, _written: u64) {}
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bytes of content: what was or will be decoded.
    pub content: u64,
    /// Bytes of the .boa stream.
    pub compressed: u64,
    /// Bytes of the frames of a lossy file without their headers; 0 of a lossless one.
    pub numbers: u64,
    /// Frames.
    pub frames: u64,
    /// Time that finding and undoing structure took, all threads together; only compression reports this.
    pub structure: Duration,
    /// Decoded numbers have no bound: nothing but latents was stored of them.
    pub unbounded: bool,
    /// Members: more than one if .boa files were joined.
    pub members: u64,
}

const _: () = assert!(lanes::MAX_LANES == crate::format::MAX_LANES);
const _: () = assert!(crate::model::MAX_MATCHED >= crate::format::MAX_FRAME);
const _: () = assert!(crate::Model::MAX_BYTES == crate::format::MAX_MODEL);
