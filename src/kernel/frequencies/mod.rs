//! Adaptive frequencies of 16 symbols: the tables of the column coder.
//!
//! `portable` is the normative definition of both operations; `sse2`, which every x86-64 processor has, gives the same numbers.

mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;

pub use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub use sse2::Sse2;

/// All frequencies of a table together.
pub const TOTAL: u16 = 1 << 15;
/// What a frequency tends to, where its symbol does not come.
const FLOOR: u16 = 2;

/// Cumulative frequencies of 16 symbols, in units of 2^-15. Entry `s` is the sum of the frequencies of the symbols before `s`, each of
/// which is at least 1; for `s` = 0 that would be 0, and how often the table was adapted stands there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Frequencies([u16; 16]);

impl Frequencies {
    /// All symbols alike, none met.
    pub const UNIFORM: Frequencies = {
        let (mut table, mut s) = ([0; 16], 0);
        while s < 16 {
            table[s] = s as u16 * (TOTAL / 16);
            s += 1;
        }
        Frequencies(table)
    };

    /// How often the table was adapted, as far as that is counted.
    #[inline(always)]
    pub fn count(&self) -> usize {
        usize::from(self.0[0])
    }

    /// Where a symbol's frequency begins, and the frequency.
    #[inline(always)]
    pub fn interval(&self, symbol: usize) -> (u16, u16) {
        // By masks: which symbol it is, no processor foresees.
        let symbol = symbol & 15;
        let (is_first, is_last) = (u16::from(symbol == 0), u16::from(symbol == 15));
        let start = self.0[symbol] & is_first.wrapping_sub(1);
        let end = self.0[(symbol + 1) & 15] & is_last.wrapping_sub(1) | is_last << 15;
        (start, end - start)
    }
}

/// Frequencies that were mixed of two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Mixed {
    table: Frequencies,
    /// By how much more the second table has than the first, behind it 0.
    differences: [i16; 32],
    /// The table, with 0 at the beginning and the sum of all behind it.
    entries: [u16; 32],
}

impl Mixed {
    /// Frequencies to be mixed again.
    #[inline(always)]
    pub fn table(&self) -> &Frequencies {
        &self.table
    }

    /// Where a symbol's frequency begins, and the frequency.
    #[inline(always)]
    pub fn interval(&self, symbol: usize) -> (u16, u16) {
        let symbol = symbol & 15;
        let start = self.entries[symbol];
        (start, self.entries[symbol + 1] - start)
    }

    /// How much more of a symbol the second table has than the first.
    #[inline(always)]
    pub fn difference(&self, symbol: usize) -> i32 {
        let symbol = symbol & 15;
        i32::from(self.differences[symbol + 1]) - i32::from(self.differences[symbol])
    }
}

/// What every entry of a table tends to when a symbol comes.
static TARGETS: [Frequencies; 16] = {
    let (mut targets, mut symbol) = ([Frequencies([0; 16]); 16], 0);
    while symbol < 16 {
        let mut s = 0;
        while s < 16 {
            targets[symbol].0[s] = match s > symbol {
                true => TOTAL - (16 - s as u16) * FLOOR,
                false => s as u16 * FLOOR,
            };
            s += 1;
        }
        symbol += 1;
    }
    targets
};

/// The most times that a table counts how often it was adapted.
const MAX_COUNT: usize = 256;

/// How fast tables adapt: by 1/(n + 5/3) of the difference the nth time (from 0 on), as counts from a third of a symbol each would, but
/// never by less than `1/limit`.
pub struct Rates {
    /// After each count: what the differences are multiplied by, in units of 2^-16, and what is added to the count.
    steps: [(Frequencies, Frequencies); MAX_COUNT],
}

