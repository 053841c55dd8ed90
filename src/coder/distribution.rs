//! A distribution over the 256 bytes in integers: frequencies that sum to 2^24, each at least 1.

use crate::kernel;
use constriction::stream::model::{DecoderModel, EncoderModel, EntropyModel};
use std::borrow::Borrow;
use std::num::NonZeroU32;

/// Bits of a frequency.
pub const PRECISION: usize = 24;

/// The sum of the 256 frequencies.
pub const TOTAL: u32 = 1 << PRECISION;

/// Frequencies of the 256 bytes.
#[derive(Clone)]
pub struct Distribution {
    frequencies: [u32; 256],
}

impl Default for Distribution {
    fn default() -> Self {
        Distribution {
            frequencies: [TOTAL / 256; 256],
        }
    }
}

impl Distribution {
    /// The integer softmax: logits in 1/512 of a bit (Q9 of log2), see [`kernel::softmax`].
    #[inline]
    pub fn set_from_logits(&mut self, logits: &[i16; 256]) {
        kernel::softmax(logits, &mut self.frequencies);
    }

    /// The frequencies, which sum to [`TOTAL`].
    #[inline]
    pub fn frequencies(&self) -> &[u32; 256] {
        &self.frequencies
    }
}

impl EntropyModel<PRECISION> for Distribution {
    type Symbol = u8;
    type Probability = u32;
}

impl EncoderModel<PRECISION> for Distribution {
    #[inline]
    fn left_cumulative_and_probability(
        &self,
        symbol: impl Borrow<u8>,
    ) -> Option<(u32, NonZeroU32)> {
        let symbol = usize::from(*symbol.borrow());
        let left = self.frequencies[..symbol].iter().sum();
        Some((left, NonZeroU32::new(self.frequencies[symbol])?))
    }
}

impl DecoderModel<PRECISION> for Distribution {
    #[inline]
    fn quantile_function(&self, quantile: u32) -> (u8, u32, NonZeroU32) {
        let mut left = 0;
        let mut block = 0;
        for sixteen in self.frequencies.as_chunks::<16>().0 {
            let next = left + sixteen.iter().sum::<u32>();
            if quantile < next || block == 15 {
                break;
            }
            left = next;
            block += 1;
        }
        let mut symbol = block * 16;
        while symbol < 255 && quantile >= left + self.frequencies[symbol] {
            left += self.frequencies[symbol];
            symbol += 1;
        }
        (
            symbol as u8,
            left,
            NonZeroU32::new(self.frequencies[symbol]).unwrap_or(NonZeroU32::MIN),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_cumulatives() {
        for spread in [0i16, 1, 37, 200] {
            let mut logits = [0i16; 256];
            for (k, l) in logits.iter_mut().enumerate() {
                *l = ((k as i16).wrapping_mul(77) % 128).wrapping_mul(spread);
            }
            let mut d = Distribution::default();
            d.set_from_logits(&logits);
            assert_eq!(d.frequencies().iter().sum::<u32>(), TOTAL);
            for symbol in 0..=255u8 {
                let (left, p) = d.left_cumulative_and_probability(symbol).unwrap();
                assert_eq!(d.quantile_function(left), (symbol, left, p));
                assert_eq!(d.quantile_function(left + p.get() - 1), (symbol, left, p));
            }
        }
    }
}
