//! One column's transform: how its bits are read, the rule of its values, the prediction, and where its codes lie.

use super::Formula;
use crate::error::{Error, Result};
use crate::layout::Kind;
use std::sync::Arc;

/// The values that a column mostly has. Others stay exact, at the price of larger codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Any.
    #[default]
    Any,
    /// Floats that are multiples of `numerator / denominator`: integers, decimals, binary fractions.
    Step {
        /// From 1 to 2^62.
        numerator: u64,
        /// From 1 to 2^62.
        denominator: u64,
    },
    /// Floats that are decimals with so many significant digits, and at most so many decimals.
    Digits {
        /// Significant digits: 1 to 6 (4-byte floats) or 15 (8-byte floats).
        digits: u8,
        /// Decimals: 0 to 19.
        decimals: u8,
    },
    /// Floats whose last `cut` bits are zero: 1 to 23 or 52.
    Coarse {
        /// How many bits.
        cut: u8,
    },
    /// These codes, strictly increasing, at most 2^16.
    Dictionary(Arc<[u64]>),
}

impl Rule {
    /// The most values of a dictionary.
    pub const MAX_VALUES: usize = 1 << 16;
    /// The largest numerator and denominator of a step.
    pub const MAX_TERM: u64 = 1 << 62;
    /// The most decimals.
    pub const MAX_DECIMALS: u8 = 19;

    /// The most significant digits that all floats of `bits` bits distinguish.
    pub fn max_digits(bits: u32) -> u8 {
        if bits == 32 { 6 } else { 15 }
    }
}

/// What is taken from an element before its bytes are predicted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Predict {
    /// Nothing.
    #[default]
    Nothing,
    /// Differences along the axes: so many times to the element before, one row before, one plane before; each 0 to 3,
    /// one of them above 0.
    Differences([u8; 3]),
    /// Neighbours weighted to fit.
    Stencil {
        /// Fractional bits of a float's fixed-point value: -1100 to 1200.
        shift: i16,
        /// How many elements before the neighbours are: 1 to 32 of them, each at least 1. The first is the reference.
        lags: Vec<u32>,
        /// A weight in Q12 for each neighbour but the first, within 2^15.
        weights: Vec<i32>,
    },
    /// From other columns of the same row: only where there are several fields.
    Relation(Arc<Formula>),
}

impl Predict {
    /// The most neighbours of a stencil.
    pub const MAX_LAGS: usize = 32;
    /// The largest magnitude of a stencil's weight: 8 in Q12.
    pub const MAX_WEIGHT: i32 = 1 << 15;
}

/// How the elements of a column become the numbers whose bytes are predicted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transform {
    /// How the bits are read.
    pub kind: Kind,
    /// Which values there are.
    pub rule: Rule,
    /// What is taken from them.
    pub predict: Predict,
    /// What is subtracted at last, modulo 2^bits.
    pub offset: u64,
    /// By how many bytes the result is rotated up, less than the width.
    pub rotate: u8,
}

impl Transform {
    /// Leaves every element as it is.
    pub const NONE: Transform = Transform {
        kind: Kind::Unsigned,
        rule: Rule::Any,
        predict: Predict::Nothing,
        offset: 0,
        rotate: 0,
    };

    /// A reading without a rule.
    pub fn of(kind: Kind) -> Transform {
        Transform {
            kind,
            ..Transform::NONE
        }
    }

    /// Says whether everything is in its range for elements of `width` bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] saying what is not.
    pub fn validate(&self, width: u8) -> Result<()> {
        let bits = 8 * u32::from(width);
        let refuse = |what: &str| Err(Error::InvalidArgument(format!("transform: {what}")));
        if self.kind == Kind::Float && !matches!(bits, 32 | 64) {
            return refuse("floats have 4 or 8 bytes");
        }
        if !self.rule_is_valid(bits) {
            return refuse("a rule that such elements cannot follow");
        }
        match &self.predict {
            Predict::Nothing => {}
            Predict::Differences(times) => {
                if times.iter().any(|&n| n > 3) || times.iter().all(|&n| n == 0) {
                    return refuse("differences are taken 1 to 3 times");
                }
            }
            Predict::Relation(formula) => formula.validate()?,
            Predict::Stencil {
                shift,
                lags,
                weights,
            } => {
                if !(-1100..=1200).contains(shift) {
                    return refuse("the fixed point is out of range");
                }
                if lags.is_empty() || lags.len() > Predict::MAX_LAGS || lags.contains(&0) {
                    return refuse("a stencil has 1 to 32 neighbours, all of them earlier");
                }
                if weights.len() + 1 != lags.len()
                    || weights
                        .iter()
                        .any(|w| w.unsigned_abs() > Predict::MAX_WEIGHT.unsigned_abs())
                {
                    return refuse("a stencil has a weight within 2^15 for each neighbour but one");
                }
            }
        }
        if self.offset > mask(bits) || self.rotate >= width {
            return refuse("offset or rotation exceed the element");
        }
        Ok(())
    }

    fn rule_is_valid(&self, bits: u32) -> bool {
        let float = matches!(bits, 32 | 64) && self.kind == Kind::Float;
        match &self.rule {
            Rule::Any => true,
            Rule::Dictionary(values) => {
                let increasing = values.windows(2).all(|pair| pair[0] < pair[1]);
                let few = (1..=Rule::MAX_VALUES).contains(&values.len());
                increasing && few && values.last().is_some_and(|&last| last <= mask(bits))
            }
            &Rule::Step {
                numerator,
                denominator,
            } => {
                let terms = 1..=Rule::MAX_TERM;
                let in_range = terms.contains(&numerator) && terms.contains(&denominator);
                float && in_range && u128::from(denominator) < u128::from(numerator) << 62
            }
            &Rule::Digits { digits, decimals } => {
                let most = Rule::max_digits(bits);
                float && (1..=most).contains(&digits) && decimals <= Rule::MAX_DECIMALS
            }
            &Rule::Coarse { cut } => float && (1..precision(bits)).contains(&cut),
        }
    }
}

/// The bits of an element of `bits` bits: all ones.
fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// Bits of a float's significand, the hidden one included.
fn precision(bits: u32) -> u8 {
    if bits == 32 { 24 } else { 53 }
}
