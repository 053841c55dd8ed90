//! How much of a frame has come before, at length: what a sample cannot show.

/// So many equal bytes make a repeat.
const MIN_REPEAT: usize = 12;
/// log2 of the positions that are remembered.
const TABLE_BITS: u32 = 18;

/// The share of bytes that an earlier occurrence of the [`MIN_REPEAT`] bytes before them predicts.
pub(super) fn predicted(bytes: &[u8]) -> f64 {
    let mut positions = vec![0u32; 1 << TABLE_BITS];
    let mut hits = 0usize;
    // Where the next byte is predicted, if anywhere.
    let mut follows: Option<usize> = None;
    for at in MIN_REPEAT..bytes.len() {
        if follows.is_none() {
            let before = &bytes[at - MIN_REPEAT..at];
            let bucket = hash(before);
            let position = positions[bucket] as usize;
            if position >= MIN_REPEAT && bytes[position - MIN_REPEAT..position] == *before {
                follows = Some(position);
            }
        }
        // Every other position is enough, and soon found.
        if at % 2 == 0 {
            let bucket = hash(&bytes[at - MIN_REPEAT..at]);
            positions[bucket] = at as u32;
        }
        follows = match follows {
            Some(position) if bytes[position] == bytes[at] => {
                hits += 1;
                Some(position + 1)
            }
            _ => None,
        };
    }
    hits as f64 / bytes.len().max(1) as f64
}

fn hash(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut sum = 0u64;
    for word in words {
        sum = (sum ^ u64::from(u32::from_le_bytes(*word))).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum ^= sum >> 29;
    }
    debug_assert!(rest.is_empty());
    (sum.wrapping_mul(0xd6e8_feb8_6659_fd93) >> (64 - TABLE_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::predicted;

    #[test]
    fn only_what_came_before_is_predicted() {
        let random = |n: u64| {
            let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as u8
        };
        let once: Vec<u8> = (0..50_000).map(random).collect();
        assert!(predicted(&once) < 0.02);
        let twice = [&once[..20_000], &once[..20_000]].concat();
        assert!((0.48..0.51).contains(&predicted(&twice)));
        assert_eq!(predicted(&[]), 0.0);
        assert_eq!(predicted(&[1; 12]), 0.0);
    }
}
