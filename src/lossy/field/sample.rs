//! A piece of a field that is enough to compare methods on.

use super::quantised::Quantised;
use crate::lossy::specials::Specials;
use std::ops::Range;

/// Values of a sample: one of so many, but not fewer nor more than these.
const SHARE: usize = 5;
const MIN: usize = 20_000;
const MAX: usize = 150_000;

/// Which values lie in a sample of an array, and along which axes: whole slices from the middle, as they lie in memory.
pub fn piece(lengths: &[usize]) -> (Range<usize>, Vec<usize>) {
    let values: usize = lengths.iter().product();
    let most = (values / SHARE).clamp(MIN, MAX);
    let (mut slice, mut axis) = (values, 0);
    while slice > most && axis < lengths.len() {
        slice /= lengths[axis];
        axis += 1;
    }
    let Some(last) = axis.checked_sub(1) else {
        return (0..values, lengths.to_vec());
    };
    let count = (most / slice).clamp(1, lengths[last]);
    let before = values / slice / 2 / lengths[last] * lengths[last];
    let first = (before + (lengths[last] - count) / 2) * slice;
    let mut own = vec![count];
    own.extend(&lengths[axis..]);
    (first..first + count * slice, own)
}

/// A sample of a field.
pub fn sample(quantised: &Quantised) -> Quantised {
    let (range, lengths) = piece(&quantised.lengths);
    cut(quantised, range, lengths)
}

/// The first half of a field's outermost axis, at least one slice.
pub fn first_half(quantised: &Quantised) -> Quantised {
    let mut lengths = quantised.lengths.clone();
    lengths[0] = (lengths[0] / 2).max(1);
    cut(quantised, 0..lengths.iter().product(), lengths)
}

fn cut(quantised: &Quantised, range: Range<usize>, lengths: Vec<usize>) -> Quantised {
    let flags = quantised.specials.flags.get(range.clone());
    Quantised {
        lengths,
        grid: quantised.grid,
        whole: quantised.whole,
        specials: Specials {
            flags: flags.unwrap_or_default().to_vec(),
            bits: Vec::new(),
        },
        targets: quantised.targets[range].to_vec(),
    }
}
