//! What a .boa file holds, from its headers alone.

use super::models::Models;
use crate::error::{Error, Result};
use crate::format::{
    BoundRun, Cursor, FrameHeader, Head, Index, IndexEntry, MAX_FRAMES, ModelSection, Section,
    Start,
};
use crate::model_file::Model;
use std::io::{BufRead, Seek};
use std::sync::Arc;

/// One frame of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Where in the file its mark stands.
    pub offset: u64,
    /// Bytes of header and payload.
    pub frame_len: u32,
    /// Its header.
    pub header: FrameHeader,
}

/// One member of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The bounds of all columns, in the order of the input; none of a lossless member.
    pub bounds: Option<Vec<BoundRun>>,
    /// Where in the file it begins.
    pub offset: u64,
    /// Its bytes.
    pub compressed: u64,
    /// Its content's bytes.
    pub content: u64,
    /// Hash of its content, as the footer has it.
    pub hash: [u8; 32],
    /// The model that its frames use, if one uses another than the built-in ones.
    pub model: Option<ModelSection>,
    /// Its frames.
    pub frames: Vec<FrameInfo>,
}

impl Member {
    /// The models that its frames can refer to; `supplied` are those to look an id up in.
    pub fn models<'a>(&self, supplied: &'a [Arc<Model>]) -> Models<'a> {
        let mut models = Models::new(supplied);
        if let Some(section) = &self.model {
            models.set_section(section.clone());
        }
        models
    }
}

/// The members of a file. Headers, index and footer are checked; payloads are passed over.
///
/// # Errors
/// As [`decompress`](super::decompress), but for what only decoding can find.
pub fn list(input: impl BufRead + Seek) -> Result<Vec<Member>> {
    let mut cursor = Cursor::new(input);
    let mut members = vec![member(&mut cursor, Start::OfFile)?];
    while !cursor.at_end()? {
        members.push(member(&mut cursor, Start::AfterMember)?);
    }
    Ok(members)
}

fn member<R: BufRead + Seek>(cursor: &mut Cursor<R>, start: Start) -> Result<Member> {
    let offset = cursor.position();
    let head = Head::read_from(cursor, start)?;
    let mut index = Index {
        head_len: cursor.position() - offset,
        ..Index::default()
    };
    let mut model = None;
    let mut frames: Vec<FrameInfo> = Vec::new();
    loop {
        let frame_offset = cursor.position();
        let number = frames.len() as u64 + 1;
        let located = |e| match e {
            Error::Io(e) => Error::Io(e),
            e => Error::Frame {
                frame: number,
                offset: frame_offset,
                source: Box::new(e),
            },
        };
        let header = match Section::read_from(cursor).map_err(located)? {
            Section::Frame(header) => header,
            Section::Index => break,
            Section::Model(_) if model.is_some() => {
                return Err(cursor.damaged("a second model section"));
            }
            Section::Model(section) => {
                model = Some(section);
                index.model = Some((frame_offset - offset, cursor.position() - frame_offset));
                continue;
            }
        };
        if header.model.is_numbers() && head.bounds.is_none() {
            return Err(cursor.damaged("a frame of numbers in a member that is not lossy"));
        }
        cursor
            .bounded(number, 1..=MAX_FRAMES, "number of frames")
            .map_err(located)?;
        cursor
            .skip(header.payload_len(), "frame's payload")
            .map_err(located)?;
        let frame_len = (cursor.position() - frame_offset) as u32;
        index.entries.push(IndexEntry {
            frame_len,
            content_len: header.content_len,
        });
        frames.push(FrameInfo {
            offset: frame_offset,
            frame_len,
            header,
        });
    }
    let footer = index.read_expected(cursor)?;
    Ok(Member {
        bounds: head.bounds,
        offset,
        compressed: cursor.position() - offset,
        content: footer.content_len,
        hash: footer.hash,
        model,
        frames,
    })
}
