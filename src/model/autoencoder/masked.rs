//! The masked autoencoder: a table's rows, column by column.
//!
//! Hidden sums begin with a bias and the row before, and grow by each column's contribution once its number is known. A column's
//! outputs are a layer on the hidden units as they stand then: a mixture of logistic distributions.

use super::INPUT_LIMIT;
use super::dense::{Dense, leaky};
use super::mixture::{MAX_COMPONENTS, Mixture};
use super::normalisation::{NORMAL_BITS, Normalisation};
use crate::error::{Error, Result};
use crate::kernel::{MAX_WIDE, add_scaled};
use crate::model::TensorVisitor;

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
        let broken = rules
            .into_iter()
            .find(|(_, found, allowed)| found > allowed);
        broken.map_or(Ok(()), |(what, found, allowed)| {
            Err(Error::InvalidModel {
                what,
                found,
                allowed,
            })
        })
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

/// A table's rows as the masked autoencoder goes through them.
#[derive(Clone)]
pub struct MaskedRows<'m> {
    masked: &'m Masked,
    /// `[hidden]`, Q20.
    sums: Vec<i32>,
    hidden: Vec<i16>,
    /// The sums are not those that `hidden` was made from.
    stale: bool,
    /// Normalised numbers of this row; before [`begin`](Self::begin), of the last one.
    row: Vec<i32>,
    products: Vec<i32>,
    outputs: Vec<i32>,
}

impl<'m> MaskedRows<'m> {
    /// Before the first row, which follows a row of zeros.
    pub fn new(masked: &'m Masked) -> Self {
        let shape = &masked.shape;
        let hidden = usize::from(shape.hidden);
        MaskedRows {
            masked,
            sums: vec![0; hidden],
            hidden: vec![0; hidden],
            stale: true,
            row: vec![0; shape.columns.into()],
            products: vec![0; shape.outputs()],
            outputs: vec![0; shape.outputs()],
        }
    }

    /// Begins a row.
    pub fn begin(&mut self) {
        let weights = &self.masked.weights;
        self.sums.copy_from_slice(&weights.start);
        if self.masked.shape.previous == 1 {
            for (column, &normal) in self.row.iter().enumerate() {
                weights.previous.add(column, normal, &mut self.sums);
            }
        }
        self.row.fill(0);
        self.stale = true;
    }

    /// The distribution of a column's normalised number, of what is known of the row.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn predict(&mut self, column: usize) -> Mixture {
        let weights = &self.masked.weights;
        if self.stale {
            for ((unit, &sum), &shift) in
                { self.hidden.iter_mut().zip(&self.sums) }.zip(&weights.hidden_shift)
            {
                *unit = leaky(sum.saturating_add(1 << (shift - 1)) >> shift);
            }
            self.stale = false;
        }
        let first = column * self.outputs.len();
        let (products, outputs) = (&mut self.products, &mut self.outputs);
        weights.output.apply(first, &self.hidden, products, outputs);
        Mixture::new(outputs)
    }

    /// Makes a column's normalised number known, once a row.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn learn(&mut self, column: usize, normal: i32) {
        self.row[column] = normal;
        self.masked
            .weights
            .input
            .add(column, normal, &mut self.sums);
        self.stale = true;
    }
}
