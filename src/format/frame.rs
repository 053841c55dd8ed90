//! A frame's header: how its content is coded, how long everything is, and the content's hash.

use super::checksum::{FrameHash, check};
use super::cursor::{Cursor, put_varint};
use super::parts::Parts;
use super::{FRAME_MARK, INDEX_MARK, MAX_FRAME, MAX_LANES, layout};
use crate::error::{Error, Result};
use crate::level::Effort;
use crate::structure::Structure;
use std::io::BufRead;

/// How a frame's content is coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// All bytes are this one.
    Constant(u8),
    /// By the predictor.
    Mamba {
        /// What it is predicted with.
        effort: Effort,
        /// Whether the model's network is heard.
        network: bool,
        /// The content's structure.
        structure: Structure,
        /// Its parts, if it is divided.
        parts: Option<Parts>,
        /// Range coder words of each lane, 1 to `MAX_LANES` lanes, and of each part after the other.
        words: Vec<u32>,
    },
}

impl Method {
    /// The method's name in listings.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Stored => "stored",
            Method::Constant(_) => "constant",
            Method::Mamba { network: true, .. } => "mamba",
            Method::Mamba { network: false, .. } => "mix",
        }
    }
}

/// Everything of a frame but its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// How the content is coded.
    pub method: Method,
    /// Content bytes, 1 to `MAX_FRAME`.
    pub content_len: u32,
    /// Hash of the content.
    pub hash: FrameHash,
}

/// What a mark announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A frame with this header; its payload comes next.
    Frame(FrameHeader),
    /// The index, whose mark has been read.
    Index,
}

impl FrameHeader {
    /// Bytes of the payload that follows the header.
    pub fn payload_len(&self) -> u32 {
        match &self.method {
            Method::Stored => self.content_len,
            Method::Constant(_) => 0,
            // Both the encoder and `read_from` keep the sum below the content's length.
            Method::Mamba { words, .. } => words.iter().fold(0, |n, w| n + 4 * w),
        }
    }

    /// Lanes of each part; 0 if the content is not predicted.
    pub fn lanes(&self) -> usize {
        match &self.method {
            Method::Stored | Method::Constant(_) => 0,
            Method::Mamba { parts, words, .. } => words.len() / count(*parts, self.content_len),
        }
    }

    /// The header's bytes, from the mark to the check.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = FRAME_MARK.to_vec();
        let method = match &self.method {
            Method::Stored => 0,
            Method::Constant(_) => 1,
            Method::Mamba {
                effort,
                network,
                parts,
                ..
            } => {
                let effort = match effort {
                    Effort::Fast => 2,
                    Effort::Default => 3,
                    Effort::Best => 4,
                };
                effort + if *network { 0 } else { 3 } + if parts.is_some() { 6 } else { 0 }
            }
        };
        out.push(method);
        put_varint(&mut out, u64::from(self.content_len));
        match &self.method {
            Method::Stored => {}
            Method::Constant(byte) => out.push(*byte),
            Method::Mamba {
                structure,
                parts,
                words,
                ..
            } => {
                layout::write_to(structure, &mut out);
                if let Some(parts) = parts {
                    parts.write_to(&mut out);
                }
                put_varint(&mut out, self.lanes() as u64);
                for &count in words {
                    put_varint(&mut out, u64::from(count));
                }
            }
        }
        out.extend(self.hash);
        let check = check(&out);
        out.extend(check);
        out
    }
}

impl Segment {
    /// Reads a mark and, if it is a frame's, the frame's header.
    ///
    /// For the index the record that its footer's check ends is left open.
    ///
    /// # Errors
    /// `Damaged` for another mark or a check that differs, `Unknown` for an unknown method, `OutOfRange` for a length
    /// that the format does not allow.
    pub fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Segment> {
        cursor.begin_record();
        match cursor.array("mark before a frame or the index")? {
            FRAME_MARK => read_header(cursor).map(Segment::Frame),
            INDEX_MARK => Ok(Segment::Index),
            _ => Err(cursor.damaged("neither a frame nor the index begins here")),
        }
    }
}

/// How many parts a frame of `len` bytes has.
fn count(parts: Option<Parts>, len: u32) -> usize {
    parts.map_or(1, |parts| parts.count(len as usize))
}

