//! Powers of ten among the doubles: on which side of the exact power the nearest double lies.

use std::sync::LazyLock;

/// The smallest power of ten above 0 that matters: half the smallest double is larger.
const MIN_EXPONENT: i32 = -324;
/// The first power above all doubles.
const END_EXPONENT: i32 = 309;

/// For each power the largest double not above it, and the smallest not below it.
static POWERS: LazyLock<Vec<(f64, f64)>> =
    LazyLock::new(|| (MIN_EXPONENT..=END_EXPONENT).map(neighbours).collect());

/// The doubles around 10^exponent; twice the same where it is one.
fn neighbours(exponent: i32) -> (f64, f64) {
    let nearest: f64 = format!("1e{exponent}").parse().unwrap_or(f64::INFINITY);
    if nearest.is_infinite() {
        return (f64::MAX, f64::INFINITY);
    }
    if nearest == 0.0 {
        return (0.0, f64::from_bits(1));
    }
    // No double has more than 767 significant digits: these are all.
    let digits = format!("{nearest:.800e}");
    let (digits, power) = digits.split_once('e').unwrap_or_default();
    if power.parse() != Ok(exponent) {
        return (nearest, nearest.next_up());
    }
    let is_exact = digits
        .bytes()
        .skip(1)
        .all(|digit| matches!(digit, b'0' | b'.'));
    if is_exact {
        (nearest, nearest)
    } else {
        (nearest.next_down(), nearest)
    }
}

fn around(exponent: i32) -> (f64, f64) {
    let exponent = exponent.clamp(MIN_EXPONENT, END_EXPONENT);
    POWERS[(exponent - MIN_EXPONENT) as usize]
}

/// The largest double that is not above 10^exponent.
pub(super) fn power_below(exponent: i32) -> f64 {
    around(exponent).0
}

/// The exponent of the largest power of ten that is not above a finite number above 0: exactly floor(log10 x).
pub(super) fn exponent(x: f64) -> i32 {
    let mut exponent = x.log10().floor() as i32;
    while x < around(exponent).1 && exponent > MIN_EXPONENT {
        exponent -= 1;
    }
    while x >= around(exponent + 1).1 {
        exponent += 1;
    }
    exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_at_powers_of_ten() {
        for k in 0..=22 {
            let power = 10f64.powi(k);
            assert_eq!(exponent(power), k);
            assert_eq!(exponent(power.next_down()), k - 1);
            assert_eq!(power_below(k), power);
        }
        // The double nearest to 10^23 lies below it, that nearest to 10^-1 above.
        assert_eq!((exponent(1e23), exponent(1e23f64.next_up())), (22, 23));
        assert_eq!((exponent(0.1), exponent(0.1f64.next_down())), (-1, -2));
        assert_eq!(
            (power_below(23), power_below(-1)),
            (1e23, 0.1f64.next_down())
        );
        assert_eq!(
            (exponent(f64::MAX), exponent(f64::from_bits(1))),
            (308, -324)
        );
        assert_eq!((power_below(-400), power_below(400)), (0.0, f64::MAX));
    }

    #[test]
    fn exponents_are_those_of_the_exact_digits() {
        let mut x = f64::from_bits(1);
        while x.is_finite() {
            let digits = format!("{x:.800e}");
            let (_, power) = digits.split_once('e').unwrap();
            assert_eq!(exponent(x), power.parse::<i32>().unwrap(), "{x:e}");
            x *= 1.618_033_988_7;
            x = x.next_up();
        }
    }
}
