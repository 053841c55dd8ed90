//! One column's transform: order, rule, prediction, place.

use super::coarse::Coarse;
use super::dictionary::Dictionary;
use super::difference::{self, fold, unfold};
use super::digits::Digits;
use super::fixed::Values;
use super::float::Format;
use super::formula::Formula;
use super::order::mask;
use super::ranks::{self, Members};
use super::stencil::Stencil;
use super::step::Step;
use super::symmetric::Symmetric;
use crate::error::{Error, Result};
use crate::layout::columns::Kind;
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
    /// What other columns of the same row say: only where there are several fields.
    Relation(Arc<Formula>),
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
        if self.kind == Kind::Float && Format::of(bits).is_none() {
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
                if lags.is_empty() || lags.len() > Stencil::MOST_LAGS || lags.contains(&0) {
                    return refuse("a stencil has 1 to 32 neighbours, all of them earlier");
                }
                if weights.len() + 1 != lags.len()
                    || weights
                        .iter()
                        .any(|w| w.unsigned_abs() > Stencil::MOST_WEIGHT.unsigned_abs())
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
        let float = Format::of(bits).filter(|_| self.kind == Kind::Float);
        match (&self.rule, float) {
            (Rule::Any, _) => true,
            (Rule::Dictionary(values), _) => {
                Dictionary::new(values).is_some_and(|d| d.fits(mask(bits)))
            }
            (_, Some(format)) => self.magnitudes(format).is_some(),
            _ => false,
        }
    }

    fn magnitudes(&self, format: Format) -> Option<AnyMagnitudes> {
        match self.rule {
            Rule::Step {
                numerator,
                denominator,
            } => Step::new(format, numerator, denominator).map(AnyMagnitudes::Step),
            Rule::Digits { digits, decimals } => {
                Digits::new(format, digits.into(), decimals.into()).map(AnyMagnitudes::Digits)
            }
            Rule::Coarse { cut } => Coarse::new(format, cut.into()).map(AnyMagnitudes::Coarse),
            _ => None,
        }
    }

    /// How the codes behind the rule are added up.
    pub(super) fn values(&self, bits: u32, shift: i16) -> Values {
        match (&self.rule, Format::of(bits)) {
            (Rule::Any, Some(format)) if self.kind == Kind::Float => Values::Floats {
                format,
                shift: shift.into(),
            },
            _ => Values::Integers { bits },
        }
    }

    /// The codes of bit patterns behind order and rule, in place.
    pub(super) fn to_codes(&self, elements: &mut [u64], bits: u32) {
        for element in elements.iter_mut() {
            *element = self.kind.code(*element, bits);
        }
        self.with_rule(bits, Forward { elements, bits });
    }

    /// Replaces the elements of a column, bit patterns of `width` bytes, in order. `steps` are the numbers of elements to
    /// the element, the row and the plane before; 0: none. `foretold` are the numbers that a relation says, one for each
    /// element. The transform must be [valid](Transform::validate).
    pub(super) fn forward(
        &self,
        elements: &mut [u64],
        width: u8,
        steps: [usize; 3],
        foretold: &[f64],
    ) {
        let bits = 8 * u32::from(width);
        self.to_codes(elements, bits);
        self.predict(elements, bits, steps, foretold);
        self.place(elements, bits);
    }

    /// Only the last part of [`Transform::forward`]: offset and rotation.
    pub(super) fn place(&self, codes: &mut [u64], bits: u32) {
        if self.offset == 0 && self.rotate == 0 {
            return;
        }
        for code in codes.iter_mut() {
            let moved = code.wrapping_sub(self.offset) & mask(bits);
            *code = rotate_up(moved, 8 * u32::from(self.rotate), bits);
        }
    }

    /// Only the prediction's part of [`Transform::forward`].
    pub(super) fn predict(
        &self,
        codes: &mut [u64],
        bits: u32,
        steps: [usize; 3],
        foretold: &[f64],
    ) {
        match &self.predict {
            Predict::Nothing => {}
            Predict::Relation(_) => {
                for (code, guess) in codes.iter_mut().zip(self.guesses(foretold, bits)) {
                    *code = fold(code.wrapping_sub(guess) & mask(bits), bits);
                }
            }
            Predict::Differences(times) => {
                for (&lag, &times) in steps.iter().zip(times) {
                    for _ in 0..times {
                        difference::forward(codes, lag, bits);
                    }
                }
                for code in codes.iter_mut() {
                    *code = fold(*code, bits);
                }
            }
            Predict::Stencil {
                shift,
                lags,
                weights,
            } => Stencil::new(self.values(bits, *shift), lags, weights).forward(codes, bits),
        }
    }

    /// The inverse of [`Transform::forward`].
    pub(super) fn inverse(
        &self,
        elements: &mut [u64],
        width: u8,
        steps: [usize; 3],
        foretold: &[f64],
    ) {
        let bits = 8 * u32::from(width);
        for element in elements.iter_mut() {
            let moved = rotate_up(*element, bits - 8 * u32::from(self.rotate), bits);
            *element = moved.wrapping_add(self.offset) & mask(bits);
        }
        match &self.predict {
            Predict::Nothing => {}
            Predict::Relation(_) => {
                for (element, guess) in elements.iter_mut().zip(self.guesses(foretold, bits)) {
                    *element = unfold(*element, bits).wrapping_add(guess) & mask(bits);
                }
            }
            Predict::Differences(times) => {
                for element in elements.iter_mut() {
                    *element = unfold(*element, bits);
                }
                for (&lag, &times) in steps.iter().zip(times) {
                    for _ in 0..times {
                        difference::inverse(elements, lag, bits);
                    }
                }
            }
            Predict::Stencil {
                shift,
                lags,
                weights,
            } => Stencil::new(self.values(bits, *shift), lags, weights).inverse(elements, bits),
        }
        self.with_rule(bits, Inverse { elements });
        for element in elements.iter_mut() {
            *element = self.kind.pattern(*element, bits);
        }
    }

    /// The codes nearest to numbers, under a rule those of members.
    fn guesses(&self, numbers: &[f64], bits: u32) -> Vec<u64> {
        let code = |&number: &f64| self.kind.code(self.kind.nearest(number, bits), bits);
        let mut codes: Vec<u64> = numbers.iter().map(code).collect();
        self.with_rule(bits, Nearest { codes: &mut codes });
        codes
    }

    /// The code of zero behind the rule, and how many members the rule has.
    pub(super) fn members(&self, bits: u32) -> (u64, u64) {
        let mut counted = (0, 0);
        self.with_rule(bits, Count(&mut counted));
        match self.rule {
            Rule::Any => (0, 0),
            Rule::Dictionary(_) => (0, counted.1),
            _ => counted,
        }
    }

    /// By how many bits the rule's members are further apart than codes are, on average at these codes; 0 at those that
    /// are no members.
    pub(super) fn coarseness(&self, codes: &[u64], bits: u32) -> f64 {
        let mut sum = 0.0;
        self.with_rule(bits, Coarseness(codes, &mut sum));
        sum / codes.len().max(1) as f64
    }

    /// Lets a visitor see the rule's members, if there is a rule.
    fn with_rule(&self, bits: u32, visitor: impl Visitor) {
        match &self.rule {
            Rule::Any => {}
            Rule::Dictionary(values) => {
                visitor.visit(&Dictionary::of_increasing(values));
            }
            _ => match Format::of(bits).and_then(|format| self.magnitudes(format)) {
                Some(AnyMagnitudes::Step(step)) => visitor.visit(&Symmetric(step)),
                Some(AnyMagnitudes::Digits(digits)) => visitor.visit(&Symmetric(digits)),
                Some(AnyMagnitudes::Coarse(coarse)) => visitor.visit(&Symmetric(coarse)),
                None => {}
            },
        }
    }
}

