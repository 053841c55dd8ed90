//! A frame that is examined closely, as compressing would treat it.

use super::bits::bits_per_byte;
use super::sample::Frame;
use crate::layout::Layout;
use crate::structure::{Structure, Transform};

/// A frame that was examined.
pub(super) struct ExaminedFrame {
    /// As it was planned.
    pub layout: Layout,
    /// As it would be coded.
    pub structure: Structure,
    /// The content, row after row.
    pub rows: Vec<u8>,
    /// What would be coded: elements with the most significant byte first.
    pub coded: Vec<u8>,
    /// Estimated bits of a byte.
    pub bits: f64,
}

impl ExaminedFrame {
    /// As compressing does it.
    pub fn new(frame: &Frame, content: Vec<u8>) -> ExaminedFrame {
        let structure = Structure::choose(frame.layout, frame.transposed, &content);
        let coded = structure.forward(content.clone());
        let rows = structure.in_rows(content);
        let bits = bits_per_byte(&coded, &structure);
        ExaminedFrame {
            layout: frame.layout,
            structure,
            rows,
            coded,
            bits,
        }
    }

    /// A coded element with its low bits at the bottom again.
    pub fn lowered(&self, code: u64, transform: &Transform, width: u8) -> u64 {
        let (bits, up) = (8 * u32::from(width), 8 * u32::from(transform.rotate));
        if up == 0 || up >= bits {
            return code;
        }
        (code >> up | code << (bits - up)) & (u64::MAX >> (64 - bits))
    }
}
