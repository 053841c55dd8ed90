//! Specials: the elements of a column that come back bit for bit, such as NaNs, infinities, -0, fill values, and what no grid value is
//! close enough to.

use crate::coder::{AdaptiveBit, BadWords, BitCoder, Integers};
use std::collections::HashMap;

/// Different bit patterns that a column may list.
const MAX_PATTERNS: usize = 255;

/// Contexts of the parameters.
mod context {
    pub const ANY: usize = 20;
    pub const PATTERNS: usize = 21;
}

/// The specials of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Specials {
    /// For each row whether its element is special; empty if none is.
    pub flags: Vec<bool>,
    /// Their bits, in the order of the rows.
    pub bits: Vec<u64>,
}

impl Specials {
    /// Whether the element of a row is special.
    pub fn contains(&self, row: usize) -> bool {
        self.flags.get(row).is_some_and(|&special| special)
    }

    /// Makes an element special, the last of those already in `self` or beyond.
    pub fn push(&mut self, row: usize, rows: usize, bits: u64) {
        if self.flags.is_empty() {
            self.flags = vec![false; rows];
        }
        self.flags[row] = true;
        self.bits.push(bits);
    }

    /// Bit patterns that come again, unless there are too many of them: what specials are coded as numbers of.
    fn patterns(&self) -> Vec<u64> {
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for &bits in &self.bits {
            *counts.entry(bits).or_default() += 1;
        }
        let mut patterns: Vec<(usize, u64)> = { counts.into_iter() }
            .filter(|&(_, count)| count > 1)
            .map(|(bits, count)| (count, bits))
            .collect();
        patterns.sort_unstable_by(|a, b| b.cmp(a));
        patterns.truncate(MAX_PATTERNS);
        patterns.into_iter().map(|(_, bits)| bits).collect()
    }

    /// Codes the specials of a column of `rows` elements of `width` bytes; `left` are those of the column before. A decoder supplies none.
    ///
    /// # Errors
    /// Those of the coder.
    pub fn code<C: BitCoder>(
        &self,
        integers: &mut Integers<C>,
        width: u8,
        rows: usize,
        left: &Specials,
    ) -> Result<Specials, BadWords> {
        self.code_with(integers, width, |integers| {
            self.code_flags(integers, rows, left)
        })
    }

    /// Codes specials whose flags are coded as is supplied.
    ///
    /// # Errors
    /// Those of the coder.
    pub fn code_with<C: BitCoder>(
        &self,
        integers: &mut Integers<C>,
        width: u8,
        code_flags: impl FnOnce(&mut Integers<C>) -> Result<Vec<bool>, BadWords>,
    ) -> Result<Specials, BadWords> {
        let any = u64::from(!self.flags.is_empty());
        if integers.within(context::ANY, any, 0, 1)? == 0 {
            return Ok(Specials::default());
        }
        let known = self.patterns();
        let most = MAX_PATTERNS as u64;
        let count = integers.within(context::PATTERNS, known.len() as u64, 0, most)? as usize;
        let mut patterns = Vec::with_capacity(count);
        for k in 0..count {
            patterns.push(raw(integers, width, known.get(k).copied().unwrap_or(0))?);
        }
        let mut coded = Specials {
            flags: code_flags(integers)?,
            bits: Vec::new(),
        };
        let number = |bits: u64| known.iter().position(|&p| p == bits).unwrap_or(known.len());
        // By the number of the last one: fill values come in runs.
        let mut models = vec![[AdaptiveBit::default(); 256]; count + 2];
        let mut last = count + 1;
        for k in 0..coded.flags.iter().filter(|&&special| special).count() {
            let bits = self.bits.get(k).copied().unwrap_or(0);
            last = match count {
                0 => 0,
                _ => symbol(integers.coder(), &mut models[last], number(bits), count)?,
            };
            coded.bits.push(match patterns.get(last) {
                Some(&bits) => bits,
                None => raw(integers, width, bits)?,
            });
        }
        Ok(coded)
    }

    fn code_flags<C: BitCoder>(
        &self,
        integers: &mut Integers<C>,
        rows: usize,
        left: &Specials,
    ) -> Result<Vec<bool>, BadWords> {
        let mut models = [AdaptiveBit::default(); 16];
        let mut flags = vec![false; rows];
        let mut past = 0;
        for (row, flag) in flags.iter_mut().enumerate() {
            let model = &mut models[past << 1 | usize::from(left.contains(row))];
            *flag = integers.coder().bit(model, self.contains(row))?;
            past = (past << 1 | usize::from(*flag)) & 7;
        }
        Ok(flags)
    }
}

/// An element's bits, which nothing predicts.
fn raw<C: BitCoder>(integers: &mut Integers<C>, width: u8, bits: u64) -> Result<u64, BadWords> {
    let mut found = 0;
    for k in (0..8 * u32::from(width)).rev() {
        found = found << 1 | u64::from(integers.coder().even_bit(bits >> k & 1 == 1)?);
    }
    Ok(found)
}

/// A number from 0 to `most`, as eight bits.
fn symbol<C: BitCoder>(
    coder: &mut C,
    models: &mut [AdaptiveBit; 256],
    number: usize,
    most: usize,
) -> Result<usize, BadWords> {
    let mut node = 1;
    for k in (0..8).rev() {
        node = node << 1 | usize::from(coder.bit(&mut models[node], number >> k & 1 == 1)?);
    }
    Ok((node - 256).min(most))
}
