//! Reversible transforms: what numbers hide, undone before the predictor sees their bytes.
//!
//! A frame's [fields](Field) describe how the bits of its elements are read, which rule their values follow, and how an
//! element is predicted from earlier ones. Everything is exact for every bit pattern, whether it follows the rule or
//! not.

mod coarse;
mod column;
mod dictionary;
mod difference;
mod digits;
mod fixed;
pub(crate) mod float;
mod formula;
pub(crate) mod frame;
pub(crate) mod functions;
mod order;
mod pipeline;
mod ranks;
pub(crate) mod relation;
mod stencil;
mod step;
pub mod swap;
mod symmetric;
mod transpose;

pub(crate) use frame::patterns;
pub(crate) use stencil::Stencil;
