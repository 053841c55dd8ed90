//! A tiny network: its file in both forms, and its logits step by step.

use crate::hex;
use crate::support::made::Lcg;
use boa_constrictor::model::{Config, Network, NetworkInputs};
use boa_constrictor::model_file::Model;
use serde_json::{Value, json};

/// The smallest shape with two layers.
pub fn tiny() -> Model {
    let shape = Config {
        dim: 4,
        layers: 2,
        heads: 1,
        state: 2,
        taps: 2,
        record: 0,
    };
    Lcg(11).model_of(shape, 127)
}

pub fn cases() -> Vec<Value> {
    let model = tiny();
    let compact = model.compacted().unwrap();
    assert_eq!(compact.id(), model.id());
    let [plain, compact] = [&model, &compact].map(Model::to_bytes);
    assert_eq!((plain[4], compact[4]), (1, 2));
    let mut cases = vec![json!({
        "name": "model", "id": model.id().to_string(), "plain": hex(&plain), "compact": hex(&compact),
    })];
    let mut network = Network::new(model.network(), 2);
    let mut random = Lcg(13);
    for step in 0..3 {
        let inputs = [0, 1].map(|_| {
            let mut token = || random.below(257) as u16;
            let tokens = [token(), token(), 256, 256];
            NetworkInputs {
                tokens,
                phase: random.below(15) as usize,
            }
        });
        network.step(&inputs);
        for (lane, inputs) in inputs.iter().enumerate() {
            let mut logits = [0; 256];
            network.logits(lane, &mut logits);
            cases.push(json!({
                "name": format!("step {step}, lane {lane}"), "taps": inputs.tokens[..2].to_vec(),
                "phase": inputs.phase, "logits": logits.to_vec(),
            }));
        }
    }
    cases
}
