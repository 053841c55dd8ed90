//! Tables of hashed context slots: for each context a slot of fifteen counters, the nodes of half a byte's binary tree.

use super::logistic::STRETCH_TO_BYTE;
use crate::kernel::{self, NODES, Pages, Row, Slot};

/// Slots of a table: at most 2^15 (2 MiB).
const MAX_BITS: u32 = 15;
const MIN_BITS: u32 = 8;

const EVEN: u16 = 1 << 15;

#[inline]
fn check(slot: &Slot) -> u16 {
    slot.probabilities[0]
}

/// How often a slot was used, at most [`kernel::MAX_SEEN`].
#[inline]
fn used(slot: &Slot) -> u8 {
    slot.counts[1]
}

const fn fresh(check: u16) -> Slot {
    let mut probabilities = [EVEN; NODES];
    probabilities[0] = check;
    Slot {
        logits: [0; NODES],
        counts: [0; NODES],
        probabilities,
    }
}

/// The slots of every context, a table after the other.
#[derive(Clone)]
pub struct Tables {
    slots: Pages<Slot>,
    bits: u32,
}

impl Tables {
    /// Tables for so many contexts in a frame of `len` bytes.
    pub fn new(contexts: usize, len: usize) -> Self {
        let bits = (usize::BITS - len.leading_zeros() + 1).clamp(MIN_BITS, MAX_BITS);
        let slots = Pages::new(contexts << bits, fresh(0));
        Tables { slots, bits }
    }

    #[inline]
    fn home(&self, context: usize, hash: u64) -> usize {
        context << self.bits | (hash >> (64 - self.bits)) as usize
    }

    /// Prefetches the slot of a context's hash: it may be at either of two indices.
    #[inline]
    pub fn prefetch(&self, context: usize, hash: u64) {
        let home = self.home(context, hash);
        kernel::prefetch(&self.slots[home]);
        kernel::prefetch(&self.slots[home ^ 1]);
    }

    /// The slot of a context's hash: where it is, or else, of the two indices where it may be, the one whose slot was
    /// used less, fresh.
    #[inline]
    pub fn slot(&mut self, context: usize, hash: u64) -> u32 {
        let home = self.home(context, hash);
        let check = (hash >> 8) as u16;
        let indices = [home, home ^ 1];
        for index in indices {
            let slot = &self.slots[index];
            if self::check(slot) == check && used(slot) > 0 {
                return index as u32;
            }
        }
        let [first, second] = indices.map(|index| used(&self.slots[index]));
        let index = indices[usize::from(second < first)];
        self.slots[index] = fresh(check);
        index as u32
    }

    /// Two inputs of the mix for each slot.
    #[inline]
    pub fn slot_inputs(&self, slots: &[u32], inputs: &mut [Row]) {
        kernel::slot_inputs(&self.slots, slots, inputs);
    }

    /// Whether a slot has seen a bit.
    #[inline]
    pub fn is_known(&self, slot: u32) -> bool {
        used(&self.slots[slot as usize]) > 0
    }

    /// The slots' counters learn half a byte.
    #[inline]
    pub fn learn(&mut self, slots: &[u32], half: u8) {
        kernel::count(&mut self.slots, slots, half, &STRETCH_TO_BYTE);
    }
}
