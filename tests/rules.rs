//! Rules: what follows one becomes small numbers in order, and a prediction leaves little of what it fits.

use boa_constrictor::Layout;
use boa_constrictor::layout::Kind;
use boa_constrictor::structure::{Field, Predict, Rule, Structure, Transform};

/// The coded numbers of an array of big-endian elements.
fn coded(transform: Transform, width: u8, elements: &[u64]) -> Vec<u64> {
    let layout = Layout {
        width,
        ..Layout::BYTES
    };
    let field = Field {
        width,
        swap: false,
        transform,
    };
    let structure = Structure {
        layout,
        transposed: false,
        fields: vec![field],
        references: Vec::new(),
    };
    let bytes: Vec<u8> = { elements.iter() }
        .flat_map(|e| e.to_be_bytes()[8 - usize::from(width)..].to_vec())
        .collect();
    structure.validate(bytes.len()).unwrap();
    let bytes = structure.forward(bytes);
    { bytes.chunks(width.into()) }
        .map(|e| e.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
        .collect()
}

fn ruled(kind: Kind, rule: Rule) -> Transform {
    Transform {
        rule,
        ..Transform::of(kind)
    }
}

fn singles(values: impl Iterator<Item = f32>) -> Vec<u64> {
    values.map(|v| v.to_bits().into()).collect()
}

fn doubles(values: impl Iterator<Item = f64>) -> Vec<u64> {
    values.map(f64::to_bits).collect()
}

/// The codes are consecutive, in the order of the values.
fn dense(rule: Rule, width: u8, ordered: &[u64]) -> u64 {
    let codes = coded(ruled(Kind::Float, rule.clone()), width, ordered);
    for (n, pair) in codes.windows(2).enumerate() {
        assert_eq!(pair[0] + 1, pair[1], "{rule:?}: value {n}");
    }
    codes[0]
}

#[test]
fn ordered_codes_have_the_values_order() {
    let floats = singles(
        [
            f32::NEG_INFINITY,
            -1e30,
            -1.0,
            -1e-40,
            -0.0,
            0.0,
            1e-40,
            1.0,
            f32::INFINITY,
            f32::NAN,
        ]
        .into_iter(),
    );
    let codes = coded(Transform::of(Kind::Float), 4, &floats);
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:x?}");
    assert_eq!(codes[4] + 1, codes[5]);
    assert_eq!(codes[5], 1 << 31);
    let integers: Vec<u64> = [i16::MIN, -1, 0, 1, i16::MAX]
        .map(|n| u64::from(n as u16))
        .to_vec();
    let codes = coded(Transform::of(Kind::Signed), 2, &integers);
    assert_eq!(codes, [0, 0x7fff, 0x8000, 0x8001, 0xffff]);
    let codes = coded(Transform::of(Kind::Unsigned), 2, &integers);
    assert_eq!(codes, integers);
}

#[test]
fn multiples_of_a_step_are_consecutive() {
    let step = |numerator, denominator| Rule::Step {
        numerator,
        denominator,
    };
    for (n, d) in [
        (1, 1),
        (1, 2),
        (1, 10),
        (1, 100),
        (1, 1000),
        (1, 3),
        (7, 5),
        (25, 1),
        (3, 1 << 10),
    ] {
        let quotient = |k: i32| (k * n as i32) as f32 / d as f32;
        let least = dense(step(n, d), 4, &singles((-3000..3000).map(quotient)));
        // Zero lies in the middle of all members: as many are below it as above.
        let all = coded(
            ruled(Kind::Float, step(n, d)),
            4,
            &singles([f32::NEG_INFINITY, 0.0, f32::INFINITY].into_iter()),
        );
        assert_eq!([all[0], 2 * all[1]], [0, all[2]]);
        assert_eq!(all[1], least + 3000);
        let quotient = |k: i64| (k * n as i64) as f64 / d as f64;
        dense(
            step(n, d),
            8,
            &doubles((-3000..3000).chain(3000..4000).map(quotient)),
        );
        // As far up as decimals are distinguished.
        let top = 1i64 << 49;
        dense(
            step(n, d),
            8,
            &doubles((top / n as i64..).take(1000).map(quotient)),
        );
    }
}

