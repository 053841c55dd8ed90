//! Column-major tables: columns of equal length that are stored one after the other.
//!
//! Within a column numbers look alike all along; where the next begins, sizes and precision change at once. Such changes
//! are found in blocks of elements, placed to the element, and explained by one length of the column. An array is
//! answered with `None` unless nearly all that changes in it does so at a multiple of that length.

use super::boundaries::{Change, Comb, Signs};
use crate::layout::{Layout, value};

/// Fewer elements than this show no columns.
const MIN_ELEMENTS: usize = 4096;
/// Blocks that the input is divided into, if they don't get too short or too long.
const BLOCKS: usize = 8192;
/// Elements of a block.
const BLOCK: std::ops::RangeInclusive<usize> = 16..=128;
/// The shortest column, in blocks.
const SHORTEST: usize = 16;
/// The strongest changes: one of them is a boundary, and lengths are those between them.
const STRONGEST: usize = 48;
/// Changes that a change is paired with to get a length.
const PAIRED: usize = 4;
/// Elements that a change may lie beside a boundary: placed by what is seen, it's off by a few.
const BESIDE: usize = 8;
/// The least number of boundaries with a change.
const HITS: usize = 3;
/// The share of the boundaries that have one: columns that are alike have none between them.
const MET: f64 = 0.3;
/// The same where so few have one that they might do so by coincidence.
const MET_BY_FEW: f64 = 0.7;
/// Bits an element that these changes are worth, on average.
const WORTH: f64 = 0.4;
/// The share of the columns in which nothing changes by as much as this, in shares of the average boundary.
const QUIET: f64 = 0.5;
const STRONG: f64 = 0.5;
/// The share of the columns whose numbers follow each other closely: a table has few such, a grid hardly any other.
const SMOOTH: f64 = 0.5;
/// Pairs of neighbours that are examined in a column.
const PAIRS: usize = 256;
/// Elements to a number that has nothing to do with this one.
const FAR: usize = 211;
/// A number is close if it is closer than another by this factor, and follows closely if it is so by that factor more often
/// than not.
const CLOSER: u64 = 4;
const MOSTLY: usize = 8;
/// How many times the hits of coincidence are wanted.
const MIN_HITS_RATIO: f64 = 10.0;

/// The columns of a column-major table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transposed {
    /// Bytes of one column: a multiple of the element.
    pub column: u32,
    /// How far the first byte is into its column, in bytes.
    pub phase: u32,
}

/// The length and phase of the columns of a column-major table, `None` if `bytes` don't look like one.
///
/// Of the layout only width, order and the alignment of its elements count. Three boundaries between columns must be
/// in `bytes`, at least.
pub fn transposed(bytes: &[u8], layout: &Layout) -> Option<Transposed> {
    let width = usize::from(layout.width);
    if width < 2 {
        return None;
    }
    let first = (width - layout.phase as usize % width) % width;
    let count = bytes.len().checked_sub(first)? / width;
    if count < MIN_ELEMENTS {
        return None;
    }
    let block = (count / BLOCKS).clamp(*BLOCK.start(), *BLOCK.end());
    let signs = Signs::new(&bytes[first..first + count * width], width, layout.swap);
    let changes = signs.changes(block);
    let best = explain(&changes, count, SHORTEST * block)?;
    let comb = signs.fit(best, block);
    // In both orders: should the wrong one be given, a grid is no table either.
    let smooth = |swap| smooth(&bytes[first..], width, swap, &comb, count) > SMOOTH;
    if smooth(true) || smooth(false) {
        return None;
    }
    // The first boundary is `start` elements in.
    let into = (comb.step - comb.start % comb.step) % comb.step * width;
    let phase = (into + comb.step * width - first) % (comb.step * width);
    let column = u32::try_from(comb.step * width).ok()?;
    (column <= Layout::MAX_LAG).then_some(Transposed {
        column,
        phase: phase as u32,
    })
}

/// The comb that explains most of the changes among `count` elements, if one explains enough.
fn explain(changes: &[Change], count: usize, shortest: usize) -> Option<Comb> {
    let mut strongest = changes.to_vec();
    strongest.sort_by(|a, b| b.strength.total_cmp(&a.strength).then(a.at.cmp(&b.at)));
    strongest.truncate(STRONGEST);
    strongest.sort_by_key(|change| change.at);
    let mut best: Option<(f64, Comb)> = None;
    let mut tried = Vec::new();
    for (k, one) in strongest.iter().enumerate() {
        for other in strongest[k + 1..].iter().take(PAIRED) {
            for divisor in 1..=3 {
                let step = (other.at - one.at + divisor / 2) / divisor;
                let pair = (step, one.at % step.max(1));
                if step < shortest || HITS * step > count + step || tried.contains(&pair) {
                    continue;
                }
                tried.push(pair);
                let Some((score, comb)) = score(changes, *one, step, count, shortest / 4) else {
                    continue;
                };
                if best.is_none_or(|best| score > best.0) {
                    best = Some((score, comb));
                }
            }
        }
    }
    best.map(|best| best.1)
}

