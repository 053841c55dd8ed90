//! Matches: experts that follow the latest earlier occurrence of the last 4, 8 and 16 bytes and each predict one byte.
//!
//! How often a predicted byte comes is learned for each length, where the byte is coded.

use super::contexts::{Past, finish, fold};
use crate::kernel::{self, Pages};

/// The experts.
pub const MATCHES: usize = ORDERS.len();

/// All that predict a byte: the matches and the indirect context.
pub const PREDICTED_BYTES: usize = MATCHES + 1;

/// Buckets of a length.
pub const BUCKETS: usize = 48;

/// Bytes that have to be alike for an expert to follow them.
pub const ORDERS: [usize; 3] = [4, 8, 16];

/// A byte that an expert predicts, and how sure it has been.
#[derive(Clone, Copy, Default)]
pub struct PredictedByte {
    pub byte: u8,
    /// Its length's bucket; 0: nothing predicted.
    pub bucket: u8,
}

#[derive(Clone, Copy, Default)]
struct Match {
    /// Where the predicted byte stands in the frame, and its step in its lane.
    position: usize,
    step: isize,
    length: usize,
}

/// Where a lane's next matches are looked up: for each order a hash of the bytes before the one to come. Its upper bits
/// give a group of entries.
pub type Groups = [u64; MATCHES];

/// Log2 of the entries of a group, which lie in one line of the cache: the byte that comes selects one of them.
const GROUP_BITS: u32 = 4;

/// Log2 of the entries of a length, at most.
const MAX_HEAD_BITS: u32 = 19;

/// An entry: the position after the bytes it stands for in the lower bits, 0 if there is none, and a check of these
/// bytes above. Most bytes that only seem alike need not be compared.
#[derive(Clone, Copy, Default)]
struct HeadEntry(u32);

impl HeadEntry {
    const POSITION_BITS: u32 = 24;
    const MASK: u32 = (1 << Self::POSITION_BITS) - 1;

    /// The end of the last byte of the longest frame has no entry: no byte follows it.
    fn new(position: usize, check: u8) -> HeadEntry {
        HeadEntry(u32::from(check) << Self::POSITION_BITS | position as u32 & Self::MASK)
    }

    /// The position; 0 if there is none, or of other bytes.
    fn position(self, check: u8) -> usize {
        if self.0 >> Self::POSITION_BITS == u32::from(check) {
            (self.0 & Self::MASK) as usize
        } else {
            0
        }
    }
}

/// The longest string that matches are found in, in bytes.
pub const MAX_MATCHED: usize = 1 << HeadEntry::POSITION_BITS;

/// The tables of a frame and the matches of its lanes.
#[derive(Clone)]
pub struct Matches {
    heads: [Pages<HeadEntry>; MATCHES],
    head_bits: u32,
    matches: Vec<[Match; MATCHES]>,
    lanes: LaneSpans,
}

/// Where the first lane begins, and how long each is.
#[derive(Clone, Copy)]
struct LaneSpans {
    start: usize,
    len: usize,
}

impl LaneSpans {
    /// The step at which the byte at `position` is known after; negative before the lanes.
    fn step(self, position: usize) -> isize {
        if position < self.start {
            position as isize - self.start as isize
        } else {
            ((position - self.start) % self.len) as isize
        }
    }

    /// How many bytes before `position` are its lane's.
    fn before(self, position: usize) -> usize {
        if position < self.start {
            position
        } else {
            (position - self.start) % self.len
        }
    }
}

impl Matches {
    /// For a frame of `len` bytes in so many lanes.
    pub fn new(len: usize, lanes: usize) -> Self {
        Matches::with(MAX_HEAD_BITS, len, lanes)
    }

    /// For a frame in segments, of which each of several predictors meets `len` bytes.
    pub fn of_segments(len: usize, lanes: usize) -> Self {
        Matches::with(MAX_HEAD_BITS - 1, len, lanes)
    }

    fn with(max_bits: u32, len: usize, lanes: usize) -> Self {
        let head_bits = (usize::BITS - len.leading_zeros()).clamp(8, max_bits);
        Matches {
            heads: std::array::from_fn(|_| Pages::new(1 << head_bits, HeadEntry::default())),
            head_bits,
            matches: vec![[Match::default(); MATCHES]; lanes],
            lanes: LaneSpans {
                start: 0,
                len: len.div_ceil(lanes.max(1)).max(1),
            },
        }
    }

    /// How many lanes there are.
    pub fn lanes(&self) -> usize {
        self.matches.len()
    }

    /// Bytes of each lane but the last.
    pub fn lane_len(&self) -> usize {
        self.lanes.len
    }