#[test]
fn beyond_a_steps_limit_all_floats_follow() {
    // Integers, of 4 bytes: from 2^24 on floats are 2 apart. The limit is the power of two where they are 1 apart.
    let one = Rule::Step {
        numerator: 1,
        denominator: 1,
    };
    let limit = 2f32.powi(23).to_bits();
    let below = singles((8_388_000..8_388_608).map(|k| k as f32));
    let above = (0..1000).map(|k| u64::from(limit + k));
    let all: Vec<u64> = below.into_iter().chain(above).collect();
    dense(one, 4, &all);
}

#[test]
fn decimals_of_few_digits_are_consecutive() {
    let rule = Rule::Digits {
        digits: 3,
        decimals: 2,
    };
    let parse = |c: u32, e: i32| format!("{c}e{e}");
    let mut texts: Vec<String> = (0..1000).map(|c| parse(c, -2)).collect();
    for e in -1..17 {
        texts.extend((100..1000).map(|c| parse(c, e)));
    }
    let values = texts.iter().map(|t| t.parse::<f32>().unwrap());
    let mut all = singles(values);
    all.extend((0..1000).map(|k| u64::from(1e19f32.to_bits()) + k));
    let zero = dense(rule.clone(), 4, &all);
    let infinity = [f32::NEG_INFINITY.to_bits(), f32::INFINITY.to_bits()].map(u64::from);
    let ends = coded(ruled(Kind::Float, rule), 4, &infinity);
    assert_eq!(ends, [0, 2 * zero]);
    for (digits, decimals, from) in [
        (15, 0, 100_000_000_000_000),
        (6, 3, 0),
        (15, 19, 0),
        (1, 19, 0u64),
    ] {
        let last = 10u64.pow(u32::from(digits)).min(from + 2000);
        let texts = (from..last).map(|c| format!("{c}e-{decimals}"));
        let values = texts.map(|t| t.parse::<f64>().unwrap());
        dense(Rule::Digits { digits, decimals }, 8, &doubles(values));
    }
}

#[test]
fn floats_cut_short_are_consecutive() {
    let one = 1f32.to_bits();
    for cut in [1, 7, 16, 23] {
        let values = (0..100).map(|k| u64::from(one) + (k << cut));
        dense(Rule::Coarse { cut }, 4, &values.collect::<Vec<_>>());
    }
    for cut in [1, 29, 52] {
        let values = (0..100).map(|k| 1f64.to_bits() + (k << cut));
        dense(Rule::Coarse { cut }, 8, &values.collect::<Vec<_>>());
    }
    // Both signs, and one zero: the other breaks the rule.
    let values = singles([-f32::from_bits(1 << 16), 0.0, f32::from_bits(1 << 16)].into_iter());
    dense(Rule::Coarse { cut: 16 }, 4, &values);
    let negative = coded(
        ruled(Kind::Float, Rule::Coarse { cut: 16 }),
        4,
        &[0x8000_0000],
    );
    assert!(negative[0] > 2 * (0x7f80_0000 >> 16));
}

#[test]
fn dictionaries_count_their_members() {
    let dictionary = Rule::Dictionary([5, 9, 200].into());
    let codes = coded(
        ruled(Kind::Unsigned, dictionary),
        1,
        &[5, 9, 200, 0, 6, 255],
    );
    assert_eq!(codes, [0, 1, 2, 3, 8, 255]);
    // Values are codes in order: the least signed number is 0.
    let dictionary = Rule::Dictionary([0, 1 << 63].into());
    let codes = coded(
        ruled(Kind::Signed, dictionary),
        8,
        &[1 << 63, 0, 1, u64::MAX],
    );
    assert_eq!(codes, [0, 1, (1 << 63) + 1, 1 << 63]);
}

#[test]
fn offset_and_rotation_come_last() {
    let transform = Transform {
        offset: 3,
        rotate: 2,
        ..Transform::NONE
    };
    let codes = coded(transform, 4, &[3, 4, 2, 0x0001_0203]);
    assert_eq!(codes, [0, 1 << 16, 0xffff_ffff, 0x0200_0001]);
}

#[test]
fn differences_are_folded() {
    let once = Transform {
        predict: Predict::Differences([1, 0, 0]),
        ..Transform::of(Kind::Unsigned)
    };
    let codes = coded(once, 1, &[10, 11, 9, 9, 255, 1]);
    assert_eq!(codes, [20, 2, 3, 0, 19, 4]);
    let twice = Transform {
        predict: Predict::Differences([2, 0, 0]),
        ..Transform::of(Kind::Unsigned)
    };
    let ramp: Vec<u64> = (0..50).map(|k| 7 + 3 * k).collect();
    let codes = coded(twice, 2, &ramp);
    // The second element's own first difference is a second one to the first element.
    assert_eq!(codes[2..], [0; 48]);
}

