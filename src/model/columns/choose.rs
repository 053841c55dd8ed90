//! How each column is coded: what takes fewest bits on a sample of its rows.

use super::coder::{RATES, Tables, cost};
use super::column::Column;
use super::context::{Context, SIZE, Source};
use super::geometry::Geometry;
use crate::kernel::FrequencyKernel;
use crate::layout::{Contexts, Positions};

/// A sample of rows: so many windows, evenly spread, together this share of all, but no fewer and no more rows each. In half of them the
/// tables only learn.
const WINDOWS: usize = 16;
const SHARE: usize = 16;
const WINDOW: [usize; 2] = [96, 2048];
/// Columns that take so many bits a byte, in units of 2^-8, under all single sources are not looked at further.
const NOISE: u64 = 8 * 248;
/// With the best single source so many others are tried.
const PAIRED: usize = 3;
/// The rates under which contexts are compared.
const USUAL: usize = 1;

/// How each column of a frame is coded.
pub(super) fn choose<K: FrequencyKernel>(
    positions: &Positions,
    geometry: &Geometry,
    matrix: &[u8],
) -> Vec<Column> {
    let rows = geometry.rows;
    let mut sampler = Sampler::new(rows);
    (0..geometry.columns)
        .map(|k| {
            let own = &matrix[k * rows..][..rows];
            match own.split_first() {
                None => return Column::Stored,
                _ if rows < WINDOWS => return Column::Stored,
                Some((&first, others)) if others.iter().all(|&byte| byte == first) => {
                    return Column::Constant(first);
                }
                Some(_) => {}
            }
            let sources = Sources::of(positions, geometry, k);
            sampler.choose::<K>(&matrix[..(k + 1) * rows], rows, &sources)
        })
        .collect()
}

/// The bytes that may select a column's tables.
struct Sources {
    all: Vec<Source>,
    /// The byte of the element before this one is the most significant.
    before: Option<[Option<Source>; 2]>,
}

impl Sources {
    fn of(positions: &Positions, geometry: &Geometry, k: usize) -> Sources {
        let position = positions.at(geometry.head + k);
        let width = usize::from(position.width);
        let byte = usize::from(position.phase) + 1 - width;
        let other = |back, lag| Source { back, lag };
        let mut all = Vec::new();
        if byte > 0 {
            all.push(other(1, 0));
        }
        all.push(other(0, 1));
        let layout = positions.layout();
        let rows_are_elements = geometry.columns != layout.record as usize;
        if rows_are_elements || positions.contexts() != Contexts::Table {
            for lag in [layout.record, layout.plane] {
                let lag = lag as usize / geometry.columns;
                if lag > 1 && lag < geometry.rows / 8 {
                    all.push(other(0, lag));
                }
            }
        } else {
            let cross = positions.cross_columns(position);
            for (number, cross) in cross.into_iter().flatten().enumerate() {
                // Where the other begins, and of it the byte as significant as this one; of the first also its last.
                let (back, last) = (cross.lag as usize + byte, usize::from(cross.width) - 1);
                for significance in [byte.min(last), 0].into_iter().take(2 - number.min(1)) {
                    let back = back.saturating_sub(significance);
                    if (1..=k).contains(&back) && !all.contains(&other(back, 0)) {
                        all.push(other(back, 0));
                    }
                }
            }
            if k >= width && !all.contains(&other(width, 0)) {
                all.push(other(width, 0));
            }
        }
        let before = (byte > 0).then(|| [Some(other(1, 0)), (byte > 1).then_some(other(2, 0))]);
        Sources { all, before }
    }
}

/// Codes samples of a column.
#[derive(Default)]
struct Sampler {
    tables: Tables,
    /// Where its windows begin, those first in which the tables only learn.
    windows: Vec<usize>,
    /// Rows of a window.
    window: usize,
    bytes: Vec<u8>,
    /// What stands where the sources of contexts say.
    known: Vec<(Source, Vec<u8>)>,
    contexts: Vec<u16>,
    sums: Vec<u64>,
}

impl Sampler {
    /// For columns of so many rows.
    fn new(rows: usize) -> Sampler {
        let window = (rows / WINDOWS / SHARE).clamp(WINDOW[0], WINDOW[1]);
        let window = window.min(rows / WINDOWS);
        let start = |k: usize| k * (rows - window) / (WINDOWS - 1);
        let (learnt, counted) = ((0..WINDOWS).step_by(2), (1..WINDOWS).step_by(2));
        Sampler {
            windows: learnt.chain(counted).map(start).collect(),
            window,
            ..Sampler::default()
        }
    }

