//! One column of a table: its symbols as binary trees, each bit a mix of counters and of predictions.

use super::super::logistic::squash;
use super::counters::{NODES, Slots, fold};
use super::learned::Learned;
use super::logistic_distribution::Logistic;
use super::mixer::{INPUTS, Inputs, LOGIT_LIMIT, Mixer};
use super::table::ColumnCode;
use crate::coder::{BadWords, BitCoder};

/// Contexts of a symbol.
pub const CONTEXTS: usize = 10;
/// Predictions of a symbol.
pub const PREDICTIONS: usize = 5;
/// Bits of the longest symbol.
pub const MAX_DEPTH: u32 = 32;
const _: () = assert!(CONTEXTS + PREDICTIONS < INPUTS);

/// Weight sets of each of the three selections.
const BY_DEPTH: usize = MAX_DEPTH as usize;
const KNOWN: usize = 16;
const ENDS: usize = 4;

/// What the coding of one column shares with that of the next: weights, and the memory of the counters.
pub struct ColumnModel {
    slots: Slots,
    mixer: Mixer,
    conditional: Conditional,
    errors: Vec<Track>,
}

/// What is known of a column's row from columns coded before.
#[derive(Clone, Copy, Default)]
pub struct RowContext {
    /// The symbols of the columns before: the last one's, and all of the row's as a hash.
    pub left: u32,
    pub row: u64,
    /// The symbol of the reference, and the buckets of both references.
    pub reference: u32,
    pub buckets: [u32; 2],
    /// What a regression or a formula predicts, Q8.
    pub predicted: Option<i64>,
    /// What an autoencoder expects, roughly.
    pub learned: Option<u64>,
}

/// What does not change from row to row.
#[derive(Clone, Copy)]
pub struct ColumnShape {
    /// Bits of a symbol.
    pub depth: u32,
    /// Symbols are numbers: what is near is alike.
    pub numeric: bool,
    /// The median symbol.
    pub median: u32,
    /// How many references there are.
    pub references: usize,
}

/// The mean and the mean error of predictions so far, Q8.
#[derive(Clone, Copy, Default)]
struct Track {
    mean: i64,
    error: i64,
    seen: i64,
}

impl Track {
    /// Takes an error.
    fn miss(&mut self, error: i64) {
        let error = error.min(1 << 40);
        if self.seen == 0 {
            self.error = error;
        }
        self.seen += 1;
        self.error += (error - self.error) / self.seen.min(64);
    }
}

/// The means of a column where its references are in some bucket.
struct Conditional {
    tracks: Vec<(u32, Track)>,
}

const CONDITIONAL_BITS: u32 = 13;

impl Conditional {
    fn at(&mut self, hash: u64) -> &mut Track {
        let index = (hash >> (64 - CONDITIONAL_BITS)) as usize;
        let check = hash as u32 | 1;
        let (own, track) = &mut self.tracks[index];
        if *own != check {
            (*own, *track) = (check, Track::default());
        }
        track
    }
}

/// How far a symbol is from the median, roughly: sign, octave and two more bits.
pub fn bucket(symbol: i64, median: i64) -> u32 {
    let distance = symbol - median;
    let magnitude = distance.unsigned_abs();
    if magnitude == 0 {
        return 0;
    }
    let octave = magnitude.ilog2();
    let quarter = (magnitude << 2 >> octave) & 3;
    (octave * 4 + quarter as u32 + 1) << 1 | u32::from(distance < 0)
}

impl ColumnModel {
    /// For tables of so many rows.
    pub fn new(rows: usize) -> ColumnModel {
        let bits = (usize::BITS - rows.leading_zeros() + 3).clamp(8, 17);
        ColumnModel {
            slots: Slots::new(bits),
            mixer: Mixer::new(BY_DEPTH + BY_DEPTH * KNOWN + KNOWN * ENDS),
            errors: vec![Track::default(); 64],
            conditional: Conditional {
                tracks: vec![(0, Track::default()); 1 << CONDITIONAL_BITS],
            },
        }
    }

