//! What a byte's place in its record says: which byte of how wide an element it is.

use super::{Layout, TAPS};

/// The phases of elements' bytes: 1 for bytes, 2, 4 and 8 for the wider elements.
pub const ELEMENT_PHASES: u16 = 15;

/// A byte's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
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

/// The places of a frame's bytes.
#[derive(Clone, Debug)]
pub struct Places {
    layout: Layout,
    contexts: Contexts,
    lags: [u32; TAPS],
    /// Phase and width for each byte of a record of elements of several widths; empty if all have the layout's.
    mixed: Vec<(u8, u8)>,
    /// For each byte of a record what it looks at; empty if none looks at anything.
    companions: Vec<Companions>,
}

/// An element that tells something of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Companion {
    /// From the other's first byte back to its own.
    pub lag: u32,
    /// Its bytes.
    pub width: u8,
    /// Low bits that are not looked at.
    pub shift: u8,
}

/// Most companions of an element.
pub const MOST_COMPANIONS: usize = 3;

/// An element's companions, the best first.
pub type Companions = [Option<Companion>; MOST_COMPANIONS];

impl Places {
    /// The places of elements that all have the layout's width.
    pub fn uniform(layout: &Layout) -> Places {
        Places {
            layout: *layout,
            contexts: Contexts::of(layout),
            lags: layout.lags(),
            mixed: Vec::new(),
            companions: Vec::new(),
        }
    }

    /// The places of records whose elements have these widths, in order; together they are a record.
    pub fn mixed(layout: &Layout, widths: impl Iterator<Item = u8>) -> Places {
        let phases = widths.flat_map(|width| (0..width).map(move |k| (width - 1 + k, width)));
        Places {
            mixed: phases.collect(),
            ..Places::uniform(layout)
        }
    }

    /// The same places in other contexts.
    pub fn within(self, contexts: Contexts) -> Places {
        Places { contexts, ..self }
    }

    /// The same places with companions, for each byte of a record or none.
    pub fn accompanied(self, companions: Vec<Companions>) -> Places {
        Places { companions, ..self }
    }

    /// What the bytes there look at.
    #[inline]
    pub fn companions(&self, place: Place) -> Companions {
        let own = self.companions.get(place.column as usize);
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

    /// The place of the frame's byte at `position`.
    #[inline]
    pub fn at(&self, position: usize) -> Place {
        let position = position + self.layout.phase as usize;
        let column = position % self.layout.period() as usize;
        let (phase, width) = match self.mixed.get(column) {
            Some(&place) => place,
            None => {
                let width = self.layout.width;
                (width - 1 + (position % usize::from(width)) as u8, width)
            }
        };
        Place {
            column: column as u32,
            phase,
            width,
        }
    }

    /// The lags of the taps of a byte there, 0 where there is none: the last byte, one element back, one record back,
    /// then one plane back, or two records where there is no plane.
    #[inline]
    pub fn lags(&self, place: Place) -> [u32; TAPS] {
        let element = if place.width > 1 {
            place.width.into()
        } else {
            0
        };
        [self.lags[0], element, self.lags[2], self.lags[3]]
    }
}