    /// What stands in the sampled rows, so many rows before in a column.
    fn sampled(&self, column: &[u8], lag: usize) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.windows.len() * self.window);
        for &start in &self.windows {
            let missing = lag.saturating_sub(start).min(self.window);
            all.resize(all.len() + missing, 0);
            let from = start + missing;
            let rows = from.saturating_sub(lag)..(start + self.window).saturating_sub(lag);
            all.extend_from_slice(&column[rows]);
        }
        all
    }

    /// How the last of these columns is coded.
    fn choose<K: FrequencyKernel>(
        &mut self,
        columns: &[u8],
        rows: usize,
        sources: &Sources,
    ) -> Column {
        let end = columns.len();
        self.bytes = self.sampled(&columns[end - rows..], 0);
        self.known.clear();
        let others = sources.before.into_iter().flatten().flatten();
        for source in sources.all.iter().copied().chain(others) {
            if !self.known.iter().any(|&(known, _)| known == source) {
                let column = &columns[end - rows - source.back * rows..][..rows];
                let bytes = self.sampled(column, source.lag);
                self.known.push((source, bytes));
            }
        }
        let best = self.context::<K>(sources);
        let counted = (self.bytes.len() - self.learnt()) as u64;
        // Bits are units of 2^-8.
        if best.bits >= counted * 8 * 255 {
            return Column::Stored;
        }
        let context = best.context;
        let mut best = best;
        for others in [&[USUAL - 1][..], &[USUAL + 1, USUAL + 2]] {
            for &other in others {
                self.try_out::<K>(context, other, &mut best);
                if best.rate != other {
                    break;
                }
            }
            if best.rate != USUAL {
                break;
            }
        }
        Column::Coded {
            context,
            rate: best.rate as u8,
        }
    }

    /// The context that takes fewest bits.
    fn context<K: FrequencyKernel>(&mut self, sources: &Sources) -> Best {
        let counted = (self.bytes.len() - self.learnt()) as u64;
        let mut best = Best::default();
        let mut try_out = |first, second, sizes| {
            let context = Context {
                first,
                second,
                sizes,
            };
            self.try_out::<K>(context, USUAL, &mut best)
        };
        try_out(None, None, false);
        let mut singles: Vec<(u64, Source)> = Vec::with_capacity(sources.all.len());
        for &source in &sources.all {
            let whole = try_out(Some(source), None, false);
            let sizes = match source.back {
                0 => try_out(Some(source), None, true),
                _ => u64::MAX,
            };
            singles.push((whole.min(sizes), source));
        }
        // Stable: of those that are clearly worse, those that are more likely stand first.
        singles.sort_by_key(|&(bits, _)| bits);
        if let Some((&(bits, single), others)) = singles.split_first()
            && bits < counted * NOISE
        {
            for &(_, source) in others.iter().take(PAIRED) {
                try_out(Some(single), Some(source), false);
                try_out(Some(source), Some(single), false);
                try_out(Some(source), Some(single), true);
            }
        }
        if let Some([first, Some(second)]) = sources.before {
            try_out(first, Some(second), false);
        }
        best
    }

    fn learnt(&self) -> usize {
        self.bytes.len() / 2
    }

    /// Bits of the sample in a context, in units of 2^-8; `u64::MAX` where they are clearly more than the best.
    fn try_out<K: FrequencyKernel>(
        &mut self,
        context: Context,
        rate: usize,
        best: &mut Best,
    ) -> u64 {
        self.contexts.clear();
        self.contexts.resize(self.bytes.len(), 0);
        let known = |source: Option<Source>| {
            let known = { self.known.iter() }.find(|(known, _)| Some(*known) == source);
            known.map_or(&[][..], |(_, bytes)| bytes)
        };
        let map = context.map();
        for (index, &byte) in self.contexts.iter_mut().zip(known(context.first)) {
            *index = map[usize::from(byte)].into();
        }
        for (index, &byte) in self.contexts.iter_mut().zip(known(context.second)) {
            *index |= u16::from(SIZE[usize::from(byte)]) << context.shift();
        }
        self.tables.clear(&context);
        let (rates, learnt) = (&RATES[rate], self.learnt());
        let sample = (self.contexts.as_slice(), self.bytes.as_slice());
        let bits = cost::<K>(
            &mut self.tables,
            sample,
            rates,
            learnt,
            &best.sums,
            &mut self.sums,
        );
        match bits {
            Some(bits) if bits < best.bits => {
                std::mem::swap(&mut best.sums, &mut self.sums);
                (best.context, best.rate, best.bits) = (context, rate, bits);
                bits
            }
            _ => bits.unwrap_or(u64::MAX),
        }
    }
}

/// What takes fewest bits so far.
struct Best {
    context: Context,
    rate: usize,
    bits: u64,
    /// The bits up to each check.
    sums: Vec<u64>,
}

impl Default for Best {
    fn default() -> Self {
        Best {
            context: Context::default(),
            rate: USUAL,
            bits: u64::MAX,
            sums: Vec::new(),
        }
    }
}
