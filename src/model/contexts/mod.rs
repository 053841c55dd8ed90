//! What the counters and the named bytes are keyed by.

mod arrays;
mod residuals;
mod tables;
mod text;

use crate::layout::{Companions, Contexts, NO_TAP, Place, TAPS};

pub use text::TextState;

/// Contexts of each kind: the most useful first, so that less effort takes the first of them.
pub const CONTEXTS: usize = 20;

/// The context of the slots: in tables all of an element that is known, in its column.
pub const REPEATING: usize = 1;

/// What a lane has coded so far.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    /// The frame's content up to here, and whatever stands behind.
    pub content: &'a [u8],
    /// The lane's first byte.
    pub start: usize,
    /// The byte to predict.
    pub position: usize,
}

impl Past<'_> {
    /// The token `lag` bytes back, [`NO_TAP`] for lag 0 and before the lane's start.
    #[inline]
    pub fn back(&self, lag: u32) -> u16 {
        let lag = lag as usize;
        if lag == 0 || lag > self.position - self.start {
            NO_TAP
        } else {
            u16::from(self.content[self.position - lag])
        }
    }
}

/// 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Folds a value into a hash; the upper bits are the good ones.
#[inline]
pub fn fold(hash: u64, value: u64) -> u64 {
    let h = (hash ^ value).wrapping_add(1).wrapping_mul(MULTIPLIER);
    h ^ (h >> 29)
}

/// Spreads a folded hash over its upper bits.
#[inline]
pub fn finish(hash: u64) -> u64 {
    hash.wrapping_mul(MULTIPLIER)
}

/// What the contexts of a kind hold, in words.
pub fn names(kind: Contexts) -> [&'static str; CONTEXTS] {
    match kind {
        Contexts::Text => text::NAMES,
        Contexts::Table => tables::NAMES,
        Contexts::Array => arrays::NAMES,
        Contexts::Residuals => residuals::NAMES,
    }
}

/// The hashes of the first `count` contexts.
pub fn contexts(
    kind: Contexts,
    count: usize,
    place: Place,
    lags: &[u32; TAPS],
    past: &Past,
    text: &TextState,
    companions: &Companions,
) -> [u64; CONTEXTS] {
    // Compiled for each effort, so that contexts that it does not take cost nothing.
    match count {
        4 => first::<4>(kind, place, lags, past, text, companions),
        8 => first::<8>(kind, place, lags, past, text, companions),
        5 => first::<5>(kind, place, lags, past, text, companions),
        10 => first::<10>(kind, place, lags, past, text, companions),
        _ => first::<CONTEXTS>(kind, place, lags, past, text, companions),
    }
}

#[inline(always)]
fn first<const COUNT: usize>(
    kind: Contexts,
    place: Place,
    lags: &[u32; TAPS],
    past: &Past,
    text: &TextState,
    companions: &Companions,
) -> [u64; CONTEXTS] {
    let keys = match kind {
        Contexts::Text => text::contexts(past, text),
        Contexts::Table => tables::contexts(place, lags, past, companions),
        Contexts::Array => arrays::contexts(place, lags, past),
        Contexts::Residuals => residuals::contexts(place, lags, past),
    };
    let mut hashes = [0; CONTEXTS];
    for (j, (hash, key)) in hashes.iter_mut().zip(&keys[..COUNT]).enumerate() {
        *hash = finish(fold(*key, j as u64));
    }
    hashes
}

/// The bytes of an element that are known already.
fn begun(place: Place) -> u32 {
    u32::from(place.phase + 1 - place.width)
}

/// The known bytes of the element being coded, as a number.
fn own(place: Place, past: &Past) -> u64 {
    (1..=begun(place))
        .rev()
        .fold(0, |own, lag| own << 8 | u64::from(past.back(lag)))
}

/// The element whose byte at the same place is `lag` back; none for lag 0 and if it is not all there.
fn element(place: Place, lag: u32, past: &Past) -> Option<u64> {
    element_of(place, place.width, lag, past)
}

/// The element of another column, of `width` bytes: the first is `lag` before the first of the own.
fn element_of(place: Place, width: u8, lag: u32, past: &Past) -> Option<u64> {
    let first = lag + begun(place);
    if lag == 0 || past.back(first) == NO_TAP {
        return None;
    }
    let bytes = (0..u32::from(width)).map(|k| u64::from(past.back(first - k)));
    Some(bytes.fold(0, |value, byte| value << 8 | byte))
}

/// What an expected value says of the next byte, the element so far being `own`: how far that is from the value's own
/// beginning, and the value's next bits.
fn expected(place: Place, own: u64, value: Option<u64>) -> u64 {
    let Some(value) = value else {
        return 1 << 30;
    };
    // Bytes to come, this one included: at least 1.
    let rest = u32::from(place.width) - begun(place);
    let begins = value.checked_shr(8 * rest).unwrap_or(0);
    let next = value >> (8 * (rest - 1)) & 255;
    let off = (own.wrapping_sub(begins) as i64).clamp(-2, 2);
    let after = match rest {
        2.. if off == 0 => value >> (8 * (rest - 2) + 6) & 3,
        _ => 0,
    };
    ((off + 2) as u64) << 16 | next << 2 | after
}
