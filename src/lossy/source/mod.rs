//! Where the numbers of an input are: from its header, or from what the user says of raw bytes.
//!
//! What is not understood is refused, never taken for one thing or another: without knowing the numbers no bound can be kept.

mod error;
mod npy;
mod npz;
mod raw;
mod regions;

use crate::container::npy::is_npy;
use crate::container::npz::{is_npz, stored};
use std::borrow::Cow;

pub use error::{MAX_COLUMNS, SourceError};
pub use raw::{RawField, SpecifiedNumbers};
pub use regions::{Array, CrcField, NumberColumn, Region, RegionContent, Source, Table};

/// The first bytes of an input that [`find`] needs.
pub const MAX_FRONT: usize = crate::container::npy::MAX_FRONT;

/// Whether an input that begins so can only be understood as a [whole]: an .npz file.
pub fn needs_whole(front: &[u8]) -> bool {
    is_npz(front)
}

/// Finds the numbers of a whole input, and gives the bytes that they lie in: the input itself, but of an .npz file its
/// [stored form](crate::container::npz), which decoding is to give.
///
/// # Errors
/// As those of [`find`].
pub fn whole<'a>(
    content: &'a [u8],
    specified: Option<&SpecifiedNumbers>,
    names: &[String],
) -> Result<(Cow<'a, [u8]>, Source), SourceError> {
    if specified.is_some() || !is_npz(content) {
        let source = find(content, content.len() as u64, specified, names)?;
        return Ok((Cow::Borrowed(content), source));
    }
    differ(names)?;
    let archive = stored(content)?;
    let source = with_numbers(npz::find(&archive, names)?)?;
    Ok((Cow::Owned(archive.bytes), source))
}

/// Finds the numbers of an input of `len` bytes that begins with `front`: all of it, or at least [`MAX_FRONT`] bytes. `names` are those of
/// the columns of a table that has none; it may be empty. An .npz file is not understood: see [`whole`].
///
/// # Errors
/// Why they are not known, and what can be said instead.
pub fn find(
    front: &[u8],
    len: u64,
    specified: Option<&SpecifiedNumbers>,
    names: &[String],
) -> Result<Source, SourceError> {
    differ(names)?;
    match specified {
        Some(_) if is_npy(front) || is_npz(front) => Err(SourceError::SpecifiedTwice),
        Some(specified) => with_numbers(raw::find(len, specified, names)?),
        None if is_npy(front) => with_numbers(npy::find(front, len, None, names)?),
        None => Err(SourceError::NotNumbers),
    }
}

fn differ(names: &[String]) -> Result<(), SourceError> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(SourceError::NameTwice {
            name: twice[0].clone(),
        }),
        None => Ok(()),
    }
}

fn with_numbers(source: Source) -> Result<Source, SourceError> {
    if source.columns().is_empty() {
        return Err(SourceError::NoNumbers);
    }
    Ok(source)
}
