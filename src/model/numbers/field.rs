//! Fields: arrays of one to four axes, each value predicted from the neighbours already known.
//!
//! Values come in fine units, [`FINE`] a step. What is coded of a value is its difference from the prediction in steps, rounded: no
//! reconstruction is further than half a step from its value, and so much of it as the prediction got right costs nothing.

mod background;
mod bits;
mod experts;
mod limits;
mod method;
mod prediction;
mod residual;
mod stencil;

pub use limits::{AXES, FINE};
pub use method::{Axis, FieldMethod};
pub use stencil::Extent;

use crate::coder::{BadWords, BitCoder};
use background::Background;
use limits::FINE_BITS;
use prediction::Predictor;
use residual::Residuals;
use stencil::{Pass, passes};

/// The most bits that the step of a level is finer by than the last level's.
const FINEST: u32 = 6;

/// Values of a field to be coded.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// Lengths of the axes, outermost first: one to four, none of them 0.
    pub lengths: &'a [usize],
    /// Only multiples of [`FINE`] are values.
    pub whole: bool,
    /// For each value whether it is special: not coded, and no neighbour of others. Empty if none is.
    pub special: &'a [bool],
}

impl Field<'_> {
    fn is_special(&self, at: usize) -> bool {
        self.special.get(at).is_some_and(|&special| special)
    }
}

/// Codes the values of a field, in fine units, or decodes them where there are none; gives what is reconstructed.
///
/// Half a step is the largest error of a value that is not special; with `whole`, of one that is a multiple of [`FINE`], none.
///
/// # Errors
/// Those of the coder.
pub fn code<C: BitCoder>(
    coder: &mut C,
    method: &FieldMethod,
    field: Field<'_>,
    targets: Option<&[i64]>,
) -> Result<Vec<i64>, BadWords> {
    let extent = Extent::new(field.lengths);
    let passes = passes(&extent, method);
    let mut state = State {
        field,
        extent,
        targets,
        values: vec![method.origin; extent.values()],
        residuals: vec![0; extent.values()],
        absent: match (field.special, method.background) {
            ([], Some(_)) => vec![false; extent.values()],
            (special, _) => special.to_vec(),
        },
        background: method.background.map(Background::new),
        predictor: Predictor::new(&extent, method, &passes),
        model: Residuals::new(passes.len()),
    };
    walk(&extent, method, &passes, |number, pass, point| {
        state.code_point(coder, method, number, pass, point)
    })?;
    Ok(state.values)
}

/// Visits all points in the order that they are coded in, each with its pass and the number of that.
fn walk<E>(
    extent: &Extent,
    method: &FieldMethod,
    passes: &[Pass],
    mut visit: impl FnMut(usize, &Pass, &[usize; AXES]) -> Result<(), E>,
) -> Result<(), E> {
    let is_outer = |axis: &usize| method.axes[*axis] == Axis::Outer;
    let outer: Vec<usize> = (0..AXES).filter(is_outer).collect();
    let slices: usize = outer.iter().map(|&axis| extent.shape[axis]).product();
    for slice in 0..slices {
        for (number, pass) in passes.iter().enumerate() {
            let (mut first, mut end) = (pass.first, extent.shape);
            let mut rest = slice;
            for &axis in outer.iter().rev() {
                first[axis] = rest % extent.shape[axis];
                end[axis] = first[axis] + 1;
                rest /= extent.shape[axis];
            }
            let mut point = first;
            loop {
                visit(number, pass, &point)?;
                // The next point, like the digits of a number.
                let Some(axis) = { (0..AXES).rev() }.find(|&a| point[a] + pass.step[a] < end[a])
                else {
                    break;
                };
                point[axis] += pass.step[axis];
                point[axis + 1..].copy_from_slice(&first[axis + 1..]);
            }
        }
    }
    Ok(())
}

/// What coding a field has come to.
struct State<'a> {
    field: Field<'a>,
    extent: Extent,
    targets: Option<&'a [i64]>,
    /// What is reconstructed.
    values: Vec<i64>,
    /// In steps, limited.
    residuals: Vec<i32>,
    /// For each value whether it is no neighbour of others; empty if all are.
    absent: Vec<bool>,
    background: Option<Background>,
    predictor: Predictor<'a>,
    model: Residuals,
}

impl State<'_> {
    fn code_point<C: BitCoder>(
        &mut self,
        coder: &mut C,
        method: &FieldMethod,
        number: usize,
        pass: &Pass,
        point: &[usize; AXES],
    ) -> Result<(), BadWords> {
        let at = self.extent.index(point);
        let special = self.field.is_special(at);
        if let Some(background) = self.background.as_mut().filter(|_| !special) {
            background.observe(&self.extent, pass, point, &self.absent, &self.values);
            let target = self.targets.map(|targets| targets[at]);
            self.absent[at] = background.code(coder, target)?;
            if self.absent[at] {
                self.values[at] = background.value();
                return Ok(());
            }
        }
        self.predictor
            .observe(pass, point, &self.values, &self.absent);
        if special {
            self.values[at] = self.predictor.filling();
            return Ok(());
        }
        let prediction = self.predictor.predict(number, pass, point);
        let mut centre = prediction.centre;
        let mut bits = FINE_BITS;
        match self.field.whole {
            true => centre = centre.saturating_add(FINE / 2) & -FINE,
            false => bits -= (pass.level * method.tightening / 2).min(FINEST),
        }
        let half = 1i128 << (bits - 1);
        let residual = self.targets.map_or(0, |targets| {
            ((i128::from(targets[at]) - i128::from(centre) + half) >> bits) as i64
        });
        let known = |k: usize| {
            let neighbour = &pass.neighbours[k];
            self.predictor
                .is_present(k)
                .then(|| self.residuals[at.wrapping_add_signed(neighbour.distance)])
        };
        self.model.observe(number, pass, point, &prediction, known);
        let residual = self.model.code(coder, residual)?;
        let value = i128::from(centre) + (i128::from(residual) << bits);
        self.values[at] = value.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        self.residuals[at] = residual.clamp(-(1 << 30), 1 << 30) as i32;
        self.predictor.learn(number, at, self.values[at]);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
