//! Literals: half bytes in contexts of the bytes before, whose frequencies are mixed.

use super::code::{Code, Lane};
use crate::kernel::{Frequencies, FrequencyKernel, Rates};

static RATES: Rates = Rates::new(128);

/// How often a table was adapted, as far as weights differ by it.
const COUNTS: usize = 32;

/// How fast weights adapt.
const WEIGHT_RATE: i32 = 256;
const WEIGHTS: (i32, i32) = (256, 32511);

/// Weights of a table's half bytes, by how often it was adapted.
type Weights = [[u16; COUNTS]; 2];

/// What the literals of a frame are coded with.
pub struct Literals {
    /// A context's tables lie together: that of the upper half, those of the lower.
    first: Vec<Frequencies>,
    /// Those in contexts of three bytes, hashed.
    third: Vec<Frequencies>,
    shift: u32,
    weights: Weights,
}

/// The binary logarithm of the fewest and most tables of a hashed context.
const SMALLEST: u32 = 10;
const LARGEST: u32 = 16;

impl Literals {
    /// For a frame of `len` bytes, at its beginning.
    pub fn new(len: usize) -> Literals {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(SMALLEST, LARGEST);
        Literals {
            first: vec![Frequencies::UNIFORM; 256 * 32],
            third: vec![Frequencies::UNIFORM; 1 << bits],
            shift: 32 - bits,
            weights: [[16384; COUNTS]; 2],
        }
    }

    /// A literal; `before` are the bytes before it, the last lowest.
    #[inline(always)]
    pub fn byte<K: FrequencyKernel, C: Code>(&mut self, code: &mut C, before: u32, byte: u8) -> u8 {
        let first = (before as usize & 255) << 5;
        let hash = (before & 0xff_ffff).wrapping_mul(0x9E37_79B1);
        let upper = usize::from(byte >> 4);
        let upper = self.half::<K, C>(code, Lane::Upper, first, hash, upper) & 15;
        let lower = usize::from(byte & 15);
        let hash = hash ^ (upper as u32 + 1).wrapping_mul(0xC2B2_AE35);
        let lower = self.half::<K, C>(code, Lane::Lower, first + 1 + upper, hash, lower);
        (upper << 4 | lower) as u8
    }

    #[inline(always)]
    fn half<K: FrequencyKernel, C: Code>(
        &mut self,
        code: &mut C,
        lane: Lane,
        first: usize,
        hash: u32,
        symbol: usize,
    ) -> usize {
        let first = &mut self.first[first & (256 * 32 - 1)];
        let third = &mut self.third[(hash >> self.shift) as usize];
        let weight = &mut self.weights[lane as usize & 1][third.count().min(COUNTS - 1)];
        let mixed = K::mix(first, third, *weight);
        let symbol = code.symbol::<K>(lane, &mixed, symbol);
        let of = |table: &Frequencies| i32::from(table.interval(symbol).1);
        *weight = moved(*weight, of(third) - of(first), of(&mixed));
        K::adapt(first, symbol, &RATES);
        K::adapt(third, symbol, &RATES);
        symbol
    }
}

/// A weight, after a symbol whose frequencies differed so much, and together were `mixed`.
#[inline(always)]
pub(super) fn moved(weight: u16, difference: i32, mixed: i32) -> u16 {
    let step = (difference * WEIGHT_RATE) >> (32 - mixed.leading_zeros());
    (i32::from(weight) + step).clamp(WEIGHTS.0, WEIGHTS.1) as u16
}
