//! The twin against the integer network, what is held out and drawn, seeds, checkpoints.

use super::quantize::quantize;
use super::teacher_forcing::{EFFORT, Excerpt, gap, integer_bits};
use super::window::spread;
use super::*;
use crate::layout::{Layout, SpecifiedLayout};
use crate::model::Config;
use crate::model_file::Model;
use crate::stream::{Coding, list};
use crate::structure::Structure;
use crate::{EncodeOptions, Input, compress};
use candle_core::{Device, Tensor};
use std::time::Duration;

pub const CONFIG: Config = Config {
    dim: 16,
    layers: 2,
    heads: 2,
    state: 16,
    taps: 3,
    record: 0,
};

/// Numbers within a reach, the same for a seed.
pub fn random(n: usize, reach: f32, seed: u64) -> Vec<f32> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..n).map(|_| (2.0 * rng.f32() - 1.0) * reach).collect()
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
    Corpus::of_bytes(&rows.collect::<Vec<u8>>(), SpecifiedLayout::Layout(layout))
}

pub fn corpus() -> Corpus {
    Corpus::of_bytes(&table(8000), SpecifiedLayout::Layout(LAYOUT))
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
fn files(directory: &tempfile::TempDir, rows: &[usize]) -> Vec<TrainingFile> {
    let file = |(k, &rows): (usize, &usize)| {
        let path = directory.path().join(format!("{k}.bin"));
        std::fs::write(&path, table(rows)).unwrap();
        TrainingFile::new(&path).unwrap()
    };
    rows.iter().enumerate().map(file).collect()
}

const RULES: Rules = Rules {
    specified: SpecifiedLayout::Layout(LAYOUT),
    memory: 1 << 30,
    augment: false,
    seed: 1,
};

#[test]
fn whole_files_are_held_out_if_they_are_small_enough() {
    let directory = tempfile::tempdir().unwrap();
    let mut files = files(&directory, &[1000, 900, 5000, 800, 1200, 700]);
    let before: u64 = files.iter().map(TrainingFile::len).sum();
    let held = hold_out(&mut files, 3);
    let bytes: u64 = held.iter().map(TrainingFile::len).sum();
    assert!(bytes >= before / 10 && bytes <= before / 5, "{bytes}");
    assert_eq!(
        bytes + files.iter().map(TrainingFile::len).sum::<u64>(),
        before
    );
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
fn bits_counted_in_training_are_those_coded() {
    let corpus = corpus();
    let model = Model::built_in(1).unwrap();
    let piece = &corpus.pieces[0];
    let chunk = Excerpt::of(piece, 0, 40_000, 4);
    let bits = integer_bits(model, &[chunk]) * chunk.content.len() as f64;
    let words = Coding::whole(Some(model), EFFORT, &piece.positions, 4).encode(chunk.content);
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
    (options.chunks, options.rate) = (4, 1e-2);
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
    let held = Excerpt::of(&corpus.held[0], 0, usize::MAX / 2, 4);
    let silent = integer_bits(&before, &[held]);
    assert!(gap.float < 0.97 * silent, "rows alone {silent}, {gap:?}");
    assert!(gap.relative() < 0.005, "{gap:?}");
}

#[test]
fn an_untrained_twin_and_its_export_agree() {
    let corpus = corpus();
    let twin = Twin::new(&CONFIG, 3).unwrap();
    // With a head whose logits matter.
    let (_, head) = { twin.parameters().unwrap().into_iter() }
        .find(|(name, _)| name == "head")
        .unwrap();
    let large = Tensor::from_vec(random(256 * 16, 0.3, 5), (256, 16), &Device::Cpu).unwrap();
    head.set(&large).unwrap();
    let stretches = spread(corpus.pieces.iter(), 8, 512);
    let model = quantize(&twin, &stretches, 512).unwrap();
    let chunk = Excerpt::of(&corpus.pieces[0], 0, 8000, 4);
    let gap = gap(&twin, &model, &[chunk]).unwrap();
    let silent = {
        let twin = Twin::new(&CONFIG, 3).unwrap();
        integer_bits(&quantize(&twin, &stretches, 512).unwrap(), &[chunk])
    };
    assert!(
        // The mix soon gives no weight to a network that is always wrong.
        (silent / gap.integer - 1.0).abs() > 1e-4,
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
    let model = fit(&corpus, Duration::from_secs(20), &mut |_| {
        reports += 1;
        true
    })
    .unwrap()
    .unwrap();
    assert!(reports > 10);
    let piece = &corpus.pieces[0];
    let coded = |model: &Model| {
        let words = Coding::whole(Some(model), EFFORT, &piece.positions, 16).encode(&piece.content);
        4 * words.iter().map(Vec::len).sum::<usize>()
    };
    let (alone, fitted) = (coded(Model::built_in(1).unwrap()), coded(&model));
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
        options.chunks = 1;
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
        // Of several seeds the time of those that were dropped after the last report counts or not.
        assert!(seeds > 1 || second.report.seconds > seconds);
        // A network of another shape is refused.
        options.config.dim = 24;
        assert!(train(&mut corpus, &options, &mut |_| false).is_err());
    }
}

#[test]
fn the_better_half_of_the_seeds_goes_on() {
    let mut corpus = corpus();
    let mut options = TrainOptions::new(CONFIG, 0.4);
    (options.chunks, options.seeds, options.seed) = (1, 4, 7);
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
    let later: std::collections::BTreeSet<u64> = seeds[4..].iter().copied().collect();
    assert!(later.len() <= 2, "{seeds:?}");
}

#[test]
fn nothing_to_train_on_is_an_error() {
    let mut corpus = Corpus::of_bytes(&[1, 2, 3], SpecifiedLayout::Nothing);
    let options = TrainOptions::new(CONFIG, 1.0);
    assert!(train(&mut corpus, &options, &mut |_| true).is_err());
}

#[test]
fn a_trained_model_stores_the_structure_of_most_of_its_data() {
    let mut corpus = corpus();
    let stored_structure = corpus.stored_structure.clone().unwrap();
    assert_eq!(stored_structure.fields.len(), 3);
    let options = TrainOptions::new(CONFIG, 60.0);
    let outcome = train(&mut corpus, &options, &mut |_| false).unwrap();
    assert_eq!(outcome.model.stored_structure(), Some(&stored_structure));
    let bytes = outcome.model.compacted().unwrap().to_bytes();
    let again = Model::from_bytes(&bytes).unwrap();
    // Rows that would choose for themselves what the network has never seen.
    let (rows, len) = (table(1000), 12 * 200);
    let rows = &rows[..len];
    let own = Structure::choose(LAYOUT, false, rows).table().unwrap();
    assert_ne!(own, stored_structure);
    let options = EncodeOptions {
        layout: SpecifiedLayout::Layout(LAYOUT),
        model: Some(again.into()),
        ..EncodeOptions::default()
    };
    let mut file = Vec::new();
    compress(Input::from_reader(rows), &mut file, &options, &()).unwrap();
    let members = list(std::io::Cursor::new(&file)).unwrap();
    let structure = &members[0].frames[0].header.structure;
    assert_eq!(structure.table().unwrap(), stored_structure);
}

#[test]
fn files_of_one_kind_are_trained_on_in_one_structure() {
    let directory = tempfile::tempdir().unwrap();
    let same = files(&directory, &[8000, 200, 5000]);
    for memory in [RULES.memory, 120_000] {
        let rules = Rules { memory, ..RULES };
        let corpus = Corpus::of_files(rules, same.clone(), Vec::new()).unwrap();
        let stored_structure = corpus.stored_structure.unwrap();
        let mut pieces = corpus.held.iter().chain(&corpus.pieces);
        if memory == RULES.memory {
            assert!(
                pieces.all(|piece| piece.structure.table().as_ref() == Some(&stored_structure))
            );
        } else {
            // What was drawn first is as it chose to be.
            assert!(pieces.all(|piece| {
                piece
                    .structure
                    .table()
                    .unwrap()
                    .has_columns_of(&stored_structure)
            }));
        }
    }
    // Text that is more than all rows: nothing is stored; less: what the rows have.
    for (words, is_stored) in [(40_000, false), (4000, true)] {
        let path = directory.path().join("text");
        let event = |n: usize| format!("event {n} energy {} GeV\n", n * n % 977);
        std::fs::write(&path, (0..words).map(event).collect::<String>()).unwrap();
        let files = [same.clone(), vec![TrainingFile::new(&path).unwrap()]].concat();
        let rules = Rules {
            specified: SpecifiedLayout::Nothing,
            ..RULES
        };
        let corpus = Corpus::of_files(rules, files, Vec::new()).unwrap();
        assert_eq!(corpus.stored_structure.is_some(), is_stored, "{words}");
    }
}
