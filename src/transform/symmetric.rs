//! Sets of floats that hold both signs of a value.

use super::float::Format;
use super::order::sign;
use super::ranks::Members;

/// The magnitudes of a set of floats, 0 and infinity among them, in strictly increasing order.
pub trait Magnitudes {
    /// The floats' format.
    fn format(&self) -> Format;
    /// The index of infinity.
    fn last(&self) -> u64;
    /// The pattern of a magnitude; 0 for index 0, infinity for the last.
    fn at(&self, index: u64) -> u64;
    /// How many magnitudes have a pattern below this one, which is at most infinity's.
    fn below(&self, pattern: u64) -> u64;
}

/// The values of some magnitudes, positive and negative; zero is positive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symmetric<M>(pub M);

impl<M: Magnitudes> Symmetric<M> {
    fn zero(&self) -> u64 {
        sign(self.0.format().bits)
    }

    fn below(&self, pattern: u64) -> u64 {
        if pattern > self.0.format().infinity() {
            self.0.last() + 1
        } else {
            self.0.below(pattern)
        }
    }
}

impl<M: Magnitudes> Members for Symmetric<M> {
    fn count(&self) -> u64 {
        2 * self.0.last() + 1
    }

    fn at(&self, index: u64) -> u64 {
        match index.checked_sub(self.0.last()) {
            Some(magnitude) => self.zero() + self.0.at(magnitude),
            None => self.zero() - 1 - self.0.at(self.0.last() - index),
        }
    }

    fn below(&self, code: u64) -> u64 {
        match code.checked_sub(self.zero()) {
            Some(pattern) => self.0.last() + self.below(pattern),
            // Zero and the negative members that are at least as large.
            None => self.0.last() + 1 - self.below(self.zero() - code),
        }
    }
}

/// The index of the first magnitude that is at least `pattern`, close to a guess.
pub(crate) fn settle(guess: u64, pattern: u64, at: impl Fn(u64) -> u64) -> u64 {
    let mut index = guess;
    let there = at(index);
    if there < pattern {
        index += 1;
        while at(index) < pattern {
            index += 1;
        }
    } else if there > pattern {
        while index > 0 && at(index - 1) >= pattern {
            index -= 1;
        }
    }
    index
}