    /// Goes on in as many lanes of `lane_len`, the first at `start`.
    pub fn go_on(&mut self, start: usize, lane_len: usize) {
        self.lanes = LaneSpans {
            start,
            len: lane_len.max(1),
        };
        self.matches.fill([Match::default(); MATCHES]);
    }

    /// What each expert predicts for the byte at `past.position`.
    pub fn predicted(&self, lane: usize, past: &Past) -> [PredictedByte; MATCHES] {
        let step = (past.position - past.start) as isize;
        self.matches[lane].map(|m| {
            // The match may have caught up with what its lane has coded.
            if m.length > 0 && m.step < step {
                PredictedByte {
                    byte: past.content[m.position],
                    bucket: length_bucket(m.length),
                }
            } else {
                PredictedByte::default()
            }
        })
    }

    /// Before the byte at `past.position` is known: where the matches that go on from it will be looked up, which is
    /// prefetched.
    pub fn locate(&self, past: &Past) -> Groups {
        let before = past.position - past.start;
        let last = word(past, 0);
        let (three, seven) = (last & 0xff_ffff, last & 0xff_ffff_ffff_ffff);
        let fifteen = fold(fold(0, word(past, 8) & 0xff_ffff_ffff_ffff), last);
        let groups = [fold(0, three), fold(0, seven), fifteen].map(finish);
        for ((table, &group), order) in self.heads.iter().zip(&groups).zip(ORDERS) {
            if before + 1 >= order {
                kernel::prefetch(&table[self.entry(group, 0)]);
            }
        }
        groups
    }

    /// The entry of a group for a byte.
    #[inline]
    fn entry(&self, group: u64, byte: u8) -> usize {
        let group = (group >> (64 - self.head_bits + GROUP_BITS)) as usize;
        group << GROUP_BITS | usize::from((byte ^ byte >> 4) & ((1 << GROUP_BITS) - 1))
    }

    /// With the byte at `past.position` known: prefetches the earlier occurrences that new matches may begin at.
    pub fn prefetch_candidates(&self, lane: usize, groups: &Groups, past: &Past) {
        let byte = past.content[past.position];
        let tables = self.heads.iter().zip(groups);
        for (m, (table, &group)) in self.matches[lane].iter().zip(tables) {
            if m.length > 0 {
                continue;
            }
            let candidate = table[self.entry(group, byte)].position(check(group, byte));
            if candidate > 0 {
                kernel::prefetch(&past.content[candidate - 1]);
            }
        }
    }

    /// Learns from the byte at `past.position`, before which `groups` were located.
    pub fn learn(&mut self, lane: usize, groups: &Groups, past: &Past) {
        let (step, byte) = (past.position - past.start, past.content[past.position]);
        let entries = groups.map(|group| self.entry(group, byte));
        let tables = self.heads.iter_mut().zip(entries).zip(groups).zip(ORDERS);
        for (m, (((table, entry), &group), order)) in self.matches[lane].iter_mut().zip(tables) {
            if m.length > 0 {
                // The last lane may be shorter: the match can run out of the frame.
                let goes_on = m.step < step as isize
                    && past.content[m.position] == byte
                    && m.position + 1 < past.content.len();
                if goes_on {
                    m.length += 1;
                    m.position += 1;
                    m.step = if m.step + 1 == self.lanes.len as isize {
                        0
                    } else {
                        m.step + 1
                    };
                } else {
                    m.length = 0;
                }
            }
            if step + 1 >= order {
                let (head, check) = (&mut table[entry], check(group, byte));
                if m.length == 0 {
                    *m = find(past, head.position(check), order, self.lanes);
                }
                *head = HeadEntry::new(past.position + 1, check);
            }
        }
    }
}

/// The match whose predicted byte stands at `candidate`, if the bytes before it are the lane's last ones.
fn find(past: &Past, candidate: usize, order: usize, lanes: LaneSpans) -> Match {
    const LONGEST: usize = 64;
    let (end, step) = (past.position + 1, past.position - past.start);
    let candidate_step = lanes.step(candidate);
    // 0 is an empty head; a byte that its own lane has yet to code is of no use, nor one behind the frame.
    if candidate == 0 || candidate_step > step as isize || candidate >= past.content.len() {
        return Match::default();
    }
    let longest = LONGEST.min(step + 1).min(lanes.before(candidate));
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

/// Tells apart what shares an entry: other bytes before, by bits that do not select the group, or another byte.
#[inline]
fn check(group: u64, byte: u8) -> u8 {
    ((group >> 32) as u8).wrapping_add(byte)
}

/// The eight bytes before the one to predict and `skipped` others, the latest the lowest; those before the frame are 0.
#[inline]
fn word(past: &Past, skipped: usize) -> u64 {
    let end = past.position.saturating_sub(skipped);
    match past.content[..end].last_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => (past.content[..end].iter()).fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
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
