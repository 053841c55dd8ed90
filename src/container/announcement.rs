//! What a parser of headers is, and what it says.

use crate::layout::{Finding, Layout};
use std::fmt::Debug;

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
    pub stretches: [LayoutRange; 2],
    /// If another header may follow: after so many bytes behind the stretches.
    pub next: Option<u64>,
}

/// Bytes of one layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayoutRange {
    /// How many.
    pub len: u64,
    /// Their layout; its phase is that of the first.
    pub layout: Layout,
    /// How it is known.
    pub found: Finding,
}
