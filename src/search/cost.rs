//! What a layout is worth: an estimate of the bits that the predictor would spend under it.
//!
//! A sample is coded with adaptive counts in the contexts that the predictor's rows see (the column, the byte above, the
//! bytes before), each falling back on the column's own counts, mixed by how well each did so far. This is the predictor
//! without its network: near enough to rank layouts, cheap enough to try a few dozen.

use super::log2;
use crate::layout::Layout;
use crate::transform::swap;
use std::ops::Range;

/// A contiguous stretch of the input that is coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub start: usize,
    pub len: usize,
}

/// Contexts that are looked up by hash.
const HASHED: usize = 6;
/// All that are mixed: the counts of the element's position and of the column are the others.
const CONTEXTS: usize = HASHED + 2;
/// Slots of a table, at most: 2^15 of 16 bytes stay in a second-level cache.
const HASHED_BITS: u32 = 15;
/// Columns have exact counts in records of up to this length; positions in longer ones are distinguished by hash.
const MAX_EXACT_COLUMNS: usize = 512;
/// The weight of a context's fallback, in counts.
const FALLBACK: f32 = 1.0;
/// Counts are halved when they reach this sum, so that old bytes fade.
const MAX_SUM: u16 = 1024;
/// What share of its weight a context gives to all, a byte: lets the mixture follow changes.
const SHARE: f32 = 0.02;

/// In how many steps of a sample it is checked whether the bits still may stay below a limit, and how many times the
/// limit a step's may be.
const STEPS: usize = 24;
const HOPELESS: f64 = 1.1;

/// What a context's counts are multiplied by, for each sum of them: it stays below [`MAX_SUM`].
static RECIPROCALS: [f32; MAX_SUM as usize] = {
    let (mut all, mut n) = ([0.0; MAX_SUM as usize], 0);
    while n < all.len() {
        all[n] = 1.0 / (n as f32 + FALLBACK);
        n += 1;
    }
    all
};

/// The symbols that a context remembers.
const KEPT: usize = 6;

/// The counts of one context: its commonest symbols, the commonest first, and how many it met in all.
#[derive(Clone, Copy, Default)]
struct ContextCounts {
    check: u16,
    total: u16,
    symbols: [u8; KEPT],
    counts: [u8; KEPT],
}

impl ContextCounts {
    /// The probability of `symbol`, before it is counted.
    fn meet(&mut self, check: u16, symbol: u8, fallback: f32) -> f32 {
        if self.check != check {
            *self = ContextCounts {
                check,
                total: 1,
                symbols: [symbol; KEPT],
                counts: [0; KEPT],
            };
            self.counts[0] = 1;
            return fallback;
        }
        let scale = RECIPROCALS[usize::from(self.total % MAX_SUM)];
        let found = self
            .symbols
            .iter()
            .position(|&known| known == symbol)
            .unwrap_or(KEPT);
        let mut count = 0;
        if found < KEPT {
            count = self.counts[found];
            self.counts[found] += 1;
            if found > 0 && count >= self.counts[found - 1] {
                self.counts.swap(found, found - 1);
                self.symbols.swap(found, found - 1);
            }
        } else {
            self.symbols[KEPT - 1] = symbol;
            self.counts[KEPT - 1] = 1;
        }
        self.total += 1;
        if count == u8::MAX - 1 || self.total == MAX_SUM {
            self.counts = self.counts.map(|count| count / 2);
            self.total /= 2;
        }
        (f32::from(count) + FALLBACK * fallback) * scale
    }
}

/// Exact counts of the 256 symbols in a few positions.
#[derive(Default)]
struct ExactCounts {
    counts: Vec<u16>,
    totals: Vec<u16>,
}

impl ExactCounts {
    fn reset(&mut self, positions: usize) {
        self.counts.clear();
        self.counts.resize(positions * 256, 0);
        self.totals.clear();
        self.totals.resize(positions, 0);
    }

    fn meet(&mut self, position: usize, symbol: u8, fallback: f32, weight: f32) -> f32 {
        let (count, total) = (
            &mut self.counts[position * 256 + usize::from(symbol)],
            &mut self.totals[position],
        );
        let probability = (f32::from(*count) + weight * fallback) / (f32::from(*total) + weight);
        // A sample is far shorter than what would overflow, whoever calls.
        if *total < u16::MAX {
            *count += 1;
            *total += 1;
        }
        probability
    }
}

/// The estimator: tables that are reused from one layout to the next.
pub(crate) struct Cost {
    hashed: Vec<ContextCounts>,
    /// Of how many bits the hashes are in this sample.
    hashed_bits: u32,
    elements: ExactCounts,
    columns: ExactCounts,
    weights: Vec<[f32; CONTEXTS]>,
    sample: Vec<u8>,
    /// Half of the hashed contexts are enough.
    few: bool,
}

