//! Finds the layout of bytes that no header describes.
//!
//! Distances that repeat ([`super::lags`]) are ranked by estimated cost ([`super::cost`]); the best of them shows which
//! bytes belong to one number ([`super::floats`], [`super::elements`]); with numbers known, the best few are compared again. Every stage
//! looks at a sample of bounded size, spread over the input. Smooth grids show their rows at last ([`super::grid`]).

use super::cost::{Cost, Window};
use super::{elements, floats, grid, lags};
use crate::layout::{Finding, Layout};

/// Fewer bytes than this show no structure that would pay.
const MIN_BYTES: usize = 256;
/// The bytes of a sample however small the input is.
const SMALL: usize = 4 << 10;
/// Bytes coded to rank the candidates.
const QUICK: usize = 8 << 10;
/// Bytes coded to compare the best few.
const FULL: usize = 20 << 10;
/// In how many positions the input is sampled.
const WINDOWS: usize = 8;
/// How many of the ranking are compared again.
const COMPARED: usize = 3;
/// Records of these lengths are tried whether their distance stands out or not.
const ALWAYS: [usize; 4] = [2, 3, 4, 8];
/// What a shorter record may cost more, by share, and yet be taken.
const SHORTER: f64 = 1.01;
/// What plain bytes may cost more than a structure and yet be taken.
const PLAIN: f64 = 1.03;
/// The same for text: short words repeat at all sorts of distances, and the predictor has other contexts for that.
/// Lines of fixed columns gain far more.
const PLAIN_TEXT: f64 = 1.1;
/// What a layout may cost more on the next frame, and yet fit it.
const FITS: f64 = 1.1;

/// A frame's layout and how well it fitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit {
    pub layout: Layout,
    /// The same without the rows of a smooth grid, which the cost does not see.
    pub table: Layout,
    /// Estimated bits per byte.
    pub bits: f64,
    /// The same for plain bytes.
    plain: f64,
}

impl Fit {
    /// The same for a frame that starts `bytes` later.
    pub fn advanced(&self, bytes: u64) -> Fit {
        Fit {
            layout: self.layout.advanced(bytes),
            table: self.table.advanced(bytes),
            ..*self
        }
    }

    /// How the layout was found.
    pub fn finding(&self) -> Finding {
        if self.layout == Layout::BYTES {
            return Finding::Plain;
        }
        Finding::Detected {
            saves: self.saves(),
            layout: self.layout,
        }
    }

    /// By how many percent the layout is estimated to cost less than plain bytes.
    fn saves(&self) -> u8 {
        let share = 1.0 - self.bits / self.plain.max(1e-9);
        (100.0 * share.max(0.0)) as u8
    }
}

/// The layout of a frame, given that of the frame before with its phase advanced.
///
/// The last layout is kept while it costs about the same, or saves about as much; else it is still preferred to a new one
/// that is no better.
pub(crate) fn again(bytes: &[u8], last: Option<Fit>, thinned: usize) -> Fit {
    let sample = full_sample(bytes, thinned);
    let mut cost = Cost::new(thinned > 1);
    let mut bits = |layout: &Layout| cost.bits(bytes, &sample, layout);
    let Some(last) = last else {
        return found(bytes, None, thinned, bits);
    };
    let plain = bits(&Layout::BYTES);
    let now = Fit {
        layout: last.layout,
        table: last.table,
        bits: bits(&last.table),
        plain,
    };
    let costs_the_same = now.bits <= FITS * last.bits && last.bits <= FITS * now.bits;
    let saves_as_much =
        last.layout != Layout::BYTES && now.bits * last.plain <= FITS * last.bits * now.plain;
    if costs_the_same || saves_as_much {
        return now;
    }
    let then = found(bytes, Some(plain), thinned, bits);
    let (found, layout) = (then.layout, now.layout);
    let same =
        Layout { phase: 0, ..found } == Layout { phase: 0, ..layout } && aligned(&found, &layout);
    let keep = if found == Layout::BYTES {
        PLAIN * now.bits < then.bits
    } else {
        now.bits <= PLAIN * then.bits
    };
    if same || keep { now } else { then }
}

/// The layout of a frame by its bytes alone; `plain` is what it costs without any, where that is known, and `bits`
/// estimates what it costs with one.
fn found(
    bytes: &[u8],
    plain: Option<f64>,
    thinned: usize,
    mut bits: impl FnMut(&Layout) -> f64,
) -> Fit {
    let rough = rough(bytes, thinned);
    Fit {
        layout: gridded(bytes, rough.layout, thinned),
        table: rough.layout,
        bits: rough.bits.unwrap_or_else(|| bits(&rough.layout)),
        plain: { plain.or(rough.plain) }.unwrap_or_else(|| bits(&Layout::BYTES)),
    }
}

