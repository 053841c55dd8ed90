//! Round trips, damage, and the same bytes from every kernel.

use super::{BLOCK, decode, encode};
use crate::kernel::Kernel;
use crate::model::columns::Damaged;

fn noise(len: usize, bits: u32) -> Vec<u8> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> (32 - bits)) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Numbers in rows of text.
fn text(len: usize) -> Vec<u8> {
    let numbers = noise(len, 8);
    let rows = numbers.chunks(3).enumerate();
    let rows = rows.map(|(k, row)| format!("row {k}: {row:?}, and so on\n"));
    let mut text: Vec<u8> = rows.flat_map(String::into_bytes).take(len).collect();
    text.truncate(len);
    text
}

fn returns(bytes: &[u8]) -> usize {
    let payload = encode(bytes);
    let decoded = decode(&payload, bytes.len());
    assert!(decoded.as_deref() == Ok(bytes), "{} bytes", bytes.len());
    payload.len()
}

#[test]
fn short_frames_return() {
    for len in (0..40).chain([100, 1000]) {
        for bits in [1, 2, 8] {
            returns(&noise(len, bits));
        }
        returns(&text(len));
        returns(&vec![7; len]);
    }
    assert!(encode(&[]).is_empty());
}

#[test]
fn long_frames_return() {
    for len in [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5] {
        assert!(returns(&noise(len, 8)) < len + 100);
        assert!(returns(&noise(len, 2)) < len / 4 + len / 200 + 200);
        assert!(returns(&text(len)) < len / 4);
        assert!(returns(&vec![0; len]) < 200);
    }
}

#[test]
fn repetitions_of_all_periods_return() {
    for period in (1..40).chain([255, 256, 257, 5000, 100_000]) {
        let bytes = noise(period, 8).repeat(200_000 / period + 2);
        assert!(returns(&bytes) < period + period / 8 + 500, "{period}");
    }
}

#[test]
fn changes_of_content_return() {
    let mut bytes = text(2 * BLOCK - 100);
    bytes.extend(noise(2 * BLOCK, 8));
    bytes.extend(text(BLOCK));
    bytes.extend(vec![0; BLOCK]);
    bytes.extend(noise(1000, 4));
    returns(&bytes);
}

#[test]
fn every_kernel_gives_the_same_payload() {
    let mut bytes = text(BLOCK + 999);
    bytes.extend(noise(BLOCK, 3));
    let mut payloads = Vec::new();
    for kernel in { Kernel::ALL.into_iter() }.filter(|kernel| kernel.is_here()) {
        assert!(kernel.select());
        payloads.push(encode(&bytes));
        assert!(decode(&payloads[0], bytes.len()).as_ref() == Ok(&bytes));
    }
    assert!(payloads.iter().all(|payload| *payload == payloads[0]));
}

#[test]
fn damage_is_an_error_or_other_bytes() {
    let mut bytes = text(3000);
    bytes.extend(vec![1; 500]);
    bytes.extend(noise(5000, 8));
    let payload = encode(&bytes);
    for at in 0..payload.len() {
        for flip in [1, 16, 128, 255] {
            let mut damaged = payload.clone();
            damaged[at] ^= flip;
            assert!(decode(&damaged, bytes.len()).as_ref() != Ok(&bytes));
        }
    }
    for len in 0..payload.len() {
        assert_eq!(decode(&payload[..len], bytes.len()), Err(Damaged));
    }
    let long = [payload.as_slice(), &[0]].concat();
    assert_eq!(decode(&long, bytes.len()), Err(Damaged));
    assert_eq!(decode(&payload, bytes.len() + BLOCK), Err(Damaged));
}

#[test]
fn noise_is_no_payload() {
    for len in [0, 1, 100, BLOCK, 2 * BLOCK + 1] {
        for bits in [1, 2, 3, 8] {
            let payload = noise(2000, bits);
            // Whatever comes, it ends.
            let _ = decode(&payload, len);
        }
    }
    // More sequences than there is content for, in words that go on for ever.
    let endless = [0xa8, 0xd5, 0x0a, 0, 0, 0];
    let _ = decode(&endless, 1000);
}
