//! A run on one page: pictures and the numbers under them, in a single file of HTML that needs nothing else.

mod chart;
#[cfg(feature = "train")]
mod course;
mod frames;
mod heat;
#[cfg(feature = "train")]
mod loss;
mod lossy;
mod observers;
mod page;
mod peers;
mod region;
mod result;
mod statistics;
mod svg;
#[cfg(feature = "train")]
mod thinned;

#[cfg(feature = "train")]
pub use course::Course;
pub use frames::{MAX_EXAMINED, survey};
#[cfg(feature = "train")]
pub use loss::LossCourse;
pub use lossy::LossyMeasurement;
pub use peers::{Peer, peers};
pub use result::Measurement;
pub use statistics::{
    ColumnStatistics, Costs, InputStatistics, RegionStatistics, Reliability, Survey,
};
