//! The normative kernels: plain loops over contiguous channels, which compilers turn into vector code.

use super::BLOCK;
use super::arithmetic::{mulhrs, saturate8, saturate16};
use super::tables::RSQRT;

/// `out[o] = sum_i weight[o][i] * x[i]`.
///
/// `weights` holds blocks of [`BLOCK`] outputs; in a block, pairs of inputs: `[out/16][in/2][16][2]`.
/// Shapes: `weights` `out.len() * x.len()`, `out.len()` a multiple of 16, `x.len()` even.
pub fn product(weights: &[i8], x: &[i8], out: &mut [i32]) {
    assert_eq!(weights.len(), x.len() * out.len());
    let pairs = x.as_chunks::<2>().0;
    for (block, sums) in weights
        .chunks_exact(BLOCK * x.len())
        .zip(out.as_chunks_mut::<BLOCK>().0)
    {
        let mut acc = [0i32; BLOCK];
        for (w, [x0, x1]) in block.as_chunks::<{ 2 * BLOCK }>().0.iter().zip(pairs) {
            let (x0, x1) = (i16::from(*x0), i16::from(*x1));
            for k in 0..BLOCK {
                acc[k] +=
                    i32::from(i16::from(w[2 * k]) * x0) + i32::from(i16::from(w[2 * k + 1]) * x1);
            }
        }
        *sums = acc;
    }
}

/// Root-mean-square norm with a gain, to 8 bits (Zhang and Sennrich 2019, arXiv:1910.07467).
///
/// `n = v / sqrt(mean(v^2) + 1)` in Q11, then `out = clamp((n * gain) >> 15, -127, 127)`, both rounded.
pub fn rms_norm(v: &[i16], gain: &[i16], out: &mut [i8]) {
    let sum: u64 = v
        .iter()
        .map(|&x| u64::from((i32::from(x) * i32::from(x)) as u32))
        .sum();
    let (factor, shift) = norm_factor(sum + v.len() as u64, v.len());
    let round = 1i32 << (shift - 1);
    for ((&x, &g), o) in v.iter().zip(gain).zip(out) {
        let n = saturate16((i32::from(x) * factor + round) >> shift);
        *o = saturate8(mulhrs(n, g));
    }
}

/// `factor * 2^-shift` is `2^11 * sqrt(count / sum)`, with a factor below 2^15. `sum >= count > 0`.
fn norm_factor(sum: u64, count: usize) -> (i32, u32) {
    // sqrt(count) = root * 2^(half - 15), root in [2^14, 2^15)
    let half = (u64::BITS - (count as u64).leading_zeros()).div_ceil(2);
    let root = (((count as u64) << 30) >> (2 * half)).isqrt() as u32;
    // mantissa = sum * 2^even, in [2^30, 2^32)
    let even = i64::from(sum.leading_zeros() & !1) - 32;
    let mantissa = if even >= 0 {
        (sum << even) as u32
    } else {
        (sum >> -even) as u32
    };
    let index = (mantissa >> 24) as usize - 64;
    let drop = u32::from(RSQRT[index] - RSQRT[index + 1]);
    let inverse = u32::from(RSQRT[index]) - ((drop * ((mantissa >> 8) & 0xffff)) >> 16);
    let factor = ((inverse * root + (1 << 14)) >> 15).min(32767) as i32;
    // 2^11 * sqrt(count) * 2^(even/2) * inverse / 2^30
    let shift = 19 - i64::from(half) - even / 2;
    (factor, shift.clamp(1, 30) as u32)
}

/// The causal convolution over four steps, one filter a channel: Q10 in, Q10 out, weights Q12.
///
/// `history` holds the last three inputs, oldest first, and moves on by one. `weights` is `[4][channels]`, oldest first.
pub fn convolve(history: &mut [i16], weights: &[i16], bias: &[i32], x: &[i16], out: &mut [i16]) {
    let n = x.len();
    assert!(history.len() == 3 * n && weights.len() == 4 * n && bias.len() == n && out.len() == n);
    for j in 0..n {
        let sum = bias[j]
            + i32::from(history[j]) * i32::from(weights[j])
            + i32::from(history[n + j]) * i32::from(weights[n + j])
            + i32::from(history[2 * n + j]) * i32::from(weights[2 * n + j])
            + i32::from(x[j]) * i32::from(weights[3 * n + j]);
        out[j] = saturate16((sum + (1 << 11)) >> 12);
    }
    history.copy_within(n.., 0);
    history[2 * n..].copy_from_slice(x);
}

