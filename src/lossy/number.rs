//! The elements of a column as numbers: from bits to doubles and integers, and back.

use crate::layout::{Column, Kind, value};

/// The value of an element with these bits. Floats are widened; integers of 8 bytes are rounded to the nearest double.
pub fn to_f64(column: Column, bits: u64) -> f64 {
    match (column.kind, column.width) {
        (Kind::Float, 8) => f64::from_bits(bits),
        (Kind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
        (Kind::Float, _) => half_to_f64(bits as u16),
        (Kind::Signed, _) => to_signed(column, bits) as f64,
        (Kind::Unsigned, _) => bits as f64,
    }
}

/// The bits of the element whose value is nearest; integers saturate.
pub fn from_f64(column: Column, number: f64) -> u64 {
    let rounded = number.round_ties_even();
    match (column.kind, column.width) {
        (Kind::Float, 8) => number.to_bits(),
        (Kind::Float, 4) => u64::from((number as f32).to_bits()),
        (Kind::Float, _) => u64::from(half_from_f64(number)),
        (Kind::Signed, width) => {
            let largest = i64::MAX >> (64 - 8 * u32::from(width));
            (rounded as i64).clamp(-largest - 1, largest) as u64 & mask(width)
        }
        (Kind::Unsigned, width) => (rounded as u64).min(mask(width)),
    }
}

/// The value of an integer element with these bits.
pub fn to_i128(column: Column, bits: u64) -> i128 {
    match column.kind {
        Kind::Signed => i128::from(to_signed(column, bits)),
        Kind::Unsigned | Kind::Float => i128::from(bits),
    }
}

/// The bits of the integer element with this value; it saturates.
pub fn from_i128(column: Column, value: i128) -> u64 {
    let largest = i128::from(mask(column.width));
    match column.kind {
        Kind::Signed => value.clamp(-(largest / 2) - 1, largest / 2) as u64 & mask(column.width),
        Kind::Unsigned | Kind::Float => value.clamp(0, largest) as u64,
    }
}

/// An element's bits from its bytes, of which there must be as many as the column is wide.
pub fn read(column: Column, bytes: &[u8]) -> u64 {
    value(bytes, 0, bytes.len(), column.swap)
}

/// Writes an element's bits as its bytes, of which there must be as many as the column is wide.
pub fn write(column: Column, bits: u64, bytes: &mut [u8]) {
    let all = bits.to_be_bytes();
    let used = all[8 - bytes.len().min(8)..].iter().copied();
    if column.swap {
        bytes
            .iter_mut()
            .zip(used.rev())
            .for_each(|(to, from)| *to = from);
    } else {
        bytes.iter_mut().zip(used).for_each(|(to, from)| *to = from);
    }
}

/// A number that orders elements as their values do; the two zeros are one, and NaNs are beyond the infinities.
pub(super) fn to_key(column: Column, bits: u64) -> i64 {
    match column.kind {
        Kind::Unsigned => (bits ^ 1 << 63) as i64,
        Kind::Signed => to_signed(column, bits),
        Kind::Float => {
            let wide = to_f64(column, bits).to_bits() as i64;
            // Negative numbers count down from -0, which is 0.
            if wide < 0 {
                (wide ^ i64::MAX).wrapping_add(1)
            } else {
                wide
            }
        }
    }
}

/// The value of a key.
pub(super) fn key_value(column: Column, key: i64) -> f64 {
    match column.kind {
        Kind::Unsigned => (key as u64 ^ 1 << 63) as f64,
        Kind::Signed => key as f64,
        Kind::Float if key < 0 => f64::from_bits(key.wrapping_sub(1) as u64 ^ i64::MAX as u64),
        Kind::Float => f64::from_bits(key as u64),
    }
}

/// The bits of the element with this key; of the two zeros, 0.
pub(super) fn from_key(column: Column, key: i64) -> u64 {
    match column.kind {
        Kind::Unsigned => key as u64 ^ 1 << 63,
        Kind::Signed => key as u64 & mask(column.width),
        Kind::Float => from_f64(column, key_value(column, key)),
    }
}

fn mask(width: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(width))
}

