//! Reading a payload without ever going past its end.

use super::LANES;
use crate::coder::SymbolDecoder;

/// A payload is not one of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// What is left of a payload.
pub(in crate::model) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(Damaged)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub fn byte(&mut self) -> Result<u8, Damaged> {
        Ok(self.bytes(1)?[0])
    }

    /// A number up to `most`, seven bits a byte, the lowest first, in its shortest form.
    pub fn varint(&mut self, most: u64) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                let is_shortest = byte > 0 || shift == 0;
                return match is_shortest && number <= most {
                    true => Ok(number),
                    false => Err(Damaged),
                };
            }
        }
        Err(Damaged)
    }

    /// The coders of a block's lanes.
    pub fn decoders(&mut self) -> Result<[SymbolDecoder; LANES], Damaged> {
        let mut lane = || {
            let words = self.varint(self.0.len() as u64 / 4)? as usize;
            let (words, _) = self.bytes(4 * words)?.as_chunks::<4>();
            let words = words.iter().map(|&word| u32::from_le_bytes(word)).collect();
            SymbolDecoder::new(words).map_err(|_| Damaged)
        };
        Ok([lane()?, lane()?, lane()?, lane()?])
    }
}

/// Writes a number for [`Reader::varint`].
pub(in crate::model) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 127 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}
