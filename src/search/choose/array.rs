//! One transform for all elements of an array: grids, images, time series.

use super::choice::{Choice, FEWEST, WORTHWHILE, shifted};
use super::estimate::Estimator;
use super::rules;
use crate::layout::Column;
use crate::layout::{Kind, Layout};
use crate::level::SearchBudget;
use crate::search::fit;
use crate::structure::{Predict, Rule, Transform};
use crate::transform::float::Format;
use crate::transform::frame;

/// The most elements that are coded to compare transforms, and the least.
const ELEMENTS: [usize; 2] = [2048, 16384];
/// One element in so many is coded.
const SPARSE: usize = 48;
/// The most elements before them that predictions may look back to.
const HISTORY: usize = 1 << 19;
/// Elements that are examined for repeats and for rules where not all are, and in how many runs.
const MANY: usize = 1 << 15;
const RUNS: usize = 16;
/// Positions that weights are fitted to.
const FITTED: usize = 8192;
/// Bits by which the element a record before is closer than the one before, in tables.
const TABLE: u64 = 3;
/// Fixed-point values of typical floats have so many bits.
const FIXED_BITS: i32 = 50;

/// The transform of all elements.
pub(crate) fn choose(
    bytes: &[u8],
    layout: &Layout,
    column: &Column,
    estimator: &mut Estimator,
) -> Choice {
    let mut best = Choice {
        transform: Transform::NONE,
        bits: 0.0,
    };
    let Some(array) = Array::new(bytes, layout, column, estimator.budget) else {
        return best;
    };
    let plain = array.bits_as_they_are(layout, estimator);
    let all = array.many(bytes, layout, estimator.budget);
    best.bits = less_repeats(plain, &all);
    let Some((transform, codes)) = array.best_rule(&all, &mut best, estimator) else {
        return best;
    };
    let predictions = array.predictions(&transform, all, estimator.budget);
    let moved = predictions.into_iter().map(|predict| {
        let moved = with(&transform, predict);
        let rule_bits = rule_bits(&transform, array.count, array.bits);
        let cost = array.bits_predicted(&moved, &codes, estimator) + rule_bits;
        (cost, moved)
    });
    if let Some((bits, transform)) = moved.min_by(|a, b| a.0.total_cmp(&b.0))
        && bits < WORTHWHILE * best.bits
    {
        best.bits = bits;
        best.transform = transform;
    }
    if best.transform.predict == Predict::Nothing && best.transform != Transform::NONE {
        let all = frame::patterns(layout, bytes, array.own(), 0, usize::MAX);
        best.transform = shifted(best.transform, &all, column.width);
    }
    best
}

/// An array, and the elements of it that are coded to compare transforms.
struct Array<'a> {
    column: &'a Column,
    /// Of an element.
    bits: u32,
    /// All elements.
    count: usize,
    /// Elements of a row and of a plane.
    rows: [usize; 2],
    /// Those that are coded, after those that predictions look back to.
    patterns: Vec<u64>,
    /// How many the latter are.
    history: usize,
}

impl<'a> Array<'a> {
    /// None if there are too few elements.
    fn new(
        bytes: &[u8],
        layout: &Layout,
        column: &'a Column,
        budget: SearchBudget,
    ) -> Option<Self> {
        let width = column.width;
        let count = frame::count(layout, width, None, bytes.len());
        if count < FEWEST {
            return None;
        }
        let rows = [layout.record, layout.plane].map(|n| n as usize / usize::from(width));
        let coded = (count / SPARSE)
            .clamp(ELEMENTS[0], ELEMENTS[1] / budget.thinned)
            .min(count / 2);
        let reach = (2 * rows[1].max(rows[0]) + 3).max(64);
        let history = reach.min(HISTORY).min(count - coded);
        let start = ((count - coded) / 2).max(history);
        let own = (width, column.swap, None);
        let patterns = frame::patterns(layout, bytes, own, start - history, history + coded);
        Some(Array {
            column,
            bits: 8 * u32::from(width),
            count,
            rows,
            patterns,
            history,
        })
    }

    /// Which bytes an element is, as [`frame::patterns`] takes it.
    fn own(&self) -> (u8, bool, Option<usize>) {
        (self.column.width, self.column.swap, None)
    }

    /// All elements; where the search is to be quick, many of them, in runs that are spread over all.
    fn many(&self, bytes: &[u8], layout: &Layout, budget: SearchBudget) -> Vec<u64> {
        let own = self.own();
        if budget.thinned == 1 || self.count <= MANY {
            return frame::patterns(layout, bytes, own, 0, usize::MAX);
        }
        let run = MANY / RUNS;
        let starts = (0..RUNS).map(|k| (self.count - run) * k / (RUNS - 1));
        starts
            .flat_map(|start| frame::patterns(layout, bytes, own, start, run))
            .collect()
    }

