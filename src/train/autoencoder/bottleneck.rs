//! The training of the autoencoder with a bottleneck: Baler's (Bengtsson 2023), with latents that are whole numbers.
//!
//! While it learns, latents get noise of the size of their rounding, so that the decoder is prepared for it.

use super::export::dense;
use super::masked::failed;
use super::schedule::{AutoencoderReport, Schedule, Trainee};
use super::table::{Normal, Table, normals};
use crate::error::Result;
use crate::model::autoencoder::{
    Bottleneck, BottleneckShape, ENTRY_BITS, INPUT_LIMIT, NORMAL_BITS, Normalisation, OUTPUT_BITS,
    Stack,
};
use crate::train::optimizer::AdamW;
use candle_core::{Device, Tensor, Var};

/// Rows of a step.
const ROWS: usize = 256;
/// Rows at most that are checked, and that the export is calibrated on.
const CHECKED: usize = 8192;
/// The slope of the activation below zero.
const LEAK: f64 = 0.125;
/// Latents begin with a spread of this share of their limit.
const LATENT_SPREAD: f64 = 0.25;
/// What a latent beyond its limit costs.
const BEYOND: f64 = 1.0;
/// Headroom above a peak that was seen.
const MARGIN: f32 = 1.5;

/// The shape of an autoencoder with a bottleneck, for the columns of the table, and its loss.
#[derive(Clone, Debug)]
pub struct BottleneckOptions {
    /// Widths of the encoder's hidden layers; the decoder's are the same backwards.
    pub hidden: Vec<u16>,
    /// Latents of a row.
    pub latents: u16,
    /// Bits of a latent.
    pub latent_bits: u8,
    /// Weight of the L1 term: the mean magnitude of hidden activations.
    pub l1: f64,
}

impl BottleneckOptions {
    /// Checks without a gain before a run stops, if nothing else is wanted. The loss rises and falls from check to check, and goes on falling
    /// for hundreds of them.
    pub const PATIENCE: usize = 100;
}

impl Default for BottleneckOptions {
    fn default() -> Self {
        BottleneckOptions {
            hidden: vec![200, 100, 50],
            latents: 8,
            latent_bits: 8,
            l1: 0.0,
        }
    }
}

/// What a column lost on held-out rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColumnLoss {
    /// RMS of the residual with the float twin, its latents rounded, in the column's units.
    pub float: f64,
    /// RMS of the residual with the integer network.
    pub integer: f64,
    /// RMS of the response, the residual divided by the number, with the integer network; of numbers other than 0.
    pub response: f64,
}

/// A trained autoencoder with a bottleneck.
pub struct BottleneckOutcome {
    /// The network.
    pub autoencoder: Bottleneck,
    /// What each column lost on held-out rows.
    pub losses: Vec<ColumnLoss>,
    /// The last report.
    pub report: AutoencoderReport,
    /// Whether the held-out loss had stopped falling before the time was up.
    pub stopped_early: bool,
}

/// Trains on a table, checking on held-out rows. `observe` is called after every epoch; false ends the run as if the time were up.
///
/// # Errors
/// `InvalidArgument` if candle fails, `InvalidModel` for a shape outside the limits.
pub fn train_bottleneck(
    table: &Table,
    held: &Table,
    options: &BottleneckOptions,
    schedule: &Schedule,
    observe: &mut dyn FnMut(&AutoencoderReport) -> bool,
) -> Result<BottleneckOutcome> {
    let shape = BottleneckShape {
        columns: table.columns.try_into().unwrap_or(u16::MAX),
        hidden: options.hidden.clone(),
        latents: options.latents,
        latent_bits: options.latent_bits,
    };
    shape.check()?;
    // A network is given nothing beyond the limit, and would lose a rare flag that is.
    let (normals, stored) = normals(table, INPUT_LIMIT.into());
    let mut run =
        Run::new(&shape, table, held, &normals, options, schedule.seed).map_err(failed)?;
    let (report, stopped_early) = schedule.train(&mut run, observe).map_err(failed)?;
    run.restore().map_err(failed)?;
    let autoencoder = run.export(shape, stored).map_err(failed)?;
    let float = run.reconstruct().map_err(failed)?;
    let losses = losses(&autoencoder, &normals, held, &float);
    Ok(BottleneckOutcome {
        autoencoder,
        losses,
        report,
        stopped_early,
    })
}

/// A layer of the twin.
struct Layer {
    /// `[outs, ins]`.
    weights: Var,
    /// `[outs]`.
    bias: Var,
}

/// A run on its way.
struct Run<'t> {
    table: &'t Table,
    normals: &'t [Normal],
    options: &'t BottleneckOptions,
    /// The encoder's layers, then the decoder's.
    layers: Vec<Layer>,
    /// Latents for one unit of what the twin's encoder gives.
    gain: f64,
    limit: f64,
    held: Tensor,
    optimizer: AdamW,
    random: fastrand::Rng,
    best: Vec<[Tensor; 2]>,
}

