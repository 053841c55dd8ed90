//! What a layout is worth: an estimate of the bits that the predictor would spend under it.
//!
//! A sample is coded with adaptive counts in the contexts that the predictor's rows see (the column, the byte above, the
//! bytes before), each falling back on the column's own counts, mixed by how well each did so far. This is the predictor
//! without its network: near enough to rank layouts, cheap enough to try a few dozen.

use super::{Layout, swap};

/// A contiguous part of the input that is coded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub start: usize,
    pub len: usize,
}

/// Contexts that are mixed, the column's and the element's plain counts among them.
const CONTEXTS: usize = 8;
/// Slots of the table of counts: 2^17 of 4 bytes stay in a second-level cache.
const SLOT_BITS: u32 = 17;
/// The weight of a context's fallback, in counts. Measured with 0.5 to 4 on the tables: all rank alike.
const FALLBACK: f32 = 1.0;
/// What share of its weight a context gives to all, a byte: lets the mixture follow changes.
const SHARE: f32 = 0.02;
/// Counts are halved here, so that old bytes fade.
const MOST: u16 = 1024;

/// Counts by hash: a slot is the count in the low and a check of its key in the high half.
struct Counts {
    slots: Vec<u32>,
}

impl Counts {
    fn new() -> Counts {
        Counts { slots: vec![0; 1 << SLOT_BITS] }
    }

    fn clear(&mut self) {
        self.slots.fill(0);
    }

    /// The slot of a key, and what it has counted of it.
    fn find(&self, key: u64) -> (usize, u32, u16) {
        let place = (key >> (64 - SLOT_BITS)) as usize;
        let check = (key as u32) & 0xffff_0000;
        let slot = self.slots[place];
        let count = if slot & 0xffff_0000 == check { slot as u16 } else { 0 };
        (place, check, count)
    }

    fn store(&mut self, place: usize, check: u32, count: u16) {
        self.slots[place] = check | u32::from(count);
    }
}

/// The estimator: tables that are reused from one layout to the next.
pub(super) struct Cost {
    totals: Counts,
    counts: Counts,
    weights: Vec<[f32; CONTEXTS]>,
    part: Vec<u8>,
}

/// Weights are kept for so many places in the record; longer records share them by the place in the element.
const MOST_PLACES: usize = 512;

/// Columns are told apart up to this length of record: beyond, a sample sees each of them too rarely.
const MOST_COLUMNS: u32 = 1 << 15;

impl Cost {
    pub fn new() -> Cost {
        Cost { totals: Counts::new(), counts: Counts::new(), weights: Vec::new(), part: Vec::new() }
    }

    /// Bits per byte that `layout` costs on `windows` of `bytes`, where the layout's phase is that of `bytes[0]`.
    ///
    /// The first third of the windows only teaches: a frame is much longer than the sample, and what its contexts
    /// cost to learn weighs less there.
    pub fn bits(&mut self, bytes: &[u8], windows: &[Window], layout: &Layout) -> f64 {
        self.totals.clear();
        self.counts.clear();
        let places = if layout.period() as usize <= MOST_PLACES { layout.period() } else { u32::from(layout.width) };
        self.weights.clear();
        self.weights.resize(places as usize, [1.0 / CONTEXTS as f32; CONTEXTS]);

        let total: usize = windows.iter().map(|window| window.len).sum();
        let (mut seen, mut bits, mut counted) = (0, 0.0, 0usize);
        for window in windows {
            let mut part = std::mem::take(&mut self.part);
            let history = window.start.min(2 * layout.period() as usize + 16);
            let from = window.start - history;
            part.clear();
            part.extend_from_slice(&bytes[from..window.start + window.len]);
            let here = layout.advanced(from as u64);
            swap::forward(&here, &mut part);
            let teach = (total / 3).saturating_sub(seen).min(window.len);
            self.code(&part, history..history + teach, &here, places);
            bits += self.code(&part, history + teach..part.len(), &here, places);
            counted += window.len - teach;
            seen += window.len;
            self.part = part;
        }
        if counted == 0 { 8.0 } else { bits / counted as f64 }
    }

    /// Bits of `part[range]`; `layout` is that of `part[0]`.
    fn code(&mut self, part: &[u8], range: std::ops::Range<usize>, layout: &Layout, places: u32) -> f64 {
        let period = layout.period() as usize;
        let (width, element) = (layout.width as usize, usize::from(layout.lags()[1] as u8));
        let mut column = (range.start + layout.phase as usize) % period;
        let (mut bits, mut product) = (0.0f64, 1.0f64);
        for i in range {
            let at = |lag: usize| if lag > 0 && lag <= i { u64::from(part[i - lag]) } else { 256 };
            let byte = u64::from(part[i]);
            let in_element = (column % width) as u64;
            let col = if layout.record <= MOST_COLUMNS { column as u64 } else { in_element };
            let place = if period == places as usize { column } else { in_element as usize };
            let (last, last2, last3) = (at(1), at(2), at(3));
            let above = at(layout.record as usize);
            let before = at(element);
            let keys = [
                key(0, in_element, 0, 0),
                key(1, col, 0, 0),
                key(2, in_element, last, last2),
                key(3, in_element << 9 | last3, last, last2),
                key(4, in_element, above, last),
                key(5, col, above, 0),
                key(6, col, last, 0),
                key(7, in_element, before, if layout.record > 0 { above } else { last }),
            ];
            let weights = &mut self.weights[place];
            let mut chances = [0f32; CONTEXTS];
            let (mut fallback, mut sum) = (1.0 / 256.0f32, 0.0f32);
            for (j, key) in keys.into_iter().enumerate() {
                let (total_place, total_check, total) = self.totals.find(key);
                let (place, check, count) = self.counts.find(mix(key ^ byte));
                let chance = (f32::from(count) + FALLBACK * fallback) / (f32::from(total) + FALLBACK);
                // A slot that another key took may leave a count above its total.
                let chance = chance.min(1.0);
                chances[j] = chance;
                sum += weights[j] * chance;
                if j < 2 {
                    fallback = chance;
                }
                let (count, total) = (count.min(total) + 1, total + 1);
                let (count, total) = if total > MOST { (count.div_ceil(2), total / 2) } else { (count, total) };
                self.counts.store(place, check, count);
                self.totals.store(total_place, total_check, total);
            }
            let scale = (1.0 - SHARE) / sum;
            for (weight, chance) in weights.iter_mut().zip(chances) {
                *weight = *weight * chance * scale + SHARE / CONTEXTS as f32;
            }
            product *= f64::from(sum);
            if product < 1e-200 {
                bits -= product.log2();
                product = 1.0;
            }
            column += 1;
            if column == period {
                column = 0;
            }
        }
        bits - product.log2()
    }
}

fn mix(key: u64) -> u64 {
    let key = (key ^ key >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key ^ key >> 29
}

fn key(context: u64, place: u64, first: u64, second: u64) -> u64 {
    // Places need up to 15 bits, or 12 with a byte of context beside them.
    mix(context << 45 | place << 20 | first << 10 | second).wrapping_mul(0xd6e8_feb8_6659_fd93)
}
