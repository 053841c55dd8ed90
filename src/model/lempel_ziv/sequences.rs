//! Sequences: how many literals, which offset, how long the match is.

use super::code::{Code, Lane};
use super::literals::moved;
use super::{MIN_MATCH, MIN_RECENT, RECENT};
use crate::kernel::{Frequencies, FrequencyKernel, Rates};

static RATES: Rates = Rates::new(64);

/// What stands for a larger number.
const LARGER: usize = 15;

/// Kinds of matches: recent offsets, an offset below 2^12, and those of so many bits more.
const SMALL: usize = RECENT;
const SMALL_BITS: usize = 12;

/// Offsets have fewer bits than this.
const MAX_BITS: usize = SMALL_BITS + 16 - SMALL - 1;

/// A table in a wide context, one in a narrow context, and the weights of the wide one.
struct InTwo {
    narrow: Vec<Frequencies>,
    wide: Vec<Frequencies>,
    weights: [u16; 32],
}

impl InTwo {
    fn new(narrow: usize, wide: usize) -> InTwo {
        InTwo {
            narrow: vec![Frequencies::UNIFORM; narrow],
            wide: vec![Frequencies::UNIFORM; wide],
            weights: [16384; 32],
        }
    }

    fn symbol<K: FrequencyKernel, C: Code>(
        &mut self,
        code: &mut C,
        (narrow, wide): (usize, usize),
        symbol: usize,
    ) -> usize {
        let (narrow, wide) = (&mut self.narrow[narrow], &mut self.wide[wide]);
        let weight = &mut self.weights[wide.count().min(31)];
        let mixed = K::mix(narrow, wide, *weight);
        let symbol = code.mixed::<K>(Lane::Matches, &mixed, symbol);
        *weight = moved(*weight, &mixed, symbol);
        K::adapt(narrow, symbol, &RATES);
        K::adapt(wide, symbol, &RATES);
        symbol
    }
}

/// Numbers from 15 on: how many bits, the three below the first, the rest.
struct Larger {
    bits: Frequencies,
    upper: [Frequencies; 32],
}

impl Larger {
    fn new() -> Larger {
        Larger {
            bits: Frequencies::UNIFORM,
            upper: [Frequencies::UNIFORM; 32],
        }
    }

    fn number<K: FrequencyKernel, C: Code>(&mut self, code: &mut C, number: usize) -> usize {
        let number = number.wrapping_sub(LARGER - 1);
        let bits = plain::<K, C>(&mut self.bits, code, number.max(1).ilog2() as usize);
        let bits = match bits {
            // Blocks have no longer ones, but for the full block's.
            LARGER => {
                LARGER
                    + code.bits(
                        3,
                        (number.max(1).ilog2() as usize).wrapping_sub(LARGER) as u32,
                    ) as usize
            }
            bits => bits,
        };
        let upper = bits.min(3);
        let rest = (bits - upper) as u32;
        let top = (number >> rest) & ((1 << upper) - 1);
        let top = match upper {
            0 => 0,
            _ => plain::<K, C>(&mut self.upper[bits], code, top) & 7,
        };
        let below = code.bits(rest, (number & ((1 << rest) - 1)) as u32) as usize;
        (1 << bits | top << rest | below) + LARGER - 1
    }
}

fn plain<K: FrequencyKernel, C: Code>(
    table: &mut Frequencies,
    code: &mut C,
    symbol: usize,
) -> usize {
    let symbol = code.symbol::<K>(table, symbol.min(15));
    K::adapt(table, symbol, &RATES);
    symbol
}

/// What the sequences of a frame are coded with.
pub struct Sequences {
    run: InTwo,
    kind: InTwo,
    len: InTwo,
    more_literals: Larger,
    more_bytes: [Larger; 2],
    small: Frequencies,
    upper: [Frequencies; MAX_BITS],
    lower: [Frequencies; MAX_BITS],
    recent: [u32; RECENT],
    last: Last,
}

/// The sequence before, each number up to 15.
#[derive(Clone, Copy, Default)]
struct Last {
    kind: usize,
    run: usize,
    len: usize,
}

