//! What the counters and the named bytes are keyed by.

mod arrays;
mod element;
mod hash;
mod past;
mod residuals;
mod tables;
mod text;

use crate::layout::{Companions, Contexts, Place, TAPS};

pub use hash::{CONTEXTS, finish, fold};
pub use past::Past;
pub use text::TextState;

/// The context of the slots: in tables all of an element that is known, in its column.
pub const REPEATING: usize = 1;

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
