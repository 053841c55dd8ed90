//! Gradients against finite differences, and windows in pieces.

use super::core::{BlockShape, TwinState};
use super::forced::{Forced, MixWatch, MixedByte};
use super::teacher_forcing::{self, EFFORT};
use super::tests::{CONFIG, corpus, random};
use super::*;
use crate::model::Predictor;
use crate::stream::{Lanes, NoCoder, drive};
use candle_core::{Device, Result, Tensor, Var};
use std::sync::Arc;

/// Compares the gradient of `loss` in every `stride`-th value of `var` with a central difference.
fn check_gradient(name: &str, var: &Var, stride: usize, loss: impl Fn() -> Result<Tensor>) {
    let gradients = loss().unwrap().backward().unwrap();
    let gradient: Vec<f32> = gradients
        .get(var)
        .unwrap()
        .flatten_all()
        .unwrap()
        .to_vec1()
        .unwrap();
    let values: Vec<f32> = var.flatten_all().unwrap().to_vec1().unwrap();
    let scale = gradient.iter().fold(0.0f32, |a, g| a.max(g.abs()));
    assert!(scale > 0.0, "{name}: no gradient at all");
    let at = |k: usize, value: f32| {
        let mut moved = values.clone();
        moved[k] = value;
        var.set(&Tensor::from_vec(moved, var.shape(), &Device::Cpu).unwrap())
            .unwrap();
        loss().unwrap().to_scalar::<f32>().unwrap()
    };
    for k in (0..values.len()).step_by(stride) {
        let step = 4e-3 * values[k].abs().max(0.5);
        let measured = (at(k, values[k] + step) - at(k, values[k] - step)) / (2.0 * step);
        let error = (measured - gradient[k]).abs();
        assert!(
            error < 0.02 * scale + 0.02 * gradient[k].abs(),
            "{name}[{k}]: gradient {} but finite difference {measured} (largest {scale})",
            gradient[k]
        );
    }
    at(0, values[0]);
}

fn var(values: Vec<f32>, dims: &[usize]) -> Var {
    Var::from_tensor(&Tensor::from_vec(values, dims, &Device::Cpu).unwrap()).unwrap()
}

#[test]
fn gradient_of_the_embedding() {
    let table = var(random(7 * 4, 1.0, 1), &[7, 4]);
    let weights = Tensor::from_vec(random(3 * 4, 1.0, 2), (3, 4), &Device::Cpu).unwrap();
    check_gradient("table", &table, 1, || {
        let embed = Embed {
            indices: Arc::new(vec![0, 3, 3, 6, 1, 2]),
            picks: 2,
        };
        (table.as_tensor().apply_op1(embed)? * &weights)?.sum_all()
    });
}

#[test]
fn gradient_of_the_norm() {
    let x = var(random(5 * 8, 2.0, 3), &[5, 8]);
    let gain = var(random(8, 1.0, 4), &[8]);
    let weights = Tensor::from_vec(random(5 * 8, 1.0, 5), (5, 8), &Device::Cpu).unwrap();
    let loss = || (x.as_tensor().apply_op2(&gain, RmsNorm)? * &weights)?.sum_all();
    check_gradient("x", &x, 1, loss);
    check_gradient("gain", &gain, 1, loss);
}

