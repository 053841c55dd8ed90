//! Where the numbers of an input are: from its header, or from what the user says of raw bytes.
//!
//! What is not understood is refused, never taken for one thing or another: without knowing the numbers no bound can be kept.

mod error;
mod npy;
mod raw;
mod regions;

use crate::container::npy::is_npy;

pub use crate::container::npy::MAX_FRONT;
pub use error::{MAX_COLUMNS, SourceError};
pub use raw::{RawField, SpecifiedNumbers};
pub use regions::{Array, CrcField, NumberColumn, Region, RegionContent, Source, Table};

/// Finds the numbers of an input of `len` bytes that begins with `front`: all of it, or at least [`MAX_FRONT`] bytes. `names` are those of
/// the columns of a table that has none; it may be empty.
///
/// # Errors
/// Why they are not known, and what can be said instead.
pub fn find(
    front: &[u8],
    len: u64,
    specified: Option<&SpecifiedNumbers>,
    names: &[String],
) -> Result<Source, SourceError> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(SourceError::NameTwice {
            name: twice[0].clone(),
        });
    }
    let source = match specified {
        Some(_) if is_npy(front) => return Err(SourceError::SpecifiedTwice),
        Some(specified) => raw::find(len, specified, names)?,
        None if is_npy(front) => npy::find(front, len, None, names)?,
        None => return Err(SourceError::NotNumbers),
    };
    if source.columns().is_empty() {
        return Err(SourceError::NoNumbers);
    }
    Ok(source)
}
