//! Fields of many shapes, coded and decoded.

use super::*;
use crate::coder::{LaneDecoder, LaneEncoder};

fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 24
    }
}

/// Codes a field, decodes it, and gives the bytes that it took; every value is within its bound.
fn coded(method: &FieldMethod, field: Field<'_>, targets: &[i64]) -> usize {
    let mut encoder = LaneEncoder::default();
    let values = code(&mut encoder, method, field, Some(targets)).unwrap();
    let words = encoder.finish();
    let mut decoder = LaneDecoder::new(&words).unwrap();
    assert_eq!(code(&mut decoder, method, field, None), Ok(values.clone()));
    assert_eq!(decoder.finish(), Ok(()));
    assert_eq!(values.len(), targets.len());
    for (at, (&value, &target)) in values.iter().zip(targets).enumerate() {
        let context = || {
            format!(
                "{:?} {method:?}: {value} for {target} at {at}",
                field.lengths
            )
        };
        if !field.is_special(at) {
            assert!(value.abs_diff(target) <= FINE as u64 / 2, "{}", context());
            assert!(
                !field.whole || target & (FINE - 1) != 0 || value == target,
                "{}",
                context()
            );
        }
    }
    4 * words.len()
}

fn methods() -> Vec<FieldMethod> {
    use Axis::{Inner as I, Outer as O, Refined as R};
    let axes = [[I, I, I, I], [O, O, R, R], [R, R, R, R], [R, I, O, I]];
    let base = FieldMethod {
        levels: 3,
        roughness: [40, 30, 20, 16],
        ..FieldMethod::default()
    };
    let mut methods: Vec<FieldMethod> = { axes.into_iter() }
        .map(|axes| FieldMethod {
            axes,
            ..base.clone()
        })
        .collect();
    methods.push(FieldMethod {
        tile: [0, 1, 3, 4],
        memory: 9,
        neighbours: 64,
        tightening: 3,
        channels: true,
        background: Some(0),
        origin: 77,
        shift: 5,
        ..methods[1].clone()
    });
    methods.push(FieldMethod {
        neighbours: 1,
        levels: 20,
        tightening: 7,
        background: Some(i64::MIN),
        ..methods[2].clone()
    });
    methods
}

const SHAPES: [&[usize]; 13] = [
    &[1],
    &[2],
    &[3],
    &[300],
    &[1, 1],
    &[2, 3],
    &[20, 19],
    &[1, 3, 2],
    &[6, 7, 8],
    &[40, 5, 3],
    &[1, 2, 1, 3],
    &[3, 2, 3, 2],
    &[3, 4, 5, 6],
];

#[test]
fn fields_of_all_shapes_come_back_within_their_bounds() {
    let mut next = random(1);
    for lengths in SHAPES {
        let count = lengths.iter().product::<usize>();
        let noise: Vec<i64> = (0..count)
            .map(|_| (next() % (1 << 20)) as i64 - (1 << 19))
            .collect();
        let extremes: Vec<i64> = { noise.iter() }
            .map(|&x| [i64::MIN, i64::MAX, 0, x][x as usize & 3])
            .collect();
        let whole: Vec<i64> = noise.iter().map(|x| x & -FINE).collect();
        let sparse: Vec<i64> = noise
            .iter()
            .map(|x| if x & 7 == 0 { *x } else { 0 })
            .collect();
        let all = vec![true; count];
        let flags: Vec<bool> = noise.iter().map(|x| x & 24 == 0).collect();
        for method in methods() {
            let field = |whole, special| Field {
                lengths,
                whole,
                special,
            };
            for targets in [&noise, &sparse, &vec![123; count]] {
                coded(&method, field(false, &[]), targets);
                coded(&method, field(false, &flags), targets);
                coded(&method, field(false, &all), targets);
            }
            coded(&method, field(false, &[]), &extremes);
            coded(&method, field(true, &[]), &whole);
            coded(&method, field(true, &flags), &whole);
        }
    }
}

#[test]
fn what_neighbours_predict_costs_little() {
    // Sines and cosines of multiples of an angle, in millionths, by turning; the angle's own cosine and sine in Q30.
    let turned = |cosine: i64, sine: i64| {
        let next = move |&(x, y): &(i64, i64)| {
            let turn = |a: i64, b: i64| (a + b + (1 << 29)) >> 30;
            Some((turn(x * cosine, -y * sine), turn(x * sine, y * cosine)))
        };
        let all = std::iter::successors(Some((1_000_000, 0)), next);
        all.take(90).collect::<Vec<_>>()
    };
    let along = turned(1_067_120_604, 119_059_316);
    let across = turned(1_070_566_639, 82_514_094);
    // sin x + cos(x - y), about a million times, for x = k/9 and y = k/13.
    let wave = |x: usize, y: usize| {
        let ((cos_x, sin_x), (cos_y, sin_y)) = (along[x], across[y]);
        sin_x + (cos_x * cos_y + sin_x * sin_y) / 1_000_000
    };
    let lengths = [80, 90];
    let targets: Vec<i64> = (0..7200).map(|k| wave(k / 90, k % 90)).collect();
    let field = Field {
        lengths: &lengths,
        whole: false,
        special: &[],
    };
    let raster = FieldMethod {
        tile: [0, 0, 20, 20],
        shift: 4,
        ..FieldMethod::default()
    };
    let refined = FieldMethod {
        axes: [Axis::Refined; AXES],
        levels: 4,
        ..raster.clone()
    };
    // About 9 bits a value as they are.
    for method in [raster, refined] {
        let bytes = coded(&method, field, &targets);
        assert!(bytes < 7200 / 12, "{bytes} {method:?}");
    }
    let zeros = coded(&FieldMethod::default(), field, &[0; 7200]);
    assert!(zeros < 40, "{zeros}");
}

#[test]
fn any_words_decode_to_something() {
    let mut next = random(7);
    let lengths = [9, 8, 7];
    let field = Field {
        lengths: &lengths,
        whole: false,
        special: &[],
    };
    for method in methods() {
        for len in [0, 1, 50, 5000] {
            let words: Vec<u32> = (0..len).map(|_| next() as u32).collect();
            if let Ok(mut decoder) = LaneDecoder::new(&words)
                && let Ok(values) = code(&mut decoder, &method, field, None)
            {
                assert_eq!(values.len(), 504);
            }
        }
    }
}
