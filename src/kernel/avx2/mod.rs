//! AVX2: by hand where compilers do not find it, else the portable loops compiled for 256-bit vectors.
//!
//! Precondition of every function: the processor has AVX2. `super` checks it.

pub mod mix;
pub mod network;

use super::{BLOCK, portable};
use std::arch::x86_64::*;

pub use mix::{blend, count, descend, slot_inputs, softmax};
pub use network::{convolve, gate, product, product_vnni, rms_norm, scan};

#[target_feature(enable = "avx2")]
pub fn requantise(sums: &[i32], bias: &[i32], shift: &[u8], out: &mut [i16]) {
    portable::requantise(sums, bias, shift, out);
}

#[target_feature(enable = "avx2")]
pub fn wide_product(weights: &[i8], x: &[i16], out: &mut [i32]) {
    portable::wide_product(weights, x, out);
}

#[target_feature(enable = "avx2")]
pub fn add_scaled(sums: &mut [i32], weights: &[i8], x: i32) {
    portable::add_scaled(sums, weights, x);
}

#[target_feature(enable = "avx2")]
pub fn head_logits(sums: &mut [i32], bias: &[i32], shift: &[u8], logits: &mut [i16; 256]) {
    portable::head_logits(sums, bias, shift, logits);
}

#[target_feature(enable = "avx2")]
pub fn tree(frequencies: &[u32; 256], sums: &mut [u32; 512]) {
    portable::tree(frequencies, sums);
}

/// 16 bits, whatever they stand for.
pub trait Half {}
impl Half for i16 {}
impl Half for u16 {}

/// 32 bits, whatever they stand for.
trait Word {}
impl Word for i32 {}
impl Word for u32 {}

/// Eight bits, whatever they stand for.
pub trait Byte {}
impl Byte for i8 {}
impl Byte for u8 {}

#[target_feature(enable = "avx2")]
#[inline]
pub fn load_bytes<T: Byte>(from: &[T; BLOCK]) -> __m128i {
    const { assert!(size_of::<T>() == 1) };
    // SAFETY: 16 readable bytes; an unaligned load.
    #[allow(unsafe_code)]
    unsafe {
        _mm_loadu_si128(from.as_ptr().cast())
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub fn store_bytes<T: Byte>(to: &mut [T; BLOCK], values: __m128i) {
    const { assert!(size_of::<T>() == 1) };
    // SAFETY: 16 writable bytes; an unaligned store.
    #[allow(unsafe_code)]
    unsafe {
        _mm_storeu_si128(to.as_mut_ptr().cast(), values);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub fn load16<T: Half>(from: &[T; BLOCK]) -> __m256i {
    const { assert!(size_of::<T>() == 2) };
    // SAFETY: 32 readable bytes; an unaligned load.
    #[allow(unsafe_code)]
    unsafe {
        _mm256_loadu_si256(from.as_ptr().cast())
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub fn store16<T: Half>(to: &mut [T; BLOCK], values: __m256i) {
    const { assert!(size_of::<T>() == 2) };
    // SAFETY: 32 writable bytes; an unaligned store.
    #[allow(unsafe_code)]
    unsafe {
        _mm256_storeu_si256(to.as_mut_ptr().cast(), values);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load32<T: Word>(from: &[T; BLOCK]) -> [__m256i; 2] {
    const { assert!(size_of::<T>() == 4) };
    // SAFETY: 64 readable bytes, 32 at each half; unaligned loads.
    #[allow(unsafe_code)]
    unsafe {
        let at = from.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))]
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store32<T: Word>(to: &mut [T; BLOCK], [low, high]: [__m256i; 2]) {
    const { assert!(size_of::<T>() == 4) };
    // SAFETY: 64 writable bytes, 32 at each half; unaligned stores.
    #[allow(unsafe_code)]
    unsafe {
        let at = to.as_mut_ptr().cast::<__m256i>();
        _mm256_storeu_si256(at, low);
        _mm256_storeu_si256(at.add(1), high);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load8(from: &[i8; 4 * BLOCK]) -> [__m256i; 2] {
    // SAFETY: 64 readable bytes, 32 at each half; unaligned loads.
    #[allow(unsafe_code)]
    unsafe {
        let at = from.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))]
    }
}

/// Sixteen numbers, each in the lower half of 32 bits whose upper half is 0.
#[target_feature(enable = "avx2")]
#[inline]
fn lower_halves(v: __m256i) -> [__m256i; 2] {
    [
        _mm256_cvtepu16_epi32(_mm256_castsi256_si128(v)),
        _mm256_cvtepu16_epi32(_mm256_extracti128_si256::<1>(v)),
    ]
}
