//! The head of a member: magic, version, flags.

use super::checksum::check;
use super::cursor::Cursor;
use super::{MAGIC, VERSION};
use crate::error::{Error, Result};
use std::io::BufRead;

/// The head of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head;

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
    pub fn to_bytes(self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        out.push(0);
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
        if flags != 0 {
            let found = u64::from(flags.trailing_zeros());
            return Err(Error::Unknown {
                what: "flag: bit",
                found,
                offset: cursor.position() - 1,
            });
        }
        cursor.check("head's check")?;
        Ok(Head)
    }
}
