//! What goes in comes out, whatever its length and kind, and the same bytes for any number of threads.

mod support;

use boa_constrictor::layout::{Contexts, SpecifiedLayout};
use boa_constrictor::stream::lanes::lane_count;
use boa_constrictor::{DecodeOptions, Effort, EncodeOptions, Layout, Level, compress, decompress};
use proptest::prelude::*;
use support::{decode, encode, encode_with, noise, records, text};

/// Lengths where something changes, and their neighbours.
fn lengths() -> Vec<usize> {
    let mut lengths: Vec<usize> = (0..=17)
        .chain([31, 32, 33, 63, 64, 65, 255, 256, 257])
        .collect();
    for effort in Effort::ALL {
        for kind in [Contexts::Text, Contexts::Table] {
            let lanes = |len| lane_count(effort, kind, len);
            for len in (2..=200_000).filter(|&len| lanes(len) != lanes(len - 1)) {
                lengths.extend([len - 1, len, len + 1]);
            }
        }
    }
    lengths
}

#[test]
fn every_boundary_returns() {
    for len in lengths() {
        for content in [records(len), text(len)] {
            let file = encode(&content);
            assert!(decode(&file).unwrap() == content, "{len} bytes");
            assert!(file.len() <= len + 108, "{len} bytes became {}", file.len());
        }
    }
}

#[test]
fn every_level_returns() {
    let content = [records(30_000), text(50_000)].concat();
    let sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(|number| {
        let options = EncodeOptions {
            level: Level::new(number).unwrap(),
            ..EncodeOptions::default()
        };
        let file = encode_with(&content, &options);
        assert!(decode(&file).unwrap() == content, "level {number}");
        file.len()
    });
    assert!(sizes[0] == sizes[1] && sizes[3] == sizes[5] && sizes[6] == sizes[8]);
    // Matches of the quick levels may do better on such text than a fast mix.
    assert!(sizes[2] > sizes[4] && sizes[4] > sizes[8], "{sizes:?}");
    assert!(Level::new(0).is_none() && Level::new(10).is_none());
}

#[test]
fn other_kinds_return() {
    for content in [noise(70_000), text(70_000), vec![0; 70_000], vec![255; 1]] {
        assert!(decode(&encode(&content)).unwrap() == content);
    }
}

#[test]
fn frame_boundaries_return() {
    const FRAME: usize = 4 << 20;
    for len in [FRAME - 1, FRAME, FRAME + 1, 4 * FRAME, 4 * FRAME + 1] {
        let content = vec![42; len];
        assert!(decode(&encode(&content)).unwrap() == content, "{len} bytes");
    }
}

#[test]
fn threads_do_not_change_the_bytes() {
    // A few frames: constant ones are quick, and the last is coded. It is just too long to be shared with the one before,
    // which would then be coded too.
    let mut content = vec![7; 20 << 20];
    content.extend(records((4 << 20) / 8 + 1));
    let files = [1, 2, 7].map(|threads| {
        encode_with(
            &content,
            &EncodeOptions {
                threads,
                ..EncodeOptions::default()
            },
        )
    });
    assert!(files[0] == files[1] && files[0] == files[2]);
    for threads in [1, 2, 7] {
        let mut out = Vec::new();
        let options = DecodeOptions {
            threads,
            ..DecodeOptions::default()
        };
        let summary = decompress(&files[0][..], &mut out, &options, &()).unwrap();
        assert!(out == content);
        assert_eq!(summary.content, content.len() as u64);
        assert_eq!(summary.compressed, files[0].len() as u64);
    }
}

#[test]
fn a_file_gives_the_same_bytes_as_a_reader() {
    use std::io::Write;
    let content = records(50_000);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&content).unwrap();
    let mut compressed = Vec::new();
    let input = boa_constrictor::Input::from_file(file).unwrap();
    compress(input, &mut compressed, &EncodeOptions::default(), &()).unwrap();
    assert!(compressed == encode(&content));
}

#[test]
fn any_layout_returns() {
    let content = records(30_001);
    let layouts = [
        Layout {
            width: 4,
            swap: true,
            record: 12,
            plane: 0,
            phase: 0,
        },
        Layout {
            width: 4,
            swap: false,
            record: 12,
            plane: 1200,
            phase: 5,
        },
        Layout {
            width: 2,
            swap: true,
            record: 0,
            plane: 0,
            phase: 1,
        },
        Layout {
            width: 8,
            swap: true,
            record: 1 << 20,
            plane: 1 << 26,
            phase: 1000,
        },
    ];
    for layout in layouts {
        let options = EncodeOptions {
            layout: SpecifiedLayout::Layout(layout),
            ..EncodeOptions::default()
        };
        assert!(
            decode(&encode_with(&content, &options)).unwrap() == content,
            "{layout:?}"
        );
    }
}

#[test]
fn a_layout_that_contradicts_itself_is_refused_before_anything_is_written() {
    let bad = [
        Layout {
            width: 3,
            ..Layout::BYTES
        },
        Layout {
            width: 4,
            record: 6,
            ..Layout::BYTES
        },
        Layout {
            plane: 6,
            ..Layout::BYTES
        },
        Layout {
            phase: 1,
            ..Layout::BYTES
        },
    ];
    for layout in bad {
        let options = EncodeOptions {
            layout: SpecifiedLayout::Layout(layout),
            ..EncodeOptions::default()
        };
        let mut out = Vec::new();
        let input = boa_constrictor::Input::from_reader(&b"some bytes"[..]);
        let error = compress(input, &mut out, &options, &()).unwrap_err();
        assert!(
            matches!(error, boa_constrictor::Error::InvalidArgument(_)),
            "{error}"
        );
        assert!(out.is_empty());
    }
    // Order means nothing to single bytes, and a decoder would refuse it.
    let layout = SpecifiedLayout::Layout(Layout {
        swap: true,
        ..Layout::BYTES
    });
    let content = records(1000);
    let file = encode_with(
        &content,
        &EncodeOptions {
            layout,
            ..EncodeOptions::default()
        },
    );
    assert!(decode(&file).unwrap() == content);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_return(content in proptest::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert_eq!(decode(&encode(&content)).unwrap(), content);
    }

    #[test]
    fn any_bytes_are_refused_or_decoded_but_never_a_panic(
        mut tail in proptest::collection::vec(any::<u8>(), 0..400), whole in any::<bool>()
    ) {
        if !whole {
            tail.splice(0..0, encode(b"")[..14].iter().copied());
        }
        prop_assert!(decode(&tail).is_err());
    }
}
