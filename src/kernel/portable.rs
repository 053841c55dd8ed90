//! The normative kernels: plain loops over contiguous channels.
//!
//! All are inlined into their callers so that `avx2` can compile them again for wider vectors. Shapes and meaning stand
//! at the safe entry points in [`super`].

use super::arithmetic::{mulhrs, saturate8, saturate16, silu};
use super::shapes::{
    BLOCK, HEADROOM, MAX_SEEN, MAX_WEIGHT_SETS, NODES, NodeWeights, RATES, Row, Slot,
};
use super::tables::RSQRT;

#[inline(always)]
pub fn product(weights: &[i8], x: &[i8], out: &mut [i32]) {
    let row = 4 * BLOCK;
    let blocks = weights.chunks_exact(row * x.len().div_ceil(4));
    for (block, sums) in blocks.zip(out.as_chunks_mut::<BLOCK>().0) {
        let mut acc = [0i32; BLOCK];
        for (w, x) in block.chunks_exact(row).zip(x.chunks(4)) {
            for (sum, w) in acc.iter_mut().zip(w.as_chunks::<4>().0) {
                for (&w, &x) in w.iter().zip(x) {
                    *sum += i32::from(w) * i32::from(x);
                }
            }
        }
        *sums = acc;
    }
}

#[inline(always)]
pub fn requantise(sums: &[i32], bias: &[i32], shift: &[u8], out: &mut [i16]) {
    for (((o, &s), &b), &shift) in out.iter_mut().zip(sums).zip(bias).zip(shift) {
        *o = saturate16(((s << HEADROOM) + b + (1 << (shift - 1))) >> shift);
    }
}

#[inline(always)]
pub fn wide_product(weights: &[i8], x: &[i16], out: &mut [i32]) {
    for (sum, row) in out.iter_mut().zip(weights.chunks_exact(x.len())) {
        *sum = { row.iter().zip(x) }
            .map(|(&w, &x)| i32::from(w) * i32::from(x))
            .sum();
    }
}

#[inline(always)]
pub fn add_scaled(sums: &mut [i32], weights: &[i8], x: i32) {
    for (sum, &w) in sums.iter_mut().zip(weights) {
        *sum = sum.wrapping_add(i32::from(w).wrapping_mul(x));
    }
}

#[inline(always)]
pub fn head_logits(sums: &mut [i32], bias: &[i32], shift: &[u8], logits: &mut [i16; 256]) {
    let mut top = i32::MIN;
    for ((s, &b), &shift) in sums.iter_mut().zip(bias).zip(shift) {
        *s = ((*s << HEADROOM) + b + (1 << (shift - 1))) >> shift;
        top = top.max(*s);
    }
    for (l, &s) in logits.iter_mut().zip(sums.iter()) {
        *l = saturate16(s - top + i32::from(i16::MAX));
    }
}

#[inline(always)]
pub fn gate(read: &[i32], x: &[i16], z: &[i16], skip: i16, shifts: [u8; 3], out: &mut [i16]) {
    let n = out.len();
    let (read, x, z) = (&read[..n], &x[..n], &z[..n]);
    let halves = shifts.map(|shift| 1i32 << (shift - 1));
    for j in 0..n {
        // The read-out may fill 31 bits, so its half is added with care.
        let read = read[j].saturating_add(halves[0]) >> shifts[0];
        let skip = (i32::from(skip) * i32::from(x[j]) + halves[1]) >> shifts[1];
        let y = i32::from(saturate16(read + skip));
        out[j] = saturate16((y * i32::from(silu(z[j])) + halves[2]) >> shifts[2]);
    }
}

