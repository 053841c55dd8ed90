//! The bytes to be compressed: a window at a time, from a mapped file or from any reader.

use crate::error::{Error, Result};
use memmap2::{Mmap, MmapOptions};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// What is to be compressed.
pub struct Input<'a> {
    source: Source<'a>,
}

enum Source<'a> {
    Mapped {
        file: File,
        len: u64,
        position: u64,
        window: Option<Mmap>,
    },
    Reader {
        reader: Box<dyn Read + 'a>,
        buffer: Vec<u8>,
        ended: bool,
    },
}

impl<'a> Input<'a> {
    /// Reads `reader` to its end.
    pub fn from_reader(reader: impl Read + 'a) -> Input<'a> {
        let reader = Box::new(reader);
        Input {
            source: Source::Reader {
                reader,
                buffer: Vec::new(),
                ended: false,
            },
        }
    }

    /// Reads `file`, from its first byte, by mapping a window of it at a time. What cannot be mapped is read.
    ///
    /// Nobody may shorten the file meanwhile: a change of its length is an error where it is noticed, and the end of
    /// the process where it is not.
    ///
    /// # Errors
    /// `Io` if the file's length cannot be asked for.
    pub fn from_file(file: File) -> Result<Input<'a>> {
        let metadata = file.metadata()?;
        // Files in /proc and the like say that they have no bytes, but give some when read.
        if !metadata.is_file() || metadata.len() == 0 || map(&file, 0, 1).is_err() {
            return Ok(Input::from_reader(file));
        }
        let len = metadata.len();
        Ok(Input {
            source: Source::Mapped {
                file,
                len,
                position: 0,
                window: None,
            },
        })
    }

    /// The next bytes, not yet consumed, and whether they are the last: `size` of them, or all that are left.
    ///
    /// # Errors
    /// `Io` if reading fails, `InputChanged` if a mapped file's length did.
    pub(crate) fn window(&mut self, size: usize) -> Result<(&[u8], bool)> {
        match &mut self.source {
            Source::Mapped {
                file,
                len,
                position,
                window,
            } => {
                let after = file.metadata()?.len();
                if after != *len {
                    return Err(Error::InputChanged {
                        before: *len,
                        after,
                    });
                }
                let left = *len - *position;
                let size = left.min(size as u64) as usize;
                // The old window goes before the new one comes, so that one alone is resident.
                *window = None;
                if size > 0 {
                    *window = Some(map(file, *position, size)?);
                }
                Ok((window.as_deref().unwrap_or_default(), size as u64 == left))
            }
            Source::Reader {
                reader,
                buffer,
                ended,
            } => {
                let wanted = size.saturating_sub(buffer.len());
                if !*ended && wanted > 0 {
                    // Not more than the window: doubling would take twice the memory.
                    buffer.reserve_exact(wanted);
                    *ended = reader.take(wanted as u64).read_to_end(buffer)? < wanted;
                }
                Ok((buffer, *ended))
            }
        }
    }

    /// Takes the first `count` bytes of the window away.
    pub(crate) fn consume(&mut self, count: usize) {
        match &mut self.source {
            Source::Mapped {
                len,
                position,
                window,
                ..
            } => {
                *position = (*position + count as u64).min(*len);
                *window = None;
            }
            Source::Reader { buffer, ended, .. } => {
                buffer.drain(..count.min(buffer.len()));
                if *ended && buffer.is_empty() {
                    buffer.shrink_to_fit();
                }
            }
        }
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.source {
            Source::Mapped { .. } => "mapped",
            Source::Reader { .. } => "read",
        };
        f.debug_struct("Input")
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}

#[allow(unsafe_code)]
fn map(file: &File, offset: u64, len: usize) -> io::Result<Mmap> {
    // SAFETY: the mapping is read-only, lies within the length that the file had a moment ago, and its bytes are only
    // copied and hashed, so that another process's writes may give other bytes but break no invariant of ours. A file
    // shortened between check and use raises SIGBUS, which ends the process: documented at `Input::from_file`.
    unsafe { MmapOptions::new().offset(offset).len(len).map(file) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const WINDOW: usize = 1 << 20;

    fn drain(mut input: Input, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let (window, last) = input.window(WINDOW).unwrap();
            assert!(last || window.len() == WINDOW);
            if window.is_empty() {
                return all;
            }
            let take = window.len().min(step);
            all.extend_from_slice(&window[..take]);
            input.consume(take);
        }
    }

    #[test]
    fn mapped_and_read_windows_give_the_same_bytes() {
        let content: Vec<u8> = (0..3 * WINDOW + 4099).map(|i| (i % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        assert!(drain(Input::from_file(file).unwrap(), 300_001) == content);
        assert!(
            drain(
                Input::from_reader(io::Cursor::new(content.clone())),
                300_001
            ) == content
        );
    }

    #[test]
    fn a_file_that_grows_or_shrinks_is_noticed() {
        for after in [3, 30] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&[1; 20]).unwrap();
            let mut input = Input::from_file(file.try_clone().unwrap()).unwrap();
            file.set_len(after).unwrap();
            let error = input.window(WINDOW).unwrap_err();
            assert!(
                matches!(error, Error::InputChanged { before: 20, .. }),
                "{error}"
            );
        }
    }
}
