//! Frames in segments: what goes in comes out, for any lengths and any number of threads.

mod support;

use boa_constrictor::format::{Cursor, Head, Section, Segments};
use boa_constrictor::layout::Positions;
use boa_constrictor::stream::Coding;
use boa_constrictor::{DecodeOptions, Effort, EncodeOptions, Layout, Level, Model, decompress};
use support::{decode, encode_with, records, text};

fn coding<'a>(
    positions: &'a Positions,
    effort: Effort,
    lanes: usize,
    segments: Segments,
) -> Coding<'a> {
    let model = Model::built_in(1).map(|model| &**model);
    let whole = Coding::whole(model.filter(|_| lanes == 2), effort, positions, lanes);
    Coding {
        segments: Some(segments),
        ..whole
    }
}

#[test]
fn every_boundary_returns() {
    let plain = Positions::uniform(&Layout::BYTES);
    let table = Positions::uniform(&Layout {
        width: 4,
        record: 12,
        phase: 5,
        ..Layout::BYTES
    });
    for (positions, period, bytes) in [(plain, 1, text(4000)), (table, 12, records(4000))] {
        for (first, other, lanes) in [(1, 1, 1), (1, 50, 2), (40, 17, 4), (9, 3, 8), (2, 90, 64)] {
            let (first, other) = (first * period, other * period);
            let segments = Segments { first, other };
            let most = first + 15 * other;
            let lens = [
                first + 1,
                first + other - 1,
                first + other,
                first + other + 1,
            ];
            for len in lens.into_iter().chain([most - 1, most]) {
                let len = (len as usize).min(bytes.len());
                if len <= first as usize {
                    continue;
                }
                for effort in Effort::ALL {
                    let coding = coding(&positions, effort, lanes, segments);
                    let words = coding.encode(&bytes[..len]);
                    assert_eq!(words.len(), lanes * segments.count(len));
                    let views: Vec<&[u32]> = words.iter().map(Vec::as_slice).collect();
                    let decoded = coding.decode(&views, len);
                    assert!(
                        decoded == Ok(bytes[..len].to_vec()),
                        "{segments:?}, {len} bytes"
                    );
                }
            }
        }
    }
}

#[test]
fn segments_do_not_know_one_another() {
    let positions = Positions::uniform(&Layout::BYTES);
    let (first, other) = (3000, 1000);
    let coding = coding(&positions, Effort::Default, 1, Segments { first, other });
    let mut bytes = text(6000);
    let before = coding.encode(&bytes);
    bytes[4500] ^= 1;
    let after = coding.encode(&bytes);
    let same: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a == b).collect();
    assert_eq!(same, [true, true, false, true]);
    // But they know the first.
    bytes[2999] ^= 1;
    assert!(coding.encode(&bytes)[3] != after[3]);
}

#[test]
fn what_the_first_segment_has_is_found_again() {
    let positions = Positions::uniform(&Layout::BYTES);
    let segments = Segments {
        first: 2000,
        other: 2000,
    };
    let coding = coding(&positions, Effort::Fast, 1, segments);
    let noise = support::noise(2000);
    let words = coding.encode(&noise.repeat(4));
    assert!(words[0].len() > 490);
    assert!(
        words[1..].iter().all(|words| words.len() < 50),
        "{:?}",
        words[3].len()
    );
}

fn options(level: u8, threads: usize) -> EncodeOptions {
    EncodeOptions {
        threads,
        level: Level::new(level).unwrap(),
        ..EncodeOptions::default()
    }
}

/// The number of segments of each frame.
fn segments(file: &[u8]) -> Vec<usize> {
    let mut cursor = Cursor::new(file);
    Head::read_from(&mut cursor, boa_constrictor::format::Start::OfFile).unwrap();
    let mut counts = Vec::new();
    while let Section::Frame(header) = Section::read_from(&mut cursor).unwrap() {
        let segments = header.model.mix().and_then(|mix| mix.segments);
        counts.push(segments.map_or(1, |segments| segments.count(header.content_len as usize)));
        cursor
            .payload(header.payload_len() as usize, "payload")
            .unwrap();
    }
    counts
}

#[test]
fn four_megabytes_are_four_threads_work() {
    let content = records(4_000_000);
    let file = encode_with(&content, &options(3, 1));
    assert_eq!(segments(&file), [5]);
    for threads in [2, 3, 4] {
        assert!(
            encode_with(&content, &options(3, threads)) == file,
            "{threads} threads"
        );
    }
    for threads in [1, 2, 3, 4, 7] {
        let mut out = Vec::new();
        let options = DecodeOptions {
            threads,
            ..DecodeOptions::default()
        };
        decompress(&file[..], &mut out, &options, &()).unwrap();
        assert!(out == content, "{threads} threads");
    }
    let short = &content[..3_600_000];
    assert_eq!(segments(&encode_with(short, &options(3, 2))), [1]);
    // A byte that was changed in any segment is noticed.
    for at in [file.len() / 8, file.len() / 2, file.len() * 7 / 8] {
        let mut damaged = file.clone();
        damaged[at] ^= 4;
        assert!(decode(&damaged).is_err());
    }
}
