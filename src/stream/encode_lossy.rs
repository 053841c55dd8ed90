//! From content to a lossy .boa stream: numbers rounded within their bounds, everything else exact.

use super::autoencoders::ChosenAutoencoder;
use super::encode_frame::{EncodedFrame, FrameTask};
use super::models::Chosen;
use super::ordered::{Next, Ordered};
use super::{Progress, Summary};
use crate::error::{Error, Result};
use crate::format::{
    BoundRun, EntropyModel, Footer, FrameHeader, Head, Index, IndexEntry, ListedBound, MAX_FRAMES,
    Numbers, frame_hash, runs,
};
use crate::layout::{Finding, Layout};
use crate::level::Effort;
use crate::lossy::checksum::Checksums;
use crate::lossy::coded::CodedNumbers;
use crate::lossy::numbers;
use crate::lossy::pieces::pieces;
use crate::lossy::plan::{FrameContent, LossyFrame, Plan};
use crate::lossy::source::Source;
use crate::lossy::statistics::{ColumnSummary, Statistics};
use crate::lossy::{Bound, BoundKind};
use crate::model::autoencoder::AutoencoderKind;
use crate::options::EncodeOptions;
use std::convert::Infallible;
use std::io::{self, Read, Seek, SeekFrom, Write};
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

/// Is shown a frame, its content, and what decoding gives.
pub type Observe<'o> = dyn FnMut(&LossyFrame, &[u8], &[u8]) + 'o;

/// What became of a frame.
struct Done {
    frame: EncodedFrame,
    original: Vec<u8>,
    reconstructed: Vec<u8>,
    /// It uses the autoencoder.
    is_learned: bool,
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
    mut output: impl Write,
    options: &EncodeOptions,
    progress: &dyn Progress,
    observe: &mut Observe<'_>,
) -> Result<Summary> {
    let frames = plan.frames(source);
    if frames.len() as u64 > MAX_FRAMES {
        let message = format!(
            "{} frames: a lossy file has at most {MAX_FRAMES}",
            frames.len()
        );
        return Err(Error::InvalidArgument(message));
    }
    let autoencoder = paying_autoencoder(&mut input, &frames, options)?;
    let wanted = (&frames[..], Checksums::new(source));
    let mut member = Member::begin(&mut output, listed(plan), progress)?;
    member.code(input, wanted, options, autoencoder, observe)?;
    let summary = member.finish()?;
    output.flush()?;
    Ok(summary)
}

/// Compresses `input` to the latents of an autoencoder with a bottleneck, that of the options, which need be for the columns of one of its
/// tables: what is decoded is the autoencoder's guess, and has no bound. All that is not such a table stays exact. NaNs come back as
/// the centres of their columns, infinities as finite numbers.
///
/// # Errors
/// As [`compress_lossy`]; `InvalidArgument` without such an autoencoder, or such a table.
pub fn compress_latents(
    input: impl Read + Seek,
    source: &Source,
    mut output: impl Write,
    options: &EncodeOptions,
    progress: &dyn Progress,
    observe: &mut Observe<'_>,
) -> Result<Summary> {
    let chosen = ChosenAutoencoder::with_latents(options)?;
    let (frames, bounds) = chosen.frames_of_latents(source)?;
    let wanted = (&frames[..], Checksums::new(source));
    let mut member = Member::begin(&mut output, bounds, progress)?;
    member.code(input, wanted, options, Some(chosen), observe)?;
    let summary = member.finish()?;
    output.flush()?;
    Ok(summary)
}

/// Codes some frames of an input, of about so many bytes or all, and writes nothing: what compressing it would come to, an autoencoder that
/// pays included.
///
/// # Errors
/// As [`compress_lossy`].
pub fn sample_lossy(
    mut input: impl Read + Seek,
    source: &Source,
    plan: &Plan,
    most: u64,
    options: &EncodeOptions,
    observe: &mut Observe<'_>,
) -> Result<Summary> {
    let mut frames = plan.frames(source);
    let every = source.len().div_ceil(most.max(1)).max(1) as usize;
    frames = frames.into_iter().step_by(every).collect();
    let mut sink = io::sink();
    let mut member = Member::begin(&mut sink, listed(plan), &())?;
    let autoencoder = paying_autoencoder(&mut input, &frames, options)?;
    let wanted = (&frames[..], Checksums::new(&Source::default()));
    member.code(input, wanted, options, autoencoder, observe)?;
    member.finish()
}

/// The bounds that a head lists.
fn listed(plan: &Plan) -> Vec<BoundRun> {
    runs(plan.bounds.iter().map(|bound| match bound {
        None => ListedBound::Exact,
        Some(Bound { kind, value }) => match kind {
            BoundKind::Absolute => ListedBound::Absolute(*value),
            BoundKind::Relative => ListedBound::Relative(*value),
            BoundKind::PointwiseRelative => ListedBound::PointwiseRelative(*value),
            BoundKind::Digits => ListedBound::Digits(*value as u8),
        },
    }))
}

