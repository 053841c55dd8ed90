//! Decimals of so many significant digits stored as floats: what `%.6g` wrote.

use super::float::Format;
use super::symmetric::{Magnitudes, settle};
use crate::structure::Rule;

/// The floats nearest to `c / 10^decimals` for c below 10^digits, then to `c * 10^d / 10^decimals` for c of `digits` digits
/// and d = 1, 2, ... up to 10^19; beyond, all floats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    format: Format,
    decimals: u32,
    /// 10^digits.
    first: u64,
    /// Decimals of the full number of digits in a decade.
    decade: u64,
    /// Decimals below the limit, zero included.
    small: u64,
    /// The pattern of the limit, a power of ten.
    limit: u64,
}

/// The most decimals.
const MAX_DECIMALS: u32 = Rule::MAX_DECIMALS as u32;

/// Powers of ten.
static POWERS: [u64; MAX_DECIMALS as usize + 1] = {
    let (mut all, mut n) = ([1; MAX_DECIMALS as usize + 1], 1);
    while n < all.len() {
        all[n] = 10 * all[n - 1];
        n += 1;
    }
    all
};

impl Digits {
    /// For floats of `format`, 1 to [`Rule::max_digits`] digits and 0 to [`Rule::MAX_DECIMALS`] decimals.
    pub fn new(format: Format, digits: u32, decimals: u32) -> Option<Digits> {
        if !(1..=u32::from(Rule::max_digits(format.bits))).contains(&digits)
            || decimals > MAX_DECIMALS
        {
            return None;
        }
        let decades = u64::from(MAX_DECIMALS + decimals - digits);
        let first = 10u64.pow(digits);
        let mut made = Digits {
            format,
            decimals,
            first,
            decade: first - first / 10,
            small: first + decades * (first - first / 10),
            limit: 0,
        };
        made.limit = format.nearest(10u128.pow(MAX_DECIMALS), 1);
        Some(made)
    }

    /// The pattern nearest to `c * 10^exponent`.
    fn decimal(&self, c: u64, exponent: i32) -> u64 {
        let power = u128::from(POWERS[exponent.unsigned_abs() as usize]);
        if exponent < 0 {
            self.format.nearest(c.into(), power)
        } else {
            self.format.nearest(u128::from(c) * power, 1)
        }
    }
}

impl Magnitudes for Digits {
    fn format(&self) -> Format {
        self.format
    }

    fn last(&self) -> u64 {
        self.small + (self.format.infinity() - self.limit)
    }

    fn at(&self, index: u64) -> u64 {
        let first = self.first;
        let lowest = -(self.decimals as i32);
        if index < first {
            self.decimal(index, lowest)
        } else if index < self.small {
            let (decade, digit) = ((index - first) / self.decade, (index - first) % self.decade);
            self.decimal(first / 10 + digit, lowest + 1 + decade as i32)
        } else {
            self.limit + (index - self.small)
        }
    }

    fn below(&self, pattern: u64) -> u64 {
        self.find(pattern).0
    }

    fn find(&self, pattern: u64) -> (u64, bool) {
        if pattern >= self.limit {
            return (self.small + (pattern - self.limit), true);
        }
        // The smallest c and exponent that reach the value: first as if there were one decade only.
        let (significand, exponent) = self.format.split(pattern);
        let scaled = u128::from(significand) * u128::from(POWERS[self.decimals as usize]);
        // Below 10^38: the value is less than 10^19.
        let scaled = if exponent < 0 {
            scaled >> (-exponent).min(127)
        } else {
            scaled << exponent
        };
        let first = self.first;
        let (mut wide, mut decade) = (scaled, 0u64);
        while wide > u128::from(u64::MAX) {
            wide /= 10;
            decade += 1;
        }
        // What fits in a word is divided much sooner.
        let mut c = wide as u64;
        while c >= first {
            c /= 10;
            decade += 1;
        }
        let guess = if decade == 0 {
            c
        } else {
            first + (decade - 1) * self.decade + (c - first / 10)
        };
        settle(guess.min(self.small), pattern, |index| self.at(index))
    }
}
