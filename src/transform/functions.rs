//! Elementary functions of doubles, the same bits on every IEEE 754 machine: nothing but `+ - * /`, roots, roundings to
//! integers and comparisons, in the order written. Good to about one unit in the last place.

use std::f64::consts::{FRAC_PI_2, LN_2, PI, SQRT_2};

/// pi/2 in three parts: the first two have 33 bits, so that their multiples below 2^20 are exact.
const HALF_PI: [f64; 3] = [
    f64::from_bits(0x3ff9_21fb_5440_0000),
    f64::from_bits(0x3dd0_b461_1a60_0000),
    f64::from_bits(0x3ba3_198a_2e03_7073),
];
/// The logarithm of 2 in two parts, the first of 32 bits.
const LN2: [f64; 2] = [
    f64::from_bits(0x3fe6_2e42_fee0_0000),
    f64::from_bits(0x3dea_39ef_3579_3c76),
];
/// Angles beyond this have no sine.
const FARTHEST: f64 = 1048576.0;
/// Powers of e beyond this are 0 or infinite.
const STEEPEST: f64 = 1000.0;

/// `1 / n!`.
const fn inverse_factorial(n: u32) -> f64 {
    let (mut product, mut k) = (1.0, 1);
    while k <= n {
        // Exact up to 22!.
        product *= k as f64;
        k += 1;
    }
    1.0 / product
}

/// `1 / (first + step k)!` for each k.
const fn factorials<const N: usize>(first: u32, step: u32) -> [f64; N] {
    let (mut all, mut k) = ([0.0; N], 0);
    while k < N {
        all[k] = inverse_factorial(first + step * k as u32);
        k += 1;
    }
    all
}

/// `1 / (3 + 2 k)` for each k.
const fn odd<const N: usize>() -> [f64; N] {
    let (mut all, mut k) = ([0.0; N], 0);
    while k < N {
        all[k] = 1.0 / (3 + 2 * k) as f64;
        k += 1;
    }
    all
}

/// The same with a negative sign for the first, the third, and so on.
const fn alternating<const N: usize>(mut all: [f64; N]) -> [f64; N] {
    let mut k = 0;
    while k < N {
        all[k] = -all[k];
        k += 2;
    }
    all
}

const SINE: [f64; 8] = alternating(factorials(3, 2));
const COSINE: [f64; 9] = alternating(factorials(2, 2));
const SINH: [f64; 9] = factorials(3, 2);
const EXP: [f64; 14] = factorials(0, 1);
const ATANH: [f64; 10] = odd();
const ATAN: [f64; 6] = alternating(odd());

/// The arcs whose tangents are 0/8 to 8/8.
const ARCS: [f64; 9] = [
    0.0,
    f64::from_bits(0x3fbf_d5ba_9aac_2f6e),
    f64::from_bits(0x3fcf_5b75_f92c_80dd),
    f64::from_bits(0x3fd6_f619_41e4_def1),
    f64::from_bits(0x3fdd_ac67_0561_bb4f),
    f64::from_bits(0x3fe1_e00b_abde_feb4),
    f64::from_bits(0x3fe4_978f_a326_9ee1),
    f64::from_bits(0x3fe7_00a7_c578_4634),
    f64::from_bits(0x3fe9_21fb_5444_2d18),
];

/// `c[0] + c[1] z + c[2] z^2 + ...`, the last first.
#[inline]
fn series<const N: usize>(c: &[f64; N], z: f64) -> f64 {
    c[..N - 1]
        .iter()
        .rev()
        .fold(c[N - 1], |sum, term| sum * z + term)
}

/// Sine and cosine; not-a-numbers beyond 2^20.
pub fn sine_and_cosine(x: f64) -> (f64, f64) {
    // Also where x is not a number.
    if !(-FARTHEST..=FARTHEST).contains(&x) {
        return (f64::NAN, f64::NAN);
    }
    let n = (x / FRAC_PI_2).round_ties_even();
    let r = ((x - n * HALF_PI[0]) - n * HALF_PI[1]) - n * HALF_PI[2];
    let z = r * r;
    let sine = r + r * (z * series(&SINE, z));
    let cosine = 1.0 + z * series(&COSINE, z);
    match (n as i64) & 3 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// An angle less the multiple of 2 pi nearest to it; not a number beyond 2^20.
pub fn turn(x: f64) -> f64 {
    if !(-FARTHEST..=FARTHEST).contains(&x) {
        return f64::NAN;
    }
    let n = 4.0 * (x / (2.0 * PI)).round_ties_even();
    ((x - n * HALF_PI[0]) - n * HALF_PI[1]) - n * HALF_PI[2]
}

/// e to the power of x.
pub fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let x = x.clamp(-STEEPEST, STEEPEST);
    let n = (x / LN_2).round_ties_even();
    let r = (x - n * LN2[0]) - n * LN2[1];
    let n = n as i32;
    let half = n >> 1;
    series(&EXP, r) * power(half) * power(n - half)
}

