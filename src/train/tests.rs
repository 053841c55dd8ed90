//! Gradients against finite differences, the twin against the integer network, checkpoints.

use super::core::{LaneState, Shape};
use super::evaluate::gap;
use super::sampler::{Sampler, held_out};
use super::*;
use crate::layout::{Given, Layout};
use crate::model::Config;
use candle_core::{Device, Result, Tensor, Var};
use std::sync::Arc;

const CONFIG: Config = Config {
    dim: 16,
    layers: 2,
    heads: 2,
    state: 16,
    taps: 3,
    record: 0,
};

fn random(n: usize, reach: f32, seed: u64) -> Vec<f32> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..n).map(|_| (2.0 * rng.f32() - 1.0) * reach).collect()
}

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
fn gradient_of_the_cross_entropy() {
    let logits = var(random(4 * 256, 3.0, 6), &[4, 256]);
    let bias = var(random(256, 1.0, 7), &[256]);
    let loss = || {
        logits.as_tensor().apply_op2(
            &bias,
            CrossEntropy {
                targets: Arc::new(vec![0, 255, 7, 7]),
            },
        )
    };
    check_gradient("logits", &logits, 5, loss);
    check_gradient("bias", &bias, 3, loss);
}

#[test]
fn gradient_of_the_mamba_core() {
    let shape = Shape::of(&CONFIG);
    let (lanes, steps) = (2, 9);
    let projected = var(
        random(lanes * steps * shape.projected(), 1.5, 8),
        &[lanes * steps, shape.projected()],
    );
    let parameters = var(random(shape.parameters(), 0.7, 9), &[shape.parameters()]);
    let weights = random(lanes * steps * shape.inner, 1.0, 10);
    let weights = Tensor::from_vec(weights, (lanes * steps, shape.inner), &Device::Cpu).unwrap();
    // A state that is not at rest, so that the gradient through it counts.
    let start = LaneState {
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
fn windows_in_parts_equal_one_window() {
    let shape = Shape::of(&CONFIG);
    let projected = random(12 * shape.projected(), 1.5, 13);
    let parameters = Tensor::from_vec(
        random(shape.parameters(), 0.7, 14),
        shape.parameters(),
        &Device::Cpu,
    )
    .unwrap();
    let run = |values: &[f32], state: LaneState| {
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
    let (whole, _) = run(&projected, LaneState::new(&shape));
    let (first, second) = projected.split_at(5 * shape.projected());
    let (mut parts, state) = run(first, LaneState::new(&shape));
    parts.extend(run(second, state).0);
    assert_eq!(whole, parts);
}

/// A table of three float columns: a ramp, a noisy wave, a flag.
fn table(rows: usize) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(5);
    let row = |i: usize| {
        let wave = (i as f32 * 0.01).sin() * 50.0 + rng.f32();
        [
            i as f32,
            (wave * 100.0).round() / 100.0,
            f32::from(rng.u8(0..3)),
        ]
    };
    (0..rows)
        .map(row)
        .collect::<Vec<_>>()
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect()
}

fn corpus() -> Corpus {
    let mut corpus = Corpus::default();
    let layout = Layout {
        width: 4,
        swap: true,
        record: 12,
        plane: 0,
        phase: 0,
    };
    corpus.add(&table(8000), Given::Layout(layout));
    corpus
}

#[test]
fn pieces_are_transformed_and_split() {
    let corpus = corpus();
    assert_eq!(corpus.pieces.len(), 1);
    let piece = &corpus.pieces[0];
    assert_eq!(piece.content.len(), 96000);
    // As they are coded: what comes back is the table.
    let bytes = table(8000);
    assert_eq!(piece.content, piece.structure.forward(bytes.clone()));
    assert!(piece.structure.inverse(piece.content.clone()) == bytes);
    assert!(piece.split.is_multiple_of(12) && piece.split > 80000 && piece.split < 90000);
}

#[test]
fn a_trained_twin_survives_quantisation() {
    let corpus = corpus();
    let mut options = TrainOptions::new(
        Config {
            record: 12,
            ..CONFIG
        },
        0.2,
    );
    options.lanes = 16;
    let mut reports = 0;
    let outcome = train(&corpus, &options, &mut |_| {
        reports += 1;
        true
    })
    .unwrap();
    let gap = outcome.gap;
    println!(
        "float {:.4} bits/byte, integer {:.4}, gap {:+.3} %",
        gap.float,
        gap.integer,
        100.0 * gap.relative()
    );
    assert!(reports > 10);
    assert!(gap.float < 3.5, "learned nothing: {gap:?}");
    assert!(gap.relative() < 0.003, "{gap:?}");
}

#[test]
fn an_untrained_twin_and_its_export_agree() {
    // Without training the logits are small and even: rounding would show at once.
    let corpus = corpus();
    let twin = Twin::new(&CONFIG, 3).unwrap();
    let held = held_out(&corpus, 8, 512);
    let model = quantize(&twin, &corpus, &held).unwrap();
    let gap = gap(&twin, &model, &corpus, &held).unwrap();
    assert!(gap.relative().abs() < 0.001, "{gap:?}");
    let again = crate::Model::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(again.weights(), model.weights());
}

#[test]
fn a_resumed_run_goes_on_where_it_stood() {
    let corpus = corpus();
    let directory = tempfile::tempdir().unwrap();
    let mut options = TrainOptions::new(CONFIG, 60.0);
    options.lanes = 4;
    options.steps = 32;
    options.checkpoint = Some(directory.path().join("run.safetensors"));
    let stop_after = |n: u64| move |report: &Report| report.steps < n;
    let first = train(&corpus, &options, &mut stop_after(30)).unwrap();
    assert_eq!(first.report.steps, 30);
    options.resume = true;
    let mut seen = Vec::new();
    let second = train(&corpus, &options, &mut |report| {
        seen.push(report.steps);
        report.steps < 40
    })
    .unwrap();
    assert_eq!(seen, (31..=40).collect::<Vec<_>>());
    assert!(second.report.seconds > first.report.seconds);
    // A network of another shape is refused.
    options.config.dim = 24;
    assert!(train(&corpus, &options, &mut |_| false).is_err());
}

#[test]
fn the_same_seed_draws_the_same_batches() {
    let corpus = corpus();
    let draw = |seed| {
        let mut sampler = Sampler::new(&corpus, &CONFIG, 3, 16, seed);
        (0..4)
            .map(|_| sampler.next_batch().targets.to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn nothing_to_train_on_is_an_error() {
    let mut corpus = Corpus::default();
    corpus.add(&[1, 2, 3], Given::Nothing);
    assert!(train(&corpus, &TrainOptions::new(CONFIG, 1.0), &mut |_| true).is_err());
}
