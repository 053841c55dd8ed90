//! Export: float twin to integer network, scales calibrated on data.
//!
//! Gains of the norms are folded into the products behind them; each channel then uses the 8 bits up to the peak it
//! showed in calibration. Each output of a product has a power-of-two scale of its own.

use super::core::{BlockShape, Parameters, Peaks};
use super::twin::{Twin, TwinBlock};
use super::window::{LaneStretch, window};
use crate::error::{Error, Result};
use crate::kernel::HEADROOM;
use crate::model::{Block, Config, Embedding, Linear, TOKENS, Weights};
use crate::model_file::Model;
use candle_core::Tensor;
use std::f64::consts::LOG2_E;
use std::sync::{Arc, Mutex};

/// Headroom above a calibrated peak before values saturate.
const MARGIN: f32 = 1.5;
/// Fractional bits of the projections, and of the head's logits.
const PROJECTED: i32 = 10;
const LOGITS: i32 = 11;

/// What calibration saw.
struct Calibration {
    /// Of each norm's input: the largest `|x| / rms` a channel reached, in the order of `Pass::norm_inputs`.
    normed: Vec<Vec<f32>>,
    /// The largest residual.
    residual: f32,
    blocks: Vec<Arc<Mutex<Peaks>>>,
}

/// Exports the twin with scales that suit `len` bytes of each of the given stretches.
pub fn quantize(twin: &Twin, stretches: &[LaneStretch], len: usize) -> Result<Model> {
    let calibration =
        calibrate(twin, stretches, len).map_err(|e| Error::InvalidArgument(e.to_string()))?;
    let weights = export(twin, &calibration).map_err(|e| Error::InvalidArgument(e.to_string()))?;
    Model::new(twin.config, &weights)
}

fn calibrate(
    twin: &Twin,
    stretches: &[LaneStretch],
    len: usize,
) -> candle_core::Result<Calibration> {
    const STEPS: usize = 128;
    let mut c = Calibration {
        normed: Vec::new(),
        residual: 0.0,
        blocks: twin.blocks.iter().map(|_| Arc::default()).collect(),
    };
    for group in stretches.chunks(32) {
        let mut group = group.to_vec();
        let mut states = twin.states(group.len());
        let mut done = 0;
        while done < len {
            let steps = STEPS.min(len - done);
            let batch = window(&twin.config, &group, steps);
            let pass = twin.observed_forward(&batch, &states, &c.blocks)?;
            c.normed.resize(pass.norm_inputs.len(), Vec::new());
            for (k, (peaks, input)) in c.normed.iter_mut().zip(&pass.norm_inputs).enumerate() {
                let largest = normed_peaks(peaks, input)?;
                // Even inputs are the residual stream, odd ones the blocks' insides.
                if k % 2 == 0 {
                    c.residual = c.residual.max(largest);
                }
            }
            states = pass.end_states()?;
            group.iter_mut().for_each(|s| s.position += steps);
            done += steps;
        }
    }
    Ok(c)
}

/// Raises each channel's peak of `|x| / rms`; returns the largest `|x|`.
fn normed_peaks(peaks: &mut Vec<f32>, input: &Tensor) -> candle_core::Result<f32> {
    let dim = input.dim(1)?;
    peaks.resize(dim, 1e-3);
    let mut largest = 0.0f32;
    for row in input.flatten_all()?.to_vec1::<f32>()?.chunks_exact(dim) {
        let rms = (row.iter().map(|v| v * v).sum::<f32>() / dim as f32 + 1e-6).sqrt();
        for (p, v) in peaks.iter_mut().zip(row) {
            *p = p.max(v.abs() / rms);
            largest = largest.max(v.abs());
        }
    }
    Ok(largest)
}

