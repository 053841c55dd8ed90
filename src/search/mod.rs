//! How the structure of an input is found: where frames begin and end, the layout of each, and the transforms that cost least.
//!
//! Floating-point numbers are allowed here: what is found goes into the frame's header, and a decoder never searches.

mod adopt;
mod boundaries;
mod choose;
pub mod columns;
pub(crate) mod cost;
pub mod detect;
mod elements;
mod fit;
mod floats;
mod grid;
pub mod keep;
mod lags;
mod logarithm;
mod numbers;
pub mod plan;
mod regions;
mod structure;
pub mod transposed;

pub(crate) use choose::{Estimator, formulas};
pub(crate) use logarithm::log2;
