//! Contexts of tables: columns, and the bytes and numbers above and before.

use super::{CONTEXTS, Past, element, expected, fold, own};
use crate::layout::{Place, TAPS};

/// The contexts in words, in their order; `begun`: what is known of the element.
pub const NAMES: [&str; CONTEXTS] = [
    "column",
    "column, begun",
    "above, begun",
    "last, above",
    "begun, top",
    "last 3 bytes",
    "near above",
    "2 above, last",
    "left element",
    "begun, 2 tops",
    "column, last 6",
    "2 above",
    "near line",
    "column, last",
    "begun, 2 left",
    "last 2",
    "last 2, above",
    "last 4",
    "column, above",
    "last byte",
];

/// `column`: the place in the record; `phase`: in the element; `own`: the element so far.
#[inline(always)]
pub fn contexts(place: Place, lags: &[u32; TAPS], past: &Past) -> [u64; CONTEXTS] {
    let back = |lag| u64::from(past.back(lag));
    let [p1, p2, p3, p4] = [1, 2, 3, 4].map(back);
    let (above, above2) = (back(lags[2]), back(lags[3]));
    let column = u64::from(place.column) << 40;
    let phase = u64::from(place.phase) << 40;
    let width = u32::from(place.width);
    let number = u32::from(place.phase + 1 - place.width);
    let own = own(place, past);
    let in_column = fold(column, own);
    // The first bytes of the elements before.
    let (top, top2) = (back(number + width), back(number + 2 * width));
    let left = element(place, width, past).map_or(0, |value| value.wrapping_add(1));
    let [last, before] = [lags[2], lags[3]].map(|lag| element(place, lag, past));
    let line = match (last, before) {
        (Some(last), Some(before)) => Some(last.wrapping_mul(2).wrapping_sub(before)),
        _ => last,
    };
    [
        column,
        in_column,
        fold(column | above, own),
        phase | p1 | above << 9,
        fold(in_column, top),
        phase | p1 | p2 << 9 | p3 << 18,
        fold(column, expected(place, own, last)),
        fold(column | above << 10 | above2, p1),
        fold(in_column, left),
        fold(in_column, top | top2 << 10),
        fold(
            column,
            fold(p1 | p2 << 9 | p3 << 18, p4 | back(5) << 9 | back(6) << 18),
        ),
        phase | above | above2 << 9,
        fold(column, expected(place, own, line)),
        column | p1,
        fold(fold(phase, own), back(width) | back(2 * width) << 9),
        phase | p1 | p2 << 9,
        fold(column, p1 | p2 << 9 | above << 18),
        fold(phase, fold(p1 | p2 << 9, p3 | p4 << 9)),
        column | above,
        phase | p1,
    ]
}
