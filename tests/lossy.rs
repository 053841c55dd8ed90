//! Lossy coding: no value is ever further from its original than its bound, whatever the values are.

mod support;

use boa_constrictor::format::{
    EntropyModel, Footer, FrameHeader, Head, Index, IndexEntry, Numbers, frame_hash,
};
use boa_constrictor::layout::Column;
use boa_constrictor::lossy::Selector;
use boa_constrictor::lossy::source::{RawField, Source};
use boa_constrictor::{DecodeOptions, Error, decompress, list};
use proptest::prelude::*;
use std::io::Cursor;
use support::lossy::{encode, plan, request, violation};
use support::numbers::{F2, F4, F8, I2, array, bytes_of, table};

/// Compresses, decompresses and checks; gives the bytes of the file.
fn check(bytes: &[u8], source: &Source, bound: &str) -> usize {
    let plan = plan(bytes, source, &request(bound));
    let file = encode(bytes, source, &plan);
    let back = support::decode(&file).unwrap();
    assert_eq!(violation(bytes, &back, source, &plan), None, "{bound}");
    file.len()
}

const BOUNDS: [&str; 12] = [
    "1e-2:rel",
    "1e-3:rel",
    "1e-6:rel",
    "1e-12:rel",
    "1e-3:abs",
    "10:abs",
    "1e-30:abs",
    "1e-2:pw-rel",
    "0.5:pw-rel",
    "1e-7:pw-rel",
    "3:digits",
    "12:digits",
];

/// Values of every sort, many of them the hard ones.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3f64,
        2 => any::<f64>(),
        1 => (-320i32..300).prop_map(|e| 1.5 * 10f64.powi(e)),
        1 => Just(0.0), 1 => Just(-0.0), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY), 1 => Just(-999.0), 1 => Just(9.96921e36), 1 => Just(5e-324),
        1 => Just(f64::from_bits(0x7ff8_0000_0000_1234)),
        1 => Just(1.0), 1 => Just(1000.0), 1 => Just(0.001),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn no_value_of_a_table_is_beyond_its_bound(
        values in prop::collection::vec(value(), 1..400),
        columns in 1usize..6,
        wide in any::<bool>(),
        column_major in any::<bool>(),
        bound in 0..BOUNDS.len(),
    ) {
        let columns = columns.min(values.len());
        let values = &values[..values.len() / columns * columns];
        let (bytes, column) = match wide {
            true => (bytes_of(values, 8), F8),
            false => (bytes_of(values, 4), F4),
        };
        let source = table(&bytes, &vec![RawField::Number(column); columns], column_major);
        check(&bytes, &source, BOUNDS[bound]);
    }

    #[test]
    fn no_value_of_an_array_is_beyond_its_bound(
        values in prop::collection::vec(value(), 1..400),
        axes in prop::collection::vec(1u64..6, 0..3),
        wide in any::<bool>(),
        smooth in any::<bool>(),
        bound in 0..BOUNDS.len(),
    ) {
        let slab = axes.iter().product::<u64>() as usize;
        let slabs = (values.len() / slab).max(1);
        let mut values = values;
        values.resize(slabs * slab, 1.0);
        if smooth {
            for (k, value) in values.iter_mut().enumerate() {
                if value.abs() < 500.0 {
                    *value = (k as f64 / 20.0).sin() * 50.0;
                }
            }
        }
        let (bytes, column) = match wide {
            true => (bytes_of(&values, 8), F8),
            false => (bytes_of(&values, 4), F4),
        };
        let shape: Vec<u64> = std::iter::once(slabs as u64).chain(axes).collect();
        check(&bytes, &array(&bytes, column, &shape), BOUNDS[bound]);
    }

    #[test]
    fn every_bit_pattern_is_a_value(
        bytes in prop::collection::vec(any::<u8>(), 8..800),
        bound in 0..BOUNDS.len(),
    ) {
        let bytes = &bytes[..bytes.len() / 8 * 8];
        for column in [F4, F8, F2, Column { swap: false, ..F4 }] {
            check(bytes, &array(bytes, column, &[]), BOUNDS[bound]);
        }
    }
}

#[test]
fn integers_stay_exact_unless_they_are_selected() {
    let bytes: Vec<u8> = (0..3000i32)
        .flat_map(|k| {
            let [a, b] = [(k * 37 % 1000) as i16, (k / 10) as i16].map(i16::to_le_bytes);
            let x = (f64::from(k) / 100.0).sin().to_le_bytes();
            [&a[..], &b[..], &x[..], b"ab"].concat()
        })
        .collect();
    let fields = [
        RawField::Number(I2),
        RawField::Number(I2),
        RawField::Number(F8),
        RawField::Bytes(2),
    ];
    let source = table(&bytes, &fields, false);
    let mut request = request("1e-3:rel");
    let all_exact = plan(&bytes, &source, &request);
    assert!(all_exact.tasks[0].tolerance.is_none() && all_exact.tasks[2].tolerance.is_some());
    let file = encode(&bytes, &source, &all_exact);
    let back = support::decode(&file).unwrap();
    assert_eq!(violation(&bytes, &back, &source, &all_exact), None);
    let selected = (Selector::Number(0), "10:abs".parse().unwrap());
    request.columns.push(selected);
    let rounded = plan(&bytes, &source, &request);
    let smaller = encode(&bytes, &source, &rounded);
    let back = support::decode(&smaller).unwrap();
    assert_eq!(violation(&bytes, &back, &source, &rounded), None);
    assert!(smaller.len() < file.len());
}

