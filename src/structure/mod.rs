//! The structure of a frame: its layout, its fields, and whether it is stored column after column.
//!
//! These are the records that a frame's header stores. What is done to the bytes stands in [`crate::transform`], how a structure is
//! found in [`crate::search`].

pub mod description;
pub(crate) mod field;
mod formula;
pub(crate) mod references;
mod transform;

use crate::error::{Error, Result};
use crate::layout::{Contexts, Layout, Positions};

pub use field::{Field, MAX_FIELDS};
pub use formula::{Formula, FormulaInput, Operation};
pub use references::{Reference, References};
pub use transform::{Predict, Rule, Transform};

/// How a frame's content becomes the bytes that are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The layout of the coded bytes.
    pub layout: Layout,
    /// The content is a table of whole records, stored column after column.
    pub transposed: bool,
    /// What is done to the elements: nothing but the layout's byte order if empty.
    pub fields: Vec<Field>,
    /// The other columns that each column of a table refers to; empty if none does.
    pub references: Vec<References>,
}

impl Structure {
    /// A layout and nothing else.
    pub fn plain(layout: Layout) -> Structure {
        Structure {
            layout,
            transposed: false,
            fields: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Gives a table's columns these transforms; no fields if they hold no more than the layout.
    pub(crate) fn set_fields(&mut self, fields: Vec<Field>) {
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

    /// The widths of a table's columns, if it has few enough for references and to be stored in a model; none of what
    /// is no table.
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
        (columns <= references::MAX_TABLE_COLUMNS).then(|| match self.fields.len() {
            0 => vec![width; columns],
            _ => self.fields.iter().map(|field| field.width).collect(),
        })
    }

    /// Says whether everything fits together, for a content of `len` bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] saying what does not.
    pub fn validate(&self, len: usize) -> Result<()> {
        self.layout.validate()?;
        field::validate(&self.layout, &self.fields)?;
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
        let references = |widths: Option<Vec<u8>>| match widths {
            Some(widths) => references::fit(&widths, &self.references),
            None => false,
        };
        if !self.references.is_empty() && !references(self.widths_of_table()) {
            let what = "columns refer to what is no column of theirs".to_string();
            return Err(Error::InvalidArgument(what));
        }
        Ok(())
    }

    /// Where every coded byte is.
    pub fn positions(&self) -> Positions {
        let [field] = self.fields.as_slice() else {
            let widths = self.fields.iter().map(|field| field.width);
            let positions = if widths.clone().all(|width| width == self.layout.width) {
                Positions::uniform(&self.layout)
            } else {
                Positions::mixed(&self.layout, widths)
            };
            return match self.widths_of_table() {
                Some(widths) => {
                    positions.with_cross_columns(references::by_byte(&widths, &self.references))
                }
                None => positions,
            };
        };
        Positions::uniform(&self.layout).within(match field.transform.predict {
            Predict::Nothing => Contexts::Array,
            _ => Contexts::Residuals,
        })
    }

    /// The most columns of a table that a model stores.
    pub const MAX_TABLE_COLUMNS: usize = references::MAX_TABLE_COLUMNS;

    /// The structure as a model stores it: that of a table's rows from the first byte of one on, a field for each
    /// column. `None` if it is no table of several columns. Arrays are not stored: their predictions are fitted to each
    /// frame. Nor are references, of which a network knows nothing.
    pub fn table(&self) -> Option<Structure> {
        let fields = self.columns_of_table()?;
        let layout = Layout {
            swap: false,
            phase: 0,
            ..self.layout
        };
        Some(Structure {
            layout,
            transposed: false,
            fields,
            references: Vec::new(),
        })
    }

    /// Whether a model may store it: [`Structure::table`] of some structure.
    pub fn is_table(&self) -> bool {
        self.table().as_ref() == Some(self)
    }

    /// Whether both have the same columns: their widths and byte orders.
    pub fn has_columns_of(&self, other: &Structure) -> bool {
        let shape = |field: &Field| (field.width, field.swap);
        self.layout.record == other.layout.record && { self.fields.iter().map(shape) }
            .eq(other.fields.iter().map(shape))
    }

    fn columns_of_table(&self) -> Option<Vec<Field>> {
        let widths = self.widths_of_table().filter(|widths| widths.len() > 1)?;
        if !self.fields.is_empty() {
            return Some(self.fields.clone());
        }
        let field = |width| Field {
            width,
            swap: self.layout.swap,
            transform: Transform::NONE,
        };
        Some(widths.into_iter().map(field).collect())
    }
}
