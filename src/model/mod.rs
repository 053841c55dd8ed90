//! The predictor in integers: the normative definition.
//!
//! Each bit of a byte is a logistic mix of what the Mamba network, hashed counters and bytes predicted by earlier
//! occurrences give, see `docs/format.md`. No floating-point number occurs here.

pub mod autoencoder;
mod bits;
mod byte_model;
pub mod columns;
mod config;
mod contexts;
mod counters;
mod error_level;
mod indirect;
pub mod lempel_ziv;
mod logistic;
mod matches;
mod mixer;
mod network;
pub mod numbers;
mod predictor;
mod probability;
mod run_model;
mod weights;

pub use bits::{BitTrace, MixedHalf};
pub use byte_model::{ByteModel, Decide, Decision};
pub use config::{CONV, Config, HEAD, check_limits};
pub use contexts::names;
pub use logistic::{squash, stretch};
pub use matches::{MAX_MATCHED, ORDERS, PREDICTED_BYTES};
pub use network::{Network, NetworkInputs};
pub use predictor::Predictor;
pub use weights::{
    Block, Embedding, Linear, NetworkParameters, TOKENS, TensorBytes, TensorVisitor, Value, Weights,
};
