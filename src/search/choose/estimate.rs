//! What elements cost: a sample of their bytes coded with adaptive contexts.

use crate::layout::Layout;
use crate::level::SearchBudget;
use crate::search::cost::{Cost, Window};
use std::ops::Range;

/// The estimator.
pub(crate) struct Estimator {
    /// What may be coded to compare transforms.
    pub budget: SearchBudget,
    cost: Cost,
    bytes: Vec<u8>,
}

impl Estimator {
    pub fn new(budget: SearchBudget) -> Estimator {
        Estimator {
            budget,
            cost: Cost::new(budget.thinned > 1),
            bytes: Vec::new(),
        }
    }

    /// Bits of an element of `width` bytes.
    pub fn bits(&mut self, elements: &[u64], width: u8) -> f64 {
        self.bits_in_rows(elements, 0, width, 0)
    }

    /// The same where that is less than `most`; where it clearly is not, infinity.
    pub fn bits_below(&mut self, most: f64, elements: &[u64], width: u8) -> f64 {
        self.estimate(most, elements, 0, width, 0)
    }

    /// The same for those behind the first `history`, in rows of `record` bytes; 0: none.
    pub fn bits_in_rows(
        &mut self,
        elements: &[u64],
        history: usize,
        width: u8,
        record: u32,
    ) -> f64 {
        self.estimate(f64::INFINITY, elements, history, width, record)
    }

    fn estimate(
        &mut self,
        most: f64,
        elements: &[u64],
        history: usize,
        width: u8,
        record: u32,
    ) -> f64 {
        self.bytes.clear();
        for element in elements {
            let bytes = element.to_be_bytes();
            self.bytes
                .extend_from_slice(&bytes[8 - usize::from(width)..]);
        }
        let layout = Layout {
            width,
            record,
            ..Layout::BYTES
        };
        let start = history * usize::from(width);
        let window = Window {
            start,
            len: self.bytes.len() - start,
        };
        let most = most / f64::from(width);
        self.cost.bits_below(most, &self.bytes, &[window], &layout) * f64::from(width)
    }
}

/// One row in so many is coded.
const SPARSE: usize = 8;

/// The rows of a column of `count` that are coded: two runs, since neighbours stay neighbours for differences.
pub(crate) fn sampled(count: usize, budget: SearchBudget) -> [Range<usize>; 2] {
    let rows = (count / SPARSE).clamp(budget.rows[0], budget.rows[1]);
    let run = (rows / 2).min(count / 2);
    [count / 4, count * 3 / 4].map(|middle| middle - run / 2..middle - run / 2 + run)
}
