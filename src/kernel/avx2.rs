//! AVX2: the portable loops compiled for 256-bit vectors, and the product by hand.
//!
//! Precondition of every function: the processor has AVX2. `super` checks it.

use super::{BLOCK, portable};
use std::arch::x86_64::*;

/// `pmaddwd` over pairs of inputs, eight outputs a register. Compilers do not find it behind the broadcast pair: this is
/// 4 times faster than the portable loop compiled for AVX2.
#[target_feature(enable = "avx2")]
pub fn product(weights: &[i8], x: &[i8], out: &mut [i32]) {
    let pairs = x.as_chunks::<2>().0;
    let blocks = weights.chunks_exact(BLOCK * x.len());
    for (block, sums) in blocks.zip(out.as_chunks_mut::<BLOCK>().0) {
        let (mut low, mut high) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        let rows = block.as_chunks::<{ 2 * BLOCK }>().0;
        for (w, &[x0, x1]) in rows.iter().zip(pairs) {
            let pair = (i32::from(x0) & 0xffff) | (i32::from(x1) << 16);
            let pair = _mm256_set1_epi32(pair);
            let (first, second) = halves(w);
            low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_cvtepi8_epi16(first), pair));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_cvtepi8_epi16(second), pair));
        }
        store(sums, low, high);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn halves(w: &[i8; 2 * BLOCK]) -> (__m128i, __m128i) {
    // SAFETY: 16 readable bytes at each half of a 32-byte array; unaligned loads.
    #[allow(unsafe_code)]
    unsafe {
        let at = w.as_ptr().cast::<__m128i>();
        (_mm_loadu_si128(at), _mm_loadu_si128(at.add(1)))
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(sums: &mut [i32; BLOCK], low: __m256i, high: __m256i) {
    // SAFETY: 32 writable bytes at each half of a 64-byte array; unaligned stores.
    #[allow(unsafe_code)]
    unsafe {
        let at = sums.as_mut_ptr().cast::<__m256i>();
        _mm256_storeu_si256(at, low);
        _mm256_storeu_si256(at.add(1), high);
    }
}

#[target_feature(enable = "avx2")]
pub fn requantise(sums: &[i32], bias: &[i32], shift: &[u8], out: &mut [i16]) {
    portable::requantise(sums, bias, shift, out);
}

#[target_feature(enable = "avx2")]
pub fn head_logits(sums: &mut [i32], bias: &[i32], shift: &[u8], logits: &mut [i16; 256]) {
    portable::head_logits(sums, bias, shift, logits);
}

#[target_feature(enable = "avx2")]
pub fn gate(read: &[i32], x: &[i16], z: &[i16], skip: i16, shifts: [u8; 3], out: &mut [i16]) {
    portable::gate(read, x, z, skip, shifts, out);
}

#[target_feature(enable = "avx2")]
pub fn rms_norm(v: &[i16], gain: &[i16], out: &mut [i8]) {
    portable::rms_norm(v, gain, out);
}

#[target_feature(enable = "avx2")]
pub fn convolve(history: &mut [i16], weights: &[i16], bias: &[i32], x: &[i16], out: &mut [i16]) {
    portable::convolve(history, weights, bias, x, out);
}

#[target_feature(enable = "avx2")]
pub fn scan(state: &mut [i32], b: &[i16], c: &[i16], input: &[i16], leak: &[i16], y: &mut [i32]) {
    portable::scan(state, b, c, input, leak, y);
}

#[target_feature(enable = "avx2")]
pub fn mix<const EXPERTS: usize>(
    rows: &[&[i16; 256]; EXPERTS],
    weights: &[i16; EXPERTS],
    total: &mut [i16; 256],
) {
    portable::mix(rows, weights, total);
}

#[target_feature(enable = "avx2")]
pub fn expectation(probabilities: &[i16; 256], row: &[i16; 256]) -> i32 {
    portable::expectation(probabilities, row)
}

#[target_feature(enable = "avx2")]
pub fn update_row(row: &mut [i16; 256], probabilities: &[i16; 256], rate: i16, byte: u8) {
    portable::update_row(row, probabilities, rate, byte);
}

#[target_feature(enable = "avx2")]
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    portable::softmax(logits, frequencies);
}
