//! A frame's segments: the others each go on from what was learned of the first, and know nothing of one another.

use super::cursor::{Cursor, put_varint};
use super::{MAX_FRAME, MAX_SEGMENTS};
use crate::error::Result;
use std::io::BufRead;
use std::ops::Range;

/// How long the segments of a divided frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// Bytes of the first, fewer than the frame's.
    pub first: u32,
    /// Bytes of every other but the last, which may be shorter.
    pub other: u32,
}

impl Segments {
    /// How many segments a frame of `len` bytes has: at least 2.
    pub fn count(self, len: usize) -> usize {
        1 + self.others(len).count()
    }

    /// Where the segments after the first lie in a frame of `len` bytes.
    pub fn others(self, len: usize) -> impl Iterator<Item = Range<usize>> {
        let (first, other) = (self.first as usize, self.other.max(1) as usize);
        let starts = (first..len).step_by(other);
        starts.map(move |start| start..len.min(start + other))
    }

    pub(super) fn write_to(self, out: &mut Vec<u8>) {
        put_varint(out, self.first.into());
        put_varint(out, self.other.into());
    }

    /// Reads the segments of a frame of `len` bytes, which all begin where a record or an element of `period` bytes is
    /// as it is at the frame's beginning.
    pub(super) fn read_from<R: BufRead>(
        cursor: &mut Cursor<R>,
        len: u32,
        period: u32,
    ) -> Result<Segments> {
        let most = u64::from(len).saturating_sub(1);
        let first = cursor.varint(1..=most, "length of the first segment")? as u32;
        let least = (len - first).div_ceil(MAX_SEGMENTS as u32 - 1);
        let range = least.into()..=MAX_FRAME as u64;
        let other = cursor.varint(range, "length of the other segments")? as u32;
        if !first.is_multiple_of(period) || !other.is_multiple_of(period) {
            return Err(cursor.damaged("segments that cut a record"));
        }
        Ok(Segments { first, other })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(segments: Segments, len: u32, period: u32) -> Result<Segments> {
        let mut bytes = Vec::new();
        segments.write_to(&mut bytes);
        Segments::read_from(&mut Cursor::new(bytes.as_slice()), len, period)
    }

    #[test]
    fn segments_cover_the_frame() {
        for (first, other, len) in [(10, 5, 11), (10, 5, 15), (10, 5, 16), (10, 90, 100)] {
            let segments = Segments { first, other };
            let others: Vec<_> = segments.others(len).collect();
            assert_eq!(others[0].start, first as usize);
            assert!(others.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert_eq!(others[others.len() - 1].end, len);
            assert_eq!(segments.count(len), 1 + (len - 10).div_ceil(other as usize));
            assert_eq!(read(segments, len as u32, 5).unwrap(), segments);
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let segments = |first, other| Segments { first, other };
        let most = MAX_SEGMENTS as u32 - 1;
        assert!(read(segments(10, 5), 10 + 5 * most, 1).is_ok());
        assert!(read(segments(10, 5), 10 + 5 * most + 1, 1).is_err());
        for bad in [
            segments(0, 10),
            segments(100, 10),
            segments(10, 0),
            segments(3, 10),
            segments(10, 15),
        ] {
            assert!(read(bad, 100, 10).is_err(), "{bad:?}");
        }
        assert!(read(segments(1, 1), 1, 1).is_err());
    }
}
