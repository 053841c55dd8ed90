//! How contexts become positions in tables.

/// Contexts of each kind: the most useful first, so that less effort takes the first of them.
pub const CONTEXTS: usize = 20;

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
