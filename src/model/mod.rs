//! The predictor in integers: the normative definition.
//!
//! Each bit of a byte is a logistic mix of what the Mamba network, hashed counters and bytes named by earlier
//! occurrences say of it, see `docs/format.md`. No floating-point number occurs here.

mod bits;
mod carried;
mod chance;
mod compact;
mod config;
mod contexts;
mod counters;
mod file;
mod habits;
mod logistic;
mod matches;
mod mixer;
mod network;
mod predictor;
mod slots;
mod surprise;
mod weights;

pub use bits::{Parts, Said};
pub use config::{CONV, Config, HEAD};
pub use contexts::names;
pub use file::{Model, ModelId};
pub use logistic::{squash, stretch};
pub use matches::{NAMED, ORDERS};
pub use network::{Heard, Network};
pub use predictor::{Predictor, Question};
pub use weights::{Block, Embedding, Linear, TOKENS, Weights};
