//! How the layout of a frame was found, and its description.

use super::Layout;
use std::fmt;

/// How the layout of a frame was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The user specified it.
    Specified,
    /// The user specified the record; its elements were detected.
    Record,
    /// These bytes are a .npy header.
    Header,
    /// A .npy header gave it.
    Npy,
    /// A FITS header gave it.
    Fits,
    /// FITS headers, and data too small for a frame of their own.
    FitsHeaders,
    /// Columns of so many bytes, one after the other.
    Columns(u32),
    /// It still fits and was kept from the frame before.
    Kept,
    /// No structure pays.
    Plain,
    /// It was detected, and saves so many percent of what plain bytes are estimated to cost.
    Detected {
        /// Percent saved; 0 where only the form of the numbers showed it.
        saves: u8,
        /// What was detected.
        layout: Layout,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Specified => f.write_str("specified"),
            Finding::Record => f.write_str("record specified, elements detected"),
            Finding::Header => f.write_str("a .npy header"),
            Finding::Npy => f.write_str("given by the .npy header"),
            Finding::Fits => f.write_str("given by the FITS header"),
            Finding::FitsHeaders => f.write_str("FITS headers"),
            Finding::Columns(bytes) => {
                write!(f, "detected: a table stored in columns of {bytes} bytes")
            }
            Finding::Kept => f.write_str("kept from the frame before"),
            Finding::Plain => f.write_str("plain bytes: no structure pays"),
            Finding::Detected { saves, layout } => {
                f.write_str("detected: ")?;
                match (layout.plane, layout.record) {
                    (0, 0) => write!(f, "elements of {} bytes", layout.width)?,
                    (0, record) => write!(f, "records or rows of {record} bytes")?,
                    (plane, record) => {
                        write!(f, "rows of {record} bytes in planes of {plane}")?;
                    }
                }
                write!(f, " save {saves} % over plain bytes")
            }
        }
    }
}
