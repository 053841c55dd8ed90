//! Hashed tables of counters: for each context a line of fifteen, the nodes of half a byte's binary tree.

use super::logistic::STRETCH_TO_BYTE;
use crate::kernel::{self, Line, NODES, Pages, Row};

/// Lines of a table: at most 2^15 (2 MiB).
const MAX_BITS: u32 = 15;
const MIN_BITS: u32 = 8;

const EVEN: u16 = 1 << 15;

#[inline]
fn check(line: &Line) -> u16 {
    line.chances[0]
}

/// How often a line was come upon, at most [`kernel::MOST_SEEN`].
#[inline]
fn used(line: &Line) -> u8 {
    line.counts[1]
}

const fn fresh(check: u16) -> Line {
    let mut chances = [EVEN; NODES];
    chances[0] = check;
    Line {
        logits: [0; NODES],
        counts: [0; NODES],
        chances,
    }
}

/// The lines of every context, a table after the other.
#[derive(Clone)]
pub struct Tables {
    lines: Pages<Line>,
    bits: u32,
}

impl Tables {
    /// Tables for so many contexts in a frame of `len` bytes.
    pub fn new(contexts: usize, len: usize) -> Self {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(MIN_BITS, MAX_BITS);
        let lines = Pages::new(contexts << bits, fresh(0));
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
        let check = (hash >> 8) as u16;
        let places = [home, home ^ 1];
        for place in places {
            let line = &self.lines[place];
            if self::check(line) == check && used(line) > 0 {
                return place as u32;
            }
        }
        let [first, second] = places.map(|place| used(&self.lines[place]));
        let place = places[usize::from(second < first)];
        self.lines[place] = fresh(check);
        place as u32
    }

    /// Two inputs of the mix for each line.
    #[inline]
    pub fn hear(&self, lines: &[u32], inputs: &mut [Row]) {
        kernel::hear(&self.lines, lines, inputs);
    }

    /// Whether a line has seen a bit.
    #[inline]
    pub fn is_known(&self, line: u32) -> bool {
        used(&self.lines[line as usize]) > 0
    }

    /// The lines' counters learn half a byte.
    #[inline]
    pub fn learn(&mut self, lines: &[u32], half: u8) {
        kernel::count(&mut self.lines, lines, half, &STRETCH_TO_BYTE);
    }
}