    /// Codes a column's symbols but those skipped, each in the context of its row and of the symbol above: what stands in `symbols` is coded if it is known, or else decoded there.
    ///
    /// # Errors
    /// Those of the coder.
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        code: &ColumnCode,
        context: impl Fn(usize, u32) -> RowContext,
        skipped: &[bool],
        symbols: &mut [u32],
        mut learned: Option<&mut Learned<'_>>,
    ) -> Result<(), BadWords> {
        let shape = code.shape();
        self.slots.clear();
        self.errors.fill(Track::default());
        self.mixer.quicken(0..BY_DEPTH);
        self.conditional.tracks.fill((0, Track::default()));
        let mut state = ColumnState {
            above: [shape.median; 2],
            tracks: [Track::default(); 3],
        };
        for row in 0..symbols.len() {
            let is_skipped = skipped.get(row).is_some_and(|&skipped| skipped);
            if let Some(learned) = &mut learned {
                learned.enter(row, code, !is_skipped);
            }
            if is_skipped {
                symbols[row] = state.above[0];
                if let Some(learned) = &mut learned {
                    learned.leave(row, None);
                }
                continue;
            }
            let context = RowContext {
                learned: learned.as_ref().and_then(|learned| learned.expected()),
                ..context(row, state.above[0])
            };
            let learned_code = learned.as_deref_mut().map(|learned| (learned, code));
            let symbol = self.symbol(coder, shape, context, &state, symbols[row], learned_code)?;
            symbols[row] = symbol;
            if let Some(learned) = &mut learned {
                learned.leave(row, Some(code.cell(symbol)));
            }
            self.learn(shape, context, &mut state, symbol);
        }
        Ok(())
    }

    /// Codes a symbol.
    fn symbol<C: BitCoder>(
        &mut self,
        coder: &mut C,
        shape: ColumnShape,
        context: RowContext,
        state: &ColumnState,
        symbol: u32,
        mut learned: Option<(&mut Learned<'_>, &ColumnCode)>,
    ) -> Result<u32, BadWords> {
        let hashes = hashes(shape, context, state);
        let predictions = self.predictions(shape, context, state);
        let mut indices = [0; CONTEXTS];
        let mut found = 0u32;
        let mut node = 0;
        let mut inputs: Inputs = [0; INPUTS];
        inputs[INPUTS - 1] = 256;
        let mut edges = predictions.map(|prediction| {
            prediction.map_or([0; 2], |p| {
                [0, 1i64 << shape.depth].map(|integer| p.edge(integer))
            })
        });
        for depth in 0..shape.depth {
            if depth % 4 == 0 {
                node = 0;
                let prefix = u64::from(found) | u64::from(depth + 1) << 40;
                for (index, &hash) in indices.iter_mut().zip(&hashes) {
                    *index = self.slots.find(fold(hash, prefix));
                }
            }
            let mut known = 0;
            for (input, &index) in inputs.iter_mut().zip(&indices) {
                let (logit, seen) = self.slots.at(index).input(node);
                *input = logit;
                known += usize::from(seen > 2);
            }
            for (input, [low, high]) in inputs[CONTEXTS..].iter_mut().zip(&edges) {
                *input = (low - high).clamp(-i64::from(LOGIT_LIMIT), LOGIT_LIMIT.into()) as i16;
            }
            let below = shape.depth - 1 - depth;
            let weight_sets = [
                depth as usize,
                BY_DEPTH + depth as usize * KNOWN + known,
                BY_DEPTH + BY_DEPTH * KNOWN + known * ENDS + (below as usize).min(ENDS - 1),
            ];
            let logits = self.mixer.mix(weight_sets, &inputs);
            let logit = logits.iter().sum::<i32>() / 3;
            let one = match &mut learned {
                Some((learned, code)) => {
                    let middle = (found << 1 | 1) << below;
                    learned.refine(code, logit, middle, below, known)
                }
                None => squash(logit),
            };
            let bit = coder.predicted_bit(one.clamp(8, 65528), symbol >> below & 1 == 1)?;
            if let Some((learned, _)) = &mut learned {
                learned.learn(bit);
            }
            self.mixer.learn(weight_sets, &inputs, logits, bit);
            for &index in &indices {
                self.slots.at_mut(index).learn(node, bit);
            }
            node = (2 * node + 1 + usize::from(bit)) % (2 * NODES + 1);
            found = found << 1 | u32::from(bit);
            let middle = (i64::from(found) + i64::from(!bit)) << below;
            for (edges, prediction) in edges.iter_mut().zip(&predictions) {
                if let Some(prediction) = prediction {
                    edges[usize::from(!bit)] = prediction.edge(middle);
                }
            }
        }
        Ok(found)
    }

    fn predictions(
        &mut self,
        shape: ColumnShape,
        context: RowContext,
        state: &ColumnState,
    ) -> [Option<Logistic>; PREDICTIONS] {
        let mut predictions = [None; PREDICTIONS];
        if !shape.numeric {
            return predictions;
        }
        let [regression, above, mean] = &state.tracks;
        if let Some(predicted) = context.predicted {
            let error = self.errors[error_class(context)];
            let _ = regression;
            predictions[0] = Some(Logistic::new(predicted, error.error));
        }
        predictions[1] = Some(Logistic::new(i64::from(state.above[0]) << 8, above.error));
        predictions[2] = Some(Logistic::new(mean.mean, mean.error));
        for (k, prediction) in predictions[3..]
            .iter_mut()
            .enumerate()
            .take(shape.references)
        {
            let track = *self.conditional.at(condition(context, k));
            if track.seen > 0 {
                *prediction = Some(Logistic::new(track.mean, track.error));
            }
        }
        predictions
    }

    fn learn(
        &mut self,
        shape: ColumnShape,
        context: RowContext,
        state: &mut ColumnState,
        symbol: u32,
    ) {
        if shape.numeric {
            let came = i64::from(symbol) << 8;
            let [regression, above, mean] = &mut state.tracks;
            if let Some(predicted) = context.predicted {
                regression.miss(came.saturating_sub(predicted).saturating_abs());
                let all = regression.error;
                let e = &mut self.errors[error_class(context)];
                if e.seen == 0 {
                    e.error = all;
                    e.seen = 1;
                }
                e.miss(came.saturating_sub(predicted).saturating_abs());
            }
            above.miss((came - (i64::from(state.above[0]) << 8)).abs());
            if mean.seen == 0 {
                mean.mean = i64::from(shape.median) << 8;
            }
            mean.miss((came - mean.mean).abs());
            mean.mean += (came - mean.mean) / (mean.seen + 1).min(1 << 12);
            let start = mean.error;
            for k in 0..shape.references {
                let track = self.conditional.at(condition(context, k));
                if track.seen == 0 {
                    (track.mean, track.error) = (came, start);
                }
                track.seen += 1;
                track.error += ((came - track.mean).abs() - track.error) / (track.seen + 1).min(60);
                track.mean += (came - track.mean) / track.seen.min(60);
            }
        }
        state.above = [symbol, state.above[0]];
    }
}

