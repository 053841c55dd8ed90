//! IEEE 754 numbers by integers alone: the same on every machine.

/// A binary format: 4 or 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Bits of a significand, the hidden one included.
    pub precision: u32,
    /// What is added to the exponent of a significand in [1, 2).
    pub bias: i32,
    /// All bits.
    pub bits: u32,
}

impl Format {
    /// 4 bytes: binary32.
    pub const SINGLE: Format = Format {
        precision: 24,
        bias: 127,
        bits: 32,
    };
    /// 8 bytes: binary64.
    pub const DOUBLE: Format = Format {
        precision: 53,
        bias: 1023,
        bits: 64,
    };

    /// The format of `bits` bits, 32 or 64.
    pub fn of(bits: u32) -> Option<Format> {
        match bits {
            32 => Some(Format::SINGLE),
            64 => Some(Format::DOUBLE),
            _ => None,
        }
    }

    /// The pattern of infinity.
    pub fn infinity(&self) -> u64 {
        ((1 << (self.bits - self.precision)) - 1) << (self.precision - 1)
    }

    /// The magnitude's significand and exponent: the value is `significand * 2^exponent`. `magnitude` has no sign bit.
    pub fn split(&self, magnitude: u64) -> (u64, i32) {
        let fraction = magnitude & ((1 << (self.precision - 1)) - 1);
        let exponent = (magnitude >> (self.precision - 1)) as i32;
        let lowest = 1 - self.bias - (self.precision as i32 - 1);
        if exponent == 0 {
            (fraction, lowest)
        } else {
            (fraction | 1 << (self.precision - 1), lowest + exponent - 1)
        }
    }

    /// The pattern of `2^exponent`, a normal number.
    pub fn power(&self, exponent: i32) -> u64 {
        ((exponent + self.bias) as u64) << (self.precision - 1)
    }

    /// What [`Format::nearest`] finds, where one division of doubles shows it: IEEE 754 rounds the quotient of two doubles as is
    /// wanted here. Rounded again to a single it is the nearest one, unless it has come to lie halfway between two.
    #[inline]
    fn quotient(&self, numerator: u128, denominator: u128) -> Option<u64> {
        if numerator > EXACT || denominator > EXACT {
            return None;
        }
        let quotient = numerator as u64 as f64 / denominator as u64 as f64;
        if self.bits == 64 {
            return Some(quotient.to_bits());
        }
        (quotient.to_bits() & BELOW_SINGLE != HALFWAY).then(|| (quotient as f32).to_bits().into())
    }

    /// The number of a magnitude.
    #[inline]
    pub fn number(&self, magnitude: u64) -> f64 {
        match self.bits {
            32 => f32::from_bits(magnitude as u32).into(),
            _ => f64::from_bits(magnitude),
        }
    }

    /// The pattern nearest to `numerator / denominator`, ties to even. The quotient must be 0 or a normal number; the
    /// numerator is below 2^120, the denominator from 1 to 2^64.
    pub fn nearest(&self, numerator: u128, denominator: u128) -> u64 {
        if numerator == 0 {
            return 0;
        }
        if let Some(pattern) = self.quotient(numerator, denominator) {
            return pattern;
        }
        let length = |n: u128| 128 - n.leading_zeros();
        // At least two bits more than the significand, so that what is cut off can be compared with a half.
        let wanted = length(denominator) + self.precision + 2;
        let shift = wanted.saturating_sub(length(numerator));
        let (quotient, rest) = divide(numerator << shift, denominator);
        let surplus = length(quotient) - self.precision;
        let mut significand = (quotient >> surplus) as u64;
        let cut = quotient & ((1 << surplus) - 1);
        let half = 1u128 << (surplus - 1);
        if cut > half || cut == half && (rest || significand & 1 == 1) {
            significand += 1;
        }
        let exponent = surplus as i32 - shift as i32 + self.precision as i32 - 1;
        // A significand that was rounded up to the next power of two carries into the exponent.
        self.power(exponent) + significand - (1 << (self.precision - 1))
    }
}

/// Integers up to this are doubles.
const EXACT: u128 = 1 << 53;
/// What a double has below the last bit of a single, and what of it is halfway between two singles.
const BELOW_SINGLE: u64 = (1 << 29) - 1;
const HALFWAY: u64 = 1 << 28;