/// The largest magnitude of a state value.
const STATE_LIMIT: i32 = (1 << 30) - 1;

/// One step of the selective scan (Dao and Gu 2024, arXiv:2405.21060, scalar decay a head):
/// `h = h - leak*h + b*input`, `y = sum_n h*c`.
///
/// Shapes: `state` `[N][channels]`, `b` and `c` `[N]` within +-8191, `input`, `leak` and `y` `[channels]`, `N <= 16`.
/// `leak` is `1 - decay` in Q15 and acts on the state's upper 16 bits; `y` sums the upper 16 bits too.
pub fn scan(state: &mut [i32], b: &[i16], c: &[i16], input: &[i16], leak: &[i16], y: &mut [i32]) {
    let n = y.len();
    assert!(
        input.len() == n && leak.len() == n && b.len() == c.len() && state.len() == n * b.len()
    );
    y.fill(0);
    for ((row, &b), &c) in state.chunks_exact_mut(n).zip(b).zip(c) {
        for j in 0..n {
            let high = (row[j] >> 16) as i16;
            let moved = row[j] - 2 * (i32::from(high) * i32::from(leak[j]))
                + i32::from(input[j]) * i32::from(b);
            let h = moved.clamp(-STATE_LIMIT, STATE_LIMIT);
            row[j] = h;
            y[j] += i32::from((h >> 16) as i16) * i32::from(c);
        }
    }
}

/// `total += row * weight`: row Q11, weight Q13, total Q9.
#[inline]
pub fn accumulate_row(total: &mut [i16; 256], row: &[i16; 256], weight: i16) {
    for (t, &r) in total.iter_mut().zip(row) {
        *t = t.saturating_add(mulhrs(r, weight));
    }
}

/// The mean of a row under probabilities in Q15: Q11.
#[inline]
pub fn expectation(probabilities: &[i16; 256], row: &[i16; 256]) -> i32 {
    let sum: i32 = probabilities
        .iter()
        .zip(row)
        .map(|(&p, &r)| i32::from(p) * i32::from(r))
        .sum();
    sum >> 15
}

/// Moves a row by `rate * (onehot(byte) - probabilities)`: row and rate Q11, probabilities Q15.
#[inline]
pub fn update_row(row: &mut [i16; 256], probabilities: &[i16; 256], rate: i16, byte: u8) {
    for (r, &p) in row.iter_mut().zip(probabilities) {
        *r = r.saturating_sub(mulhrs(p, rate));
    }
    let hit = &mut row[usize::from(byte)];
    *hit = hit.saturating_add(rate);
}

/// Frequencies of sum 2^24, each at least 1, proportional to `2^(logits/512)`.
///
/// A logit d below the largest weighs `e = floor(2^23 * 2^(-d/512))`, the fraction of the exponent by a cubic (relative
/// error 1e-4). `frequency = 1 + floor(e * R / 2^31)`, `R = floor((2^24 - 256) * 2^31 / sum(e))`; the first of the
/// largest takes what is left.
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    let top = logits.iter().copied().fold(i16::MIN, i16::max);
    let mut sum = 0u32;
    for (f, &l) in frequencies.iter_mut().zip(logits) {
        let below = (i32::from(top) - i32::from(l)).min(24 * 512 + 511);
        let x = (below & 511) << 6;
        let cubic = 7570 - ((x * 1295) >> 15);
        let cubic = 22661 - ((x * cubic) >> 15);
        let mantissa = 32768 - ((x * cubic) >> 15);
        *f = ((mantissa as u32) << 8) >> (below >> 9);
        sum += *f;
    }
    let scale = (u64::from((1u32 << 24) - 256) << 31) / u64::from(sum);
    let mut given = 0;
    for f in frequencies.iter_mut() {
        *f = 1 + ((u64::from(*f) * scale) >> 31) as u32;
        given += *f;
    }
    let first = logits.iter().position(|&l| l == top).unwrap_or(0);
    frequencies[first] += (1 << 24) - given;
}
