//! The predictor in integers: the normative definition.
//!
//! `logits = a_0 * head(mamba(taps, phase)) + sum_j a_j * row_j[context_j] + boosts on single bytes`, see
//! `docs/format.md`, and a [`crate::coder::Distribution`] of them. No floating-point number occurs here.

mod boosts;
mod compact;
mod config;
mod contexts;
mod file;
mod mixer;
mod network;
mod predictor;
mod rows;
mod weights;

pub use config::{CONV, Config, HEAD};
pub use file::{Model, ModelId};
pub use network::Network;
pub use predictor::Predictor;
pub use weights::{Block, Embedding, Linear, TOKENS, Weights};