impl Rates {
    /// Rates that do not fall below `1/limit`; at most [`MAX_COUNT`].
    pub const fn new(limit: usize) -> Rates {
        let mut steps = [(Frequencies([0; 16]), Frequencies([0; 16])); MAX_COUNT];
        let mut n = 0;
        while n < MAX_COUNT {
            let rate = 3 * 65536 / (3 * n as u32 + 5);
            let least = 65536 / limit as u32;
            let is_last = rate <= least || n == MAX_COUNT - 1;
            let rate = match is_last {
                true => least,
                false => rate,
            };
            let mut s = 1;
            while s < 16 {
                steps[n].0.0[s] = if rate > 32767 { 32767 } else { rate as u16 };
                s += 1;
            }
            steps[n].1.0[0] = !is_last as u16;
            n += 1;
        }
        Rates { steps }
    }
}

/// The operations on a table.
pub trait FrequencyKernel {
    /// The symbol whose interval contains `quantile`, which is below 2^15.
    fn find(table: &Frequencies, quantile: u16) -> usize;

    /// Moves every entry towards the symbol's target: by the difference times the rate, rounded down, and one more where it rises.
    fn adapt(table: &mut Frequencies, symbol: usize, rates: &Rates);

    /// A table from `low` to `high`, `weight` 2^-15 of the difference on, rounded down. The weight is below 2^15, so every symbol keeps a
    /// frequency.
    fn mix(low: &Frequencies, high: &Frequencies, weight: u16) -> Mixed;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols() -> impl Iterator<Item = usize> {
        let mut state = 1u32;
        (0..20_000).map(move |k| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match k / 2000 % 4 {
                0 => (state >> 28) as usize,
                1 => 15,
                2 => 0,
                _ => (state >> 30) as usize * 5,
            }
        })
    }

    #[test]
    fn every_symbol_keeps_a_frequency() {
        for limit in [2, 30, 256] {
            let rates = Rates::new(limit);
            let mut table = Frequencies::UNIFORM;
            for symbol in symbols() {
                Portable::adapt(&mut table, symbol, &rates);
                let mut next = 0;
                for s in 0..16 {
                    let (start, frequency) = table.interval(s);
                    assert_eq!(start, next);
                    assert!(frequency > 0, "{table:?}");
                    assert_eq!(Portable::find(&table, start), s);
                    assert_eq!(Portable::find(&table, start + frequency - 1), s);
                    next = start + frequency;
                }
                assert_eq!(next, TOTAL);
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn vectors_give_the_same() {
        for limit in [2, 30, 256] {
            let rates = Rates::new(limit);
            let (mut one, mut other) = (Frequencies::UNIFORM, Frequencies::UNIFORM);
            for (k, symbol) in symbols().enumerate() {
                Portable::adapt(&mut one, symbol, &rates);
                Sse2::adapt(&mut other, symbol, &rates);
                assert_eq!(one, other);
                for quantile in [0, 1, 32767, (k * 7919 % 32768) as u16] {
                    assert_eq!(Portable::find(&one, quantile), Sse2::find(&one, quantile));
                }
                let (start, frequency) = one.interval(symbol);
                for quantile in [start, start + frequency - 1] {
                    assert_eq!(Sse2::find(&one, quantile), symbol);
                }
            }
        }
    }

    #[test]
    fn mixed_tables_keep_every_symbol() {
        let rates = Rates::new(60);
        let (mut low, mut high) = (Frequencies::UNIFORM, Frequencies::UNIFORM);
        for (k, symbol) in symbols().enumerate() {
            Portable::adapt(&mut low, symbol, &rates);
            Portable::adapt(&mut high, symbol * k % 16, &rates);
            let weight = match k % 4 {
                0 => 0,
                1 => 32767,
                _ => (k * 7919 % 32768) as u16,
            };
            let mixed = Portable::mix(&low, &high, weight);
            assert!((0..16).all(|s| mixed.interval(s).1 > 0));
            #[cfg(target_arch = "x86_64")]
            assert_eq!(Sse2::mix(&low, &high, weight), mixed);
            for s in 0..16 {
                let more = i32::from(high.interval(s).1) - i32::from(low.interval(s).1);
                assert_eq!(mixed.difference(s), more);
            }
        }
    }
}
