//! Members of a set first: a bijection that gives the members of an ordered set dense codes, and every other value a code
//! behind them.
//!
//! A rule such as "decimals with three digits" names a set of values. Its members get the codes from 0 on, in order; all
//! others get the codes behind, by their rank among the others. Nothing is lost where a value breaks the rule, and no list
//! of exceptions is needed.

use super::order::mask;

/// A strictly increasing sequence of codes.
pub trait Members {
    /// How many there are.
    fn count(&self) -> u64;
    /// Member `index`, of `0..count()`.
    fn at(&self, index: u64) -> u64;
    /// How many members are less than `code`.
    fn below(&self, code: u64) -> u64;
}

/// The dense code of an ordered code.
#[inline]
pub fn forward(members: &impl Members, code: u64, bits: u32) -> u64 {
    let below = members.below(code);
    let count = members.count();
    let place = if below < count && members.at(below) == code {
        below
    } else {
        count.wrapping_add(code - below)
    };
    place & mask(bits)
}

/// The inverse of [`forward`].
#[inline]
pub fn inverse(members: &impl Members, dense: u64) -> u64 {
    let count = members.count();
    if dense < count {
        return members.at(dense);
    }
    // The members below the value sought are those that leave it its rank: `at(c) - c` never falls.
    let rank = dense - count;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if members.at(middle) - middle > rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    rank + low
}
