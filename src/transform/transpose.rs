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

/// Elements each way of what is turned at once, so that it stays in a cache.
const TILE: usize = 32;

/// `outer` runs of `inner` elements become `inner` runs of `outer`.
fn turn(bytes: &[u8], width: usize, outer: usize, inner: usize) -> Vec<u8> {
    match width {
        2 => turn_elements::<2>(bytes, outer, inner),
        4 => turn_elements::<4>(bytes, outer, inner),
        8 => turn_elements::<8>(bytes, outer, inner),
        _ => turn_elements::<1>(bytes, outer, inner),
    }
}

fn turn_elements<const W: usize>(bytes: &[u8], outer: usize, inner: usize) -> Vec<u8> {
    let mut turned = vec![0; bytes.len()];
    let (from, _) = bytes.as_chunks::<W>();
    let (to, _) = turned.as_chunks_mut::<W>();
    for run in (0..outer).step_by(TILE) {
        for start in (0..inner).step_by(TILE) {
            for i in start..inner.min(start + TILE) {
                let to = &mut to[i * outer + run..i * outer + outer.min(run + TILE)];
                for (to, o) in to.iter_mut().zip(run..) {
                    *to = from[o * inner + i];
                }
            }
        }
    }
    turned
}
