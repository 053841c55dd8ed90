//! Floating-point elements, recognised by their exponents.
//!
//! Numbers that were measured or computed have exponents near 0; read at a wrong position or in the wrong order, an
//! exponent is made of bits that are as good as random. This needs no neighbours, so that it works for sparse data and
//! data in columns too.

use super::cost::Window;
use crate::layout::Layout;

/// The least number of elements that can show anything.
const MIN_COUNT: u32 = 48;
/// The share of elements whose exponents must be usual.
const USUAL: f64 = 0.9;
/// What share more must be unusual under any other alignment of the same order, and how many times as many.
const APART: (f64, f64) = (0.1, 3.0);
/// How much better than little-endian elements big-endian ones must agree.
const BIG: f64 = 1.05;

/// The layout of `bytes` as floats of 4 or 8 bytes, if their exponents show it: without a record, its phase that of
/// `bytes[0]`.
///
/// `agreement` gives how much elements share with others close to them; it decides the byte order where the most
/// significant byte is usual under either.
pub(crate) fn find(
    bytes: &[u8],
    windows: &[Window],
    mut agreement: impl FnMut(&Layout) -> f64,
) -> Option<Layout> {
    // Numbers of 4 bytes look like some of 8 where their columns alternate, those of 8 hardly like others of 4.
    let narrow = of_width(bytes, windows, 4, &mut agreement);
    match narrow {
        Some(narrow) if !halves_zero(bytes, windows, &narrow) => Some(narrow),
        _ => of_width(bytes, windows, 8, &mut agreement).or(narrow),
    }
}

/// The same for floats of `width` bytes.
fn of_width(
    bytes: &[u8],
    windows: &[Window],
    width: u8,
    agreement: &mut impl FnMut(&Layout) -> f64,
) -> Option<Layout> {
    let [little, big] = [true, false].map(|swap| {
        let of_phase = |phase: u32| {
            let layout = Layout {
                width,
                swap,
                phase,
                ..Layout::BYTES
            };
            (usual(bytes, windows, &layout), layout)
        };
        let shares: Vec<(f64, Layout)> = (0..u32::from(width)).map(of_phase).collect();
        clear(&shares)
    });
    match (little, big) {
        (Some(little), Some(big)) if agreement(&big) > BIG * agreement(&little) => Some(big),
        (little, big) => little.or(big),
    }
}

/// Whether every other element of 4 bytes is zero, and those between are not: round numbers of 8 bytes.
fn halves_zero(bytes: &[u8], windows: &[Window], layout: &Layout) -> bool {
    let (mut zeros, mut counts) = ([0u32; 2], [0u32; 2]);
    for window in windows {
        for i in window.start..(window.start + window.len).saturating_sub(3) {
            let position = i + layout.phase as usize;
            if position.is_multiple_of(4) {
                let half = position / 4 % 2;
                counts[half] += 1;
                zeros[half] += u32::from(bytes[i..i + 4] == [0; 4]);
            }
        }
    }
    let [one, other] = [0, 1].map(|half| f64::from(zeros[half]) / f64::from(counts[half].max(1)));
    one.max(other) > 0.9 && one.min(other) < 0.5
}

/// The alignment under which exponents are usual, if they are so under no other.
fn clear(shares: &[(f64, Layout)]) -> Option<Layout> {
    let &(best, layout) = shares.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let least = (1.0 - best) * APART.1 + APART.0;
    let rivals = shares
        .iter()
        .filter(|(share, other)| other.phase != layout.phase && 1.0 - share < least)
        .count();
    (best >= USUAL && rivals == 0).then_some(layout)
}

/// The share of elements whose exponents are usual; zeros and repeats don't count.
fn usual(bytes: &[u8], windows: &[Window], layout: &Layout) -> f64 {
    let width = usize::from(layout.width);
    let (mut usual, mut count) = (0u32, 0u32);
    for window in windows {
        let phase = (window.start + layout.phase as usize) % width;
        let first = window.start + (width - phase) % width;
        let end = window.start + window.len;
        let mut last = 0;
        for element in bytes[first.min(end)..end].chunks_exact(width) {
            let number = number(element, layout.swap);
            if number == 0 || number == last {
                continue;
            }
            last = number;
            // 40 doublings either way: from a picosecond to a teraelectronvolt.
            usual += u32::from(if width == 8 {
                (1023 - 64..1023 + 64).contains(&(number >> 52 & 0x7ff))
            } else {
                (127 - 40..127 + 40).contains(&(number >> 23 & 0xff))
            });
            count += 1;
        }
    }
    if count < MIN_COUNT {
        return 0.0;
    }
    f64::from(usual) / f64::from(count)
}

/// The number of an element's bytes.
pub(crate) fn number(element: &[u8], little: bool) -> u64 {
    let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if little {
        element.iter().rev().fold(0, join)
    } else {
        element.iter().fold(0, join)
    }
}