/// Whether elements begin at the same bytes.
fn aligned(one: &Layout, other: &Layout) -> bool {
    one.phase % u32::from(one.width) == other.phase % u32::from(other.width)
}

/// The layout under which `bytes` are estimated to cost least; [`Layout::BYTES`] where none helps.
///
/// Its phase is that of `bytes[0]`. Of a record only the alignment of its elements is known: where a row begins is not to
/// be seen, and makes no difference.
pub fn detect(bytes: &[u8]) -> Layout {
    gridded(bytes, rough(bytes, 1).layout, 1)
}

/// A layout without the rows of smooth grids.
pub(crate) struct Rough {
    pub layout: Layout,
    /// The elements are floats for sure.
    pub sure: bool,
    /// Estimated bits per byte of the full sample, where they are known.
    bits: Option<f64>,
    /// The same for plain bytes.
    plain: Option<f64>,
}

impl Rough {
    const NOTHING: Rough = Rough {
        layout: Layout::BYTES,
        sure: false,
        bits: None,
        plain: None,
    };
}

/// The same as [`detect`] without the rows of smooth grids, by samples that are so much smaller.
pub(crate) fn rough(bytes: &[u8], thinned: usize) -> Rough {
    if bytes.len() < MIN_BYTES {
        return Rough::NOTHING;
    }
    let full = full_sample(bytes, thinned);
    let mut cost = Cost::new(thinned > 1);
    let found = lags::candidates(bytes, thinned);
    let ranked = best_records(bytes, &found, thinned, &mut cost);
    let nearest = ranked.first().copied().unwrap_or(8);
    let float = floats::find(bytes, &full, |layout| {
        elements::shared(
            bytes,
            &full,
            layout,
            nearest.next_multiple_of(layout.width.into()),
        )
    });
    let element = float.or_else(|| elements::find(bytes, &full, nearest));

    // The best few, and whatever stood out most: where elements are wide, a long record's rank suffers without them.
    let mut records = ranked;
    records.extend(found.first());
    records.sort_unstable();
    records.dedup();
    let mut trials = Trials::new(bytes, &full, &mut cost);
    trials.add(element.unwrap_or(Layout::BYTES));
    for record in records {
        let aligned = element.filter(|element| record.is_multiple_of(element.width.into()));
        trials.add(with_record(aligned.unwrap_or(Layout::BYTES), record));
    }
    let Some((bits, layout)) = trials.first_of_the_best() else {
        return Rough::NOTHING;
    };
    if float.is_some() {
        return Rough {
            layout,
            sure: true,
            bits: Some(bits),
            plain: None,
        };
    }
    let (bits, layout) = trials.or_without_elements(bits, layout);
    trials.or_plain(bits, layout)
}

/// The record lengths under which a small sample costs least, the best first, of those that stand out and a few more.
fn best_records(bytes: &[u8], found: &[usize], thinned: usize, cost: &mut Cost) -> Vec<usize> {
    // Small inputs get smaller samples, so that the search takes a small share of the time that coding does.
    let quick = windows(
        bytes,
        thin(QUICK, thinned).min((bytes.len() / 16).max(thin(SMALL, thinned))),
    );
    let mut ranked: Vec<(f64, usize)> = Vec::new();
    // What stands out comes first: it leaves the others no hope soon.
    for record in found.iter().copied().chain(ALWAYS) {
        let most = ranked
            .get(COMPARED - 1)
            .map_or(f64::INFINITY, |last| last.0);
        let layout = with_record(Layout::BYTES, record);
        let bits = cost.bits_below(most, bytes, &quick, &layout);
        let rank = ranked.partition_point(|&(other, length)| (other, length) <= (bits, record));
        ranked.insert(rank, (bits, record));
        ranked.truncate(COMPARED);
    }
    ranked.into_iter().map(|best| best.1).collect()
}

/// Layouts and what the full sample costs under each, in the order in which they were tried.
struct Trials<'a> {
    bytes: &'a [u8],
    full: &'a [Window],
    cost: &'a mut Cost,
    tried: Vec<(f64, Layout)>,
    least: f64,
}

impl<'a> Trials<'a> {
    fn new(bytes: &'a [u8], full: &'a [Window], cost: &'a mut Cost) -> Self {
        Trials {
            bytes,
            full,
            cost,
            tried: Vec::new(),
            least: f64::INFINITY,
        }
    }

    fn bits_below(&mut self, most: f64, layout: &Layout) -> f64 {
        self.cost.bits_below(most, self.bytes, self.full, layout)
    }

