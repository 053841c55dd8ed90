//! Reversible transforms: what numbers hide, undone before the predictor sees their bytes.
//!
//! A frame's [fields](Field) say how the bits of its elements are read, which rule their values follow, and how an element
//! is predicted from earlier ones. Everything is exact for every bit pattern, whether it follows the rule or not.

mod carry;
mod choose;
mod coarse;
mod column;
mod companion;
mod dictionary;
mod difference;
mod digits;
mod fit;
mod fixed;
mod float;
mod formula;
mod frame;
mod functions;
mod order;
mod ranks;
mod relation;
mod stencil;
mod step;
mod structure;
mod symmetric;
mod transpose;

pub mod words;

pub use crate::layout::columns::Kind;
pub(crate) use choose::Estimator;
pub use column::{Predict, Rule, Transform};
pub use companion::{Look, Looks};
pub use formula::{Formula, Input, Operation};
pub(crate) use frame::patterns;
pub use frame::{Field, MOST_FIELDS};
pub use structure::Structure;
