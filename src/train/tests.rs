//! Gradients against finite differences, the twin against the integer network, checkpoints.

use super::core::{LaneState, Shape};
use super::quantize::quantize;
use super::rehearsal::{Part, gap, host, integer_bits};
use super::window::spread;
use super::*;
use crate::coder::{Distribution, TOTAL};
use crate::layout::{Given, Layout};
use crate::model::{Config, Model, Predictor};
use crate::stream::lanes;
use candle_core::{Device, Result, Tensor, Var};
use std::sync::Arc;
use std::time::Duration;

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
fn gradients_of_the_logits_are_those_of_the_cost() {
    let corpus = corpus();
    let piece = &corpus.pieces[0];
    // The cost of the byte after 300 others, with a network that says one thing a bit louder or softer.
    let cost = |byte: usize, more: i16| {
        let mut predictor = Predictor::new(host().unwrap(), &piece.places, 400, 1, 400);
        let mut distribution = Distribution::default();
        let mut said = [0i16; 256];
        (0..256).for_each(|k| said[k] = 30000 - 9 * k as i16);
        let mut volume = 0;
        for step in 0..=300 {
            if step == 300 {
                said[byte] += more;
            }
            predictor.begin(step, 1, &piece.content);
            volume = predictor.rehearse(0, step, &piece.content, &said, &mut distribution);
            predictor.learn(step, 1, &piece.content);
        }
        let predicted = usize::from(piece.content[300]);
        let frequency =
            |byte: usize| f64::from(distribution.frequencies()[byte]) / f64::from(TOTAL);
        (
            -frequency(predicted).log2(),
            frequency(byte),
            f64::from(volume) / 8192.0,
        )
    };
    for byte in [0, 17, usize::from(piece.content[300])] {
        let (_, p, volume) = cost(byte, 0);
        // Half a bit up and down, Q11.
        let measured = cost(byte, 1024).0 - cost(byte, -1024).0;
        let onehot = f64::from(u8::from(byte == usize::from(piece.content[300])));
        let gradient = volume * (p - onehot);
        assert!(
            (measured - gradient).abs() < 0.01 + 0.1 * gradient.abs(),
            "{byte}: gradient {gradient}, measured {measured}"
        );
    }
}

