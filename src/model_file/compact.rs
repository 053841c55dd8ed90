//! Tensors entropy coded, alone or as differences from a network that the decoder has.
//!
//! A number is coded in the context of how large the numbers beside it were: in its row and in its column.

use crate::coder::{BadWords, BitCoder, CONTEXTS, LaneDecoder, LaneEncoder, Numbers};
use crate::error::{Error, Result};
use crate::model::{Config, TensorVisitor, Value, Weights};

/// Bits in which a tensor says by how much its numbers were shifted down.
const UNIT_BITS: u32 = 3;

/// The words of the tensors; of their differences from `base` where that has a tensor of the same shape.
pub fn write(config: &Config, weights: &Weights, base: Option<&Base>) -> Result<Vec<u32>> {
    let mut weights = weights.clone();
    write_tensors(base, |walk| weights.visit(config, walk))
}

/// The inverse: the words must be exactly those of the tensors.
pub fn read(config: &Config, words: &[u32], base: Option<&Base>) -> Result<Weights> {
    let mut weights = Weights::default();
    read_tensors(words, base, |walk| weights.visit(config, walk))?;
    weights.finish(config)
}

/// The words of the tensors that `visit` shows.
pub fn write_tensors(
    base: Option<&Base>,
    visit: impl FnOnce(&mut TensorWalk<LaneEncoder>) -> Result<()>,
) -> Result<Vec<u32>> {
    let mut walk = TensorWalk::new(LaneEncoder::default(), base, true);
    visit(&mut walk)?;
    Ok(walk.coder.finish())
}

/// Fills the tensors that `visit` shows: the words must be exactly theirs.
pub fn read_tensors<'w>(
    words: &'w [u32],
    base: Option<&Base>,
    visit: impl FnOnce(&mut TensorWalk<LaneDecoder<'w>>) -> Result<()>,
) -> Result<()> {
    let coder = LaneDecoder::new(words).map_err(|BadWords| bad_words(words.len()))?;
    let mut walk = TensorWalk::new(coder, base, false);
    visit(&mut walk)?;
    { walk.coder.finish() }.map_err(|BadWords| bad_words(words.len()))
}

fn bad_words(words: usize) -> Error {
    Error::InvalidModel {
        what: "words that are no code of the tensors",
        found: words as u64,
        allowed: words as u64,
    }
}

/// The numbers of a network's tensors, in the order of the format.
#[derive(Default)]
pub struct Base {
    tensors: Vec<Vec<i64>>,
}

impl Base {
    /// Of a network.
    pub fn new(config: &Config, weights: &Weights) -> Result<Base> {
        let mut base = Base::default();
        weights.clone().visit(config, &mut base)?;
        Ok(base)
    }
}

impl TensorVisitor for Base {
    fn tensor<T: Value>(
        &mut self,
        _: &'static str,
        tensor: &mut Vec<T>,
        _: [usize; 2],
        _: i64,
        _: i64,
    ) -> Result<()> {
        self.tensors
            .push(tensor.iter().map(|value| value.wide()).collect());
        Ok(())
    }
}

/// One walk over the tensors, writing or reading.
pub struct TensorWalk<'a, C> {
    coder: C,
    base: Option<&'a Base>,
    /// Tensors passed.
    passed: usize,
    writing: bool,
    /// Of tensors with 8 bits a number, and of the others.
    numbers: [Numbers; 2],
}

impl<'a, C> TensorWalk<'a, C> {
    fn new(coder: C, base: Option<&'a Base>, writing: bool) -> Self {
        TensorWalk {
            coder,
            base,
            passed: 0,
            writing,
            numbers: Default::default(),
        }
    }
}

impl<C: BitCoder> TensorVisitor for TensorWalk<'_, C> {
    fn tensor<T: Value>(
        &mut self,
        name: &'static str,
        tensor: &mut Vec<T>,
        [rows, columns]: [usize; 2],
        low: i64,
        high: i64,
    ) -> Result<()> {
        let len = rows * columns;
        let wrong = |found: u64, allowed: u64| Error::InvalidModel {
            what: name,
            found,
            allowed,
        };
        if self.writing && tensor.len() != len {
            return Err(wrong(tensor.len() as u64, len as u64));
        }
        tensor.resize(len, T::narrow(low));
        let base = self.base.and_then(|base| base.tensors.get(self.passed));
        let base = base.filter(|base| base.len() == len);
        self.passed += 1;
        let is_small = low == -127 && high == 127;
        // Without a base, numbers that are not weights are coded as the difference from the one before.
        let from = |at: usize, before: i64| match base {
            Some(base) => base.get(at).copied().unwrap_or(0),
            None if is_small => 0,
            None => before,
        };

        let mut unit = 0;
        if self.writing {
            let mut before = 0;
            let mut bits = 0;
            for (at, value) in tensor.iter().enumerate() {
                bits |= value.wide() - from(at, before);
                before = value.wide();
            }
            unit = bits.trailing_zeros().min((1 << UNIT_BITS) - 1);
        }
        let mut found = 0;
        let words = |BadWords| wrong(0, 0);
        for k in 0..UNIT_BITS {
            let bit = self.coder.even_bit(unit >> k & 1 == 1).map_err(words)?;
            found |= u32::from(bit) << k;
        }
        let unit = found;

        let numbers = &mut self.numbers[usize::from(!is_small)];
        let mut above = vec![0u64; columns];
        let (mut left, mut before) = (0u64, 0i64);
        for (at, value) in tensor.iter_mut().enumerate() {
            let (Some(above), expected) = (above.get_mut(at % columns), from(at, before)) else {
                break;
            };
            let units = if self.writing {
                (value.wide() - expected) >> unit
            } else {
                0
            };
            let number = i32::try_from(units).map_err(|_| wrong(units.unsigned_abs(), 1 << 31))?;
            let number = numbers
                .code(&mut self.coder, context(*above + left), number)
                .map_err(words)?;
            let wide = expected + (i64::from(number) << unit);
            if !(low..=high).contains(&wide) {
                return Err(wrong(wide.unsigned_abs(), high as u64));
            }
            *value = T::narrow(wide);
            before = wide;
            // Means of the last few magnitudes, in sixteenths.
            let size = u64::from(number.unsigned_abs()) << 4;
            *above = (3 * *above + size) >> 2;
            left = (3 * left + size) >> 2;
        }
        Ok(())
    }
}

/// The context of a mean magnitude in 32nds: two for each doubling.
fn context(mean: u64) -> usize {
    let bits = (u64::BITS - mean.leading_zeros()) as usize;
    let half = if bits > 1 {
        (mean >> (bits - 2) & 1) as usize
    } else {
        0
    };
    (2 * bits + half).min(CONTEXTS - 1)
}
