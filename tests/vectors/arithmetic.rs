//! Tables and functions of one number, counters, and what becomes of a network's logits.

use crate::support::made::Lcg;
use boa_constrictor::kernel::tables::{EXP2_NEG, RSQRT, SOFTPLUS};
use boa_constrictor::kernel::{self, NODES, Slot};
use boa_constrictor::model::{squash, stretch};
use serde_json::{Value, json};

/// The largest magnitude of a logit.
const LIMIT: i32 = 2815;

pub fn logistic() -> Vec<Value> {
    let squashed: Vec<u16> = (0..=LIMIT).map(squash).collect();
    for (x, &p) in (0..=LIMIT).zip(&squashed).skip(1) {
        assert_eq!(u32::from(squash(-x)) + u32::from(p), 65_536);
    }
    let stretched: Vec<i16> = (0..4096).map(|i| stretch(16 * i)).collect();
    vec![
        json!({"name": "squash(x), x = 0 to 2815", "values": squashed}),
        json!({"name": "STRETCH[i], i = 0 to 4095", "values": stretched}),
    ]
}

pub fn tables() -> Vec<Value> {
    vec![
        json!({"name": "SOFTPLUS", "values": SOFTPLUS.to_vec()}),
        json!({"name": "EXP2_NEG", "values": EXP2_NEG.to_vec()}),
        json!({"name": "RSQRT", "values": RSQRT.to_vec()}),
    ]
}

/// A slot's counters after each of some halves.
pub fn counters() -> Vec<Value> {
    let mut slots = [Slot {
        logits: [0; NODES],
        counts: [0; NODES],
        probabilities: [1 << 15; NODES],
    }];
    let mut logits = [0i8; 4096];
    for (logit, i) in logits.iter_mut().zip(0u16..) {
        *logit = ((stretch(16 * i) + 8) >> 4).clamp(-127, 127) as i8;
    }
    let mut random = Lcg(3);
    let half = |_| match random.below(3) {
        0 => random.below(16) as u8,
        _ => 5,
    };
    let halves: Vec<u8> = (0..24).map(half).collect();
    let after = |half: u8| {
        kernel::count(&mut slots, &[0], half, &logits);
        let slot = &slots[0];
        json!({
            "half": half, "p": slot.probabilities[1..].to_vec(), "n": slot.counts[1..].to_vec(),
            "input": slot.logits[1..].iter().map(|&logit| i16::from(logit) << 7).collect::<Vec<_>>(),
        })
    };
    halves.into_iter().map(after).collect()
}

pub fn functions() -> Vec<Value> {
    let inputs: Vec<i16> = (-32_768..=32_767)
        .step_by(1201)
        .chain([
            -32_768, -16_385, -16_384, -4096, -4095, -1, 0, 1, 4095, 4096, 16_383, 16_384, 32_767,
        ])
        .map(|x: i32| x as i16)
        .collect();
    let of = |f: fn(i16) -> i64| inputs.iter().map(|&x| f(x)).collect::<Vec<_>>();
    let powers: Vec<u32> = (0..40u32)
        .map(|k| k * 52_363)
        .chain([0, 255, 256, 65_535, 65_536, 1_966_079, 1_966_080, u32::MAX])
        .collect();
    let mut cases = vec![
        json!({"name": "sigmoid", "x": inputs, "values": of(|x| kernel::sigmoid(x).into())}),
        json!({"name": "silu", "x": inputs, "values": of(|x| kernel::silu(x).into())}),
        json!({"name": "softplus", "x": inputs, "values": of(|x| kernel::softplus(x).into())}),
        json!({
            "name": "exp2n", "x": powers,
            "values": powers.iter().map(|&x| kernel::exp2_negative(x)).collect::<Vec<_>>(),
        }),
    ];
    let mut random = Lcg(5);
    for (n, bits) in [(2, 4), (16, 3), (24, 8), (48, 12), (64, 15), (256, 15)] {
        let mut vector = |low: i64, high: i64| -> Vec<i16> {
            (0..n)
                .map(|_| (low + random.below(high - low + 1)) as i16)
                .collect()
        };
        let (values, gain) = (vector(-(1 << bits), (1 << bits) - 1), vector(0, 2000));
        let mut normed = vec![0; n];
        kernel::rms_norm(&values, &gain, &mut normed);
        cases.push(json!({"name": "norm", "v": values, "gain": gain, "values": normed}));
    }
    let zeros = [0i16; 8];
    let mut normed = [0i8; 8];
    let largest = [32_767i16; 8];
    kernel::rms_norm(&zeros, &largest, &mut normed);
    cases.push(json!({"name": "norm", "v": zeros, "gain": largest, "values": normed}));
    cases.push(frequencies("equal logits", &mut [0; 256]));
    let mut spread = std::array::from_fn(|_| (random.below(9000) - 9000) as i16 >> 2);
    cases.push(frequencies("spread logits", &mut spread));
    let mut sure = [-32_768; 256];
    sure[65] = 8191;
    sure[66] = 8191;
    cases.push(frequencies("two sure ones", &mut sure));
    cases
}

/// Frequencies of logits that have been shifted already.
fn frequencies(name: &str, logits: &mut [i16; 256]) -> Value {
    let mut found = [0; 256];
    kernel::softmax(logits, &mut found);
    json!({"name": format!("frequencies: {name}"), "logits": logits.to_vec(), "values": found.to_vec()})
}
