//! Contexts of tables: columns, and the bytes and numbers above and before.

use super::element::{element, element_of, expected, own};
use super::hash::{CONTEXTS, fold};
use super::past::Past;
use crate::layout::{CrossColumn, CrossColumns, Position, TAPS};

/// The contexts in words, in their order; `begun`: what is known of the element.
pub const NAMES: [&str; CONTEXTS] = [
    "column",
    "column, begun",
    "1st reference, or top",
    "two references, or last, above",
    "close to above",
    "left element",
    "2nd reference, or above",
    "begun, 2 tops",
    "2 above, last",
    "last 2",
    "column, last 6",
    "3rd reference, or 2 above",
    "close to line",
    "three references, or column, last",
    "two exact references, or begun, 2 left",
    "last 3",
    "last 2, above",
    "last 4",
    "column, above",
    "reference, above, or last byte",
];

/// `column`: the position in the record; `phase`: in the element; `own`: the element so far.
#[inline(always)]
pub fn contexts(
    position: Position,
    lags: &[u32; TAPS],
    past: &Past,
    cross_columns: &CrossColumns,
) -> [u64; CONTEXTS] {
    let back = |lag| u64::from(past.back(lag));
    let [p1, p2, p3, p4] = [1, 2, 3, 4].map(back);
    let (above, above2) = (back(lags[2]), back(lags[3]));
    let column = u64::from(position.column) << 40;
    let phase = u64::from(position.phase) << 40;
    let width = u32::from(position.width);
    let number = u32::from(position.phase + 1 - position.width);
    let own = own(position, past);
    let in_column = fold(column, own);
    // The first bytes of the elements before.
    let (top, top2) = (back(number + width), back(number + 2 * width));
    let left = element(position, width, past).map_or(0, |value| value.wrapping_add(1));
    let [last, before] = [lags[2], lags[3]].map(|lag| element(position, lag, past));
    let linear = match (last, before) {
        (Some(last), Some(before)) => Some(last.wrapping_mul(2).wrapping_sub(before)),
        _ => last,
    };
    let cross_value =
        cross_columns.map(|cross_column| cross_column.map(|c| cross_value(position, c, past)));
    let [first, second, third] = cross_value;
    [
        column,
        in_column,
        match first {
            Some(first) => fold(in_column, fold(1, first)),
            None => fold(in_column, top),
        },
        match cross_value {
            [Some(first), Some(second), _] => fold(in_column, fold(first >> 2, second >> 2)),
            _ => phase | p1 | above << 9,
        },
        fold(column, expected(position, own, last)),
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
        fold(column, expected(position, own, linear)),
        match cross_value {
            [Some(first), Some(second), Some(third)] => {
                fold(in_column, fold(first >> 3, fold(second >> 3, third >> 3)))
            }
            _ => column | p1,
        },
        match cross_value {
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

/// The value of a reference where there is none.
const NOTHING: u64 = 1 << 62;

/// The upper bits of a referenced column's element.
#[inline(always)]
fn cross_value(position: Position, cross_column: CrossColumn, past: &Past) -> u64 {
    element_of(position, cross_column.width, cross_column.lag, past)
        .map_or(NOTHING, |value| value >> cross_column.shift)
}
