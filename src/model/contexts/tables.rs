//! Contexts of tables: columns, and the bytes and numbers above and before.

use super::element::{element, element_of, expected, own};
use super::hash::{CONTEXTS, fold};
use super::past::Past;
use crate::layout::{Companion, Companions, Place, TAPS};

/// The contexts in words, in their order; `begun`: what is known of the element.
pub const NAMES: [&str; CONTEXTS] = [
    "column",
    "column, begun",
    "companion, or top",
    "two companions, or last, above",
    "near above",
    "left element",
    "2nd companion, or above",
    "begun, 2 tops",
    "2 above, last",
    "last 2",
    "column, last 6",
    "3rd companion, or 2 above",
    "near line",
    "three companions, or column, last",
    "two near companions, or begun, 2 left",
    "last 3",
    "last 2, above",
    "last 4",
    "column, above",
    "companion, above, or last byte",
];

/// `column`: the place in the record; `phase`: in the element; `own`: the element so far.
#[inline(always)]
pub fn contexts(
    place: Place,
    lags: &[u32; TAPS],
    past: &Past,
    companions: &Companions,
) -> [u64; CONTEXTS] {
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
    let told = companions.map(|companion| companion.map(|c| told(place, c, past)));
    let [first, second, third] = told;
    [
        column,
        in_column,
        match first {
            Some(first) => fold(in_column, fold(1, first)),
            None => fold(in_column, top),
        },
        match told {
            [Some(first), Some(second), _] => fold(in_column, fold(first >> 2, second >> 2)),
            _ => phase | p1 | above << 9,
        },
        fold(column, expected(place, own, last)),
        fold(in_column, left),
        match second {
            Some(second) => fold(in_column, fold(2, second)),
            None => fold(column | above, own),
        },
        fold(in_column, top | top2 << 10),
        fold(column | above << 10 | above2, p1),
        phase | p1 | p2 << 9,
        fold(
            column,
            fold(p1 | p2 << 9 | p3 << 18, p4 | back(5) << 9 | back(6) << 18),
        ),
        match third {
            Some(third) => fold(in_column, fold(3, third)),
            None => phase | above | above2 << 9,
        },
        fold(column, expected(place, own, line)),
        match told {
            [Some(first), Some(second), Some(third)] => {
                fold(in_column, fold(first >> 3, fold(second >> 3, third >> 3)))
            }
            _ => column | p1,
        },
        match told {
            [Some(first), Some(second), _] => fold(in_column, fold(4, fold(first, second))),
            _ => fold(fold(phase, own), back(width) | back(2 * width) << 9),
        },
        phase | p1 | p2 << 9 | p3 << 18,
        fold(column, p1 | p2 << 9 | above << 18),
        fold(phase, fold(p1 | p2 << 9, p3 | p4 << 9)),
        column | above,
        match first {
            Some(first) => fold(in_column, fold(5, fold(first, above))),
            None => phase | p1,
        },
    ]
}

/// What a companion says where there is none.
const NOTHING: u64 = 1 << 62;

/// The upper bits of a companion's element.
#[inline(always)]
fn told(place: Place, companion: Companion, past: &Past) -> u64 {
    element_of(place, companion.width, companion.lag, past)
        .map_or(NOTHING, |value| value >> companion.shift)
}
