//! Where frames begin and end, and the layout of each.
//!
//! The plan depends on the bytes alone, never on threads: the same input gives the same frames. A layout that was found is
//! kept from frame to frame with its phase carried on, and looked for again only where it no longer fits. A frame ends early
//! where another region begins ([`super::regions`]). A full frame of 4 MiB takes 330 to 460 ms (on a shared core).

use super::Layout;
use super::detect::{self, Fit};
use super::{npy, regions};
use std::fmt;

/// The bytes of a full frame, and the most of any.
pub const FRAME_TARGET: usize = 4 << 20;

/// What [`Planner::next`] should be shown unless the input ends before: a frame, and enough to see whether the rest would
/// make a tiny one.
pub const LOOKAHEAD: usize = FRAME_TARGET + FRAME_TARGET / 8;

/// What is looked at first where most of a frame differs from its front.
const FRONT: usize = 96 << 10;

/// How the layout of a frame was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The user gave it.
    Given,
    /// The user gave the record; its elements were detected.
    Record,
    /// These bytes are a .npy header.
    Header,
    /// A .npy header named it.
    Npy,
    /// It still fits and was kept from the frame before.
    Kept,
    /// No structure pays.
    Plain,
    /// It was detected, and saves so many percent of what plain bytes are estimated to cost.
    Detected {
        /// Percent saved; 0 where only the form of the numbers told it.
        saves: u8,
        /// What was detected.
        layout: Layout,
    },
}

impl Finding {
    fn of(fit: &Fit) -> Finding {
        if fit.layout == Layout::BYTES {
            return Finding::Plain;
        }
        Finding::Detected {
            saves: fit.saves(),
            layout: fit.layout,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Given => f.write_str("given"),
            Finding::Record => f.write_str("record given, elements detected"),
            Finding::Header => f.write_str("a .npy header"),
            Finding::Npy => f.write_str("named by the .npy header"),
            Finding::Kept => f.write_str("kept from the frame before"),
            Finding::Plain => f.write_str("plain bytes: no structure pays"),
            Finding::Detected { saves, layout } => {
                f.write_str("detected: ")?;
                match (layout.plane, layout.record) {
                    (0, 0) => write!(f, "elements of {} bytes", layout.width)?,
                    (0, record) => write!(f, "records or rows of {record} bytes")?,
                    (plane, record) => {
                        write!(f, "rows of {record} bytes in planes of {plane}")?;
                    }
                }
                write!(f, " save {saves} % over plain bytes")
            }
        }
    }
}

/// The next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePlan {
    /// How many bytes it takes, from the front of the buffer.
    pub len: usize,
    /// Their layout; its phase is that of the first of them.
    pub layout: Layout,
    /// How it was found.
    pub found: Finding,
}

/// What is known about the bytes to come.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing yet: a .npy header may come.
    Start,
    /// The user said it.
    Told(Layout),
    /// The user said how long a record is.
    Record(u32),
    /// The header of an array has been read, and so many of its bytes are left.
    Array { layout: Layout, left: u64 },
    /// Bytes that have to be looked at, and how the last frame was found.
    Found(Option<Fit>),
}

/// What the user says about an input's layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Nothing: it is detected.
    #[default]
    Nothing,
    /// The bytes of a record; elements are detected.
    Record(u32),
    /// Everything; it must be [valid](Layout::validate).
    Layout(Layout),
}

/// Cuts an input into frames, from front to back.
#[derive(Clone, Debug)]
pub struct Planner {
    state: State,
}

impl Planner {
    /// A planner for one input. What is given holds for all of it, a .npy header included; a layout's phase is that of the
    /// input's first byte, which also begins a record whose length alone is given.
    pub fn new(given: Given) -> Planner {
        let state = match given {
            Given::Nothing => State::Start,
            Given::Record(record) => State::Record(record),
            Given::Layout(layout) => State::Told(layout),
        };
        Planner { state }
    }