    fn bits_as_they_are(&self, layout: &Layout, estimator: &mut Estimator) -> f64 {
        let (width, history) = (self.column.width, self.history);
        let plain = estimator.bits(&self.patterns[history..], width);
        plain.min(estimator.bits_in_rows(&self.patterns, history, width, layout.record))
    }

    /// The bits of codes after their prediction.
    fn bits_predicted(
        &self,
        transform: &Transform,
        codes: &[u64],
        estimator: &mut Estimator,
    ) -> f64 {
        let mut coded = codes.to_vec();
        transform.predict(&mut coded, self.bits, [1, self.rows[0], self.rows[1]], &[]);
        estimator.bits(&coded[self.history..], self.column.width)
    }

    /// The rule under which simple differences cost least, and the codes that it gives; `best` becomes a rule without
    /// differences where that is worthwhile.
    fn best_rule(
        &self,
        all: &[u64],
        best: &mut Choice,
        estimator: &mut Estimator,
    ) -> Option<(Transform, Vec<u64>)> {
        let Column { width, kind, .. } = *self.column;
        let mut tried = vec![Transform::of(kind)];
        tried.extend(rules::candidates(
            all,
            width,
            kind,
            estimator.budget.thinned,
        ));
        let mut by_rule: Vec<(f64, Transform, Vec<u64>)> = Vec::new();
        for transform in tried {
            let mut codes = self.patterns.clone();
            transform.to_codes(&mut codes, self.bits);
            let shifted = shifted(transform.clone(), &self.patterns, width);
            let mut still = codes[self.history..].to_vec();
            shifted.shift_codes(&mut still, self.bits);
            let rule_bits = rule_bits(&transform, self.count, self.bits);
            let cost = estimator.bits(&still, width) + rule_bits;
            if cost < WORTHWHILE * best.bits {
                best.bits = cost;
                best.transform = shifted;
            }
            let mut least = f64::INFINITY;
            for times in [[1, 0, 0], lorenzo(self.rows)] {
                let moved = with(&transform, Predict::Differences(times));
                least = least.min(self.bits_predicted(&moved, &codes, estimator));
            }
            by_rule.push((least + rule_bits, transform, codes));
        }
        by_rule.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (_, transform, codes) = by_rule.into_iter().next()?;
        Some((transform, codes))
    }

    /// Differences along the axes there are, and stencils whose weights are fitted to all elements.
    fn predictions(
        &self,
        transform: &Transform,
        mut all: Vec<u64>,
        budget: SearchBudget,
    ) -> Vec<Predict> {
        let mut predictions: Vec<Predict> =
            differences(self.rows).map(Predict::Differences).collect();
        if !budget.fitted {
            return predictions;
        }
        let shift = fixed_point(&self.patterns, self.column.kind, self.bits);
        let values = transform.values(self.bits, shift);
        // Weights are to fit all of the array, not the sample alone.
        transform.to_codes(&mut all, self.bits);
        // In place: a frame's elements as 64 bits each are large.
        let values: Vec<i64> = all.into_iter().map(|code| values.value(code)).collect();
        for lags in stencils(self.rows) {
            let reach = lags.iter().copied().max().unwrap_or(0) as usize;
            if reach >= values.len() / 2 {
                continue;
            }
            let step = ((values.len() - reach) / FITTED).max(1) | 1;
            let positions: Vec<usize> = (reach..values.len()).step_by(step).collect();
            predictions.push(Predict::Stencil {
                shift,
                weights: fit::weights(&values, &lags, &positions),
                lags,
            });
        }
        predictions
    }
}

/// The bits of elements that cost `plain` each, less what repeats save: values that come again are cheap as they are, wherever
/// they come; differences hide them.
fn less_repeats(plain: f64, all: &[u64]) -> f64 {
    let repeated = repeats(all);
    let again = (all.len() as f64 * (1.0 - repeated)).max(2.0);
    let again = crate::search::log2(again) + 1.0;
    plain.min((1.0 - repeated) * plain + repeated * again)
}

