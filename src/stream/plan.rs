//! Where frames end and what layout they have.

use crate::format::MAX_FRAME;
use crate::layout::Layout;

/// Content bytes of a frame, unless the input ends before.
const TARGET: usize = 4 << 20;

/// What the planner is shown unless the input ends before.
pub const LOOKAHEAD: usize = TARGET + TARGET / 8;

const _: () = assert!(TARGET <= MAX_FRAME);

/// The next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePlan {
    /// Its content's bytes.
    pub len: usize,
    /// Its content's structure.
    pub layout: Layout,
}

/// Cuts an input into frames.
#[derive(Debug)]
pub struct Planner {
    layout: Layout,
    position: u64,
}

impl Planner {
    /// A planner at the input's first byte. `user` is the layout the user named, if any.
    pub fn new(user: Option<Layout>) -> Planner {
        Planner {
            layout: user.unwrap_or(Layout::BYTES),
            position: 0,
        }
    }

    /// The frame that begins with `buffer`, which holds `LOOKAHEAD` bytes or, `at_end`, all that are left: at least 1.
    pub fn next(&mut self, buffer: &[u8], _at_end: bool) -> FramePlan {
        let len = buffer.len().min(TARGET);
        let cycle = u64::from(self.layout.record.max(u32::from(self.layout.width)).max(1));
        let phase = (self.position + u64::from(self.layout.phase)) % cycle;
        self.position += len as u64;
        FramePlan {
            len,
            layout: Layout {
                phase: phase as u32,
                ..self.layout
            },
        }
    }
}

/// Byte order as the predictor wants it.
pub fn forward(_layout: &Layout, _content: &mut [u8]) {}

/// Byte order as the input has it.
pub fn inverse(_layout: &Layout, _content: &mut [u8]) {}