fn export(twin: &Twin, c: &Calibration) -> candle_core::Result<Weights> {
    let config = &twin.config;
    let dim = usize::from(config.dim);
    let residual_bits = fraction_bits(c.residual * MARGIN, 32767.0).clamp(4, 12);
    let unit = 2f32.powi(residual_bits);
    let table = twin.embedding.flatten_all()?.to_vec1::<f32>()?;
    let taps = usize::from(config.taps);
    let embed = |rows: std::ops::Range<usize>| {
        embedding(&table[rows.start * dim..rows.end * dim], dim, unit)
    };
    let blocks = twin
        .blocks
        .iter()
        .enumerate()
        .map(|(k, block)| {
            let peaks = c.blocks[k]
                .lock()
                .map(|p| p.clone())
                .map_err(|e| candle_core::Error::Msg(e.to_string()))?;
            export_block(
                config,
                block,
                &c.normed[2 * k],
                &c.normed[2 * k + 1],
                &peaks,
                residual_bits,
            )
        })
        .collect::<candle_core::Result<Vec<_>>>()?;
    let last = c.normed.last().map(Vec::as_slice).unwrap_or_default();
    let (gain, fold) = norm(last, &twin.gain.to_vec1()?);
    let head = matrix(&twin.head)?
        .into_iter()
        .map(|w| w * LOG2_E as f32)
        .collect::<Vec<_>>();
    let bias: Vec<f32> = twin
        .bias
        .to_vec1::<f32>()?
        .iter()
        .map(|b| b * LOG2_E as f32)
        .collect();
    Ok(Weights {
        taps: (0..taps)
            .map(|t| embed(t * TOKENS..(t + 1) * TOKENS))
            .collect(),
        phase: embed(taps * TOKENS..taps * TOKENS + config.phases()),
        blocks,
        gain,
        head: linear(&head, &fold, &bias, |_| LOGITS),
    })
}

fn export_block(
    config: &Config,
    block: &TwinBlock,
    normed: &[f32],
    out_normed: &[f32],
    peaks: &Peaks,
    residual_bits: i32,
) -> candle_core::Result<Block> {
    let shape = BlockShape::of(config);
    let flat = block.core.to_vec1::<f32>()?;
    let p = Parameters::new(&shape, &flat);
    let (gain, fold) = norm(normed, &block.gain.to_vec1()?);
    let mut bias = vec![0.0; shape.projected()];
    bias[shape.inner + shape.convolved()..].copy_from_slice(p.step_bias);
    let input = linear(&matrix(&block.input)?, &fold, &bias, |_| PROJECTED);
    let (out_gain, out_fold) = norm(out_normed, &block.out_gain.to_vec1()?);
    let output = linear(
        &matrix(&block.output)?,
        &out_fold,
        &vec![0.0; usize::from(config.dim)],
        |_| residual_bits,
    );

    // Step: Q16 shifted to 15 bits. Input: both its own 16 bits and the state's 30 bound it.
    let heads = 0..shape.heads;
    let step_shift: Vec<i32> = heads
        .clone()
        .map(|h| (16 - fraction_bits(peaks.step[h] * MARGIN, 32767.0)).clamp(0, 8))
        .collect();
    let input_bits: Vec<i32> = heads
        .clone()
        .map(|h| {
            let own = fraction_bits(peaks.input[h] * MARGIN, 32767.0);
            let state =
                fraction_bits(peaks.scan[h] * 2.0 * MARGIN, (1u32 << 30) as f32) - PROJECTED;
            own.min(state).clamp(2 - step_shift[h], 25 - step_shift[h])
        })
        .collect();
    let read_peak = peaks.read.iter().copied().fold(0.0, f32::max);
    let least = input_bits.iter().copied().min().unwrap_or(0) + 4;
    let read_bits = fraction_bits(read_peak * MARGIN, 32767.0)
        .min(least - 1)
        .clamp(0, 20);
    let gated_bits = fraction_bits(peaks.gated * MARGIN, 32767.0);
    let byte = |v: i32| v.clamp(1, 24) as u8;
    Ok(Block {
        gain,
        input,
        filter: p
            .filter
            .iter()
            .map(|w| (w * 4096.0).round().clamp(-32767.0, 32767.0) as i16)
            .collect(),
        filter_bias: p
            .bias
            .iter()
            .map(|b| (b * (1 << 22) as f32).round().clamp(-5e8, 5e8) as i32)
            .collect(),
        decay: p
            .log_a
            .iter()
            .map(|a| {
                (a.exp() * LOG2_E as f32 * 1024.0)
                    .round()
                    .clamp(0.0, 65535.0) as u16
            })
            .collect(),
        input_shift: heads
            .clone()
            .map(|h| byte(26 - step_shift[h] - input_bits[h]))
            .collect(),
        read_shift: heads.map(|h| byte(input_bits[h] + 4 - read_bits)).collect(),
        step_shift: step_shift.into_iter().map(|s| s as u8).collect(),
        skip: p
            .skip
            .iter()
            .map(|d| (d * 4096.0).round().clamp(-32767.0, 32767.0) as i16)
            .collect(),
        skip_gate_shift: vec![byte(22 - read_bits), byte(read_bits + 10 - gated_bits)],
        out_gain,
        output,
    })
}

