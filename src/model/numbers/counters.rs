//! Counters of bits in contexts: a slot of fifteen for each context and four bits of a symbol.

use super::super::logistic::stretch;

/// Bits after which a counter's rate stays.
const MAX_SEEN: u8 = 250;
/// Nodes of a tree of four bits.
pub const NODES: usize = 15;

/// `65536 / (n + 3/2)`.
const RATES: [i32; MAX_SEEN as usize + 1] = {
    let mut rates = [0; MAX_SEEN as usize + 1];
    let mut n = 0;
    while n <= MAX_SEEN as usize {
        rates[n] = 131_072 / (2 * n as i32 + 3);
        n += 1;
    }
    rates
};

/// How much of a counter's logit counts after n bits: `256 n / (n + 3/2)`.
const CONFIDENCE: [i32; MAX_SEEN as usize + 1] = {
    let mut confidence = [0; MAX_SEEN as usize + 1];
    let mut n = 0;
    while n <= MAX_SEEN as usize {
        confidence[n] = 512 * n as i32 / (2 * n as i32 + 3);
        n += 1;
    }
    confidence
};

/// The counters of a context: probabilities of a one in 1/65536, and how many bits each has seen.
#[derive(Clone)]
#[repr(align(64))]
pub struct Slot {
    probabilities: [u16; NODES],
    seen: [u8; NODES],
    check: u16,
}

const fn fresh(check: u16) -> Slot {
    Slot {
        probabilities: [1 << 15; NODES],
        seen: [0; NODES],
        check,
    }
}

impl Slot {
    /// An input of a mix, and how many bits it is of.
    #[inline]
    pub fn input(&self, node: usize) -> (i16, u8) {
        let (p, seen) = (self.probabilities[node], self.seen[node]);
        let logit = (i32::from(stretch(p)) * CONFIDENCE[usize::from(seen)]) >> 8;
        (logit.clamp(-2047, 2047) as i16, seen)
    }

    /// Takes the bit that came at a node.
    #[inline]
    pub fn learn(&mut self, node: usize, bit: bool) {
        let (p, seen) = (&mut self.probabilities[node], &mut self.seen[node]);
        let target = if bit { 65535 } else { 0 };
        let step = (i64::from(target - i32::from(*p)) * i64::from(RATES[usize::from(*seen)])) >> 16;
        *p = (i32::from(*p) + step as i32).clamp(16, 65536 - 17) as u16;
        *seen = (*seen + 1).min(MAX_SEEN);
    }
}

/// A table of slots, found by hash.
pub struct Slots {
    slots: Vec<Slot>,
    bits: u32,
}

impl Slots {
    /// 2^`bits` slots.
    pub fn new(bits: u32) -> Slots {
        Slots {
            slots: vec![fresh(0); 1 << bits],
            bits,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.fill(fresh(0));
    }

    /// Where the slot of a hash is: of the two possible ones the one that is its own, or else that which was used less, fresh.
    #[inline]
    pub fn find(&mut self, hash: u64) -> usize {
        let home = (hash >> (64 - self.bits)) as usize;
        let check = (hash >> 8) as u16 | 1;
        for index in [home, home ^ 1] {
            if self.slots[index].check == check {
                return index;
            }
        }
        let [first, second] = [home, home ^ 1].map(|index| self.slots[index].seen[0]);
        let index = if second < first { home ^ 1 } else { home };
        self.slots[index] = fresh(check);
        index
    }

    #[inline]
    pub fn at(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    #[inline]
    pub fn at_mut(&mut self, index: usize) -> &mut Slot {
        &mut self.slots[index]
    }
}

/// Mixes a value into a hash.
#[inline]
pub fn fold(hash: u64, value: u64) -> u64 {
    let x = (hash ^ value.wrapping_mul(0xd6e8_feb8_6659_fd93)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ x >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}
