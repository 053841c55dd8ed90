//! From content to a .boa stream.

use super::coding::Coding;
use super::divide::divide;
use super::input::Input;
use super::lanes::lane_count;
use super::ordered::{Next, Ordered};
use super::{Progress, Summary};
use crate::error::{Error, Result};
use crate::format::{
    Footer, FrameHash, FrameHeader, Head, Index, IndexEntry, MAX_FRAME, MAX_FRAMES, Method,
    ModelSection, frame_hash,
};
use crate::layout::{Contexts, Given, Layout, Places};
use crate::level::Effort;
use crate::model::Model;
use crate::options::EncodeOptions;
use crate::search::plan::{FRAME_TARGET, FramePlan, LOOKAHEAD, Planner};
use crate::structure::Structure;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Compresses `input` to `output`, which it flushes. The bytes written depend on the input and on the options, but
/// not on the number of threads.
///
/// # Errors
/// `Io` if reading or writing fails, `InputChanged` if a mapped file's length does not stay the same, `InvalidArgument`
/// if the layout given contradicts itself.
pub fn compress(
    mut input: Input,
    mut output: impl Write,
    options: &EncodeOptions,
    progress: &dyn Progress,
) -> Result<Summary> {
    if let Given::Layout(layout) = options.layout {
        layout.validate()?;
    }
    let effort = options.level.effort();
    let (model, section) = choose_model(options)?;
    let mut jobs = Ordered::new(options.threads, 0)?;
    let threads = jobs.threads();
    let size = LOOKAHEAD + longest_frame(effort) - FRAME_TARGET;
    // A long input keeps all threads busy with its frames.
    let short = {
        let (window, is_last) = input.window(size)?;
        is_last && window.len() <= 2 * FRAME_TARGET
    };
    let longest = match short {
        true => 2 * FRAME_TARGET,
        false => longest_frame(effort),
    };
    let mut planner = Planner::new(options.layout);
    let mut summary = Summary::default();
    loop {
        let is_empty = input.window(size)?.0.is_empty();
        let model_section = if is_empty {
            ModelSection::None
        } else {
            section.clone()
        };
        let head = Head {
            model: model_section,
        }
        .to_bytes();
        output.write_all(&head)?;
        let mut index = Index {
            head_len: head.len() as u64,
            entries: Vec::new(),
        };
        let mut hasher = blake3::Hasher::new();
        let (mut content_len, mut written) = (0, summary.content);
        let mut given = 0;
        let mut at_end = is_empty;
        let mut planned: Option<FramePlan> = None;
        loop {
            // The next frame is planned while others are coded, but its content waits where it is.
            while !at_end && given < MAX_FRAMES && (jobs.has_room() || threads > 1) {
                let (window, is_last) = input.window(size)?;
                let plan = match planned.take() {
                    Some(plan) => plan,
                    None => {
                        let start = Instant::now();
                        let plan = match longest > FRAME_TARGET {
                            true => planner.next_long(window, is_last, longest),
                            false => planner.next(window, is_last),
                        };
                        summary.structure += start.elapsed();
                        plan
                    }
                };
                if !jobs.has_room() {
                    planned = Some(plan);
                    break;
                }
                let FramePlan {
                    len,
                    mut layout,
                    transposed,
                    found,
                } = plan;
                // What a decoder refuses must not be written, whoever thought of it.
                layout.swap &= layout.width > 1;
                layout.validate()?;
                let content = window.get(..len).unwrap_or(window).to_vec();
                at_end = is_last && content.len() == window.len();
                input.consume(content.len());
                hasher.update(&content);
                content_len += content.len() as u64;
                given += 1;
                let (model, given) = (model.clone(), options.model.is_some());
                jobs.push(move || {
                    let model = model.as_deref();
                    let frame =
                        encode_frame(model, given, effort, layout, transposed, short, content);
                    Ok((found, frame))
                });
            }
            let (found, frame) = match jobs.next(!at_end && given < MAX_FRAMES)? {
                Next::Done(done) => done,
                Next::Room => continue,
                Next::Nothing => break,
            };
            summary.structure += frame.structure;
            let header = frame.header.to_bytes();
            output.write_all(&header)?;
            output.write_all(&frame.payload)?;
            let frame_len = (header.len() + frame.payload.len()) as u32;
            index.entries.push(IndexEntry {
                frame_len,
                content_len: frame.header.content_len,
            });
            progress.frame(written, &frame.header, frame_len.into(), &found);
            written += u64::from(frame.header.content_len);
            summary.compressed += u64::from(frame_len);
            progress.advance(u64::from(frame.header.content_len), u64::from(frame_len));
        }
        let footer = Footer {
            content_len,
            hash: hasher.finalize().into(),
        };
        let tail = index.to_bytes(&footer);
        output.write_all(&tail)?;
        progress.advance(0, (head.len() + tail.len()) as u64);
        summary.content += content_len;
        summary.compressed += (head.len() + tail.len()) as u64;
        summary.frames += given;
        summary.members += 1;
        if at_end {
            break;
        }
    }
    output.flush()?;
    Ok(summary)
}

