//! The predictor in integers: the normative definition.
//!
//! Each bit of a byte is a logistic mix of what the Mamba network, hashed counters and bytes named by earlier
//! occurrences say of it, see `docs/format.md`. No floating-point number occurs here.

mod bits;
mod byte_model;
mod chance;
mod config;
mod contexts;
mod counters;
mod habits;
mod logistic;
mod matches;
mod mixer;
mod network;
mod predictor;
mod slots;
mod surprise;
mod weights;

pub use bits::{BitTrace, MixedHalf};
pub use byte_model::{ByteModel, Decide, Decision};
pub use config::{CONV, Config, HEAD};
pub use contexts::names;
pub use matches::{MAX_MATCHED, NAMED, ORDERS};
pub use network::{Heard, Network};
pub use predictor::Predictor;
pub use weights::{Block, Embedding, Linear, NetworkParameters, TOKENS, Value, Visitor, Weights};
