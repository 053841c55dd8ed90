//! The head of a member: magic, version, flags.

use super::bounds::{self, BoundRun};
use super::checksum::check;
use super::cursor::Cursor;
use super::{MAGIC, VERSION};
use crate::error::{Error, Result};
use std::io::BufRead;

/// Flag: what decoding gives is not what was compressed.
const LOSSY: u8 = 1;

/// The head of a member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// In a lossy member the bounds of all columns.
    pub bounds: Option<Vec<BoundRun>>,
}

/// Where in a file a head is looked for: it decides how foreign bytes are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the file's first byte.
    OfFile,
    /// After another member.
    AfterMember,
}

impl Head {
    /// The head's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        match &self.bounds {
            None => out.push(0),
            Some(bounds) => {
                out.push(LOSSY);
                bounds::write_to(bounds, &mut out);
            }
        }
        let check = check(&out);
        out.extend(check);
        out
    }

    /// Reads a head.
    ///
    /// # Errors
    /// `NotBoa` or `TrailingData` if the magic differs, `NewerFormat` for a later version, `Unknown` for a version
    /// or flag not known, `Damaged` if a check differs.
    pub fn read_from<R: BufRead>(cursor: &mut Cursor<R>, start: Start) -> Result<Head> {
        let offset = cursor.position();
        cursor.begin_record();
        for expected in MAGIC {
            if cursor.u8("head")? != expected {
                return Err(match start {
                    Start::OfFile => Error::NotBoa,
                    Start::AfterMember => Error::TrailingData { offset },
                });
            }
        }
        let version = cursor.u8("head")?;
        if version > VERSION {
            return Err(Error::NewerFormat {
                found: version,
                supported: VERSION,
            });
        }
        if version == 0 {
            let offset = cursor.position() - 1;
            return Err(Error::Unknown {
                what: "format version",
                found: 0,
                offset,
            });
        }
        let flags = cursor.u8("head")?;
        let unknown = flags & !LOSSY;
        if unknown != 0 {
            let found = u64::from(unknown.trailing_zeros());
            return Err(Error::Unknown {
                what: "flag: bit",
                found,
                offset: cursor.position() - 1,
            });
        }
        let bounds = match flags & LOSSY {
            0 => None,
            _ => Some(bounds::read_from(cursor)?),
        };
        cursor.check("head's check")?;
        Ok(Head { bounds })
    }
}