/// Codes frames on all threads and hands them over in their order. Checksums among their bytes are computed anew.
fn code_frames(
    mut input: impl Read + Seek,
    frames: &[LossyFrame],
    mut checksums: Checksums,
    options: &EncodeOptions,
    autoencoder: Option<ChosenAutoencoder>,
    mut each: impl FnMut(&LossyFrame, &Done) -> Result<()>,
) -> Result<()> {
    let mut jobs: Ordered<Done, Infallible> = Ordered::new(&options.pool, options.threads, 0)?;
    let effort = options.level.effort();
    let (mut next, mut written) = (0, 0);
    loop {
        // Checksums are known once all before them has been coded.
        let waits = |next: usize, written: usize| {
            next > written && checksums.lie_in(frames[next].start, frames[next].len)
        };
        while next < frames.len() && jobs.has_room() && !waits(next, written) {
            let frame = frames[next].clone();
            let mut content = read(&mut input, frame.start, frame.len)?;
            if checksums.lie_in(frame.start, frame.len) {
                checksums.clone().pass(&mut content);
            }
            let autoencoder = autoencoder.clone();
            jobs.push(move || {
                let kind = autoencoder.as_ref().map(ChosenAutoencoder::kind);
                Ok(encode(&frame, effort, kind, content))
            });
            next += 1;
        }
        let may_push = next < frames.len() && !waits(next, written);
        match jobs.next(may_push)? {
            Next::Done(mut done) => {
                checksums.pass(&mut done.reconstructed);
                each(&frames[written], &done)?;
                written += 1;
            }
            Next::Room => {}
            Next::Nothing if next == frames.len() => return Ok(()),
            Next::Nothing => {}
            Next::Aside(never) => match never {},
        }
    }
}

/// The user's autoencoder, if the first frame of numbers makes it likely that it pays.
fn paying_autoencoder(
    input: &mut (impl Read + Seek),
    frames: &[LossyFrame],
    options: &EncodeOptions,
) -> Result<Option<ChosenAutoencoder>> {
    let Some(chosen) = ChosenAutoencoder::predicting(options)? else {
        return Ok(None);
    };
    let is_table = |frame: &&LossyFrame| matches!(frame.content, FrameContent::Table { .. });
    let all: u64 = { frames.iter() }
        .filter(is_table)
        .map(|frame| frame.len)
        .sum();
    let Some(first) = frames.iter().find(is_table) else {
        return Ok(None);
    };
    let content = read(input, first.start, first.len)?;
    Ok(Some(chosen).filter(|chosen| chosen.pays(first, &content, all)))
}

/// A lossy member being written.
struct Member<'o, W> {
    output: &'o mut W,
    progress: &'o dyn Progress,
    /// That which frames may use, until its section is written.
    autoencoder: Option<ChosenAutoencoder>,
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
            autoencoder: None,
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

    /// Codes frames of an input, whose checksums are computed anew, and writes them.
    fn code(
        &mut self,
        input: impl Read + Seek,
        (frames, checksums): (&[LossyFrame], Checksums),
        options: &EncodeOptions,
        autoencoder: Option<ChosenAutoencoder>,
        observe: &mut Observe<'_>,
    ) -> Result<()> {
        self.autoencoder = autoencoder.clone();
        code_frames(
            input,
            frames,
            checksums,
            options,
            autoencoder,
            |frame, done| {
                observe(frame, &done.original, &done.reconstructed);
                self.write(done)
            },
        )
    }

    fn write(&mut self, done: &Done) -> Result<()> {
        if done.is_learned
            && let Some(autoencoder) = self.autoencoder.take()
        {
            let section = autoencoder.section().to_bytes();
            self.output.write_all(&section)?;
            let len = section.len() as u64;
            self.index.model = Some((self.summary.compressed, len));
            self.summary.compressed += len;
            self.progress.advance(0, len);
        }
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
        self.summary.numbers += done.frame.payload.len() as u64;
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
fn encode(
    frame: &LossyFrame,
    effort: Effort,
    autoencoder: Option<&AutoencoderKind>,
    content: Vec<u8>,
) -> Done {
    if let Some(coded) = numbers::encode(&frame.content, &content, autoencoder)
        && let Some(frame) = numbers_frame(effort, content.len(), &coded)
    {
        return Done {
            frame,
            original: content,
            reconstructed: coded.reconstructed,
            is_learned: coded.is_learned,
        };
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
        is_learned: false,
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
        structure: None,
        may_divide: false,
    }
}

/// A frame of numbers, if it is smaller than its content.
fn numbers_frame(effort: Effort, len: usize, coded: &CodedNumbers) -> Option<EncodedFrame> {
    let inner = match coded.exact.is_empty() {
        true => Vec::new(),
        false => {
            let task = exact_task(effort, records(coded.exact_record));
            let frame = task.encode(coded.exact.clone());
            [frame.header.to_bytes(), frame.payload].concat()
        }
    };
    if 4 * coded.words.len() + inner.len() >= len {
        return None;
    }
    let model = EntropyModel::Numbers(Numbers {
        inner_len: inner.len() as u32,
    });
    let header = FrameHeader {
        streams: vec![coded.words.len() as u32],
        ..FrameHeader::plain(model, len as u32, frame_hash(&coded.reconstructed))
    };
    let words = coded.words.iter().flat_map(|word| word.to_le_bytes());
    Some(EncodedFrame {
        header,
        payload: words.chain(inner).collect(),
        structure: Duration::ZERO,
    })
}
