//! Literals: half bytes in contexts of the bytes before, whose frequencies are mixed.

use super::code::{Code, Lane};
use crate::kernel::{Frequencies, FrequencyKernel, Rates};

/// The tables that a half byte's frequencies are mixed of.
const TABLES: usize = 3;

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
    /// Hashed.
    others: [Vec<Frequencies>; TABLES - 1],
    shift: u32,
    weights: [Weights; TABLES - 1],
}

/// The binary logarithm of the fewest and most tables of a hashed context.
const SMALLEST: u32 = 10;
const LARGEST: u32 = 16;

impl Literals {
    /// For a frame of `len` bytes, at its beginning.
    pub fn new(len: usize) -> Literals {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(SMALLEST, LARGEST);
        let table = || vec![Frequencies::UNIFORM; 1 << bits];
        Literals {
            first: vec![Frequencies::UNIFORM; 256 * 32],
            others: [table(), table()],
            shift: 32 - bits,
            weights: [[[16384; COUNTS]; 2]; TABLES - 1],
        }
    }

    /// A literal; `before` are the bytes before it, the last lowest.
    #[inline(always)]
    pub fn byte<K: FrequencyKernel, C: Code>(&mut self, code: &mut C, before: u32, byte: u8) -> u8 {
        let first = (before as usize & 255) << 5;
        let hashes = [
            (before & 0xffff).wrapping_mul(0x9E37_79B1),
            (before & 0xff_ffff).wrapping_mul(0x85EB_CA6B).rotate_left(7),
        ];
        let upper = usize::from(byte >> 4);
        let upper = self.half::<K, C>(code, Lane::Upper, first, hashes, upper) & 15;
        let lower = usize::from(byte & 15);
        let salt = (upper as u32 + 1).wrapping_mul(0xC2B2_AE35);
        let hashes = hashes.map(|hash| hash ^ salt);
        let lower = self.half::<K, C>(code, Lane::Lower, first + 1 + upper, hashes, lower);
        (upper << 4 | lower) as u8
    }

    #[inline(always)]
    fn half<K: FrequencyKernel, C: Code>(
        &mut self,
        code: &mut C,
        lane: Lane,
        first: usize,
        hashes: [u32; TABLES - 1],
        symbol: usize,
    ) -> usize {
        let first = &mut self.first[first & (256 * 32 - 1)];
        let [second, third] = &mut self.others;
        let index = |hash: u32| (hash >> self.shift) as usize;
        let second = &mut second[index(hashes[0])];
        let third = &mut third[index(hashes[1])];
        let [for_second, for_third] = &mut self.weights;
        let weight = &mut for_second[lane as usize & 1][second.count().min(COUNTS - 1)];
        let mixed = K::mix(first, second, *weight);
        let last_weight = &mut for_third[lane as usize & 1][third.count().min(COUNTS - 1)];
        let all = K::mix(&mixed, third, *last_weight);
        let symbol = code.symbol::<K>(lane, &all, symbol);
        let of = |table: &Frequencies| i32::from(table.interval(symbol).1);
        let (low, high, both) = (of(first), of(second), of(&mixed));
        *weight = moved(*weight, high - low, both);
        *last_weight = moved(*last_weight, of(third) - both, of(&all));
        K::adapt(first, symbol, &RATES);
        K::adapt(second, symbol, &RATES);
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
