//! The structure of a frame: its layout, its fields, and whether it is stored column after column.

use super::choose;
use super::column::{Predict, Transform};
use super::companion::{self, Looks};
use super::frame::{self, Field};
use super::transpose;
use crate::error::{Error, Result};
use crate::layout::columns::{self, Column};
use crate::layout::{Contexts, Layout, Places, swap};

/// How a frame's content becomes the bytes that are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The layout of the coded bytes.
    pub layout: Layout,
    /// The content is a table of whole records, stored column after column.
    pub transposed: bool,
    /// What is done to the elements: nothing but the layout's byte order if empty.
    pub fields: Vec<Field>,
    /// What each column of a table looks at to tell its next value; empty if none does.
    pub looks: Vec<Looks>,
}

impl Structure {
    /// A layout and nothing else.
    pub fn plain(layout: Layout) -> Structure {
        Structure {
            layout,
            transposed: false,
            fields: Vec::new(),
            looks: Vec::new(),
        }
    }

    /// The structure that a content of this layout is coded with. The transforms are those that cost least on a sample.
    ///
    /// Where the content is `transposed`, the layout is that of its rows.
    pub fn choose(layout: Layout, transposed: bool, content: &[u8]) -> Structure {
        Structure::choose_near(None, layout, transposed, content)
    }

    /// The same, but of transforms that cost about the same those that a model [carries](Structure::is_table).
    pub fn choose_near(
        carried: Option<&Structure>,
        layout: Layout,
        transposed: bool,
        content: &[u8],
    ) -> Structure {
        let mut structure = Structure {
            transposed,
            ..Structure::plain(layout)
        };
        let turned;
        let rows = if transposed {
            turned = structure.in_rows(content.to_vec());
            &turned
        } else {
            content
        };
        let columns = structure.columns(rows);
        let fields = choose::choose(rows, &structure.layout, &columns);
        if !fields.is_empty() {
            structure.layout.swap = false;
            structure.fields = fields;
        }
        if let Some(carried) = carried {
            structure.take_over(carried, rows);
        }
        structure
    }

    /// Gives a table's columns these transforms; no fields if they say no more than the layout.
    pub(super) fn set_fields(&mut self, fields: Vec<Field>) {
        let plain = |field: &Field| {
            let alike = (field.width, field.swap) == (fields[0].width, fields[0].swap);
            alike && field.transform == Transform::NONE
        };
        if fields.iter().all(plain) {
            self.layout.swap = fields[0].swap;
            self.fields.clear();
        } else {
            self.layout.swap = false;
            self.fields = fields;
        }
    }

    /// The widths of a table's columns, if it has few enough for companions and to be carried; none of what is no table.
    pub(crate) fn widths_of_table(&self) -> Option<Vec<u8>> {
        let Layout {
            width,
            record,
            plane,
            ..
        } = self.layout;
        if record == 0 || plane > 0 || self.fields.len() == 1 {
            return None;
        }
        let columns = match self.fields.len() {
            0 => record as usize / usize::from(width),
            columns => columns,
        };
        (columns <= companion::MOST_COLUMNS).then(|| match self.fields.len() {
            0 => vec![width; columns],
            _ => self.fields.iter().map(|field| field.width).collect(),
        })
    }

    /// Finds what the columns look at, by the bytes that are coded.
    pub fn look_around(&mut self, coded: &[u8]) {
        if let Some(widths) = self.widths_of_table() {
            self.looks = choose::companions::choose(coded, &self.layout, &widths);
        }
    }

    /// The types of the columns, one if all elements are alike; none for bytes. In records of mixed types the phase moves
    /// to where no column is cut.
    fn columns(&mut self, rows: &[u8]) -> Vec<Column> {
        let layout = &mut self.layout;
        if layout.width == 1 && layout.record == 0 {
            return Vec::new();
        }
        let alike = layout.record == 0 || layout.plane > 0;
        // Longer records are rows of a grid, or columns too many to look at.
        let long = (layout.record / u32::from(layout.width)) as usize > choose::MOST_COLUMNS;
        if alike || long && layout.width > 1 {
            return vec![Column {
                width: layout.width,
                swap: layout.swap,
                kind: columns::kind(rows, layout),
            }];
        }
        if self.transposed {
            return of_rows(rows, layout);
        }
        let record = columns::record(rows, layout);
        layout.phase = (layout.phase + layout.record - record.shift) % layout.record;
        // Bytes that turn out to be columns of one width are elements.
        if let Some(width) = one_width(&record.columns) {
            layout.width = width;
            layout.swap = record.columns.iter().all(|column| column.swap);
        }
        record.columns
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
        let looks = |widths: Option<Vec<u8>>| match widths {
            Some(widths) => companion::fit(&widths, &self.looks),
            None => false,
        };
        if !self.looks.is_empty() && !looks(self.widths_of_table()) {
            let what = "columns look at what is no column of theirs".to_string();
            return Err(Error::InvalidArgument(what));
        }
        Ok(())
    }

    /// Where every coded byte is.
    pub fn places(&self) -> Places {
        let [field] = self.fields.as_slice() else {
            let widths = self.fields.iter().map(|field| field.width);
            let places = if widths.clone().all(|width| width == self.layout.width) {
                Places::uniform(&self.layout)
            } else {
                Places::mixed(&self.layout, widths)
            };
            return match self.widths_of_table() {
                Some(widths) => places.accompanied(companion::by_byte(&widths, &self.looks)),
                None => places,
            };
        };
        Places::uniform(&self.layout).within(match field.transform.predict {
            Predict::Nothing => Contexts::Array,
            _ => Contexts::Residuals,
        })
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
    pub(crate) fn in_rows(&self, content: Vec<u8>) -> Vec<u8> {
        if !self.transposed {
            return content;
        }
        transpose::forward(&content, self.layout.width.into(), self.rows(content.len()))
    }

    fn rows(&self, len: usize) -> usize {
        len / self.layout.record.max(1) as usize
    }
}

/// The columns of rows that were stored column after column: such a row begins where it begins. The layout's elements are
/// also what was stored, so that rows of bytes have no wider elements that are all alike.
fn of_rows(rows: &[u8], layout: &Layout) -> Vec<Column> {
    let found = columns::columns(rows, layout);
    match one_width(&found) {
        Some(width) if width != layout.width => Vec::new(),
        _ => found,
    }
}

/// The width that all columns have.
fn one_width(columns: &[Column]) -> Option<u8> {
    let width = columns.first()?.width;
    columns
        .iter()
        .all(|column| column.width == width)
        .then_some(width)
}
