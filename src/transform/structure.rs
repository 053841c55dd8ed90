//! The structure of a frame: its layout, its fields, and whether it is stored column after column.

use super::frame::{self, Field};
use super::transpose;
use crate::error::{Error, Result};
use crate::layout::{Layout, Places, swap};

/// How a frame's content becomes the bytes that are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The layout of the coded bytes.
    pub layout: Layout,
    /// The content is a table of whole records, stored column after column.
    pub transposed: bool,
    /// What is done to the elements: nothing but the layout's byte order if empty.
    pub fields: Vec<Field>,
}

impl Structure {
    /// A layout and nothing else.
    pub fn plain(layout: Layout) -> Structure {
        Structure {
            layout,
            transposed: false,
            fields: Vec::new(),
        }
    }

    /// Says whether everything fits together, for a content of `len` bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] saying what does not.
    pub fn validate(&self, len: usize) -> Result<()> {
        self.layout.validate()?;
        frame::validate(&self.layout, &self.fields)?;
        if self.layout.swap && self.layout.width == 1 {
            let what = "single bytes have no order".to_string();
            return Err(Error::InvalidArgument(what));
        }
        let Layout {
            record,
            plane,
            phase,
            ..
        } = self.layout;
        let whole = record > 0 && phase == 0 && plane == 0 && len.is_multiple_of(record as usize);
        if self.transposed && !whole {
            let what = "only whole records can be stored column after column".to_string();
            return Err(Error::InvalidArgument(what));
        }
        Ok(())
    }

    /// Where every coded byte is.
    pub fn places(&self) -> Places {
        let mixed = self.fields.len() > 1
            && self.fields.iter().any(|f| f.width != self.fields[0].width);
        if mixed {
            Places::mixed(&self.layout, self.fields.iter().map(|f| f.width))
        } else {
            Places::uniform(&self.layout)
        }
    }

    /// The bytes that are coded for a content.
    pub fn forward(&self, content: Vec<u8>) -> Vec<u8> {
        let mut bytes = self.in_rows(content);
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
    pub(super) fn in_rows(&self, content: Vec<u8>) -> Vec<u8> {
        if !self.transposed {
            return content;
        }
        transpose::forward(&content, self.layout.width.into(), self.rows(content.len()))
    }

    fn rows(&self, len: usize) -> usize {
        len / self.layout.record.max(1) as usize
    }
}
