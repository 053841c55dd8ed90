//! Decoding against the original.

use std::io::{self, Read, Write};

/// Takes what a decoder writes and compares it with what `original` reads.
pub struct Comparison<R> {
    original: R,
    buffer: Vec<u8>,
}

impl<R: Read> Comparison<R> {
    /// Compares with all that `original` gives.
    pub fn new(original: R) -> Self {
        Comparison {
            original,
            buffer: Vec::new(),
        }
    }

    /// Whether the original is at its end too. All that was written was equal, or writing would have failed.
    pub fn finish(mut self) -> io::Result<bool> {
        Ok(self.original.read(&mut [0])? == 0)
    }
}

impl<R: Read> Write for Comparison<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.clear();
        (&mut self.original)
            .take(bytes.len() as u64)
            .read_to_end(&mut self.buffer)?;
        if self.buffer != bytes {
            return Err(io::Error::other("does not decode to the original"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_pass() {
        let compare = |written: &[u8]| {
            let mut comparison = Comparison::new(&b"original"[..]);
            comparison
                .write_all(written)
                .and_then(|()| comparison.finish())
        };
        assert!(compare(b"original").unwrap());
        assert!(!compare(b"origin").unwrap());
        assert!(compare(b"orIginal").is_err());
        assert!(compare(b"original and more").is_err());
    }
}
