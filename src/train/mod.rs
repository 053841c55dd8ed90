//! Training: a float twin of the integer network, in candle, on the CPU.
//!
//! The only place for candle and for floating-point numbers. [`train`] runs truncated back-propagation over lanes with
//! carried state (Williams and Peng 1990), [`quantize`] exports to the integer network.

mod checkpoint;
mod core;
mod corpus;
mod evaluate;
mod ops;
mod optimizer;
mod quantize;
mod run;
mod sampler;
#[cfg(test)]
mod tests;
mod twin;

pub use corpus::Corpus;
pub use evaluate::{Gap, gap};
pub use ops::{CrossEntropy, Embed, MambaCore, RmsNorm};
pub use quantize::quantize;
pub use run::{Outcome, Report, TrainOptions, train};
pub use twin::Twin;
