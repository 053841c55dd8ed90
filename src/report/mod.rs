//! A run on one page: pictures and the numbers under them, in a single file of HTML that needs nothing else.

mod chart;
#[cfg(feature = "train")]
mod course;
mod frames;
mod heat;
mod lossy;
mod observers;
mod page;
mod peers;
mod region;
mod result;
mod statistics;
mod svg;

#[cfg(feature = "train")]
pub use course::Course;
pub use frames::{MAX_EXAMINED, survey};
pub use lossy::LossyMeasurement;
pub use peers::{Peer, peers};
pub use result::Measurement;
pub use statistics::{
    ColumnStatistics, Costs, InputStatistics, RegionStatistics, Reliability, Survey,
};