#[test]
fn gradients_of_the_logits_are_those_of_the_cost() {
    let corpus = corpus();
    let piece = &corpus.pieces[0];
    // The cost of the byte after `before` others, with a network one of whose logits is a bit higher or lower, and its gradient.
    let cost = |before: usize, byte: usize, more: i16| {
        let (lanes, mut content) = (Lanes::new(1, 0, 400), &piece.content[..400]);
        let mut predictor = Predictor::new(None, EFFORT, &piece.positions, 400, 1);
        let logits = |step: usize| {
            let mut logits: [i16; 256] = std::array::from_fn(|k| 30000 - 9 * k as i16);
            logits[byte] += if step == before { more } else { 0 };
            logits
        };
        let mut model = Forced {
            predictor: &mut predictor,
            lanes: 1,
            logits: |_, step| logits(step),
        };
        let mut code = |steps| {
            let mut last = None;
            let mixed = |_, _, mixed: &MixedByte, byte| last = Some((*mixed, byte));
            let mut watch = MixWatch::new(1, mixed);
            let coder = &mut NoCoder;
            let Ok(()) = drive(&mut model, &lanes, steps, &mut content, coder, &mut watch);
            (watch.bits, last)
        };
        code(0..before);
        let (bits, mixed) = code(before..before + 1);
        let (mixed, predicted) = mixed.unwrap();
        let gradient = teacher_forcing::gradient(&logits(before), &mixed, predicted);
        (bits, f64::from(gradient[byte]))
    };
    let mut largest = 0.0f64;
    for before in [0, 1, 2, 5, 20, 300] {
        for byte in [0, 17, usize::from(piece.content[before])] {
            let gradient = cost(before, byte, 0).1;
            // Half a bit up and down, Q11: one bit of the logit.
            let measured = cost(before, byte, 1024).0 - cost(before, byte, -1024).0;
            // Each input and sum of the eight mixes is rounded to a 256th of a nat.
            assert!(
                (measured - gradient).abs() < 0.012 + 0.2 * gradient.abs(),
                "{byte} after {before}: gradient {gradient}, measured {measured}"
            );
            largest = largest.max(gradient.abs());
        }
    }
    assert!(largest > 0.1, "{largest}");
}

#[test]
fn logits_get_the_gradient_of_the_cost() {
    let (logits, bias) = (
        var(random(3 * 256, 1.0, 6), &[3, 256]),
        var(vec![0.0; 256], &[256]),
    );
    let values = random(3 * 256, 1.0, 7);
    let gradient = Arc::new(values.as_chunks::<256>().0.to_vec());
    let end = logits
        .as_tensor()
        .apply_op2(&bias, Steer { gradient })
        .unwrap();
    let found = end.backward().unwrap();
    let of = |var: &Var| -> Vec<f32> {
        found
            .get(var)
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1()
            .unwrap()
    };
    let thirds: Vec<f32> = values.iter().map(|v| v / 3.0).collect();
    assert!(
        of(&logits)
            .iter()
            .zip(&thirds)
            .all(|(a, b)| (a - b).abs() < 1e-6)
    );
    let sum = thirds[5] + thirds[256 + 5] + thirds[512 + 5];
    assert!((of(&bias)[5] - sum).abs() < 1e-6);
}

#[test]
fn gradient_of_the_mamba_core() {
    let shape = BlockShape::of(&CONFIG);
    let (lanes, steps) = (2, 9);
    let projected = var(
        random(lanes * steps * shape.projected(), 1.5, 8),
        &[lanes * steps, shape.projected()],
    );
    let parameters = var(random(shape.parameters(), 0.7, 9), &[shape.parameters()]);
    let weights = random(lanes * steps * shape.inner, 1.0, 10);
    let weights = Tensor::from_vec(weights, (lanes * steps, shape.inner), &Device::Cpu).unwrap();
    // A state that is not at rest, so that the gradient through it counts.
    let start = TwinState {
        history: random(3 * shape.convolved(), 1.0, 11),
        scan: random(shape.state * shape.inner, 1.0, 12),
    };
    let loss = || {
        let core = MambaCore::new(shape, vec![start.clone(); lanes], None);
        (projected.as_tensor().apply_op2(&parameters, core)? * &weights)?.sum_all()
    };
    check_gradient("projected", &projected, 7, loss);
    check_gradient("parameters", &parameters, 3, loss);
}

#[test]
fn windows_in_pieces_equal_one_window() {
    let shape = BlockShape::of(&CONFIG);
    let projected = random(12 * shape.projected(), 1.5, 13);
    let parameters = Tensor::from_vec(
        random(shape.parameters(), 0.7, 14),
        shape.parameters(),
        &Device::Cpu,
    )
    .unwrap();
    let run = |values: &[f32], state: TwinState| {
        let steps = values.len() / shape.projected();
        let core = MambaCore::new(shape, vec![state], None);
        let end = core.end();
        let x = Tensor::from_slice(values, (steps, shape.projected()), &Device::Cpu).unwrap();
        let out = x
            .apply_op2(&parameters, core)
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
            .unwrap();
        let end = end.lock().unwrap().remove(0);
        (out, end)
    };
    let (whole, _) = run(&projected, TwinState::new(&shape));
    let (first, second) = projected.split_at(5 * shape.projected());
    let (mut pieces, state) = run(first, TwinState::new(&shape));
    pieces.extend(run(second, state).0);
    assert_eq!(whole, pieces);
}
