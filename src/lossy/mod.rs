//! Lossy coding with a bound on the error of every value: bounds and what they are asked for, where the numbers of an input are, what they
//! are like, and what was lost of them.
//!
//! Floats are allowed here: all of this is the encoder's, or measures its result.

pub mod autoencoder;
pub mod bound;
mod cells;
pub mod checksum;
pub mod coded;
pub mod comparison;
mod decimal;
pub mod distortion;
pub mod field;
mod fit;
mod formula;
pub mod grid;
pub mod histogram;
pub mod latents;
pub mod losses;
mod moments;
pub mod names;
pub mod number;
pub mod numbers;
pub mod pieces;
pub mod plan;
mod regression;
mod relate;
pub mod request;
pub mod source;
mod specials;
pub mod statistics;
pub mod table;
pub mod target;

pub use bound::{Bound, BoundKind, Tolerance};
pub use request::{LossyRequest, Selector, Target};
pub use source::Source;
