//! Hashed tables of counters: for each context a line of fifteen, the nodes of half a byte's binary tree.

use crate::kernel::{self, Pages};

/// Lines of a table: at most 2^15 (2 MiB).
const MAX_BITS: u32 = 15;
const MIN_BITS: u32 = 8;

/// Bits after which a counter's rate stays.
const MAX_COUNT: u32 = 250;

/// `65536 / (n + 3/2)`.
const RATE: [u32; 256] = {
    let mut rate = [0; 256];
    let mut n = 0;
    while n <= MAX_COUNT as usize {
        rate[n] = 131_072 / (2 * n as u32 + 3);
        n += 1;
    }
    rate
};

/// Groups of counters that have seen about as many bits; the first is the fresh ones.
pub const GROUPS: usize = 11;

/// For each number n of bits seen: how far a counter's logit is to be believed, `n / (n + 3/2)` in Q8, and its group.
const SEEN: [(u8, u8); 256] = {
    let mut seen = [(0, 0); 256];
    let mut n = 0;
    while n <= MAX_COUNT as usize {
        let group = match n {
            0..4 => n as u8,
            4..6 => 4,
            6..9 => 5,
            9..16 => 6,
            16..32 => 7,
            32..64 => 8,
            64..128 => 9,
            _ => 10,
        };
        seen[n] = ((512 * n / (2 * n + 3)) as u8, group);
        n += 1;
    }
    seen
};

/// Bits seen at a node: the probability of a one (22 bits), the last two bits, and their number (8 bits).
#[derive(Clone, Copy)]
pub struct Counter(u32);

impl Counter {
    /// Before any bit.
    pub const FRESH: Counter = Counter(1 << 31);

    /// The probability of a one in 1/65536. A 0 counts as a 1, whose logit is the same.
    #[inline]
    pub fn probability(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Bits seen, at most 250.
    #[inline]
    fn count(self) -> u32 {
        self.0 & 255
    }

    /// The last two bits, the last one lowest; 0 for bits that have not been.
    #[inline]
    pub fn last_two(self) -> u32 {
        self.0 >> 8 & 3
    }

    /// How far the probability is to be believed, Q8, and the group of the number of bits seen.
    #[inline]
    pub fn seen(self) -> (i32, usize) {
        let (confidence, group) = SEEN[self.count() as usize];
        (confidence.into(), group.into())
    }

    /// Takes the next bit.
    #[inline]
    pub fn learn(&mut self, bit: bool) {
        let (p, count) = ((self.0 >> 10) as i32, self.count());
        let target = i32::from(bit) * ((1 << 22) - 1);
        let step = (i64::from(target - p) * i64::from(RATE[count as usize])) >> 16;
        let p = (p + step as i32) as u32;
        let last = self.0 << 1 & 0x200 | u32::from(bit) << 8;
        self.0 = p << 10 | last | (count + u32::from(count < MAX_COUNT));
    }
}

/// A check, then the counters of nodes 1 to 15: one cache line.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line([Counter; 16]);

impl Line {
    #[inline]
    fn check(&self) -> u32 {
        self.0[0].0
    }

    /// How often it was come upon, at most 250.
    #[inline]
    fn used(&self) -> u32 {
        self.0[1].count()
    }

    #[inline]
    const fn fresh(check: u32) -> Line {
        let mut line = [Counter::FRESH; 16];
        line[0] = Counter(check);
        Line(line)
    }
}

/// The counters of every context, a table after the other.
pub struct Tables {
    lines: Pages<Line>,
    bits: u32,
}

impl Tables {
    /// Tables for so many contexts in a frame of `len` bytes.
    pub fn new(contexts: usize, len: usize) -> Self {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(MIN_BITS, MAX_BITS);
        let lines = Pages::new(contexts << bits, Line::fresh(0));
        Tables { lines, bits }
    }

    #[inline]
    fn home(&self, context: usize, hash: u64) -> usize {
        context << self.bits | (hash >> (64 - self.bits)) as usize
    }

    /// Says that the line of a context's hash will be wanted: it may be in either of two places.
    #[inline]
    pub fn prefetch(&self, context: usize, hash: u64) {
        let home = self.home(context, hash);
        kernel::prefetch(&self.lines[home]);
        kernel::prefetch(&self.lines[home ^ 1]);
    }

    /// The line of a context's hash: where it is, or else, of the two places where it may be, the one whose line was used
    /// less, fresh.
    #[inline]
    pub fn line(&mut self, context: usize, hash: u64) -> u32 {
        let home = self.home(context, hash);
        let check = (hash >> 8) as u32 & 0xffff;
        let places = [home, home ^ 1];
        for place in places {
            let line = &self.lines[place];
            if line.check() == check && line.used() > 0 {
                return place as u32;
            }
        }
        let [first, second] = places.map(|place| self.lines[place].used());
        let place = places[usize::from(second < first)];
        self.lines[place] = Line::fresh(check);
        place as u32
    }

    /// The counter of a node, 1 to 15, of a line.
    #[inline]
    pub fn counter(&self, line: u32, node: usize) -> Counter {
        self.lines[line as usize].0[node % 16]
    }

    /// The same, to learn.
    #[inline]
    pub fn counter_mut(&mut self, line: u32, node: usize) -> &mut Counter {
        &mut self.lines[line as usize].0[node % 16]
    }
}
