//! The arithmetic of lossy files, pinned: a hash over files of numbers and what they decode to, the same for every kernel.
//!
//! Fields are coded by methods of choice and from integers alone, so that no choice of an encoder moves the hash. If this test fails, the
//! arithmetic has changed and existing files no longer decode: that needs a new format version.

mod support;

use boa_constrictor::kernel::Kernel;
use boa_constrictor::layout::{Column, Kind};
use boa_constrictor::lossy::grid::Grid;
use boa_constrictor::model::numbers::field::{Axis, FieldMethod};
use support::made::Lcg;
use support::number_frames::{Array, array};
use support::number_words;

const AXES: [[Axis; 4]; 4] = [
    [Axis::Inner, Axis::Inner, Axis::Inner, Axis::Inner],
    [Axis::Outer, Axis::Inner, Axis::Refined, Axis::Refined],
    [Axis::Refined, Axis::Refined, Axis::Refined, Axis::Refined],
    [Axis::Outer, Axis::Refined, Axis::Inner, Axis::Refined],
];

/// Values in fine units that bend slowly along every axis, with some noise.
fn values(lengths: &[usize; 4], noise: i64) -> Vec<i64> {
    let mut random = Lcg(3);
    let count = lengths.iter().product();
    (0..count)
        .map(|at: usize| {
            let (mut rest, mut value) = (at, 0);
            for (axis, &length) in lengths.iter().enumerate().rev() {
                let along = (rest % length) as i64;
                rest /= length;
                value += 900 * along * (length as i64 - along) + 5000 * axis as i64 * along;
            }
            value + random.below(noise) - noise / 2
        })
        .collect()
}

/// Fields of every method, of some thousand values each.
fn fields() -> Vec<Vec<u8>> {
    let lengths = [4, 11, 13, 17];
    AXES.into_iter()
        .enumerate()
        .map(|(k, axes)| {
            let method = FieldMethod {
                axes,
                levels: 3,
                tightening: k as u32,
                neighbours: 16 << (k % 3),
                origin: 77,
                background: (k == 3).then_some(1 << 20),
                shift: k as u32,
                tile: [0, 6, 5, 7],
                memory: 9,
                channels: k == 1,
                ..FieldMethod::default()
            };
            let mut targets = values(&lengths, 1 << (10 + k));
            if let Some(background) = method.background {
                for (at, target) in targets.iter_mut().enumerate() {
                    if at % 17 < 6 || at % 221 < 100 {
                        *target = background;
                    }
                }
            }
            let array_here = Array {
                column: Column {
                    width: 8 >> (k % 2),
                    swap: k < 2,
                    kind: Kind::Float,
                },
                lengths: &lengths,
                grid: Grid::Uniform {
                    step: 0.375,
                    offset: k as u8,
                },
                whole: k == 2,
            };
            array(&array_here, &method, &targets)
        })
        .collect()
}

fn hash() -> String {
    let mut hasher = blake3::Hasher::new();
    let made = [
        number_words::tables(),
        number_words::with_autoencoder(),
        number_words::latents(),
        number_words::fields(),
    ];
    let made = made.into_iter().flatten().map(|(_, file)| file);
    for file in made.chain(fields()) {
        hasher.update(&file);
        hasher.update(&support::decode(&file).unwrap());
    }
    hasher.finalize().to_hex()[..32].into()
}

#[test]
fn files_of_numbers_are_the_same_from_every_kernel() {
    let here = Kernel::ALL.into_iter().filter(|kernel| kernel.is_here());
    let hashes: Vec<String> = here
        .map(|kernel| {
            assert!(kernel.select());
            hash()
        })
        .collect();
    assert!(!hashes.is_empty());
    for found in hashes {
        assert_eq!(found, "c74fe834a6a18b4e164d56ccf554ddd2");
    }
}
