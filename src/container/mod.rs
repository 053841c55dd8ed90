//! What headers of other file formats say of the bytes behind them.
//!
//! A format is a [`Container`]; a new one is a file here and a line in [`CONTAINERS`].

pub mod fits;
pub mod npy;

use crate::layout::{Finding, Layout};
use std::fmt::Debug;

/// The formats whose headers are understood.
pub(crate) static CONTAINERS: [&dyn Container; 2] = [&npy::NpyFile, &fits::FitsFile];

/// A file format whose headers name types and shapes.
pub(crate) trait Container: Debug + Sync {
    /// Reads the headers at the front of `bytes`, behind `skip` bytes of what an earlier header spoke of. `None` at the front of what is no
    /// such file.
    fn announce(&self, bytes: &[u8], skip: u64) -> Option<Announcement>;
}

/// What headers announce, from their own first byte on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// Headers and data in order; some may be empty.
    pub stretches: [Stretch; 2],
    /// If another header may follow: after so many bytes behind the stretches.
    pub next: Option<u64>,
}

/// Bytes of one layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// How many.
    pub len: u64,
    /// Their layout; its phase is that of the first.
    pub layout: Layout,
    /// How it is known.
    pub found: Finding,
}
