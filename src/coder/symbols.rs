//! Symbols with frequencies: constriction's rANS coder (asymmetric numeral systems, J. Duda, arXiv:1311.2540), a stack.
//!
//! Decoding takes no division. What is encoded last is decoded first, so an encoder goes backwards over symbols whose frequencies it
//! has noted. States of 64 bits, words of 32, frequencies of [`FREQUENCY_BITS`] bits.

use super::BadWords;
use constriction::stream::model::{DecoderModel, EncoderModel, EntropyModel};
use constriction::stream::stack::AnsCoder;
use constriction::stream::{Decode, Encode};
use std::num::NonZeroU16;

/// All frequencies of a table together are 2 to this.
pub const FREQUENCY_BITS: usize = 15;

/// The interval of a symbol: how many of the 2^15 lie before it, and how many are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Cumulative frequency of the symbols before.
    pub start: u16,
    /// Its own, at least 1.
    pub frequency: u16,
}

impl Interval {
    #[inline(always)]
    fn frequency(self) -> NonZeroU16 {
        NonZeroU16::new(self.frequency).unwrap_or(NonZeroU16::MIN)
    }
}

/// Encodes intervals, the last first.
#[derive(Default)]
pub struct SymbolEncoder {
    inner: AnsCoder<u32, u64>,
}

/// The model of a symbol whose interval is known.
struct Known;

impl EntropyModel<FREQUENCY_BITS> for Known {
    type Symbol = Interval;
    type Probability = u16;
}

impl EncoderModel<FREQUENCY_BITS> for Known {
    #[inline(always)]
    fn left_cumulative_and_probability(
        &self,
        interval: impl std::borrow::Borrow<Interval>,
    ) -> Option<(u16, NonZeroU16)> {
        let interval = *interval.borrow();
        Some((interval.start, interval.frequency()))
    }
}

impl SymbolEncoder {
    /// Puts a symbol onto the stack.
    #[inline(always)]
    pub fn encode(&mut self, interval: Interval) {
        // Writing into a Vec cannot fail, and no symbol is impossible.
        let coded = self.inner.encode_symbol(interval, Known);
        debug_assert!(coded.is_ok());
    }

    /// The words; none if nothing was encoded.
    pub fn finish(self) -> Vec<u32> {
        match self.inner.into_compressed() {
            Ok(words) => words,
            Err(never) => match never {},
        }
    }
}

/// Decodes what a [`SymbolEncoder`] wrote.
pub struct SymbolDecoder {
    inner: AnsCoder<u32, u64>,
}

/// The model of a symbol that is looked up: `S` is what the look-up gives beside the interval.
struct Sought<F, S>(F, std::marker::PhantomData<S>);

impl<F, S> EntropyModel<FREQUENCY_BITS> for Sought<F, S> {
    type Symbol = S;
    type Probability = u16;
}

impl<S, F: Fn(u16) -> (S, Interval)> DecoderModel<FREQUENCY_BITS> for Sought<F, S> {
    #[inline(always)]
    fn quantile_function(&self, quantile: u16) -> (S, u16, NonZeroU16) {
        let (symbol, interval) = self.0(quantile);
        (symbol, interval.start, interval.frequency())
    }
}

impl SymbolDecoder {
    /// Starts with exactly the words that the encoder gave.
    pub fn new(words: Vec<u32>) -> Result<Self, BadWords> {
        let inner = AnsCoder::from_compressed(words).map_err(|_| BadWords)?;
        Ok(SymbolDecoder { inner })
    }

    /// The next symbol: `find` gives that whose interval contains a number below 2^15. Of damaged words any symbol can come, and past
    /// their end they go on deterministically: [`finish`](Self::finish) tells.
    #[inline(always)]
    pub fn decode<S>(&mut self, find: impl Fn(u16) -> (S, Interval)) -> S {
        match self
            .inner
            .decode_symbol(Sought(find, std::marker::PhantomData))
        {
            Ok(symbol) => symbol,
            Err(never) => match never {
                constriction::CoderError::Frontend(never) => match never {},
                constriction::CoderError::Backend(never) => match never {},
            },
        }
    }

    /// After the last symbol: were all words used, and nothing else?
    pub fn finish(self) -> Result<(), BadWords> {
        let (words, state) = self.inner.into_raw_parts();
        match words.is_empty() && state == 0 {
            true => Ok(()),
            false => Err(BadWords),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight symbols, of which one is rare.
    const STARTS: [u16; 9] = [0, 1, 5, 300, 301, 9000, 9001, 20000, 32768];

    fn interval(symbol: usize) -> Interval {
        Interval {
            start: STARTS[symbol],
            frequency: STARTS[symbol + 1] - STARTS[symbol],
        }
    }

    fn find(quantile: u16) -> (usize, Interval) {
        let symbol = (0..8).filter(|&s| STARTS[s] <= quantile).count() - 1;
        (symbol, interval(symbol))
    }

    #[test]
    fn round_trip_and_exact_word_count() {
        for n in [0usize, 1, 2, 3, 100, 10_000] {
            let symbols: Vec<usize> = (0..n).map(|k| k * k % 61 % 8).collect();
            let mut encoder = SymbolEncoder::default();
            symbols
                .iter()
                .rev()
                .for_each(|&s| encoder.encode(interval(s)));
            let words = encoder.finish();
            let run = |words: Vec<u32>| -> Result<Vec<usize>, BadWords> {
                let mut decoder = SymbolDecoder::new(words)?;
                let decoded = (0..n).map(|_| decoder.decode(find)).collect();
                decoder.finish()?;
                Ok(decoded)
            };
            assert_eq!(run(words.clone()), Ok(symbols.clone()), "{n} symbols");
            let longer = [&[7, 7, 7], words.as_slice()].concat();
            assert_eq!(
                run(longer),
                Err(BadWords),
                "{n} symbols and three words too many"
            );
            assert_eq!(run([words.as_slice(), &[0]].concat()), Err(BadWords));
        }
    }

    #[test]
    fn golden_words() {
        // Fails if constriction's format ever changes.
        let mut encoder = SymbolEncoder::default();
        (0..5000).for_each(|k| encoder.encode(interval(k * k % 61 % 8)));
        let words = encoder.finish();
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let hash = blake3::hash(&bytes);
        assert_eq!(&hash.to_hex()[..16], "c00dd383fb9bd172");
    }
}
