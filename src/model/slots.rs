//! Slots: the byte that came after a context lately, with how often. A line of counters says more, but takes sixteen times the
//! memory: of values that come again, slots remember many more.

use super::matches::{BUCKETS, Named};
use crate::kernel::{self, Pages};

/// Slots of a frame: at most 2^18 (1 MiB).
const MAX_BITS: u32 = 18;
const MIN_BITS: u32 = 8;

#[derive(Clone, Copy, Default)]
struct Slot {
    check: u16,
    byte: u8,
    /// How often the byte came in a row; 0: empty.
    count: u8,
}

/// The slots of one context.
#[derive(Clone)]
pub struct Slots {
    slots: Pages<Slot>,
    bits: u32,
}

impl Slots {
    /// For a frame of `len` bytes.
    pub fn new(len: usize) -> Self {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(MIN_BITS, MAX_BITS);
        Slots {
            slots: Pages::new(1 << bits, Slot::default()),
            bits,
        }
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        (hash >> (64 - self.bits)) as usize
    }

    /// Says that the slot of this hash will be wanted.
    #[inline]
    pub fn prefetch(&self, hash: u64) {
        kernel::prefetch(&self.slots[self.home(hash)]);
    }

    /// The byte that came after this context.
    #[inline]
    pub fn named(&self, hash: u64) -> Named {
        let (home, check) = (self.home(hash), check(hash));
        [home, home ^ 1]
            .map(|place| self.slots[place])
            .into_iter()
            .find(|slot| slot.check == check && slot.count > 0)
            .map_or(Named::default(), |slot| Named {
                byte: slot.byte,
                bucket: slot.count,
            })
    }

    /// Learns the byte after this context.
    #[inline]
    pub fn learn(&mut self, hash: u64, byte: u8) {
        let (home, check) = (self.home(hash), check(hash));
        let places = [home, home ^ 1];
        for place in places {
            let slot = &mut self.slots[place];
            if slot.check == check && slot.count > 0 {
                if slot.byte == byte {
                    slot.count = (slot.count + 1).min(BUCKETS as u8 - 1);
                } else if slot.count > 1 {
                    slot.count /= 2;
                } else {
                    slot.byte = byte;
                }
                return;
            }
        }
        let [first, second] = places.map(|place| self.slots[place].count);
        let slot = &mut self.slots[places[usize::from(second < first)]];
        *slot = Slot {
            check,
            byte,
            count: 1,
        };
    }
}

fn check(hash: u64) -> u16 {
    (hash >> 8) as u16
}
