//! Model files: damage is refused or harmless, and no valid model, however wild, overflows the arithmetic (run these
//! without --release for that: then overflow panics).

mod support;

use boa_constrictor::layout::{Positions, TAPS};
use boa_constrictor::model::{Config, Network, NetworkInputs, Weights};
use boa_constrictor::stream::Coding;
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
        let mut network = Network::new(model.network(), 1);
        let mut logits = [0; 256];
        for step in 0..300u16 {
            let inputs = NetworkInputs {
                tokens: [step % 257; TAPS],
                phase: 3,
            };
            network.step(&[inputs]);
            network.logits(0, &mut logits);
        }
        assert_eq!(logits.iter().max(), Some(&i16::MAX));
    }
}

#[test]
fn repeats_return_for_any_lanes() {
    // Matches run across lanes, catch up with them, and out of a last lane that is shorter than the others.
    let model = Lcg(7).model();
    let noise = support::noise(64);
    let positions = Positions::uniform(&Layout::BYTES);
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
            let words = Coding::whole(Some(&model), effort, &positions, lanes).encode(&content);
            let views: Vec<&[u32]> = words.iter().map(Vec::as_slice).collect();
            let decoded =
                Coding::whole(Some(&model), effort, &positions, lanes).decode(&views, len);
            assert_eq!(
                decoded,
                Ok(content),
                "{len} bytes, period {period}, {lanes} lanes"
            );
        }
    }
}

fn round_trip(model: &Model, content: &[u8]) {
    let positions = Positions::uniform(&Layout {
        width: 4,
        swap: false,
        record: 12,
        plane: 0,
        phase: 2,
    });
    for (lanes, effort) in [(1, Effort::Fast), (3, Effort::Default), (2, Effort::Best)] {
        let words = Coding::whole(Some(model), effort, &positions, lanes).encode(content);
        let views: Vec<&[u32]> = words.iter().map(Vec::as_slice).collect();
        assert_eq!(
            Coding::whole(Some(model), effort, &positions, lanes).decode(&views, content.len()),
            Ok(content.to_vec())
        );
    }
}

/// The built-in network with every `stride`-th weight of its head moved by `by`.
fn moved(stride: usize, by: i8) -> Weights {
    let mut weights = Model::built_in(1).unwrap().weights().clone();
    let moving = weights.head.weights.iter_mut().step_by(stride);
    moving.for_each(|w| *w = (*w + by).clamp(-127, 127));
    weights
}

#[test]
fn a_compact_model_comes_back() {
    let built_in = Model::built_in(1).unwrap();
    for config in [
        *built_in.config(),
        Config {
            record: 84,
            ..*built_in.config()
        },
    ] {
        let mut weights = moved(7, 4);
        let dim = usize::from(config.dim);
        let rows = weights.phase.table.len() / dim;
        weights.phase.table.resize(config.phases() * dim, 3);
        assert!(config.record == 0 || config.phases() > rows);
        let model = Model::new(config, &weights).unwrap().compacted().unwrap();
        let bytes = model.to_bytes();
        assert_eq!(bytes[4..7], [2, 1, 0], "differences from number 1");
        let again = Model::from_bytes(&bytes).unwrap();
        assert_eq!(again.weights(), model.weights());
        assert_eq!(again.weights().head.weights, weights.head.weights);
        assert_eq!(again.weights().phase, weights.phase);
        assert_eq!(again.config(), &config);
    }
}

#[test]
fn a_network_has_one_name_in_all_its_forms() {
    let built_in = Model::built_in(1).unwrap();
    let plain = Model::new(*built_in.config(), &moved(7, 4)).unwrap();
    let based = plain.compacted().unwrap();
    assert_ne!(plain.to_bytes(), based.to_bytes());
    assert_eq!(plain.id(), based.id());
    assert_ne!(plain.id(), built_in.id());
    let same = Model::new(*built_in.config(), built_in.weights()).unwrap();
    assert_eq!(same.compacted().unwrap().id(), built_in.id());
    // The name is that of the plain form.
    assert_eq!(plain.to_bytes()[4], 1);
    assert_eq!(plain.id().0, *blake3::hash(&plain.to_bytes()).as_bytes());
}

