//! One column of a table: its symbols as binary trees, each bit a mix of counters and of predictions.

use super::super::logistic::squash;
use super::column_code::{ColumnCode, ColumnShape, MAX_DEPTH};
use super::counters::{NODES, Slots, fold};
use super::learned::Learned;
use super::logistic_distribution::Logistic;
use super::mixer::{INPUTS, Inputs, LOGIT_LIMIT, Mixer};
use super::tracks::{Conditional, Graded, Mean, Track, condition};
use crate::coder::{BadWords, BitCoder};

/// Contexts of a symbol.
pub const CONTEXTS: usize = 10;
/// Predictions of a symbol.
pub const PREDICTIONS: usize = 6;
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
}

/// What is known of a column's row from columns coded before.
#[derive(Clone, Copy, Default)]
pub struct RowContext {
    /// The symbol of the last column before.
    pub left: u32,
    /// A hash of those of all columns before.
    pub row: u64,
    /// The symbol of the first reference.
    pub reference: u32,
    /// The buckets of both references.
    pub buckets: [u32; 2],
    /// What a regression predicts, Q8.
    pub regression: Option<i64>,
    /// What a formula predicts, Q8, and the class of the prediction.
    pub formula: Option<(i64, u8)>,
    /// What an autoencoder expects, roughly.
    pub learned: Option<u64>,
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
            conditional: Conditional::default(),
        }
    }

    /// Codes a column's symbols but those skipped, each in the context of its row and of the symbol above: what stands in `symbols` is
    /// coded if it is known, or else decoded there.
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
        self.mixer.quicken(0..BY_DEPTH);
        self.conditional.clear();
        let mut state = ColumnState {
            above: [shape.median; 2],
            above_errors: Track::default(),
            mean: Mean::new(i64::from(shape.median) << 8),
            regression: Graded::default(),
            formula: Graded::default(),
        };
        for (row, symbol) in symbols.iter_mut().enumerate() {
            let is_skipped = skipped.get(row).is_some_and(|&skipped| skipped);
            if let Some(learned) = &mut learned {
                learned.enter(row, code, !is_skipped);
            }
            if is_skipped {
                *symbol = state.above[0];
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
            *symbol = self.symbol(coder, shape, context, &state, *symbol, learned_code)?;
            if let Some(learned) = &mut learned {
                learned.leave(row, Some(code.cell(*symbol)));
            }
            self.learn(shape, context, &mut state, *symbol);
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
        let above = i64::from(state.above[0]) << 8;
        predictions[0] = context.regression.map(|regression| {
            let class = regression_class(context);
            state.regression.around(class, regression)
        });
        predictions[1] = Some(state.above_errors.around(above));
        predictions[2] = Some(state.mean.distribution());
        for k in 0..shape.references {
            predictions[3 + k] = self.conditional.distribution(condition(context.buckets, k));
        }
        predictions[5] =
            { context.formula }.map(|(formula, class)| state.formula.around(class, formula));
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
            if let Some(regression) = context.regression {
                let class = regression_class(context);
                state.regression.miss(class, came, regression);
            }
            if let Some((formula, class)) = context.formula {
                state.formula.miss(class, came, formula);
            }
            state
                .above_errors
                .miss(came, i64::from(state.above[0]) << 8);
            state.mean.add(came);
            for k in 0..shape.references {
                let hash = condition(context.buckets, k);
                self.conditional.add(hash, came, &state.mean);
            }
        }
        state.above = [symbol, state.above[0]];
    }
}

/// What a column's past is.
struct ColumnState {
    /// The last two symbols.
    above: [u32; 2],
    /// How far the symbol above was off.
    above_errors: Track,
    /// Of all symbols.
    mean: Mean,
    /// How far the regression was off, by the bucket of the first reference, and the formula by its class.
    regression: Graded,
    formula: Graded,
}

/// Errors of regressions are told apart by the bucket of the first reference.
fn regression_class(context: RowContext) -> u8 {
    (context.buckets[0] / 4).min(63) as u8
}

fn hashes(shape: ColumnShape, context: RowContext, state: &ColumnState) -> [u64; CONTEXTS] {
    let [above, above_two] = state.above.map(u64::from);
    let [first, second] = context.buckets.map(u64::from);
    let predicted = match (context.formula, context.regression) {
        (Some((formula, class)), _) => fold(12, state.formula.alike(class, formula)),
        (None, Some(regression)) => {
            let class = regression_class(context);
            fold(11, state.regression.alike(class, regression))
        }
        (None, None) => fold(10, second << 32 | above),
    };
    let above_bucket = u64::from(bucket(state.above[0].into(), shape.median.into()));
    [
        fold(1, 0),
        fold(2, above),
        fold(3, context.left.into()),
        fold(4, context.reference.into()),
        fold(5, first),
        fold(6, ((first / 4) << 16) | (second / 4)),
        fold(7, above << 32 | above_two),
        fold(8, above_bucket << 32 | first),
        context
            .learned
            .map_or(fold(9, context.row), |learned| fold(13, learned)),
        predicted,
    ]
}