impl Sequences {
    /// At the beginning of a frame.
    pub fn new() -> Sequences {
        Sequences {
            run: InTwo::new(4 * 16, 4 * 16 * 16),
            kind: InTwo::new(4 * 16, 4 * 256),
            len: InTwo::new(16 + 32, 16 * 16 * 16),
            more_literals: Larger::new(),
            more_bytes: [Larger::new(), Larger::new()],
            small: Frequencies::UNIFORM,
            upper: [Frequencies::UNIFORM; MAX_BITS],
            lower: [Frequencies::UNIFORM; MAX_BITS],
            recent: [1; RECENT],
            last: Last::default(),
        }
    }

    /// Offsets that were met last.
    pub fn recent(&self) -> [u32; RECENT] {
        self.recent
    }

    /// The number of literals.
    pub fn literals<K: FrequencyKernel, C: Code>(&mut self, code: &mut C, literals: u32) -> u32 {
        let Last { kind, run, len } = self.last;
        let context = (kind * 16 + len, (run * 16 + len) * 4 + kind);
        let literals = literals as usize;
        let run = self.run.symbol::<K, C>(code, context, literals.min(LARGER));
        self.last.run = run;
        match run {
            LARGER => self.more_literals.number::<K, C>(code, literals) as u32,
            run => run as u32,
        }
    }

    /// Offset and length of the match after the literals, of which `before` is the last byte.
    pub fn of_match<K: FrequencyKernel, C: Code>(
        &mut self,
        code: &mut C,
        before: u8,
        offset: u32,
        len: u32,
    ) -> (u32, u32) {
        let Last {
            kind,
            run,
            len: last_len,
        } = self.last;
        let context = (run * 4 + kind, usize::from(before) * 4 + kind);
        let kind = self
            .kind
            .symbol::<K, C>(code, context, self.kind_of(offset));
        let is_recent = kind < RECENT;
        let (offset, narrow) = match is_recent {
            true => (self.recent[kind], run),
            false => {
                let (offset, bits) = self.offset::<K, C>(code, kind, offset);
                (offset, 16 + bits)
            }
        };
        let first = if is_recent { kind } else { RECENT - 1 };
        self.recent.copy_within(..first, 1);
        self.recent[0] = offset;
        let shortest = if is_recent { MIN_RECENT } else { MIN_MATCH };
        let above = (len as usize).wrapping_sub(shortest);
        let context = (narrow, (kind * 16 + run) * 16 + last_len);
        let symbol = self.len.symbol::<K, C>(code, context, above.min(LARGER));
        let above = match symbol {
            LARGER => self.more_bytes[usize::from(is_recent)].number::<K, C>(code, above),
            above => above,
        };
        self.last.kind = kind.min(SMALL);
        self.last.len = symbol;
        (offset, (above + shortest) as u32)
    }

    fn kind_of(&self, offset: u32) -> usize {
        let recent = self.recent.iter().position(|&recent| recent == offset);
        let bits = offset.max(1).ilog2() as usize;
        recent.unwrap_or((SMALL + 1 + bits).saturating_sub(SMALL_BITS).max(SMALL))
    }

    /// An offset that is not recent, and the number of its bits below the first.
    fn offset<K: FrequencyKernel, C: Code>(
        &mut self,
        code: &mut C,
        kind: usize,
        offset: u32,
    ) -> (u32, usize) {
        let bits = match kind {
            SMALL => plain::<K, C>(&mut self.small, code, offset.max(1).ilog2() as usize),
            kind => kind - SMALL - 1 + SMALL_BITS,
        };
        let of = |shift: usize, count: usize| offset >> shift & ((1 << count) - 1);
        let below = match bits {
            ..8 => code.bits(bits as u32, of(0, bits)),
            _ => {
                let upper = plain::<K, C>(&mut self.upper[bits], code, of(bits - 4, 4) as usize);
                let middle = code.bits(bits as u32 - 8, of(4, bits - 8));
                let lower = plain::<K, C>(&mut self.lower[bits], code, of(0, 4) as usize);
                (upper as u32) << (bits - 4) | middle << 4 | lower as u32
            }
        };
        (1 << bits | below, bits)
    }
}
