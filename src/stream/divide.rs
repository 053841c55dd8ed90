//! Which frames are divided, so that several threads code them: the one frame of an input that would keep but one thread busy.

use crate::format::Segments;
use crate::level::Effort;

/// Shorter contents are coded whole: what their segments would not know of one another weighs more.
const MIN_DIVIDED: usize = 7 << 19;
/// The segments after the first: one for each of four threads.
const OTHERS: usize = 4;
/// Where this share of a content's strings stood before, but where a segment would not know of it, the content is coded
/// whole.
const LOST: f64 = 0.01;

/// How a frame of `coded` bytes, whose records or elements have `period`, is divided: into a first segment of a fifth,
/// which all others go on from, and four of a fifth each. That costs 0.1 to 0.5 % of the compressed size; a first
/// segment of an eighth costs 0.7 %, none at all 2 %. The best effort is never divided.
pub(super) fn divide(effort: Effort, period: u32, coded: &[u8]) -> Option<Segments> {
    let (period, len) = (period as usize, coded.len());
    if !effort.settings().segments || len < MIN_DIVIDED || period > len / 64 {
        return None;
    }
    let first = (len / (OTHERS + 1)).next_multiple_of(period);
    let other = (len - first).div_ceil(OTHERS).next_multiple_of(period);
    let segments = Segments {
        first: first as u32,
        other: other as u32,
    };
    (lost(coded, first, other) < LOST).then_some(segments)
}

/// Bytes of a string that is looked for.
const STRING: usize = 32;
/// Of so many strings, chosen by their own bytes, one is looked for.
const SAMPLED: u32 = 6;
const TABLE_BITS: u32 = 16;

/// The share of strings that stood before in another segment than the first alone, of those sampled.
fn lost(coded: &[u8], first: usize, other: usize) -> f64 {
    let segment = |end: usize| match end.checked_sub(first) {
        Some(after) => 1 + after / other,
        None => 0,
    };
    // Where a string ended first, and where last; 0: nowhere.
    let mut ends = vec![[0u32; 2]; 1 << TABLE_BITS];
    let (mut sampled, mut lost) = (0u32, 0u32);
    for (k, string) in coded.windows(STRING).enumerate() {
        let (words, _) = string.as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        let hash = spread(words.next_back().unwrap_or(0));
        if hash >> (64 - SAMPLED) != 0 {
            continue;
        }
        let hash = words.fold(hash, |hash, word| spread(hash ^ hash >> 29 ^ word));
        let end = k + STRING;
        let known = &mut ends[(hash >> (64 - TABLE_BITS)) as usize];
        let stood = known[1] as usize;
        sampled += 1;
        if stood >= STRING && coded[stood - STRING..stood] == *string {
            let nowhere = segment(stood) != segment(end) && segment(known[0] as usize) > 0;
            lost += u32::from(nowhere);
            known[1] = end as u32;
        } else if stood == 0 || segment(known[0] as usize) > 0 {
            // What the first segment has is known everywhere, and is not forgotten for the sake of another string.
            *known = [end as u32; 2];
        }
    }
    f64::from(lost) / f64::from(sampled.max(1))
}

fn spread(word: u64) -> u64 {
    word.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise that is the same for the same seed.
    fn noise(seed: u64, len: usize) -> Vec<u8> {
        let mut state = spread(seed + 1);
        let next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        std::iter::repeat_with(next).take(len).collect()
    }

    #[test]
    fn segments_are_of_whole_records() {
        for (len, period) in [
            (MIN_DIVIDED, 1),
            (MIN_DIVIDED + 1, 24),
            (4_000_001, 1000),
            (8 << 20, 7),
        ] {
            let segments = divide(Effort::Default, period, &noise(1, len)).unwrap();
            assert_eq!(segments.count(len), OTHERS + 1);
            assert!(segments.first.is_multiple_of(period) && segments.other.is_multiple_of(period));
        }
    }

    #[test]
    fn what_gains_nothing_is_whole() {
        let bytes = noise(1, MIN_DIVIDED);
        assert!(divide(Effort::Fast, 1, &bytes).is_some());
        assert_eq!(divide(Effort::Fast, 1, &bytes[1..]), None);
        assert_eq!(divide(Effort::Best, 1, &bytes), None);
        assert_eq!(divide(Effort::Fast, 1 << 20, &bytes), None);
    }

    #[test]
    fn what_stood_in_another_segment_is_lost() {
        let (first, other) = (100_000, 50_000);
        let of = |segments: [u64; 3]| {
            let [a, b, c] = segments;
            let bytes = [noise(a, first), noise(b, other), noise(c, other)].concat();
            lost(&bytes, first, other)
        };
        assert_eq!(of([1, 2, 3]), 0.0);
        // A quarter of all, less what an entry of the table has forgotten.
        assert!((0.2..=0.25).contains(&of([1, 2, 2])));
        // The first segment is known everywhere.
        let begun = noise(1, first);
        let bytes = [&begun[..], &begun[..other], &begun[..other]].concat();
        assert_eq!(lost(&bytes, first, other), 0.0);
        // And so is what a segment has had itself.
        let again = [
            &begun[..],
            &noise(2, other)[..other / 2].repeat(2),
            &noise(3, other),
        ]
        .concat();
        assert_eq!(lost(&again, first, other), 0.0);
    }
}
