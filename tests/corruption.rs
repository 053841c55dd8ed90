//! Damage is reported, or does no harm: never other bytes, never a panic.

mod support;

use boa_constrictor::stream::list;
use support::{decode, encode, noise, records};

fn every_flip(content: &[u8]) {
    let mut file = encode(content);
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
    let file = encode(&content);
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
