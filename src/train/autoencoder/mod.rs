//! Training of autoencoders: float twins, their costs, the schedule, and the export to integers.

mod bottleneck;
mod export;
mod masked;
mod sample;
mod schedule;
mod table;
mod twin;

pub use bottleneck::{BottleneckOptions, BottleneckOutcome, ColumnLoss, train_bottleneck};
pub use masked::{AutoencoderGap, MaskedOptions, MaskedOutcome, train_masked};
pub use schedule::{AutoencoderReport, Schedule};
pub use table::Table;
