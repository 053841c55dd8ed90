//! Training of autoencoders: float twins, their costs, the run, and the export to integers.

mod export;
mod run;
mod sample;
mod table;
mod twin;

pub use run::{AutoencoderGap, AutoencoderOptions, AutoencoderReport, MaskedOutcome, train_masked};
pub use table::Table;
