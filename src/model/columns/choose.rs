//! How each column is coded: what takes fewest bits on a sample of its rows.

use super::coder::{RATES, Setup, Tables, cost, with_own};
use super::column::Column;
use super::context::{Context, Source};
use super::geometry::Geometry;
use crate::kernel::FrequencyKernel;
use crate::layout::{Contexts, Positions};
use std::ops::Range;

/// Rows of a sample. In the first of them the tables only learn.
const SAMPLE: usize = 4096;
const LEARNT: usize = SAMPLE / 2;
/// The rates under which contexts are compared.
const USUAL: usize = 1;

/// How each column of a frame is coded.
pub(super) fn choose<K: FrequencyKernel>(
    positions: &Positions,
    geometry: &Geometry,
    matrix: &[u8],
) -> Vec<Column> {
    let rows = geometry.rows;
    let mut sampler = Sampler::default();
    (0..geometry.columns)
        .map(|k| {
            let own = &matrix[k * rows..][..rows];
            match own.split_first() {
                None => return Column::Stored,
                Some((&first, others)) if others.iter().all(|&byte| byte == first) => {
                    return Column::Constant(first);
                }
                Some(_) => {}
            }
            sampler.take(&matrix[..(k + 1) * rows], rows);
            let sources = Sources::of(positions, geometry, k);
            sampler.choose::<K>(&sources)
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
        let is_array = positions.contexts() != Contexts::Table;
        if is_array {
            for lag in [layout.record, layout.plane] {
                let lag = lag as usize / geometry.columns;
                if lag > 1 && lag < geometry.rows / 8 {
                    all.push(other(0, lag));
                }
            }
        } else {
            for cross in positions.cross_columns(position).into_iter().flatten() {
                let back = cross.lag as usize + byte;
                let wide = usize::from(cross.width);
                for j in [0, byte.min(wide - 1), wide - 1] {
                    if back > j && back - j <= k && !all.contains(&other(back - j, 0)) {
                        all.push(other(back - j, 0));
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
struct Sampler<'a> {
    tables: Tables,
    others: Vec<u16>,
    before: &'a [u8],
    own: &'a [u8],
    rows: usize,
    range: Range<usize>,
}

impl<'a> Sampler<'a> {
    /// Takes the last of these columns.
    fn take(&mut self, columns: &'a [u8], rows: usize) {
        (self.before, self.own) = columns.split_at(columns.len() - rows);
        self.rows = rows;
        let start = rows.saturating_sub(SAMPLE) / 2;
        self.range = start..rows.min(start + SAMPLE);
    }

    fn choose<K: FrequencyKernel>(&mut self, sources: &Sources) -> Column {
        let mut best = (Context::default(), u64::MAX);
        let mut keep = |context: Context, bits: u64| {
            if bits < best.1 {
                best = (context, bits);
            }
        };
        keep(
            Context::default(),
            self.bits::<K>(&Context::default(), USUAL),
        );
        let mut single = None;
        for &source in &sources.all {
            let context = Context {
                first: Some(source),
                second: None,
            };
            let bits = self.bits::<K>(&context, USUAL);
            keep(context, bits);
            if single.is_none_or(|(_, least)| bits < least) {
                single = Some((source, bits));
            }
        }
        if let Some((single, _)) = single {
            for &source in sources.all.iter().filter(|&&source| source != single) {
                for (first, second) in [(single, source), (source, single)] {
                    let context = Context {
                        first: Some(first),
                        second: Some(second),
                    };
                    keep(context, self.bits::<K>(&context, USUAL));
                }
            }
        }
        if let Some([first, Some(second)]) = sources.before {
            let context = Context {
                first,
                second: Some(second),
            };
            keep(context, self.bits::<K>(&context, USUAL));
        }
        let (context, mut least) = best;
        let mut rate = USUAL;
        for other in (0..RATES.len()).filter(|&other| other != USUAL) {
            let bits = self.bits::<K>(&context, other);
            if bits < least {
                (rate, least) = (other, bits);
            }
        }
        let counted = (self.range.len() - self.learnt()) as u64;
        // Bits are units of 2^-8.
        if least >= counted * 8 * 256 * 255 / 256 {
            return Column::Stored;
        }
        Column::Coded {
            context,
            rate: rate as u8,
        }
    }

    fn learnt(&self) -> usize {
        LEARNT.min(self.range.len() / 2)
    }

    /// Bits of the sample in a context, in units of 2^-8.
    fn bits<K: FrequencyKernel>(&mut self, context: &Context, rate: usize) -> u64 {
        context.from_others(self.before, self.rows, self.range.clone(), &mut self.others);
        self.tables.clear(context);
        let setup = Setup {
            others: &self.others,
            lags: context.own_lags(),
            rates: &RATES[rate],
        };
        let (own, learnt) = (&self.own[self.range.clone()], self.learnt());
        let tables = &mut self.tables;
        with_own!(setup.lags, cost::<K>(tables, setup, own, learnt))
    }
}
