//! What literals cost: measured on those of the block before.

use crate::coder::Interval;
use crate::kernel::log2_of_mantissa;

/// A bit, in units of prices.
pub const BIT: u32 = 256;

/// Literals of each byte that a new estimate takes as seen before, at the mean price.
const PRIOR: u64 = 4;

/// Prices of literals by byte.
pub struct Prices {
    pub of: [u32; 256],
}

impl Prices {
    /// Before anything is coded: by how often the bytes come, and less, since contexts help.
    pub fn of_bytes(bytes: &[u8]) -> Prices {
        let mut counts = [0u32; 256];
        bytes
            .iter()
            .for_each(|&byte| counts[usize::from(byte)] += 1);
        let all = log2(bytes.len() as u32);
        let of = counts.map(|count| (all - log2(count)) * 3 / 4 + BIT / 4);
        Prices { of }
    }

    /// Learns from the literals of a block and the intervals of their halves.
    pub fn learn(&mut self, literals: &[u8], upper: &[Interval], lower: &[Interval]) {
        let (mut sums, mut counts, mut all) = ([0u64; 256], [0u64; 256], 0);
        for ((&byte, upper), lower) in literals.iter().zip(upper).zip(lower) {
            let half = |interval: &Interval| 15 * BIT - log2(interval.frequency.into());
            let price = u64::from(half(upper) + half(lower));
            sums[usize::from(byte)] += price;
            counts[usize::from(byte)] += 1;
            all += price;
        }
        if literals.is_empty() {
            return;
        }
        let mean = all / literals.len() as u64;
        for ((price, sum), count) in self.of.iter_mut().zip(sums).zip(counts) {
            let measured = (sum + PRIOR * mean) / (count + PRIOR);
            *price = (*price + measured as u32) / 2;
        }
    }
}

/// Whether these literals are best stored: their bytes are about equally frequent.
pub fn is_noise(literals: &[u8]) -> bool {
    if literals.len() < 4096 {
        return false;
    }
    let mut counts = [0u32; 256];
    { literals.iter() }.for_each(|&byte| counts[usize::from(byte)] += 1);
    let all = u64::from(log2(literals.len() as u32));
    let bits = { counts.iter() }
        .map(|&count| u64::from(count) * (all - u64::from(log2(count))))
        .sum::<u64>();
    bits > literals.len() as u64 * u64::from(8 * BIT) * 63 / 64
}

/// The binary logarithm in units of 2^-8, rounded down to the upper 8 bits' one; 0 of 0.
pub fn log2(number: u32) -> u32 {
    let zeros = number.max(1).leading_zeros();
    let mantissa = number.max(1) << zeros;
    (31 - zeros) * BIT + u32::from(LOGARITHMS[(mantissa >> 24 & 127) as usize])
}

/// log2 of 1 + n / 128, in units of 2^-8.
static LOGARITHMS: [u8; 128] = {
    let (mut all, mut n) = ([0u8; 128], 0);
    while n < 128 {
        all[n] = log2_of_mantissa((1 << 30) + ((n as u64) << 23));
        n += 1;
    }
    all
};
