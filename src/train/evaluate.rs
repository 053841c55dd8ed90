//! Bits a byte on held-out data, of the float twin and of the integer network on the very same bytes.

use super::corpus::Corpus;
use super::sampler::{Stretch, tokens, window};
use super::twin::Twin;
use crate::kernel;
use crate::model::{Model, Network};
use rayon::prelude::*;
use std::f64::consts::LN_2;

/// Steps of a window in evaluation.
const STEPS: usize = 128;
/// Lanes evaluated at once.
const LANES: usize = 32;

/// What quantisation costs.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// Bits a byte of the float twin.
    pub float: f64,
    /// Bits a byte of the integer network.
    pub integer: f64,
}

impl Gap {
    /// The share of bits that the integer network needs more; below 0 it needs fewer.
    pub fn relative(&self) -> f64 {
        self.integer / self.float - 1.0
    }
}

/// Mean bits a byte of the twin over stretches of equal length, each from rest.
pub fn float_bits(twin: &Twin, corpus: &Corpus, stretches: &[Stretch]) -> candle_core::Result<f64> {
    let (mut nats, mut bytes) = (0.0, 0);
    for group in stretches.chunks(LANES) {
        let mut group = group.to_vec();
        let mut states = twin.states(group.len());
        while group[0].position < group[0].end {
            let steps = STEPS.min(group[0].end - group[0].position);
            let batch = window(corpus, &twin.config, &group, steps, Vec::new());
            let pass = twin.forward(&batch, &states)?;
            nats += f64::from(twin.loss(&pass, &batch)?.to_scalar::<f32>()?)
                * batch.targets.len() as f64;
            bytes += batch.targets.len();
            states = pass.end_states()?;
            group.iter_mut().for_each(|s| s.position += steps);
        }
    }
    Ok(nats / LN_2 / (bytes.max(1)) as f64)
}

/// Mean bits a byte of the integer network alone, as its softmax would code them.
pub fn integer_bits(model: &Model, corpus: &Corpus, stretches: &[Stretch]) -> f64 {
    let one = |stretch: &Stretch| {
        let piece = &corpus.pieces[stretch.piece];
        let mut network = Network::new(model, 1);
        let mut frequencies = [0; 256];
        let mut logits = [0; 256];
        (stretch.position..stretch.end)
            .map(|position| {
                let phase = model.config().phase(piece.places.at(position));
                network.step(
                    0,
                    &tokens(piece, stretch.wall, position),
                    phase,
                    &mut logits,
                );
                // The network speaks in Q11, the softmax listens in Q9.
                logits.iter_mut().for_each(|l| *l >>= 2);
                kernel::softmax(&logits, &mut frequencies);
                let frequency = frequencies[usize::from(piece.content[position])];
                24.0 - f64::from(frequency).log2()
            })
            .sum::<f64>()
    };
    let bits: Vec<f64> = stretches.par_iter().map(one).collect();
    let bytes: usize = stretches.iter().map(|s| s.end - s.position).sum();
    bits.iter().sum::<f64>() / bytes.max(1) as f64
}

/// Both, on the same stretches.
pub fn gap(
    twin: &Twin,
    model: &Model,
    corpus: &Corpus,
    stretches: &[Stretch],
) -> candle_core::Result<Gap> {
    Ok(Gap {
        float: float_bits(twin, corpus, stretches)?,
        integer: integer_bits(model, corpus, stretches),
    })
}
