//! AVX2: the portable loops compiled for 256-bit vectors, and the product by hand.
//!
//! Precondition of every function: the processor has AVX2. `super` checks it.

use super::{BLOCK, portable};
use std::arch::x86_64::*;

/// The most pairs of inputs that [`product`] widens at once: 512 inputs, the largest layer's.
const PAIRS: usize = 256;

/// `pmaddwd` over pairs of inputs, eight outputs a register. Compilers do not find it behind the broadcast pair. The pairs
/// are widened once, so that each is one broadcast load; two blocks of outputs hide the latency of each other's sums.
#[target_feature(enable = "avx2")]
pub fn product(weights: &[i8], x: &[i8], out: &mut [i32]) {
    let mut wide = [0i32; PAIRS];
    let Some(wide) = wide.get_mut(..x.len() / 2) else {
        return portable::product(weights, x, out);
    };
    for (pair, &[x0, x1]) in wide.iter_mut().zip(x.as_chunks::<2>().0) {
        *pair = (i32::from(x0) & 0xffff) | (i32::from(x1) << 16);
    }
    let block = BLOCK * x.len();
    let (twos, one) = out.as_chunks_mut::<{ 2 * BLOCK }>();
    for (w, sums) in weights.chunks_exact(2 * block).zip(twos) {
        let (first, second) = w.split_at(block);
        let mut acc = [_mm256_setzero_si256(); 4];
        let (first, second) = (first.as_chunks().0, second.as_chunks().0);
        for ((w0, w1), &pair) in first.iter().zip(second).zip(&*wide) {
            let pair = _mm256_set1_epi32(pair);
            let ((a, b), (c, d)) = (halves(w0), halves(w1));
            for (acc, w) in acc.iter_mut().zip([a, b, c, d]) {
                *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), pair));
            }
        }
        let (low, high) = sums.split_at_mut(BLOCK);
        store(low, acc[0], acc[1]);
        store(high, acc[2], acc[3]);
    }
    if !one.is_empty() {
        let mut acc = [_mm256_setzero_si256(); 2];
        let last = weights[weights.len() - block..].as_chunks().0;
        for (w, &pair) in last.iter().zip(&*wide) {
            let pair = _mm256_set1_epi32(pair);
            let (a, b) = halves(w);
            for (acc, w) in acc.iter_mut().zip([a, b]) {
                *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), pair));
            }
        }
        store(one, acc[0], acc[1]);
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
fn store(sums: &mut [i32], low: __m256i, high: __m256i) {
    assert_eq!(sums.len(), BLOCK);
    // SAFETY: 32 writable bytes at each half of 16 numbers, just checked; unaligned stores.
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
pub fn blend(weights: &[i32], inputs: &[i16]) -> i32 {
    portable::blend(weights, inputs)
}

#[target_feature(enable = "avx2")]
pub fn descend(weights: &mut [i32], inputs: &[i16], error: i32, shift: u32) {
    portable::descend(weights, inputs, error, shift);
}

#[target_feature(enable = "avx2")]
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    portable::softmax(logits, frequencies);
}
