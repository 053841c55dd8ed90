//! Members of a set first: a bijection that gives the members of an ordered set dense codes, and every other value a code
//! behind them.
//!
//! A rule such as "decimals with three digits" describes a set of values. Its members get the codes from 0 on, in
//! order; all others get the codes behind, by their rank among the others. Nothing is lost where a value breaks the
//! rule, and no list of exceptions is needed.

use super::order::mask;

/// A strictly increasing sequence of codes.
pub trait Members {
    /// How many there are.
    fn count(&self) -> u64;
    /// Member `index`, of `0..count()`.
    fn at(&self, index: u64) -> u64;
    /// How many members are less than `code`.
    fn below(&self, code: u64) -> u64;
    /// How many members are less than `code`, and whether it is one itself.
    fn find(&self, code: u64) -> (u64, bool) {
        let below = self.below(code);
        (below, below < self.count() && self.at(below) == code)
    }
}

/// The dense code of an ordered code.
#[inline]
pub fn forward(members: &impl Members, code: u64, bits: u32) -> u64 {
    let rank = match members.find(code) {
        (below, true) => below,
        (below, false) => members.count().wrapping_add(code - below),
    };
    rank & mask(bits)
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

/// The index of the member nearest to an ordered code, of two the lower; there must be members.
#[inline]
pub fn nearest(members: &impl Members, code: u64) -> u64 {
    let above = members.below(code);
    if above == 0 {
        return 0;
    }
    let down = code - members.at(above - 1);
    if above < members.count() && members.at(above) - code < down {
        above
    } else {
        above - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::Rule;
    use crate::transform::coarse::Coarse;
    use crate::transform::dictionary::Dictionary;
    use crate::transform::digits::Digits;
    use crate::transform::float::Format;
    use crate::transform::step::Step;
    use crate::transform::symmetric::{Magnitudes, Symmetric};

    /// Indexes at both ends, in the middle, where a walk of several steps lands, and around.
    fn some(count: u64) -> Vec<u64> {
        let mut bases: Vec<u64> = (0..64).map(|n| count / 64 * n).collect();
        bases.extend((0..63).map(|n| 1 << n));
        bases.extend((0..63).map(|n| count.saturating_sub(1 << n)));
        let around = |base: u64| (0..7).map(move |k| base.saturating_sub(3).saturating_add(k));
        let mut all: Vec<u64> = bases.into_iter().flat_map(around).collect();
        all.retain(|&index| index < count);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Members increase strictly, and as many are below each code as there are.
    fn check(what: &str, members: &impl Members, bits: u32) {
        let count = members.count();
        let mut last = None;
        for index in some(count) {
            let code = members.at(index);
            assert!(code <= mask(bits), "{what}: {index}");
            assert!(last.is_none_or(|last| last < code), "{what}: {index}");
            assert_eq!(members.below(code), index, "{what}: {index}");
            assert_eq!(members.find(code), (index, true), "{what}: {index}");
            if let Some(next) = code.checked_add(1).filter(|&next| next <= mask(bits)) {
                assert_eq!(members.below(next), index + 1, "{what}: {index}");
            }
            if index + 1 < count {
                let next = members.at(index + 1);
                assert!(code < next, "{what}: {index}");
                let between = code + (next - code).div_ceil(2);
                assert_eq!(members.below(between), index + 1, "{what}: {index}");
                let found = (index + 1, between == next);
                assert_eq!(members.find(between), found, "{what}: {index}");
            }
            assert_eq!(forward(members, code, bits), index, "{what}: {index}");
            last = Some(code);
        }
        assert_eq!(members.below(0), 0, "{what}");
        let all = members.below(mask(bits));
        let last = members.at(count - 1) == mask(bits);
        assert_eq!(all, count - u64::from(last), "{what}");
    }

    fn symmetric(what: &str, magnitudes: impl Magnitudes, bits: u32) {
        assert_eq!(magnitudes.at(0), 0, "{what}");
        let infinity = magnitudes.format().infinity();
        assert_eq!(magnitudes.at(magnitudes.last()), infinity, "{what}");
        check(what, &Symmetric(magnitudes), bits);
    }

    #[test]
    fn steps() {
        let terms = || {
            let powers = (0..=62).step_by(6).map(|n| 1 << n);
            powers.chain([
                3,
                10,
                1000,
                10u64.pow(18),
                Rule::MAX_TERM - 1,
                Rule::MAX_TERM,
            ])
        };
        let mut refused = 0;
        for format in [Format::SINGLE, Format::DOUBLE] {
            for n in terms() {
                for d in terms() {
                    match Step::new(format, n, d) {
                        Some(step) => symmetric(&format!("{n}/{d}"), step, format.bits),
                        None => refused += 1,
                    }
                }
            }
            assert!(Step::new(format, 0, 1).is_none());
            assert!(Step::new(format, 1, Rule::MAX_TERM + 1).is_none());
        }
        // Only steps of 2^-62, which no difference of the floats examined is below.
        assert_eq!(refused, 2);
    }

    #[test]
    fn decimals() {
        for format in [Format::SINGLE, Format::DOUBLE] {
            for n in 1..=u32::from(Rule::max_digits(format.bits)) {
                for decimals in 0..=u32::from(Rule::MAX_DECIMALS) {
                    let made = Digits::new(format, n, decimals).unwrap();
                    symmetric(
                        &format!("{n} digits, {decimals} decimals"),
                        made,
                        format.bits,
                    );
                }
            }
        }
    }

    #[test]
    fn the_other_rules() {
        for format in [Format::SINGLE, Format::DOUBLE] {
            for cut in 1..format.precision {
                let made = Coarse::new(format, cut).unwrap();
                symmetric(&format!("cut {cut}"), made, format.bits);
            }
        }
        for bits in [8, 16, 32, 64] {
            let values = [0, 1, 5, 100, mask(bits) - 1, mask(bits)];
            check("dictionary", &Dictionary::new(&values), bits);
        }
    }

    /// Against counting, in a width that can be counted.
    #[test]
    fn dense_codes_are_ranks() {
        let even = (0..256).step_by(2).collect();
        let tens = (3..256).step_by(10).collect();
        for values in [vec![4, 5, 77, 255], vec![200], even, tens] {
            let members = Dictionary::new(&values);
            let list: Vec<u64> = (0..members.count()).map(|n| members.at(n)).collect();
            let others = (0..256).filter(|code| !list.contains(code));
            let order: Vec<u64> = list.iter().copied().chain(others).collect();
            for (dense, &code) in order.iter().enumerate() {
                assert_eq!(forward(&members, code, 8), dense as u64);
                assert_eq!(inverse(&members, dense as u64), code);
            }
            for code in 0..256u64 {
                let found = list[nearest(&members, code) as usize];
                let least = list
                    .iter()
                    .map(|member| member.abs_diff(code))
                    .min()
                    .unwrap();
                assert_eq!(found.abs_diff(code), least, "{code}");
            }
        }
    }
}
