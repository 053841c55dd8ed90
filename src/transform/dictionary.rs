//! Few distinct values: each by its rank among them.

use super::ranks::Members;

/// The codes that occur, in order.
#[derive(Clone, Copy, Debug)]
pub struct Dictionary<'a>(&'a [u64]);

impl<'a> Dictionary<'a> {
    /// Of values that are strictly increasing.
    pub fn new(values: &'a [u64]) -> Self {
        Dictionary(values)
    }
}

impl Members for Dictionary<'_> {
    fn count(&self) -> u64 {
        self.0.len() as u64
    }

    fn at(&self, index: u64) -> u64 {
        self.0[index as usize]
    }

    fn below(&self, code: u64) -> u64 {
        self.0.partition_point(|&value| value < code) as u64
    }
}