impl Cost {
    /// `few`: by half of the hashed contexts, in half the time.
    pub fn new(few: bool) -> Cost {
        Cost {
            few,
            hashed: vec![ContextCounts::default(); HASHED << HASHED_BITS],
            hashed_bits: HASHED_BITS,
            elements: ExactCounts::default(),
            columns: ExactCounts::default(),
            weights: Vec::new(),
            sample: Vec::new(),
        }
    }

    /// Bits per byte that `layout` costs on `windows` of `bytes`, where the layout's phase is that of `bytes[0]`.
    ///
    /// The first third of the windows only teaches: a frame is much longer than the sample, and what its contexts
    /// cost to learn weighs less there.
    pub fn bits(&mut self, bytes: &[u8], windows: &[Window], layout: &Layout) -> f64 {
        self.bits_below(f64::INFINITY, bytes, windows, layout)
    }

    /// The same where that is less than `most`; where it clearly is not, infinity as soon as that shows.
    pub fn bits_below(
        &mut self,
        most: f64,
        bytes: &[u8],
        windows: &[Window],
        layout: &Layout,
    ) -> f64 {
        let total: usize = windows.iter().map(|window| window.len).sum();
        let taught = total / 3;
        let step = (total / STEPS).max(1);
        self.clear(layout, total);
        let period = layout.period() as usize;
        let (mut seen, mut bits, mut counted) = (0, 0.0, 0usize);
        let mut sample = std::mem::take(&mut self.sample);
        for window in windows {
            let history = window.start.min(period + 16);
            let from = window.start - history;
            sample.clear();
            sample.extend_from_slice(&bytes[from..window.start + window.len]);
            let here = layout.advanced(from as u64);
            swap::forward(&here, &mut sample);
            let teach = taught.saturating_sub(seen).min(window.len);
            self.code(&sample, history..history + teach, &here);
            for start in (history + teach..sample.len()).step_by(step) {
                let end = sample.len().min(start + step);
                bits += self.code(&sample, start..end, &here);
                counted += end - start;
                // It learns on, so that a later piece costs less than an earlier one, but not by much.
                let is_beyond = bits > most * (total - taught) as f64
                    || 2 * counted >= total - taught && bits > HOPELESS * most * counted as f64;
                if is_beyond {
                    self.sample = sample;
                    return f64::INFINITY;
                }
            }
            seen += window.len;
        }
        self.sample = sample;
        if counted == 0 {
            8.0
        } else {
            bits / counted as f64
        }
    }

    /// The bits of each `step` bytes of `bytes[range]`, after what `teach` holds, under a layout of `bytes[0]`'s phase.
    pub fn profile(
        &mut self,
        bytes: &[u8],
        teach: Range<usize>,
        range: Range<usize>,
        step: usize,
        layout: &Layout,
    ) -> Vec<f64> {
        self.clear(layout, teach.len() + range.len());
        let from = teach.start.min(range.start);
        let from = from.saturating_sub(layout.period() as usize + 16);
        let here = layout.advanced(from as u64);
        let mut sample = bytes[from..teach.end.max(range.end)].to_vec();
        swap::forward(&here, &mut sample);
        self.code(&sample, teach.start - from..teach.end - from, &here);
        let (range, mut bits) = (range.start - from..range.end - from, Vec::new());
        for start in range.clone().step_by(step) {
            bits.push(self.code(&sample, start..range.end.min(start + step), &here));
        }
        bits
    }

    /// Forgets what was learnt, for a sample of `total` bytes of `layout`.
    fn clear(&mut self, layout: &Layout, total: usize) {
        let period = layout.period() as usize;
        // A small sample needs few entries, and clearing all would take longer than coding it. An entry for every four
        // to eight bytes does: most contexts that share one never come again.
        self.hashed_bits = (total.max(4).ilog2() - 2).clamp(9, HASHED_BITS);
        self.hashed[..HASHED << self.hashed_bits].fill(ContextCounts::default());
        self.elements.reset(usize::from(layout.width));
        self.columns.reset(if period <= MAX_EXACT_COLUMNS {
            period
        } else {
            usize::from(layout.width)
        });
        self.weights.clear();
        self.weights
            .resize(self.columns.totals.len(), [1.0 / CONTEXTS as f32; CONTEXTS]);
    }

    /// Bits of `sample[range]`; `layout` is that of `sample[0]`.
    fn code(&mut self, sample: &[u8], range: Range<usize>, layout: &Layout) -> f64 {
        match (self.few, layout.period()) {
            (false, _) => self.code_by(sample, range, layout, [0, 1, 2, 3, 4, 5]),
            (true, 1) => self.code_by(sample, range, layout, [0, 2, 4]),
            (true, _) => self.code_by(sample, range, layout, [2, 3, 4]),
        }
    }