/// The most bytes of a frame. From frames twice as long, long tables come out up to 2 % smaller, but fewer threads share the work, and
/// each holds more.
const fn longest_frame(effort: Effort) -> usize {
    match effort {
        Effort::Fast | Effort::Default => FRAME_TARGET,
        Effort::Best => 2 * FRAME_TARGET,
    }
}

const _: () = assert!(longest_frame(Effort::Best) <= MAX_FRAME);

/// The model to code with and how the file names it: by number if it is built in, whoever gave it. With least effort there is none
/// but one that is given.
fn choose_model(options: &EncodeOptions) -> Result<(Option<Arc<Model>>, ModelSection)> {
    let Some(given) = &options.model else {
        let number = match options.level.effort() {
            Effort::Fast => return Ok((None, ModelSection::None)),
            Effort::Default => 2,
            Effort::Best => 1,
        };
        let model = Model::built_in(number)
            .ok_or_else(|| Error::InvalidArgument("this boa has no built-in model".into()))?;
        return Ok((Some(Arc::clone(model)), ModelSection::BuiltIn(number)));
    };
    let id = given.id();
    for (number, model) in (1..).map_while(|n| Model::built_in(n).map(|model| (n, model))) {
        if model.id() == id {
            return Ok((Some(Arc::clone(given)), ModelSection::BuiltIn(number)));
        }
    }
    let section = match options.embed_model {
        true => ModelSection::Embedded(given.network_bytes().to_vec()),
        false => ModelSection::ById(id.0),
    };
    Ok((Some(Arc::clone(given)), section))
}

/// The least bytes of a stored frame's header.
const STORED_HEADER: usize = 26;

/// A frame ready to be written.
struct EncodedFrame {
    header: FrameHeader,
    payload: Vec<u8>,
    /// Time that its structure took.
    structure: Duration,
}

/// Whether the built-in network is worth its time. It takes a third of the default's, and what it says the counters know: all but 0.15 % of any
/// file. Only where the rows are so few that each column is hardly seen, it brings 2 %.
fn is_worth_hearing(effort: Effort, places: &Places, len: usize) -> bool {
    const FEW_ROWS: usize = 1024;
    let rows = len / places.layout().period().max(1) as usize;
    let few = places.contexts() == Contexts::Table && rows < FEW_ROWS;
    effort == Effort::Best || effort == Effort::Default && few
}

/// `given`: the model is the user's own.
fn encode_frame(
    model: Option<&Model>,
    given: bool,
    effort: Effort,
    layout: Layout,
    transposed: bool,
    may_divide: bool,
    content: Vec<u8>,
) -> EncodedFrame {
    let hash = frame_hash(&content);
    if let Some(byte) = constant(&content) {
        return EncodedFrame::new(Method::Constant(byte), hash, content.len(), Vec::new());
    }
    let start = Instant::now();
    let mut structure =
        Structure::choose_near(model.and_then(Model::carried), layout, transposed, &content);
    let coded = structure.forward(content);
    structure.look_around(&coded);
    let took = start.elapsed();
    let places = structure.places();
    let model = model.filter(|_| given || is_worth_hearing(effort, &places, coded.len()));
    let coding = Coding {
        model,
        effort,
        places: &places,
        lanes: lane_count(effort, places.contexts(), coded.len()),
        parts: match may_divide {
            true => divide(effort, places.layout().period(), &coded),
            false => None,
        },
    };
    let lanes = coding.encode(&coded);
    let words = lanes.iter().map(|lane| lane.len() as u32).collect();
    let payload: Vec<u8> = lanes
        .iter()
        .flatten()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    if payload.len() < coded.len() {
        let method = Method::Mamba {
            effort,
            network: model.is_some(),
            structure: structure.clone(),
            parts: coding.parts,
            words,
        };
        let frame = EncodedFrame::new(method, hash, coded.len(), payload);
        // A frame is never larger than its content and a header, rules and dictionaries counted.
        if frame.header.to_bytes().len() + frame.payload.len() < STORED_HEADER + coded.len() {
            return EncodedFrame {
                structure: took,
                ..frame
            };
        }
    }
    let content = structure.inverse(coded);
    EncodedFrame::new(Method::Stored, hash, content.len(), content)
}

impl EncodedFrame {
    fn new(method: Method, hash: FrameHash, content_len: usize, payload: Vec<u8>) -> EncodedFrame {
        EncodedFrame {
            header: FrameHeader {
                method,
                content_len: content_len as u32,
                hash,
            },
            payload,
            structure: Duration::ZERO,
        }
    }
}

/// The byte that all of `content` is, if there is one.
fn constant(content: &[u8]) -> Option<u8> {
    let (&first, rest) = content.split_first()?;
    rest.iter().all(|&byte| byte == first).then_some(first)
}
