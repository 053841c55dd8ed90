//! Which stretches of an input are examined, and the layout of each.

use crate::error::Result;
use crate::layout::{Layout, SpecifiedLayout};
use crate::search::cost::{Cost, Window};
use crate::search::plan::{FRAME_TARGET, FramePlan, LOOKAHEAD, Planner};
use std::io::{Read, Seek, SeekFrom};

/// An input of at most this many bytes is planned from front to back, as it would be compressed.
const WHOLE: u64 = 32 << 20;
/// Of a longer one, this much is.
const LEAD: u64 = 16 << 20;
/// The rest is sampled at so many positions.
const SAMPLES: u64 = 4;
/// Bytes that show whether a layout goes on.
const TAUGHT: usize = 40 << 10;
/// What the layout that went before may cost more, and yet go on: it may know rows and planes that a sample does not show.
const GOES_ON: f64 = 1.05;

/// A frame: what compressing would take at once.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub at: u64,
    pub len: usize,
    /// Its phase is that of the frame's first byte.
    pub layout: Layout,
    /// A table stored column after column; the layout is that of its rows.
    pub transposed: bool,
    /// How the layout was found, in words.
    pub found: String,
}

/// Frames in a row with one layout.
#[derive(Clone, Debug)]
pub(super) struct LayoutStretch {
    pub at: u64,
    pub len: u64,
    /// The frames that were seen; where the stretch is long there are more.
    pub frames: Vec<Frame>,
}

/// An input's stretches, in order, without gaps.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub len: u64,
    pub stretches: Vec<LayoutStretch>,
}

/// Fills `buffer` from `at` on, as far as there are bytes.
pub(super) fn read_at(
    input: &mut (impl Read + Seek),
    at: u64,
    len: usize,
    buffer: &mut Vec<u8>,
) -> Result<()> {
    buffer.clear();
    input.seek(SeekFrom::Start(at))?;
    input.take(len as u64).read_to_end(buffer)?;
    Ok(())
}

/// Divides an input.
pub(super) fn plan(input: &mut (impl Read + Seek)) -> Result<Plan> {
    let len = input.seek(SeekFrom::End(0))?;
    let lead = if len <= WHOLE { len } else { LEAD };
    let mut stretches: Vec<LayoutStretch> = Vec::new();
    let mut planner = Planner::new(
        SpecifiedLayout::Nothing,
        crate::level::Effort::Default.settings().search,
    );
    let mut buffer = Vec::new();
    let mut at = 0;
    while at < lead {
        read_at(input, at, LOOKAHEAD, &mut buffer)?;
        if buffer.is_empty() {
            break;
        }
        let end = at + buffer.len() as u64 >= len;
        let plan = planner.next(&buffer, end);
        let frame = frame(at, &plan);
        at += frame.len as u64;
        add(&mut stretches, frame);
    }
    for number in 1..=SAMPLES {
        // The last one ends the input.
        let from = at + (len - at).saturating_sub(FRAME_TARGET as u64) / SAMPLES * number;
        if at >= len || from < end_of(&stretches) {
            continue;
        }
        read_at(input, from, FRAME_TARGET, &mut buffer)?;
        if buffer.is_empty() {
            break;
        }
        let frame = sampled(&mut stretches, from, &buffer);
        add(&mut stretches, frame);
    }
    // What lies behind the last position belongs to it.
    if let Some(last) = stretches.last_mut() {
        last.len = len - last.at;
    }
    Ok(Plan { len, stretches })
}

fn frame(at: u64, plan: &FramePlan) -> Frame {
    let mut layout = plan.layout;
    layout.swap &= layout.width > 1;
    Frame {
        at,
        len: plan.len,
        layout,
        transposed: plan.transposed,
        found: plan.found.to_string(),
    }
}

fn end_of(stretches: &[LayoutStretch]) -> u64 {
    stretches.last().map_or(0, |last| last.at + last.len)
}

/// A frame amidst the input: of the layout before it, or of one of its own. What lies between goes to the former.
fn sampled(stretches: &mut [LayoutStretch], from: u64, bytes: &[u8]) -> Frame {
    let plan = Planner::new(
        SpecifiedLayout::Nothing,
        crate::level::Effort::Default.settings().search,
    )
    .next(bytes, false);
    let mut new = frame(from, &plan);
    if let Some(last) = stretches.last_mut() {
        last.len = from - last.at;
        if let Some(old) = last.frames.last() {
            let layout = old.layout.advanced(from - old.at);
            let mut cost = Cost::new(false);
            let mut bits = |layout: &Layout| cost.bits(bytes, &taught(bytes), layout);
            if bits(&layout) <= GOES_ON * bits(&new.layout) {
                new.layout = layout;
                new.len = bytes.len();
            }
        }
    }
    new
}

fn taught(bytes: &[u8]) -> [Window; 2] {
    let len = (TAUGHT / 2).min(bytes.len() / 2);
    [0, bytes.len() - len].map(|start| Window { start, len })
}

/// Appends a frame, to the last stretch if its layout goes on there.
fn add(stretches: &mut Vec<LayoutStretch>, frame: Frame) {
    if let Some(last) = stretches.last_mut()
        && let Some(before) = last.frames.last()
        && before.layout.advanced(frame.at - before.at) == frame.layout
        && last.at + last.len == frame.at
    {
        last.len += frame.len as u64;
        last.frames.push(frame);
        return;
    }
    stretches.push(LayoutStretch {
        at: frame.at,
        len: frame.len as u64,
        frames: vec![frame],
    });
}
