//! The masked autoencoder: a table's rows, column by column.
//!
//! Hidden sums begin with a bias, and grow by each column's contribution once its number is known, and by that of the same column of the
//! row before, which is known already when columns are coded one after the other. A column's outputs are a layer on the hidden units as
//! they stand then: a mixture of logistic distributions.

use super::INPUT_LIMIT;
use super::dense::{Dense, leaky};
use super::mixture::{MAX_COMPONENTS, Mixture};
use super::normalisation::{NORMAL_BITS, Normalisation};
use crate::error::Result;
use crate::kernel::{MAX_WIDE, add_scaled};
use crate::model::{TensorVisitor, check_limits};

/// What a hidden unit is given of a number: itself and its magnitude.
pub const FEATURES: usize = 2;

/// The shape of a masked autoencoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskedShape {
    /// Columns of a row, 1..=1024.
    pub columns: u16,
    /// Hidden units, 1..=512.
    pub hidden: u16,
    /// Components of a column's mixture, 1..=4.
    pub components: u8,
    /// 1 if it is given the row before, else 0.
    pub previous: u8,
}

impl MaskedShape {
    /// Refuses shapes outside the limits of the format.
    ///
    /// # Errors
    /// `InvalidModel` names the number that breaks a rule.
    pub fn check(&self) -> Result<()> {
        let rules = [
            ("no columns", u64::from(self.columns == 0), 0),
            ("columns", self.columns.into(), 1024),
            ("no hidden units", u64::from(self.hidden == 0), 0),
            ("hidden units", self.hidden.into(), MAX_WIDE as u64),
            ("no components", u64::from(self.components == 0), 0),
            ("components", self.components.into(), MAX_COMPONENTS as u64),
            ("rows before", self.previous.into(), 1),
        ];
        check_limits(&rules)
    }

    /// Numbers that describe a column's mixture.
    pub fn outputs(&self) -> usize {
        3 * usize::from(self.components)
    }

    /// Multiply-adds of a row.
    pub fn products(&self) -> u64 {
        let inputs = FEATURES * (1 + usize::from(self.previous));
        (usize::from(self.columns) * usize::from(self.hidden) * (inputs + self.outputs())) as u64
    }
}

/// What columns add to the hidden sums: `weight * (feature >> shift)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contributions {
    /// `[columns * FEATURES][hidden]`.
    pub weights: Vec<i8>,
    /// `[columns * FEATURES]`, 0..=20.
    pub shift: Vec<u8>,
}

impl Contributions {
    fn visit(&mut self, rows: usize, hidden: usize, v: &mut impl TensorVisitor) -> Result<()> {
        v.tensor("input shift", &mut self.shift, [1, rows], 0, 20)?;
        v.tensor(
            "input weights",
            &mut self.weights,
            [rows, hidden],
            -127,
            127,
        )
    }

    /// Adds that of a column whose normalised number is known.
    fn add(&self, column: usize, normal: i32, sums: &mut [i32]) {
        let limit = INPUT_LIMIT << NORMAL_BITS;
        let normal = normal.clamp(-limit, limit);
        for (k, feature) in [normal, normal.abs()].into_iter().enumerate() {
            let row = column * FEATURES + k;
            let (Some(&shift), Some(weights)) = (
                self.shift.get(row),
                self.weights.get(row * sums.len()..(row + 1) * sums.len()),
            ) else {
                continue;
            };
            add_scaled(sums, weights, (feature + (1 << shift >> 1)) >> shift);
        }
    }
}

/// The tensors of a masked autoencoder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaskedWeights {
    /// How its columns are normalised.
    pub normalisation: Normalisation,
    /// `[hidden]`: where the hidden sums begin, Q20.
    pub start: Vec<i32>,
    /// What the columns of the row add.
    pub input: Contributions,
    /// What those of the row before add; empty if it is not given.
    pub previous: Contributions,
    /// `[hidden]`: right shift of the sums to 16 bits, 1..=24.
    pub hidden_shift: Vec<u8>,
    /// To `columns * 3 * components` outputs, with [`OUTPUT_BITS`](super::OUTPUT_BITS).
    pub output: Dense,
}

