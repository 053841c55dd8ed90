//! Why the numbers of an input are not known.

use crate::container::npz::NpzError;
use crate::error::Error;

/// The most columns of a table.
pub const MAX_COLUMNS: usize = 1 << 16;

/// Why the numbers of an input are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing says what the bytes are.
    #[error(
        "is not understood as numbers; say what they are, as in --dtype f4 --record 104 or --dtype f8 --shape 60,50, \
         or leave out the bound for lossless"
    )]
    NotNumbers,
    /// A .npy file of another form than NumPy writes, or with Python objects.
    #[error("has a .npy header that is not understood; leave out the bound for lossless")]
    NpyHeader,
    /// There are types, but none is a number with an error to bound.
    #[error("holds no numbers; leave out the bound for lossless")]
    NoNumbers,
    /// The file's header and the user both say what it is.
    #[error(
        "has a header that says what it holds: leave out --dtype, --record, --shape and --column-major"
    )]
    SpecifiedTwice,
    /// The array is longer than the file.
    #[error("is cut short: its numbers are {announced} bytes, of which {found} are there")]
    Truncated {
        /// Bytes that there should be.
        announced: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// The specified array is not as long as the file.
    #[error("has {found} bytes, but --shape and --dtype make {announced}")]
    ShapeLength {
        /// Bytes of the specified array.
        announced: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// Columns one after the other must all have the same length.
    #[error(
        "has {found} bytes, which are no whole rows of {record}: columns one after the other need that"
    )]
    PartialRow {
        /// Bytes of a row.
        record: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// There are not as many names as columns.
    #[error("has {columns}, but {names} names were found for them")]
    Names {
        /// The columns, in words.
        columns: String,
        /// How many names there are.
        names: usize,
    },
    /// A name stands for two columns.
    #[error("has two columns that are called {name}")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// An archive that cannot be read.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// More columns than a table may have.
    #[error("has rows of more than {MAX_COLUMNS} numbers, or of more than 4 GiB")]
    TooManyColumns,
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Error {
        Error::InvalidArgument(error.to_string())
    }
}
