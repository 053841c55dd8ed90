//! What the counters and the indirect context are keyed by.

mod arrays;
mod element;
mod hash;
mod past;
mod residuals;
mod tables;
mod text;

use crate::layout::{Contexts, CrossColumns, Position, TAPS};

pub use hash::{CONTEXTS, finish, fold};
pub use past::Past;
pub use text::TextState;

/// The context of the indirect context: in tables all of an element that is known, in its column.
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
    position: Position,
    lags: &[u32; TAPS],
    past: &Past,
    text: &TextState,
    cross_columns: &CrossColumns,
) -> [u64; CONTEXTS] {
    // Compiled for each effort, so that contexts that it does not take cost nothing.
    match count {
        4 => first::<4>(kind, position, lags, past, text, cross_columns),
        8 => first::<8>(kind, position, lags, past, text, cross_columns),
        5 => first::<5>(kind, position, lags, past, text, cross_columns),
        10 => first::<10>(kind, position, lags, past, text, cross_columns),
        _ => first::<CONTEXTS>(kind, position, lags, past, text, cross_columns),
    }
}

#[inline(always)]
fn first<const COUNT: usize>(
    kind: Contexts,
    position: Position,
    lags: &[u32; TAPS],
    past: &Past,
    text: &TextState,
    cross_columns: &CrossColumns,
) -> [u64; CONTEXTS] {
    let keys = match kind {
        Contexts::Text => text::contexts(past, text),
        Contexts::Table => tables::contexts(position, lags, past, cross_columns),
        Contexts::Array => arrays::contexts(position, lags, past),
        Contexts::Residuals => residuals::contexts(position, lags, past),
    };
    let mut hashes = [0; CONTEXTS];
    for (j, (hash, key)) in hashes.iter_mut().zip(&keys[..COUNT]).enumerate() {
        *hash = finish(fold(*key, j as u64));
    }
    hashes
}
