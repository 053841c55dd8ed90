//! Which model the frames need.

use super::MAX_MODEL;
use super::cursor::Cursor;
use crate::error::{Error, Result};
use std::io::BufRead;

/// The model section of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSection {
    /// No frame needs a model.
    None,
    /// The built-in model of this number.
    BuiltIn(u16),
    /// The model's bytes, at most `MAX_MODEL`.
    Embedded(Vec<u8>),
    /// The model's BLAKE3; the decoder has to have it.
    ById([u8; 32]),
}

impl ModelSection {
    fn kind(&self) -> u8 {
        match self {
            ModelSection::None => 0,
            ModelSection::BuiltIn(_) => 1,
            ModelSection::Embedded(_) => 2,
            ModelSection::ById(_) => 3,
        }
    }

    /// Appends what stands before the head's check.
    pub(super) fn write_to(&self, out: &mut Vec<u8>) {
        out.push(self.kind());
        match self {
            ModelSection::None => {}
            ModelSection::BuiltIn(number) => out.extend(number.to_le_bytes()),
            ModelSection::Embedded(bytes) => {
                out.extend((bytes.len() as u32).to_le_bytes());
                out.extend(blake3::hash(bytes).as_bytes());
            }
            ModelSection::ById(id) => out.extend(id),
        }
    }

    /// Reads the section, the head's check and the model's bytes.
    ///
    /// # Errors
    /// `Unknown` for a model kind this library does not know, `Damaged` if the check or the model's hash differs,
    /// `OutOfRange` for a model above `MAX_MODEL`.
    pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<ModelSection> {
        const CHECK: &str = "head's check";
        let kind = cursor.u8("model section")?;
        match kind {
            0 => cursor.check(CHECK).map(|()| ModelSection::None),
            1 => {
                let number = cursor.u16("model section")?;
                cursor.check(CHECK).map(|()| ModelSection::BuiltIn(number))
            }
            2 => {
                let len = cursor.u32("model section")?;
                let id: [u8; 32] = cursor.array("model section")?;
                cursor.check(CHECK)?;
                cursor.bounded(
                    u64::from(len),
                    0..=MAX_MODEL as u64,
                    "embedded model's length",
                )?;
                let bytes = cursor.payload(len as usize, "embedded model")?;
                if blake3::hash(&bytes) != id {
                    return Err(cursor.damaged("embedded model's hash"));
                }
                Ok(ModelSection::Embedded(bytes))
            }
            3 => {
                let id = cursor.array("model section")?;
                cursor.check(CHECK).map(|()| ModelSection::ById(id))
            }
            _ => Err(Error::Unknown {
                what: "model kind",
                found: u64::from(kind),
                offset: cursor.position() - 1,
            }),
        }
    }
}
