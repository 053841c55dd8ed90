//! The mix of bits.

use super::{load16, load32, lower_halves, store16, store32};
use crate::kernel::{BLOCK, INPUT_LIMIT, SETS, WEIGHT_LIMIT, portable};
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
            let [low, high] = load32(row);
            let (low, high) = (_mm256_srai_epi32::<15>(low), _mm256_srai_epi32::<15>(high));
            let products = _mm256_madd_epi16(_mm256_packs_epi32(low, high), x);
            *sum = _mm256_add_epi32(*sum, products);
        }
    }
    let first = _mm256_hadd_epi32(sums[0], sums[1]);
    let second = _mm256_hadd_epi32(sums[2], sums[3]);
    let sums = _mm256_hadd_epi32(first, second);
    let sums = _mm_add_epi32(
        _mm256_castsi256_si128(sums),
        _mm256_extracti128_si256::<1>(sums),
    );
    let sums = _mm_srai_epi32::<11>(sums);
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

/// Sixteen mantissas at a time: every factor fits 16 bits without a sign, and a high product of a doubled one is a shift by 15.
#[target_feature(enable = "avx2")]
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    let rows = logits.as_chunks::<BLOCK>().0;
    let mut top = _mm256_set1_epi16(i16::MIN);
    for row in rows {
        top = _mm256_max_epi16(top, load16(row));
    }
    // `phminposuw` finds the least number without a sign: of how far they are below 32767.
    let from_most = _mm256_sub_epi16(_mm256_set1_epi16(i16::MAX), top);
    let most = _mm_min_epu16(
        _mm256_castsi256_si128(from_most),
        _mm256_extracti128_si256::<1>(from_most),
    );
    let most = i16::MAX.wrapping_sub(_mm_cvtsi128_si32(_mm_minpos_epu16(most)) as i16);
    let top = _mm256_set1_epi16(most);
    let mut sums = _mm256_setzero_si256();
    for (row, frequencies) in rows.iter().zip(frequencies.as_chunks_mut::<BLOCK>().0) {
        let below = _mm256_sub_epi16(top, load16(row));
        let below = _mm256_min_epu16(below, _mm256_set1_epi16(24 * 512 + 511));
        let x = _mm256_slli_epi16::<6>(_mm256_and_si256(below, _mm256_set1_epi16(511)));
        let cubic = _mm256_mulhi_epu16(x, _mm256_set1_epi16(2 * 1295));
        let cubic = _mm256_sub_epi16(_mm256_set1_epi16(7570), cubic);
        let cubic = _mm256_mulhi_epu16(x, _mm256_add_epi16(cubic, cubic));
        let cubic = _mm256_sub_epi16(_mm256_set1_epi16(22661), cubic);
        let cubic = _mm256_mulhi_epu16(x, _mm256_add_epi16(cubic, cubic));
        let mantissas = _mm256_sub_epi16(_mm256_set1_epi16(i16::MIN), cubic);
        let [m0, m1] = lower_halves(mantissas);
        let [e0, e1] = lower_halves(_mm256_srli_epi16::<9>(below));
        let low = _mm256_srlv_epi32(_mm256_slli_epi32::<8>(m0), e0);
        let high = _mm256_srlv_epi32(_mm256_slli_epi32::<8>(m1), e1);
        sums = _mm256_add_epi32(sums, _mm256_add_epi32(low, high));
        store32(frequencies, [low, high]);
    }
    let scale = portable::softmax_scale(total(sums));
    let scale = _mm256_set1_epi64x(scale as i64);
    let mut given = _mm256_setzero_si256();
    for frequencies in frequencies.as_chunks_mut::<BLOCK>().0 {
        let [low, high] = load32(frequencies);
        let (low, high) = (scaled(low, scale), scaled(high, scale));
        given = _mm256_add_epi32(given, _mm256_add_epi32(low, high));
        store32(frequencies, [low, high]);
    }
    let first = logits.iter().position(|&l| l == most).unwrap_or(0);
    frequencies[first] += (1 << 24) - total(given);
}

/// `1 + ((f * scale) >> 31)`, which fits 32 bits; so does the scale.
#[target_feature(enable = "avx2")]
#[inline]
fn scaled(f: __m256i, scale: __m256i) -> __m256i {
    let even = _mm256_srli_epi64::<31>(_mm256_mul_epu32(f, scale));
    let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(f), scale);
    let both = _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<1>(odd));
    _mm256_add_epi32(both, _mm256_set1_epi32(1))
}

#[target_feature(enable = "avx2")]
#[inline]
fn total(sums: __m256i) -> u32 {
    let sums = _mm_add_epi32(
        _mm256_castsi256_si128(sums),
        _mm256_extracti128_si256::<1>(sums),
    );
    let sums = _mm_hadd_epi32(sums, sums);
    _mm_cvtsi128_si32(_mm_hadd_epi32(sums, sums)) as u32
}