fn stencil(kind: Kind, rule: Rule, shift: i16, lags: &[u32], weights: &[i32]) -> Transform {
    Transform {
        predict: Predict::Stencil {
            shift,
            lags: lags.to_vec(),
            weights: weights.to_vec(),
        },
        ..ruled(kind, rule)
    }
}

/// `x[i-1] - (x[i-2] - x[i-1])`.
const LINE: ([u32; 2], [i32; 1]) = ([1, 2], [-4096]);

#[test]
fn a_stencil_leaves_nothing_of_a_line() {
    for width in [1, 2, 4, 8] {
        for kind in [Kind::Unsigned, Kind::Signed] {
            let line: Vec<u64> = (0..30).map(|k| 10 + 3 * k).collect();
            let transform = stencil(kind, Rule::Any, 0, &LINE.0, &LINE.1);
            let codes = coded(transform, width, &line);
            assert_eq!(codes[2..], [0; 28], "{kind:?} of {width} bytes");
            assert_eq!(codes[1], 6);
        }
    }
}

#[test]
fn a_stencil_leaves_nothing_of_a_line_of_floats() {
    let values = |k: i32| f64::from(k - 40) / 8.0;
    let transform = stencil(Kind::Float, Rule::Any, 20, &LINE.0, &LINE.1);
    let codes = coded(transform.clone(), 8, &doubles((0..80).map(values)));
    assert_eq!(codes[2..], [0; 78]);
    let codes = coded(transform, 4, &singles((0..80).map(|k| values(k) as f32)));
    assert_eq!(codes[2..], [0; 78]);
}

#[test]
fn a_stencil_leaves_nothing_of_a_line_of_decimals() {
    let cents = Rule::Step {
        numerator: 1,
        denominator: 100,
    };
    let values = |k: i32| f64::from(7 * k - 200) / 100.0;
    let transform = stencil(Kind::Float, cents, 0, &LINE.0, &LINE.1);
    let codes = coded(
        transform.clone(),
        4,
        &singles((0..80).map(|k| (7 * k - 200) as f32 / 100.0)),
    );
    assert_eq!(codes[2..], [0; 78]);
    let codes = coded(transform, 8, &doubles((0..80).map(values)));
    assert_eq!(codes[2..], [0; 78]);
}

#[test]
fn what_is_out_of_range_is_refused() {
    let weight = |weight| stencil(Kind::Signed, Rule::Any, 0, &[1, 2], &[weight]);
    for bad in [i32::MIN, -32769, 32769, i32::MAX] {
        assert!(weight(bad).validate(4).is_err(), "weight {bad}");
    }
    assert!(weight(-32768).validate(4).is_ok() && weight(32768).validate(4).is_ok());
    let bad = [
        stencil(Kind::Signed, Rule::Any, -1101, &[1], &[]),
        stencil(Kind::Signed, Rule::Any, 1201, &[1], &[]),
        stencil(Kind::Signed, Rule::Any, 0, &[], &[]),
        stencil(Kind::Signed, Rule::Any, 0, &[0], &[]),
        stencil(Kind::Signed, Rule::Any, 0, &[1; 33], &[0; 32]),
        stencil(Kind::Signed, Rule::Any, 0, &[1], &[1]),
        ruled(Kind::Signed, Rule::Coarse { cut: 3 }),
        ruled(Kind::Float, Rule::Coarse { cut: 24 }),
        ruled(Kind::Unsigned, Rule::Dictionary([2, 2].into())),
        ruled(Kind::Unsigned, Rule::Dictionary([1 << 32].into())),
        ruled(Kind::Unsigned, Rule::Dictionary((0..65537).collect())),
        Transform {
            offset: 1 << 32,
            ..Transform::NONE
        },
        Transform {
            rotate: 4,
            ..Transform::NONE
        },
    ];
    for transform in bad {
        assert!(transform.validate(4).is_err(), "{transform:?}");
    }
    assert!(Transform::of(Kind::Float).validate(2).is_err());
}
