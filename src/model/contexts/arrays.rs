//! Contexts of arrays whose elements are all alike: the neighbours along each axis, and what they let expect.

use super::element::{element, expected, own};
use super::hash::{CONTEXTS, fold};
use super::past::Past;
use crate::layout::{Position, TAPS};

/// The bytes at the same position of the elements one and two before, and of the element above (without rows: three
/// before).
pub fn neighbours(position: Position, lags: &[u32; TAPS]) -> [u32; 3] {
    let width = u32::from(position.width);
    let above = if lags[2] > 0 { lags[2] } else { 3 * width };
    [width, 2 * width, above]
}

/// The contexts in words, in their order; `begun`: what is known of the element.
pub const NAMES: [&str; CONTEXTS] = [
    "close to plane",
    "last byte",
    "last, above",
    "close to left and above",
    "close to mean",
    "begun, 2 left",
    "close to line",
    "last 2",
    "last, left",
    "left, above",
    "begun",
    "left",
    "above, begun",
    "last 3",
    "begun, top",
    "2 left",
    "byte of element",
    "begun, 2 tops",
    "last 2, above",
    "last 4",
];

/// `plane`: left + above - above left, between left and above (Martucci 1990); `linear`: the last two extrapolated.
#[inline(always)]
pub fn contexts(position: Position, lags: &[u32; TAPS], past: &Past) -> [u64; CONTEXTS] {
    let back = |lag| u64::from(past.back(lag));
    let [p1, p2, p3, p4] = [1, 2, 3, 4].map(back);
    let [left, left2, above] = neighbours(position, lags).map(back);
    let phase = u64::from(position.phase) << 40;
    let width = u32::from(position.width);
    let number = u32::from(position.phase + 1 - position.width);
    let own = own(position, past);
    let begun = fold(phase, own);
    let top = back(number + width);

    let value = |lag| element(position, lag, past);
    let (west, west2) = (value(width), value(2 * width));
    let (north, north_west) = if lags[2] > 0 {
        (value(lags[2]), value(lags[2] + width))
    } else {
        (west2, value(3 * width))
    };
    let plane = match (west, north, north_west) {
        (Some(w), Some(n), Some(nw)) => {
            Some(w.wrapping_add(n).wrapping_sub(nw).clamp(w.min(n), w.max(n)))
        }
        _ => west,
    };
    let mean = match (west, north) {
        (Some(w), Some(n)) => Some((w >> 1) + (n >> 1)),
        _ => west,
    };
    let linear = match (west, west2) {
        (Some(w), Some(w2)) => Some(w.wrapping_mul(2).wrapping_sub(w2)),
        _ => west,
    };
    let [of_west, of_north] = [west, north].map(|value| expected(position, own, value));
    [
        fold(phase, expected(position, own, plane)),
        phase | p1,
        phase | p1 | above << 9,
        fold(phase, fold(of_west, of_north)),
        fold(phase, expected(position, own, mean)),
        fold(begun, left | left2 << 9),
        fold(phase, expected(position, own, linear)),
        phase | p1 | p2 << 9,
        phase | p1 | left << 9,
        phase | left | above << 9,
        begun,
        phase | left,
        fold(phase | above, own),
        phase | p1 | p2 << 9 | p3 << 18,
        fold(begun, top),
        phase | left | left2 << 9,
        phase,
        fold(begun, top | back(number + 2 * width) << 10),
        fold(phase, p1 | p2 << 9 | above << 18),
        fold(phase, fold(p1 | p2 << 9, p3 | p4 << 9)),
    ]
}
