//! The layouts that headers of other file formats give for the bytes behind them.
//!
//! A format is a [`Container`]; a new one is a file here and a line in [`CONTAINERS`].

mod announcement;
pub mod fits;
pub mod npy;
pub mod npz;

pub(crate) use announcement::Container;

/// The formats whose headers are understood.
pub(crate) static CONTAINERS: [&dyn Container; 2] = [&npy::NpyFile, &fits::FitsFile];
