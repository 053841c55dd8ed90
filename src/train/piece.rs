//! What training learns from: a stretch of coded bytes of one structure.

use crate::layout::Positions;
use crate::structure::Structure;

/// A piece shorter than this is left out: it would be all start-up.
const SHORTEST: usize = 1024;

/// A stretch of bytes of one structure, as a frame's content is coded.
pub struct Piece {
    /// Transformed content.
    pub content: Vec<u8>,
    /// Its structure; the layout's `phase` is that of the first byte.
    pub structure: Structure,
    /// Where its bytes are.
    pub positions: Positions,
}

impl Piece {
    /// A frame's bytes in their structure.
    pub fn new(mut structure: Structure, frame: Vec<u8>) -> Piece {
        let content = structure.forward(frame);
        structure.find_references(&content);
        Piece {
            content,
            positions: structure.positions(),
            structure,
        }
    }

    /// Whether it is long enough to learn from.
    pub fn is_enough(&self) -> bool {
        self.content.len() >= SHORTEST
    }
}