impl MaskedWeights {
    /// Visits every tensor with its shape and limits.
    ///
    /// # Errors
    /// What the visitor gives.
    pub fn visit(&mut self, shape: &MaskedShape, v: &mut impl TensorVisitor) -> Result<()> {
        let (columns, hidden) = (usize::from(shape.columns), usize::from(shape.hidden));
        self.normalisation.visit(columns, v)?;
        v.tensor("start", &mut self.start, [1, hidden], -(1 << 29), 1 << 29)?;
        self.input.visit(columns * FEATURES, hidden, v)?;
        if shape.previous == 1 {
            self.previous.visit(columns * FEATURES, hidden, v)?;
        }
        v.tensor("hidden shift", &mut self.hidden_shift, [1, hidden], 1, 24)?;
        self.output.visit(columns * shape.outputs(), hidden, v)
    }
}

/// A masked autoencoder: its shape and its tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// Its shape.
    pub shape: MaskedShape,
    /// Its tensors, of that shape.
    pub weights: MaskedWeights,
}

impl Masked {
    /// Where the hidden sums of a row begin.
    pub fn start(&self) -> &[i32] {
        &self.weights.start
    }

    /// Adds to a row's hidden sums what a column of the row before contributes: to be done once, before that column of the row itself is
    /// predicted.
    pub fn add_previous(&self, column: usize, normal: i32, sums: &mut [i32]) {
        if self.shape.previous == 1 {
            self.weights.previous.add(column, normal, sums);
        }
    }

    /// Adds to a row's hidden sums what a column of it contributes.
    pub fn add(&self, column: usize, normal: i32, sums: &mut [i32]) {
        self.weights.input.add(column, normal, sums);
    }

    /// The distribution of a column's normalised number at these hidden sums.
    ///
    /// # Panics
    /// If there is no such column, or there are not as many sums as hidden units.
    pub fn mixture(&self, column: usize, sums: &[i32], scratch: &mut Scratch) -> Mixture {
        scratch.hidden.clear();
        let shifts = self.weights.hidden_shift.iter();
        scratch.hidden.extend(
            { sums.iter().zip(shifts) }
                .map(|(&sum, &shift)| leaky(sum.saturating_add(1 << (shift - 1)) >> shift)),
        );
        let outputs = self.shape.outputs();
        scratch.products.resize(outputs, 0);
        scratch.outputs.resize(outputs, 0);
        let first = column * outputs;
        let (products, outputs) = (&mut scratch.products, &mut scratch.outputs);
        let layer = &self.weights.output;
        layer.apply(first, &scratch.hidden, products, outputs);
        Mixture::new(outputs)
    }
}

/// Space for what a prediction computes.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    hidden: Vec<i16>,
    products: Vec<i32>,
    outputs: Vec<i32>,
}

/// A table's rows as the masked autoencoder goes through them, column by column.
#[derive(Clone)]
pub struct MaskedRows<'m> {
    masked: &'m Masked,
    /// `[hidden]`, Q20.
    sums: Vec<i32>,
    /// Normalised numbers of this row, and of the row before.
    row: Vec<i32>,
    before: Vec<i32>,
    scratch: Scratch,
}

impl<'m> MaskedRows<'m> {
    /// Before the first row, which follows a row of zeros.
    pub fn new(masked: &'m Masked) -> Self {
        let shape = &masked.shape;
        MaskedRows {
            masked,
            sums: vec![0; shape.hidden.into()],
            row: vec![0; shape.columns.into()],
            before: vec![0; shape.columns.into()],
            scratch: Scratch::default(),
        }
    }

    /// Begins a row.
    pub fn begin(&mut self) {
        self.sums.copy_from_slice(self.masked.start());
        std::mem::swap(&mut self.row, &mut self.before);
        self.row.fill(0);
        self.masked.add_previous(0, self.before[0], &mut self.sums);
    }

    /// The distribution of a column's normalised number: those before it are known.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn predict(&mut self, column: usize) -> Mixture {
        self.masked.mixture(column, &self.sums, &mut self.scratch)
    }

    /// Makes a column's normalised number known, once a row, one after the other.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn learn(&mut self, column: usize, normal: i32) {
        self.row[column] = normal;
        self.masked.add(column, normal, &mut self.sums);
        if let Some(&before) = self.before.get(column + 1) {
            self.masked.add_previous(column + 1, before, &mut self.sums);
        }
    }
}
