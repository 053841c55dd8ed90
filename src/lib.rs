//! boa: a lossless neural compressor for scientific data.

mod error;
mod options;

pub mod coder;
pub mod format;
pub mod kernel;
pub mod layout;
pub mod model;
pub mod stream;
#[cfg(feature = "train")]
pub mod train;

pub use error::{Error, Result};
pub use layout::Layout;
pub use model::{Model, ModelId};
pub use options::{DecodeOptions, EncodeOptions};
