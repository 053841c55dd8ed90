//! From a .boa stream to content.

use super::coding::Coding;
use super::models::Models;
use super::ordered::{Next, Ordered};
use super::{Progress, Summary};
use crate::error::{Error, Result};
use crate::format::{
    Cursor, EntropyModel, FrameHeader, Head, Index, IndexEntry, MAX_FRAMES, Section, Start,
    frame_hash,
};
use crate::model_file::Model;
use crate::options::DecodeOptions;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

/// Decompresses all members of `input` to `output`, which it flushes.
///
/// A frame's content is written once its hash has been confirmed; the hash of the whole content is confirmed after the
/// last frame. After an error what was written is a correct beginning, never wrong bytes.
///
/// # Errors
/// `NotBoa`, `TrailingData`, `NewerFormat`, `Unknown`, `Truncated`, `Damaged` and `OutOfRange` for what `input` holds,
/// alone or within `Frame`; `UnknownModel` if a model is referred to that is neither built in nor in `options`; `Io` if
/// reading or writing fails.
pub fn decompress(
    input: impl BufRead,
    mut output: impl Write,
    options: &DecodeOptions,
    progress: &dyn Progress,
) -> Result<Summary> {
    let mut jobs = Ordered::new(&options.pool, options.threads, 1)?;
    let mut cursor = Cursor::new(input);
    let mut summary = Summary::default();
    let mut start = Start::OfFile;
    loop {
        let member = decode_member(
            &mut cursor,
            start,
            &mut output,
            options,
            &mut jobs,
            summary.frames,
            progress,
        )?;
        summary.content += member.content;
        summary.frames += member.frames;
        summary.members += 1;
        summary.compressed = cursor.position();
        if cursor.at_end()? {
            break;
        }
        start = Start::AfterMember;
    }
    output.flush()?;
    Ok(summary)
}

type Job = Vec<u8>;

fn decode_member<R: BufRead>(
    cursor: &mut Cursor<R>,
    start: Start,
    output: &mut impl Write,
    options: &DecodeOptions,
    jobs: &mut Ordered<Job>,
    frames_before: u64,
    progress: &dyn Progress,
) -> Result<Summary> {
    let begin = cursor.position();
    Head::read_from(cursor, start)?;
    let mut models = Models::new(&options.models);
    let mut reported = begin;
    let mut index = Index {
        head_len: cursor.position() - begin,
        ..Index::default()
    };
    let mut hasher = blake3::Hasher::new();
    let mut content_len = 0;
    let mut written = 0;
    // What went wrong while reading ahead waits until the frames before it are written.
    let mut ahead: Option<Result<()>> = None;
    loop {
        while ahead.is_none() && jobs.has_room() {
            let offset = cursor.position();
            let frame = frames_before + index.entries.len() as u64 + 1;
            match read_section(cursor, index.entries.len() as u64, &mut models) {
                Ok(Read::Model) if index.model.is_none() => {
                    let model_len = cursor.position() - offset;
                    index.model = Some((offset - begin, model_len));
                    reported += model_len;
                    progress.advance(model_len, 0);
                }
                Ok(Read::Model) => {
                    ahead = Some(Err(cursor.damaged("a second model section")));
                }
                Ok(Read::Frame(header, model, payload)) => {
                    let frame_len = (cursor.position() - offset) as u32;
                    index.entries.push(IndexEntry {
                        frame_len,
                        content_len: header.content_len,
                    });
                    jobs.push(move || {
                        decode_frame(model.as_deref(), &header, payload).map_err(|what| {
                            at_frame(frame, offset, end_of(offset, frame_len), what)
                        })
                    });
                }
                Ok(Read::Index) => ahead = Some(Ok(())),
                Err(e @ (Error::Io(_) | Error::UnknownModel { .. })) => ahead = Some(Err(e)),
                Err(e) => {
                    ahead = Some(Err(Error::Frame {
                        frame,
                        offset,
                        source: Box::new(e),
                    }))
                }
            }
        }
        let content = match jobs.next(ahead.is_none())? {
            Next::Done(content) => content,
            Next::Room => continue,
            Next::Nothing => break,
        };
        hasher.update(&content);
        output.write_all(&content)?;
        content_len += content.len() as u64;
        let entry = index
            .entries
            .get(written)
            .map_or(0, |entry| u64::from(entry.frame_len));
        written += 1;
        reported += entry;
        progress.advance(entry, content.len() as u64);
    }
    ahead.unwrap_or(Ok(()))?;
    let footer = index.read_expected(cursor)?;
    if footer.hash != *hasher.finalize().as_bytes() {
        return Err(cursor.damaged("hash of the whole content"));
    }
    progress.advance(cursor.position() - reported, 0);
    let frames = index.entries.len() as u64;
    let compressed = cursor.position() - begin;
    Ok(Summary {
        content: content_len,
        compressed,
        frames,
        members: 1,
        structure: Duration::ZERO,
    })
}

fn end_of(offset: u64, len: u32) -> u64 {
    offset + u64::from(len)
}

fn at_frame(frame: u64, offset: u64, end: u64, what: &'static str) -> Error {
    Error::Frame {
        frame,
        offset,
        source: Box::new(Error::Damaged { what, offset: end }),
    }
}

/// What was read next.
enum Read {
    /// The model section, of which `Models` knows now.
    Model,
    /// A frame's header, the model that it uses, and its payload.
    Frame(FrameHeader, Option<Arc<Model>>, Vec<u8>),
    /// The mark of the index.
    Index,
}

fn read_section<R: BufRead>(
    cursor: &mut Cursor<R>,
    frames: u64,
    models: &mut Models,
) -> Result<Read> {
    match Section::read_from(cursor)? {
        Section::Index => Ok(Read::Index),
        Section::Model(section) => {
            models.set_section(section);
            Ok(Read::Model)
        }
        Section::Frame(header) => {
            cursor.bounded(frames + 1, 1..=MAX_FRAMES, "number of frames")?;
            let model = models.of_frame(&header)?;
            let payload = cursor.payload(header.payload_len() as usize, "frame's payload")?;
            Ok(Read::Frame(header, model, payload))
        }
    }
}

/// The content of a frame, confirmed by its hash; or what is wrong.
fn decode_frame(
    model: Option<&Model>,
    header: &FrameHeader,
    payload: Vec<u8>,
) -> std::result::Result<Vec<u8>, &'static str> {
    let coded_len = header.coded_len as usize;
    let coded = match &header.model {
        EntropyModel::Stored => payload,
        EntropyModel::Constant(byte) => vec![*byte; coded_len],
        EntropyModel::Mix(_) => {
            let words = to_words(&payload);
            drop(payload);
            let mut rest = words.as_slice();
            let mut streams = Vec::with_capacity(header.streams.len());
            for &count in &header.streams {
                let (stream, after) =
                    { rest.split_at_checked(count as usize) }.ok_or("lengths of the streams")?;
                streams.push(stream);
                rest = after;
            }
            let positions = header.structure.positions();
            Coding::of_frame(header, model, &positions)
                .ok_or("a frame that is not predicted")?
                .decode(&streams, coded_len)
                .map_err(|_| "the range decoder found words missing or left over")?
        }
    };
    let len = header.content_len as usize;
    let content = header.structure.inverse(coded);
    if content.len() != len || frame_hash(&content) != header.hash {
        return Err("hash of the frame's content");
    }
    Ok(content)
}

fn to_words(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|&word| u32::from_le_bytes(word)).collect()
}
