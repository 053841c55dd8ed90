//! AVX2: the portable loops compiled for 256-bit vectors, and the product by hand.
//!
//! Precondition of every function: the processor has AVX2. `super` checks it.

use super::{BLOCK, INPUT_LIMIT, SETS, WEIGHT_LIMIT, portable};
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
        if let [low, high] = sums.as_chunks_mut().0 {
            store32(low, [acc[0], acc[1]]);
            store32(high, [acc[2], acc[3]]);
        }
    }
    if let [one] = one.as_chunks_mut().0 {
        let mut acc = [_mm256_setzero_si256(); 2];
        let last = weights[weights.len() - block..].as_chunks().0;
        for (w, &pair) in last.iter().zip(&*wide) {
            let pair = _mm256_set1_epi32(pair);
            let (a, b) = halves(w);
            for (acc, w) in acc.iter_mut().zip([a, b]) {
                *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), pair));
            }
        }
        store32(one, acc);
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

#[target_feature(enable = "avx2")]
pub fn tree(frequencies: &[u32; 256]) -> [u32; 512] {
    portable::tree(frequencies)
}

#[target_feature(enable = "avx2")]
#[inline]
fn load16(from: &[i16; BLOCK]) -> __m256i {
    // SAFETY: 32 readable bytes; an unaligned load.
    #[allow(unsafe_code)]
    unsafe {
        _mm256_loadu_si256(from.as_ptr().cast())
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store16(to: &mut [i16; BLOCK], values: __m256i) {
    // SAFETY: 32 writable bytes; an unaligned store.
    #[allow(unsafe_code)]
    unsafe {
        _mm256_storeu_si256(to.as_mut_ptr().cast(), values);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load32(from: &[i32; BLOCK]) -> [__m256i; 2] {
    // SAFETY: 64 readable bytes, 32 at each half; unaligned loads.
    #[allow(unsafe_code)]
    unsafe {
        let at = from.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))]
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store32(to: &mut [i32; BLOCK], [low, high]: [__m256i; 2]) {
    // SAFETY: 64 writable bytes, 32 at each half; unaligned stores.
    #[allow(unsafe_code)]
    unsafe {
        let at = to.as_mut_ptr().cast::<__m256i>();
        _mm256_storeu_si256(at, low);
        _mm256_storeu_si256(at.add(1), high);
    }
}

#[target_feature(enable = "avx2")]
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    portable::softmax(logits, frequencies);
}
