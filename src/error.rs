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
    /// The input does not begin as a .boa file does.
    #[error("not a .boa file")]
    NotBoa,
    /// A member ends and something else than another member follows.
    #[error("{offset} bytes of .boa data are followed by something else")]
    TrailingData {
        /// Where the foreign bytes begin.
        offset: u64,
    },
    /// The format is of a later boa.
    #[error("made by a newer boa: format {found}, this one reads up to {supported}")]
    NewerFormat {
        /// The file's format version.
        found: u8,
        /// The newest version this library reads.
        supported: u8,
    },
    /// The file uses something that this library does not know.
    #[error("unknown {what} {found} at byte {offset}: made by a newer boa, or damaged")]
    Unknown {
        /// What kind of thing: an entropy model, a filter, a flag.
        what: &'static str,
        /// Its number.
        found: u64,
        /// Where it stands.
        offset: u64,
    },
    /// The input ends too early.
    #[error("truncated: the data ends at byte {offset}, in the {what}")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Where the data ends.
        offset: u64,
    },
    /// A check or a hash differs, or a mark is missing.
    #[error("damaged: {what} (at byte {offset})")]
    Damaged {
        /// What does not fit.
        what: &'static str,
        /// The end of what was read until it was noticed.
        offset: u64,
    },
    /// A number is outside the range that the format allows.
    #[error("damaged: {what} is {found}, allowed are {min} to {max} (at byte {offset})")]
    OutOfRange {
        /// Which field.
        what: &'static str,
        /// Its value.
        found: u64,
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
        /// The end of the field.
        offset: u64,
    },
    /// An error in one frame.
    #[error("frame {frame}, which begins at byte {offset}: {source}")]
    Frame {
        /// The frame's number in the file, from 1.
        frame: u64,
        /// Where the frame begins.
        offset: u64,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// The file names a model that is not at hand.
    #[error("needs the model {id}, which is not at hand: give its file with -m")]
    UnknownModel {
        /// The model's id in hexadecimal, or its number.
        id: String,
    },
    /// What decoding gives is not what was compressed, and only lossless files are wanted.
    #[error("a lossy file: what it gives back is within error bounds, not exact")]
    Lossy,
    /// The input's length changed while it was read.
    #[error("the file changed while it was read: it had {before} bytes, now it has {after}")]
    InputChanged {
        /// Length when it was opened.
        before: u64,
        /// Length found later.
        after: u64,
    },
    /// A worker thread died: a defect of this library, not of the data.
    #[error("internal error: a worker thread stopped")]
    Worker,
}

impl Error {
    /// Whether the data is at fault (damaged, truncated, unsupported) rather than its surroundings.
    pub fn is_data(&self) -> bool {
        !matches!(
            self,
            Error::Io(_) | Error::InvalidArgument(_) | Error::InputChanged { .. } | Error::Worker
        )
    }

    /// Whether the reader of our output went away, which is no failure in a pipe.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Io(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;
