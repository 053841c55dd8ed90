//! Truncated mantissas: floats whose last bits are zero.

use super::float::Format;
use super::symmetric::Magnitudes;

/// The floats whose last `cut` bits are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coarse {
    format: Format,
    cut: u32,
}

impl Coarse {
    /// Cuts 1 bit to all of the mantissa.
    pub fn new(format: Format, cut: u32) -> Option<Coarse> {
        (1..format.precision)
            .contains(&cut)
            .then_some(Coarse { format, cut })
    }
}

impl Magnitudes for Coarse {
    fn format(&self) -> Format {
        self.format
    }

    fn last(&self) -> u64 {
        self.format.infinity() >> self.cut
    }

    fn at(&self, index: u64) -> u64 {
        index << self.cut
    }

    fn below(&self, pattern: u64) -> u64 {
        pattern.div_ceil(1 << self.cut)
    }
}
