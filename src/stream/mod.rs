//! Frames, lanes, threads and their order.

pub mod lanes;
