//! Round trips, damage, and the same bytes from every kernel.

use super::{Damaged, decode, encode};
use crate::kernel::Kernel;
use crate::layout::{Contexts, CrossColumn, Layout, Positions};

fn layout(width: u8, record: u32, plane: u32, phase: u32) -> Layout {
    Layout {
        width,
        swap: false,
        record,
        plane,
        phase,
    }
}

/// Bytes whose rows have constant, noisy, slow and dependent columns.
fn bytes(len: usize, period: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut rows = vec![0u8; len];
    for (k, byte) in rows.iter_mut().enumerate() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (row, column) = (k / period.max(1), k % period.max(1));
        *byte = match column % 5 {
            0 => (row / 7) as u8,
            1 => 9,
            2 => (state >> 24) as u8,
            3 => (state >> 30) as u8,
            _ => (row * row / 9) as u8 & 15,
        };
    }
    rows
}

/// Positions of all kinds, with frames of so many bytes.
fn all() -> impl Iterator<Item = (Positions, Vec<u8>)> {
    let layouts = [
        Layout::BYTES,
        layout(2, 0, 0, 1),
        layout(4, 400, 0, 0),
        layout(4, 400, 8000, 12),
        layout(8, 24, 0, 17),
        layout(1, 13, 0, 5),
        layout(1, 5000, 0, 0),
    ];
    let lens = (0..20).chain([63, 64, 65, 400, 6001, 20_000, 70_000]);
    layouts.into_iter().flat_map(move |layout| {
        let period = layout.period() as usize;
        lens.clone()
            .map(move |len| (Positions::uniform(&layout), bytes(len, period)))
    })
}

#[test]
fn bytes_return() {
    for (positions, bytes) in all() {
        let payload = encode(&positions, &bytes);
        let decoded = decode(&positions, &payload, bytes.len());
        assert_eq!(decoded, Ok(bytes), "{positions:?}");
    }
}

#[test]
fn several_blocks_return() {
    let bytes = bytes(600_001, 5);
    for record in [0, 5] {
        let positions = Positions::uniform(&layout(1, record, 0, 0));
        let payload = encode(&positions, &bytes);
        assert!(payload.len() < bytes.len() * 7 / 10);
        assert_eq!(
            decode(&positions, &payload, bytes.len()).as_ref(),
            Ok(&bytes)
        );
    }
}

#[test]
fn references_and_residuals_return() {
    let bytes = bytes(30_000, 10);
    let cross = CrossColumn {
        lag: 4,
        width: 2,
        shift: 0,
    };
    let of_record: Vec<_> = (0..10u32)
        .map(|k| [(k / 2 >= 2).then_some(cross), None, None])
        .collect();
    let table = Positions::uniform(&layout(2, 10, 0, 0)).with_cross_columns(of_record);
    let residuals = Positions::uniform(&layout(2, 100, 0, 0)).within(Contexts::Residuals);
    for positions in [table, residuals] {
        let payload = encode(&positions, &bytes);
        assert_eq!(
            decode(&positions, &payload, bytes.len()).as_ref(),
            Ok(&bytes)
        );
    }
}

#[test]
fn constant_columns_take_next_to_nothing() {
    let positions = Positions::uniform(&layout(4, 400, 0, 0));
    let bytes = [1, 2, 3, 4].repeat(100_000);
    assert!(encode(&positions, &bytes).len() < 20 * 100);
}

#[test]
fn noise_is_stored() {
    let positions = Positions::uniform(&Layout::BYTES);
    let mut state = 1u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(20_000)
    .collect();
    assert!(encode(&positions, &noise).len() < noise.len() + 16);
}

#[test]
fn every_kernel_gives_the_same_payload() {
    let here: Vec<Kernel> = { Kernel::ALL.into_iter() }
        .filter(|kernel| kernel.is_here())
        .collect();
    for (positions, bytes) in all().filter(|(_, bytes)| bytes.len() > 50) {
        let payloads: Vec<_> = { here.iter() }
            .map(|kernel| {
                assert!(kernel.select());
                encode(&positions, &bytes)
            })
            .collect();
        for (payload, kernel) in payloads.iter().zip(here.iter().rev()) {
            assert_eq!(payload, &payloads[0]);
            assert!(kernel.select());
            assert_eq!(
                decode(&positions, payload, bytes.len()).as_ref(),
                Ok(&bytes)
            );
        }
    }
}

#[test]
fn damage_is_an_error_or_other_bytes() {
    let positions = Positions::uniform(&layout(4, 12, 0, 3));
    let bytes = bytes(3000, 12);
    let payload = encode(&positions, &bytes);
    for at in 0..payload.len() {
        for flip in [1, 16, 128, 255] {
            let mut damaged = payload.clone();
            damaged[at] ^= flip;
            assert_ne!(
                decode(&positions, &damaged, bytes.len()),
                Ok(bytes.clone()),
                "{at} {flip}"
            );
        }
        let short = &payload[..at];
        assert_eq!(
            decode(&positions, short, bytes.len()),
            Err(Damaged),
            "{at} bytes"
        );
    }
    let long = [payload.as_slice(), &[0]].concat();
    assert_eq!(decode(&positions, &long, bytes.len()), Err(Damaged));
}
