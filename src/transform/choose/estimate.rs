//! What elements cost: a sample of their bytes coded with adaptive contexts.

use crate::layout::Layout;
use crate::layout::cost::{Cost, Window};

/// The estimator.
pub(crate) struct Estimator {
    cost: Cost,
    bytes: Vec<u8>,
}

impl Estimator {
    pub fn new() -> Estimator {
        Estimator {
            cost: Cost::new(),
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
        self.cost.bits(&self.bytes, &[window], &layout) * f64::from(width)
    }
}
