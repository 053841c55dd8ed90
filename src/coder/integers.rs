//! Integers of up to 64 bits as a sequence of parameters, the same code in both directions.

use super::{AdaptiveBit, BadWords, BitCoder, CONTEXTS, Numbers};

/// Magnitudes below this are coded by length and upper bits, others bit by bit.
const SHORT: u64 = 1 << 30;

/// Codes parameters one after the other: what a caller supplies is written by an encoder and ignored by a decoder; what is
/// returned is what was coded.
pub struct Integers<'c, C> {
    coder: &'c mut C,
    numbers: Numbers,
    long: [AdaptiveBit; CONTEXTS],
}

impl<'c, C: BitCoder> Integers<'c, C> {
    /// Before the first parameter.
    pub fn new(coder: &'c mut C) -> Self {
        Integers {
            coder,
            numbers: Numbers::default(),
            long: [AdaptiveBit::default(); CONTEXTS],
        }
    }

    /// Codes an integer in a context below [`CONTEXTS`]: those of a kind have one of their own.
    ///
    /// # Errors
    /// Those of the coder.
    pub fn integer(&mut self, context: usize, value: i64) -> Result<i64, BadWords> {
        let long = value.unsigned_abs() >= SHORT;
        if !self.coder.bit(&mut self.long[context % CONTEXTS], long)? {
            return Ok(self.numbers.code(self.coder, context, value as i32)?.into());
        }
        self.bits(value as u64).map(|bits| bits as i64)
    }

    /// Codes an integer that is from `least` to `most`.
    ///
    /// # Errors
    /// Those of the coder; [`BadWords`] for an integer outside.
    pub fn within(
        &mut self,
        context: usize,
        value: u64,
        least: u64,
        most: u64,
    ) -> Result<u64, BadWords> {
        let found = self.integer(context, value as i64)? as u64;
        match (least..=most).contains(&found) {
            true => Ok(found),
            false => Err(BadWords),
        }
    }

    /// Codes 64 bits that nothing is known of.
    ///
    /// # Errors
    /// Those of the coder.
    pub fn bits(&mut self, value: u64) -> Result<u64, BadWords> {
        let mut found = 0;
        for k in (0..u64::BITS).rev() {
            found = found << 1 | u64::from(self.coder.even_bit(value >> k & 1 == 1)?);
        }
        Ok(found)
    }

    /// The coder, for what is no parameter.
    pub fn coder(&mut self) -> &mut C {
        self.coder
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LaneDecoder, LaneEncoder};
    use super::*;

    #[test]
    fn integers_come_back() {
        let values: Vec<i64> = { (0..64).map(|k| 1i64 << k) }
            .flat_map(|v| [v, v.wrapping_sub(1), v.wrapping_neg(), v.wrapping_add(1)])
            .chain([i64::MIN, i64::MAX, 0])
            .collect();
        let mut encoder = LaneEncoder::default();
        let mut integers = Integers::new(&mut encoder);
        for (k, &value) in values.iter().enumerate() {
            assert_eq!(integers.integer(k, value), Ok(value));
        }
        let words = encoder.finish();
        let mut decoder = LaneDecoder::new(&words).unwrap();
        let mut integers = Integers::new(&mut decoder);
        for (k, &value) in values.iter().enumerate() {
            assert_eq!(integers.integer(k, 0), Ok(value));
        }
    }

    #[test]
    fn integers_outside_are_refused() {
        let mut encoder = LaneEncoder::default();
        Integers::new(&mut encoder).integer(0, 8).unwrap();
        let words = encoder.finish();
        let mut decoder = LaneDecoder::new(&words).unwrap();
        assert_eq!(
            Integers::new(&mut decoder).within(0, 0, 0, 7),
            Err(BadWords)
        );
    }
}
