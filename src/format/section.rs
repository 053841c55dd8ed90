//! What follows a member's head: a model section, frames, and the index.

use super::cursor::Cursor;
use super::frame::FrameHeader;
use super::model_section::ModelSection;
use super::{FRAME_MARK, INDEX_MARK, MODEL_MARK};
use crate::error::Result;
use std::io::BufRead;

/// What a mark announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// The model that later frames of the member use; it has been read.
    Model(ModelSection),
    /// A frame with this header; its payload comes next.
    Frame(FrameHeader),
    /// The index, whose mark has been read.
    Index,
}

impl Section {
    /// Reads a mark and what it announces.
    ///
    /// For the index the record that its footer's check ends is left open.
    ///
    /// # Errors
    /// `Damaged` for another mark or a check that differs, `Unknown` for a stage or a model kind not known, `OutOfRange` for a length that
    /// the format does not allow.
    pub fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Section> {
        cursor.begin_record();
        match cursor.array("mark before a frame or the index")? {
            FRAME_MARK => FrameHeader::read_from(cursor).map(Section::Frame),
            MODEL_MARK => ModelSection::read_from(cursor).map(Section::Model),
            INDEX_MARK => Ok(Section::Index),
            _ => Err(cursor.damaged("neither a frame nor the index begins here")),
        }
    }
}
