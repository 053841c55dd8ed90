//! The training run of the masked autoencoder: epochs, plateaus, early stop, export.

use super::export::export;
use super::sample::{BOUNDS, batch, step};
use super::table::{Normal, Table, normals};
use super::twin::{Batch, Cost, Spans, Twin};
use crate::error::{Error, Result};
use crate::lossy::autoencoder::scale;
use crate::model::autoencoder::{Masked, MaskedRows, MaskedShape, Scale};
use crate::train::optimizer::AdamW;
use candle_core::{Device, Var};
use std::f64::consts::LN_2;
use std::time::Instant;

/// Rows of a step.
const ROWS: usize = 64;
/// Rows at most that are checked, and that the export is calibrated on.
const CHECKED: usize = 8192;
const CALIBRATED: usize = 2048;
/// Steps of warm-up.
const WARM_UP: f64 = 100.0;
/// Share of the time in which the learning rate falls to nothing.
const FALLING: f64 = 0.4;
/// What it is multiplied by on a plateau.
const PLATEAU: f64 = 0.5;
/// The least share of its peak that the learning rate has.
const FLOOR: f64 = 0.02;
/// An epoch gains if the held-out cost falls by so many bits a number.
const GAIN: f64 = 1e-4;

/// How to train an autoencoder.
#[derive(Clone, Debug)]
pub struct AutoencoderOptions {
    /// Hidden units.
    pub hidden: u16,
    /// Components of each column's mixture.
    pub components: u8,
    /// Whether rows depend on the row before.
    pub previous: bool,
    /// Time budget.
    pub minutes: f64,
    /// Seed of the first parameters and of the order of rows.
    pub seed: u64,
    /// Peak of the learning rate.
    pub rate: f64,
    /// Checks without a gain before the run stops; half as many lower the learning rate.
    pub patience: usize,
}

