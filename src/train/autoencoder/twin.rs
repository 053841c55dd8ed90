//! The float twin of the masked autoencoder: its cost, in nats, and the gradient of it.
//!
//! Hidden sums grow column by column, so both are loops of their own: candle would need a product for each column.

use crate::model::autoencoder::{FEATURES, INPUT_LIMIT, MaskedShape};
use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;
use std::f32::consts::LN_2;
use std::ops::Range;
use std::sync::Mutex;

/// The slope of the activation below zero.
const LEAK: f32 = 0.125;
/// Limits of a spread's logarithm.
const SPREAD: (f32, f32) = (-14.0, 5.0);
/// What any number has of probability, so that an outlier does not turn the network.
const FLOOR: f32 = 1e-7;
/// Pieces that a batch is divided into. It does not depend on threads, so neither do sums.
const PIECES: usize = 4;

/// Rows to learn from or to check on, normalised.
#[derive(Clone, Default)]
pub struct Batch {
    /// `[rows][columns]`, what the network is given.
    pub rows: Vec<f32>,
    /// The same of the rows before.
    pub previous: Vec<f32>,
    /// `[rows][columns]`: the interval that the number lies in, whose probability counts. An empty one counts nothing.
    pub intervals: Vec<[f32; 2]>,
}

/// Where each kind of parameter lies in the flat array of all.
#[derive(Clone, Debug)]
pub struct Spans {
    /// `[hidden]`.
    pub start: Range<usize>,
    /// `[columns][FEATURES][hidden]`.
    pub input: Range<usize>,
    /// The same, or empty.
    pub previous: Range<usize>,
    /// `[columns][3 * components][hidden]`.
    pub output: Range<usize>,
    /// `[columns][3 * components]`.
    pub bias: Range<usize>,
}

impl Spans {
    /// Those of a shape.
    pub fn of(shape: &MaskedShape) -> Spans {
        let (columns, hidden) = (usize::from(shape.columns), usize::from(shape.hidden));
        let mut end = 0;
        let mut next = |len: usize| {
            let begin = end;
            end += len;
            begin..end
        };
        let inputs = columns * FEATURES * hidden;
        Spans {
            start: next(hidden),
            input: next(inputs),
            previous: next(inputs * usize::from(shape.previous)),
            output: next(columns * shape.outputs() * hidden),
            bias: next(columns * shape.outputs()),
        }
    }

    /// First parameters.
    pub fn initial(&self, shape: &MaskedShape, seed: u64) -> Vec<f32> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut gauss = move || (0..12).map(|_| random.f32()).sum::<f32>() - 6.0;
        let columns = f32::from(shape.columns).sqrt();
        let hidden = f32::from(shape.hidden).sqrt();
        let mut all = Vec::new();
        all.extend(self.start.clone().map(|_| 0.3 * gauss()));
        all.extend(self.input.clone().map(|_| gauss() / columns));
        all.extend(self.previous.clone().map(|_| 0.5 * gauss() / columns));
        all.extend(self.output.clone().map(|_| 0.3 * gauss() / hidden));
        let count = usize::from(shape.components);
        all.extend({ self.bias.clone() }.map(|k| {
            match (k - self.bias.start) % (3 * count) / count {
                0 => 0.0,
                1 => 0.3 * gauss(),
                _ => -1.0,
            }
        }));
        all
    }
}

/// The twin's parameters in use.
#[derive(Clone, Copy)]
pub struct Twin<'p> {
    pub shape: &'p MaskedShape,
    pub spans: &'p Spans,
    pub parameters: &'p [f32],
}

/// What a row leaves for its gradient.
#[derive(Default)]
struct Pass {
    /// `[columns][hidden]`: hidden sums before the activation.
    sums: Vec<f32>,
    /// `[columns][3 * components]`.
    outputs: Vec<f32>,
}

