//! Which bytes of a block are literals and which are matches.

use super::finder::{Finder, common};
use super::prices::{BIT, Prices};
use super::{MIN_MATCH, MIN_RECENT, RECENT, Sequence};
use std::ops::Range;

/// What a match costs: at a recent offset, and at another beside the bits of the offset.
const RECENT_PRICE: u32 = 15 * BIT;
const MATCH_PRICE: u32 = 20 * BIT;

/// What a match must bring more, for each literal that it comes later.
const LATER: u32 = BIT;

/// From this length on a match is taken without further search.
const LONG: usize = 128;

/// Literals without a match after which positions are left out in the search.
const SKIPPED: usize = 8;

/// A match, and what it saves against literals.
#[derive(Clone, Copy, Default)]
struct Found {
    saves: u32,
    len: usize,
    offset: usize,
}

pub struct Parser {
    pub finder: Finder,
    /// Whether the search is deep.
    pub is_deep: bool,
    recent: [usize; RECENT],
    /// Of the bytes of a block, the prices of all before.
    sums: Vec<u32>,
}

impl Parser {
    /// For a frame of so many bytes.
    pub fn new(len: usize) -> Parser {
        Parser {
            finder: Finder::new(len),
            is_deep: true,
            recent: [1; RECENT],
            sums: Vec::new(),
        }
    }

    /// Appends the sequences of a block.
    pub fn parse(
        &mut self,
        bytes: &[u8],
        block: Range<usize>,
        prices: &Prices,
        sequences: &mut Vec<Sequence>,
    ) {
        self.sums.clear();
        self.sums.push(0);
        let mut sum = 0;
        for &byte in &bytes[block.clone()] {
            sum += prices.of[usize::from(byte)];
            self.sums.push(sum);
        }
        let dear = u64::from(sum) > (block.len() as u64) * u64::from(7 * BIT) / 2;
        let (mut literals, mut at) = (block.start, block.start);
        let end = block.end;
        while at < end {
            let mut found = self.best(bytes, &block, at, dear);
            if found.len == 0 {
                at += 1 + ((at - literals) >> SKIPPED);
                continue;
            }
            while found.len < LONG && at + 2 < end {
                let next = self.best(bytes, &block, at + 1, dear);
                if next.saves > found.saves + LATER {
                    (found, at) = (next, at + 1);
                    continue;
                }
                let next = self.best(bytes, &block, at + 2, dear);
                if next.saves <= found.saves + 2 * LATER {
                    break;
                }
                (found, at) = (next, at + 2);
            }
            sequences.push(Sequence {
                literals: (at - literals) as u32,
                len: found.len as u32,
                offset: found.offset as u32,
            });
            let met = self
                .recent
                .iter()
                .position(|&recent| recent == found.offset);
            self.recent.copy_within(..met.unwrap_or(RECENT - 1), 1);
            self.recent[0] = found.offset;
            at += found.len;
            literals = at;
        }
    }

    #[inline(always)]
    fn best(&mut self, bytes: &[u8], block: &Range<usize>, at: usize, dear: bool) -> Found {
        self.finder.enter(bytes, at);
        let sums = &self.sums[at - block.start..];
        let saves = |len: usize, price: u32| (sums[len] - sums[0]).saturating_sub(price);
        let mut best = Found::default();
        for &offset in self.recent.iter().filter(|&&offset| offset <= at) {
            if bytes[at - offset] != bytes[at] {
                continue;
            }
            let len = common(bytes, at - offset, at, block.end);
            if len >= MIN_RECENT {
                let saves = saves(len, RECENT_PRICE);
                if saves > best.saves {
                    best = Found { saves, len, offset };
                }
            }
        }
        let mut longest = best.len;
        self.finder
            .candidates(bytes, at, (dear, self.is_deep), |earlier| {
                // Of those as long, the one before is closer.
                let is_longer =
                    at + longest < block.end && bytes[earlier + longest] == bytes[at + longest];
                if !is_longer {
                    return;
                }
                let len = common(bytes, earlier, at, block.end);
                if len > longest && len >= MIN_MATCH {
                    longest = len;
                    let offset = at - earlier;
                    let saves = saves(len, MATCH_PRICE + offset.ilog2() * BIT);
                    if saves > best.saves {
                        best = Found { saves, len, offset };
                    }
                }
            });
        best
    }
}
