//! The network.

use super::{load8, load16, load32, lower_halves, store16, store32};
use crate::kernel::portable;
use crate::kernel::shapes::BLOCK;
use std::arch::x86_64::*;

/// The input's quads, the last filled up with zeros.
#[inline]
pub fn quads(x: &[i8]) -> impl Iterator<Item = i32> {
    let (whole, rest) = x.as_chunks::<4>();
    let rest = match *rest {
        [x0, x1, ..] => Some([x0, x1, 0, 0]),
        _ => None,
    };
    let quad = |x: [i8; 4]| i32::from_le_bytes(x.map(|x| x as u8));
    whole.iter().copied().chain(rest).map(quad)
}

/// `pmaddubsw` of the inputs' magnitudes and the weights with their signs, then `pmaddwd` with ones: eight outputs a register.
/// Neither saturates: no input or weight is -128. Two blocks of outputs share a broadcast quad.
#[target_feature(enable = "avx2")]
pub fn product(weights: &[i8], x: &[i8], out: &mut [i32]) {
    let ones = _mm256_set1_epi16(1);
    product_with(weights, x, out, |sum, magnitudes, w| {
        let pairs = _mm256_maddubs_epi16(magnitudes, w);
        _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones))
    });
}

/// The same with `vpdpbusd` instead of three instructions.
#[target_feature(enable = "avx2,avxvnni")]
pub fn product_vnni(weights: &[i8], x: &[i8], out: &mut [i32]) {
    product_with(weights, x, out, |sum, magnitudes, w| {
        _mm256_dpbusd_avx_epi32(sum, magnitudes, w)
    });
}