#[test]
fn logits_get_the_gradient_they_are_given() {
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

const LAYOUT: Layout = Layout {
    width: 4,
    swap: true,
    record: 12,
    plane: 0,
    phase: 0,
};

/// Four small numbers and their sum: a context of all four is too rare to be of use to rows.
fn sums() -> Corpus {
    let mut rng = fastrand::Rng::with_seed(6);
    let rows = (0..50_000).flat_map(|_| {
        let [a, b, c, d] = [(); 4].map(|()| rng.u8(0..16));
        [a, b, c, d, a + b + c + d]
    });
    let layout = Layout {
        record: 5,
        ..Layout::BYTES
    };
    Corpus::of_bytes(&rows.collect::<Vec<u8>>(), Given::Layout(layout))
}

fn corpus() -> Corpus {
    Corpus::of_bytes(&table(8000), Given::Layout(LAYOUT))
}

#[test]
fn pieces_are_transformed_and_their_ends_held_out() {
    let corpus = corpus();
    assert_eq!((corpus.pieces.len(), corpus.held.len()), (1, 1));
    let (piece, held) = (&corpus.pieces[0], &corpus.held[0]);
    let len = piece.content.len();
    assert!(len.is_multiple_of(12) && len > 80000 && len < 90000);
    assert_eq!(held.content.len(), 96000 - len);
    // As they are coded: what comes back is the table.
    let all = [piece.content.clone(), held.content.clone()].concat();
    assert!(piece.structure.inverse(all) == table(8000));
}

/// Files of so many rows each.
fn files(directory: &tempfile::TempDir, rows: &[usize]) -> Vec<Source> {
    let file = |(k, &rows): (usize, &usize)| {
        let path = directory.path().join(format!("{k}.bin"));
        std::fs::write(&path, table(rows)).unwrap();
        Source::new(&path).unwrap()
    };
    rows.iter().enumerate().map(file).collect()
}

const RULES: Rules = Rules {
    given: Given::Layout(LAYOUT),
    memory: 1 << 30,
    augment: false,
    seed: 1,
};

#[test]
fn whole_files_are_held_out_if_they_are_small_enough() {
    let directory = tempfile::tempdir().unwrap();
    let mut files = files(&directory, &[1000, 900, 5000, 800, 1200, 700]);
    let before: u64 = files.iter().map(Source::len).sum();
    let held = hold_out(&mut files, 3);
    let bytes: u64 = held.iter().map(Source::len).sum();
    assert!(bytes >= before / 10 && bytes <= before / 5, "{bytes}");
    assert_eq!(bytes + files.iter().map(Source::len).sum::<u64>(), before);
    let corpus = Corpus::of_files(RULES, files.clone(), held.clone()).unwrap();
    assert_eq!(corpus.pieces.len(), files.len());
    assert_eq!(corpus.held.len(), held.len());
    // Of two files alike neither can be spared: the ends of both are held out.
    let mut files = self::files(&directory, &[1000, 1000]);
    assert!(hold_out(&mut files, 3).is_empty());
    let corpus = Corpus::of_files(RULES, files, Vec::new()).unwrap();
    assert_eq!((corpus.pieces.len(), corpus.held.len()), (2, 2));
}

#[test]
fn more_than_fits_into_memory_is_drawn_anew() {
    let directory = tempfile::tempdir().unwrap();
    let files = files(&directory, &[2000; 12]);
    let rules = Rules {
        memory: 100_000,
        ..RULES
    };
    let mut corpus = Corpus::of_files(rules, files, Vec::new()).unwrap();
    let bounded = |corpus: &Corpus| corpus.len() >= 90_000 && corpus.len() < 90_000 + 24_000;
    assert!(
        bounded(&corpus) && !corpus.held.is_empty(),
        "{}",
        corpus.len()
    );
    let before: Vec<Vec<u8>> = corpus.pieces.iter().map(|p| p.content.clone()).collect();
    assert!(corpus.renew().unwrap());
    assert!(bounded(&corpus), "{}", corpus.len());
    assert!(corpus.pieces[0].content == before[before.len().div_ceil(8)]);
}

#[test]
fn what_is_rehearsed_is_what_is_coded() {
    let corpus = corpus();
    let model = host().unwrap();
    let piece = &corpus.pieces[0];
    let part = Part::of(piece, 0, 40_000, 4);
    let bits = integer_bits(model, &[part]) * part.content.len() as f64;
    let words = lanes::encode(model, &piece.places, 4, part.content);
    let coded = 32.0 * words.iter().map(Vec::len).sum::<usize>() as f64;
    assert!(
        (coded - bits).abs() < 32.0 * 8.0 + 0.002 * bits,
        "{coded} {bits}"
    );
}

#[test]
fn a_trained_twin_survives_quantisation() {
    let mut corpus = sums();
    let config = Config {
        record: 5,
        ..CONFIG
    };
    let before = {
        let twin = Twin::new(&config, 1).unwrap();
        let stretches = spread(corpus.pieces.iter(), 8, 512);
        quantize(&twin, &stretches, 512).unwrap()
    };
    let mut reports = 0;
    // So many steps, however long they take.
    let mut options = TrainOptions::new(config, 2.0);
    (options.parts, options.rate) = (4, 1e-2);
    let outcome = train(&mut corpus, &options, &mut |report| {
        reports += 1;
        report.steps < 400
    })
    .unwrap();
    let gap = outcome.gap;
    println!(
        "float {:.4} bits/byte, integer {:.4}, gap {:+.3} %",
        gap.float,
        gap.integer,
        100.0 * gap.relative()
    );
    assert!(reports <= 400);
    let held = Part::of(&corpus.held[0], 0, usize::MAX / 2, 4);
    let silent = integer_bits(&before, &[held]);
    assert!(gap.float < 0.97 * silent, "rows alone {silent}, {gap:?}");
    assert!(gap.relative() < 0.005, "{gap:?}");
}

#[test]
fn an_untrained_twin_and_its_export_agree() {
    let corpus = corpus();
    let twin = Twin::new(&CONFIG, 3).unwrap();
    // With a head that says something.
    let (_, head) = { twin.parameters().unwrap().into_iter() }
        .find(|(name, _)| name == "head")
        .unwrap();
    let loud = Tensor::from_vec(random(256 * 16, 0.3, 5), (256, 16), &Device::Cpu).unwrap();
    head.set(&loud).unwrap();
    let stretches = spread(corpus.pieces.iter(), 8, 512);
    let model = quantize(&twin, &stretches, 512).unwrap();
    let part = Part::of(&corpus.pieces[0], 0, 8000, 4);
    let gap = gap(&twin, &model, &[part]).unwrap();
    let silent = {
        let twin = Twin::new(&CONFIG, 3).unwrap();
        integer_bits(&quantize(&twin, &stretches, 512).unwrap(), &[part])
    };
    assert!(
        (silent / gap.integer - 1.0).abs() > 0.01,
        "the network says nothing"
    );
    assert!(gap.relative().abs() < 0.002, "{gap:?}");
    let again = Model::from_bytes(&model.compacted().unwrap().to_bytes()).unwrap();
    assert_eq!(again.weights(), model.weights());
}

#[test]
fn a_fitted_network_pays_for_itself() {
    let corpus = sums();
    let mut reports = 0;
    let model = fit(&corpus, Duration::from_secs(10), &mut |_| {
        reports += 1;
        true
    })
    .unwrap()
    .unwrap();
    assert!(reports > 10);
    let piece = &corpus.pieces[0];
    let coded = |model: &Model| {
        let words = lanes::encode(model, &piece.places, 16, &piece.content);
        4 * words.iter().map(Vec::len).sum::<usize>()
    };
    let (alone, fitted) = (coded(host().unwrap()), coded(&model));
    let bytes = model.to_bytes().len();
    println!("built-in {alone}, fitted {fitted} and {bytes}");
    assert!(fitted + bytes < alone * 98 / 100, "{fitted} after {alone}");
    // Coarse weights, of which most never moved.
    assert!(bytes < 9000, "{bytes} bytes of model");
}

#[test]
fn there_may_be_nothing_to_fit_to() {
    let none = fit(&Corpus::default(), Duration::from_secs(9), &mut |_| true);
    assert!(none.unwrap().is_none());
}

#[test]
fn a_resumed_run_goes_on_where_it_stood() {
    for seeds in [1, 3] {
        let mut corpus = corpus();
        let directory = tempfile::tempdir().unwrap();
        // With several seeds the trials end after a third of a second each.
        let mut options = TrainOptions::new(CONFIG, if seeds == 1 { 60.0 } else { 0.1 });
        options.seeds = seeds;
        options.parts = 1;
        options.steps = 32;
        options.checkpoint = Some(directory.path().join("run.safetensors"));
        let mut total = 0;
        let first = train(&mut corpus, &options, &mut |report| {
            total += 1;
            let trials = report.done < if seeds == 1 { 0.0 } else { 0.4 };
            trials || total < 30
        })
        .unwrap();
        let (steps, seconds) = (first.report.steps, first.report.seconds);
        assert!(steps > 0 && steps <= total);
        assert!(seeds > 1 || steps == 30);
        options.resume = true;
        options.minutes = 60.0;
        let mut seen = Vec::new();
        let second = train(&mut corpus, &options, &mut |report| {
            seen.push((report.seed, report.steps));
            seen.len() < 10
        })
        .unwrap();
        let wanted = (steps + 1..=steps + 10).map(|step| (first.report.seed, step));
        assert_eq!(seen, wanted.collect::<Vec<_>>());
        // Of several seeds the time of those that were dropped after the last look counts or not.
        assert!(seeds > 1 || second.report.seconds > seconds);
        // A network of another shape is refused.
        options.config.dim = 24;
        assert!(train(&mut corpus, &options, &mut |_| false).is_err());
    }
}

#[test]
fn the_better_half_of_the_seeds_goes_on() {
    let mut corpus = corpus();
    let mut options = TrainOptions::new(CONFIG, 0.15);
    (options.parts, options.seeds, options.seed) = (1, 4, 7);
    let mut seeds = Vec::new();
    train(&mut corpus, &options, &mut |report| {
        if seeds.last() != Some(&report.seed) {
            seeds.push(report.seed);
        }
        true
    })
    .unwrap();
    assert_eq!(seeds[..4], [7, 8, 9, 10]);
    // Two more in the second round, one of them to the end; who comes right after himself is not seen.
    assert!((5..=7).contains(&seeds.len()), "{seeds:?}");
    assert!(
        seeds[3..seeds.len() - 1].contains(&seeds[seeds.len() - 1]),
        "{seeds:?}"
    );
}

#[test]
fn nothing_to_train_on_is_an_error() {
    let mut corpus = Corpus::of_bytes(&[1, 2, 3], Given::Nothing);
    let options = TrainOptions::new(CONFIG, 1.0);
    assert!(train(&mut corpus, &options, &mut |_| true).is_err());
}
