//! The structure of a frame's content: its transforms, and its columns' references.

use super::{choose, columns};
use crate::layout::{Column, Layout};
use crate::level::{Effort, SearchBudget};
use crate::structure::Structure;

impl Structure {
    /// The structure that a content of this layout is coded with. The transforms are those that cost least on a sample.
    ///
    /// Where the content is `transposed`, the layout is that of its rows.
    pub fn choose(layout: Layout, transposed: bool, content: &[u8]) -> Structure {
        Structure::choose_or_adopt(None, layout, transposed, content)
    }

    /// The same, but of transforms that cost about the same it adopts those that a model [stores](Structure::is_table).
    pub fn choose_or_adopt(
        stored: Option<&Structure>,
        layout: Layout,
        transposed: bool,
        content: &[u8],
    ) -> Structure {
        let plain = Structure {
            transposed,
            ..Structure::plain(layout)
        };
        let budget = Effort::Default.settings().search;
        if transposed {
            let rows = plain.in_rows(content.to_vec());
            return plain.choose_in_rows(budget, stored, &rows);
        }
        plain.choose_in_rows(budget, stored, content)
    }

    /// The transforms of a content that is no more than a layout so far, and whose rows are here.
    pub fn choose_in_rows(
        self,
        budget: SearchBudget,
        stored: Option<&Structure>,
        rows: &[u8],
    ) -> Structure {
        let mut structure = self;
        let columns = structure.columns(rows);
        let fields = choose::choose(rows, &structure.layout, &columns, budget);
        if !fields.is_empty() {
            structure.layout.swap = false;
            structure.fields = fields;
        }
        if let Some(stored) = stored {
            structure.adopt(stored, rows, budget);
        }
        structure
    }

    /// Finds the columns' references, from the bytes that are coded.
    pub fn find_references(&mut self, coded: &[u8]) {
        self.find_references_within(Effort::Default.settings().search, coded);
    }

    /// The same with another budget.
    pub fn find_references_within(&mut self, budget: SearchBudget, coded: &[u8]) {
        if let Some(widths) = self.widths_of_table() {
            let budget = budget.references;
            self.references = choose::references::choose(coded, &self.layout, &widths, budget);
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
        // Longer records are rows of a grid, or columns too many to compare.
        let long = (layout.record / u32::from(layout.width)) as usize > choose::MAX_TABLE_COLUMNS;
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
