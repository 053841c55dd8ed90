//! How much of a frame has come before, at length: what a sample cannot show.

/// So many equal bytes make a repeat.
const LEAST: usize = 12;
/// log2 of the places that are remembered.
const PLACES: u32 = 18;

/// The share of bytes that an earlier occurrence of the [`LEAST`] bytes before them foretells.
pub(super) fn foretold(bytes: &[u8]) -> f64 {
    let mut places = vec![0u32; 1 << PLACES];
    let mut hits = 0usize;
    // Where the next byte is foretold, if anywhere.
    let mut follows: Option<usize> = None;
    for at in LEAST..bytes.len() {
        if follows.is_none() {
            let before = &bytes[at - LEAST..at];
            let slot = hash(before);
            let place = places[slot] as usize;
            if place >= LEAST && bytes[place - LEAST..place] == *before {
                follows = Some(place);
            }
        }
        // Every other place is enough, and soon found.
        if at % 2 == 0 {
            let slot = hash(&bytes[at - LEAST..at]);
            places[slot] = at as u32;
        }
        follows = match follows {
            Some(place) if bytes[place] == bytes[at] => {
                hits += 1;
                Some(place + 1)
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
    (sum.wrapping_mul(0xd6e8_feb8_6659_fd93) >> (64 - PLACES)) as usize
}

#[cfg(test)]
mod tests {
    use super::foretold;

    #[test]
    fn only_what_came_before_is_foretold() {
        let random = |n: u64| {
            let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as u8
        };
        let once: Vec<u8> = (0..50_000).map(random).collect();
        assert!(foretold(&once) < 0.02);
        let twice = [&once[..20_000], &once[..20_000]].concat();
        assert!((0.48..0.51).contains(&foretold(&twice)));
        assert_eq!(foretold(&[]), 0.0);
        assert_eq!(foretold(&[1; 12]), 0.0);
    }
}
