//! From the float twin to the masked autoencoder in integers.

use super::twin::{Batch, Twin};
use crate::model::autoencoder::{
    Contributions, Dense, Masked, MaskedWeights, NORMAL_BITS, Normalisation, OUTPUT_BITS,
};

/// Headroom above a peak that was seen.
const MARGIN: f32 = 1.5;

/// Exports a twin, with the hidden units' ranges that they have in a batch.
pub fn export(twin: &Twin, normalisation: Normalisation, batch: &Batch) -> Masked {
    let Twin {
        shape,
        spans,
        parameters,
    } = *twin;
    let hidden = usize::from(shape.hidden);
    let unit = (1u32 << NORMAL_BITS) as f32;
    let hidden_shift: Vec<u8> = { twin.peaks(batch).into_iter() }
        .map(|peak| {
            (peak * MARGIN * unit / 32767.0)
                .log2()
                .ceil()
                .clamp(1.0, 24.0) as u8
        })
        .collect();
    // What one unit of a hidden number is worth.
    let fold: Vec<f32> = { hidden_shift.iter() }
        .map(|&shift| f32::from(shift).exp2() / unit)
        .collect();
    let start = parameters[spans.start.clone()].iter();
    let weights = MaskedWeights {
        normalisation,
        start: start
            .map(|s| (s * unit).round().clamp(-5e8, 5e8) as i32)
            .collect(),
        input: contributions(&parameters[spans.input.clone()], hidden),
        previous: contributions(&parameters[spans.previous.clone()], hidden),
        hidden_shift,
        output: dense(
            &parameters[spans.output.clone()],
            &parameters[spans.bias.clone()],
            &fold,
            (1u32 << OUTPUT_BITS) as f32,
        ),
    };
    Masked {
        shape: *shape,
        weights,
    }
}

/// Each feature's weights in 8 bits, with a power of two of its own.
fn contributions(weights: &[f32], hidden: usize) -> Contributions {
    let mut out = Contributions::default();
    for row in weights.chunks_exact(hidden) {
        let peak = row.iter().fold(1e-6f32, |a, w| a.max(w.abs()));
        let shift = (127.0 / peak).log2().floor().clamp(0.0, 20.0);
        let quantised = row.iter().map(|w| (w * shift.exp2()).round());
        out.weights
            .extend(quantised.map(|w| w.clamp(-127.0, 127.0) as i8));
        out.shift.push(shift as u8);
    }
    out
}

/// A layer whose inputs are worth `fold` a unit and whose outputs have `unit` for 1.
pub fn dense(weights: &[f32], bias: &[f32], fold: &[f32], unit: f32) -> Dense {
    let mut out = Dense::default();
    for (row, bias) in weights.chunks_exact(fold.len()).zip(bias) {
        let folded: Vec<f32> = row.iter().zip(fold).map(|(w, f)| w * f * unit).collect();
        let peak = folded.iter().fold(1e-12f32, |a, w| a.max(w.abs()));
        let bias = bias * unit;
        // The bias must fit as well.
        let most = (127.0 / peak).min(5e8 / bias.abs().max(1e-3));
        let shift = most.log2().floor().clamp(1.0, 24.0);
        let quantised = folded.iter().map(|w| (w * shift.exp2()).round());
        out.weights
            .extend(quantised.map(|w| w.clamp(-127.0, 127.0) as i8));
        out.bias
            .push((bias * shift.exp2()).round().clamp(-5e8, 5e8) as i32);
        out.shift.push(shift as u8);
    }
    out
}
