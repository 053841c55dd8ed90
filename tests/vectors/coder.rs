//! The range coder: bits and probabilities with the words that they become, and words that must be refused.

use crate::support::made::Lcg;
use boa_constrictor::coder::{LaneDecoder, LaneEncoder};
use serde_json::{Value, json};

fn words(words: &[u32]) -> Vec<String> {
    words.iter().map(|word| format!("{word:08x}")).collect()
}

fn bits(bits: &[bool]) -> String {
    bits.iter()
        .map(|&bit| char::from(b'0' + u8::from(bit)))
        .collect()
}

fn coded(name: &str, symbols: &[(bool, u16)]) -> Value {
    let mut encoder = LaneEncoder::default();
    symbols
        .iter()
        .for_each(|&(bit, one)| encoder.encode(bit, one));
    let coded = encoder.finish();
    let (known, probabilities): (Vec<bool>, Vec<u16>) = symbols.iter().copied().unzip();
    let case = decoded(name, &coded, &probabilities);
    assert_eq!(
        (&case["bits"], &case["end"]),
        (&json!(bits(&known)), &json!("used up"))
    );
    case
}

/// What a decoder makes of words that no encoder need have written.
fn decoded(name: &str, coded: &[u32], probabilities: &[u16]) -> Value {
    let mut found = Vec::new();
    let mut refused = false;
    let end = match LaneDecoder::new(coded) {
        Err(_) => "refused",
        Ok(mut decoder) => {
            for &one in probabilities {
                match decoder.decode(one) {
                    Ok(bit) => found.push(bit),
                    Err(_) => {
                        refused = true;
                        break;
                    }
                }
            }
            match (refused, decoder.finish()) {
                (true, _) => "refused",
                (false, Ok(())) => "used up",
                (false, Err(_)) => "words left",
            }
        }
    };
    json!({
        "name": name, "words": words(coded), "probabilities": probabilities, "bits": bits(&found), "end": end,
    })
}

/// Bits of which each comes about as often as its probability says.
fn likely(seed: u64, count: usize) -> Vec<(bool, u16)> {
    let mut random = Lcg(seed);
    let symbol = |_| {
        let one = 1 + random.below(65_535);
        (random.below(65_536) < one, one as u16)
    };
    (0..count).map(symbol).collect()
}

pub fn cases() -> Vec<Value> {
    let mut ends = likely(2, 40);
    ends.iter_mut()
        .enumerate()
        .for_each(|(k, symbol)| symbol.1 = [1, 65_535][k % 2]);
    let zeros = vec![32_768; 100];
    vec![
        coded("no bits, no words", &[]),
        coded("a single 1", &[(true, 32_768)]),
        coded("a single 0", &[(false, 32_768)]),
        coded("likely bits", &[(true, 65_535); 100]),
        coded("random bits", &likely(1, 200)),
        coded("the least and the largest probability", &ends),
        coded("a carry", &likely(CARRY, 60)),
        decoded("a quantile of 2^24", &[u32::MAX; 2], &[32_768]),
        decoded(
            "the largest quantile below 2^24",
            &[u32::MAX, 0xfeff_ffff],
            &[32_768],
        ),
        decoded("three words past the end", &[], &zeros),
        decoded("two words past the end", &[], &[32_768; 64]),
        decoded(
            "one word more than needed",
            &[0x8000_0000, 0, 7],
            &[32_768; 30],
        ),
    ]
}

/// From this seed a carry goes into words that were put out already.
const CARRY: u64 = 4;
