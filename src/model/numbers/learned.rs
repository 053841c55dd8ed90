//! What a masked autoencoder expects of a table's cells, and how that is mixed with what the columns' own model expects.
//!
//! Hidden sums of all rows are kept, because columns are coded one after the other. A bit's probability under the autoencoder's mixture
//! and that of the column's model are two logits, which a small mixer of its own weighs.

use super::super::logistic::{squash, stretch};
use super::column_code::ColumnCode;
use super::mixer::LOGIT_LIMIT;
use crate::coder::BadWords;
use crate::model::autoencoder::{Masked, Mixture, NORMAL_BITS, Scale, Scratch};

/// Bits of a fine unit of a cell.
pub const FINE_BITS: u32 = 12;
/// Most hidden sums that are kept.
const MAX_SUMS: usize = 1 << 24;
/// What is weighed: the logit of the column's model, that of the autoencoder, and a constant.
const INPUTS: usize = 3;
/// Selections of weights: by bits that follow and contexts that are known, and by how sure the autoencoder is.
const BELOW: usize = 33;
const KNOWN: usize = 10;
const SURE: usize = 12;
/// A weight of 1: Q16.
const ONE: i32 = 1 << 16;
const WEIGHT_LIMIT: i32 = 4 * ONE;
/// Learning rate, as that of the column's mixer: once weights have learned often, and how much faster at first.
const RATE: i32 = 12;
const EARLY: i32 = 16;

/// A column that the autoencoder may know.
#[derive(Clone, Copy, Debug)]
pub struct LearnedColumn {
    /// Its number in the autoencoder.
    pub number: usize,
    /// From fine units of a cell, [`FINE_BITS`] of them, to its normalised numbers; without, it is neither predicted nor known.
    pub scale: Option<Scale>,
}

/// A masked autoencoder on its way through a table.
pub struct Learned<'m> {
    masked: &'m Masked,
    /// Of each coded column.
    columns: Vec<LearnedColumn>,
    /// `[rows][hidden]`.
    sums: Vec<i32>,
    hidden: usize,
    scratch: Scratch,
    /// The column being coded, and its number in the row above, normalised.
    column: usize,
    above: i32,
    mixture: Option<Mixture>,
    expected: Option<u64>,
    /// Probabilities below the ends of the interval that is known, and below its middle.
    below: [u32; 3],
    blend: Blend,
}

impl<'m> Learned<'m> {
    /// For a table of so many rows whose coded columns are these.
    ///
    /// # Errors
    /// [`BadWords`] for more rows than hidden sums are kept of, or a column that the autoencoder does not have.
    pub fn new(
        masked: &'m Masked,
        columns: Vec<LearnedColumn>,
        rows: usize,
    ) -> Result<Learned<'m>, BadWords> {
        let all = usize::from(masked.shape.columns);
        let hidden = masked.start().len();
        let fits = rows
            .checked_mul(hidden)
            .is_some_and(|sums| sums <= MAX_SUMS);
        if !fits || columns.iter().any(|column| column.number >= all) {
            return Err(BadWords);
        }
        Ok(Learned {
            masked,
            columns,
            sums: masked.start().repeat(rows),
            hidden,
            scratch: Scratch::default(),
            column: 0,
            above: 0,
            mixture: None,
            expected: None,
            below: [0; 3],
            blend: Blend::new(),
        })
    }

    /// Begins a column.
    pub fn begin(&mut self, column: usize) {
        self.column = column;
        self.above = 0;
    }

    fn sums(&mut self, row: usize) -> &mut [i32] {
        let first = row * self.hidden;
        self.sums
            .get_mut(first..first + self.hidden)
            .unwrap_or_default()
    }

    /// Goes on to a row of the column; its cell is to be coded, or else skipped.
    pub fn enter(&mut self, row: usize, code: &ColumnCode, is_coded: bool) {
        self.mixture = None;
        self.expected = None;
        let Some(&LearnedColumn { number, scale }) = self.columns.get(self.column) else {
            return;
        };
        let (masked, above) = (self.masked, self.above);
        let mut scratch = std::mem::take(&mut self.scratch);
        let sums = self.sums(row);
        masked.add_previous(number, above, sums);
        if let (Some(scale), true) = (scale, is_coded) {
            let mixture = masked.mixture(number, sums, &mut scratch);
            let edge = |symbol| mixture.below(scale.normalise(edge(code, symbol)));
            self.below = [edge(0), 0, edge(u64::from(code.largest) + 1)];
            self.mixture = Some(mixture);
            self.expected = Some(expected(code, scale, &mixture));
        }
        self.scratch = scratch;
    }

    /// Leaves a row, whose cell is known now; none for what is no number.
    pub fn leave(&mut self, row: usize, cell: Option<i64>) {
        let Some(&LearnedColumn { number, scale }) = self.columns.get(self.column) else {
            return;
        };
        let normal = match (scale, cell) {
            (Some(scale), Some(cell)) => scale.normalise(fine(cell)),
            _ => 0,
        };
        let masked = self.masked;
        masked.add(number, normal, self.sums(row));
        self.above = normal;
    }

    /// What is expected of the cell to come, as a context: the symbol in the middle of the likeliest component, to half of its spread.
    pub fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// Passes over a column whose cells are all the same.
    pub fn pass(&mut self, column: usize, rows: usize, code: &ColumnCode) {
        self.begin(column);
        for row in 0..rows {
            self.enter(row, code, false);
            self.leave(row, Some(code.least));
        }
    }

    /// The probability of a one, in 1/65536, of the bit that decides whether the symbol is at least `middle`: from the logit that the
    /// column's model has. `below` bits follow it.
    pub fn refine(
        &mut self,
        code: &ColumnCode,
        logit: i32,
        middle: u32,
        below: u32,
        known: usize,
    ) -> u16 {
        let Some(&LearnedColumn {
            scale: Some(scale), ..
        }) = self.columns.get(self.column)
        else {
            return squash(logit);
        };
        let Some(mixture) = &self.mixture else {
            return squash(logit);
        };
        self.below[1] = match middle > code.largest {
            true => self.below[2],
            false => mixture.below(scale.normalise(edge(code, middle.into()))),
        };
        let own = i32::from(stretch(Mixture::upper_share(self.below)));
        self.blend.mix(logit, own, below, known)
    }

    /// Learns the bit that came.
    pub fn learn(&mut self, bit: bool) {
        if self.mixture.is_some() {
            self.below[usize::from(!bit) * 2] = self.below[1];
            self.blend.learn(bit);
        }
    }
}

