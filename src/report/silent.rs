//! A network that says nothing, to see what the rest of the predictor learns without one.

use crate::error::Result;
use crate::model::{Config, Embedding, Linear, Model, TOKENS, Weights};

/// A network whose logits are all alike.
pub fn silent() -> Result<Model> {
    let config = Config {
        dim: 2,
        layers: 0,
        heads: 1,
        state: 1,
        taps: 1,
        record: 0,
    };
    let dim = usize::from(config.dim);
    let nothing = |rows: usize| Embedding {
        table: vec![0; rows * dim],
        scale: vec![0; dim],
    };
    let weights = Weights {
        taps: vec![nothing(TOKENS)],
        phase: nothing(config.phases()),
        blocks: Vec::new(),
        gain: vec![0; dim],
        head: Linear {
            weights: vec![0; 256 * dim],
            bias: vec![0; 256],
            shift: vec![1; 256],
            ..Linear::default()
        },
    };
    Model::new(config, &weights)
}
