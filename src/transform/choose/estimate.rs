//! What elements cost: a sample of their bytes coded with adaptive contexts.

use crate::layout::Layout;
use crate::layout::cost::{Cost, Window};

/// The estimator: tables for samples of three sizes.
pub(super) struct Estimator {
    tables: [Cost; 3],
    bytes: Vec<u8>,
}

impl Estimator {
    pub fn new() -> Estimator {
        Estimator {
            tables: [10, 12, 15].map(Cost::with_slots),
            bytes: Vec::new(),
        }
    }

    /// Bits of an element of `width` bytes.
    pub fn bits(&mut self, elements: &[u64], width: u8) -> f64 {
        self.bytes.clear();
        for element in elements {
            let bytes = element.to_be_bytes();
            self.bytes
                .extend_from_slice(&bytes[8 - usize::from(width)..]);
        }
        let layout = Layout {
            width,
            ..Layout::BYTES
        };
        let window = Window {
            start: 0,
            len: self.bytes.len(),
        };
        let size = match self.bytes.len() {
            0..=2048 => 0,
            2049..=12288 => 1,
            _ => 2,
        };
        self.tables[size].bits(&self.bytes, &[window], &layout) * f64::from(width)
    }
}