impl<'t> Run<'t> {
    fn new(
        shape: &BottleneckShape,
        table: &'t Table,
        held: &Table,
        normals: &'t [Normal],
        options: &'t BottleneckOptions,
        seed: u64,
    ) -> candle_core::Result<Run<'t>> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut widths = shape.widths();
        let mut layers = Vec::new();
        for _ in 0..2 {
            for ends in widths.windows(2) {
                let spread = (2.0 / ends[0] as f32).sqrt();
                let mut gauss = || (0..12).map(|_| random.f32()).sum::<f32>() - 6.0;
                let weights: Vec<f32> = (0..ends[0] * ends[1]).map(|_| spread * gauss()).collect();
                let weights = Var::from_vec(weights, (ends[1], ends[0]), &Device::Cpu)?;
                let bias = Var::zeros(ends[1], candle_core::DType::F32, &Device::Cpu)?;
                layers.push(Layer { weights, bias });
            }
            widths.reverse();
        }
        let variables = layers.iter().enumerate().flat_map(|(k, layer)| {
            let names = [format!("{k:02} weights"), format!("{k:02} bias")];
            names
                .into_iter()
                .zip([layer.weights.clone(), layer.bias.clone()])
        });
        let limit = f64::from(shape.latent_limit());
        let rows = 0..held.rows().min(CHECKED);
        Ok(Run {
            table,
            normals,
            options,
            optimizer: AdamW::new(variables.collect()),
            layers,
            gain: (limit * LATENT_SPREAD).max(1.0),
            limit,
            held: rows_of(held, normals, rows)?,
            random,
            best: Vec::new(),
        })
    }

    /// Applies some layers, the last one without its activation. Adds mean magnitudes of hidden activations to `l1`, and the largest ones
    /// to `peaks`.
    fn apply(
        &self,
        layers: &[Layer],
        x: &Tensor,
        l1: &mut Option<Tensor>,
        peaks: &mut Option<&mut Vec<f32>>,
    ) -> candle_core::Result<Tensor> {
        let mut x = x.clone();
        for (k, layer) in layers.iter().enumerate() {
            x = x.matmul(&layer.weights.t()?)?.broadcast_add(&layer.bias)?;
            if k + 1 == layers.len() {
                break;
            }
            if let Some(peaks) = peaks {
                peaks.push(x.abs()?.flatten_all()?.max(0)?.to_scalar()?);
            }
            x = x.maximum(&(&x * LEAK)?)?;
            if self.options.l1 > 0.0 {
                let mean = x.abs()?.mean_all()?;
                *l1 = Some(match l1.take() {
                    Some(sum) => (sum + mean)?,
                    None => mean,
                });
            }
        }
        Ok(x)
    }

    fn encoder(&self) -> &[Layer] {
        &self.layers[..self.layers.len() / 2]
    }

    fn decoder(&self) -> &[Layer] {
        &self.layers[self.layers.len() / 2..]
    }

    /// What the decoder gives for rounded latents of the held-out rows.
    fn reconstruct(&self) -> candle_core::Result<Tensor> {
        let latents = self.apply(self.encoder(), &self.held, &mut None, &mut None)?;
        let rounded = (latents * self.gain)?
            .round()?
            .clamp(-self.limit, self.limit)?;
        let latents = (rounded / self.gain)?;
        self.apply(self.decoder(), &latents, &mut None, &mut None)
    }

    fn restore(&self) -> candle_core::Result<()> {
        for (layer, [weights, bias]) in self.layers.iter().zip(&self.best) {
            layer.weights.set(weights)?;
            layer.bias.set(bias)?;
        }
        Ok(())
    }

    /// The network in integers, calibrated on training rows.
    fn export(
        &self,
        shape: BottleneckShape,
        normalisation: Normalisation,
    ) -> candle_core::Result<Bottleneck> {
        let every = (self.table.rows() / CHECKED).max(1);
        let rows = rows_of(
            self.table,
            self.normals,
            (0..self.table.rows()).step_by(every),
        )?;
        let mut peaks = Vec::new();
        let latents = self.apply(self.encoder(), &rows, &mut None, &mut Some(&mut peaks))?;
        let entry = (1u32 << ENTRY_BITS) as f32;
        let encoder = stack(self.encoder(), &peaks, entry, self.gain as f32)?;
        peaks.clear();
        self.apply(self.decoder(), &latents, &mut None, &mut Some(&mut peaks))?;
        let unit = (1u32 << OUTPUT_BITS) as f32;
        let decoder = stack(self.decoder(), &peaks, self.gain as f32, unit)?;
        Ok(Bottleneck {
            shape,
            normalisation,
            encoder,
            decoder,
        })
    }
}

