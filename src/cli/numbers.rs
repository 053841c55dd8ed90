//! An input whose numbers are known: a file, or a temporary copy of what comes from a pipe.

use super::exit::Failure;
use super::lossy::Numbers;
use super::source::OpenInput;
use boa_constrictor::Error;
use boa_constrictor::lossy::comparison::Opened;
use boa_constrictor::lossy::source::{MAX_FRONT, find, needs_whole, whole};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;

/// What is read at any position.
pub trait Input: Read + Seek {}
impl<T: Read + Seek> Input for T {}

/// Finds the numbers of the input called `path`. Of an .npz file the bytes are those of its stored form, which decoding gives.
pub fn open(
    path: &Path,
    input: OpenInput,
    numbers: &Numbers,
) -> Result<Opened<Box<dyn Input>>, Failure> {
    let failed = |e: io::Error| Failure::io(path, e);
    let specified = numbers.specified.as_ref();
    let mut file = seekable(input).map_err(failed)?;
    let mut front = Vec::new();
    { (&mut file).take(MAX_FRONT as u64) }
        .read_to_end(&mut front)
        .map_err(failed)?;
    let refused = |e| Failure::of(path, Error::from(e));
    if needs_whole(&front) && specified.is_none() {
        file.read_to_end(&mut front).map_err(failed)?;
        let (bytes, source) = whole(&front, None, &numbers.names).map_err(refused)?;
        let bytes: Box<dyn Input> = Box::new(Cursor::new(bytes.into_owned()));
        return Ok(Opened { bytes, source });
    }
    let len = file.metadata().map_err(failed)?.len();
    let source = find(&front, len, specified, &numbers.names).map_err(refused)?;
    let bytes: Box<dyn Input> = Box::new(file);
    Ok(Opened { bytes, source })
}

/// A file whose bytes can be read several times: what comes from a pipe goes to a temporary one.
pub fn seekable(input: OpenInput) -> io::Result<File> {
    let mut input: Box<dyn Read> = match input {
        OpenInput::File(file, metadata) if metadata.is_file() && metadata.len() > 0 => {
            return Ok(file);
        }
        OpenInput::File(file, _) => Box::new(file),
        OpenInput::Stdin => Box::new(io::stdin()),
    };
    let mut copy = tempfile::tempfile()?;
    io::copy(&mut input, &mut copy)?;
    copy.rewind()?;
    Ok(copy)
}
