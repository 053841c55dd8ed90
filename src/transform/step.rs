//! Multiples of a step stored as floats: integers, decimals, binary fractions, counts of some unit.

use super::float::Format;
use super::symmetric::{Magnitudes, settle};
use crate::structure::Rule;

/// The floats nearest to the multiples of `numerator / denominator`, up to where floats are as coarse as the step; beyond,
/// all floats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    format: Format,
    numerator: u64,
    denominator: u64,
    /// Multiples below the limit, zero included.
    multiples: u64,
    /// The pattern of the limit, a power of two.
    limit: u64,
}

impl Step {
    /// For floats of `format`; the terms are from 1 to [`Rule::MAX_TERM`].
    pub fn new(format: Format, numerator: u64, denominator: u64) -> Option<Step> {
        let terms = 1..=Rule::MAX_TERM;
        if !terms.contains(&numerator) || !terms.contains(&denominator) {
            return None;
        }
        // Between 2^(e + precision - 1) and the next power of two floats are 2^e apart. While that is less than the step, no
        // two multiples are the same float.
        let (n, d) = (u128::from(numerator), u128::from(denominator));
        let finer = |e: i32| if e < 0 { d < n << -e } else { d << e < n };
        let finest = (-62..62).rev().find(|&e| finer(e))?;
        // The greatest float below the limit, in steps: what lies above it might be rounded to the limit itself.
        let greatest = d * ((1 << format.precision) - 1);
        let multiples = if finest < 0 {
            greatest / (n << -finest)
        } else {
            (greatest << finest) / n
        };
        Some(Step {
            format,
            numerator,
            denominator,
            multiples: multiples as u64 + 1,
            limit: format.power(finest + format.precision as i32),
        })
    }
}

/// Numbers of steps below this have halves as doubles.
const EXACT: f64 = (1u64 << 52) as f64;

impl Step {
    /// How many whole steps a magnitude has.
    fn quotient(&self, pattern: u64) -> u64 {
        let (significand, exponent) = self.format.split(pattern);
        let scaled = u128::from(significand) * u128::from(self.denominator);
        let scaled = if exponent < 0 {
            scaled >> (-exponent).min(127)
        } else {
            scaled << exponent
        };
        (scaled / u128::from(self.numerator)) as u64
    }
}

impl Magnitudes for Step {
    fn format(&self) -> Format {
        self.format
    }

    fn last(&self) -> u64 {
        self.multiples + (self.format.infinity() - self.limit)
    }

    fn at(&self, index: u64) -> u64 {
        if index < self.multiples {
            let multiple = u128::from(index) * u128::from(self.numerator);
            self.format.nearest(multiple, self.denominator.into())
        } else {
            self.limit + (index - self.multiples)
        }
    }

    fn below(&self, pattern: u64) -> u64 {
        self.find(pattern).0
    }

    fn find(&self, pattern: u64) -> (u64, bool) {
        if pattern >= self.limit {
            return (self.multiples + (pattern - self.limit), true);
        }
        // Right for multiples that are not too large, and close for others.
        let steps = self.format.number(pattern) * self.denominator as f64 / self.numerator as f64;
        let guess = if steps < EXACT {
            (steps + 0.5) as u64
        } else {
            self.quotient(pattern)
        };
        settle(guess.min(self.multiples), pattern, |index| self.at(index))
    }
}
