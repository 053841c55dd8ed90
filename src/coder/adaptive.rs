//! Bits under adaptive probabilities, and whole numbers made of them: for a model's tensors.

use super::{BadWords, LaneDecoder, LaneEncoder};

/// The probability of a zero in 1 / 65536, and how many bits it has seen.
#[derive(Clone, Copy)]
pub struct AdaptiveBit {
    zero: u16,
    seen: u16,
}

/// The probability moves by `1 / (seen + 1.5)` of its error, at least by 1 / 64.
const SLOWEST: u16 = 62;
/// No bit is surer than this many 1 / 65536.
const SUREST: i32 = 65536 - 24;

impl Default for AdaptiveBit {
    fn default() -> Self {
        AdaptiveBit {
            zero: 1 << 15,
            seen: 0,
        }
    }
}

impl AdaptiveBit {
    /// The probability of a one in 1 / 65536.
    fn one(&self) -> u16 {
        self.zero.wrapping_neg()
    }

    fn learn(&mut self, bit: bool) {
        let target = if bit { 0 } else { 65535 };
        let error = target - i32::from(self.zero);
        let zero = i32::from(self.zero) + 2 * error / (2 * i32::from(self.seen) + 3);
        self.zero = zero.clamp(65536 - SUREST, SUREST) as u16;
        self.seen = (self.seen + 1).min(SLOWEST);
    }
}

/// Either end of a stream of bits: the encoder writes the bit given and returns it, the decoder returns the one it reads.
pub trait BitCoder {
    /// Codes a bit, which the probability then learns.
    fn bit(&mut self, adaptive: &mut AdaptiveBit, bit: bool) -> Result<bool, BadWords>;
    /// Codes a bit that nothing predicts, as a bypass (raw) bit.
    fn even_bit(&mut self, bit: bool) -> Result<bool, BadWords> {
        self.bit(&mut AdaptiveBit::default(), bit)
    }
    /// Codes a bit whose probability of being a one is `one / 65536`.
    fn predicted_bit(&mut self, one: u16, bit: bool) -> Result<bool, BadWords>;
}

impl BitCoder for LaneEncoder {
    fn bit(&mut self, adaptive: &mut AdaptiveBit, bit: bool) -> Result<bool, BadWords> {
        self.encode(bit, adaptive.one());
        adaptive.learn(bit);
        Ok(bit)
    }

    fn predicted_bit(&mut self, one: u16, bit: bool) -> Result<bool, BadWords> {
        self.encode(bit, one);
        Ok(bit)
    }
}

impl BitCoder for LaneDecoder<'_> {
    fn bit(&mut self, adaptive: &mut AdaptiveBit, _: bool) -> Result<bool, BadWords> {
        let bit = self.decode(adaptive.one())?;
        adaptive.learn(bit);
        Ok(bit)
    }

    fn predicted_bit(&mut self, one: u16, _: bool) -> Result<bool, BadWords> {
        self.decode(one)
    }
}

/// Contexts that numbers are coded in.
pub const CONTEXTS: usize = 32;
/// Bits of the largest magnitude.
const LENGTHS: usize = 31;

/// Probabilities of a kind of numbers: zero, sign, bit length in unary, the two bits below the top one; the rest is even.
#[derive(Clone)]
pub struct Numbers {
    zero: [AdaptiveBit; CONTEXTS],
    negative: [AdaptiveBit; CONTEXTS],
    longer: [[AdaptiveBit; LENGTHS]; CONTEXTS],
    upper: [[AdaptiveBit; 3]; LENGTHS],
}

impl Default for Numbers {
    fn default() -> Self {
        let bit = AdaptiveBit::default();
        Numbers {
            zero: [bit; CONTEXTS],
            negative: [bit; CONTEXTS],
            longer: [[bit; LENGTHS]; CONTEXTS],
            upper: [[bit; 3]; LENGTHS],
        }
    }
}

impl Numbers {
    /// Codes a number of at most 31 bits and a sign in a context below [`CONTEXTS`].
    pub fn code(
        &mut self,
        coder: &mut impl BitCoder,
        context: usize,
        number: i32,
    ) -> Result<i32, BadWords> {
        let context = context.min(CONTEXTS - 1);
        if !coder.bit(&mut self.zero[context], number != 0)? {
            return Ok(0);
        }
        let negative = coder.bit(&mut self.negative[context], number < 0)?;
        let magnitude = number.unsigned_abs();
        let bits = (u32::BITS - magnitude.leading_zeros()) as usize;
        let mut length = 1;
        while length < LENGTHS && coder.bit(&mut self.longer[context][length], bits > length)? {
            length += 1;
        }
        let mut found = 1u32;
        for (k, below) in (0..length - 1).rev().enumerate() {
            let bit = magnitude >> below & 1 == 1;
            let bit = match k {
                0 => coder.bit(&mut self.upper[length - 1][0], bit)?,
                1 => coder.bit(&mut self.upper[length - 1][1 + (found & 1) as usize], bit)?,
                _ => coder.even_bit(bit)?,
            };
            found = found << 1 | u32::from(bit);
        }
        let found = found as i32;
        Ok(if negative { -found } else { found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Vec<(usize, i32)> {
        let mut state = 1u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            (state >> 33) as i32
        };
        let ends = [i32::MAX, -i32::MAX, 0, 1, -1];
        (0..3000)
            .map(|i| (next() as usize % 40, next() >> (i % 31)))
            .chain(ends.map(|n| (0, n)))
            .collect()
    }

    #[test]
    fn numbers_come_back() {
        let numbers = numbers();
        let mut encoder = LaneEncoder::default();
        let mut models = Numbers::default();
        for &(context, number) in &numbers {
            assert_eq!(models.code(&mut encoder, context, number), Ok(number));
        }
        let words = encoder.finish();
        let mut decoder = LaneDecoder::new(&words).unwrap();
        let mut models = Numbers::default();
        for &(context, number) in &numbers {
            assert_eq!(models.code(&mut decoder, context, 0), Ok(number));
        }
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn equal_numbers_cost_next_to_nothing() {
        let mut encoder = LaneEncoder::default();
        let mut models = Numbers::default();
        for _ in 0..10_000 {
            models.code(&mut encoder, 3, 0).unwrap();
        }
        assert!(encoder.finish().len() < 10);
    }
}