/// The rules that name magnitudes of either sign.
enum AnyMagnitudes {
    Step(Step),
    Digits(Digits),
    Coarse(Coarse),
}

trait Visitor {
    fn visit(self, members: &impl Members);
}

struct Forward<'a> {
    elements: &'a mut [u64],
    bits: u32,
}

impl Visitor for Forward<'_> {
    fn visit(self, members: &impl Members) {
        for element in self.elements {
            *element = ranks::forward(members, *element, self.bits);
        }
    }
}

struct Nearest<'a> {
    codes: &'a mut [u64],
}

impl Visitor for Nearest<'_> {
    fn visit(self, members: &impl Members) {
        for code in self.codes {
            *code = ranks::nearest(members, *code);
        }
    }
}

/// The members below zero, and all.
struct Count<'a>(&'a mut (u64, u64));

impl Visitor for Count<'_> {
    fn visit(self, members: &impl Members) {
        let count = members.count();
        *self.0 = (count / 2, count);
    }
}

/// The sum of the logarithms of the distances from members to the next ones.
struct Coarseness<'a>(&'a [u64], &'a mut f64);

impl Visitor for Coarseness<'_> {
    fn visit(self, members: &impl Members) {
        let count = members.count();
        let gap = |&code: &u64| {
            let index = members.below(code);
            let is_member = index + 1 < count && members.at(index) == code;
            is_member.then(|| (members.at(index + 1) - code) as f64)
        };
        *self.1 = self.0.iter().filter_map(gap).map(f64::log2).sum();
    }
}

struct Inverse<'a> {
    elements: &'a mut [u64],
}

impl Visitor for Inverse<'_> {
    fn visit(self, members: &impl Members) {
        for element in self.elements {
            *element = ranks::inverse(members, *element);
        }
    }
}

/// Rotates the lower `bits` bits of a code up by `by`, at most `bits`.
fn rotate_up(code: u64, by: u32, bits: u32) -> u64 {
    if by.is_multiple_of(bits) {
        return code;
    }
    (code << by | code >> (bits - by)) & mask(bits)
}
