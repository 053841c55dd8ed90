//! The model that a member's frames use, if it is not built in.

use super::checksum::check;
use super::cursor::Cursor;
use super::{MAX_MODEL, MODEL_MARK};
use crate::error::{Error, Result};
use std::io::BufRead;

const EMBEDDED: u8 = 0;
const BY_ID: u8 = 1;

/// The model section of a member. It stands before the first frame that uses the model, and nowhere if none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSection {
    /// The model's bytes, at most `MAX_MODEL`.
    Embedded(Vec<u8>),
    /// The model's BLAKE3; the decoder has to have it.
    ById([u8; 32]),
}

impl ModelSection {
    /// The section's bytes, from the mark on, an embedded model's included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MODEL_MARK.to_vec();
        match self {
            ModelSection::Embedded(bytes) => {
                out.push(EMBEDDED);
                out.extend((bytes.len() as u32).to_le_bytes());
                out.extend(blake3::hash(bytes).as_bytes());
            }
            ModelSection::ById(id) => {
                out.push(BY_ID);
                out.extend(id);
            }
        }
        let check = check(&out);
        out.extend(check);
        if let ModelSection::Embedded(bytes) = self {
            out.extend(bytes);
        }
        out
    }

    /// Reads a section whose mark has been read, and the model's bytes.
    ///
    /// # Errors
    /// `Unknown` for a model kind this library does not know, `Damaged` if the check or the model's hash differs,
    /// `OutOfRange` for a model above `MAX_MODEL`.
    pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<ModelSection> {
        const CHECK: &str = "model section's check";
        let kind = cursor.u8("model section")?;
        match kind {
            EMBEDDED => {
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
            BY_ID => {
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
