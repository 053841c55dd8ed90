//! From content to a lossy .boa stream: numbers rounded within their bounds, everything else exact.

use super::encode_frame::{EncodedFrame, FrameTask};
use super::models::Chosen;
use super::ordered::{Next, Ordered};
use super::{Progress, Summary};
use crate::error::{Error, Result};
use crate::format::{
    BoundRun, EntropyModel, Footer, FrameHeader, Head, Index, IndexEntry, MAX_FRAMES, Numbers,
    frame_hash,
};
use crate::layout::{Finding, Layout};
use crate::level::Effort;
use crate::lossy::coded::CodedNumbers;
use crate::lossy::numbers;
use crate::lossy::pieces::pieces;
use crate::lossy::plan::{FrameContent, LossyFrame, Plan};
use crate::lossy::source::Source;
use crate::lossy::statistics::{ColumnSummary, Statistics};
use crate::options::EncodeOptions;
use std::convert::Infallible;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::Duration;

/// Bytes that are read at a time to measure columns.
const PIECE: u64 = 1 << 20;

/// What the columns of an input are like: one pass over it.
///
/// # Errors
/// `Io` if reading fails.
pub fn measure(
    mut input: impl Read + Seek,
    source: &Source,
    fill: &[f64],
) -> Result<Vec<ColumnSummary>> {
    let mut statistics = Statistics::new(source, fill);
    for piece in pieces(source, PIECE) {
        let bytes = read(&mut input, piece.start, piece.len)?;
        statistics.add(&piece, &bytes);
    }
    Ok(statistics.finish())
}

fn read(input: &mut (impl Read + Seek), start: u64, len: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.seek(SeekFrom::Start(start))?;
    let found = input.take(len).read_to_end(&mut bytes)? as u64;
    if found < len {
        return Err(Error::InputChanged {
            before: start + len,
            after: start + found,
        });
    }
    Ok(bytes)
}

/// What became of a frame.
struct Done {
    frame: EncodedFrame,
    original: Vec<u8>,
    reconstructed: Vec<u8>,
}

/// Compresses `input`, whose numbers are where `source` says, to `output`, which it flushes. The bytes written depend on the input and on
/// the options, but not on the number of threads. `observe` is shown each frame, its content and what decoding will give.
///
/// # Errors
/// `Io` if reading or writing fails, `InputChanged` if the input is shorter than `source`, `InvalidArgument` if it has too many frames.
pub fn compress_lossy(
    mut input: impl Read + Seek,
    source: &Source,
    plan: &Plan,
    bounds: Vec<BoundRun>,
    mut output: impl Write,
    options: &EncodeOptions,
    progress: &dyn Progress,
    observe: &mut dyn FnMut(&LossyFrame, &[u8], &[u8]),
) -> Result<Summary> {
    let frames = plan.frames(source);
    if frames.len() as u64 > MAX_FRAMES {
        let message = format!(
            "{} frames: a lossy file has at most {MAX_FRAMES}",
            frames.len()
        );
        return Err(Error::InvalidArgument(message));
    }
    let mut member = Member::begin(&mut output, bounds, progress)?;
    let mut jobs: Ordered<Done, Infallible> = Ordered::new(&options.pool, options.threads, 0)?;
    let effort = options.level.effort();
    let (mut next, mut written) = (0, 0);
    loop {
        while next < frames.len() && jobs.has_room() {
            let frame = frames[next].clone();
            let content = read(&mut input, frame.start, frame.len)?;
            jobs.push(move || Ok(encode(&frame, effort, content)));
            next += 1;
        }
        match jobs.next(next < frames.len())? {
            Next::Done(done) => {
                observe(&frames[written], &done.original, &done.reconstructed);
                member.write(&done)?;
                written += 1;
            }
            Next::Room => {}
            Next::Nothing => break,
            Next::Aside(never) => match never {},
        }
    }
    let summary = member.finish()?;
    output.flush()?;
    Ok(summary)
}

/// A lossy member being written.
struct Member<'o, W> {
    output: &'o mut W,
    progress: &'o dyn Progress,
    index: Index,
    hasher: blake3::Hasher,
    summary: Summary,
}