/// How well a comb through `one` with about that step explains the changes, and the comb that fits the hits best.
fn score(
    changes: &[Change],
    one: Change,
    step: usize,
    count: usize,
    margin: usize,
) -> Option<(f64, Comb)> {
    // Followed from `one` to both sides, corrected at each hit: the step is known only roughly.
    let mut hits: Vec<(i64, Change)> = vec![(0, one)];
    let mut exact = step as f64;
    for forward in [true, false] {
        let (mut index, mut last) = (0i64, (0i64, one.at as f64));
        loop {
            index += if forward { 1 } else { -1 };
            let expected = last.1 + (index - last.0) as f64 * exact;
            if expected < 0.0 || expected >= count as f64 {
                break;
            }
            let close = changes.partition_point(|change| (change.at as f64) < expected);
            let beside = [close.checked_sub(1), Some(close)];
            let distance =
                |change: &&Change| (change.at as f64 - expected).max(expected - change.at as f64);
            let nearest = beside
                .into_iter()
                .flatten()
                .filter_map(|close| changes.get(close))
                .min_by(|a, b| distance(a).total_cmp(&distance(b)));
            if let Some(hit) = nearest.filter(|hit| distance(hit) <= BESIDE as f64) {
                hits.push((index, *hit));
                last = (index, hit.at as f64);
                exact = (hit.at as f64 - one.at as f64) / index as f64;
            }
        }
    }
    let strength: f64 = hits.iter().map(|hit| hit.1.strength).sum();
    // Changes near the ends can't be seen.
    let boundaries = (one.at % step..count.saturating_sub(margin))
        .step_by(step)
        .filter(|&at| at >= margin)
        .count()
        .max(1) as f64;
    let met = (hits.len() as f64 / boundaries).min(1.0);
    let coincidences = changes.len() as f64 * (2 * BESIDE + 1) as f64 / count as f64 * boundaries;
    let worth = strength / hits.len() as f64;
    if hits.len() < HITS
        || met < if hits.len() == HITS { MET_BY_FEW } else { MET }
        || worth < WORTH
        || ((hits.len() - 2) as f64) < MIN_HITS_RATIO * coincidences
    {
        return None;
    }
    // The line through the hits, by least squares.
    let n = hits.len() as f64;
    let mean = |of: &dyn Fn(&(i64, Change)) -> f64| hits.iter().map(of).sum::<f64>() / n;
    let (index, at) = (mean(&|hit| hit.0 as f64), mean(&|hit| hit.1.at as f64));
    let over = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        hits.iter()
            .map(|hit| of(hit.0 as f64 - index, hit.1.at as f64 - at))
            .sum()
    };
    let slope = over(&|x, y| x * y) / over(&|x, _| x * x);
    let step = (slope + 0.5) as usize;
    if step == 0 {
        return None;
    }
    let middle = (at - index * slope + 0.5).max(0.0) as usize;
    let comb = Comb {
        start: middle % step,
        step,
    };
    if quiet(changes, &comb, count, STRONG * worth) < QUIET {
        return None;
    }
    // A multiple of the step explains less, and a fraction of it meets less.
    Some((strength * met, comb))
}

/// The share of the columns in which no change is as strong as `strong`.
fn quiet(changes: &[Change], comb: &Comb, count: usize, strong: f64) -> f64 {
    // Columns are counted from the one before the first boundary.
    let position = |at: usize| at + comb.step - comb.start;
    let mut noisy: Vec<usize> = changes
        .iter()
        .filter(|change| change.strength >= strong)
        .map(|change| position(change.at))
        .filter(|position| {
            let into = position % comb.step;
            into.min(comb.step - into) > BESIDE
        })
        .map(|position| position / comb.step)
        .collect();
    noisy.dedup();
    let columns = position(count) / comb.step + 1;
    1.0 - noisy.len() as f64 / columns as f64
}

/// The share of the columns, of those that vary, in which a number is mostly closer to the one before than to one far
/// before.
fn smooth(bytes: &[u8], width: usize, swap: bool, comb: &Comb, count: usize) -> f64 {
    // Floats in order; the distances of integers of one sign are those between them too.
    let number = |at: usize| {
        let value = value(bytes, at * width, width, swap) << (64 - 8 * width);
        if value >> 63 == 1 {
            !value
        } else {
            value | 1 << 63
        }
    };
    let (mut smooth, mut varying) = (0usize, 0u32);
    for column in (comb.start..count).step_by(comb.step) {
        let end = (column + comb.step).min(count);
        let (mut close, mut far) = (0, 0);
        for at in (column + FAR..end).step_by((comb.step / PAIRS).max(1)) {
            let here = number(at);
            let (to_close, to_far) = (
                here.abs_diff(number(at - 1)),
                here.abs_diff(number(at - FAR)),
            );
            close += usize::from(to_close < to_far / CLOSER);
            far += usize::from(to_far < to_close / CLOSER);
        }
        if close + far > PAIRS / 32 {
            varying += 1;
            smooth += usize::from(close > MOSTLY * far);
        }
    }
    smooth as f64 / f64::from(varying.max(1))
}
