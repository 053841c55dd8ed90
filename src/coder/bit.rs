//! One bit's probability as constriction wants it.

use constriction::stream::model::{DecoderModel, EncoderModel, EntropyModel};
use std::borrow::Borrow;
use std::num::NonZeroU32;

/// Bits of a probability in the coder.
const PRECISION: usize = 24;

/// The probability of a one, in 1/65536: 1 to 65535.
#[derive(Clone, Copy)]
pub(super) struct Bit(NonZeroU32, NonZeroU32);

impl Bit {
    /// A probability outside 1..=65535 becomes the nearest within.
    #[inline]
    pub(super) fn new(one: u16) -> Bit {
        let one = u32::from(one.max(1)) << 8;
        let nonzero = |f| NonZeroU32::new(f).unwrap_or(NonZeroU32::MIN);
        Bit(nonzero(one), nonzero((1 << PRECISION) - one))
    }
}

impl EntropyModel<PRECISION> for Bit {
    type Symbol = bool;
    type Probability = u32;
}

impl EncoderModel<PRECISION> for Bit {
    #[inline]
    fn left_cumulative_and_probability(
        &self,
        symbol: impl Borrow<bool>,
    ) -> Option<(u32, NonZeroU32)> {
        Some(match symbol.borrow() {
            true => (0, self.0),
            false => (self.0.get(), self.1),
        })
    }
}

impl DecoderModel<PRECISION> for Bit {
    #[inline]
    fn quantile_function(&self, quantile: u32) -> (bool, u32, NonZeroU32) {
        if quantile < self.0.get() {
            (true, 0, self.0)
        } else {
            (false, self.0.get(), self.1)
        }
    }
}