#[test]
fn lossy_files_are_refused_where_only_lossless_ones_are_wanted() {
    let bytes = bytes_of(&[1.0, 2.0, 3.0], 8);
    let source = array(&bytes, F8, &[]);
    let plan = plan(&bytes, &source, &request("0.1"));
    let file = encode(&bytes, &source, &plan);
    let options = DecodeOptions {
        lossless: true,
        ..DecodeOptions::default()
    };
    let mut out = Vec::new();
    let refused = decompress(&file[..], &mut out, &options, &());
    assert!(matches!(refused, Err(Error::Lossy)), "{refused:?}");
    assert!(out.is_empty());
}

#[test]
fn sizes_that_are_hard() {
    for len in [0usize, 1, 2, 3, 7, 8, 9, 4095, 4097] {
        let values: Vec<f64> = (0..len).map(|k| (k as f64 / 9.0).cos()).collect();
        for (bytes, column) in [(bytes_of(&values, 4), F4), (bytes_of(&values, 8), F8)] {
            for bound in BOUNDS {
                check(&bytes, &array(&bytes, column, &[]), bound);
            }
        }
    }
    let constant = bytes_of(&[2.5; 1000], 4);
    assert!(check(&constant, &array(&constant, F4, &[10, 100]), "1e-3:rel") < 200);
    let nothing = bytes_of(&[f64::NAN; 1000], 8);
    assert!(check(&nothing, &array(&nothing, F8, &[]), "1e-3:rel") < 200);
}

/// Inputs of few bytes that use much of the format: a table with every sort of column, and fields.
fn varied() -> Vec<(Vec<u8>, Source)> {
    let row = |k: u32| {
        let x = (f64::from(k) / 30.0).sin();
        let noise = f64::from(k.wrapping_mul(2_654_435_761) >> 12) / 1e6;
        let special = [-999.0, f64::NAN, 0.0, -0.0, f64::INFINITY][(k % 41 % 5) as usize];
        let y = if k.is_multiple_of(9) {
            special
        } else {
            x * noise
        };
        [x, noise, y, 5.0 * x + noise, f64::from(k % 3)]
    };
    let rows: Vec<f64> = (0..150).flat_map(row).collect();
    let bytes = bytes_of(&rows, 4);
    let fields = [RawField::Number(F4); 5];
    let tables = [false, true].map(|column_major| {
        let source = table(&bytes, &fields, column_major);
        (bytes.clone(), source)
    });
    let smooth = |k: usize| {
        let (x, y) = ((k % 23) as f64 / 7.0, (k / 23) as f64 / 5.0);
        if k % 37 == 5 {
            1e30
        } else {
            x.sin() * y.cos() + 0.01 * (k * 7919 % 13) as f64
        }
    };
    let values: Vec<f64> = (0..23 * 30).map(smooth).collect();
    let bytes = bytes_of(&values, 8);
    let arrays = [&[30, 23][..], &[690], &[6, 5, 23]].map(|shape| {
        let source = array(&bytes, F8, shape);
        (bytes.clone(), source)
    });
    tables.into_iter().chain(arrays).collect()
}

#[test]
fn damaged_files_are_noticed() {
    for (bytes, source) in varied() {
        for bound in ["1e-2:rel", "1e-3:pw-rel", "3:digits"] {
            let plan = plan(&bytes, &source, &request(bound));
            let file = encode(&bytes, &source, &plan);
            let back = support::decode(&file).unwrap();
            assert_eq!(violation(&bytes, &back, &source, &plan), None, "{bound}");
            for k in (0..file.len()).filter(|k| *k < 200 || k % 7 == 0) {
                let mut damaged = file.clone();
                damaged[k] ^= 1 << (k % 8);
                // The last bits of a range coder's words may say nothing.
                let decoded = support::decode(&damaged).unwrap_or(back.clone());
                assert_eq!(decoded, back, "{bound}: byte {k}");
                assert!(support::decode(&file[..k]).is_err(), "{bound}: {k} bytes");
            }
        }
    }
}

/// A frame of numbers of any words, which claims so many bytes of content, in a member that is lossy or not.
fn of_words(words: &[u32], content_len: u32, lossy: bool) -> Vec<u8> {
    let model = EntropyModel::Numbers(Numbers { inner_len: 0 });
    let header = FrameHeader {
        streams: vec![words.len() as u32],
        ..FrameHeader::plain(model, content_len, frame_hash(&[]))
    };
    let head = Head {
        bounds: lossy.then(Vec::new),
    };
    let words = words.iter().flat_map(|word| word.to_le_bytes());
    let frame: Vec<u8> = header.to_bytes().into_iter().chain(words).collect();
    let head = head.to_bytes();
    let index = Index {
        head_len: head.len() as u64,
        entries: vec![IndexEntry {
            frame_len: frame.len() as u32,
            content_len,
        }],
        ..Index::default()
    };
    let footer = Footer {
        content_len: content_len.into(),
        hash: [0; 32],
    };
    [head, frame, index.to_bytes(&footer)].concat()
}

#[test]
fn only_lossy_members_have_frames_of_numbers() {
    let file = of_words(&[1, 2, 3], 100, false);
    for message in [
        support::decode(&file).unwrap_err().to_string(),
        list(Cursor::new(&file)).unwrap_err().to_string(),
    ] {
        assert!(message.contains("not lossy"), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Nobody wrote these words: decoding ends with an error, whatever they say.
    #[test]
    fn words_that_no_encoder_wrote(
        words in prop::collection::vec(any::<u32>(), 1..60),
        sparse in any::<bool>(),
        content_len in 1u32..20_000,
    ) {
        let few = |word: &u32| if sparse { word & (word >> 7) & (word << 9) } else { *word };
        let words: Vec<u32> = words.iter().map(few).collect();
        prop_assert!(support::decode(&of_words(&words, content_len, true)).is_err());
    }
}
