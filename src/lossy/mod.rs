//! Lossy compression: bounds, grids, and what is measured of the difference. Floats are allowed.

pub mod autoencoder;
