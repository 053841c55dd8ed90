//! boa: a lossless neural compressor for scientific data.
#![deny(missing_docs)]

mod error;
mod options;

pub mod coder;
pub mod format;
pub mod kernel;
pub mod layout;
pub mod model;
pub mod stream;

pub use error::{Error, Result};
pub use layout::Layout;
pub use model::{Model, ModelId};
pub use options::{DecodeOptions, EncodeOptions};
pub use stream::{Input, Progress, Summary, compress, decompress, list};
