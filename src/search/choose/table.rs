//! A transform for each column of a table.

use super::choice::{Choice, FEWEST, shifted};
use super::estimate::{Estimator, sampled};
use super::relations::{self, Plain};
use super::rules;
use crate::layout::Column;
use crate::layout::{Kind, Layout};
use crate::structure::Field;
use crate::structure::{Predict, Rule, Transform};
use crate::transform::frame;

/// A rule has to save this share of the bits, differences this: what the estimate does not see is that equal values in
/// other columns look alike only as they are.
const RULE: f64 = 0.96;
const DIFFERENCE: f64 = 0.97;
/// Decimals this many bits apart save more of noise than the estimate sees in so few rows, the fewer the less: they need
/// not save more than this, whatever the share.
const APART: f64 = 0.5;
const DECIMAL: f64 = 0.3;
/// Rows that follow one another have to be closer than others by so many bits in half of the frame's pieces, at most so
/// many: what the estimate saves on a sample of noise is noise.
const PIECES: usize = 8;
const CLOSER: f64 = 1.0;
/// The best so many readings and rules are tried with differences and relations.
const TRIED: usize = 2;
/// The most rows of a piece that are compared.
const COMPARED: usize = 512;
/// Bits that naming a rule costs, beside its dictionary.
const RULE_BITS: f64 = 48.0;

/// The fields of a table, and the bits of a row.
pub(crate) fn choose(
    bytes: &[u8],
    layout: &Layout,
    columns: &[Column],
    estimator: &mut Estimator,
) -> (Vec<Field>, f64) {
    let mut offset = 0;
    let mut fields = Vec::with_capacity(columns.len());
    let mut plain = Vec::with_capacity(columns.len());
    for column in columns {
        let own = (column.width, column.swap, Some(offset));
        offset += usize::from(column.width);
        let patterns = frame::patterns(layout, bytes, own, 0, usize::MAX);
        let (choice, transforms) = of_column(&patterns, column, estimator);
        plain.push(Plain {
            transforms,
            bits: choice.bits,
        });
        fields.push(Field {
            width: column.width,
            swap: column.swap,
            transform: choice.transform,
        });
    }
    if estimator.budget.fitted {
        for related in relations::find(bytes, layout, columns, &plain, estimator) {
            plain[related.column].bits = related.bits;
            fields[related.column].transform = related.transform;
        }
    }
    (fields, plain.iter().map(|column| column.bits).sum())
}

/// About the bits that a dictionary of elements of `width` bytes takes.
pub(crate) fn bits_of_values(values: &[u64], width: u8) -> f64 {
    values.len() as f64 * 8.0 * f64::from(width) * 0.6
}

/// The transform of one column, all of whose elements are given; and readings and rules that nearly are as good.
fn of_column(
    patterns: &[u64],
    column: &Column,
    estimator: &mut Estimator,
) -> (Choice, Vec<Transform>) {
    let Column { width, kind, .. } = *column;
    let bits = 8 * u32::from(width);
    let mut best = Choice {
        transform: Transform::NONE,
        bits: 0.0,
    };
    if patterns.len() < FEWEST || patterns.iter().all(|p| *p == patterns[0]) {
        return (best, Vec::new());
    }
    let runs = sampled(patterns.len(), estimator.budget);
    let run = runs[0].len();
    let sample: Vec<u64> = { runs.into_iter() }
        .flat_map(|run| &patterns[run])
        .copied()
        .collect();
    best.bits = estimator.bits(&sample, width);
    let ranked = best_readings(patterns, &sample, column, best.bits, estimator);
    if let Some(Reading {
        bits: cost,
        transform,
        ..
    }) = ranked.first()
        && transform.rule != Rule::Any
        && (*cost < RULE * best.bits
            || *cost < best.bits - DECIMAL && decimals_apart(transform, &sample, bits) >= APART)
    {
        best.bits = *cost;
        best.transform = transform.clone();
    }
    if follow_closely(patterns, kind, bits) {
        for reading in &ranked {
            try_differences(reading, run, patterns.len(), width, &mut best, estimator);
        }
    }
    // The first of all values may lie outside the sample: the position is that of all.
    if best.transform.predict == Predict::Nothing && best.transform.rule != Rule::Any {
        best.transform = shifted(best.transform, patterns, width);
    }
    let transforms = ranked.into_iter().map(|reading| reading.transform);
    (best, transforms.collect())
}

/// A reading and rule of a column, the sample's codes under it, and the bits of a row, its naming included.
struct Reading {
    bits: f64,
    transform: Transform,
    codes: Vec<u64>,
}