impl Default for AutoencoderOptions {
    fn default() -> Self {
        AutoencoderOptions {
            hidden: 64,
            components: 3,
            previous: true,
            minutes: 2.0,
            seed: 1,
            rate: 4e-3,
            patience: 12,
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct AutoencoderReport {
    /// Share of the time budget used.
    pub done: f64,
    /// Seconds trained.
    pub seconds: f64,
    /// Epochs trained: rows learned, divided by all.
    pub epochs: f64,
    /// Bits a number on training data, smoothed.
    pub training: f64,
    /// Bits a number on held-out rows, at the last check.
    pub held_out: f64,
    /// The learning rate.
    pub rate: f64,
}

/// What integers cost against floats, in bits a number on held-out rows.
#[derive(Clone, Copy, Debug)]
pub struct AutoencoderGap {
    /// The float twin's.
    pub float: f64,
    /// The integer network's.
    pub integer: f64,
}

/// A trained masked autoencoder.
pub struct MaskedOutcome {
    /// The network.
    pub masked: Masked,
    /// Bits a number on held-out rows at each of [`BOUNDS`].
    pub gaps: Vec<(f64, AutoencoderGap)>,
    /// The last report.
    pub report: AutoencoderReport,
    /// Whether the held-out cost had stopped falling before the time was up.
    pub stopped_early: bool,
}

fn failed(e: candle_core::Error) -> Error {
    Error::InvalidArgument(e.to_string())
}

/// Trains on a table, or on all but the held-out rows of it. `observe` is called after every check; false ends the run as if the time
/// were up.
///
/// # Errors
/// `InvalidArgument` if there is too little to learn from or candle fails, `InvalidModel` for a shape outside the limits.
pub fn train_masked(
    table: &Table,
    held: &Table,
    options: &AutoencoderOptions,
    observe: &mut dyn FnMut(&AutoencoderReport) -> bool,
) -> Result<MaskedOutcome> {
    let shape = MaskedShape {
        columns: table.columns.try_into().unwrap_or(u16::MAX),
        hidden: options.hidden,
        components: options.components,
        previous: options.previous.into(),
    };
    shape.check()?;
    let (normals, stored) = normals(table);
    let mut run = Run::new(shape, table, held, &normals, options).map_err(failed)?;
    run.go(observe).map_err(failed)?;
    let parameters = run.best;
    let twin = Twin {
        shape: &shape,
        spans: &run.spans,
        parameters: &parameters,
    };
    let every = (table.rows() / CALIBRATED).max(1);
    let rows = { (0..table.rows()).step_by(every).enumerate() }
        .map(|(k, row)| (row, BOUNDS[k % BOUNDS.len()]));
    let masked = export(&twin, stored, &batch(table, &normals, rows));
    let gaps = BOUNDS.map(|bound| {
        let rows = (0..held.rows().min(CHECKED)).map(|row| (row, bound));
        let checked = batch(held, &normals, rows);
        let count = checked.rows.len().max(1) as f64;
        let gap = AutoencoderGap {
            float: twin.nats(&checked) / LN_2 / count,
            integer: integer_bits(&masked, &normals, held, bound) / count,
        };
        (bound, gap)
    });
    Ok(MaskedOutcome {
        masked,
        gaps: gaps.into(),
        report: run.report,
        stopped_early: run.stopped_early,
    })
}

/// A run on its way.
struct Run<'t> {
    shape: MaskedShape,
    spans: Spans,
    table: &'t Table,
    normals: &'t [Normal],
    options: &'t AutoencoderOptions,
    held: Batch,
    parameters: Var,
    optimizer: AdamW,
    random: fastrand::Rng,
    best: Vec<f32>,
    least: f64,
    report: AutoencoderReport,
    stopped_early: bool,
}

impl<'t> Run<'t> {
    fn new(
        shape: MaskedShape,
        table: &'t Table,
        held: &Table,
        normals: &'t [Normal],
        options: &'t AutoencoderOptions,
    ) -> candle_core::Result<Run<'t>> {
        let spans = Spans::of(&shape);
        let first = spans.initial(&shape, options.seed);
        let parameters = Var::from_slice(&first, first.len(), &Device::Cpu)?;
        let rows = held.rows().min(CHECKED);
        let bounds = (0..rows).map(|row| (row, BOUNDS[row % BOUNDS.len()]));
        Ok(Run {
            shape,
            spans,
            table,
            normals,
            options,
            held: batch(held, normals, bounds),
            optimizer: AdamW::new(vec![("all".into(), parameters.clone())]),
            parameters,
            random: fastrand::Rng::with_seed(options.seed),
            best: first,
            least: f64::INFINITY,
            report: AutoencoderReport::default(),
            stopped_early: false,
        })
    }

    fn go(
        &mut self,
        observe: &mut dyn FnMut(&AutoencoderReport) -> bool,
    ) -> candle_core::Result<()> {
        let started = Instant::now();
        let budget = (self.options.minutes * 60.0).max(1e-3);
        let (mut factor, mut worse, mut steps) = (1.0, 0, 0u64);
        let steps_of_epoch = self.table.rows().div_ceil(ROWS);
        loop {
            for _ in 0..steps_of_epoch {
                let done = started.elapsed().as_secs_f64() / budget;
                let falling = ((1.0 - done) / FALLING).clamp(FLOOR, 1.0);
                let warm = ((steps + 1) as f64 / WARM_UP).min(1.0);
                self.report.rate = self.options.rate * falling * warm * factor;
                self.step(steps)?;
                steps += 1;
                if done >= 1.0 {
                    break;
                }
            }
            let seconds = started.elapsed().as_secs_f64();
            let gained = self.check()?;
            worse = if gained { 0 } else { worse + 1 };
            if worse > 0 && worse % self.options.patience.div_ceil(2).max(1) == 0 {
                factor *= PLATEAU;
            }
            self.report.seconds = seconds;
            self.report.done = (seconds / budget).min(1.0);
            self.report.epochs = steps as f64 / steps_of_epoch as f64;
            let running = observe(&self.report);
            self.stopped_early = worse >= self.options.patience;
            if !running || self.stopped_early || seconds >= budget {
                return Ok(());
            }
        }
    }

    fn step(&mut self, steps: u64) -> candle_core::Result<()> {
        let rows: Vec<(usize, f64)> = (0..ROWS)
            .map(|_| {
                let row = self.random.usize(0..self.table.rows());
                (row, BOUNDS[self.random.usize(0..BOUNDS.len())])
            })
            .collect();
        let batch = batch(self.table, self.normals, rows.into_iter());
        let cost = Cost::new(self.shape, self.spans.clone(), batch);
        let cost = self.parameters.apply_op1(cost)?;
        let bits = f64::from(cost.to_scalar::<f32>()?) / LN_2;
        let share = (1.0 / (steps + 1) as f64).max(0.01);
        self.report.training += share * (bits - self.report.training);
        self.optimizer
            .step(&cost.backward()?, self.report.rate as f32)
    }

    /// Bits a number on held-out rows; keeps the parameters if they are the best.
    fn check(&mut self) -> candle_core::Result<bool> {
        let parameters = self.parameters.to_vec1::<f32>()?;
        let twin = Twin {
            shape: &self.shape,
            spans: &self.spans,
            parameters: &parameters,
        };
        let bits = twin.nats(&self.held) / LN_2 / self.held.rows.len().max(1) as f64;
        self.report.held_out = bits;
        let gained = bits < self.least - GAIN;
        if bits < self.least {
            (self.least, self.best) = (bits, parameters);
        }
        Ok(gained)
    }
}

/// Bits of held-out rows under the integer network, all in all, as a coder would have them.
fn integer_bits(masked: &Masked, normals: &[Normal], held: &Table, bound: f64) -> f64 {
    const FINE: f64 = 4096.0;
    let scales: Vec<Option<Scale>> = { normals.iter().enumerate() }
        .map(|(column, normal)| {
            let unit = step(normal, bound).max(normal.scale * 1e-9) / FINE;
            scale(&masked.weights.normalisation.column(column)?, unit)
        })
        .collect();
    let mut rows = MaskedRows::new(masked);
    let mut bits = 0.0;
    for row in held.values.chunks_exact(held.columns).take(CHECKED) {
        rows.begin();
        for (column, (&value, normal)) in row.iter().zip(normals).enumerate() {
            let step = step(normal, bound).max(normal.scale * 1e-9);
            let (Some(scale), true) = (scales[column], value.is_finite()) else {
                rows.learn(column, 0);
                continue;
            };
            let fine = (value / step).round() as i64 * FINE as i64;
            let half = FINE as i64 / 2;
            let mixture = rows.predict(column);
            let [low, high] = [fine - half, fine + half].map(|edge| scale.normalise(edge));
            if low < high {
                let share = mixture.below(high).saturating_sub(mixture.below(low));
                let share = (f64::from(share) / f64::from(1 << 30)).max(1e-7);
                bits -= share.log2();
            }
            rows.learn(column, scale.normalise(fine));
        }
    }
    bits
}