impl<'o, W: Write> Member<'o, W> {
    fn begin(
        output: &'o mut W,
        bounds: Vec<BoundRun>,
        progress: &'o dyn Progress,
    ) -> Result<Member<'o, W>> {
        let head = Head {
            bounds: Some(bounds),
        };
        let head = head.to_bytes();
        output.write_all(&head)?;
        Ok(Member {
            output,
            progress,
            index: Index {
                head_len: head.len() as u64,
                ..Index::default()
            },
            hasher: blake3::Hasher::new(),
            summary: Summary {
                compressed: head.len() as u64,
                members: 1,
                ..Summary::default()
            },
        })
    }

    fn write(&mut self, done: &Done) -> Result<()> {
        let header = &done.frame.header;
        let bytes = header.to_bytes();
        self.output.write_all(&bytes)?;
        self.output.write_all(&done.frame.payload)?;
        let frame_len = (bytes.len() + done.frame.payload.len()) as u64;
        self.index.entries.push(IndexEntry {
            frame_len: frame_len as u32,
            content_len: header.content_len,
        });
        self.hasher.update(&done.reconstructed);
        self.progress
            .frame(self.summary.content, header, frame_len, &Finding::Specified);
        let content_len = u64::from(header.content_len);
        self.progress.advance(content_len, frame_len);
        self.summary.content += content_len;
        self.summary.compressed += frame_len;
        self.summary.frames += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Summary> {
        let footer = Footer {
            content_len: self.summary.content,
            hash: self.hasher.finalize().into(),
        };
        let tail = self.index.to_bytes(&footer);
        self.output.write_all(&tail)?;
        self.summary.compressed += tail.len() as u64;
        self.progress.advance(0, self.summary.compressed);
        Ok(self.summary)
    }
}

/// Codes a frame's content.
fn encode(frame: &LossyFrame, effort: Effort, content: Vec<u8>) -> Done {
    if let Some(coded) = numbers::encode(&frame.content, &content) {
        let reconstructed = coded.reconstructed.clone();
        if let Some(frame) = numbers_frame(effort, &content, coded) {
            return Done {
                frame,
                original: content,
                reconstructed,
            };
        }
    }
    let layout = match &frame.content {
        FrameContent::Table { shape, .. } if !shape.column_major => records(shape.record),
        FrameContent::Array { shape, .. } => records(shape.column.width.into()),
        FrameContent::Table { .. } | FrameContent::Exact => Layout::BYTES,
    };
    Done {
        frame: exact_task(effort, layout).encode(content.clone()),
        reconstructed: content.clone(),
        original: content,
    }
}

/// The layout of records of so many bytes that all stay exact.
fn records(record: usize) -> Layout {
    let record = u32::try_from(record).unwrap_or(0);
    Layout {
        record: if record > 1 && record <= Layout::MAX_LAG {
            record
        } else {
            0
        },
        ..Layout::BYTES
    }
}

fn exact_task(effort: Effort, layout: Layout) -> FrameTask {
    FrameTask {
        chosen: Chosen::nothing(),
        effort,
        layout,
        transposed: false,
        may_divide: false,
    }
}

/// A frame of numbers, if it is smaller than its content.
fn numbers_frame(effort: Effort, content: &[u8], coded: CodedNumbers) -> Option<EncodedFrame> {
    let inner = match coded.exact.is_empty() {
        true => Vec::new(),
        false => {
            let task = exact_task(effort, records(coded.exact_record));
            let frame = task.encode(coded.exact);
            [frame.header.to_bytes(), frame.payload].concat()
        }
    };
    let len = content.len() as u32;
    if 4 * coded.words.len() + inner.len() >= content.len() {
        return None;
    }
    let model = EntropyModel::Numbers(Numbers {
        inner_len: inner.len() as u32,
    });
    let header = FrameHeader {
        streams: vec![coded.words.len() as u32],
        ..FrameHeader::plain(model, len, frame_hash(&coded.reconstructed))
    };
    let words = coded.words.iter().flat_map(|word| word.to_le_bytes());
    Some(EncodedFrame {
        header,
        payload: words.chain(inner).collect(),
        structure: Duration::ZERO,
    })
}
