//! Literals: half bytes in contexts of the bytes before, whose frequencies are mixed.

use super::code::{Code, Lane};
use crate::kernel::{Frequencies, FrequencyKernel, Mixed, Rates};

static RATES: Rates = Rates::new(128);

/// How often a table was adapted, as far as weights differ by it.
const COUNTS: usize = 32;

/// How fast weights adapt, and how far.
const WEIGHT_RATE: i32 = 256;
const WEIGHTS: (i32, i32) = (256, 32511);

/// Weights of a table's half bytes, by how often it was adapted.
type Weights = [[u16; COUNTS]; 2];

/// Tables of a byte: of its upper half, and of the lower for each upper.
const BYTE: usize = 32;

/// What the literals of a frame are coded with.
pub struct Literals {
    /// In contexts of the byte before.
    first: Vec<Frequencies>,
    /// In contexts of three bytes before, hashed.
    third: Vec<Frequencies>,
    /// In contexts of the byte that the last match would go on with, and whether the match is just over.
    expected: Vec<Frequencies>,
    shift: u32,
    of_third: Weights,
    of_expected: Weights,
}

/// The binary logarithm of the fewest and most tables of a hashed context.
const SMALLEST: u32 = 10;
const LARGEST: u32 = 16;

/// What the context of a literal is.
#[derive(Clone, Copy)]
pub struct Before {
    /// The bytes before, the last lowest.
    pub bytes: u32,
    /// The byte that the last match would go on with, and 256 where it is just over.
    pub expected: usize,
}

impl Literals {
    /// For a frame of `len` bytes, at its beginning.
    pub fn new(len: usize) -> Literals {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(SMALLEST, LARGEST);
        Literals {
            first: vec![Frequencies::UNIFORM; 256 * BYTE],
            third: vec![Frequencies::UNIFORM; 1 << bits],
            expected: vec![Frequencies::UNIFORM; 512 * BYTE],
            shift: 32 - bits,
            of_third: [[16384; COUNTS]; 2],
            of_expected: [[16384; COUNTS]; 2],
        }
    }

    /// A literal.
    #[inline(always)]
    pub fn byte<K: FrequencyKernel, C: Code, const EXPECTED: bool>(
        &mut self,
        code: &mut C,
        before: Before,
        byte: u8,
    ) -> u8 {
        let tables = [
            before.bytes as usize % 256 * BYTE,
            before.expected % 512 * BYTE,
        ];
        let hash = (before.bytes & 0xff_ffff).wrapping_mul(0x9E37_79B1);
        let upper = usize::from(byte >> 4);
        let upper = self.half::<K, C, EXPECTED>(code, Lane::Upper, tables, hash, upper) & 15;
        let lower = usize::from(byte & 15);
        let tables = tables.map(|table| table + 1 + upper);
        let hash = hash ^ (upper as u32 + 1).wrapping_mul(0xC2B2_AE35);
        let lower = self.half::<K, C, EXPECTED>(code, Lane::Lower, tables, hash, lower);
        (upper << 4 | lower) as u8
    }

    #[inline(always)]
    fn half<K: FrequencyKernel, C: Code, const EXPECTED: bool>(
        &mut self,
        code: &mut C,
        lane: Lane,
        [first, expected]: [usize; 2],
        hash: u32,
        symbol: usize,
    ) -> usize {
        let is_lower = lane as usize & 1;
        let first = &mut self.first[first];
        let third = &mut self.third[(hash >> self.shift) as usize];
        let weight = &mut self.of_third[is_lower][third.count().min(COUNTS - 1)];
        let mixed = K::mix(first, third, *weight);
        let symbol = if EXPECTED {
            let expected = &mut self.expected[expected];
            let last = &mut self.of_expected[is_lower][expected.count().min(COUNTS - 1)];
            let all = K::mix(mixed.table(), expected, *last);
            let symbol = code.mixed::<K>(lane, &all, symbol);
            *last = moved(*last, &all, symbol);
            K::adapt(expected, symbol, &RATES);
            symbol
        } else {
            code.mixed::<K>(lane, &mixed, symbol)
        };
        *weight = moved(*weight, &mixed, symbol);
        K::adapt(first, symbol, &RATES);
        K::adapt(third, symbol, &RATES);
        symbol
    }
}

/// A weight, after a symbol of what was mixed with it.
#[inline(always)]
pub fn moved(weight: u16, mixed: &Mixed, symbol: usize) -> u16 {
    let (_, frequency) = mixed.interval(symbol);
    let step = (mixed.difference(symbol) * WEIGHT_RATE) >> ((frequency | 1).ilog2() + 1);
    (i32::from(weight) + step).clamp(WEIGHTS.0, WEIGHTS.1) as u16
}
