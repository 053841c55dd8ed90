//! The entropy model of a frame: what its coded bytes are coded with, as a record of the header.

use super::cursor::{Cursor, put_varint};
use super::references;
use super::segments::Segments;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::level::Effort;
use crate::structure::Structure;
use std::io::BufRead;

const STORED: u8 = 0;
const CONSTANT: u8 = 1;
const MIX: u8 = 2;
const NUMBERS: u8 = 3;
const COLUMNS: u8 = 4;
const MATCHES: u8 = 5;

const EFFORT: u8 = 15;
const NETWORK: u32 = 4;
const SEGMENTS: u8 = 1 << 6;
const RESERVED: u8 = 1 << 7;

/// What a frame's coded bytes are coded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntropyModel {
    /// Nothing: the payload is the coded bytes.
    Stored,
    /// All of them are this one; there is no payload.
    Constant(u8),
    /// Context mixing, with a network or without.
    Mix(Mix),
    /// Numbers rounded to grids, coded by the number model; a frame of what stays exact follows.
    Numbers(Numbers),
    /// Half bytes of one byte column after the other.
    Columns(Payload),
    /// Matches and literals.
    Matches(Payload),
}

/// The payload of a frame of columns or matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its bytes.
    pub payload_len: u32,
}

/// What the payload of a frame of numbers consists of, beside its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Bytes of the frame behind the stream, header and payload; 0 if nothing stays exact.
    pub inner_len: u32,
}

/// How the mixing predictor is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// How much work goes into a prediction.
    pub effort: Effort,
    /// The network that takes part, if one does.
    pub network: Option<NetworkRef>,
    /// How the coded bytes are divided, if they are.
    pub segments: Option<Segments>,
}

/// Which network a frame uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkRef {
    /// That of the member's model section.
    Member,
    /// The built-in one of this number, from 1 on.
    BuiltIn(u16),
}

impl Mix {
    /// Without a network, in one segment.
    pub fn new(effort: Effort) -> Mix {
        Mix {
            effort,
            network: None,
            segments: None,
        }
    }

    /// How many segments `len` coded bytes have.
    pub fn segment_count(&self, len: u32) -> usize {
        self.segments
            .map_or(1, |segments| segments.count(len as usize))
    }
}

impl EntropyModel {
    /// The model's name in listings.
    pub fn name(&self) -> &'static str {
        match self {
            EntropyModel::Stored => "stored",
            EntropyModel::Constant(_) => "constant",
            EntropyModel::Mix(Mix { network: None, .. }) => "mix",
            EntropyModel::Mix(_) => "mix+net",
            EntropyModel::Numbers(_) => "numbers",
            EntropyModel::Columns(_) => "columns",
            EntropyModel::Matches(_) => "matches",
        }
    }

    /// Whether it is that of lossy members alone.
    pub fn is_numbers(&self) -> bool {
        matches!(self, EntropyModel::Numbers(_))
    }

    /// Whether the bytes that it codes are a structure's.
    pub fn has_structure(&self) -> bool {
        matches!(
            self,
            EntropyModel::Mix(_) | EntropyModel::Columns(_) | EntropyModel::Matches(_)
        )
    }

    /// The mixing predictor's set-up, if that is the model.
    pub fn mix(&self) -> Option<&Mix> {
        match self {
            EntropyModel::Mix(mix) => Some(mix),
            _ => None,
        }
    }

    pub(super) fn write_to(&self, structure: &Structure, out: &mut Vec<u8>) {
        match self {
            EntropyModel::Stored => out.push(STORED),
            EntropyModel::Constant(byte) => out.extend([CONSTANT, *byte]),
            EntropyModel::Numbers(numbers) => {
                out.push(NUMBERS);
                put_varint(out, numbers.inner_len.into());
            }
            EntropyModel::Columns(payload) => {
                out.push(COLUMNS);
                put_varint(out, payload.payload_len.into());
            }
            EntropyModel::Matches(payload) => {
                out.push(MATCHES);
                put_varint(out, payload.payload_len.into());
            }
            EntropyModel::Mix(mix) => {
                let number = Effort::ALL.iter().position(|&effort| effort == mix.effort);
                let mut setup = number.unwrap_or(0) as u8;
                setup |= match mix.network {
                    None => 0,
                    Some(NetworkRef::Member) => 1,
                    Some(NetworkRef::BuiltIn(_)) => 2,
                } << NETWORK;
                if mix.segments.is_some() {
                    setup |= SEGMENTS;
                }
                out.extend([MIX, setup]);
                if let Some(NetworkRef::BuiltIn(number)) = mix.network {
                    put_varint(out, number.into());
                }
                if structure.widths_of_table().is_some() {
                    references::write_to(&structure.references, out);
                }
                if let Some(segments) = mix.segments {
                    segments.write_to(out);
                }
            }
        }
    }
}

/// The model of `len` coded bytes. What the columns of a table refer to goes into the structure.
pub(super) fn read_from<R: BufRead>(
    cursor: &mut Cursor<R>,
    structure: &mut Structure,
    len: u32,
) -> Result<EntropyModel> {
    let unknown = |cursor: &Cursor<R>, what, found: u8| Error::Unknown {
        what,
        found: found.into(),
        offset: cursor.position() - 1,
    };
    match cursor.u8("entropy model")? {
        STORED => Ok(EntropyModel::Stored),
        CONSTANT => Ok(EntropyModel::Constant(cursor.u8("entropy model")?)),
        MIX => {
            let setup = cursor.u8("entropy model")?;
            if setup & RESERVED != 0 {
                return Err(unknown(cursor, "bit of an entropy model:", 7));
            }
            let effort = setup & EFFORT;
            let Some(&effort) = Effort::ALL.get(usize::from(effort)) else {
                return Err(unknown(cursor, "effort", effort));
            };
            let network = match setup >> NETWORK & 3 {
                0 => None,
                1 => Some(NetworkRef::Member),
                2 => {
                    let number = cursor.varint(1..=u16::MAX.into(), "built-in model's number")?;
                    Some(NetworkRef::BuiltIn(number as u16))
                }
                other => return Err(unknown(cursor, "kind of network", other)),
            };
            if let Some(widths) = structure.widths_of_table() {
                structure.references = references::read_from(cursor, widths.len())?;
                if structure.validate(len as usize).is_err() {
                    return Err(cursor.damaged("columns that refer to what is no column"));
                }
            }
            let segments = match setup & SEGMENTS {
                0 => None,
                _ => Some(Segments::read_from(cursor, len, structure.layout.period())?),
            };
            Ok(EntropyModel::Mix(Mix {
                effort,
                network,
                segments,
            }))
        }
        NUMBERS => {
            if *structure != Structure::plain(Layout::BYTES) {
                return Err(cursor.damaged("filters of a frame of numbers"));
            }
            let inner_len = cursor.varint(0..=len.into(), "bytes of an inner frame")?;
            Ok(EntropyModel::Numbers(Numbers {
                inner_len: inner_len as u32,
            }))
        }
        COLUMNS => Ok(EntropyModel::Columns(read_payload(cursor, len)?)),
        MATCHES => Ok(EntropyModel::Matches(read_payload(cursor, len)?)),
        other => Err(unknown(cursor, "entropy model", other)),
    }
}

fn read_payload<R: BufRead>(cursor: &mut Cursor<R>, len: u32) -> Result<Payload> {
    // Like every frame it is smaller than its content.
    let payload_len = cursor.varint(0..=len.into(), "bytes of a payload")? as u32;
    Ok(Payload { payload_len })
}
