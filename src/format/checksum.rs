//! BLAKE3, cut to the lengths the format uses.

/// Bytes of a check.
pub const CHECK_BYTES: usize = 4;

/// The hash of one frame's content: 16 bytes of BLAKE3.
pub type FrameHash = [u8; 16];

/// The check over `bytes`: the first four bytes of their BLAKE3.
pub fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    leading(&blake3::hash(bytes))
}

/// The hash of a frame's content.
pub fn frame_hash(content: &[u8]) -> FrameHash {
    leading(&blake3::hash(content))
}

/// The first `N` bytes of a hash.
pub(super) fn leading<const N: usize>(hash: &blake3::Hash) -> [u8; N] {
    const { assert!(N <= blake3::OUT_LEN) };
    std::array::from_fn(|i| hash.as_bytes()[i])
}
