//! Scalar fixed-point arithmetic. Qn means n fractional bits.

use super::tables::{EXP2_NEG, SOFTPLUS};

/// Clamps to 16 bits.
#[inline(always)]
pub fn saturate16(x: i32) -> i16 {
    x.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// Clamps to -127..=127; -128 is never an activation, so that products may use sign tricks.
#[inline(always)]
pub fn saturate8(x: i16) -> i8 {
    x.clamp(-127, 127) as i8
}

/// The rounded high product `(a*b + 2^14) >> 15` (x86 `pmulhrsw`, NEON `sqrdmulh` but for -1 times -1).
#[inline(always)]
pub fn mulhrs(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + (1 << 14)) >> 15) as i16
}

/// The gate's sigmoid: Q10 to Q15. With `t = clamp(x/4, -1, 1)` it is `1/2 + t - t|t|/2`, within 0.022 of the logistic
/// function and exact in its slope at 0; the network is trained with the same function, so it costs no accuracy.
#[inline(always)]
pub fn sigmoid(x: i16) -> i16 {
    let t = x.clamp(-4095, 4095) << 3;
    let half = t - (mulhrs(t, t.abs()) >> 1);
    half.saturating_add(1 << 14)
}

/// `x * sigmoid(x)`, Q10 to Q10.
#[inline(always)]
pub fn silu(x: i16) -> i16 {
    mulhrs(x, sigmoid(x))
}

/// `ln(1 + e^x)`, Q10 to Q16: a table in steps of 1/8, linear between.
#[inline(always)]
pub fn softplus(x: i16) -> u32 {
    const EDGE: i32 = 16 << 10;
    let x = i32::from(x);
    if x >= EDGE {
        return (x << 6) as u32;
    }
    let from_left = (x.max(-EDGE) + EDGE) as u32;
    let (low, high) = (
        SOFTPLUS[(from_left >> 7) as usize],
        SOFTPLUS[(from_left >> 7) as usize + 1],
    );
    low + (((high - low) * (from_left & 127)) >> 7)
}

/// `2^-x`, Q16 to Q30: a table in steps of 1/256, linear between.
#[inline(always)]
pub fn exp2_negative(x: u32) -> u32 {
    let whole = x >> 16;
    if whole >= 30 {
        return 0;
    }
    let index = ((x >> 8) & 255) as usize;
    let drop = EXP2_NEG[index] - EXP2_NEG[index + 1];
    (EXP2_NEG[index] - ((drop >> 8) * (x & 255))) >> whole
}

/// The binary logarithm of a number from 1 to below 2, in Q30: bit by bit by squaring, in units of 2^-8, rounded down.
pub const fn log2_of_mantissa(mut x: u64) -> u8 {
    let (mut log, mut bit) = (0, 1 << 7);
    while bit > 0 {
        x = (x * x) >> 30;
        if x >= 1 << 31 {
            x >>= 1;
            log += bit;
        }
        bit >>= 1;
    }
    log
}
