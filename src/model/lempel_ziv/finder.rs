//! Where bytes stood before: buckets of positions by hashes of the bytes there.

/// The binary logarithm of the most buckets, and the positions in each.
const BUCKETS: u32 = 14;
const POSITIONS: usize = 16;

/// Those that are taken as candidates where matches are few.
const FEW: usize = 6;

/// A position's bits; the rest are of its hash.
const POSITION: u32 = 23;

/// The binary logarithm of the number of positions that are found by few bytes.
const SHORT: u32 = 15;

/// Bytes by whose hash a position is found, and by few.
pub const LONG_BYTES: usize = 8;
const SHORT_BYTES: u32 = 5;

/// Positions by the bytes that stand there, the last first.
pub struct Finder {
    buckets: Vec<[u32; POSITIONS]>,
    short: Vec<u32>,
    shift: u32,
    /// The first position that is not in yet.
    next: usize,
}

impl Finder {
    /// For frames of so many bytes.
    pub fn new(len: usize) -> Finder {
        let bits = (usize::BITS - len.leading_zeros()).clamp(8, BUCKETS);
        Finder {
            buckets: vec![[0; POSITIONS]; 1 << bits],
            short: vec![0; 1 << SHORT],
            shift: 64 - bits,
            next: 0,
        }
    }

    /// Enters all positions before `end`; of long stretches only some at both ends.
    pub fn enter(&mut self, bytes: &[u8], end: usize) {
        const ENDS: usize = 256;
        let end = end
            .min((bytes.len() + 1).saturating_sub(LONG_BYTES))
            .min(1 << POSITION);
        if end > self.next + 2 * ENDS {
            (self.next..self.next + ENDS).for_each(|at| self.enter_one(bytes, at));
            self.next = end - ENDS;
        }
        (self.next..end).for_each(|at| self.enter_one(bytes, at));
        self.next = self.next.max(end);
    }

    #[inline(always)]
    fn enter_one(&mut self, bytes: &[u8], at: usize) {
        let word = eight(bytes, at);
        let hash = hash(word);
        let bucket = &mut self.buckets[(hash >> self.shift) as usize];
        bucket.copy_within(..POSITIONS - 1, 1);
        bucket[0] = entry(hash, at);
        self.short[short_hash(word)] = at as u32;
    }

    /// Earlier positions where the bytes at `at` may stand as well, the last first, if they were entered; `true` for those also that share
    /// only few bytes. In `deep` search all that are known.
    #[inline(always)]
    pub fn candidates(
        &self,
        bytes: &[u8],
        at: usize,
        (short, deep): (bool, bool),
        mut each: impl FnMut(usize),
    ) {
        if at + LONG_BYTES > bytes.len() {
            return;
        }
        let word = eight(bytes, at);
        let hash = hash(word);
        let wanted = entry(hash, 0);
        let count = if deep { POSITIONS } else { FEW };
        for &found in &self.buckets[(hash >> self.shift) as usize][..count] {
            let position = (found ^ wanted) as usize;
            if position < 1 << POSITION && position < at {
                each(position);
            }
        }
        if short {
            let position = self.short[short_hash(word)] as usize;
            if position < at {
                each(position);
            }
        }
    }
}

#[inline(always)]
fn hash(word: u64) -> u64 {
    word.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline(always)]
fn short_hash(word: u64) -> usize {
    let bytes = word << (64 - 8 * SHORT_BYTES);
    (bytes.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SHORT)) as usize
}

/// A position with bits of its hash that do not select the bucket.
#[inline(always)]
fn entry(hash: u64, at: usize) -> u32 {
    (hash >> 32) as u32 & (u32::MAX << POSITION >> 6) << 6 | at as u32
}

#[inline(always)]
fn eight(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8) {
        Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()),
        None => 0,
    }
}

/// How many bytes are the same from `earlier` and from `at` on, which is later; at most up to `end`.
#[inline(always)]
pub fn common(bytes: &[u8], earlier: usize, at: usize, end: usize) -> usize {
    let later = &bytes[at..end];
    let earlier = &bytes[earlier..][..later.len()];
    let mut len = 0;
    while len + 8 <= later.len() {
        let difference = eight(earlier, len) ^ eight(later, len);
        if difference != 0 {
            return len + difference.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    while len < later.len() && earlier[len] == later[len] {
        len += 1;
    }
    len
}
