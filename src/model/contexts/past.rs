//! The bytes that contexts are made of.

use crate::layout::NO_TAP;

/// What a lane has coded so far.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    /// The frame's content up to here, and whatever stands behind.
    pub content: &'a [u8],
    /// The lane's first byte.
    pub start: usize,
    /// The byte to predict.
    pub position: usize,
}

impl Past<'_> {
    /// The token `lag` bytes back, [`NO_TAP`] for lag 0 and before the lane's start.
    #[inline]
    pub fn back(&self, lag: u32) -> u16 {
        let lag = lag as usize;
        if lag == 0 || lag > self.position - self.start {
            NO_TAP
        } else {
            u16::from(self.content[self.position - lag])
        }
    }
}
