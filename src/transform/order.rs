//! Bit patterns as numbers in order: a larger value has a larger code.

use crate::layout::Kind;

/// The bits of an element of `bits` bits: all ones.
pub(crate) fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// The sign bit.
pub(crate) fn sign(bits: u32) -> u64 {
    1 << (bits - 1)
}

impl Kind {
    /// The code of a bit pattern: of two values the larger has the larger code. A negative zero comes right before zero,
    /// not-a-numbers beyond the infinities.
    #[inline]
    pub(crate) fn code(self, pattern: u64, bits: u32) -> u64 {
        match self {
            Kind::Unsigned => pattern,
            Kind::Signed => pattern ^ sign(bits),
            Kind::Float if pattern & sign(bits) == 0 => pattern | sign(bits),
            Kind::Float => !pattern & mask(bits),
        }
    }

    /// The inverse of [`Kind::code`].
    #[inline]
    pub(crate) fn pattern(self, code: u64, bits: u32) -> u64 {
        match self {
            Kind::Unsigned => code,
            Kind::Signed => code ^ sign(bits),
            Kind::Float if code & sign(bits) != 0 => code ^ sign(bits),
            Kind::Float => !code & mask(bits),
        }
    }
}
