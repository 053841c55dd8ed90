//! Quantised numbers, bit by bit: what a lossy frame's values are coded with, in integers.
//!
//! A table goes column by column ([`table`]), each symbol a binary tree whose bits are mixes of counters and of the distributions
//! around predictions. A field ([`field`]) goes point by point, each predicted from its neighbours.

pub mod column;
mod column_code;
mod counters;
pub mod field;
pub mod learned;
mod linear;
mod logistic_distribution;
mod mixer;
pub mod table;
mod tracks;

pub use column_code::{ColumnCode, MAX_REFERENCES, NUMERIC, Predictions, Regression};
pub use learned::{Learned, LearnedColumn};
