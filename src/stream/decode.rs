//! From a .boa stream to content.

use super::backend::Backend;
use super::decode_frame::FrameToDecode;
use super::models::Models;
use super::ordered::{Next, Ordered};
use super::{Progress, Summary};
use crate::error::{Error, Result};
use crate::format::{
    Cursor, FrameHeader, Head, INDEX_MARK, Index, IndexEntry, ListedBound, MAX_FRAMES, Section,
    Start,
};
use crate::model_file::{Autoencoder, Model};
use crate::options::DecodeOptions;
use std::convert::Infallible;
use std::io::{BufRead, Write};
use std::sync::Arc;

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
    let mut decoder = Decoder {
        cursor: Cursor::new(input),
        output: &mut output,
        options,
        progress,
        jobs: Ordered::new(&options.pool, options.threads, 1)?,
        backend: Backend::Threads,
        summary: Summary::default(),
    };
    let mut start = Start::OfFile;
    loop {
        decoder.member(start)?;
        if decoder.cursor.at_end()? {
            break;
        }
        start = Start::AfterMember;
    }
    let summary = decoder.summary;
    output.flush()?;
    Ok(summary)
}

/// The work of [`decompress`].
struct Decoder<'o, R, W> {
    cursor: Cursor<R>,
    output: &'o mut W,
    options: &'o DecodeOptions,
    progress: &'o dyn Progress,
    jobs: Ordered<Vec<Result<Vec<u8>>>, Infallible>,
    backend: Backend,
    /// Of the members read to their end.
    summary: Summary,
}

/// What is known of the member being read.
struct ReadMember<'m> {
    begin: u64,
    /// Its head has the flag of lossy members: only these have frames of numbers.
    lossy: bool,
    models: Models<'m>,
    /// What the sections themselves say.
    index: Index,
    /// Frames that are to be decoded together, while there are too few of them.
    batch: Vec<FrameToDecode>,
    /// Set once no more is read: the index comes, or something is wrong. That waits until the frames before it are written.
    end: Option<Result<()>>,
    hasher: blake3::Hasher,
    content_len: u64,
    /// Frames written.
    written: usize,
}

impl<R: BufRead, W: Write> Decoder<'_, R, W> {
    fn member(&mut self, start: Start) -> Result<()> {
        let begin = self.cursor.position();
        let head = Head::read_from(&mut self.cursor, start)?;
        if self.options.lossless && head.bounds.is_some() {
            return Err(Error::Lossy);
        }
        let mut runs = head.bounds.iter().flatten();
        self.summary.unbounded |= runs.any(|run| run.bound == ListedBound::Unbounded);
        let mut member = ReadMember {
            begin,
            lossy: head.bounds.is_some(),
            models: Models::new(&self.options.models).with_autoencoders(&self.options.autoencoders),
            index: Index {
                head_len: self.cursor.position() - begin,
                ..Index::default()
            },
            batch: Vec::new(),
            end: None,
            hasher: blake3::Hasher::new(),
            content_len: 0,
            written: 0,
        };
        self.progress.advance(member.index.head_len, 0);
        loop {
            while member.end.is_none() && self.jobs.has_room() {
                self.read_section(&mut member);
            }
            match self.jobs.next(member.end.is_none())? {
                Next::Done(contents) => {
                    for content in contents {
                        self.write(&mut member, &content?)?;
                    }
                }
                Next::Room => {}
                Next::Nothing => break,
                Next::Aside(never) => match never {},
            }
        }
        member.end.unwrap_or(Ok(()))?;
        let before = self.cursor.position() - INDEX_MARK.len() as u64;
        let footer = member.index.read_expected(&mut self.cursor)?;
        if footer.hash != *member.hasher.finalize().as_bytes() {
            return Err(self.cursor.damaged("hash of the whole content"));
        }
        self.progress.advance(self.cursor.position() - before, 0);
        self.summary.content += member.content_len;
        self.summary.frames += member.index.entries.len() as u64;
        self.summary.members += 1;
        self.summary.compressed = self.cursor.position();
        Ok(())
    }

    /// Reads the next section, and gives the backend a batch once there is one.
    fn read_section(&mut self, member: &mut ReadMember) {
        let offset = self.cursor.position();
        let frames = member.index.entries.len() as u64;
        let number = self.summary.frames + frames + 1;
        match read_section(&mut self.cursor, frames, &mut member.models) {
            Ok(Read::Model) if member.index.model.is_none() => {
                let len = self.cursor.position() - offset;
                member.index.model = Some((offset - member.begin, len));
                self.progress.advance(len, 0);
            }
            Ok(Read::Model) => {
                member.end = Some(Err(self.cursor.damaged("a second model section")));
            }
            Ok(Read::Frame { header, .. }) if header.model.is_numbers() && !member.lossy => {
                let what = "a frame of numbers in a member that is not lossy";
                member.end = Some(Err(self.cursor.damaged(what)));
            }
            Ok(Read::Frame {
                header,
                model,
                autoencoder,
                payload,
            }) => {
                let len = (self.cursor.position() - offset) as u32;
                member.index.entries.push(IndexEntry {
                    frame_len: len,
                    content_len: header.content_len,
                });
                member.batch.push(FrameToDecode {
                    header,
                    model,
                    autoencoder,
                    payload,
                    number,
                    offset,
                    len,
                });
            }
            Ok(Read::Index) => member.end = Some(Ok(())),
            Err(e @ (Error::Io(_) | Error::UnknownModel { .. })) => member.end = Some(Err(e)),
            Err(e) => {
                member.end = Some(Err(Error::Frame {
                    frame: number,
                    offset,
                    source: Box::new(e),
                }));
            }
        }
        let full = member.batch.len() >= self.backend.batch();
        if full || member.end.is_some() && !member.batch.is_empty() {
            let (backend, batch) = (self.backend, std::mem::take(&mut member.batch));
            self.jobs.push(move || Ok(backend.decode(batch)));
        }
    }

    /// Writes a frame's content.
    fn write(&mut self, member: &mut ReadMember, content: &[u8]) -> Result<()> {
        member.hasher.update(content);
        self.output.write_all(content)?;
        member.content_len += content.len() as u64;
        let entry = member.index.entries.get(member.written);
        let frame_len = entry.map_or(0, |entry| u64::from(entry.frame_len));
        member.written += 1;
        self.progress.advance(frame_len, content.len() as u64);
        Ok(())
    }
}

/// What was read next.
enum Read {
    /// The model section, of which `Models` knows now.
    Model,
    /// A frame.
    Frame {
        header: FrameHeader,
        /// The model that it uses.
        model: Option<Arc<Model>>,
        /// That which it may use.
        autoencoder: Option<Arc<Autoencoder>>,
        payload: Vec<u8>,
    },
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
            let autoencoder = models.autoencoder_of(&header)?;
            let payload = cursor.payload(header.payload_len() as usize, "frame's payload")?;
            Ok(Read::Frame {
                header,
                model,
                autoencoder,
                payload,
            })
        }
    }
}