#[target_feature(enable = "avx2")]
#[inline]
fn product_with(
    weights: &[i8],
    x: &[i8],
    out: &mut [i32],
    add: impl Fn(__m256i, __m256i, __m256i) -> __m256i,
) {
    let block = BLOCK * 4 * x.len().div_ceil(4);
    let (twos, one) = out.as_chunks_mut::<{ 2 * BLOCK }>();
    for (w, sums) in weights.chunks_exact(2 * block).zip(twos) {
        let (first, second) = w.split_at(block);
        let mut acc = [_mm256_setzero_si256(); 4];
        let (first, second) = (first.as_chunks().0, second.as_chunks().0);
        for ((w0, w1), quad) in first.iter().zip(second).zip(quads(x)) {
            let x = _mm256_set1_epi32(quad);
            let magnitudes = _mm256_abs_epi8(x);
            let ([a, b], [c, d]) = (load8(w0), load8(w1));
            for (acc, w) in acc.iter_mut().zip([a, b, c, d]) {
                *acc = add(*acc, magnitudes, _mm256_sign_epi8(w, x));
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
        for (w, quad) in last.iter().zip(quads(x)) {
            let x = _mm256_set1_epi32(quad);
            let magnitudes = _mm256_abs_epi8(x);
            for (acc, w) in acc.iter_mut().zip(load8(w)) {
                *acc = add(*acc, magnitudes, _mm256_sign_epi8(w, x));
            }
        }
        store32(one, acc);
    }
}

#[target_feature(enable = "avx2")]
pub fn rms_norm(v: &[i16], gain: &[i16], out: &mut [i8]) {
    let n = v.len();
    if !n.is_multiple_of(BLOCK) {
        return portable::rms_norm(v, gain, out);
    }
    let mut squares = _mm256_setzero_si256();
    for v in v.as_chunks().0 {
        let v = load16(v);
        // Two squares fit 32 bits without a sign.
        let pairs = _mm256_madd_epi16(v, v);
        let zero = _mm256_setzero_si256();
        squares = _mm256_add_epi64(squares, _mm256_unpacklo_epi32(pairs, zero));
        squares = _mm256_add_epi64(squares, _mm256_unpackhi_epi32(pairs, zero));
    }
    let squares = _mm_add_epi64(
        _mm256_castsi256_si128(squares),
        _mm256_extracti128_si256::<1>(squares),
    );
    let squares = _mm_add_epi64(squares, _mm_unpackhi_epi64(squares, squares));
    let sum = _mm_cvtsi128_si64(squares) as u64 + n as u64;
    let (factor, shift) = portable::norm_factor(sum, n);
    let factor = _mm256_set1_epi16(factor as i16);
    let round = _mm256_set1_epi32(1 << (shift - 1));
    let shift = _mm_cvtsi32_si128(shift as i32);
    let least = _mm256_set1_epi16(-127);
    let all = v.as_chunks().0.iter().zip(gain.as_chunks().0);
    for ((v, gain), out) in all.zip(out.as_chunks_mut::<BLOCK>().0) {
        let mut normed = times(load16(v), factor);
        for v in &mut normed {
            *v = _mm256_sra_epi32(_mm256_add_epi32(*v, round), shift);
        }
        let normed = _mm256_packs_epi32(normed[0], normed[1]);
        let scaled = _mm256_max_epi16(_mm256_mulhrs_epi16(normed, load16(gain)), least);
        let bytes = _mm_packs_epi16(
            _mm256_castsi256_si128(scaled),
            _mm256_extracti128_si256::<1>(scaled),
        );
        // SAFETY: 16 writable bytes; an unaligned store.
        #[allow(unsafe_code)]
        unsafe {
            _mm_storeu_si128(out.as_mut_ptr().cast(), bytes);
        }
    }
}

/// The products of sixteen pairs in 32 bits, in the order that `packs_epi32` undoes.
#[target_feature(enable = "avx2")]
#[inline]
fn times(a: __m256i, b: __m256i) -> [__m256i; 2] {
    let (low, high) = (_mm256_mullo_epi16(a, b), _mm256_mulhi_epi16(a, b));
    [
        _mm256_unpacklo_epi16(low, high),
        _mm256_unpackhi_epi16(low, high),
    ]
}

/// As `arithmetic::silu`.
#[target_feature(enable = "avx2")]
#[inline]
fn silu(x: __m256i) -> __m256i {
    let edge = _mm256_set1_epi16(4095);
    let least = _mm256_set1_epi16(-4095);
    let t = _mm256_slli_epi16::<3>(_mm256_max_epi16(_mm256_min_epi16(x, edge), least));
    let bend = _mm256_srai_epi16::<1>(_mm256_mulhrs_epi16(t, _mm256_abs_epi16(t)));
    let half = _mm256_sub_epi16(t, bend);
    let sigmoid = _mm256_adds_epi16(half, _mm256_set1_epi16(1 << 14));
    _mm256_mulhrs_epi16(x, sigmoid)
}

#[target_feature(enable = "avx2")]
pub fn gate(read: &[i32], x: &[i16], z: &[i16], skip: i16, shifts: [u8; 3], out: &mut [i16]) {
    let n = out.len();
    if !n.is_multiple_of(BLOCK) {
        return portable::gate(read, x, z, skip, shifts, out);
    }
    let top = _mm256_set1_epi32(i32::MAX - (1 << (shifts[0] - 1)));
    let mut halves = [_mm256_setzero_si256(); 3];
    let mut counts = [_mm_setzero_si128(); 3];
    for ((half, count), shift) in halves.iter_mut().zip(&mut counts).zip(shifts) {
        *half = _mm256_set1_epi32(1 << (shift - 1));
        *count = _mm_cvtsi32_si128(shift.into());
    }
    let shifts = counts;
    let skip = _mm256_set1_epi16(skip);
    let ins = { read.as_chunks().0.iter() }.zip(x.as_chunks().0.iter().zip(z.as_chunks().0));
    for ((read, (x, z)), out) in ins.zip(out.as_chunks_mut().0) {
        let [low, high] = load32(read);
        let read = [
            _mm256_permute2x128_si256::<0x20>(low, high),
            _mm256_permute2x128_si256::<0x31>(low, high),
        ];
        // The order of `times`: 0-3 and 8-11, 4-7 and 12-15.
        let mut y = times(load16(x), skip);
        for (y, read) in y.iter_mut().zip(read) {
            let read = _mm256_add_epi32(_mm256_min_epi32(read, top), halves[0]);
            let read = _mm256_sra_epi32(read, shifts[0]);
            let skipped = _mm256_sra_epi32(_mm256_add_epi32(*y, halves[1]), shifts[1]);
            *y = _mm256_add_epi32(read, skipped);
        }
        let y = _mm256_packs_epi32(y[0], y[1]);
        let mut gated = times(y, silu(load16(z)));
        for v in &mut gated {
            *v = _mm256_sra_epi32(_mm256_add_epi32(*v, halves[2]), shifts[2]);
        }
        store16(out, _mm256_packs_epi32(gated[0], gated[1]));
    }
}

/// `pmaddwd` over pairs of steps.
#[target_feature(enable = "avx2")]
pub fn convolve(history: &mut [i16], weights: &[i16], bias: &[i32], x: &[i16], out: &mut [i16]) {
    let n = x.len();
    if !n.is_multiple_of(BLOCK) || n == 0 {
        return portable::convolve(history, weights, bias, x, out);
    }
    let (h0, rest) = history.split_at_mut(n);
    let (h1, h2) = rest.split_at_mut(n);
    let [h0, h1, h2] = [h0, h1, h2].map(|h| h.as_chunks_mut::<BLOCK>().0);
    let w = weights.as_chunks::<BLOCK>().0;
    let blocks = n / BLOCK;
    let half = _mm256_set1_epi32(1 << 11);
    let ins = bias.as_chunks().0.iter().zip(x.as_chunks().0);
    for (j, ((bias, x), out)) in ins.zip(out.as_chunks_mut().0).enumerate() {
        let steps = [load16(&h0[j]), load16(&h1[j]), load16(&h2[j]), load16(x)];
        let w = [
            load16(&w[j]),
            load16(&w[blocks + j]),
            load16(&w[2 * blocks + j]),
            load16(&w[3 * blocks + j]),
        ];
        store16(&mut h0[j], steps[1]);
        store16(&mut h1[j], steps[2]);
        store16(&mut h2[j], steps[3]);
        let [low, high] = load32(bias);
        // The order that packing undoes: 0-3 and 8-11, 4-7 and 12-15.
        let mut sums = [
            _mm256_permute2x128_si256::<0x20>(low, high),
            _mm256_permute2x128_si256::<0x31>(low, high),
        ];
        for k in [0, 2] {
            let low = _mm256_madd_epi16(
                _mm256_unpacklo_epi16(steps[k], steps[k + 1]),
                _mm256_unpacklo_epi16(w[k], w[k + 1]),
            );
            let high = _mm256_madd_epi16(
                _mm256_unpackhi_epi16(steps[k], steps[k + 1]),
                _mm256_unpackhi_epi16(w[k], w[k + 1]),
            );
            sums = [
                _mm256_add_epi32(sums[0], low),
                _mm256_add_epi32(sums[1], high),
            ];
        }
        let low = _mm256_srai_epi32::<12>(_mm256_add_epi32(sums[0], half));
        let high = _mm256_srai_epi32::<12>(_mm256_add_epi32(sums[1], half));
        store16(out, silu(_mm256_packs_epi32(low, high)));
    }
}

/// B and C of each state, B in a lower half of 32 bits and C in an upper.
#[inline]
pub fn halves(b: &[i16], c: &[i16]) -> [[i32; 2]; portable::MAX_STATES] {
    let mut all = [[0; 2]; portable::MAX_STATES];
    for (wide, (&b, &c)) in all.iter_mut().zip(b.iter().zip(c)) {
        *wide = [b.into(), i32::from(c) << 16];
    }
    all
}

/// Sixteen channels at a time through all states, what is theirs in registers. `pmaddwd` with a half of zeros multiplies the
/// other halves: two steps less than `pmulld` takes, and the state's upper half need not be moved down.
#[target_feature(enable = "avx2")]
pub fn scan(state: &mut [i32], b: &[i16], c: &[i16], input: &[i16], leak: &[i16], y: &mut [i32]) {
    let n = y.len();
    if !n.is_multiple_of(BLOCK) {
        return portable::scan(state, b, c, input, leak, y);
    }
    let broadcast = halves(b, c);
    let limit = _mm256_set1_epi32(portable::STATE_LIMIT);
    let least = _mm256_set1_epi32(-portable::STATE_LIMIT);
    let rows = state.as_chunks_mut().0;
    let ins = input.as_chunks().0.iter().zip(leak.as_chunks().0);
    for (j, ((input, leak), y)) in ins.zip(y.as_chunks_mut().0).enumerate() {
        let (input, leak) = (lower_halves(load16(input)), lower_halves(load16(leak)));
        let leak = [
            _mm256_slli_epi32::<16>(leak[0]),
            _mm256_slli_epi32::<16>(leak[1]),
        ];
        let mut sums = [_mm256_setzero_si256(); 2];
        let rows = rows.iter_mut().skip(j).step_by(n / BLOCK);
        for (row, [b, c]) in rows.zip(&broadcast[..b.len()]) {
            let (b, c) = (_mm256_set1_epi32(*b), _mm256_set1_epi32(*c));
            let mut h = load32(row);
            for k in 0..2 {
                let leaks = _mm256_madd_epi16(h[k], leak[k]);
                let moved = _mm256_add_epi32(h[k], _mm256_madd_epi16(input[k], b));
                let moved = _mm256_sub_epi32(_mm256_sub_epi32(moved, leaks), leaks);
                h[k] = _mm256_max_epi32(_mm256_min_epi32(moved, limit), least);
                sums[k] = _mm256_add_epi32(sums[k], _mm256_madd_epi16(h[k], c));
            }
            store32(row, h);
        }
        store32(y, sums);
    }
}
