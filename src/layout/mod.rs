//! Where the numbers are: element width, byte order, record length, and what follows from them.

mod column;
mod finding;
mod positions;
mod specified;
mod taps;

use crate::error::{Error, Result};

pub(crate) use column::value;
pub use column::{Column, Kind};
pub use finding::Finding;
pub use positions::{
    Contexts, CrossColumn, CrossColumns, ELEMENT_PHASES, MAX_REFERENCES, Position, Positions,
};
pub use specified::SpecifiedLayout;
pub use taps::{NO_TAP, TAPS};

/// The structure of one frame's content.
///
/// All lengths are in bytes. `(i + phase) % record` is the position of the frame's byte `i` in its record, `(i + phase)
/// % width` its position in its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Bytes of one element: 1, 2, 4 or 8.
    pub width: u8,
    /// The input's elements are little-endian; a frame stores them most-significant byte first.
    pub swap: bool,
    /// Bytes from one record (a table's row, a grid's row) to the next; 0: none. A multiple of `width`.
    pub record: u32,
    /// Bytes from one plane of a grid to the next; 0: none. A multiple of `record`.
    pub plane: u32,
    /// Where in its record (or element, if there is no record) the frame's first byte lies.
    pub phase: u32,
}

impl Layout {
    /// Plain bytes: text, or nothing found.
    pub const BYTES: Layout = Layout {
        width: 1,
        swap: false,
        record: 0,
        plane: 0,
        phase: 0,
    };
    /// The longest record or plane.
    pub const MAX_LAG: u32 = 1 << 26;

    /// Says whether the lengths agree with each other, as every other function of the layout takes for granted.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a width other than 1, 2, 4 or 8, a record that is not a multiple of the width,
    /// a plane that is not one of the record, a phase outside the record (or element), or a lag above
    /// [`Layout::MAX_LAG`].
    pub fn validate(&self) -> Result<()> {
        let Layout {
            width,
            record,
            plane,
            phase,
            ..
        } = *self;
        let refuse = |what: String| Err(Error::InvalidArgument(what));
        if !matches!(width, 1 | 2 | 4 | 8) {
            return refuse(format!("element width {width}: must be 1, 2, 4 or 8"));
        }
        if record > Self::MAX_LAG || plane > Self::MAX_LAG {
            return refuse(format!(
                "record {record} or plane {plane}: must be at most {}",
                Self::MAX_LAG
            ));
        }
        if record % u32::from(width) != 0 {
            return refuse(format!(
                "record {record}: must be a multiple of the element width {width}"
            ));
        }
        if plane != 0 && (record == 0 || plane % record != 0) {
            return refuse(format!(
                "plane {plane}: must be a multiple of the record {record}"
            ));
        }
        if phase >= self.period() {
            return refuse(format!(
                "phase {phase}: must be less than {}",
                self.period()
            ));
        }
        Ok(())
    }

    /// The length in bytes after which positions repeat: the record, or the element where there is no record.
    pub fn period(&self) -> u32 {
        if self.record > 0 {
            self.record
        } else {
            u32::from(self.width)
        }
    }

    /// The same layout as seen by a frame that starts `bytes` later.
    pub fn advanced(&self, bytes: u64) -> Layout {
        let period = u64::from(self.period()).max(1);
        let phase = (u64::from(self.phase) + bytes % period) % period;
        Layout {
            phase: phase as u32,
            ..*self
        }
    }
}
