//! The bytes to be compressed: copied from a file or from any reader, a window at a time.

use crate::error::{Error, Result};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// What is to be compressed.
pub struct Input<'a> {
    source: Source<'a>,
    /// What was read and not yet consumed.
    buffer: Vec<u8>,
    /// Nothing comes after the buffer.
    ended: bool,
}

enum Source<'a> {
    File(WholeFile),
    Reader(Box<dyn Read + 'a>),
}

impl<'a> Input<'a> {
    /// Reads `reader` to its end.
    pub fn from_reader(reader: impl Read + 'a) -> Input<'a> {
        Input::new(Source::Reader(Box::new(reader)))
    }

    /// Reads `file` from its first byte, wherever its cursor stands. Where the system has positioned reads the cursor stays
    /// there, so that a file may be read through several of its clones at once.
    ///
    /// A file whose length changes meanwhile is an error. One whose bytes are overwritten is compressed as they were when
    /// each was read: the compressed file is whole, but may hold a mixture of old and new.
    ///
    /// # Errors
    /// `Io` if the file's length cannot be read.
    pub fn from_file(file: File) -> Result<Input<'a>> {
        let metadata = file.metadata()?;
        // Files in /proc and the like have a length of 0, but give bytes when read.
        if !metadata.is_file() || metadata.len() == 0 {
            return Ok(Input::from_reader(file));
        }
        let len = metadata.len();
        Ok(Input::new(Source::File(WholeFile {
            file,
            len,
            position: 0,
        })))
    }

    fn new(source: Source<'a>) -> Input<'a> {
        Input {
            source,
            buffer: Vec::new(),
            ended: false,
        }
    }

    /// The next bytes, not yet consumed, and whether they are the last: `size` of them, or all that are left.
    ///
    /// # Errors
    /// `Io` if reading fails, `InputChanged` if a file's length did.
    pub(crate) fn window(&mut self, size: usize) -> Result<(&[u8], bool)> {
        if let Source::File(file) = &self.source {
            file.check_length()?;
        }
        let wanted = size.saturating_sub(self.buffer.len());
        if !self.ended && wanted > 0 {
            // Not more than the window: doubling would take twice the memory.
            self.buffer.reserve_exact(wanted);
            let (read, at_end) = match &mut self.source {
                Source::File(file) => {
                    let read = file.take(wanted as u64).read_to_end(&mut self.buffer)?;
                    if read < wanted {
                        // It ends earlier than it was long: now shortened, or one of /sys, which give less than they say.
                        file.check_length()?;
                    }
                    (read, file.position >= file.len)
                }
                Source::Reader(reader) => {
                    let read = reader.take(wanted as u64).read_to_end(&mut self.buffer)?;
                    (read, false)
                }
            };
            self.ended = at_end || read < wanted;
        }
        let window = &self.buffer[..self.buffer.len().min(size)];
        Ok((window, self.ended && window.len() == self.buffer.len()))
    }

    /// The window, as [`window`](Input::window) gives it, out of hand until it is [given back](Input::give_back).
    ///
    /// # Errors
    /// Those of [`window`](Input::window).
    pub(crate) fn lend(&mut self, size: usize) -> Result<(Vec<u8>, bool)> {
        let (_, is_last) = self.window(size)?;
        Ok((std::mem::take(&mut self.buffer), is_last))
    }

    /// Takes back what was lent.
    pub(crate) fn give_back(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    /// Takes the first `count` bytes of the window and gives them to the caller.
    pub(crate) fn take(&mut self, count: usize) -> Vec<u8> {
        let taken = self.buffer[..count.min(self.buffer.len())].to_vec();
        self.consume(taken.len());
        taken
    }

    /// Takes the first `count` bytes of the window away.
    pub(crate) fn consume(&mut self, count: usize) {
        self.buffer.drain(..count.min(self.buffer.len()));
        if self.ended && self.buffer.is_empty() {
            self.buffer.shrink_to_fit();
        }
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.source {
            Source::File(_) => "file",
            Source::Reader(_) => "reader",
        };
        f.debug_struct("Input")
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}

/// A regular file, read from its first byte to the end that it had when it was opened.
struct WholeFile {
    file: File,
    len: u64,
    position: u64,
}

impl WholeFile {
    fn check_length(&self) -> Result<()> {
        let (before, after) = (self.len, self.file.metadata()?.len());
        match before == after {
            true => Ok(()),
            false => Err(Error::InputChanged { before, after }),
        }
    }
}

impl Read for WholeFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len - self.position).unwrap_or(usize::MAX);
        let size = buffer.len().min(left);
        let read = read_at(&self.file, &mut buffer[..size], self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, position)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    use std::io::{Seek, SeekFrom};
    file.seek(SeekFrom::Start(position))?;
    file.read(buffer)
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
    fn files_and_readers_give_the_same_windows() {
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
