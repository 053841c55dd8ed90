//! The range coder: constriction's, driven by integer distributions.
//!
//! One lane is one independent sequence of 32-bit words (64-bit coder state, 24-bit probabilities). constriction
//! promises a stable bit stream within 0.5; `docs/format.md` describes the algorithm so that it can be written again.

mod adaptive;
mod distribution;
mod words;

pub use adaptive::{AdaptiveBit, BitCoder, CONTEXTS, Numbers};
pub use distribution::{Distribution, PRECISION, TOTAL};
pub use words::WordReader;

use constriction::stream::queue::{DefaultRangeEncoder, RangeDecoder};
use constriction::stream::{Decode, Encode};

/// Codes bytes into words.
#[derive(Default)]
pub struct LaneEncoder {
    inner: DefaultRangeEncoder,
}

impl LaneEncoder {
    /// Codes `byte` in `-log2(frequency / 2^24)` bits.
    #[inline]
    pub fn encode(&mut self, byte: u8, distribution: &Distribution) {
        // Writing into a Vec cannot fail and every byte has a frequency of at least 1.
        let coded = self.inner.encode_symbol(byte, distribution);
        debug_assert!(coded.is_ok());
    }

    /// Seals the lane. A lane of no bytes has no words.
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

/// The words of a lane do not belong to its bytes: too few, too many, or no valid code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadWords;

impl<'a> LaneDecoder<'a> {
    /// Starts at the first of exactly the lane's words.
    pub fn new(words: &'a [u32]) -> Result<Self, BadWords> {
        let inner = RangeDecoder::with_backend(WordReader::new(words)).map_err(|_| BadWords)?;
        Ok(LaneDecoder { inner })
    }

    /// The next byte under the distribution that it was coded with.
    #[inline]
    pub fn decode(&mut self, distribution: &Distribution) -> Result<u8, BadWords> {
        self.inner.decode_symbol(distribution).map_err(|_| BadWords)
    }

    /// After the lane's last byte: were all its words used?
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

    fn distributions(n: usize) -> Vec<(u8, Distribution)> {
        let mut state = 1u32;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let favourite = (state >> 24) as u8;
                let mut logits = [0i16; 256];
                logits[usize::from(favourite)] = (state >> 18) as i16 & 0x1fff;
                let mut d = Distribution::default();
                d.set_from_logits(&logits);
                let byte = if state & 0x100 == 0 {
                    favourite
                } else {
                    (state >> 9) as u8
                };
                (byte, d)
            })
            .collect()
    }

    #[test]
    fn round_trip_and_exact_word_count() {
        for n in [0usize, 1, 2, 3, 100, 1000] {
            let symbols = distributions(n);
            let mut encoder = LaneEncoder::default();
            symbols.iter().for_each(|(b, d)| encoder.encode(*b, d));
            let words = encoder.finish();
            let run = |words: &[u32]| -> Result<Vec<u8>, BadWords> {
                let mut decoder = LaneDecoder::new(words)?;
                let bytes = symbols.iter().map(|(_, d)| decoder.decode(d)).collect();
                decoder.finish()?;
                bytes
            };
            let expected: Vec<u8> = symbols.iter().map(|s| s.0).collect();
            assert_eq!(run(&words), Ok(expected), "{n} bytes");
            let mut longer = words.clone();
            longer.extend([7, 7, 7]);
            assert_eq!(
                run(&longer),
                Err(BadWords),
                "{n} bytes and three words too many"
            );
            if words.len() > 3 {
                assert!(
                    run(&words[..words.len() - 3]).is_err(),
                    "{n} bytes and three words too few"
                );
            }
        }
    }

    #[test]
    fn golden_words() {
        // Fails if constriction's bit stream or the softmax ever changes.
        let mut encoder = LaneEncoder::default();
        distributions(64)
            .iter()
            .for_each(|(b, d)| encoder.encode(*b, d));
        let words = encoder.finish();
        let hash = blake3::hash(
            &words
                .iter()
                .flat_map(|w| w.to_le_bytes())
                .collect::<Vec<_>>(),
        );
        assert_eq!(
            &hash.to_hex()[..16],
            "b0c34ec810b4125e",
            "{} words",
            words.len()
        );
    }
}