impl Trainee for Run<'_> {
    fn steps_of_epoch(&self) -> usize {
        self.table.rows().div_ceil(ROWS)
    }

    fn step(&mut self, rate: f64) -> candle_core::Result<f64> {
        let count = self.table.rows();
        let rows: Vec<usize> = (0..ROWS.min(count))
            .map(|_| self.random.usize(0..count))
            .collect();
        let x = rows_of(self.table, self.normals, rows.into_iter())?;
        let mut l1 = None;
        let latents = self.apply(self.encoder(), &x, &mut l1, &mut None)?;
        let noise: Vec<f32> = { 0..latents.elem_count() }
            .map(|_| (self.random.f32() - 0.5) / self.gain as f32)
            .collect();
        let noisy = (&latents + Tensor::from_vec(noise, latents.shape(), &Device::Cpu)?)?;
        let y = self.apply(self.decoder(), &noisy, &mut l1, &mut None)?;
        let square = (y - x)?.sqr()?.mean_all()?;
        let beyond = (latents.abs()? - self.limit / self.gain)?
            .relu()?
            .sqr()?
            .mean_all()?;
        let mut loss = (&square + (beyond * BEYOND)?)?;
        if let Some(l1) = l1 {
            loss = (loss + (l1 * self.options.l1)?)?;
        }
        self.optimizer.step(&loss.backward()?, rate as f32)?;
        Ok(square.to_scalar::<f32>()?.into())
    }

    /// The mean square of the normalised residual.
    fn check(&mut self) -> candle_core::Result<f64> {
        let square = (self.reconstruct()? - &self.held)?.sqr()?.mean_all()?;
        Ok(square.to_scalar::<f32>()?.into())
    }

    fn keep(&mut self) -> candle_core::Result<()> {
        let values = { self.layers.iter() }
            .map(|layer| Ok([layer.weights.copy()?, layer.bias.copy()?]))
            .collect::<candle_core::Result<Vec<_>>>()?;
        self.best = values;
        Ok(())
    }
}

/// Normalised rows, within what a network is given; numbers that are not finite are 0.
fn rows_of(
    table: &Table,
    normals: &[Normal],
    rows: impl Iterator<Item = usize>,
) -> candle_core::Result<Tensor> {
    let limit = INPUT_LIMIT as f32;
    let mut values = Vec::new();
    for row in rows {
        let row = &table.values[row * table.columns..][..table.columns];
        values.extend(
            row.iter()
                .zip(normals)
                .map(|(&value, normal)| match value.is_finite() {
                    true => normal.apply(value).clamp(-limit, limit),
                    false => 0.0,
                }),
        );
    }
    let count = values.len() / table.columns.max(1);
    Tensor::from_vec(values, (count, table.columns), &Device::Cpu)
}

/// Layers in integers: an input is worth `1 / entry` a unit, an output of the last one `1 / exit`.
fn stack(layers: &[Layer], peaks: &[f32], entry: f32, exit: f32) -> candle_core::Result<Stack> {
    let mut stack = Stack::default();
    let mut unit = entry;
    for (k, layer) in layers.iter().enumerate() {
        let fold = vec![1.0 / unit; layer.weights.dim(1)?];
        let weights: Vec<f32> = layer.weights.flatten_all()?.to_vec1()?;
        // A hidden number fills its 16 bits up to the peak that was seen, unless the weights to it would not fit their 8 bits: a layer
        // shifts its sums by one bit at least.
        let heaviest = weights.iter().fold(1e-12f32, |a, w| a.max(w.abs()));
        let next = peaks.get(k).map_or(exit, |peak| {
            let full = 32767.0 / (peak * MARGIN).max(1e-3);
            let fitting = 127.0 / 2.0 * unit / heaviest;
            full.min(fitting).log2().floor().exp2()
        });
        stack
            .layers
            .push(dense(&weights, &layer.bias.to_vec1()?, &fold, next));
        unit = next;
    }
    Ok(stack)
}

/// What the columns of held-out rows lost with the float twin's reconstruction and with the integer network's.
fn losses(
    autoencoder: &Bottleneck,
    normals: &[Normal],
    held: &Table,
    float: &Tensor,
) -> Vec<ColumnLoss> {
    let float = float.to_vec2::<f32>().unwrap_or_default();
    let mut losses = vec![ColumnLoss::default(); held.columns];
    let mut counts = vec![[0.0f64; 2]; held.columns];
    let unit = f64::from(1u32 << NORMAL_BITS);
    for (row, float) in held.values.chunks_exact(held.columns).zip(&float) {
        let normal = |(&value, normal): (&f64, &Normal)| match value.is_finite() {
            true => (f64::from(normal.apply(value)) * unit) as i32,
            false => 0,
        };
        let entries: Vec<i32> = row.iter().zip(normals).map(normal).collect();
        let decoded = autoencoder.decode(&autoencoder.encode(&entries));
        for (column, (&value, normal)) in row.iter().zip(normals).enumerate() {
            if !value.is_finite() {
                continue;
            }
            let (loss, count) = (&mut losses[column], &mut counts[column]);
            let integer = normal.invert((f64::from(decoded[column]) / unit) as f32) - value;
            loss.float += (normal.invert(float[column]) - value).powi(2);
            loss.integer += integer.powi(2);
            count[0] += 1.0;
            if value != 0.0 {
                loss.response += (integer / value).powi(2);
                count[1] += 1.0;
            }
        }
    }
    for (loss, [all, nonzero]) in losses.iter_mut().zip(counts) {
        loss.float = (loss.float / all.max(1.0)).sqrt();
        loss.integer = (loss.integer / all.max(1.0)).sqrt();
        loss.response = (loss.response / nonzero.max(1.0)).sqrt();
    }
    losses
}
