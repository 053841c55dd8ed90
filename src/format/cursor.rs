//! The only way numbers from a file are read: bounded, positioned, and hashed for the next check.

use super::checksum::{CHECK_BYTES, leading};
use crate::error::{Error, Result};
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::ops::RangeInclusive;

/// Reads little-endian integers, varints and checked records.
///
/// `what` names the thing being read, for the error. All methods fail with `Truncated` at the end of the input and
/// with `Io` if reading fails.
#[derive(Debug)]
pub struct Cursor<R> {
    inner: R,
    position: u64,
    record: blake3::Hasher,
}

impl<R: BufRead> Cursor<R> {
    /// A cursor at position 0 of `inner`.
    pub fn new(inner: R) -> Self {
        Cursor {
            inner,
            position: 0,
            record: blake3::Hasher::new(),
        }
    }

    /// Bytes read or skipped so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether nothing is left to read.
    pub fn at_end(&mut self) -> Result<bool> {
        loop {
            match self.inner.fill_buf() {
                Ok(bytes) => return Ok(bytes.is_empty()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Begins a record: the next [`check`](Self::check) covers what is read from here on.
    pub fn begin_record(&mut self) {
        self.record = blake3::Hasher::new();
    }

    /// Reads the check that ends a record and compares it.
    ///
    /// # Errors
    /// `Damaged` if it differs.
    pub fn check(&mut self, what: &'static str) -> Result<()> {
        let expected: [u8; CHECK_BYTES] = leading(&self.record.finalize());
        let found: [u8; CHECK_BYTES] = self.array(what)?;
        if found != expected {
            return Err(self.damaged(what));
        }
        Ok(())
    }

    /// A `Damaged` error at the present position.
    pub fn damaged(&self, what: &'static str) -> Error {
        Error::Damaged {
            what,
            offset: self.position,
        }
    }

    /// `value`, if it lies in `range`.
    ///
    /// # Errors
    /// `OutOfRange` if it does not.
    pub fn bounded(
        &self,
        value: u64,
        range: RangeInclusive<u64>,
        what: &'static str,
    ) -> Result<u64> {
        if range.contains(&value) {
            return Ok(value);
        }
        let (min, max) = range.into_inner();
        Err(Error::OutOfRange {
            what,
            found: value,
            min,
            max,
            offset: self.position,
        })
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) => {
                    return Err(Error::Truncated {
                        what,
                        offset: self.position,
                    });
                }
                Ok(n) => {
                    filled += n;
                    self.position += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        self.record.update(&bytes);
        Ok(bytes)
    }

    /// A byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8> {
        let [byte] = self.array(what)?;
        Ok(byte)
    }

    /// A 16-bit number.
    pub fn u16(&mut self, what: &'static str) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array(what)?))
    }

    /// A 32-bit number.
    pub fn u32(&mut self, what: &'static str) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    /// A 64-bit number.
    pub fn u64(&mut self, what: &'static str) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// A varint in its shortest form and within `range`.
    ///
    /// # Errors
    /// `Damaged` if it is longer than need be or above 2^64 - 1; `OutOfRange` if it is outside `range`.
    pub fn varint(&mut self, range: RangeInclusive<u64>, what: &'static str) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8(what)?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits || (byte == 0 && shift > 0) {
                return Err(self.damaged(what));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return self.bounded(value, range, what);
            }
        }
        Err(self.damaged(what))
    }

    /// The next `len` bytes, outside any record. The memory grows with what the input really holds.
    pub fn payload(&mut self, len: usize, what: &'static str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(len as u64).read_to_end(&mut bytes)?;
        self.position += read as u64;
        if read < len {
            return Err(Error::Truncated {
                what,
                offset: self.position,
            });
        }
        Ok(bytes)
    }
}

impl<R: BufRead + Seek> Cursor<R> {
    /// Moves on by `len` bytes without reading them.
    pub fn skip(&mut self, len: u32, what: &'static str) -> Result<()> {
        let here = self.inner.stream_position()?;
        let left = self.inner.seek(SeekFrom::End(0))?.saturating_sub(here);
        if left < u64::from(len) {
            return Err(Error::Truncated {
                what,
                offset: self.position + left,
            });
        }
        self.inner.seek(SeekFrom::Start(here + u64::from(len)))?;
        self.position += u64::from(len);
        Ok(())
    }
}

/// Appends `value` as a varint.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<u64> {
        Cursor::new(bytes).varint(0..=u64::MAX, "number")
    }

    #[test]
    fn varints_return() {
        for value in [
            0,
            1,
            127,
            128,
            16383,
            16384,
            u64::from(u32::MAX),
            u64::MAX - 1,
            u64::MAX,
        ] {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            assert_eq!(read(&bytes).unwrap(), value);
        }
    }

    #[test]
    fn varints_have_one_form() {
        assert!(matches!(
            read(&[0x80, 0x00]),
            Err(Error::Damaged { offset: 2, .. })
        ));
        assert!(matches!(
            read(&[0x80]),
            Err(Error::Truncated { offset: 1, .. })
        ));
        let too_large = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert!(matches!(
            read(&too_large),
            Err(Error::Damaged { offset: 10, .. })
        ));
        assert!(matches!(read(&[0xff; 11]), Err(Error::Damaged { .. })));
    }

    #[test]
    fn payload_shorter_than_declared_is_truncated() {
        let error = Cursor::new(&[1u8, 2, 3][..])
            .payload(usize::MAX / 2, "content")
            .unwrap_err();
        assert!(matches!(error, Error::Truncated { offset: 3, .. }));
    }
}
