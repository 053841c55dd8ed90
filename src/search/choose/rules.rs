//! Rules that the values of a column may follow.

use crate::layout::Kind;
use crate::structure::{Rule, Transform};
use crate::transform::float::Format;
use std::collections::HashSet;

/// Values that are examined closely.
const EXAMINED: usize = 512;
/// The share of them that has to follow a rule.
const FOLLOW: f64 = 0.98;
/// Each value of a dictionary has to come so many times, on average.
const TIMES: usize = 16;
/// The most values of a dictionary.
const MAX_DISTINCT: usize = 4096;
/// Slots of values seen last.
const RECENT: usize = 1024;
/// Decimals beyond this are noise.
const MAX_DECIMALS: [u32; 2] = [9, 15];

/// Transforms with a rule that most of the bit patterns follow; `thinned`: by how much fewer are examined.
pub(crate) fn candidates(
    patterns: &[u64],
    width: u8,
    kind: Kind,
    thinned: usize,
) -> Vec<Transform> {
    let bits = 8 * u32::from(width);
    let mut rules = Vec::new();
    if let Some(values) = distinct(patterns, thinned) {
        let mut codes: Vec<u64> = values.iter().map(|&p| kind.code(p, bits)).collect();
        codes.sort_unstable();
        rules.push(Rule::Dictionary(codes.into()));
    }
    if let Some(format) = Format::of(bits).filter(|_| kind == Kind::Float) {
        let step = patterns.len().div_ceil(EXAMINED / thinned.min(2)).max(1);
        let some: Vec<u64> = patterns.iter().copied().step_by(step).collect();
        floats(&some, format, &mut rules);
    }
    rules.dedup();
    let with_rule = rules.into_iter().map(|rule| Transform {
        rule,
        ..Transform::of(kind)
    });
    with_rule.filter(|t| t.validate(width).is_ok()).collect()
}

/// The distinct values, if they are few and come often.
fn distinct(patterns: &[u64], thinned: usize) -> Option<HashSet<u64>> {
    let most = (patterns.len() / TIMES).min(MAX_DISTINCT / thinned);
    let mut values = HashSet::new();
    // Values that were seen not long ago need not be looked up.
    let mut recent = [*patterns.first()?; RECENT];
    values.insert(recent[0]);
    for &pattern in patterns {
        let slot = pattern.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - RECENT.ilog2());
        let recent = &mut recent[slot as usize];
        if *recent == pattern {
            continue;
        }
        *recent = pattern;
        values.insert(pattern);
        if values.len() > most {
            return None;
        }
    }
    (values.len() > 1).then_some(values)
}

/// The value at a share of the sorted list.
fn at_share<T: Ord + Copy>(list: &mut [T], share: f64) -> Option<T> {
    list.sort_unstable();
    list.get(((list.len() as f64 * share) as usize).min(list.len().saturating_sub(1)))
        .copied()
}

fn floats(patterns: &[u64], format: Format, rules: &mut Vec<Rule>) {
    let magnitude = |p: u64| p & (u64::MAX >> (65 - format.bits));
    let finite: Vec<u64> = patterns
        .iter()
        .map(|&p| magnitude(p))
        .filter(|&p| p != 0 && p < format.infinity())
        .collect();
    if finite.is_empty() {
        return;
    }
    let mut trailing: Vec<u32> = finite.iter().map(|p| p.trailing_zeros()).collect();
    let cut = at_share(&mut trailing, 1.0 - FOLLOW).unwrap_or(0);
    if (2..format.precision).contains(&cut) {
        rules.push(Rule::Coarse { cut: cut as u8 });
    }
    let mut lowest: Vec<i32> = finite
        .iter()
        .map(|&p| {
            let (significand, exponent) = format.split(p);
            exponent + significand.trailing_zeros() as i32
        })
        .collect();
    if let Some(power) = at_share(&mut lowest, 1.0 - FOLLOW).filter(|p| (-60..=60).contains(p)) {
        rules.push(Rule::Step {
            numerator: 1 << power.max(0),
            denominator: 1 << (-power).max(0),
        });
    }
    decimals(&finite, format, rules);
}

/// Significant digits and decimals of the shortest decimal that is the float.
fn shortest(magnitude: u64, format: Format) -> (u32, u32, u64) {
    let text = if format == Format::SINGLE {
        format!("{:e}", f32::from_bits(magnitude as u32))
    } else {
        format!("{:e}", f64::from_bits(magnitude))
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    let (count, number) = digits.fold((0, 0u64), |(count, number), digit| {
        (count + 1, number.wrapping_mul(10) + u64::from(digit - b'0'))
    });
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let decimals = (count as i32 - 1 - exponent).max(0) as u32;
    (count, decimals, number)
}

fn decimals(finite: &[u64], format: Format, rules: &mut Vec<Rule>) {
    let found: Vec<(u32, u32, u64)> = finite.iter().map(|&p| shortest(p, format)).collect();
    let mut digits: Vec<u32> = found.iter().map(|f| f.0).collect();
    let digits = at_share(&mut digits, FOLLOW).unwrap_or(u32::MAX);
    let most = MAX_DECIMALS[usize::from(format == Format::DOUBLE)];
    let mut decimals: Vec<u32> = found.iter().map(|f| f.1).collect();
    let fixed = at_share(&mut decimals, FOLLOW).unwrap_or(u32::MAX);
    if fixed <= most {
        let divisor = found
            .iter()
            .filter(|f| f.1 <= fixed)
            .filter_map(|f| f.2.checked_mul(10u64.checked_pow(fixed - f.1)?))
            .fold(0, gcd);
        let denominator = 10u64.pow(fixed);
        let common = gcd(divisor.max(1), denominator);
        rules.push(Rule::Step {
            numerator: 1,
            denominator,
        });
        if divisor > 1 {
            rules.push(Rule::Step {
                numerator: divisor / common,
                denominator: denominator / common,
            });
        }
    }
    // All values of one column rarely have their last digits zero: what has few digits has few decimals too.
    if digits <= Rule::max_digits(format.bits).into() {
        let deepest = found.iter().filter(|f| f.0 <= digits).map(|f| f.1).max();
        let decimals = deepest.unwrap_or(0);
        if decimals <= Rule::MAX_DECIMALS.into() {
            rules.push(Rule::Digits {
                digits: digits as u8,
                decimals: decimals as u8,
            });
        }
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