impl Twin<'_> {
    /// Nats of a batch, all in all, and the gradient.
    fn gradient(&self, batch: &Batch) -> (f64, Vec<f32>) {
        let columns = usize::from(self.shape.columns);
        let rows = batch.rows.len() / columns;
        let piece = rows.div_ceil(PIECES).max(1);
        let firsts: Vec<usize> = (0..rows).step_by(piece).collect();
        let pieces: Vec<_> = { firsts.into_par_iter() }
            .map(|first| {
                let mut gradient = vec![0.0; self.parameters.len()];
                let (mut nats, mut pass) = (0.0, Pass::default());
                for row in first..rows.min(first + piece) {
                    nats += self.forward(batch, row, &mut pass);
                    self.backward(batch, row, &pass, &mut gradient);
                }
                (nats, gradient)
            })
            .collect();
        let mut all = (0.0, vec![0.0; self.parameters.len()]);
        for (nats, gradient) in pieces {
            all.0 += nats;
            all.1.iter_mut().zip(gradient).for_each(|(a, g)| *a += g);
        }
        all
    }

    /// Nats of a batch, all in all.
    pub fn nats(&self, batch: &Batch) -> f64 {
        let mut pass = Pass::default();
        let rows = batch.rows.len() / usize::from(self.shape.columns);
        let each = (0..rows).map(|row| self.forward(batch, row, &mut pass));
        each.sum()
    }

    /// Each hidden unit's largest magnitude before the activation.
    pub fn peaks(&self, batch: &Batch) -> Vec<f32> {
        let hidden = usize::from(self.shape.hidden);
        let mut peaks = vec![1e-3f32; hidden];
        let mut pass = Pass::default();
        for row in 0..batch.rows.len() / usize::from(self.shape.columns) {
            self.forward(batch, row, &mut pass);
            for sums in pass.sums.chunks_exact(hidden) {
                peaks
                    .iter_mut()
                    .zip(sums)
                    .for_each(|(p, s)| *p = p.max(s.abs()));
            }
        }
        peaks
    }

    fn forward(&self, batch: &Batch, row: usize, pass: &mut Pass) -> f64 {
        let (columns, hidden) = (
            usize::from(self.shape.columns),
            usize::from(self.shape.hidden),
        );
        let outputs = self.shape.outputs();
        let numbers = &batch.rows[row * columns..][..columns];
        let mut sums = self.parameters[self.spans.start.clone()].to_vec();
        let previous = &self.parameters[self.spans.previous.clone()];
        pass.sums.clear();
        pass.outputs.clear();
        let mut nats = 0.0;
        let inputs = self.parameters[self.spans.input.clone()].chunks_exact(FEATURES * hidden);
        for (column, inputs) in inputs.enumerate() {
            // What is coded column by column knows a row's numbers of the row before up to this column.
            let before = batch.previous[row * columns + column];
            let weights =
                previous.get(column * FEATURES * hidden..(column + 1) * FEATURES * hidden);
            contribute(before, weights.unwrap_or_default(), &mut sums);
            pass.sums.extend(&sums);
            let units: Vec<f32> = sums.iter().map(|&s| s.max(LEAK * s)).collect();
            for output in column * outputs..(column + 1) * outputs {
                let weights =
                    &self.parameters[self.spans.output.start + output * hidden..][..hidden];
                let products = weights.iter().zip(&units).map(|(w, u)| w * u);
                let bias = self.parameters[self.spans.bias.start + output];
                pass.outputs.push(bias + products.sum::<f32>());
            }
            let outputs = &pass.outputs[column * outputs..];
            nats += f64::from(cost(outputs, batch.intervals[row * columns + column], None));
            contribute(numbers[column], inputs, &mut sums);
        }
        nats
    }

    fn backward(&self, batch: &Batch, row: usize, pass: &Pass, gradient: &mut [f32]) {
        let (columns, hidden) = (
            usize::from(self.shape.columns),
            usize::from(self.shape.hidden),
        );
        let outputs = self.shape.outputs();
        let numbers = &batch.rows[row * columns..][..columns];
        // The gradient of the sums as they stand behind a column.
        let mut behind = vec![0.0f32; hidden];
        let mut of_outputs = vec![0.0; outputs];
        for column in (0..columns).rev() {
            let inputs = self.spans.input.start + column * FEATURES * hidden;
            learn(
                numbers[column],
                &behind,
                &mut gradient[inputs..][..FEATURES * hidden],
            );
            let own = &pass.outputs[column * outputs..][..outputs];
            let interval = batch.intervals[row * columns + column];
            cost(own, interval, Some(&mut of_outputs));
            let sums = &pass.sums[column * hidden..][..hidden];
            let mut of_units = vec![0.0f32; hidden];
            for (k, &slope) in of_outputs.iter().enumerate() {
                let output = column * outputs + k;
                gradient[self.spans.bias.start + output] += slope;
                let at = self.spans.output.start + output * hidden;
                let weights = &self.parameters[at..][..hidden];
                let weight_gradients = &mut gradient[at..][..hidden];
                for i in 0..hidden {
                    of_units[i] += slope * weights[i];
                    weight_gradients[i] += slope * sums[i].max(LEAK * sums[i]);
                }
            }
            for i in 0..hidden {
                behind[i] += of_units[i] * if sums[i] > 0.0 { 1.0 } else { LEAK };
            }
            if self.shape.previous == 1 {
                let weights = self.spans.previous.start + column * FEATURES * hidden;
                let gradient = &mut gradient[weights..][..FEATURES * hidden];
                learn(batch.previous[row * columns + column], &behind, gradient);
            }
        }
        let start = &mut gradient[self.spans.start.clone()];
        start.iter_mut().zip(&behind).for_each(|(g, b)| *g += b);
    }
}