fn read_header<R: BufRead>(cursor: &mut Cursor<R>) -> Result<FrameHeader> {
    let method = cursor.u8("frame header")?;
    let method_offset = cursor.position() - 1;
    let content_len = cursor.varint(1..=MAX_FRAME as u64, "frame's content length")?;
    let method = match method {
        0 => Method::Stored,
        1 => Method::Constant(cursor.u8("frame header")?),
        2..=13 => {
            let effort = Effort::ALL[usize::from(method - 2) % 3];
            let len = content_len as u32;
            let structure = layout::read_from(cursor, len)?;
            let parts = match method {
                8.. => Some(Parts::read_from(cursor, len, structure.layout.period())?),
                _ => None,
            };
            let lanes = cursor.varint(1..=MAX_LANES as u64, "number of lanes")?;
            // The payload is shorter than the content, so this many words are left for the lanes.
            let mut left = (content_len - 1) / 4;
            let lanes = lanes as usize * count(parts, len);
            let mut words = Vec::with_capacity(lanes);
            for _ in 0..lanes {
                let count = cursor.varint(0..=left, "number of words in a lane")?;
                left -= count;
                words.push(count as u32);
            }
            Method::Mamba {
                effort,
                network: (method - 2) % 6 < 3,
                structure,
                parts,
                words,
            }
        }
        _ => {
            let found = u64::from(method);
            return Err(Error::Unknown {
                what: "method",
                found,
                offset: method_offset,
            });
        }
    };
    let hash = cursor.array("frame header")?;
    cursor.check("frame header's check")?;
    Ok(FrameHeader {
        method,
        content_len: content_len as u32,
        hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    fn header(layout: Layout) -> FrameHeader {
        let words = vec![0, 1, 200];
        FrameHeader {
            method: Method::Mamba {
                effort: Effort::Best,
                network: true,
                structure: Structure::plain(layout),
                parts: None,
                words,
            },
            content_len: 5000,
            hash: [7; 16],
        }
    }

    fn read(bytes: &[u8]) -> Result<Segment> {
        Segment::read_from(&mut Cursor::new(bytes))
    }

    #[test]
    fn headers_return() {
        let table = Layout {
            width: 4,
            swap: true,
            record: 104,
            plane: 1040,
            phase: 103,
        };
        let numbers = Layout {
            width: 8,
            swap: true,
            record: 0,
            plane: 0,
            phase: 7,
        };
        for layout in [Layout::BYTES, table, numbers] {
            let header = header(layout);
            assert_eq!(read(&header.to_bytes()).unwrap(), Segment::Frame(header));
        }
    }

    #[test]
    fn plain_layout_takes_one_byte() {
        let plain = header(Layout::BYTES).to_bytes().len();
        let record = header(Layout {
            record: 3,
            ..Layout::BYTES
        })
        .to_bytes()
        .len();
        // The record, and that no column has companions.
        assert_eq!(plain + 2, record);
    }

    #[test]
    fn layouts_that_contradict_themselves_are_refused() {
        let bad = [
            Layout {
                swap: true,
                ..Layout::BYTES
            },
            Layout {
                width: 4,
                record: 6,
                ..Layout::BYTES
            },
            Layout {
                record: 6,
                plane: 8,
                ..Layout::BYTES
            },
            Layout {
                plane: 8,
                ..Layout::BYTES
            },
            Layout {
                phase: 1,
                ..Layout::BYTES
            },
            Layout {
                record: 5,
                phase: 5,
                ..Layout::BYTES
            },
            Layout {
                record: Layout::MAX_LAG + 1,
                ..Layout::BYTES
            },
        ];
        for layout in bad {
            assert!(read(&header(layout).to_bytes()).is_err(), "{layout:?}");
        }
    }

    #[test]
    fn payload_as_long_as_the_content_is_refused() {
        let mut header = header(Layout::BYTES);
        header.content_len = 4 * 201 + 1;
        assert!(read(&header.to_bytes()).is_ok());
        header.content_len = 4 * 201;
        assert!(matches!(
            read(&header.to_bytes()),
            Err(Error::OutOfRange { .. })
        ));
    }
}
