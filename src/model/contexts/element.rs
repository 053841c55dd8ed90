//! Elements that the bytes so far make up, and what they say of the one being coded.

use super::past::Past;
use crate::layout::{NO_TAP, Position};

/// The bytes of an element that are known already.
fn begun(position: Position) -> u32 {
    u32::from(position.phase + 1 - position.width)
}

/// The known bytes of the element being coded, as a number.
pub(super) fn own(position: Position, past: &Past) -> u64 {
    (1..=begun(position))
        .rev()
        .fold(0, |own, lag| own << 8 | u64::from(past.back(lag)))
}

/// The element whose byte at the same position is `lag` back; none for lag 0 and if it is not all there.
pub(super) fn element(position: Position, lag: u32, past: &Past) -> Option<u64> {
    element_of(position, position.width, lag, past)
}

/// The element of another column, of `width` bytes: the first is `lag` before the first of the own.
pub(super) fn element_of(position: Position, width: u8, lag: u32, past: &Past) -> Option<u64> {
    let first = lag + begun(position);
    if lag == 0 || past.back(first) == NO_TAP {
        return None;
    }
    let bytes = (0..u32::from(width)).map(|k| u64::from(past.back(first - k)));
    Some(bytes.fold(0, |value, byte| value << 8 | byte))
}

/// What an expected value predicts of the next byte, the element so far being `own`: how far that is from the value's
/// own beginning, and the value's next bits.
pub(super) fn expected(position: Position, own: u64, value: Option<u64>) -> u64 {
    let Some(value) = value else {
        return 1 << 30;
    };
    // Bytes to come, this one included: at least 1.
    let rest = u32::from(position.width) - begun(position);
    let begins = value.checked_shr(8 * rest).unwrap_or(0);
    let next = value >> (8 * (rest - 1)) & 255;
    let off = (own.wrapping_sub(begins) as i64).clamp(-2, 2);
    let after = match rest {
        2.. if off == 0 => value >> (8 * (rest - 2) + 6) & 3,
        _ => 0,
    };
    ((off + 2) as u64) << 16 | next << 2 | after
}
