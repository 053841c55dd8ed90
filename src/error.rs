//! The one error type of the library: every variant carries the numbers, the command line adds the path.

use std::io;

/// What can go wrong while reading, writing, coding or training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The model's bytes break a rule of the format.
    #[error("invalid model: {what} (found {found}, allowed {allowed})")]
    InvalidModel {
        /// Which field or rule.
        what: &'static str,
        /// The value found.
        found: u64,
        /// The largest or only value allowed.
        allowed: u64,
    },
    /// An option contradicts another or the input.
    #[error("{0}")]
    InvalidArgument(String),
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;
