//! The indirect context: it maps a context to the byte last seen in it, with how often it came. A slot of counters
//! holds more, but takes sixteen times the memory: of values that come again, the indirect context remembers many more.

use super::matches::{BUCKETS, PredictedByte};
use crate::kernel::{self, Pages};

/// Entries of a frame: at most 2^18 (1 MiB).
const MAX_BITS: u32 = 18;
const MIN_BITS: u32 = 8;

#[derive(Clone, Copy, Default)]
struct IndirectEntry {
    check: u16,
    byte: u8,
    /// How often the byte came in a row; 0: empty.
    count: u8,
}

/// The entries of one context.
#[derive(Clone)]
pub struct Indirect {
    entries: Pages<IndirectEntry>,
    bits: u32,
}

impl Indirect {
    /// For a frame of `len` bytes.
    pub fn new(len: usize) -> Self {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(MIN_BITS, MAX_BITS);
        Indirect {
            entries: Pages::new(1 << bits, IndirectEntry::default()),
            bits,
        }
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        (hash >> (64 - self.bits)) as usize
    }

    /// Prefetches the entry of this hash.
    #[inline]
    pub fn prefetch(&self, hash: u64) {
        kernel::prefetch(&self.entries[self.home(hash)]);
    }

    /// The byte that came after this context.
    #[inline]
    pub fn predicted(&self, hash: u64) -> PredictedByte {
        let (home, check) = (self.home(hash), check(hash));
        [home, home ^ 1]
            .map(|index| self.entries[index])
            .into_iter()
            .find(|entry| entry.check == check && entry.count > 0)
            .map_or(PredictedByte::default(), |entry| PredictedByte {
                byte: entry.byte,
                bucket: entry.count,
            })
    }

    /// Learns the byte after this context.
    #[inline]
    pub fn learn(&mut self, hash: u64, byte: u8) {
        let (home, check) = (self.home(hash), check(hash));
        let indices = [home, home ^ 1];
        for index in indices {
            let entry = &mut self.entries[index];
            if entry.check == check && entry.count > 0 {
                if entry.byte == byte {
                    entry.count = (entry.count + 1).min(BUCKETS as u8 - 1);
                } else if entry.count > 1 {
                    entry.count /= 2;
                } else {
                    entry.byte = byte;
                }
                return;
            }
        }
        let [first, second] = indices.map(|index| self.entries[index].count);
        let entry = &mut self.entries[indices[usize::from(second < first)]];
        *entry = IndirectEntry {
            check,
            byte,
            count: 1,
        };
    }
}

fn check(hash: u64) -> u16 {
    (hash >> 8) as u16
}