/// The symbol in the middle of a mixture's likeliest component, to half of its spread.
fn expected(code: &ColumnCode, scale: Scale, mixture: &Mixture) -> u64 {
    let symbol = |normal: i32| code.symbol(scale.fine(normal) >> FINE_BITS);
    let spread = 1 << (NORMAL_BITS as i32 + (mixture.spread() >> 16)).clamp(0, 26);
    let middle = mixture.centre().clamp(-1 << 28, 1 << 28);
    let (low, high) = (symbol(middle - spread), symbol(middle + spread));
    let octave = (high.saturating_sub(low)).max(1).ilog2();
    u64::from(octave) << 32 | u64::from(symbol(middle) >> octave.saturating_sub(1))
}

/// The lower edge of a symbol's interval, in fine units of cells; that behind the largest symbol is where the last interval ends.
fn edge(code: &ColumnCode, symbol: u64) -> i64 {
    const HALF: i64 = 1 << (FINE_BITS - 1);
    match u32::try_from(symbol) {
        Ok(symbol) if symbol <= code.largest => {
            let own = fine(code.cell(symbol));
            match code.dictionary.is_empty() || symbol == 0 {
                true => own - HALF,
                false => (fine(code.cell(symbol - 1)) >> 1) + (own >> 1),
            }
        }
        _ => fine(code.cell(code.largest)) + HALF,
    }
}

/// The middle of a cell.
fn fine(cell: i64) -> i64 {
    cell.clamp(-1 << 50, 1 << 50) << FINE_BITS
}

/// A mixer of few logits.
struct Blend {
    weights: Vec<[i32; INPUTS]>,
    counts: Vec<u8>,
    inputs: [i32; INPUTS],
    selected: [usize; 2],
    logits: [i32; 2],
}

impl Blend {
    fn new() -> Blend {
        let count = BELOW * KNOWN + SURE * KNOWN;
        Blend {
            weights: vec![[ONE / 2, ONE / 2, 0]; count],
            counts: vec![0; count],
            inputs: [0, 0, 256],
            selected: [0; 2],
            logits: [0; 2],
        }
    }

    fn mix(&mut self, logit: i32, own: i32, below: u32, known: usize) -> u16 {
        let own = own.clamp(-LOGIT_LIMIT, LOGIT_LIMIT);
        let known = known.min(KNOWN - 1);
        let sure = own.unsigned_abs() as usize / 128;
        self.inputs = [logit, own, 256];
        self.selected = [
            (below as usize).min(BELOW - 1) * KNOWN + known,
            BELOW * KNOWN + sure.min(SURE - 1) * KNOWN + known,
        ];
        self.logits = self.selected.map(|selected| {
            let pairs = self.weights[selected].iter().zip(&self.inputs);
            let sum: i32 = pairs.map(|(&w, &x)| (w >> 4) * x).sum();
            (sum >> 12).clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
        });
        squash(self.logits.iter().sum::<i32>() / 2)
    }

    fn learn(&mut self, bit: bool) {
        for (selected, logit) in self.selected.into_iter().zip(self.logits) {
            let count = &mut self.counts[selected];
            let rate = RATE + RATE * EARLY / (i32::from(*count) + 4);
            *count = count.saturating_add(1);
            let error = (i32::from(bit) << 16) - i32::from(squash(logit));
            let step = (error * rate) >> 10;
            for (w, &x) in self.weights[selected].iter_mut().zip(&self.inputs) {
                let moved = *w + ((x * step + (1 << 9)) >> 10);
                *w = moved.clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT);
            }
        }
    }
}
