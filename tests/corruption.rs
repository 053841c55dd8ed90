//! Damage is reported, or does no harm: never other bytes, never a panic.

mod support;

use boa_constrictor::format::EntropyModel;
use boa_constrictor::stream::list;
use boa_constrictor::{EncodeOptions, Level};
use std::path::Path;
use support::{decode, encode, encode_with, noise, records};

fn every_flip(content: &[u8]) {
    every_flip_of(encode(content), content);
}

fn every_flip_of(mut file: Vec<u8>, content: &[u8]) {
    for byte in 0..file.len() {
        for bit in 0..8 {
            file[byte] ^= 1 << bit;
            if let Ok(decoded) = decode(&file) {
                assert_eq!(decoded, content, "bit {bit} of byte {byte}");
            }
            // Lists read no payload, so that they may be content with a damaged one.
            let _ = list(std::io::Cursor::new(&file));
            file[byte] ^= 1 << bit;
        }
    }
}

#[test]
fn every_flip_in_an_empty_file() {
    every_flip(&[]);
}

#[test]
fn every_flip_in_a_constant_frame() {
    every_flip(&[9; 5000]);
}

#[test]
fn every_flip_in_a_stored_frame() {
    every_flip(&noise(60));
}

#[test]
fn every_flip_in_a_coded_frame() {
    every_flip(&records(240));
}

/// At level 1.
fn quickly(content: &[u8]) -> Vec<u8> {
    let options = EncodeOptions {
        level: Level::new(1).unwrap(),
        ..EncodeOptions::default()
    };
    let file = encode_with(content, &options);
    let members = list(std::io::Cursor::new(&file)).unwrap();
    let model = &members[0].frames[0].header.model;
    assert!(matches!(model, EntropyModel::Columns(_)), "{model:?}");
    file
}

#[test]
fn every_flip_in_a_frame_of_columns() {
    let content = records(900);
    every_flip_of(quickly(&content), &content);
}

#[test]
fn every_flip_in_the_fixtures_of_columns() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let names = support::names(&directory);
    let of_columns = names.iter().filter(|name| name.starts_with("v1-columns-"));
    let mut count = 0;
    for name in of_columns {
        let file = std::fs::read(directory.join(name)).unwrap();
        let content = decode(&file).unwrap();
        count += 1;
        // A bit in each of as many stretches.
        let stretch = file.len().div_ceil(500);
        for (n, at) in (0..file.len()).step_by(stretch).enumerate() {
            let mut damaged = file.clone();
            damaged[at + n % stretch.min(file.len() - at)] ^= 1 << (n % 8);
            if let Ok(decoded) = decode(&damaged) {
                assert!(decoded == content, "{name}, byte {at}");
            }
            assert!(decode(&file[..at]).is_err(), "{name}, {at} bytes");
        }
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn a_flip_outside_the_payload_is_always_an_error() {
    // Head, frame header, index and footer are under a check, every bit of them.
    let content = noise(40);
    let mut file = encode(&content);
    for byte in 0..file.len() {
        file[byte] ^= 0x10;
        assert!(decode(&file).is_err(), "byte {byte}");
        file[byte] ^= 0x10;
    }
}

#[test]
fn bytes_removed_or_doubled_are_an_error() {
    let content = records(300);
    for file in [encode(&content), quickly(&content)] {
        for byte in 0..file.len() {
            let mut shorter = file.clone();
            shorter.remove(byte);
            let mut longer = file.clone();
            longer.insert(byte, file[byte]);
            for damaged in [shorter, longer] {
                // Removing one of two equal neighbours elsewhere would give the same file back.
                assert!(damaged != file && decode(&damaged).is_err(), "byte {byte}");
            }
        }
    }
}

#[test]
fn frames_out_of_order_are_an_error() {
    // Each frame alone is sound; the hash of the whole finds the order.
    const FRAME: usize = 4 << 20;
    let file = encode(&[1, 2, 3].map(|byte| vec![byte; FRAME]).concat());
    let members = list(std::io::Cursor::new(&file)).unwrap();
    let [first, second, ..] = &members[0].frames[..] else {
        panic!("several frames expected")
    };
    let (a, b) = (first.offset as usize, second.offset as usize);
    let end = b + second.frame_len as usize;
    let swapped = [&file[..a], &file[b..end], &file[a..b], &file[end..]].concat();
    let error = decode(&swapped).unwrap_err().to_string();
    assert!(error.contains("hash of the whole content"), "{error}");
}
