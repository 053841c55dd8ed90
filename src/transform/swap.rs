//! Byte order: a frame stores little-endian elements with the most significant byte first.

use crate::layout::Layout;

/// Turns a frame's content into the order in which it is coded.
///
/// Where `layout.swap` is set, the bytes of every whole element are reversed in place; an element starts at `i` where
/// `(i + phase) % width == 0`. Incomplete elements at both ends keep their order.
pub fn forward(layout: &Layout, bytes: &mut [u8]) {
    if !layout.swap {
        return;
    }
    match layout.width {
        2 => reverse::<2>(layout.phase, bytes),
        4 => reverse::<4>(layout.phase, bytes),
        8 => reverse::<8>(layout.phase, bytes),
        _ => {}
    }
}

/// Undoes [`forward`]: the same reversal again.
pub fn inverse(layout: &Layout, bytes: &mut [u8]) {
    forward(layout, bytes);
}

/// Reverses every whole element of `W` bytes.
fn reverse<const W: usize>(phase: u32, bytes: &mut [u8]) {
    let partial = first_element(W, phase).min(bytes.len());
    let (elements, _) = bytes[partial..].as_chunks_mut::<W>();
    for element in elements {
        element.reverse();
    }
}

/// Where the first whole element begins, from 0 to `width - 1`.
fn first_element(width: usize, phase: u32) -> usize {
    let done = phase as usize % width;
    if done == 0 { 0 } else { width - done }
}