    /// The next frame: at least 1 byte of a buffer that has any, at most [`FRAME_TARGET`], never more than the buffer.
    ///
    /// `buffer` holds what has been read and not yet framed: at least [`LOOKAHEAD`] bytes, or all that is left and
    /// `at_end`. What it holds beyond `LOOKAHEAD` makes no difference. Shown fewer bytes before the end, the planner
    /// still works, but can't balance the last two frames.
    pub fn next(&mut self, buffer: &[u8], at_end: bool) -> FramePlan {
        if buffer.is_empty() {
            return FramePlan {
                len: 0,
                layout: Layout::BYTES,
                found: Finding::Plain,
            };
        }
        let (mut layout, region, found) = match self.state {
            State::Start => {
                if let Some(npy) = npy::parse(buffer) {
                    self.state = State::Array {
                        layout: npy.layout,
                        left: npy.content,
                    };
                    return FramePlan {
                        len: npy.header.min(buffer.len()),
                        layout: Layout::BYTES,
                        found: Finding::Header,
                    };
                }
                self.look(buffer, None)
            }
            State::Record(record) => {
                let layout = detect::elements_of(&buffer[..buffer.len().min(FRAME_TARGET)], record);
                self.state = State::Told(layout);
                (layout, None, Finding::Record)
            }
            State::Told(layout) => (layout, None, Finding::Given),
            State::Array { layout, left: 1.. } => (layout, None, Finding::Npy),
            State::Array { left: 0, .. } => self.look(buffer, None),
            State::Found(last) => self.look(buffer, last),
        };
        let seen = buffer.len().min(LOOKAHEAD);
        // How many bytes this layout holds for, as far as is known, and whether they are all.
        let (bytes, all) = match self.state {
            State::Array { left, .. } if left <= seen as u64 => (left as usize, true),
            State::Array { left, .. } if !at_end => {
                (usize::try_from(left).unwrap_or(usize::MAX), true)
            }
            _ => (seen, at_end && seen == buffer.len()),
        };
        let len = region.unwrap_or_else(|| frame_len(&layout, bytes, all));
        let len = len.clamp(1, buffer.len().min(FRAME_TARGET));
        let plan = FramePlan { len, layout, found };
        layout = layout.advanced(len as u64);
        match &mut self.state {
            State::Told(next) => *next = layout,
            State::Array { layout: next, left } => {
                *next = layout;
                *left -= len as u64;
            }
            State::Found(Some(fit)) => *fit = fit.advanced(len as u64),
            State::Start | State::Record(_) | State::Found(None) => {}
        }
        plan
    }

    /// The layout of the next frame from its bytes, given that of the frame before; notes it for the frame after. Also where
    /// its region ends, if it is seen to.
    fn look(&mut self, buffer: &[u8], last: Option<Fit>) -> (Layout, Option<usize>, Finding) {
        let frame = &buffer[..buffer.len().min(FRAME_TARGET)];
        let carried = last.map(|last| last.layout);
        let mut fit = detect::again(frame, last);
        let mut end = regions::end(frame, &fit.table);
        if end == Some(0) {
            // What most of the frame has is not what it begins with.
            let front = &frame[..frame.len().min(FRONT)];
            fit = detect::again(front, None);
            end = regions::end(frame, &fit.table).filter(|&end| end > 0);
        }
        if let Some(end) = end.filter(|_| carried != Some(fit.layout)) {
            // What the frame as a whole has may be a mixture: the region alone says better.
            fit = detect::again(&frame[..end], None);
        }
        let finding = match carried {
            Some(carried) if carried == fit.layout => Finding::Kept,
            _ => Finding::of(&fit),
        };
        // Another region is looked at afresh.
        self.state = State::Found(end.is_none().then_some(fit));
        (fit.layout, end, finding)
    }
}

/// How long a frame of this layout is if `bytes` are known to have it, and `all` if none follow.
fn frame_len(layout: &Layout, bytes: usize, all: bool) -> usize {
    if all && bytes <= FRAME_TARGET {
        return bytes;
    }
    // Rather two halves than a frame with a tiny one behind it, which would hardly learn anything.
    let wanted = if all && bytes < LOOKAHEAD {
        bytes.div_ceil(2)
    } else {
        bytes.min(FRAME_TARGET)
    };
    whole(layout, layout.record as usize, wanted)
        .or_else(|| whole(layout, usize::from(layout.width), wanted))
        .unwrap_or(wanted)
}

/// `wanted` less what is left over of a unit at its end, or `None` if that would lose more than an eighth.
fn whole(layout: &Layout, unit: usize, wanted: usize) -> Option<usize> {
    if unit == 0 {
        return None;
    }
    let over = (layout.phase as usize % unit + wanted) % unit;
    (over <= wanted / 8 && over < wanted).then(|| wanted - over)
}