    fn add(&mut self, layout: Layout) {
        if !self.tried.iter().any(|known| known.1 == layout) {
            let bits = self.bits_below(SHORTER * self.least, &layout);
            self.least = self.least.min(bits);
            self.tried.push((bits, layout));
        }
    }

    /// The first that costs hardly more than the least.
    fn first_of_the_best(&self) -> Option<(f64, Layout)> {
        let most = SHORTER * self.least;
        self.tried.iter().copied().find(|known| known.0 <= most)
    }

    /// The same distance without elements, which bears stretches of the input that are aligned differently, unless the
    /// elements save enough.
    fn or_without_elements(&mut self, bits: f64, layout: Layout) -> (f64, Layout) {
        let columns = Layout {
            record: layout.period(),
            ..Layout::BYTES
        };
        let columns_bits = if layout.width > 1 {
            self.bits_below(bits / PLAIN, &columns)
        } else {
            f64::INFINITY
        };
        if PLAIN * columns_bits < bits {
            (columns_bits, columns)
        } else {
            (bits, layout)
        }
    }

    /// No structure at all, unless the layout saves enough.
    fn or_plain(&mut self, bits: f64, layout: Layout) -> Rough {
        let margin = if is_text(self.bytes, self.full) {
            PLAIN_TEXT
        } else {
            PLAIN
        };
        let known = self.tried.iter().find(|known| known.1 == Layout::BYTES);
        let known = known.map(|known| known.0).filter(|bits| bits.is_finite());
        let plain = known.unwrap_or_else(|| self.bits_below(margin * bits, &Layout::BYTES));
        let (bits, layout) = if plain <= margin * bits {
            (plain, Layout::BYTES)
        } else {
            (bits, layout)
        };
        Rough {
            layout,
            sure: false,
            bits: Some(bits),
            plain: Some(plain).filter(|plain| plain.is_finite()),
        }
    }
}

/// The layout with the row and plane of a smooth grid, if the bytes are one.
fn gridded(bytes: &[u8], layout: Layout, thinned: usize) -> Layout {
    if layout.width == 1 {
        return layout;
    }
    match grid::find(bytes, &layout, thinned) {
        // A table's record is no multiple of a row; what is, is a plane.
        Some((row, plane, _)) if layout.record.is_multiple_of(row) => Layout {
            record: row,
            plane: if layout.record > row {
                layout.record
            } else {
                plane
            },
            ..layout
        },
        _ => layout,
    }
}

/// The layout of records of `record` bytes that begin at `bytes[0]`: their elements are looked for.
pub(crate) fn elements_of(bytes: &[u8], record: u32) -> Layout {
    let plain = Layout {
        record,
        ..Layout::BYTES
    };
    if bytes.len() < MIN_BYTES {
        return plain;
    }
    elements::find(bytes, &windows(bytes, FULL), record as usize)
        .filter(|element| record.is_multiple_of(element.width.into()) && element.phase == 0)
        .map_or(plain, |element| Layout { record, ..element })
}

/// Whether nearly all bytes are printable ASCII or line ends.
fn is_text(bytes: &[u8], windows: &[Window]) -> bool {
    let printable = |byte: &&u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let (mut text, mut count) = (0, 0);
    for window in windows {
        text += bytes[window.start..window.start + window.len]
            .iter()
            .filter(printable)
            .count();
        count += window.len;
    }
    text >= count / 100 * 98
}

/// The layout with records of `record` bytes, if they are longer than an element.
fn with_record(layout: Layout, record: usize) -> Layout {
    let record = if record > usize::from(layout.width) {
        record as u32
    } else {
        0
    };
    Layout { record, ..layout }
}

/// What is coded to compare the best few. Small inputs have smaller samples.
fn full_sample(bytes: &[u8], thinned: usize) -> Vec<Window> {
    windows(
        bytes,
        thin(FULL, thinned).min((bytes.len() / 6).max(thin(SMALL, thinned))),
    )
}

/// What is coded of so many bytes: contexts have to be learnt, so that half is the least that shows anything.
fn thin(bytes: usize, thinned: usize) -> usize {
    bytes / thinned.min(2)
}

/// Windows of `total` bytes together, spread over the input.
fn windows(bytes: &[u8], total: usize) -> Vec<Window> {
    if bytes.len() <= total {
        return vec![Window {
            start: 0,
            len: bytes.len(),
        }];
    }
    let len = total / WINDOWS;
    // The first window leaves room for a long record before it.
    let first = lags::LONGEST.min(bytes.len() - total);
    let room = bytes.len() - len - first;
    (0..WINDOWS)
        .map(|k| Window {
            start: first + room * k / (WINDOWS - 1),
            len,
        })
        .collect()
}