    /// The same by some of the hashed contexts, which are known here: the others' keys are not computed.
    #[inline(always)]
    fn code_by<const N: usize>(
        &mut self,
        sample: &[u8],
        range: Range<usize>,
        layout: &Layout,
        which: [usize; N],
    ) -> f64 {
        let geometry = Geometry::of(layout);
        let Geometry { period, width, .. } = geometry;
        let exact = period <= MAX_EXACT_COLUMNS;
        let mut column = (range.start + layout.phase as usize) % period;
        let (mut bits, mut product) = (0.0f64, 1.0f64);
        // Whether the element equals the one above so far.
        let mut same = true;
        for i in range {
            let in_element = column % width;
            same |= in_element == 0;
            let above = before(sample, i, geometry.up);
            let keys = geometry.keys(sample, i, column, above, same);
            let keys = which.map(|k| keys[k]);
            let position = if exact { column } else { in_element };
            let probability = self.meet(position, in_element, keys, sample[i]);
            product *= f64::from(probability);
            if product < 1e-200 {
                bits -= log2(product);
                product = 1.0;
            }
            same &= above == u64::from(sample[i]);
            column += 1;
            if column == period {
                column = 0;
            }
        }
        bits - log2(product)
    }

    /// The mixed probability of a byte, before all of its contexts count it and their weights follow.
    #[inline(always)]
    fn meet<const N: usize>(
        &mut self,
        position: usize,
        in_element: usize,
        keys: [u64; N],
        symbol: u8,
    ) -> f32 {
        let weights = &mut self.weights[position];
        let mut probabilities = [0f32; CONTEXTS];
        probabilities[0] = self.elements.meet(in_element, symbol, 1.0 / 256.0, 16.0);
        probabilities[1] = self.columns.meet(position, symbol, probabilities[0], 4.0);
        let mut sum = weights[0] * probabilities[0] + weights[1] * probabilities[1];
        for (j, key) in keys.into_iter().enumerate() {
            let at = (j << self.hashed_bits) + (key >> (64 - self.hashed_bits)) as usize;
            let probability =
                self.hashed[at].meet((key >> 32) as u16 | 1, symbol, probabilities[1]);
            probabilities[j + 2] = probability;
            sum += weights[j + 2] * probability;
        }
        let scale = (1.0 - SHARE) / sum;
        let contexts = N + CONTEXTS - HASHED;
        for (weight, probability) in weights[..contexts].iter_mut().zip(probabilities) {
            *weight = *weight * probability * scale + SHARE / contexts as f32;
        }
        sum
    }
}

/// Where a layout has the neighbours of a byte.
struct Geometry {
    period: usize,
    width: usize,
    /// Distance to the byte above.
    up: usize,
    /// Distance to the same byte of the element that predicts most, beside the one above.
    next: usize,
}

impl Geometry {
    fn of(layout: &Layout) -> Geometry {
        let (record, width) = (layout.record as usize, usize::from(layout.width));
        Geometry {
            period: layout.period() as usize,
            width,
            up: if record > 0 { record } else { width },
            // Without records, the element before the last adds most.
            next: if record > 0 { width } else { 2 * width },
        }
    }

    /// The hashed contexts of byte `i`, in this column of its record; `same` if its element so far equals the one above.
    #[inline(always)]
    fn keys(
        &self,
        sample: &[u8],
        i: usize,
        column: usize,
        above: u64,
        same: bool,
    ) -> [u64; HASHED] {
        let at = |lag| before(sample, i, lag);
        let (last, last2, last3) = (at(1), at(2), at(3));
        let (col, element) = (column as u64, (column % self.width) as u64);
        let first = key(0, element, last, last2);
        let second = key(1, element << 9 | last3, last, last2);
        if self.period == 1 {
            // Text has no columns: what its words need instead.
            let (last4, last5) = (at(4), at(5));
            let fourth = last3 << 9 | last4;
            return [
                first,
                second,
                key(2, fourth, last, last2),
                key(3, fourth << 9 | last5, last, last2),
                key(4, 0, last, 0),
                key(5, last3, last2, 0),
            ];
        }
        [
            first,
            second,
            key(2, element << 1 | u64::from(same), above, last),
            key(3, col, above, u64::from(same)),
            key(4, col, last, 0),
            if self.width > 1 {
                key(5, element, at(self.next), above)
            } else {
                key(5, col, 0, 0)
            },
        ]
    }
}

/// The byte that stands `lag` before byte `i`, or 256.
#[inline]
fn before(sample: &[u8], i: usize, lag: usize) -> u64 {
    if lag <= i {
        u64::from(sample[i - lag])
    } else {
        256
    }
}

/// A hash of a context: which one, the position (up to 2^27), and two bytes or 256 for none.
fn key(context: u64, position: u64, first: u64, second: u64) -> u64 {
    (context << 46 | position << 18 | first << 9 | second).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
