//! Few distinct values: each by its place among them.

use super::ranks::Members;

/// The codes that occur, in order.
#[derive(Clone, Copy, Debug)]
pub struct Dictionary<'a>(&'a [u64]);

impl<'a> Dictionary<'a> {
    /// The most values.
    pub const MOST: usize = 1 << 16;

    /// `values` are strictly increasing, at least one and at most [`Dictionary::MOST`].
    pub fn new(values: &'a [u64]) -> Option<Self> {
        let increasing = values.windows(2).all(|pair| pair[0] < pair[1]);
        let few = (1..=Self::MOST).contains(&values.len());
        (increasing && few).then_some(Dictionary(values))
    }

    /// The same, of values known to be strictly increasing.
    pub fn of_increasing(values: &'a [u64]) -> Self {
        Dictionary(values)
    }

    /// Whether no value is above `most`.
    pub fn fits(&self, most: u64) -> bool {
        self.0.last().is_none_or(|&value| value <= most)
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