/// What the network is given of a number.
fn features(number: f32) -> [f32; FEATURES] {
    let limit = INPUT_LIMIT as f32;
    let number = number.clamp(-limit, limit);
    [number, number.abs()]
}

fn contribute(number: f32, weights: &[f32], sums: &mut [f32]) {
    for (feature, weights) in features(number)
        .into_iter()
        .zip(weights.chunks_exact(sums.len()))
    {
        sums.iter_mut()
            .zip(weights)
            .for_each(|(s, w)| *s += w * feature);
    }
}

fn learn(number: f32, of_sums: &[f32], gradient: &mut [f32]) {
    let gradients = gradient.chunks_exact_mut(of_sums.len());
    for (feature, gradient) in features(number).into_iter().zip(gradients) {
        gradient
            .iter_mut()
            .zip(of_sums)
            .for_each(|(g, s)| *g += s * feature);
    }
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Nats of an interval under a mixture, and the gradient by its outputs: logits to the base 2, means, base-2 logarithms of spreads.
fn cost(outputs: &[f32], [low, high]: [f32; 2], gradient: Option<&mut [f32]>) -> f32 {
    let count = outputs.len() / 3;
    if low >= high {
        gradient.into_iter().for_each(|gradient| gradient.fill(0.0));
        return 0.0;
    }
    let (logits, rest) = outputs.split_at(count);
    let (means, spreads) = rest.split_at(count);
    let top = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = logits.iter().map(|l| (l - top).exp2()).sum();
    // Of each component: its weight, its probability of the interval, and that by mean and by logarithm of the spread.
    let component = |k: usize| -> [f32; 4] {
        let weight = (logits[k] - top).exp2() / sum;
        let spread = spreads[k].clamp(SPREAD.0, SPREAD.1);
        let inverse = LN_2 * (-spread).exp2();
        let (mut a, mut b) = ((low - means[k]) * inverse, (high - means[k]) * inverse);
        // In the lower tail, where differences of the distribution function are exact.
        let mirrored = a + b > 0.0;
        if mirrored {
            (a, b) = (-b, -a);
        }
        let (below, above) = (logistic(a), logistic(b));
        let (slope_a, slope_b) = (below * (1.0 - below), above * (1.0 - above));
        let by_mean = (slope_a - slope_b) * inverse * if mirrored { -1.0 } else { 1.0 };
        let by_spread = LN_2 * (slope_a * a - slope_b * b);
        let inside = (SPREAD.0..SPREAD.1).contains(&spreads[k]);
        [
            weight,
            above - below,
            by_mean,
            if inside { by_spread } else { 0.0 },
        ]
    };
    let mut of_all = 0.0;
    for k in 0..count {
        let [weight, probability, ..] = component(k);
        of_all += weight * probability;
    }
    let all = of_all * (1.0 - FLOOR) + FLOOR;
    if let Some(gradient) = gradient {
        let factor = -(1.0 - FLOOR) / all;
        for k in 0..count {
            let [weight, probability, by_mean, by_spread] = component(k);
            gradient[k] = factor * weight * (probability - of_all) * LN_2;
            gradient[count + k] = factor * weight * by_mean;
            gradient[2 * count + k] = factor * weight * by_spread;
        }
    }
    -all.ln()
}

/// The mean cost of a batch's numbers, in nats, as an operation on all parameters.
pub struct Cost {
    pub shape: MaskedShape,
    pub spans: Spans,
    pub batch: Batch,
    /// Found with the cost.
    gradient: Mutex<Vec<f32>>,
}

impl Cost {
    pub fn new(shape: MaskedShape, spans: Spans, batch: Batch) -> Cost {
        Cost {
            shape,
            spans,
            batch,
            gradient: Mutex::default(),
        }
    }
}

impl CustomOp1 for Cost {
    fn name(&self) -> &'static str {
        "masked-autoencoder"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((begin, end)) = layout.contiguous_offsets() else {
            bail!("parameters are not contiguous")
        };
        let twin = Twin {
            shape: &self.shape,
            spans: &self.spans,
            parameters: &storage.as_slice::<f32>()?[begin..end],
        };
        let (nats, mut gradient) = twin.gradient(&self.batch);
        let count = self.batch.rows.len().max(1) as f32;
        gradient.iter_mut().for_each(|g| *g /= count);
        match self.gradient.lock() {
            Ok(mut found) => *found = gradient,
            Err(_) => bail!("a thread stopped"),
        }
        let mean = nats as f32 / count;
        Ok((CpuStorage::F32(vec![mean]), Shape::from(())))
    }

    fn bwd(&self, parameters: &Tensor, _: &Tensor, slope: &Tensor) -> Result<Option<Tensor>> {
        let gradient = match self.gradient.lock() {
            Ok(mut found) => std::mem::take(&mut *found),
            Err(_) => bail!("a thread stopped"),
        };
        let slope = slope.to_dtype(DType::F64)?.to_scalar::<f64>()?;
        let gradient = Tensor::from_vec(gradient, parameters.shape(), parameters.device())?;
        Ok(Some((gradient * slope)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(columns: usize, rows: usize) -> Batch {
        let mut random = fastrand::Rng::with_seed(3);
        let mut batch = Batch::default();
        for k in 0..rows * columns {
            let number = 4.0 * random.f32() - 2.0;
            batch.rows.push(number);
            batch.previous.push(random.f32() - 0.5);
            let width = if k % 7 == 3 { 0.0 } else { 0.3 };
            batch.intervals.push([number - width, number + width]);
        }
        batch
    }

    #[test]
    fn the_gradient_is_that_of_differences() {
        let shape = MaskedShape {
            columns: 4,
            hidden: 5,
            components: 2,
            previous: 1,
        };
        let spans = Spans::of(&shape);
        let parameters = spans.initial(&shape, 8);
        assert_eq!(parameters.len(), spans.bias.end);
        let batch = batch(4, 9);
        let at = |parameters: &[f32]| {
            let twin = Twin {
                shape: &shape,
                spans: &spans,
                parameters,
            };
            twin.gradient(&batch)
        };
        let (_, gradient) = at(&parameters);
        for k in 0..parameters.len() {
            let step = 2e-3;
            let moved = |by: f32| {
                let mut all = parameters.clone();
                all[k] += by;
                at(&all).0
            };
            let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
            let found = f64::from(gradient[k]);
            let close = (slope - found).abs() < 0.02 + 0.02 * slope.abs();
            assert!(close, "parameter {k}: {found}, by differences {slope}");
        }
    }
}
