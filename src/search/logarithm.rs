//! A base-2 logarithm that is the same on every platform.
//!
//! The standard library's comes from the system and may differ in the last bit, and a layout chosen by a hair's breadth
//! would then differ too. This one is made of IEEE sums, products and quotients alone.

use std::f64::consts::LN_2;

/// log2(x) within 1e-9, for normal numbers above 0.
pub fn log2(x: f64) -> f64 {
    const EXPONENT_BITS: u64 = 0x7ff << 52;
    let bits = x.to_bits();
    let exponent = ((bits & EXPONENT_BITS) >> 52) as i32 - 1023;
    let mantissa = f64::from_bits((bits & !EXPONENT_BITS) | (1023 << 52));
    // ln m = 2 artanh t = 2 (t + t^3/3 + t^5/5 + ...), |t| <= 1/3
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let mut power = t;
    let mut sum = 0.0;
    for odd in [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0] {
        sum += power / odd;
        power *= t * t;
    }
    f64::from(exponent) + 2.0 * sum / LN_2
}

#[cfg(test)]
mod tests {
    use crate::search::log2;

    #[test]
    fn close_to_the_systems() {
        for k in 1..100_000u32 {
            for x in [f64::from(k), 1.0 / f64::from(k), f64::from(k) * 1e-30] {
                assert!((log2(x) - x.log2()).abs() < 1e-9, "log2({x})");
            }
        }
    }
}
