//! Arrays of all sorts, there and back within their bounds.

use super::*;
use crate::lossy::bound::{Bound, BoundKind};
use crate::lossy::numbers;
use crate::lossy::plan::{FrameContent, Plan};
use crate::lossy::statistics::ColumnStatistics;

const F4: Column = column(Kind::Float, 4);
const F8: Column = column(Kind::Float, 8);
const I2: Column = column(Kind::Signed, 2);

const fn column(kind: Kind, width: u8) -> Column {
    Column {
        width,
        swap: true,
        kind,
    }
}

fn random(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A field's values, with some that are special, or only smooth ones.
fn values(lengths: &[u64], hard: bool) -> Vec<f64> {
    let mut next = random(5);
    let count = lengths.iter().product::<u64>();
    let last = lengths.last().copied().unwrap_or(1) as f64;
    let value = |k: u64| {
        let (x, y) = ((k as f64 % last) / 9.0, (k as f64 / last) / 7.0);
        let smooth = 250.0 + 40.0 * (x.sin() + (y - x / 3.0).cos()) + next();
        match (hard, (next() * 40.0) as u32) {
            (true, 0) => f64::NAN,
            (true, 1) => f64::INFINITY,
            (true, 2) => -0.0,
            (true, 3) => -1e34,
            (true, 4) => f64::NEG_INFINITY,
            (true, 5) => 1e-30 * smooth,
            (true, 6) => -smooth * 1e3,
            _ => smooth,
        }
    };
    (0..count).map(value).collect()
}

fn bytes(values: &[f64], column: Column) -> Vec<u8> {
    let width = usize::from(column.width);
    let mut bytes = vec![0; values.len() * width];
    for (element, &value) in bytes.chunks_exact_mut(width).zip(values) {
        number::write(column, number::from_f64(column, value), element);
    }
    bytes
}

fn task(column: Column, content: &[u8], bound: Bound) -> ColumnTask {
    let mut statistics = ColumnStatistics::new(column, &[]);
    for element in content.chunks_exact(column.width.into()) {
        statistics.add(number::read(column, element));
    }
    Plan::new(&[Some(bound)], &[statistics.finish()])
        .tasks
        .remove(0)
}

/// Codes an array as a field and as whatever is smaller, decodes both, and checks every value; gives the bytes of the field.
fn coded(column: Column, lengths: &[u64], content: &[u8], bound: Bound) -> Option<usize> {
    let shape = ArrayShape::new(column, lengths);
    let task = task(column, content, bound);
    let frame = FrameContent::Array {
        shape: shape.clone(),
        task: task.clone(),
        number: 0,
    };
    let field = Prepared::new(&shape, &task, content).and_then(Prepared::encode);
    let size = field.as_ref().map(|coded| 4 * coded.words.len());
    for coded in [field, numbers::encode(&frame, content, None)]
        .into_iter()
        .flatten()
    {
        let back = numbers::decode(&coded.words, content.len(), &coded.exact, None).unwrap();
        assert!(back == coded.reconstructed, "{bound} {lengths:?}");
        let width = usize::from(column.width);
        for (before, after) in content.chunks_exact(width).zip(back.chunks_exact(width)) {
            let [x, y] = [before, after].map(|element| number::read(column, element));
            let kept = match task.tolerance {
                Some(tolerance) if !task.fill.contains(&x) => tolerance.holds_bits(column, x, y),
                _ => x == y,
            };
            assert!(kept, "{bound} {lengths:?}: {x:x} {y:x}");
        }
    }
    size
}

fn bounds() -> Vec<Bound> {
    let of = |kind, values: &[f64]| -> Vec<Bound> {
        let bounds = values.iter().map(|&value| Bound::new(kind, value).unwrap());
        bounds.collect()
    };
    [
        of(BoundKind::Relative, &[1e-2, 1e-5, 1e-12]),
        of(BoundKind::Absolute, &[0.3, 1e-4, 1e9]),
        of(BoundKind::PointwiseRelative, &[1e-2, 1e-6]),
        of(BoundKind::Digits, &[2.0, 7.0]),
    ]
    .concat()
}

const SHAPES: [&[u64]; 9] = [
    &[],
    &[1],
    &[400],
    &[1, 2],
    &[20, 19],
    &[6, 1, 7, 8],
    &[60, 3],
    &[3, 4, 5, 6],
    &[2, 3, 2, 3, 4],
];

#[test]
fn arrays_of_all_shapes_keep_all_bounds() {
    for lengths in SHAPES {
        for hard in [false, true] {
            let values = values(lengths, hard);
            for column in if hard { [F4, F8] } else { [F4, I2] } {
                let content = bytes(&values, column);
                for bound in bounds() {
                    coded(column, lengths, &content, bound);
                }
            }
        }
    }
}

#[test]
fn a_smooth_field_is_small_and_a_constant_one_smaller() {
    let lengths = [8, 40, 50];
    let smooth = bytes(&values(&lengths, false), F4);
    let bound = Bound::new(BoundKind::Relative, 1e-2).unwrap();
    let size = coded(F4, &lengths, &smooth, bound).unwrap();
    assert!(size < smooth.len() / 15, "{size}");
    let constant = bytes(&vec![7.5; 16_000], F8);
    let bound = Bound::new(BoundKind::Absolute, 1e-2).unwrap();
    let size = coded(F8, &lengths, &constant, bound).unwrap();
    assert!(size < 200, "{size}");
}

#[test]
fn values_of_huge_range_and_at_the_edge_of_their_type() {
    let lengths = [30, 40];
    let mut next = random(9);
    let huge: Vec<f64> = (0..1200)
        .map(|_| (next() - 0.5) * 2f64.powf(next() * 250.0))
        .collect();
    let rounded: Vec<f64> = (0..1200).map(|k| 1e9 + f64::from(k % 40) * 64.0).collect();
    for values in [huge, rounded] {
        for column in [F4, F8] {
            let content = bytes(&values, column);
            for bound in bounds() {
                coded(column, &lengths, &content, bound);
            }
            // About what the type's own rounding is.
            for bound in [33.0, 65.0, 97.0] {
                let bound = Bound::new(BoundKind::Absolute, bound).unwrap();
                coded(column, &lengths, &content, bound);
            }
        }
    }
}

#[test]
fn arrays_are_cut_into_whole_slices() {
    let shape = ArrayShape::new(F4, &[5, 1, 4, 3, 2, 6]);
    assert_eq!(shape.lengths, [20, 3, 2, 6]);
    for (lengths, range, own) in [
        (&[7usize, 9][..], 0..63, vec![7, 9]),
        (&[100, 100, 100], 420_000..570_000, vec![15, 100, 100]),
        (&[4, 1000, 1000], 2_425_000..2_575_000, vec![150, 1000]),
        (&[4_000_000], 1_925_000..2_075_000, vec![150_000]),
    ] {
        let (found, found_lengths) = sample::piece(lengths);
        assert_eq!((found, found_lengths), (range, own));
    }
}

#[test]
fn spoilt_words_do_no_harm() {
    let lengths = [6, 20, 30];
    let content = bytes(&values(&lengths, true), F4);
    let shape = ArrayShape::new(F4, &lengths);
    let mut next = random(3);
    for bound in bounds() {
        let task = task(F4, &content, bound);
        let Some(coded) = Prepared::new(&shape, &task, &content).and_then(Prepared::encode) else {
            continue;
        };
        let words = &coded.words;
        for _ in 0..25 {
            let mut spoilt = words.clone();
            let at = (next() * next() * words.len() as f64) as usize;
            spoilt[at] ^= 1 << (next() * 32.0) as u32;
            if let Ok(back) = numbers::decode(&spoilt, content.len(), &[], None) {
                assert_eq!(back.len(), content.len());
            }
        }
        assert_eq!(
            numbers::decode(words, content.len() + 4, &[], None),
            Err(BadWords)
        );
        assert_eq!(
            numbers::decode(words, content.len(), &[0], None),
            Err(BadWords)
        );
        assert_eq!(
            decode(&words[..words.len() / 2], content.len()),
            Err(BadWords)
        );
    }
    for len in [0, 1, 4, 20, 200] {
        for _ in 0..40 {
            let words: Vec<u32> = (0..len).map(|_| (next() * 4294967296.0) as u32).collect();
            let _ = numbers::decode(&words, content.len(), &[], None);
        }
    }
}