/// What a column's past is.
struct ColumnState {
    /// The last two symbols.
    above: [u32; 2],
    /// Of the regression, of the symbol above, of the mean.
    tracks: [Track; 3],
}

fn error_class(context: RowContext) -> usize {
    (context.buckets[0] / 4).min(63) as usize
}
fn condition(context: RowContext, k: usize) -> u64 {
    let [first, second] = context.buckets.map(u64::from);
    match k {
        0 => fold(1, first),
        _ => fold(2, first / 2 << 16 | second / 2),
    }
}

fn hashes(shape: ColumnShape, context: RowContext, state: &ColumnState) -> [u64; CONTEXTS] {
    let [above, above_two] = state.above.map(u64::from);
    let [first, second] = context.buckets.map(u64::from);
    // The prediction, to half of its mean error.
    let predicted = context
        .predicted
        .map_or(fold(10, second << 32 | above), |predicted| {
            let octave = (state.tracks[0].error >> 8).max(1).ilog2();
            fold(
                11,
                u64::from(octave) << 48 ^ (predicted >> 8 >> octave.saturating_sub(1)) as u64,
            )
        });
    let above_bucket = u64::from(bucket(state.above[0].into(), shape.median.into()));
    [
        fold(1, 0),
        fold(2, above),
        fold(3, context.left.into()),
        fold(4, context.reference.into()),
        fold(5, first),
        fold(6, first / 4 << 16 | second / 4),
        fold(7, above << 32 | above_two),
        fold(8, above_bucket << 32 | first),
        context
            .learned
            .map_or(fold(9, context.row), |learned| fold(12, learned)),
        predicted,
    ]
}
