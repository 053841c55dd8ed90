//! What is chosen for a column, and what it has to be worth.

use crate::structure::Transform;

/// A transform has to save this share of the bits of plain elements.
pub(super) const WORTHWHILE: f64 = 0.985;
/// Fewer elements than this are not worth a rule.
pub(super) const FEWEST: usize = 64;

/// A column's transform, and what an element costs with it.
pub(super) struct Choice {
    pub transform: Transform,
    /// Estimated bits of an element.
    pub bits: f64,
}

/// Where the codes of a rule's members are to lie: subtracts what is below the least, and moves few bytes to the top.
pub(super) fn shifted(mut transform: Transform, patterns: &[u64], width: u8) -> Transform {
    let bits = 8 * u32::from(width);
    let Some((low, high)) = transform.extremes(patterns, bits) else {
        return transform;
    };
    let (zero, _) = transform.members(bits);
    let bytes_for = |most: u64| (64 - most.leading_zeros()).div_ceil(8).max(1);
    // Zero stays put whatever the frame's extremes are, so that a trained network finds the same value in the same
    // position.
    let (offset, bytes) = if low >= zero {
        (zero, bytes_for(high - zero))
    } else {
        let reach = (zero - low).max(high.saturating_sub(zero) + 1);
        let bytes = bytes_for(2 * (reach - 1).max(1));
        (zero.wrapping_sub(1 << (8 * bytes - 1)), bytes)
    };
    transform.offset = offset & (u64::MAX >> (64 - bits));
    let width = u32::from(width);
    transform.rotate = if 2 * bytes <= width {
        (width - bytes) as u8
    } else {
        0
    };
    transform
}
