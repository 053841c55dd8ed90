//! Contexts of what is left of an array's elements when a prediction is taken from them: the sizes around.

use super::arrays::neighbours;
use super::element::{element, own};
use super::hash::{CONTEXTS, fold};
use super::past::Past;
use crate::layout::{NO_TAP, Position, TAPS};

/// The contexts in words, in their order; `begun`: what is known of the element.
pub const NAMES: [&str; CONTEXTS] = [
    "begun, sizes around",
    "sizes along, across",
    "lengths left, above",
    "begun",
    "begun, sizes along",
    "begun, sizes across",
    "lengths around",
    "last, above",
    "last, left",
    "last 2 bytes",
    "left, above",
    "begun, 2 left",
    "above, begun",
    "2 left",
    "byte of element",
    "last byte",
    "left",
    "last 3",
    "begun, top",
    "last 2, above",
];

/// Bit lengths of single elements, and sums of several in eighths of an octave.
#[inline(always)]
pub fn contexts(position: Position, lags: &[u32; TAPS], past: &Past) -> [u64; CONTEXTS] {
    let back = |lag| u64::from(past.back(lag));
    let [p1, p2, p3] = [1, 2, 3].map(back);
    let nearest = neighbours(position, lags);
    let [left, left2, above] = nearest.map(back);
    let phase = u64::from(position.phase) << 40;
    let width = u32::from(position.width);
    let number = u32::from(position.phase + 1 - position.width);
    let own = own(position, past);
    let begun = fold(phase, own);
    let rows = lags[2] > 0;

    let lengths = nearest.map(|lag| length(position, lag, past));
    let far = if rows { lags[3] } else { 4 * width };
    let beside = (lengths[0] + lengths[1]) / 2;
    let beyond = (lengths[2] + length(position, far, past)) / 2;
    // Of an array without rows the element two before is the next neighbour.
    let second = if rows { lengths[2] } else { lengths[1] };
    let started = u64::from((1..=number).any(|lag| past.back(lag) != 0));

    // Eight of the widest have to fit 64 bits.
    let drop = if width == 8 { 4 } else { 0 };
    let size = |lag| element(position, lag, past).unwrap_or(0) >> drop;
    let [w, w2, w3] = [width, 2 * width, 3 * width].map(size);
    let around = if rows {
        [
            lags[2],
            lags[2].saturating_sub(width),
            lags[2] + width,
            lags[3],
        ]
    } else {
        [4 * width, 5 * width, 6 * width, 7 * width]
    };
    let [n, ne, nw, f] = around.map(size);
    let along = 3 * w + 2 * w2 + w3;
    let across = 2 * n + ne + nw;
    let all = 2 * w + w2 + across + f;
    [
        fold(begun, eighths(all)),
        fold(
            begun,
            (eighths(along) >> 1) | ((eighths(across) >> 1) << 10),
        ),
        phase | lengths[0] | second << 7 | started << 14,
        begun,
        fold(begun, eighths(along)),
        fold(begun, (eighths(f + n) >> 1) | ((eighths(w) >> 1) << 10)),
        phase | beside | beyond << 7,
        phase | p1 | above << 9,
        phase | p1 | left << 9,
        phase | p1 | p2 << 9,
        phase | left | above << 9,
        fold(begun, left | left2 << 9),
        fold(phase | above, own),
        phase | left | left2 << 9,
        phase,
        phase | p1,
        phase | left,
        phase | p1 | p2 << 9 | p3 << 18,
        fold(begun, back(number + width)),
        fold(phase, p1 | p2 << 9 | above << 18),
    ]
}

/// The logarithm in eighths of an octave; small numbers are themselves.
fn eighths(value: u64) -> u64 {
    if value < 16 {
        return value;
    }
    let octave = 63 - u64::from(value.leading_zeros());
    octave * 8 + (value >> (octave - 3) & 7)
}

/// Significant bits of the element whose byte at the same position is `lag` back, at least a width; 127 if it is not
/// all there.
fn length(position: Position, lag: u32, past: &Past) -> u64 {
    let number = u32::from(position.phase + 1 - position.width);
    if past.back(lag + number) == NO_TAP {
        return 127;
    }
    let mut bits = 8 * u64::from(position.width);
    for k in 0..u32::from(position.width) {
        let byte = past.back(lag + number - k);
        if byte != 0 {
            return bits - u64::from(byte.leading_zeros() - 8);
        }
        bits -= 8;
    }
    0
}
