//! The mix of bits.

use super::{load16, load32, store16, store32};
use crate::kernel::{BLOCK, INPUT_LIMIT, SETS, WEIGHT_LIMIT};
use std::arch::x86_64::*;

/// `pmaddwd` of weights packed to 16 bits. Packing orders the 16 of a block 0-3, 8-11, 4-7, 12-15; so are the inputs.
#[target_feature(enable = "avx2")]
pub fn blend(weights: &[i32], sets: &[u32], inputs: &mut [i16]) -> [i16; SETS] {
    let n = inputs.len();
    let limit = _mm256_set1_epi16(INPUT_LIMIT as i16);
    let least = _mm256_set1_epi16(-INPUT_LIMIT as i16);
    let mut rows: [&[[i32; BLOCK]]; SETS] = [&[]; SETS];
    for (row, &set) in rows.iter_mut().zip(sets) {
        *row = weights[set as usize * n..][..n].as_chunks().0;
    }
    let mut sums = [_mm256_setzero_si256(); SETS];
    for (block, inputs) in inputs.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
        let x = _mm256_max_epi16(_mm256_min_epi16(load16(inputs), limit), least);
        store16(inputs, x);
        let x = _mm256_permute4x64_epi64::<0b11_01_10_00>(x);
        for (sum, row) in sums.iter_mut().zip(rows) {
            let Some(row) = row.get(block) else { break };
            let [low, high] = load32(row).map(|w| _mm256_srai_epi32::<15>(w));
            let products = _mm256_madd_epi16(_mm256_packs_epi32(low, high), x);
            *sum = _mm256_add_epi32(*sum, products);
        }
    }
    let pairs = [(sums[0], sums[1]), (sums[2], sums[3])].map(|(a, b)| _mm256_hadd_epi32(a, b));
    let halves = _mm256_hadd_epi32(pairs[0], pairs[1]);
    let halves = [
        _mm256_castsi256_si128(halves),
        _mm256_extracti128_si256::<1>(halves),
    ];
    let sums = _mm_srai_epi32::<11>(_mm_add_epi32(halves[0], halves[1]));
    let limit = _mm_set1_epi32(INPUT_LIMIT);
    let sums = _mm_max_epi32(_mm_min_epi32(sums, limit), _mm_set1_epi32(-INPUT_LIMIT));
    let packed = _mm_cvtsi128_si64(_mm_packs_epi32(sums, sums)) as u64;
    [0, 16, 32, 48].map(|shift| (packed >> shift) as i16)
}

/// `pmaddwd` of the inputs, and sixteen times them, with the errors' last four bits, and those above.
#[target_feature(enable = "avx2")]
pub fn descend(
    weights: &mut [i32],
    sets: &[u32],
    inputs: &[i16],
    errors: &[i32; SETS],
    shift: u32,
) {
    let n = inputs.len();
    let half = _mm256_set1_epi32(1 << (shift - 1));
    let shift = _mm_cvtsi32_si128(shift as i32);
    let limit = _mm256_set1_epi32(WEIGHT_LIMIT);
    let least = _mm256_set1_epi32(-WEIGHT_LIMIT);
    for (&set, &error) in sets.iter().zip(errors) {
        let error = _mm256_set1_epi32((error & 15) | (error >> 4) << 16);
        let row = &mut weights[set as usize * n..][..n];
        for (row, inputs) in row.as_chunks_mut().0.iter_mut().zip(inputs.as_chunks().0) {
            let x = load16(inputs);
            let x = [_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x)];
            let mut moved = load32(row);
            for (w, x) in moved.iter_mut().zip(x) {
                let x = _mm256_cvtepi16_epi32(x);
                let x = _mm256_blend_epi16::<0b1010_1010>(x, _mm256_slli_epi32::<20>(x));
                let step = _mm256_add_epi32(_mm256_madd_epi16(x, error), half);
                *w = _mm256_add_epi32(*w, _mm256_sra_epi32(step, shift));
                *w = _mm256_max_epi32(_mm256_min_epi32(*w, limit), least);
            }
            store32(row, moved);
        }
    }
}