#[inline(always)]
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
#[inline(always)]
pub fn norm_factor(sum: u64, count: usize) -> (i32, u32) {
    // sqrt(count) = root * 2^(half - 15), root in [2^14, 2^15)
    let half = (u64::BITS - (count as u64).leading_zeros()).div_ceil(2);
    let root = match count.trailing_zeros() {
        // The roots of 2^28 and 2^29 at hand.
        zeros if count.is_power_of_two() => [16384, 23170][zeros as usize % 2],
        _ => (((count as u64) << 30) >> (2 * half)).isqrt() as u32,
    };
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

#[inline(always)]
pub fn convolve(history: &mut [i16], weights: &[i16], bias: &[i32], x: &[i16], out: &mut [i16]) {
    let n = x.len();
    let (h, w) = (&history[..3 * n], &weights[..4 * n]);
    let (bias, out) = (&bias[..n], &mut out[..n]);
    for j in 0..n {
        let sum = bias[j]
            + i32::from(h[j]) * i32::from(w[j])
            + i32::from(h[n + j]) * i32::from(w[n + j])
            + i32::from(h[2 * n + j]) * i32::from(w[2 * n + j])
            + i32::from(x[j]) * i32::from(w[3 * n + j]);
        out[j] = silu(saturate16((sum + (1 << 11)) >> 12));
    }
    history.copy_within(n.., 0);
    history[2 * n..].copy_from_slice(x);
}

/// The largest magnitude of a state value.
pub const STATE_LIMIT: i32 = (1 << 30) - 1;

/// The most states of a channel.
pub const MAX_STATES: usize = 16;

#[inline(always)]
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

#[inline(always)]
pub fn slot_inputs(slots: &[Slot], indices: &[u32], inputs: &mut [Row]) {
    for (&index, [logits, probabilities]) in indices.iter().zip(inputs.as_chunks_mut().0) {
        let slot = &slots[index as usize];
        for ((x, y), (&logit, &probability)) in { logits.iter_mut().zip(probabilities) }
            .zip(slot.logits.iter().zip(&slot.probabilities))
        {
            *x = i16::from(logit) << 7;
            *y = (probability ^ 0x8000) as i16 >> 2;
        }
    }
}

#[inline(always)]
pub fn count(slots: &mut [Slot], indices: &[u32], half: u8, logits: &[i8; 4096]) {
    for &index in indices {
        let slot = &mut slots[index as usize];
        for k in 0..4 {
            let node = usize::from(16 | (half % 16)) >> (4 - k);
            let one = if half >> (3 - k) & 1 == 1 { 0xffff } else { 0 };
            let (missing, count) = (slot.probabilities[node] ^ one, &mut slot.counts[node]);
            let taken = u32::from(missing) * u32::from(RATES[usize::from(*count % 64)]);
            let taken = (taken + (1 << 15)) >> 16;
            let probability = ((missing - taken as u16) ^ one).max(1);
            *count = (*count + 1).min(MAX_SEEN);
            slot.probabilities[node] = probability;
            slot.logits[node] = logits[usize::from(probability >> 4)];
        }
    }
}

#[inline(always)]
pub fn blend(
    weights: &[NodeWeights],
    weight_sets: &[u32],
    inputs: &[Row],
) -> [Row; MAX_WEIGHT_SETS] {
    let mut out: [Row; MAX_WEIGHT_SETS] = [[0; NODES]; MAX_WEIGHT_SETS];
    for (sums, &weight_set) in out.iter_mut().zip(weight_sets) {
        let weights = &weights[weight_set as usize * inputs.len()..][..inputs.len()];
        for (weights, inputs) in weights.iter().zip(inputs) {
            for ((sum, &x), &w) in sums.iter_mut().zip(inputs).zip(&weights.high) {
                *sum = sum.saturating_add(mulhrs(x, w));
            }
        }
    }
    out
}

#[inline(always)]
pub fn descend(
    weights: &mut [NodeWeights],
    weight_sets: &[u32],
    inputs: &[Row],
    errors: &[Row; MAX_WEIGHT_SETS],
) {
    for (&weight_set, errors) in weight_sets.iter().zip(errors) {
        let weights = &mut weights[weight_set as usize * inputs.len()..][..inputs.len()];
        for (weights, inputs) in weights.iter_mut().zip(inputs) {
            for node in 0..NODES {
                let step = i32::from(inputs[node] >> 4) * i32::from(errors[node]);
                let (low, carry) = weights.low[node].overflowing_add(step as u16);
                weights.low[node] = low;
                let step = (step >> 16) as i16 + i16::from(carry);
                weights.high[node] = weights.high[node].saturating_add(step);
            }
        }
    }
}

#[inline(always)]
pub fn tree(frequencies: &[u32; 256], sums: &mut [u32; 512]) {
    sums[0] = 0;
    sums[256..].copy_from_slice(frequencies);
    let mut nodes = 128;
    while nodes > 0 {
        let (upper, lower) = sums.split_at_mut(2 * nodes);
        for (sum, [a, b]) in upper[nodes..].iter_mut().zip(lower.as_chunks::<2>().0) {
            *sum = a + b;
        }
        nodes /= 2;
    }
}

/// What the weights of [`softmax`] are multiplied with, Q31. The largest weighs 2^23, so this is below 2^32.
#[inline(always)]
pub fn softmax_scale(sum: u32) -> u64 {
    (u64::from((1u32 << 24) - 256) << 31) / u64::from(sum)
}

#[inline(always)]
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
    let scale = softmax_scale(sum);
    let mut assigned = 0;
    for f in frequencies.iter_mut() {
        *f = 1 + ((u64::from(*f) * scale) >> 31) as u32;
        assigned += *f;
    }
    let first = logits.iter().position(|&l| l == top).unwrap_or(0);
    frequencies[first] += (1 << 24) - assigned;
}