/// Whether the element before is about as close as the one a record before: in tables it is of another column.
pub(crate) fn is_smooth(bytes: &[u8], layout: &Layout, column: &Column) -> bool {
    let Column { width, swap, kind } = *column;
    let bits = 8 * u32::from(width);
    let own = (width, swap, None);
    let record = layout.record as usize / usize::from(width);
    let count = frame::count(layout, width, None, bytes.len());
    let most = (count / 2).min(record + ELEMENTS[0]);
    let mut codes = frame::patterns(layout, bytes, own, count / 4, most);
    for code in &mut codes {
        *code = kind.code(*code, bits);
    }
    // Bits by which elements differ, all together.
    let apart = |lag: usize| {
        let pairs = codes
            .iter()
            .skip(record)
            .zip(&codes[record.saturating_sub(lag)..]);
        pairs
            .map(|(a, b)| u64::from(64 - a.abs_diff(*b).leading_zeros()))
            .sum::<u64>()
    };
    record < codes.len() && apart(1) <= apart(record) + TABLE * (codes.len() - record) as u64
}

fn with(transform: &Transform, predict: Predict) -> Transform {
    Transform {
        predict,
        offset: 0,
        rotate: 0,
        ..transform.clone()
    }
}

/// Bits of an element that go into naming its rule.
fn rule_bits(transform: &Transform, count: usize, bits: u32) -> f64 {
    match &transform.rule {
        Rule::Dictionary(values) => values.len() as f64 * f64::from(bits) * 0.6 / count as f64,
        _ => 0.0,
    }
}

/// The share of elements whose value came before, other than right before.
fn repeats(patterns: &[u64]) -> f64 {
    let changes = |patterns: &[u64]| {
        patterns
            .windows(2)
            .filter(|pair| pair[0] != pair[1])
            .count()
    };
    // What differs from the value before is new or came before.
    let differ = changes(patterns);
    let mut sorted = patterns.to_vec();
    sorted.sort_unstable();
    let again = differ - changes(&sorted);
    again as f64 / patterns.len().max(1) as f64
}

/// A difference along every axis there is.
fn lorenzo(rows: [usize; 2]) -> [u8; 3] {
    [1, u8::from(rows[0] > 1), u8::from(rows[1] > 1)]
}

fn differences(rows: [usize; 2]) -> impl Iterator<Item = [u8; 3]> {
    let all = [
        [1, 0, 0],
        [2, 0, 0],
        [0, 1, 0],
        [1, 1, 0],
        [0, 0, 1],
        [1, 0, 1],
        [1, 1, 1],
    ];
    all.into_iter()
        .filter(move |times| (times[1] == 0 || rows[0] > 1) && (times[2] == 0 || rows[1] > 1))
}

/// Distances to the neighbours, for one, two and three dimensions.
fn stencils(rows: [usize; 2]) -> Vec<Vec<u32>> {
    let [row, plane] = rows.map(|n| n as u32);
    let mut all = vec![(1..=32).collect()];
    if row > 2 {
        let flat = [
            1,
            row,
            row + 1,
            row - 1,
            2,
            2 * row,
            row - 2,
            row + 2,
            2 * row + 1,
            2 * row - 1,
            3,
        ];
        all.push(flat.to_vec());
        if plane > 2 * row + 2 {
            let deep = [
                plane,
                plane + 1,
                plane - 1,
                plane + row,
                plane - row,
                plane + row + 1,
                plane + row - 1,
                plane - row + 1,
                plane - row - 1,
                2 * plane,
            ];
            let mut neighbours = flat[..6].to_vec();
            neighbours.extend(deep);
            all.push(neighbours.clone());
            neighbours.extend([
                2 * plane + 1,
                2 * plane - 1,
                2 * plane + row,
                2 * plane - row,
                plane + 2,
                plane - 2,
                plane + 2 * row,
                plane - 2 * row,
            ]);
            all.push(neighbours);
        }
    }
    all
}

/// Fractional bits that give a typical float [`FIXED_BITS`] bits.
fn fixed_point(patterns: &[u64], kind: Kind, bits: u32) -> i16 {
    let Some(format) = Format::of(bits).filter(|_| kind == Kind::Float) else {
        return 0;
    };
    let step = patterns.len().div_ceil(1024).max(1);
    let mut typical: Vec<u64> = patterns
        .iter()
        .step_by(step)
        .map(|p| p & (u64::MAX >> (65 - bits)))
        .filter(|&p| p != 0 && p < format.infinity())
        .collect();
    typical.sort_unstable();
    let Some(&middle) = typical.get(typical.len() / 2) else {
        return 0;
    };
    let (significand, exponent) = format.split(middle);
    let top = exponent + 64 - significand.leading_zeros() as i32;
    (FIXED_BITS - top) as i16
}