/// The quotient, and whether there is a rest.
fn divide(numerator: u128, denominator: u128) -> (u128, bool) {
    // Of most numbers, which divide in a fraction of the time.
    if let (Ok(n), Ok(d)) = (u64::try_from(numerator), u64::try_from(denominator)) {
        return ((n / d).into(), !n.is_multiple_of(d));
    }
    let quotient = numerator / denominator;
    (quotient, quotient * denominator != numerator)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from one bit to `bits` bits, of every length alike.
    fn numbers(bits: u32, count: usize, seed: u64) -> impl Iterator<Item = u64> {
        let mut state = seed;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..count).map(move |_| {
            let length = 1 + (next() >> 32) as u32 % bits;
            next() >> (64 - length) | 1 << (length - 1)
        })
    }

    #[test]
    fn quotients_are_the_hardwares() {
        let pairs = numbers(53, 20_000, 3).zip(numbers(53, 20_000, 5));
        for (n, d) in pairs {
            let found = Format::DOUBLE.nearest(n.into(), d.into());
            assert_eq!(found, (n as f64 / d as f64).to_bits(), "{n} / {d}");
        }
        let pairs = numbers(24, 20_000, 7).zip(numbers(24, 20_000, 9));
        for (n, d) in pairs {
            let found = Format::SINGLE.nearest(n.into(), d.into());
            let quotient = (n as f32 / d as f32).to_bits();
            assert_eq!(found, u64::from(quotient), "{n} / {d}");
        }
    }

    #[test]
    fn long_integers_are_the_hardwares() {
        let halves = numbers(60, 20_000, 11).zip(numbers(60, 20_000, 13));
        for (high, low) in halves {
            let n = u128::from(high) << 60 | u128::from(low);
            for n in [n, n >> 59, n & !0 << 64, 1 << (high % 120)] {
                let found = [Format::SINGLE, Format::DOUBLE].map(|f| f.nearest(n, 1));
                let hardware = [u64::from((n as f32).to_bits()), (n as f64).to_bits()];
                assert_eq!(found, hardware, "{n}");
            }
        }
    }

    #[test]
    fn ties_go_to_even() {
        for k in [1u64 << 23, (1 << 23) + 1, (1 << 24) - 2, (1 << 24) - 1] {
            for quarter in 0..4 {
                let n = 4 * k + quarter;
                let found = Format::SINGLE.nearest(n.into(), 4);
                let quotient = (n as f64 / 4.0) as f32;
                assert_eq!(found, u64::from(quotient.to_bits()), "{n} / 4");
                let found = Format::SINGLE.nearest(u128::from(n) * 3, 12);
                assert_eq!(found, u64::from(quotient.to_bits()), "{n} / 4");
            }
        }
    }

    #[test]
    fn decimals_are_those_of_texts() {
        for c in numbers(50, 3000, 17) {
            for decimals in 0..20 {
                let text = format!("{c}e-{decimals}");
                let power = 10u128.pow(decimals);
                let found = Format::DOUBLE.nearest(c.into(), power);
                assert_eq!(found, text.parse::<f64>().unwrap().to_bits(), "{text}");
                let found = Format::SINGLE.nearest(c.into(), power);
                let single = text.parse::<f32>().unwrap().to_bits();
                assert_eq!(found, u64::from(single), "{text}");
            }
        }
    }

    #[test]
    fn pieces_make_the_number() {
        for pattern in numbers(63, 5000, 19).filter(|&p| p < Format::DOUBLE.infinity()) {
            let (significand, exponent) = Format::DOUBLE.split(pattern);
            let scaled = |e: i32| 2f64.powi(e / 2) * 2f64.powi(e - e / 2);
            let value = significand as f64 * 2f64.powi(exponent / 2);
            let value = value * scaled(exponent - exponent / 2);
            assert_eq!(value.to_bits(), pattern);
        }
        assert_eq!(
            Format::SINGLE.power(-126),
            u64::from(f32::MIN_POSITIVE.to_bits())
        );
        assert_eq!(Format::DOUBLE.infinity(), f64::INFINITY.to_bits());
    }
}
