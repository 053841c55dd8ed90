//! Hashed tables of counters: for each context a line of fifteen, the nodes of half a byte's binary tree.

use crate::kernel;

/// Lines of a table: at most 2^15 (2 MiB).
const MAX_BITS: u32 = 15;
const MIN_BITS: u32 = 8;

/// Bits after which a counter's rate stays.
const MAX_COUNT: u32 = 250;

/// `65536 / (n + 3/2)`.
const RATE: [u32; MAX_COUNT as usize + 1] = {
    let mut rate = [0; MAX_COUNT as usize + 1];
    let mut n = 0;
    while n <= MAX_COUNT as usize {
        rate[n] = 131_072 / (2 * n as u32 + 3);
        n += 1;
    }
    rate
};

/// `n / (n + 3/2)` in Q8: how far a counter's logit is to be believed.
const CONFIDENCE: [u16; MAX_COUNT as usize + 1] = {
    let mut confidence = [0; MAX_COUNT as usize + 1];
    let mut n = 0;
    while n <= MAX_COUNT as usize {
        confidence[n] = (512 * n / (2 * n + 3)) as u16;
        n += 1;
    }
    confidence
};

/// Bits seen at a node: the probability of a one (22 bits), the last two bits, and their number (8 bits).
#[derive(Clone, Copy)]
pub struct Counter(u32);

impl Counter {
    const FRESH: Counter = Counter(1 << 31);

    /// The probability of a one in 1/65536.
    #[inline]
    pub fn probability(self) -> u16 {
        ((self.0 >> 16) as u16).max(1)
    }

    /// Bits seen, at most 250.
    #[inline]
    pub fn count(self) -> u32 {
        self.0 & 255
    }

    /// The last two bits, the last one lowest; 0 for bits that have not been.
    #[inline]
    pub fn last_two(self) -> u32 {
        self.0 >> 8 & 3
    }

    /// How far the probability is to be believed, Q8.
    #[inline]
    pub fn confidence(self) -> i32 {
        i32::from(CONFIDENCE[self.count() as usize])
    }

    /// Takes the next bit.
    #[inline]
    pub fn learn(&mut self, bit: bool) {
        let (p, count) = ((self.0 >> 10) as i32, self.count());
        let target = i32::from(bit) * ((1 << 22) - 1);
        let step = (i64::from(target - p) * i64::from(RATE[count as usize])) >> 16;
        let p = (p + step as i32) as u32;
        let last = self.last_two() << 1 & 2 | u32::from(bit);
        self.0 = p << 10 | last << 8 | (count + 1).min(MAX_COUNT);
    }
}

/// A check, then the counters of nodes 1 to 15: one cache line.
#[repr(align(64))]
#[derive(Clone)]
struct Line {
    check: u32,
    nodes: [Counter; 15],
}

const FRESH: Line = Line {
    check: 0,
    nodes: [Counter::FRESH; 15],
};

/// The counters of one context.
pub struct Table {
    lines: Vec<Line>,
    bits: u32,
}

impl Table {
    /// A table for a frame of `len` bytes.
    pub fn new(len: usize) -> Self {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(MIN_BITS, MAX_BITS);
        Table {
            lines: vec![FRESH; 1 << bits],
            bits,
        }
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        (hash >> (64 - self.bits)) as usize
    }

    /// Says that the line of this hash will be wanted.
    #[inline]
    pub fn prefetch(&self, hash: u64) {
        kernel::prefetch(&self.lines[self.home(hash)]);
    }

    /// The line of a hash: where it is, or else, of the two places where it may be, the one whose line was used less,
    /// fresh.
    #[inline]
    pub fn line(&mut self, hash: u64) -> u32 {
        let home = self.home(hash);
        let check = (hash >> 8) as u32 & 0xffff;
        let used = |place: usize| self.lines[place].nodes[0].count();
        let places = [home, home ^ 1];
        for place in places {
            if self.lines[place].check == check && used(place) > 0 {
                return place as u32;
            }
        }
        let place = places[usize::from(used(places[1]) < used(places[0]))];
        self.lines[place] = Line { check, ..FRESH };
        place as u32
    }

    /// The counter of a node, 1 to 15, of a line.
    #[inline]
    pub fn counter(&mut self, line: u32, node: usize) -> &mut Counter {
        &mut self.lines[line as usize].nodes[node - 1]
    }
}
