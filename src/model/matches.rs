//! Matches: experts that follow the latest earlier occurrence of the last 4, 8 and 16 bytes and each name one byte.
//!
//! How often a named byte comes is learned for each length, where the byte is coded.

use super::contexts::{Past, finish, fold};
use crate::kernel::{self, Pages};

/// The experts.
pub const MATCHES: usize = ORDERS.len();

/// All that name a byte: the matches and a slot.
pub const NAMED: usize = MATCHES + 1;

/// Buckets of a length.
pub const BUCKETS: usize = 48;

/// Bytes that have to be alike for an expert to follow them.
pub const ORDERS: [usize; 3] = [4, 8, 16];

/// A byte that an expert names, and how sure it has been.
#[derive(Clone, Copy, Default)]
pub struct Named {
    pub byte: u8,
    /// Its length's bucket; 0: nothing named.
    pub bucket: u8,
}

#[derive(Clone, Copy, Default)]
struct Match {
    /// Where the predicted byte stands in the frame, and its step in its lane.
    position: usize,
    step: usize,
    length: usize,
}

/// The entries that a lane's next matches are looked for in.
pub type Heads = [u32; MATCHES];

/// The tables of a frame and the matches of its lanes.
pub struct Matches {
    heads: [Pages<u32>; MATCHES],
    head_bits: u32,
    matches: Vec<[Match; MATCHES]>,
    lane_len: usize,
}

impl Matches {
    /// For a frame of `len` bytes in lanes of `lane_len`.
    pub fn new(len: usize, lanes: usize, lane_len: usize) -> Self {
        let head_bits = (usize::BITS - len.leading_zeros()).clamp(8, 19);
        Matches {
            heads: std::array::from_fn(|_| Pages::new(1 << head_bits, 0)),
            head_bits,
            matches: vec![[Match::default(); MATCHES]; lanes],
            lane_len: lane_len.max(1),
        }
    }

    /// What each expert names for the byte at `past.position`.
    pub fn named(&self, lane: usize, past: &Past) -> [Named; MATCHES] {
        let step = past.position - past.start;
        self.matches[lane].map(|m| {
            // The match may have caught up with what its lane has coded.
            if m.length > 0 && m.step < step {
                Named {
                    byte: past.content[m.position],
                    bucket: length_bucket(m.length),
                }
            } else {
                Named::default()
            }
        })
    }

    /// With the byte at `past.position` known: finds the entries that the next matches are looked for in.
    pub fn locate(&self, past: &Past) -> Heads {
        let end = past.position + 1;
        ORDERS.map(|order| {
            if end - past.start < order {
                return 0;
            }
            let hash = hash_bytes(&past.content[end - order..end]);
            (hash >> (64 - self.head_bits)) as u32
        })
    }

    /// Says that these entries will be wanted.
    pub fn prefetch(&self, heads: &Heads) {
        for (table, &head) in self.heads.iter().zip(heads) {
            kernel::prefetch(&table[head as usize]);
        }
    }

    /// Says that the earlier occurrences will be wanted that new matches may begin at.
    pub fn look_ahead(&self, lane: usize, heads: &Heads, past: &Past) {
        let tables = self.heads.iter().zip(heads);
        for (m, (table, &head)) in self.matches[lane].iter().zip(tables) {
            let candidate = table[head as usize] as usize;
            if m.length == 0 && candidate > 0 {
                kernel::prefetch(&past.content[candidate - 1]);
            }
        }
    }

    /// Learns from the byte at `past.position`, whose entries are `heads`.
    pub fn learn(&mut self, lane: usize, heads: &Heads, past: &Past) {
        let (step, byte) = (past.position - past.start, past.content[past.position]);
        let tables = self.heads.iter_mut().zip(heads).zip(ORDERS);
        for (m, ((table, &head), order)) in self.matches[lane].iter_mut().zip(tables) {
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
    let content = past.content;
    let same = alike(
        &content[candidate - longest..candidate],
        &content[end - longest..end],
    );
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

/// How many of the last bytes of two slices of one length are the same.
fn alike(a: &[u8], b: &[u8]) -> usize {
    let (first, a) = a.as_rchunks::<8>();
    let (other, b) = b.as_rchunks::<8>();
    for (k, (a, b)) in a.iter().zip(b).rev().enumerate() {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return 8 * k + differ.leading_zeros() as usize / 8;
        }
    }
    let rest = first.iter().zip(other).rev();
    8 * a.len() + rest.take_while(|(a, b)| a == b).count()
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
