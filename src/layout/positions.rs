//! A byte's position in its record: which byte of how wide an element it is.

use super::{Layout, TAPS};

/// The phases of elements' bytes: 1 for bytes, 2, 4 and 8 for the wider elements.
pub const ELEMENT_PHASES: u16 = 15;

/// A byte's position in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes since the record began, or the element where there is no record.
    pub column: u32,
    /// `width - 1` plus the byte's number in its element: 0 to [`ELEMENT_PHASES`] - 1.
    pub phase: u8,
    /// Bytes of the element.
    pub width: u8,
}

/// Which contexts a frame's bytes are predicted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contexts {
    /// Plain bytes: words and lines.
    Text,
    /// Records: columns.
    Table,
    /// Elements that are all alike: the neighbours along each axis.
    Array,
    /// What is left of such elements when a prediction is taken from them: the neighbours' sizes.
    Residuals,
}

impl Contexts {
    /// Those of a layout without fields.
    fn of(layout: &Layout) -> Contexts {
        if layout.width == 1 && layout.record == 0 {
            Contexts::Text
        } else if layout.record == 0 || layout.plane > 0 {
            Contexts::Array
        } else {
            Contexts::Table
        }
    }
}

/// The positions of a frame's bytes.
#[derive(Clone, Debug)]
pub struct Positions {
    layout: Layout,
    contexts: Contexts,
    lags: [u32; TAPS],
    /// Phase and width for each byte of a record of elements of several widths; empty if all have the layout's.
    mixed: Vec<(u8, u8)>,
    /// For each byte of a record its cross-column contexts; empty if none has any.
    cross_columns: Vec<CrossColumns>,
}

/// A cross-column context: an element of another column that helps to predict this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossColumn {
    /// From the other's first byte back to its own.
    pub lag: u32,
    /// Its bytes.
    pub width: u8,
    /// Low bits that are ignored.
    pub shift: u8,
}

/// Most references of a column, and so cross-column contexts of an element.
pub const MAX_REFERENCES: usize = 3;

/// An element's cross-column contexts, the best first.
pub type CrossColumns = [Option<CrossColumn>; MAX_REFERENCES];

impl Positions {
    /// The positions of elements that all have the layout's width.
    pub fn uniform(layout: &Layout) -> Positions {
        Positions {
            layout: *layout,
            contexts: Contexts::of(layout),
            lags: layout.lags(),
            mixed: Vec::new(),
            cross_columns: Vec::new(),
        }
    }

    /// The positions of records whose elements have these widths, in order; together they are a record.
    pub fn mixed(layout: &Layout, widths: impl Iterator<Item = u8>) -> Positions {
        let phases = widths.flat_map(|width| (0..width).map(move |k| (width - 1 + k, width)));
        Positions {
            mixed: phases.collect(),
            ..Positions::uniform(layout)
        }
    }

    /// The same positions in other contexts.
    pub fn within(self, contexts: Contexts) -> Positions {
        Positions { contexts, ..self }
    }

    /// The same positions with cross-column contexts, for each byte of a record or none.
    pub fn with_cross_columns(self, cross_columns: Vec<CrossColumns>) -> Positions {
        Positions {
            cross_columns,
            ..self
        }
    }

    /// The cross-column contexts of the bytes there.
    #[inline]
    pub fn cross_columns(&self, position: Position) -> CrossColumns {
        let own = self.cross_columns.get(position.column as usize);
        own.copied().unwrap_or_default()
    }

    /// The contexts.
    pub fn contexts(&self) -> Contexts {
        self.contexts
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The position in its record of the frame's byte number `position`.
    #[inline]
    pub fn at(&self, position: usize) -> Position {
        let position = position + self.layout.phase as usize;
        let column = position % self.layout.period() as usize;
        let (phase, width) = match self.mixed.get(column) {
            Some(&position) => position,
            None => {
                let width = self.layout.width;
                (width - 1 + (position % usize::from(width)) as u8, width)
            }
        };
        Position {
            column: column as u32,
            phase,
            width,
        }
    }

    /// The lags of the taps of a byte there, 0 where there is none: the last byte, one element back, one record back,
    /// then one plane back, or two records where there is no plane.
    #[inline]
    pub fn lags(&self, position: Position) -> [u32; TAPS] {
        let element = if position.width > 1 {
            position.width.into()
        } else {
            0
        };
        [self.lags[0], element, self.lags[2], self.lags[3]]
    }
}
