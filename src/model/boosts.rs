//! Boosts: experts that each name a single byte.
//!
//! Slots remember the last byte seen in a hashed context of order 1, 2, 3, 4 and 6 and how often in a row it came;
//! matches follow the longest earlier occurrence of the last 4, 8 and 16 bytes. A named byte's logit gets a learned
//! weight, one for each count or length bucket.

use super::contexts::{Past, finish, fold};
use crate::kernel;

/// Single-byte experts: the slots, then the matches.
pub const BOOSTS: usize = ORDERS.len() + MATCHES.len();

const ORDERS: [u32; 5] = [1, 2, 3, 4, 6];
const MATCHES: [usize; 3] = [4, 8, 16];
const BUCKETS: usize = 48;
const MAX_COUNT: u8 = 31;

/// Weights are Q24 of log2: 0.3 nats for a slot, 1 nat for a match.
const SLOT_WEIGHT: i32 = 7_261_000;
const MATCH_WEIGHT: i32 = 24_200_000;
/// 0.02 nats a unit of probability error, for errors in Q15.
const RATE: i32 = 15;
const WEIGHT_LIMIT: i32 = 1 << 29;

#[derive(Clone, Copy, Default)]
struct Slot {
    check: u16,
    byte: u8,
    count: u8,
}

/// A byte that an expert names, and how sure it has been.
#[derive(Clone, Copy, Default)]
pub struct Named {
    byte: u8,
    /// 0: nothing named.
    bucket: u8,
}

/// What a lane keeps from a prediction until its byte is known.
#[derive(Clone, Copy, Default)]
pub struct Pending {
    slots: [u32; ORDERS.len()],
    checks: [u16; ORDERS.len()],
    named: [Named; BOOSTS],
    heads: [u32; MATCHES.len()],
}

#[derive(Clone, Copy, Default)]
struct Match {
    /// Where the predicted byte stands in the frame, and its step in its lane.
    position: usize,
    step: usize,
    length: usize,
}

/// The tables of a frame and the matches of its lanes.
pub struct Boosts {
    slots: Vec<Vec<Slot>>,
    slot_bits: u32,
    heads: Vec<Vec<u32>>,
    head_bits: u32,
    matches: Vec<[Match; MATCHES.len()]>,
    weights: [[i32; BUCKETS]; BOOSTS],
    lane_len: usize,
}

impl Boosts {
    /// For a frame of `len` bytes in lanes of `lane_len`.
    pub fn new(len: usize, lanes: usize, lane_len: usize) -> Self {
        let bits = usize::BITS - len.leading_zeros();
        let (slot_bits, head_bits) = ((bits + 1).clamp(8, 18), bits.clamp(8, 19));
        let mut weights = [[MATCH_WEIGHT; BUCKETS]; BOOSTS];
        weights[..ORDERS.len()].fill([SLOT_WEIGHT; BUCKETS]);
        Boosts {
            slots: vec![vec![Slot::default(); 1 << slot_bits]; ORDERS.len()],
            slot_bits,
            heads: vec![vec![0; 1 << head_bits]; MATCHES.len()],
            head_bits,
            matches: vec![[Match::default(); MATCHES.len()]; lanes],
            weights,
            lane_len: lane_len.max(1),
        }
    }

    /// Finds the slots for the next byte.
    pub fn locate(&self, phase: u64, past: &Past) -> Pending {
        let mut pending = Pending::default();
        let mut hash = phase;
        let mut seen = 0;
        for (q, &order) in ORDERS.iter().enumerate() {
            while seen < order {
                seen += 1;
                hash = fold(hash, u64::from(past.back(seen)));
            }
            let mixed = finish(hash);
            let index = (mixed >> (64 - self.slot_bits)) as u32;
            let check = (mixed >> 16) as u16 | 1;
            (pending.slots[q], pending.checks[q]) = (index, check);
            kernel::prefetch(&self.slots[q][index as usize]);
        }
        pending
    }

