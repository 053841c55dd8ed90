//! The same file through other compressors.

use crate::error::Result;
use std::io::{self, Read, Write};
use std::time::Instant;

/// What another compressor made of a file.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its name and setting.
    pub name: &'static str,
    /// Bytes of its file.
    pub bytes: u64,
    /// How long it took, on one core.
    pub seconds: f64,
}

/// Counts what is written.
#[derive(Default)]
struct ByteCounter(u64);

impl Write for ByteCounter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `xz -9` and `zstd -19` of what `open` gives, which it is asked for twice. xz takes 700 MB of memory.
///
/// # Errors
/// `Io` if reading fails.
pub fn peers<R: Read>(mut open: impl FnMut() -> io::Result<R>) -> Result<Vec<Peer>> {
    Ok(vec![
        timed("xz -9", || xz(open()?))?,
        timed("zstd -19", || zstd(open()?))?,
    ])
}

fn timed(name: &'static str, work: impl FnOnce() -> io::Result<u64>) -> Result<Peer> {
    let start = Instant::now();
    let bytes = work()?;
    Ok(Peer {
        name,
        bytes,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn xz(mut input: impl Read) -> io::Result<u64> {
    let mut encoder = liblzma::write::XzEncoder::new(ByteCounter::default(), 9);
    io::copy(&mut input, &mut encoder)?;
    Ok(encoder.finish()?.0)
}

fn zstd(mut input: impl Read) -> io::Result<u64> {
    let mut encoder = zstd::Encoder::new(ByteCounter::default(), 19)?;
    io::copy(&mut input, &mut encoder)?;
    Ok(encoder.finish()?.0)
}
