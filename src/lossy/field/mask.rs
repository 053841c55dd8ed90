//! Which values of an array are special: bits in the context of those around, in this slice and the one before.

use crate::coder::{AdaptiveBit, BadWords, BitCoder};
use crate::model::numbers::field::AXES;

/// Points that contexts are made of: steps along the last three axes. Those of the slice before reach ahead.
const AROUND: [[isize; 3]; 12] = [
    [0, 0, -1],
    [0, -1, 0],
    [-1, 0, 0],
    [0, -1, -1],
    [0, -1, 1],
    [-1, 0, 1],
    [-1, 1, 0],
    [-1, 0, -1],
    [-1, -1, 0],
    [0, 0, -2],
    [0, -2, 0],
    [-2, 0, 0],
];

/// Codes for each value whether it is special, or decodes it; an encoder supplies all, or none if none is.
pub fn code<C: BitCoder>(
    known: &[bool],
    lengths: &[usize],
    coder: &mut C,
) -> Result<Vec<bool>, BadWords> {
    let mut shape = [1usize; AXES];
    for (own, &length) in shape.iter_mut().rev().zip(lengths.iter().rev()) {
        *own = length;
    }
    let [outer, inner @ ..] = shape;
    // Slices before slices: the two outermost axes are one.
    let lengths = [outer * inner[0], inner[1], inner[2]];
    let mut models = vec![AdaptiveBit::default(); 1 << AROUND.len()];
    let mut flags = vec![false; lengths.iter().product()];
    let mut at = 0;
    for z in 0..lengths[0] {
        for y in 0..lengths[1] {
            for x in 0..lengths[2] {
                let special = |[dz, dy, dx]: [isize; 3]| {
                    let point = [(z, dz), (y, dy), (x, dx)];
                    let mut index = 0;
                    for ((along, step), length) in point.into_iter().zip(lengths) {
                        let there = along.checked_add_signed(step).filter(|&p| p < length);
                        index = index * length + there?;
                    }
                    Some(flags[index])
                };
                let context = AROUND.into_iter().fold(0, |context, step| {
                    context << 1 | usize::from(special(step).unwrap_or(false))
                });
                let flag = known.get(at).is_some_and(|&flag| flag);
                flags[at] = coder.bit(&mut models[context], flag)?;
                at += 1;
            }
        }
    }
    Ok(flags)
}