/// 2 to the power of n, a normal number.
fn power(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// The natural logarithm.
pub fn log(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 || x == f64::INFINITY {
        return if x == 0.0 { f64::NEG_INFINITY } else { x };
    }
    let (x, shift) = if x < f64::MIN_POSITIVE {
        (x * power(54), 54)
    } else {
        (x, 0)
    };
    let mut n = (x.to_bits() >> 52) as i32 - 1023 - shift;
    let mut m = f64::from_bits(x.to_bits() & ((1 << 52) - 1) | 1023 << 52);
    if m > SQRT_2 {
        m *= 0.5;
        n += 1;
    }
    let n = f64::from(n);
    n * LN2[0] + (twice_atanh((m - 1.0) / (m + 1.0)) + n * LN2[1])
}

/// Twice the area tangent of a small number.
fn twice_atanh(s: f64) -> f64 {
    let (two, z) = (2.0 * s, s * s);
    two + two * (z * series(&ATANH, z))
}

/// The hyperbolic sine.
pub fn sinh(x: f64) -> f64 {
    if x.abs() < 1.0 {
        let z = x * x;
        return x + x * (z * series(&SINH, z));
    }
    let e = exp(x.abs());
    let size = 0.5 * (e - 1.0 / e);
    if x < 0.0 { -size } else { size }
}

/// The hyperbolic cosine.
pub fn cosh(x: f64) -> f64 {
    let e = exp(x.abs());
    0.5 * (e + 1.0 / e)
}

/// The number whose hyperbolic sine is x.
pub fn asinh(x: f64) -> f64 {
    let a = x.abs();
    let size = if a > 268435456.0 {
        log(a) + LN_2
    } else {
        let square = a * a;
        let u = a + square / (1.0 + (1.0 + square).sqrt());
        if u < 0.375 {
            twice_atanh(u / (2.0 + u))
        } else {
            log(1.0 + u)
        }
    };
    if x < 0.0 { -size } else { size }
}

/// The angle of the direction (x, y), from -pi to pi; 0 of nothing.
pub fn atan2(y: f64, x: f64) -> f64 {
    let (a, b) = (y.abs(), x.abs());
    let steep = a > b;
    let t = if a == 0.0 && b == 0.0 {
        0.0
    } else if steep {
        b / a
    } else {
        a / b
    };
    if t.is_nan() {
        return t;
    }
    let i = (8.0 * t).round_ties_even();
    let c = i * 0.125;
    let r = (t - c) / (1.0 + t * c);
    let z = r * r;
    let arc = ARCS[(i as usize).min(8)] + (r + r * (z * series(&ATAN, z)));
    let upper = if steep { FRAC_PI_2 - arc } else { arc };
    let size = if x < 0.0 { PI - upper } else { upper };
    if y < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of either sign from 2^-20 to 2^top.
    fn numbers(top: i32) -> impl Iterator<Item = f64> {
        let mut state = 88172645463325252u64;
        (0..40_000).map(move |k| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let unit = 1.0 + (state >> 12) as f64 / (1u64 << 52) as f64;
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            sign * unit * power(-20 + k % (top + 20))
        })
    }

    /// Units in the last place of the larger, or of `least`.
    fn units(found: f64, wanted: f64, least: f64) -> f64 {
        (found - wanted).abs() / (found.abs().max(least) * f64::EPSILON)
    }

    #[test]
    fn functions_are_those_of_the_standard_library() {
        for x in numbers(19) {
            let (sine, cosine) = sine_and_cosine(x);
            assert!(units(sine, x.sin(), 1e-3) < 2.5, "sin {x}");
            assert!(units(cosine, x.cos(), 1e-3) < 2.5, "cos {x}");
            let wrapped = turn(x);
            assert!(wrapped.abs() <= PI + 1e-9, "turn {x}");
            assert!((wrapped.sin() - x.sin()).abs() < 1e-12, "turn {x}");
            assert!(units(asinh(x), x.asinh(), 0.0) < 8.0, "asinh {x}");
            assert!(units(log(x.abs()), x.abs().ln(), 1e-3) < 4.0, "log {x}");
        }
        for x in numbers(9) {
            assert!(units(exp(x), x.exp(), 0.0) < 3.0, "exp {x}");
            assert!(units(sinh(x), x.sinh(), 0.0) < 4.0, "sinh {x}");
            assert!(units(cosh(x), x.cosh(), 0.0) < 4.0, "cosh {x}");
        }
        for (y, x) in numbers(19).zip(numbers(7).skip(77)) {
            assert!(units(atan2(y, x), y.atan2(x), 0.0) < 3.0, "atan2 {y} {x}");
        }
        for (i, arc) in ARCS.iter().enumerate().skip(1) {
            assert!(units(*arc, (i as f64 / 8.0).atan(), 0.0) < 1.0);
        }
    }

    #[test]
    fn ends_are_defined() {
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(log(0.0), f64::NEG_INFINITY);
        assert_eq!(log(f64::INFINITY), f64::INFINITY);
        assert!((log(f64::from_bits(1)) - -1074.0 * LN_2).abs() < 1e-12);
        assert_eq!(atan2(0.0, 0.0), 0.0);
        assert_eq!(atan2(-0.0, -1.0), PI);
        assert_eq!(atan2(1.0, f64::INFINITY), 0.0);
        assert_eq!(cosh(f64::NEG_INFINITY), f64::INFINITY);
        assert_eq!(sinh(-1e9), f64::NEG_INFINITY);
        let nothing = [
            sine_and_cosine(f64::INFINITY).0,
            sine_and_cosine(1e7).1,
            turn(f64::NAN),
            exp(f64::NAN),
            log(-1.0),
            asinh(f64::NAN),
            sinh(f64::NAN),
            atan2(f64::INFINITY, f64::INFINITY),
            atan2(f64::NAN, 1.0),
        ];
        assert!(nothing.iter().all(|x| x.is_nan()), "{nothing:?}");
    }

    /// The bits themselves, so that no machine computes others.
    #[test]
    fn bits_are_the_same_everywhere() {
        let mut sum = 0u64;
        for x in numbers(8) {
            let (sine, cosine) = sine_and_cosine(x);
            let all = [
                sine,
                cosine,
                turn(x),
                exp(x),
                log(x.abs()),
                sinh(x),
                cosh(x),
                asinh(x),
                atan2(x, 3.0),
            ];
            for value in all {
                sum = sum.rotate_left(7) ^ value.to_bits();
            }
        }
        assert_eq!(sum, 0xFE02494641FF34EA);
    }
}