#[test]
fn compact_forms_are_small() {
    let size = |config, weights: &Weights| {
        let plain = Model::new(config, weights).unwrap();
        let compact = plain.compacted().unwrap().to_bytes();
        (compact.len(), plain.to_bytes().len())
    };
    let built_in = Model::built_in(1).unwrap();
    let (none, plain) = size(*built_in.config(), built_in.weights());
    assert!(
        plain > 50_000 && none < 200,
        "{none} bytes for no difference"
    );
    // 1171 weights moved by as much: a position and a sign each, not their low bits.
    let (some, _) = size(*built_in.config(), &moved(7, 4));
    assert!(some < 1000, "{some} bytes for 1171 differences");
    // Of a tap fewer, so that it is no difference.
    let config = Config {
        taps: built_in.config().taps - 1,
        ..*built_in.config()
    };
    let mut weights = built_in.weights().clone();
    weights.taps.pop();
    let (alone, plain) = size(config, &weights);
    assert!(alone < plain * 9 / 10, "{alone} of {plain}");
    // Weights in steps of 8 cost 3 bits less each.
    let heads = &mut weights.head.weights;
    let embeddings = weights.taps.iter_mut().flat_map(|tap| &mut tap.table);
    let steps = heads.iter_mut().chain(embeddings);
    let moved = steps.map(|w| *w = (*w / 8) * 8).count();
    let (coarse, _) = size(config, &weights);
    assert!(coarse + moved * 5 / 16 < alone, "{coarse} after {alone}");
}

#[test]
fn damaged_compact_models_are_refused() {
    let config = Config {
        dim: 4,
        layers: 1,
        heads: 1,
        state: 2,
        taps: 1,
        record: 5,
    };
    let small = Lcg(9).model_of(config, 9);
    let config = Model::built_in(1).unwrap().config();
    let based = Model::new(*config, &moved(50, 8)).unwrap();
    for model in [small, based] {
        let bytes = model.compacted().unwrap().to_bytes();
        assert_eq!(bytes[4], 2);
        for len in 0..bytes.len() {
            let result = Model::from_bytes(&bytes[..len]);
            assert!(
                matches!(result, Err(Error::InvalidModel { .. })),
                "{len} of {} bytes",
                bytes.len()
            );
        }
        // A range decoder cannot notice a single word more, which changes nothing.
        for more in [1, 12] {
            let mut longer = bytes.clone();
            longer.extend(vec![9; more]);
            assert!(Model::from_bytes(&longer).is_err(), "{more} bytes more");
        }
        let bits = 8 * bytes.len();
        for bit in (0..bits).step_by((bits / 600).max(1)) {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match Model::from_bytes(&damaged) {
                // The last word may hold bits that decide nothing.
                Ok(found) => assert!(found.id() == model.id() && bit >= bits - 64, "bit {bit}"),
                Err(Error::InvalidModel { .. } | Error::UnknownModel { .. }) => {}
                // A form that has a structure before the network: there is none.
                Err(Error::Damaged { .. }) if bit / 8 == 4 => {}
                Err(other) => panic!("bit {bit}: {other}"),
            }
        }
    }
}

#[test]
fn a_hostile_compact_model_is_bounded() {
    // The largest network there is, of words that end at once or never mean to.
    let mut bytes = vec![0xb0, b'a', b'm', 0x0a, 2, 0, 0];
    bytes.extend([1, 2, 3, 4, 0, 1, 8, 32, 16, 4, 0, 16]);
    for words in [0, 1, 100] {
        for byte in [0, 0xff, 0x5a] {
            let mut hostile = bytes.clone();
            hostile.extend(vec![byte; 4 * words]);
            assert!(matches!(
                Model::from_bytes(&hostile),
                Err(Error::InvalidModel { .. })
            ));
        }
    }
}
