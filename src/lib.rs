//! boa: a neural compressor for scientific data, lossless or within a bound on the error of every value.
//!
//! ```
//! use boa_constrictor::{DecodeOptions, EncodeOptions, Input, compress, decompress};
//!
//! # fn main() -> boa_constrictor::Result<()> {
//! let content = b"run 1 event 1 energy 13.6 TeV\nrun 1 event 2 energy 13.6 TeV\n";
//! let mut file = Vec::new();
//! compress(Input::from_reader(&content[..]), &mut file, &EncodeOptions::default(), &())?;
//! let mut decoded = Vec::new();
//! decompress(&file[..], &mut decoded, &DecodeOptions::default(), &())?;
//! assert_eq!(decoded, content);
//! # Ok(())
//! # }
//! ```

mod error;
mod level;
mod options;

pub mod analyze;
pub mod coder;
pub mod container;
pub mod format;
pub mod kernel;
pub mod layout;
pub mod lossy;
pub mod model;
pub mod model_file;
#[cfg(feature = "report")]
pub mod report;
pub mod search;
pub mod stream;
pub mod structure;
#[cfg(feature = "train")]
pub mod train;
pub mod transform;

pub use error::{Error, Result};
pub use layout::Layout;
pub use level::{Effort, Level};
pub use model_file::{Model, ModelId};
pub use options::{DecodeOptions, EncodeOptions};
pub use stream::{
    Input, Progress, Summary, compress, compress_latents, compress_lossy, decompress, list,
};