fn matrix(weights: &Tensor) -> candle_core::Result<Vec<f32>> {
    weights.flatten_all()?.to_vec1()
}

/// The most fractional bits with which `peak` stays within `limit`.
fn fraction_bits(peak: f32, limit: f32) -> i32 {
    (limit / peak.max(1e-6)).log2().floor().min(30.0) as i32
}

/// A norm's integer gains, and what each input channel of the next product must be multiplied by.
///
/// The kernel gives `q = x * gain / 16` for a normed x; a channel's peak maps to 127.
fn norm(peaks: &[f32], gain: &[f32]) -> (Vec<i16>, Vec<f32>) {
    let integer: Vec<i16> = peaks
        .iter()
        .map(|p| (127.0 / p * 16.0).round().clamp(1.0, 32767.0) as i16)
        .collect();
    let fold = integer
        .iter()
        .zip(gain)
        .map(|(&i, g)| g * 16.0 / f32::from(i))
        .collect();
    (integer, fold)
}

/// A product whose output has `bits(o)` fractional bits, in 8 bits a weight with a power-of-two scale an output.
fn linear(weights: &[f32], fold: &[f32], bias: &[f32], bits: impl Fn(usize) -> i32) -> Linear {
    let mut out = Linear::default();
    for (o, row) in weights.chunks_exact(fold.len()).enumerate() {
        let folded: Vec<f32> = row
            .iter()
            .zip(fold)
            .map(|(w, f)| w * f * 2f32.powi(bits(o) - HEADROOM as i32))
            .collect();
        let peak = folded.iter().fold(0.0f32, |a, w| a.max(w.abs()));
        let shift = fraction_bits(peak, 127.0).clamp(1, 24);
        let scale = 2f32.powi(shift);
        out.weights.extend(
            folded
                .iter()
                .map(|w| (w * scale).round().clamp(-127.0, 127.0) as i8),
        );
        out.bias.push(
            (bias[o] * 2f32.powi(bits(o)) * scale)
                .round()
                .clamp(-5e8, 5e8) as i32,
        );
        out.shift.push(shift as u8);
    }
    out
}

/// A table in 8 bits with an integer scale a channel; `unit` is 1 in the residual stream.
fn embedding(table: &[f32], dim: usize, unit: f32) -> Embedding {
    let peak = |j: usize| {
        table
            .iter()
            .skip(j)
            .step_by(dim)
            .fold(0.0f32, |a, v| a.max(v.abs()))
    };
    let scale: Vec<i16> = (0..dim)
        .map(|j| (peak(j) * unit / 127.0).ceil().clamp(1.0, 256.0) as i16)
        .collect();
    let quantised = table.iter().enumerate().map(|(i, v)| {
        (v * unit / f32::from(scale[i % dim]))
            .round()
            .clamp(-127.0, 127.0) as i8
    });
    Embedding {
        table: quantised.collect(),
        scale,
    }
}
