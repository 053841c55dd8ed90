//! Bit patterns as numbers in order: a larger value has a larger code.

/// How the bits of an element are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An unsigned integer, or anything else: the bits as they are.
    Unsigned,
    /// A two's complement integer.
    Signed,
    /// An IEEE 754 number of 4 or 8 bytes.
    Float,
}

/// The bits of an element of `bits` bits: all ones.
pub(super) fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// The sign bit.
pub(super) fn sign(bits: u32) -> u64 {
    1 << (bits - 1)
}

impl Kind {
    /// The code of a bit pattern: of two values the larger has the larger code. A negative zero comes right before zero,
    /// not-a-numbers beyond the infinities.
    #[inline]
    pub fn code(self, pattern: u64, bits: u32) -> u64 {
        match self {
            Kind::Unsigned => pattern,
            Kind::Signed => pattern ^ sign(bits),
            Kind::Float if pattern & sign(bits) == 0 => pattern | sign(bits),
            Kind::Float => !pattern & mask(bits),
        }
    }

    /// The inverse of [`Kind::code`].
    #[inline]
    pub fn pattern(self, code: u64, bits: u32) -> u64 {
        match self {
            Kind::Unsigned => code,
            Kind::Signed => code ^ sign(bits),
            Kind::Float if code & sign(bits) != 0 => code ^ sign(bits),
            Kind::Float => !code & mask(bits),
        }
    }
}
