//! A frame's filters in their order: transposition, then byte order or the fields' transforms.

use super::{frame, swap, transpose};
use crate::structure::Structure;

impl Structure {
    /// The bytes that are coded for a content.
    pub fn forward(&self, content: Vec<u8>) -> Vec<u8> {
        let rows = self.in_rows(content);
        self.filter_rows(rows)
    }

    /// What [`Structure::forward`] does to a content whose rows are here.
    pub fn filter_rows(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.fields.is_empty() {
            swap::forward(&self.layout, &mut bytes);
        } else {
            frame::forward(&self.layout, &self.fields, &mut bytes);
        }
        bytes
    }

    /// The inverse of [`Structure::forward`].
    pub fn inverse(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.fields.is_empty() {
            swap::inverse(&self.layout, &mut bytes);
        } else {
            frame::inverse(&self.layout, &self.fields, &mut bytes);
        }
        if !self.transposed {
            return bytes;
        }
        transpose::inverse(&bytes, self.layout.width.into(), self.rows(bytes.len()))
    }

    /// The content row after row.
    pub fn in_rows(&self, content: Vec<u8>) -> Vec<u8> {
        if !self.transposed {
            return content;
        }
        transpose::forward(&content, self.layout.width.into(), self.rows(content.len()))
    }

    fn rows(&self, len: usize) -> usize {
        len / self.layout.record.max(1) as usize
    }
}
