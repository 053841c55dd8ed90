//! How many of a number's low bits are coin flips.

/// Numbers that are looked at, and fewer tell nothing.
const MOST: usize = 1 << 15;
const FEWEST: usize = 256;
/// Standard deviations that counts of coin flips stay within.
const DEVIATIONS: f64 = 3.5;
/// A coin that falls on one side more often by this share is still as good as fair: knowing it saves 0.1 % of a bit.
const FAIR: f64 = 0.02;

/// Bits of a code, on average, that no context can tell: from the lowest bit up, those that are 1 as often as 0, whatever the
/// bit above is and whatever the same bit of the code before. A code that comes again is no flip.
///
/// `codes` have `bits` bits; the result is at most `bits`.
pub(super) fn coin_flips(codes: &[u64], bits: u32) -> f64 {
    let codes = &codes[..codes.len().min(MOST)];
    if codes.len() < FEWEST {
        return 0.0;
    }
    let mut distinct = codes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let new = distinct.len() as f64 / codes.len() as f64;
    let fair = |count: usize, of: usize| {
        let of = of as f64;
        (count as f64 - of / 2.0).abs() <= (DEVIATIONS * of.sqrt() / 2.0).max(FAIR * of)
    };
    let is_noise = |bit: u32| {
        let at = |code: u64| code >> bit & 1;
        // The highest bit has none above it: compared with itself, it would seem to be told.
        let above = |code: u64| {
            if bit + 1 < bits {
                code >> (bit + 1) & 1
            } else {
                0
            }
        };
        let ones = codes.iter().filter(|&&code| at(code) == 1).count();
        let told = codes
            .iter()
            .filter(|&&code| at(code) == above(code))
            .count();
        let kept = codes
            .windows(2)
            .filter(|pair| at(pair[0]) == at(pair[1]))
            .count();
        fair(ones, codes.len()) && fair(told, codes.len()) && fair(kept, codes.len() - 1)
    };
    (0..bits).take_while(|&bit| is_noise(bit)).count() as f64 * new
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
        assert_eq!(coin_flips(&codes, 64), 12.0);
        let counter: Vec<u64> = (0..20_000).collect();
        assert_eq!(coin_flips(&counter, 32), 0.0);
        assert_eq!(coin_flips(&[7; 1000], 32), 0.0);
        assert_eq!(coin_flips(&codes[..100], 64), 0.0);
        let again: Vec<u64> = (0..20_000).map(|n| random(n / 4)).collect();
        assert!(coin_flips(&again, 64) <= 16.5);
    }
}
