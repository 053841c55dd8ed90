//! What becomes of a frame's numbers, whatever they are coded as; and the parameter that a stream of numbers begins with: what they are.

use crate::coder::{BadWords, BitCoder, Integers};

/// The context of the parameter.
const FORM: usize = 29;

/// Numbers coded.
pub struct CodedNumbers {
    /// Words of the stream.
    pub words: Vec<u32>,
    /// What stays exact: the bytes of no column that is rounded, in the order of the content.
    pub exact: Vec<u8>,
    /// Bytes of these in a row; 0 if they do not lie row by row.
    pub exact_record: usize,
    /// What decoding gives.
    pub reconstructed: Vec<u8>,
    /// The autoencoder was used.
    pub is_learned: bool,
}

/// What the numbers of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Columns of a table.
    Table,
    /// Values of an array.
    Array,
    /// Columns of a table that come back from the latents of an autoencoder alone.
    Latents,
}

impl Form {
    /// Codes what a stream's numbers are; a decoder supplies any.
    ///
    /// # Errors
    /// Those of the coder; [`BadWords`] for a form that there is none of.
    pub fn code<C: BitCoder>(self, integers: &mut Integers<C>) -> Result<Form, BadWords> {
        match integers.within(FORM, self as u64, 0, 2)? {
            0 => Ok(Form::Table),
            1 => Ok(Form::Array),
            _ => Ok(Form::Latents),
        }
    }
}
