//! The index of a member's frames and the footer that ends it.

use super::checksum::CHECK_BYTES;
use super::cursor::{Cursor, put_varint};
use super::{END_MARK, INDEX_MARK, MAX_FRAMES};
use crate::error::Result;
use std::io::BufRead;

/// One frame in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Bytes of header and payload.
    pub frame_len: u32,
    /// Bytes of content.
    pub content_len: u32,
}

/// What the index of a member holds: the head's length and each frame's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Bytes of the head.
    pub head_len: u64,
    /// Where in the member its model section begins, and its bytes, if there is one.
    pub model: Option<(u64, u64)>,
    /// The frames in their order.
    pub entries: Vec<IndexEntry>,
}

/// The end of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footer {
    /// Content bytes of the member.
    pub content_len: u64,
    /// BLAKE3 of the member's content.
    pub hash: [u8; 32],
}

impl Footer {
    /// Bytes of a footer.
    pub const BYTES: usize = 8 + 32 + 4 + CHECK_BYTES + END_MARK.len();
}

impl Index {
    /// The bytes of the index and of the footer that follows it.
    pub fn to_bytes(&self, footer: &Footer) -> Vec<u8> {
        let mut out = INDEX_MARK.to_vec();
        put_varint(&mut out, self.head_len);
        let (model, model_len) = self.model.unwrap_or_default();
        put_varint(&mut out, model);
        if model > 0 {
            put_varint(&mut out, model_len);
        }
        put_varint(&mut out, self.entries.len() as u64);
        for entry in &self.entries {
            put_varint(&mut out, u64::from(entry.frame_len));
            put_varint(&mut out, u64::from(entry.content_len));
        }
        // MAX_FRAMES entries of at most ten bytes stay far below 2^32.
        let index_len = out.len() as u32;
        out.extend(footer.content_len.to_le_bytes());
        out.extend(footer.hash);
        out.extend(index_len.to_le_bytes());
        let check = super::check(&out);
        out.extend(check);
        out.extend(END_MARK);
        out
    }

    /// Reads the index, whose mark has been read, and the footer. `self` is what the frames themselves gave.
    ///
    /// # Errors
    /// `Damaged` if the two differ, or a check or a mark does.
    pub fn read_expected<R: BufRead>(&self, cursor: &mut Cursor<R>) -> Result<Footer> {
        let start = cursor.position() - INDEX_MARK.len() as u64;
        let differs = "index that differs from the frames";
        let head_len = cursor.varint(0..=u64::MAX, "index")?;
        let model = match cursor.varint(0..=u64::MAX, "index")? {
            0 => None,
            offset => Some((offset, cursor.varint(0..=u64::MAX, "index")?)),
        };
        let count = cursor.varint(0..=MAX_FRAMES, "number of frames in the index")?;
        if (head_len, model) != (self.head_len, self.model) || count != self.entries.len() as u64 {
            return Err(cursor.damaged(differs));
        }
        for entry in &self.entries {
            let frame_len = cursor.varint(0..=u64::MAX, "index")?;
            let content_len = cursor.varint(0..=u64::MAX, "index")?;
            if frame_len != u64::from(entry.frame_len)
                || content_len != u64::from(entry.content_len)
            {
                return Err(cursor.damaged(differs));
            }
        }
        let index_len = cursor.position() - start;
        let content_len = cursor.u64("footer")?;
        let hash = cursor.array("footer")?;
        let declared_index_len = cursor.u32("footer")?;
        cursor.check("check of index and footer")?;
        if cursor.array("footer")? != END_MARK {
            return Err(cursor.damaged("end mark"));
        }
        if u64::from(declared_index_len) != index_len {
            return Err(cursor.damaged("index length in the footer"));
        }
        if content_len
            != self
                .entries
                .iter()
                .map(|e| u64::from(e.content_len))
                .sum::<u64>()
        {
            return Err(cursor.damaged("content length in the footer"));
        }
        Ok(Footer { content_len, hash })
    }
}