fn to_signed(column: Column, bits: u64) -> i64 {
    let unused = 64 - 8 * u32::from(column.width);
    (bits << unused) as i64 >> unused
}

/// A float of two bytes: 1 bit of sign, 5 of exponent, 10 of fraction.
fn half_to_f64(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if bits & 1023 == 0 => f64::INFINITY,
        31 => f64::from_bits(0x7FF0 << 48 | u64::from(bits & 1023) << 42),
        _ => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

fn half_from_f64(number: f64) -> u16 {
    let sign = (number.to_bits() >> 48) as u16 & 0x8000;
    let magnitude = number.abs();
    if magnitude.is_nan() {
        let fraction = (number.to_bits() >> 42) as u16 & 1023;
        return sign | 0x7C00 | fraction.max(u16::from(fraction == 0));
    }
    let exponent = (magnitude.to_bits() >> 52) as i32 - 1023;
    let exponent = exponent.clamp(-14, 16);
    let units = (magnitude * 2f64.powi(10 - exponent)).round_ties_even();
    // Units beyond 2047 go on into the next exponent, and those of a denormal stay below the first.
    let bits = (exponent + 14) as f64 * 1024.0 + units;
    sign | bits.min(f64::from(0x7C00u16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind, width: u8) -> Column {
        Column {
            width,
            swap: false,
            kind,
        }
    }

    #[test]
    fn halves_there_and_back() {
        let half = column(Kind::Float, 2);
        for bits in 0..=u64::from(u16::MAX) {
            assert_eq!(from_f64(half, to_f64(half, bits)), bits, "{bits:#x}");
        }
        for (value, bits) in [
            (1.0, 0x3C00),
            (-2.0, 0xC000),
            (65504.0, 0x7BFF),
            (65519.9, 0x7BFF),
            (65520.0, 0x7C00),
            (1e300, 0x7C00),
            (2f64.powi(-24), 1),
            (2f64.powi(-25), 0),
            (1.0 + 2f64.powi(-11), 0x3C00),
            (1.0 + 3.0 * 2f64.powi(-11), 0x3C02),
        ] {
            assert_eq!(from_f64(half, value), bits, "{value}");
        }
    }

    #[test]
    fn integers_saturate() {
        let (i2, u4) = (column(Kind::Signed, 2), column(Kind::Unsigned, 4));
        assert_eq!(from_f64(i2, -1.0), 0xFFFF);
        assert_eq!(from_f64(i2, -1e9), 0x8000);
        assert_eq!(from_f64(i2, 1e9), 0x7FFF);
        assert_eq!((from_f64(u4, -3.0), from_f64(u4, 1e12)), (0, 0xFFFF_FFFF));
        assert_eq!((to_f64(i2, 0xFFFE), to_i128(i2, 0x8000)), (-2.0, -32768));
    }

    #[test]
    fn bytes_of_both_orders() {
        for swap in [false, true] {
            let column = Column {
                width: 4,
                swap,
                kind: Kind::Unsigned,
            };
            let mut bytes = [0; 4];
            write(column, 0x0102_0304, &mut bytes);
            assert_eq!(bytes[0], if swap { 4 } else { 1 });
            assert_eq!(read(column, &bytes), 0x0102_0304);
        }
    }

    #[test]
    fn keys_order_values() {
        let f8 = column(Kind::Float, 8);
        let ordered = [
            f64::NEG_INFINITY,
            -2.5,
            -1e-320,
            0.0,
            1e-320,
            3.0,
            f64::INFINITY,
        ];
        for pair in ordered.windows(2) {
            assert!(to_key(f8, pair[0].to_bits()) < to_key(f8, pair[1].to_bits()));
        }
        for value in ordered {
            assert_eq!(key_value(f8, to_key(f8, value.to_bits())), value);
        }
        assert_eq!(to_key(f8, (-0.0f64).to_bits()), to_key(f8, 0));
        let u8 = column(Kind::Unsigned, 8);
        assert!(to_key(u8, u64::MAX) > to_key(u8, 1));
        assert_eq!(key_value(u8, to_key(u8, 7)), 7.0);
    }
}
