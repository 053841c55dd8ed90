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
    /// How many magnitudes have a pattern below this one, which is at most infinity's, and whether one has this one.
    fn find(&self, pattern: u64) -> (u64, bool) {
        let below = self.below(pattern);
        (below, self.at(below) == pattern)
    }
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

    fn find(&self, code: u64) -> (u64, bool) {
        let zero = self.zero();
        let (magnitude, negative) = match code.checked_sub(zero) {
            Some(magnitude) => (magnitude, false),
            None => (zero - 1 - code, true),
        };
        let (below, found) = match magnitude > self.0.format().infinity() {
            true => (self.0.last() + 1, false),
            false => self.0.find(magnitude),
        };
        match negative {
            false => (self.0.last() + below, found),
            // A negative zero has the magnitude of a member, but is none.
            true => {
                let before = self.0.last() + 1 - below - u64::from(found);
                (before, found && magnitude > 0)
            }
        }
    }
}

/// The index of the first magnitude that is at least `pattern`, close to a guess, and whether it is equal.
pub(crate) fn settle(guess: u64, pattern: u64, at: impl Fn(u64) -> u64) -> (u64, bool) {
    let mut index = guess;
    let mut there = at(index);
    if there < pattern {
        while there < pattern {
            index += 1;
            there = at(index);
        }
    } else if there > pattern {
        while index > 0 {
            let before = at(index - 1);
            if before < pattern {
                break;
            }
            (index, there) = (index - 1, before);
        }
    }
    (index, there == pattern)
}
