//! Model files: damage is refused or harmless, and no valid model, however wild, overflows the arithmetic (run these
//! without --release for that: then overflow panics).

mod support;

use boa_constrictor::layout::{Places, TAPS};
use boa_constrictor::model::{Config, Network};
use boa_constrictor::stream::lanes;
use boa_constrictor::{Effort, Error, Layout, Model};
use support::made::Lcg;

#[test]
fn a_model_comes_back() {
    let model = Lcg(7).model();
    let again = Model::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(again.weights(), model.weights());
    assert_eq!(again.id(), model.id());
    assert_eq!(*again.config(), *model.config());
}

#[test]
fn every_prefix_and_a_longer_file_are_refused() {
    let bytes = Lcg(7).model().to_bytes();
    for len in (0..200).chain((200..bytes.len()).step_by(97)) {
        let result = Model::from_bytes(&bytes[..len]);
        assert!(
            matches!(result, Err(Error::InvalidModel { .. })),
            "{len} bytes"
        );
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(Model::from_bytes(&longer).is_err());
}

#[test]
fn shapes_outside_the_limits_are_refused() {
    let good = Config {
        dim: 24,
        layers: 2,
        heads: 3,
        state: 16,
        taps: 4,
        record: 0,
    };
    assert!(good.check().is_ok());
    for bad in [
        Config { dim: 0, ..good },
        Config { dim: 23, ..good },
        Config { dim: 258, ..good },
        Config { layers: 9, ..good },
        Config { heads: 0, ..good },
        Config { heads: 33, ..good },
        Config { state: 0, ..good },
        Config { state: 17, ..good },
        Config { taps: 0, ..good },
        Config { taps: 5, ..good },
        Config {
            record: 4097,
            ..good
        },
    ] {
        assert!(
            matches!(bad.check(), Err(Error::InvalidModel { .. })),
            "{bad:?}"
        );
    }
}

#[test]
fn damaged_models_are_refused_or_run() {
    let bytes = Lcg(7).model().to_bytes();
    let content = support::records(600);
    let mut random = Lcg(11);
    let mut ran = 0;
    for _ in 0..60 {
        let mut damaged = bytes.clone();
        for _ in 0..8 {
            let at = random.below(damaged.len() as i64) as usize;
            damaged[at] ^= 1 << random.below(8);
        }
        let Ok(model) = Model::from_bytes(&damaged) else {
            continue;
        };
        ran += 1;
        round_trip(&model, &content);
    }
    assert!(ran > 5, "only {ran} of 60 were valid");
}

#[test]
fn wild_weights_do_not_overflow() {
    let tame = Lcg(3).model();
    for case in 0..6i64 {
        let mut random = Lcg(100 + case as u64);
        let mut weights = tame.weights().clone();
        // The ends of every range, at random or all alike.
        let mut end = |low: i64, high: i64| match case {
            0 => high,
            1 => low,
            _ => [low, high][random.below(2) as usize],
        };
        let embeddings = weights.taps.iter_mut().chain([&mut weights.phase]);
        for embedding in embeddings {
            embedding
                .table
                .iter_mut()
                .for_each(|v| *v = end(-127, 127) as i8);
            embedding
                .scale
                .iter_mut()
                .for_each(|v| *v = end(0, 256) as i16);
        }
        for block in &mut weights.blocks {
            for linear in [&mut block.input, &mut block.output] {
                linear
                    .weights
                    .iter_mut()
                    .for_each(|v| *v = end(-127, 127) as i8);
                linear
                    .bias
                    .iter_mut()
                    .for_each(|v| *v = end(-(1 << 29), 1 << 29) as i32);
                linear.shift.iter_mut().for_each(|v| *v = end(1, 24) as u8);
            }
            block
                .gain
                .iter_mut()
                .for_each(|v| *v = end(0, 32767) as i16);
            block
                .out_gain
                .iter_mut()
                .for_each(|v| *v = end(0, 32767) as i16);
            block
                .filter
                .iter_mut()
                .for_each(|v| *v = end(-12287, 12287) as i16);
            block
                .filter_bias
                .iter_mut()
                .for_each(|v| *v = end(-(1 << 29), 1 << 29) as i32);
            block
                .decay
                .iter_mut()
                .for_each(|v| *v = end(0, 65535) as u16);
            block
                .step_shift
                .iter_mut()
                .for_each(|v| *v = end(0, 8) as u8);
            block
                .skip
                .iter_mut()
                .for_each(|v| *v = end(-32767, 32767) as i16);
            let shifts = [
                &mut block.input_shift,
                &mut block.read_shift,
                &mut block.skip_gate_shift,
            ];
            shifts
                .into_iter()
                .flatten()
                .for_each(|v| *v = end(1, 24) as u8);
        }
        weights
            .gain
            .iter_mut()
            .for_each(|v| *v = end(0, 32767) as i16);
        weights
            .head
            .weights
            .iter_mut()
            .for_each(|v| *v = end(-127, 127) as i8);
        weights
            .head
            .bias
            .iter_mut()
            .for_each(|v| *v = end(-(1 << 29), 1 << 29) as i32);
        weights
            .head
            .shift
            .iter_mut()
            .for_each(|v| *v = end(1, 24) as u8);
        let model = Model::new(*tame.config(), &weights).unwrap();
        round_trip(&model, &support::noise(400));
        let mut network = Network::new(&model, 1);
        let mut logits = [0; 256];
        for step in 0..300u16 {
            network.step(0, &[step % 257; TAPS], 3, &mut logits);
        }
        assert_eq!(logits.iter().max(), Some(&i16::MAX));
    }
}

#[test]
fn repeats_return_for_any_lanes() {
    // Matches run across lanes, catch up with them, and out of a last lane that is shorter than the others.
    let model = Lcg(7).model();
    let noise = support::noise(64);
    let places = Places::uniform(&Layout::BYTES);
    for lanes in 1..=20 {
        for (len, period) in [
            (1, 1),
            (37, 3),
            (150, 21),
            (151, 64),
            (333, 10),
            (400, 50),
            (401, 23),
        ] {
            let content: Vec<u8> = (0..len).map(|i| noise[i % period]).collect();
            let effort = Effort::ALL[len % 3];
            let words = lanes::encode(&model, effort, &places, lanes, &content);
            let views: Vec<&[u32]> = words.iter().map(Vec::as_slice).collect();
            let decoded = lanes::decode(&model, effort, &places, &views, len);
            assert_eq!(
                decoded,
                Ok(content),
                "{len} bytes, period {period}, {lanes} lanes"
            );
        }
    }
}

fn round_trip(model: &Model, content: &[u8]) {
    let places = Places::uniform(&Layout {
        width: 4,
        swap: false,
        record: 12,
        plane: 0,
        phase: 2,
    });
    for (lanes, effort) in [(1, Effort::Fast), (3, Effort::Default), (2, Effort::Best)] {
        let words = lanes::encode(model, effort, &places, lanes, content);
        let views: Vec<&[u32]> = words.iter().map(Vec::as_slice).collect();
        assert_eq!(
            lanes::decode(model, effort, &places, &views, content.len()),
            Ok(content.to_vec())
        );
    }
}
