//! One column's transform carried out: order, rule, prediction, shift.

use super::coarse::Coarse;
use super::dictionary::Dictionary;
use super::difference::{self, fold, unfold};
use super::digits::Digits;
use super::fixed::Values;
use super::float::Format;
use super::order::mask;
use super::ranks::{self, Members};
use super::stencil::Stencil;
use super::step::Step;
use super::symmetric::Symmetric;
use crate::layout::Kind;
use crate::structure::{Predict, Rule, Transform};

impl Transform {
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
    pub(crate) fn values(&self, bits: u32, shift: i16) -> Values {
        match (&self.rule, Format::of(bits)) {
            (Rule::Any, Some(format)) if self.kind == Kind::Float => Values::Floats {
                format,
                shift: shift.into(),
            },
            _ => Values::Integers { bits },
        }
    }

    /// The codes of bit patterns behind order and rule, in place.
    pub(crate) fn to_codes(&self, elements: &mut [u64], bits: u32) {
        for element in elements.iter_mut() {
            *element = self.kind.code(*element, bits);
        }
        self.with_rule(bits, Forward { elements, bits });
    }

    /// Replaces the elements of a column, bit patterns of `width` bytes, in order. `steps` are the numbers of elements
    /// to the element, the row and the plane before; 0: none. `predicted` are the numbers that a relation gives, one
    /// for each element. The transform must be [valid](Transform::validate).
    pub(crate) fn forward(
        &self,
        elements: &mut [u64],
        width: u8,
        steps: [usize; 3],
        predicted: &[f64],
    ) {
        if *self == Transform::NONE {
            return;
        }
        let bits = 8 * u32::from(width);
        self.to_codes(elements, bits);
        self.predict(elements, bits, steps, predicted);
        self.shift_codes(elements, bits);
    }

    /// Only the last step of [`Transform::forward`]: offset and rotation.
    pub(crate) fn shift_codes(&self, codes: &mut [u64], bits: u32) {
        if self.offset == 0 && self.rotate == 0 {
            return;
        }
        for code in codes.iter_mut() {
            let moved = code.wrapping_sub(self.offset) & mask(bits);
            *code = rotate_up(moved, 8 * u32::from(self.rotate), bits);
        }
    }

    /// Only the prediction's step of [`Transform::forward`].
    pub(crate) fn predict(
        &self,
        codes: &mut [u64],
        bits: u32,
        steps: [usize; 3],
        predicted: &[f64],
    ) {
        match &self.predict {
            Predict::Nothing => {}
            Predict::Relation(_) => {
                for (code, guess) in codes.iter_mut().zip(self.guesses(predicted, bits)) {
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
    pub(crate) fn inverse(
        &self,
        elements: &mut [u64],
        width: u8,
        steps: [usize; 3],
        predicted: &[f64],
    ) {
        if *self == Transform::NONE {
            return;
        }
        let bits = 8 * u32::from(width);
        for element in elements.iter_mut() {
            let moved = rotate_up(*element, bits - 8 * u32::from(self.rotate), bits);
            *element = moved.wrapping_add(self.offset) & mask(bits);
        }
        match &self.predict {
            Predict::Nothing => {}
            Predict::Relation(_) => {
                for (element, guess) in elements.iter_mut().zip(self.guesses(predicted, bits)) {
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
    pub(crate) fn members(&self, bits: u32) -> (u64, u64) {
        let mut counted = (0, 0);
        self.with_rule(bits, Count(&mut counted));
        match self.rule {
            Rule::Any => (0, 0),
            Rule::Dictionary(_) => (0, counted.1),
            _ => counted,
        }
    }

    /// The least and the greatest code that the rule gives a member among some bit patterns, if it has members and one is there.
    pub(crate) fn extremes(&self, patterns: &[u64], bits: u32) -> Option<(u64, u64)> {
        let mut found = None;
        let codes = patterns
            .iter()
            .map(|&pattern| self.kind.code(pattern, bits));
        self.with_rule(bits, Extremes(codes, &mut found));
        found
    }

    /// By how many bits the rule's members are further apart than codes are, on average at these codes; 0 at those that
    /// are no members.
    pub(crate) fn coarseness(&self, codes: &[u64], bits: u32) -> f64 {
        let mut sum = 0.0;
        self.with_rule(bits, Coarseness(codes, &mut sum));
        sum / codes.len().max(1) as f64
    }

    /// Lets a visitor see the rule's members, if there is a rule.
    fn with_rule(&self, bits: u32, visitor: impl CodesVisitor) {
        match &self.rule {
            Rule::Any => {}
            Rule::Dictionary(values) => {
                visitor.visit(&Dictionary::new(values));
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

trait CodesVisitor {
    fn visit(self, members: &impl Members);
}

struct Forward<'a> {
    elements: &'a mut [u64],
    bits: u32,
}

impl CodesVisitor for Forward<'_> {
    fn visit(self, members: &impl Members) {
        for element in self.elements {
            *element = ranks::forward(members, *element, self.bits);
        }
    }
}

struct Nearest<'a> {
    codes: &'a mut [u64],
}

impl CodesVisitor for Nearest<'_> {
    fn visit(self, members: &impl Members) {
        for code in self.codes {
            *code = ranks::nearest(members, *code);
        }
    }
}

/// The members below zero, and all.
struct Count<'a>(&'a mut (u64, u64));

impl CodesVisitor for Count<'_> {
    fn visit(self, members: &impl Members) {
        let count = members.count();
        *self.0 = (count / 2, count);
    }
}

/// The least and the greatest index of members among codes.
struct Extremes<'a, C>(C, &'a mut Option<(u64, u64)>);

impl<C: Iterator<Item = u64>> CodesVisitor for Extremes<'_, C> {
    fn visit(self, members: &impl Members) {
        // Members keep their order: whatever lies between two that are known need not be found.
        let (mut least, mut greatest) = (u64::MAX, 0);
        for code in self.0 {
            if least <= code && code <= greatest {
                continue;
            }
            if let (index, true) = members.find(code) {
                let (low, high) = self.1.get_or_insert((index, index));
                (*low, *high) = (index.min(*low), index.max(*high));
                (least, greatest) = (code.min(least), code.max(greatest));
            }
        }
    }
}

/// The sum of the logarithms of the distances from members to the next ones.
struct Coarseness<'a>(&'a [u64], &'a mut f64);

impl CodesVisitor for Coarseness<'_> {
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

impl CodesVisitor for Inverse<'_> {
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