    /// Adds each named byte's weight to its logit (Q9).
    pub fn predict(
        &self,
        lane: usize,
        past: &Past,
        pending: &mut Pending,
        logits: &mut [i16; 256],
    ) {
        for (q, table) in self.slots.iter().enumerate() {
            let slot = table[pending.slots[q] as usize];
            if slot.check == pending.checks[q] {
                pending.named[q] = Named {
                    byte: slot.byte,
                    bucket: slot.count,
                };
            }
        }
        let step = past.position - past.start;
        for (q, m) in self.matches[lane].iter().enumerate() {
            // The match may have caught up with what its lane has coded.
            if m.length > 0 && m.step < step {
                pending.named[ORDERS.len() + q] = Named {
                    byte: past.content[m.position],
                    bucket: length_bucket(m.length),
                };
            }
        }
        for (named, weights) in pending.named.iter().zip(&self.weights) {
            if named.bucket > 0 {
                let logit = &mut logits[usize::from(named.byte)];
                *logit = logit.saturating_add((weights[usize::from(named.bucket)] >> 15) as i16);
            }
        }
    }

    /// With the byte at `past.position` known: finds the entries that the next matches are looked for in.
    pub fn locate_matches(&self, past: &Past, pending: &mut Pending) {
        let end = past.position + 1;
        for (q, &order) in MATCHES.iter().enumerate() {
            if end - past.start >= order {
                let hash = hash_bytes(&past.content[end - order..end]);
                pending.heads[q] = (hash >> (64 - self.head_bits)) as u32;
                kernel::prefetch(&self.heads[q][pending.heads[q] as usize]);
            }
        }
    }

    /// Learns from the byte at `past.position`, after [`Boosts::locate_matches`].
    pub fn update(
        &mut self,
        lane: usize,
        pending: &Pending,
        past: &Past,
        probabilities: &[i16; 256],
        byte: u8,
    ) {
        for (named, weights) in pending.named.iter().zip(&mut self.weights) {
            if named.bucket > 0 {
                let hit = if named.byte == byte { 32767 } else { 0 };
                let error = hit - i32::from(probabilities[usize::from(named.byte)]);
                let weight = &mut weights[usize::from(named.bucket)];
                *weight = (*weight + RATE * error).clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT);
            }
        }
        for (q, table) in self.slots.iter_mut().enumerate() {
            let slot = &mut table[pending.slots[q] as usize];
            if slot.check != pending.checks[q] {
                *slot = Slot {
                    check: pending.checks[q],
                    byte,
                    count: 1,
                };
            } else if slot.byte == byte {
                slot.count = (slot.count + 1).min(MAX_COUNT);
            } else if slot.count > 2 {
                slot.count >>= 1;
            } else {
                (slot.byte, slot.count) = (byte, 1);
            }
        }
        let step = past.position - past.start;
        let tables = self.heads.iter_mut().zip(pending.heads).zip(MATCHES);
        for (m, ((table, head), order)) in self.matches[lane].iter_mut().zip(tables) {
            if m.length > 0 {
                // The last lane may be shorter: the match can run out of the frame.
                let goes_on = m.step < step
                    && past.content[m.position] == byte
                    && m.position + 1 < past.content.len();
                if goes_on {
                    m.length += 1;
                    m.position += 1;
                    m.step = if m.step + 1 == self.lane_len {
                        0
                    } else {
                        m.step + 1
                    };
                } else {
                    m.length = 0;
                }
            }
            if step + 1 >= order {
                let head = &mut table[head as usize];
                if m.length == 0 {
                    *m = find(past, *head as usize, order, self.lane_len);
                }
                *head = past.position as u32 + 1;
            }
        }
    }
}

/// The match whose predicted byte stands at `candidate`, if the bytes before it are the lane's last ones.
fn find(past: &Past, candidate: usize, order: usize, lane_len: usize) -> Match {
    const LONGEST: usize = 64;
    let (end, step) = (past.position + 1, past.position - past.start);
    let candidate_step = candidate % lane_len;
    // 0 is an empty head; a byte that its own lane has yet to code is of no use, nor one behind the frame.
    if candidate == 0 || candidate_step > step || candidate >= past.content.len() {
        return Match::default();
    }
    let longest = LONGEST.min(step + 1).min(candidate_step);
    let same = (1..=longest)
        .take_while(|n| past.content[candidate - n] == past.content[end - n])
        .count();
    if same < order {
        Match::default()
    } else {
        Match {
            position: candidate,
            step: candidate_step,
            length: same,
        }
    }
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    let word = |b: &[u8]| b.iter().fold(0u64, |h, &b| h << 8 | u64::from(b));
    finish(bytes.chunks(8).fold(0, |h, chunk| fold(h, word(chunk))))
}

fn length_bucket(length: usize) -> u8 {
    let bucket = match length {
        0..16 => length,
        16..32 => 16 + (length - 16) / 4,
        32..512 => 20 + (length - 32) / 32,
        _ => 40,
    };
    bucket as u8
}