/// The [`TRIED`] readings and rules under which the sample costs least, the best first; `plain` is what it costs as it is.
fn best_readings(
    patterns: &[u64],
    sample: &[u64],
    column: &Column,
    plain: f64,
    estimator: &mut Estimator,
) -> Vec<Reading> {
    let Column { width, kind, .. } = *column;
    let bits = 8 * u32::from(width);
    let mut tried = vec![Transform::of(kind)];
    tried.extend(rules::candidates(
        patterns,
        width,
        kind,
        estimator.budget.thinned,
    ));
    let mut ranked: Vec<Reading> = Vec::new();
    for transform in tried {
        let mut codes = sample.to_vec();
        transform.to_codes(&mut codes, bits);
        let transform = shifted(transform, sample, width);
        let rule_bits = bits_of_naming(&transform, width, patterns.len());
        let mut coded = codes.clone();
        transform.shift_codes(&mut coded, bits);
        let most = ranked
            .get(TRIED - 1)
            .map_or(f64::INFINITY, |reading| reading.bits);
        let cost = if transform.rule == Rule::Any && only_first_bytes_differ(sample, kind, bits) {
            plain
        } else {
            rule_bits + estimator.bits_below(most - rule_bits, &coded, width)
        };
        let offset = ranked.partition_point(|other| other.bits <= cost);
        let reading = Reading {
            bits: cost,
            transform,
            codes,
        };
        ranked.insert(offset, reading);
        ranked.truncate(TRIED);
    }
    ranked
}

/// The bits of a row that go into naming a rule, in a table of so many.
fn bits_of_naming(transform: &Transform, width: u8, rows: usize) -> f64 {
    let values = match &transform.rule {
        Rule::Any => 0.0,
        Rule::Dictionary(values) => bits_of_values(values, width),
        _ => RULE_BITS,
    };
    values / rows as f64
}

/// Differences of a reading once and twice, within each run of the sample, as long as they save enough.
fn try_differences(
    reading: &Reading,
    run: usize,
    rows: usize,
    width: u8,
    best: &mut Choice,
    estimator: &mut Estimator,
) {
    for times in 1..=2 {
        let transform = Transform {
            predict: Predict::Differences([times, 0, 0]),
            offset: 0,
            rotate: 0,
            ..reading.transform.clone()
        };
        let mut coded = reading.codes.clone();
        for run in coded.chunks_mut(run) {
            transform.predict(run, 8 * u32::from(width), [1, 0, 0], &[]);
        }
        let cost = estimator.bits(&coded, width) + bits_of_naming(&transform, width, rows);
        if cost >= DIFFERENCE * best.bits {
            break;
        }
        best.bits = cost;
        best.transform = transform;
    }
}

/// Whether a reading changes nothing but the first bytes, equal ones to equal ones: it costs what plain elements do.
fn only_first_bytes_differ(patterns: &[u64], kind: Kind, bits: u32) -> bool {
    kind != Kind::Float || patterns.iter().all(|pattern| pattern >> (bits - 1) == 0)
}

/// By how many bits a column's decimals are further apart than floats are; 0 if the rule has no decimals. Where floats
/// are as coarse as the decimals, as all floats of few digits are, the rule holds nothing that the floats do not.
/// Multiples of powers of two show by themselves: their last bits are zero.
fn decimals_apart(transform: &Transform, patterns: &[u64], bits: u32) -> f64 {
    let is_decimal = match transform.rule {
        Rule::Digits { .. } => true,
        Rule::Step {
            numerator,
            denominator,
        } => !(numerator.is_power_of_two() && denominator.is_power_of_two()),
        _ => false,
    };
    if !is_decimal {
        return 0.0;
    }
    let code = |&pattern: &u64| transform.kind.code(pattern, bits);
    let codes: Vec<u64> = patterns.iter().map(code).collect();
    transform.coarseness(&codes, bits)
}

/// Whether rows that follow one another are clearly closer than rows further apart, in much of the frame.
fn follow_closely(patterns: &[u64], kind: Kind, bits: u32) -> bool {
    let pieces = (patterns.len() / FEWEST).clamp(1, PIECES);
    let piece = patterns.len() / pieces;
    let compared = piece.min(COMPARED);
    let far = (compared / 2).max(2);
    let closer = (0..pieces).filter(|n| {
        let start = n * piece;
        let codes: Vec<u64> = patterns[start..start + compared]
            .iter()
            .map(|&pattern| kind.code(pattern, bits))
            .collect();
        // Bits by which rows differ, all together; as many rows for either lag.
        let apart = |lag: usize| {
            let pairs = codes.iter().zip(&codes[lag..]).take(compared - far);
            pairs
                .map(|(a, b)| u64::from(64 - a.abs_diff(*b).leading_zeros()))
                .sum::<u64>() as f64
        };
        apart(far) - apart(1) >= CLOSER * (compared - far) as f64
    });
    2 * closer.count() >= pieces
}
