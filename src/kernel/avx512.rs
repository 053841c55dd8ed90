//! AVX-512 with its dot products: where twice the width, masks or its look-ups in tables are faster than `avx2`.
//!
//! Precondition of every function: the processor has what `Kernel::Avx512` needs. `super` checks it.

use super::avx2::mix::{HALF_PATHS, learn_logits, moved};
use super::avx2::network::{halves, quads};
use super::avx2::{load_bytes, load16, store_bytes, store16};
use super::portable;
use super::shapes::{BLOCK, MAX_SEEN, MAX_WEIGHT_SETS, NodeWeights, RATES, Row, Slot};
use std::arch::x86_64::*;

/// 512 bits of anything plain.
trait Wide {}
impl Wide for [i8; 4 * BLOCK] {}
impl Wide for [i16; 2 * BLOCK] {}
impl Wide for [u16; 2 * BLOCK] {}
impl Wide for [i32; BLOCK] {}
impl Wide for [u32; BLOCK] {}

#[target_feature(enable = "avx512f")]
#[inline]
fn load<T: Wide>(from: &T) -> __m512i {
    const { assert!(size_of::<T>() == 64) };
    // SAFETY: 64 readable bytes; an unaligned load.
    #[allow(unsafe_code)]
    unsafe {
        _mm512_loadu_si512(std::ptr::from_ref(from).cast())
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store<T: Wide>(to: &mut T, values: __m512i) {
    const { assert!(size_of::<T>() == 64) };
    // SAFETY: 64 writable bytes; an unaligned store.
    #[allow(unsafe_code)]
    unsafe {
        _mm512_storeu_si512(std::ptr::from_mut(to).cast(), values);
    }
}

/// `vpdpbusd` of the inputs' magnitudes and the weights, those negated where the input is negative: sixteen outputs a register,
/// eight registers at once, because each sum waits for the last.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
pub fn product(weights: &[i8], x: &[i8], out: &mut [i32]) {
    let rows = weights.as_chunks::<{ 4 * BLOCK }>().0;
    let blocks = rows.chunks(8 * x.len().div_ceil(4).max(1));
    for (rows, out) in blocks.zip(out.chunks_mut(8 * BLOCK)) {
        match out.len() / BLOCK {
            1 => product_of_blocks::<1>(rows, x, out),
            2 => product_of_blocks::<2>(rows, x, out),
            3 => product_of_blocks::<3>(rows, x, out),
            4 => product_of_blocks::<4>(rows, x, out),
            5 => product_of_blocks::<5>(rows, x, out),
            6 => product_of_blocks::<6>(rows, x, out),
            7 => product_of_blocks::<7>(rows, x, out),
            _ => product_of_blocks::<8>(rows, x, out),
        }
    }
}

#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
fn product_of_blocks<const N: usize>(rows: &[[i8; 4 * BLOCK]], x: &[i8], out: &mut [i32]) {
    let mut sums = [_mm512_setzero_si512(); N];
    let block = rows.len() / N;
    for (k, quad) in quads(x).take(block).enumerate() {
        let x = _mm512_set1_epi32(quad);
        let (magnitudes, negative) = (_mm512_abs_epi8(x), _mm512_movepi8_mask(x));
        for (n, sum) in sums.iter_mut().enumerate() {
            let w = load(&rows[n * block + k]);
            let w = _mm512_mask_sub_epi8(w, negative, _mm512_setzero_si512(), w);
            *sum = _mm512_dpbusd_epi32(*sum, magnitudes, w);
        }
    }
    for (out, sum) in out.as_chunks_mut::<BLOCK>().0.iter_mut().zip(sums) {
        store(out, sum);
    }
}

/// As that of `avx2`, sixteen channels a register.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
pub fn scan(state: &mut [i32], b: &[i16], c: &[i16], input: &[i16], leak: &[i16], y: &mut [i32]) {
    let n = y.len();
    if !n.is_multiple_of(BLOCK) {
        return portable::scan(state, b, c, input, leak, y);
    }
    let broadcast = halves(b, c);
    let limit = _mm512_set1_epi32(portable::STATE_LIMIT);
    let least = _mm512_set1_epi32(-portable::STATE_LIMIT);
    let rows = state.as_chunks_mut::<BLOCK>().0;
    let ins = input.as_chunks().0.iter().zip(leak.as_chunks().0);
    for (j, ((input, leak), y)) in ins.zip(y.as_chunks_mut::<BLOCK>().0).enumerate() {
        let input = _mm512_cvtepu16_epi32(load16(input));
        let leak = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(load16(leak)));
        let mut sums = _mm512_setzero_si512();
        let rows = rows.iter_mut().skip(j).step_by(n / BLOCK);
        for (row, [b, c]) in rows.zip(&broadcast[..b.len()]) {
            let (b, c) = (_mm512_set1_epi32(*b), _mm512_set1_epi32(*c));
            let h = load(row);
            let leaks = _mm512_madd_epi16(h, leak);
            let moved = _mm512_add_epi32(h, _mm512_madd_epi16(input, b));
            let moved = _mm512_sub_epi32(_mm512_sub_epi32(moved, leaks), leaks);
            let h = _mm512_max_epi32(_mm512_min_epi32(moved, limit), least);
            sums = _mm512_add_epi32(sums, _mm512_madd_epi16(h, c));
            store(row, h);
        }
        store(y, sums);
    }
}

/// As that of `avx2`, the rates from two registers by their numbers.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
pub fn count(slots: &mut [Slot], indices: &[u32], half: u8, logits: &[i8; 4096]) {
    let half = usize::from(half % 16);
    let path = &HALF_PATHS[half];
    let (on, ones) = (_mm256_movepi16_mask(load16(&path.on)), load16(&path.ones));
    let (counts, most) = (load_bytes(&path.counts), _mm_set1_epi8(MAX_SEEN as i8));
    let picks = path.picks.each_ref().map(|picks| load_bytes(picks));
    let least = _mm256_set1_epi16(1);
    let rates = RATES.as_chunks::<{ 2 * BLOCK }>().0;
    let (first, second) = (load(&rates[0]), load(&rates[1]));
    for &index in indices {
        let slot = &mut slots[index as usize];
        let seen = load_bytes(&slot.counts);
        let number = _mm512_zextsi256_si512(_mm256_cvtepu8_epi16(seen));
        let rate = _mm512_permutex2var_epi16(first, number, second);
        let rate = _mm512_castsi512_si256(rate);

        let probabilities = load16(&slot.probabilities);
        let learned = moved(probabilities, ones, rate);
        let probabilities = _mm256_mask_max_epu16(probabilities, on, learned, least);
        store16(&mut slot.probabilities, probabilities);
        store_bytes(
            &mut slot.counts,
            _mm_min_epu8(_mm_add_epi8(seen, counts), most),
        );
        learn_logits(slot, probabilities, picks, half, logits);
    }
}

/// As that of `avx2`, the carry in a mask.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
pub fn descend(
    weights: &mut [NodeWeights],
    weight_sets: &[u32],
    inputs: &[Row],
    errors: &[Row; MAX_WEIGHT_SETS],
) {
    let n = inputs.len();
    let minus_one = _mm256_set1_epi16(-1);
    for (&weight_set, errors) in weight_sets.iter().zip(errors) {
        let errors = load16(errors);
        let weights = &mut weights[weight_set as usize * n..][..n];
        for (weights, x) in weights.iter_mut().zip(inputs) {
            let x = _mm256_srai_epi16::<4>(load16(x));
            let step = _mm256_mullo_epi16(x, errors);
            let low = _mm256_add_epi16(load16(&weights.low), step);
            let carry = _mm256_cmplt_epu16_mask(low, step);
            let step = _mm256_mulhi_epi16(x, errors);
            let step = _mm256_mask_sub_epi16(step, carry, step, minus_one);
            let high = _mm256_adds_epi16(load16(&weights.high), step);
            store16(&mut weights.low, low);
            store16(&mut weights.high, high);
        }
    }
}

/// As that of `avx2`, thirty-two mantissas at a time.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    let rows = logits.as_chunks::<{ 2 * BLOCK }>().0;
    let mut top = _mm512_set1_epi16(i16::MIN);
    for row in rows {
        top = _mm512_max_epi16(top, load(row));
    }
    let from_most = _mm512_sub_epi16(_mm512_set1_epi16(i16::MAX), top);
    let least = _mm256_min_epu16(
        _mm512_castsi512_si256(from_most),
        _mm512_extracti64x4_epi64::<1>(from_most),
    );
    let least = _mm_min_epu16(
        _mm256_castsi256_si128(least),
        _mm256_extracti128_si256::<1>(least),
    );
    let most = i16::MAX.wrapping_sub(_mm_cvtsi128_si32(_mm_minpos_epu16(least)) as i16);
    let top = _mm512_set1_epi16(most);
    let mut sums = _mm512_setzero_si512();
    for (row, frequencies) in rows
        .iter()
        .zip(frequencies.as_chunks_mut::<{ 2 * BLOCK }>().0)
    {
        let below = _mm512_sub_epi16(top, load(row));
        let below = _mm512_min_epu16(below, _mm512_set1_epi16(24 * 512 + 511));
        let x = _mm512_slli_epi16::<6>(_mm512_and_si512(below, _mm512_set1_epi16(511)));
        let cubic = _mm512_mulhi_epu16(x, _mm512_set1_epi16(2 * 1295));
        let cubic = _mm512_sub_epi16(_mm512_set1_epi16(7570), cubic);
        let cubic = _mm512_mulhi_epu16(x, _mm512_add_epi16(cubic, cubic));
        let cubic = _mm512_sub_epi16(_mm512_set1_epi16(22661), cubic);
        let cubic = _mm512_mulhi_epu16(x, _mm512_add_epi16(cubic, cubic));
        let mantissas = lower_halves(_mm512_sub_epi16(_mm512_set1_epi16(i16::MIN), cubic));
        let shifts = lower_halves(_mm512_srli_epi16::<9>(below));
        let halves = frequencies.as_chunks_mut::<BLOCK>().0.iter_mut();
        for (frequencies, (mantissas, shifts)) in halves.zip(mantissas.into_iter().zip(shifts)) {
            let f = _mm512_srlv_epi32(_mm512_slli_epi32::<8>(mantissas), shifts);
            sums = _mm512_add_epi32(sums, f);
            store(frequencies, f);
        }
    }
    let scale = portable::softmax_scale(_mm512_reduce_add_epi32(sums) as u32);
    let scale = _mm512_set1_epi64(scale as i64);
    let mut assigned = _mm512_setzero_si512();
    for frequencies in frequencies.as_chunks_mut::<BLOCK>().0 {
        let f = load(frequencies);
        let even = _mm512_srli_epi64::<31>(_mm512_mul_epu32(f, scale));
        let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(f), scale);
        let f = _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64::<1>(odd));
        let f = _mm512_add_epi32(f, _mm512_set1_epi32(1));
        assigned = _mm512_add_epi32(assigned, f);
        store(frequencies, f);
    }
    let first = logits.iter().position(|&l| l == most).unwrap_or(0);
    frequencies[first] += (1 << 24) - _mm512_reduce_add_epi32(assigned) as u32;
}

/// Thirty-two numbers, each in the lower half of 32 bits whose upper half is 0.
#[target_feature(enable = "avx512f")]
#[inline]
fn lower_halves(v: __m512i) -> [__m512i; 2] {
    [
        _mm512_cvtepu16_epi32(_mm512_castsi512_si256(v)),
        _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64::<1>(v)),
    ]
}
