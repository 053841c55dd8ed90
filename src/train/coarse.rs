//! Weights in coarser steps: fewer bits of model for a few more bits of data.

use super::corpus::Corpus;
use super::piece::Piece;
use super::teacher_forcing::EFFORT;
use crate::error::Result;
use crate::model::Weights;
use crate::model_file::Model;
use crate::stream::Coding;
use crate::stream::lanes::lane_count;
use rayon::prelude::*;

/// Bytes of a piece that a choice is tried on.
const SAMPLE: usize = 400_000;
/// The coarsest step.
const COARSEST: i8 = 32;
/// Tensors that a step is chosen for: embeddings, inputs, outputs, head.
const KINDS: usize = 4;

/// The model whose own bytes and the corpus, coded with it, take the least; it is compact.
pub fn coarsen(model: &Model, corpus: &Corpus) -> Result<Model> {
    let Some(longest) = { corpus.pieces.iter() }.max_by_key(|piece| piece.content.len()) else {
        return model.compacted();
    };
    let content = &longest.content[..longest.content.len().min(SAMPLE)];
    let whole = corpus.len() as f64 / content.len() as f64;
    let attempt = |steps: [i8; KINDS]| -> Result<(f64, [i8; KINDS], Model)> {
        let mut weights = model.weights().clone();
        round(&mut weights, steps);
        let model = Model::new(*model.config(), &weights)?.compacted()?;
        let total = model.to_bytes().len() as f64 + whole * coded(&model, longest, content);
        Ok((total, steps, model))
    };
    let least = |attempts: Vec<[i8; KINDS]>| -> Result<Option<(f64, [i8; KINDS], Model)>> {
        let tried = attempts.into_par_iter().map(attempt);
        let tried = tried.collect::<Result<Vec<_>>>()?;
        Ok(tried.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)))
    };
    let alike = [1, 2, 4, 8, 16].map(|step| [step; KINDS]);
    let Some(mut best) = least(alike.to_vec())? else {
        return model.compacted();
    };
    // Then each kind of tensor for itself, up or down, as long as that helps.
    for _ in 0..3 {
        let steps = best.1;
        let moved = (0..KINDS).flat_map(|kind| {
            [steps[kind] * 2, steps[kind] / 2].map(|step| {
                let mut steps = steps;
                steps[kind] = step;
                steps
            })
        });
        let valid = moved.filter(|steps| steps.iter().all(|step| (1..=COARSEST).contains(step)));
        match least(valid.collect())? {
            Some(better) if better.0 < best.0 => best = better,
            _ => break,
        }
    }
    Ok(best.2)
}

fn round(weights: &mut Weights, [embeddings, inputs, outputs, head]: [i8; KINDS]) {
    let each = |weights: &mut Vec<i8>, step: i8| {
        let step = i16::from(step);
        let most = 127 / step * step;
        for weight in weights {
            let rounded = (i16::from(*weight) + step / 2).div_euclid(step) * step;
            *weight = rounded.clamp(-most, most) as i8;
        }
    };
    for embedding in weights.taps.iter_mut().chain([&mut weights.phase]) {
        each(&mut embedding.table, embeddings);
    }
    for block in &mut weights.blocks {
        each(&mut block.input.weights, inputs);
        each(&mut block.output.weights, outputs);
    }
    each(&mut weights.head.weights, head);
}

/// Bytes of a piece's content, coded with all else that predicts.
fn coded(model: &Model, piece: &Piece, content: &[u8]) -> f64 {
    let lanes = lane_count(EFFORT, piece.positions.contexts(), content.len());
    let words = Coding::whole(Some(model), EFFORT, &piece.positions, lanes).encode(content);
    4.0 * words.iter().map(|lane| lane.len() as f64).sum::<f64>()
}
