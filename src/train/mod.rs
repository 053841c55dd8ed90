//! Training: a float twin of the integer network, in candle, on the CPU.
//!
//! The only place for candle. [`train`] runs truncated back-propagation over lanes whose state is kept (Williams and Peng
//! 1990) while everything else codes the same bytes; [`fit`] does so for a single input. Both export an integer network.

mod augment;
pub mod autoencoder;
mod backward;
mod checkpoint;
mod coarse;
mod core;
mod corpus;
mod fit;
mod forced;
#[cfg(test)]
mod gradients;
mod ops;
mod optimizer;
mod piece;
mod quantize;
mod run;
mod sources;
mod stored_structure;
mod teacher_forcing;
#[cfg(test)]
mod tests;
mod twin;
mod window;

pub use corpus::Corpus;
pub use fit::fit;
pub use ops::{Embed, MambaCore, RmsNorm, Steer};
pub use run::{Outcome, TrainOptions, TrainingReport, train};
pub use sources::{Rules, TrainingFile, hold_out};
pub use teacher_forcing::Gap;
pub use twin::Twin;
