//! The training of the masked autoencoder, its export, and what integers cost.

use super::export::export;
use super::sample::{BOUNDS, batch, step};
use super::schedule::{AutoencoderReport, Schedule, Trainee};
use super::table::{Normal, Table, normals};
use super::twin::{Batch, Cost, Spans, Twin};
use crate::error::{Error, Result};
use crate::lossy::autoencoder::scale;
use crate::model::autoencoder::{Masked, MaskedRows, MaskedShape, Scale};
use crate::train::optimizer::AdamW;
use candle_core::{Device, Var};
use std::f64::consts::LN_2;

/// Rows of a step.
const ROWS: usize = 64;
/// Rows at most that are checked, and that the export is calibrated on.
const CHECKED: usize = 8192;
const CALIBRATED: usize = 2048;

/// The shape of a masked autoencoder, for the columns of the table.
#[derive(Clone, Debug)]
pub struct MaskedOptions {
    /// Hidden units.
    pub hidden: u16,
    /// Components of each column's mixture.
    pub components: u8,
    /// Whether rows depend on the row before.
    pub previous: bool,
    /// Bounds that are learned, relative to each column's range: a row has one of them at random. At least one.
    pub bounds: Vec<f64>,
}

impl Default for MaskedOptions {
    fn default() -> Self {
        MaskedOptions {
            hidden: 64,
            components: 3,
            previous: true,
            bounds: BOUNDS.to_vec(),
        }
    }
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
    /// Bits a number on held-out rows at each of the bounds.
    pub gaps: Vec<(f64, AutoencoderGap)>,
    /// The last report.
    pub report: AutoencoderReport,
    /// Whether the held-out cost had stopped falling before the time was up.
    pub stopped_early: bool,
}

pub(super) fn failed(e: candle_core::Error) -> Error {
    Error::InvalidArgument(e.to_string())
}

/// Trains on a table, checking on held-out rows. `observe` is called after every check; false ends the run as if the time were up.
///
/// # Errors
/// `InvalidArgument` if candle fails, `InvalidModel` for a shape outside the limits.
pub fn train_masked(
    table: &Table,
    held: &Table,
    options: &MaskedOptions,
    schedule: &Schedule,
    observe: &mut dyn FnMut(&AutoencoderReport) -> bool,
) -> Result<MaskedOutcome> {
    let shape = MaskedShape {
        columns: table.columns.try_into().unwrap_or(u16::MAX),
        hidden: options.hidden,
        components: options.components,
        previous: options.previous.into(),
    };
    shape.check()?;
    let bounds = match options.bounds[..] {
        [] => &BOUNDS[..],
        _ => &options.bounds,
    };
    let (normals, stored) = normals(table, f64::INFINITY);
    let mut run = Run::new(shape, table, held, &normals, bounds, schedule.seed).map_err(failed)?;
    let (report, stopped_early) = schedule.train(&mut run, observe).map_err(failed)?;
    let twin = Twin {
        shape: &shape,
        spans: &run.spans,
        parameters: &run.best,
    };
    let every = (table.rows() / CALIBRATED).max(1);
    let rows = { (0..table.rows()).step_by(every).enumerate() }
        .map(|(k, row)| (row, bounds[k % bounds.len()]));
    let masked = export(&twin, stored, &batch(table, &normals, rows));
    let gap = |&bound: &f64| {
        let rows = (0..held.rows().min(CHECKED)).map(|row| (row, bound));
        let checked = batch(held, &normals, rows);
        let count = checked.rows.len().max(1) as f64;
        let gap = AutoencoderGap {
            float: twin.nats(&checked) / LN_2 / count,
            integer: integer_bits(&masked, &normals, held, bound) / count,
        };
        (bound, gap)
    };
    let gaps = bounds.iter().map(gap).collect();
    Ok(MaskedOutcome {
        masked,
        gaps,
        report,
        stopped_early,
    })
}

/// A run on its way.
struct Run<'t> {
    shape: MaskedShape,
    spans: Spans,
    table: &'t Table,
    normals: &'t [Normal],
    bounds: &'t [f64],
    held: Batch,
    parameters: Var,
    optimizer: AdamW,
    random: fastrand::Rng,
    best: Vec<f32>,
}

impl<'t> Run<'t> {
    fn new(
        shape: MaskedShape,
        table: &'t Table,
        held: &Table,
        normals: &'t [Normal],
        learned: &'t [f64],
        seed: u64,
    ) -> candle_core::Result<Run<'t>> {
        let spans = Spans::of(&shape);
        let first = spans.initial(&shape, seed);
        let parameters = Var::from_slice(&first, first.len(), &Device::Cpu)?;
        let rows = held.rows().min(CHECKED);
        let bounds = (0..rows).map(|row| (row, learned[row % learned.len()]));
        Ok(Run {
            shape,
            spans,
            table,
            normals,
            bounds: learned,
            held: batch(held, normals, bounds),
            optimizer: AdamW::new(vec![("all".into(), parameters.clone())]),
            parameters,
            random: fastrand::Rng::with_seed(seed),
            best: first,
        })
    }
}

impl Trainee for Run<'_> {
    fn steps_of_epoch(&self) -> usize {
        self.table.rows().div_ceil(ROWS)
    }

    fn step(&mut self, rate: f64) -> candle_core::Result<f64> {
        let rows: Vec<(usize, f64)> = (0..ROWS)
            .map(|_| {
                let row = self.random.usize(0..self.table.rows());
                (row, self.bounds[self.random.usize(0..self.bounds.len())])
            })
            .collect();
        let batch = batch(self.table, self.normals, rows.into_iter());
        let cost = Cost::new(self.shape, self.spans.clone(), batch);
        let cost = self.parameters.apply_op1(cost)?;
        self.optimizer.step(&cost.backward()?, rate as f32)?;
        Ok(f64::from(cost.to_scalar::<f32>()?) / LN_2)
    }

    /// Bits a number.
    fn check(&mut self) -> candle_core::Result<f64> {
        let parameters = self.parameters.to_vec1::<f32>()?;
        let twin = Twin {
            shape: &self.shape,
            spans: &self.spans,
            parameters: &parameters,
        };
        Ok(twin.nats(&self.held) / LN_2 / self.held.rows.len().max(1) as f64)
    }

    fn keep(&mut self) -> candle_core::Result<()> {
        self.best = self.parameters.to_vec1()?;
        Ok(())
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
