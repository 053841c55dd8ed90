//! Tables stored column after column, seen row after row.

/// Turns `rows` rows of elements of `width` bytes, stored column after column, into rows. The length is a multiple of
/// `rows * width`.
pub fn forward(bytes: &[u8], width: usize, rows: usize) -> Vec<u8> {
    turn(bytes, width, bytes.len() / width.max(1) / rows.max(1), rows)
}

/// The inverse of [`forward`].
pub fn inverse(bytes: &[u8], width: usize, rows: usize) -> Vec<u8> {
    turn(bytes, width, rows, bytes.len() / width.max(1) / rows.max(1))
}

/// `outer` runs of `inner` elements become `inner` runs of `outer`.
fn turn(bytes: &[u8], width: usize, outer: usize, inner: usize) -> Vec<u8> {
    let mut turned = Vec::with_capacity(bytes.len());
    for i in 0..inner {
        for o in 0..outer {
            let at = (o * inner + i) * width;
            turned.extend_from_slice(&bytes[at..at + width]);
        }
    }
    turned
}
