//! The range coder: constriction's, driven by the probabilities of single bits.
//!
//! One lane is one independent sequence of 32-bit words (64-bit coder state, probabilities of 16 bits). constriction
//! promises a stable bit stream within 0.5; `docs/format.md` describes the algorithm so that it can be written again.

mod adaptive;
mod bit;
mod integers;
mod symbols;
mod words;

pub use adaptive::{AdaptiveBit, BitCoder, CONTEXTS, Numbers};
use bit::Bit;
pub use integers::Integers;
pub use symbols::{FREQUENCY_BITS, Interval, SymbolDecoder, SymbolEncoder};
pub use words::WordReader;

use constriction::stream::queue::{DefaultRangeEncoder, RangeDecoder};
use constriction::stream::{Decode, Encode};

/// Codes bits into words.
#[derive(Default)]
pub struct LaneEncoder {
    inner: DefaultRangeEncoder,
}

impl LaneEncoder {
    /// Codes a bit whose probability of being one is `one / 65536`.
    #[inline]
    pub fn encode(&mut self, bit: bool, one: u16) {
        // Writing into a Vec cannot fail and neither bit has a probability of 0.
        let coded = self.inner.encode_symbol(bit, Bit::new(one));
        debug_assert!(coded.is_ok());
    }

    /// Seals the lane. A lane of no bits has no words.
    pub fn finish(self) -> Vec<u32> {
        match self.inner.into_compressed() {
            Ok(words) => words,
            Err(never) => match never {},
        }
    }
}

/// Decodes the words of one lane.
pub struct LaneDecoder<'a> {
    inner: RangeDecoder<u32, u64, WordReader<'a>>,
}

/// The words of a lane do not belong to its bits: too few, too many, or no valid code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadWords;

impl<'a> LaneDecoder<'a> {
    /// Starts at the first of exactly the lane's words.
    pub fn new(words: &'a [u32]) -> Result<Self, BadWords> {
        let inner = RangeDecoder::with_backend(WordReader::new(words)).map_err(|_| BadWords)?;
        Ok(LaneDecoder { inner })
    }

    /// The next bit, coded with the same probability.
    #[inline]
    pub fn decode(&mut self, one: u16) -> Result<bool, BadWords> {
        self.inner
            .decode_symbol(Bit::new(one))
            .map_err(|_| BadWords)
    }

    /// After the lane's last bit: were all its words used?
    pub fn finish(self) -> Result<(), BadWords> {
        let (reader, ..) = self.inner.into_raw_parts();
        if reader.is_exhausted() {
            Ok(())
        } else {
            Err(BadWords)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(n: usize) -> Vec<(bool, u16)> {
        let mut state = 1u32;
        (0..n)
            .map(|k| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let one = match k % 5 {
                    0 => 1,
                    1 => 65535,
                    _ => (state >> 16) as u16,
                };
                (state & 0x8000 != 0, one)
            })
            .collect()
    }

    #[test]
    fn round_trip_and_exact_word_count() {
        for n in [0usize, 1, 2, 3, 100, 10_000] {
            let symbols = bits(n);
            let mut encoder = LaneEncoder::default();
            symbols.iter().for_each(|&(b, p)| encoder.encode(b, p));
            let words = encoder.finish();
            let run = |words: &[u32]| -> Result<Vec<bool>, BadWords> {
                let mut decoder = LaneDecoder::new(words)?;
                let bits = symbols.iter().map(|&(_, p)| decoder.decode(p)).collect();
                decoder.finish()?;
                bits
            };
            let expected: Vec<bool> = symbols.iter().map(|s| s.0).collect();
            assert_eq!(run(&words), Ok(expected.clone()), "{n} bits");
            let mut longer = words.clone();
            longer.extend([7, 7, 7]);
            assert_eq!(
                run(&longer),
                Err(BadWords),
                "{n} bits and three words too many"
            );
            // Too few words can also decode to wrong bits: then the frame's hash decides.
            if let Some(shorter) = words.len().checked_sub(3) {
                assert_ne!(
                    run(&words[..shorter]),
                    Ok(expected),
                    "{n} bits, too few words"
                );
            }
        }
    }

    #[test]
    fn golden_words() {
        // Fails if constriction's bit stream ever changes.
        let mut encoder = LaneEncoder::default();
        bits(500).iter().for_each(|&(b, p)| encoder.encode(b, p));
        let words = encoder.finish();
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let hash = blake3::hash(&bytes);
        assert_eq!(
            &hash.to_hex()[..16],
            "10b16ac6da1830ba",
            "{} words",
            words.len()
        );
    }
}
