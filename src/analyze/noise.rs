//! How many of a number's low bits are coin flips.

use crate::search::log2;

/// The most numbers that are examined.
const MAX_NUMBERS: usize = 1 << 15;
const FEWEST: usize = 256;
/// A bit with less entropy is no coin flip.
const MIN_ENTROPY: f64 = 0.99;
/// Rounding makes the lowest bits of many a float uneven: so many may have no more than this.
const ROUNDED: (u32, f64) = (4, 0.75);

/// Bits of a code, on average, that no context can predict: the entropies of the lowest bits up to the first that the
/// bit above and the same bit of the code before predict. A code that comes again is no flip.
///
/// `codes` have `bits` bits; the result is at most `bits`.
pub(super) fn coin_flips(codes: &[u64], bits: u32) -> f64 {
    let codes = &codes[..codes.len().min(MAX_NUMBERS)];
    if codes.len() < FEWEST {
        return 0.0;
    }
    let mut distinct = codes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let new = distinct.len() as f64 / codes.len() as f64;
    let entropies = (0..bits).map(|bit| (bit, entropy(codes, bit)));
    let noise = entropies.take_while(|&(bit, entropy)| {
        entropy >= MIN_ENTROPY || bit < ROUNDED.0 && entropy >= ROUNDED.1
    });
    noise.fold(0.0, |sum, (_, entropy)| sum + entropy) * new
}

/// Entropy of one bit of a code, given the bit above and the same bit of the code before.
fn entropy(codes: &[u64], bit: u32) -> f64 {
    let mut counts = [[0u32; 2]; 4];
    for pair in codes.windows(2) {
        let (before, here) = (pair[0] >> bit & 1, pair[1] >> bit);
        // Above the highest bit there is nothing.
        let above = here >> 1 & 1;
        counts[(above << 1 | before) as usize][(here & 1) as usize] += 1;
    }
    let all = (codes.len() - 1) as f64;
    let mut entropy = 0.0;
    for counts in counts {
        let sum = f64::from(counts[0] + counts[1]);
        for count in counts
            .map(f64::from)
            .into_iter()
            .filter(|&count| count > 0.0)
        {
            entropy -= count / all * log2(count / sum);
        }
    }
    entropy
}

#[cfg(test)]
mod tests {
    use super::coin_flips;

    fn random(n: u64) -> u64 {
        let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    #[test]
    fn flips_are_counted_from_below() {
        let codes: Vec<u64> = (0..20_000).map(|n| n << 20 | random(n) >> 52).collect();
        assert!((11.9..=12.0).contains(&coin_flips(&codes, 64)));
        let counter: Vec<u64> = (0..20_000).collect();
        assert_eq!(coin_flips(&counter, 32), 0.0);
        assert_eq!(coin_flips(&[7; 1000], 32), 0.0);
        assert_eq!(coin_flips(&codes[..100], 64), 0.0);
        let again: Vec<u64> = (0..20_000).map(|n| random(n / 4)).collect();
        assert!(coin_flips(&again, 64) <= 16.5);
    }
}
