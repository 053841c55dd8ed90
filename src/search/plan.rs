//! Where frames begin and end, and the layout of each.
//!
//! The plan depends on the bytes alone, never on threads: the same input gives the same frames. A layout that was found
//! is kept from frame to frame with its phase advanced, and searched for again only where it no longer fits. A frame
//! ends early where another region begins ([`super::regions`]). A full frame of 4 MiB takes 90 to 270 ms (on a shared
//! core).

use super::detect::{self, Fit};
use super::{regions, transposed};
use crate::container::{CONTAINERS, Container};
use crate::layout::{Finding, Layout, SpecifiedLayout};
use crate::level::SearchBudget;

pub use crate::level::FRAME_TARGET;
use std::collections::VecDeque;

/// What [`Planner::next`] should be shown unless the input ends before: enough to cut the last bytes evenly.
pub const LOOKAHEAD: usize = 3 * FRAME_TARGET;

/// Elements of a record that may still be a column's.
const FEW: u32 = 2;
/// What is examined first where most of a frame differs from its front.
const FRONT: usize = 96 << 10;

/// The next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePlan {
    /// How many bytes it takes, from the front of the buffer.
    pub len: usize,
    /// Their layout; its phase is that of the first of them.
    pub layout: Layout,
    /// They are a table stored column after column; the layout is that of its rows.
    pub transposed: bool,
    /// How it was found.
    pub found: Finding,
}

/// What is known about the bytes to come, behind those that a header spoke of.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing yet: a header may come.
    Start,
    /// The user specified it.
    Specified(Layout),
    /// The user specified how long a record is.
    Record(u32),
    /// A file of this format goes on, after so many bytes of what a header spoke of.
    Within(&'static dyn Container, u64),
    /// Columns of a table, of so many bytes each; the layout is that of their elements.
    Columns(Layout, u32),
    /// Bytes that have to be examined, and how the last frame was found.
    Found(Option<Fit>),
}

/// Bytes that a header spoke of.
#[derive(Clone, Copy, Debug)]
struct Announced {
    layout: Layout,
    left: u64,
    found: Finding,
    rest: Rest,
}

/// Into how many frames the last bytes are cut, which are an even number of about one length: two threads are then done with
/// them together, and no tiny frame is left, which would hardly learn anything.
#[derive(Clone, Copy, Debug, Default)]
struct Rest(usize);

impl Rest {
    /// How long a frame should be, with `left` bytes left; `None` for many.
    fn share(&mut self, left: Option<usize>) -> usize {
        let Some(left) = left.filter(|&left| left <= LOOKAHEAD) else {
            self.0 = 0;
            return FRAME_TARGET;
        };
        let wanted = match left {
            ..=FRAME_TARGET => 1,
            _ => 2 * left.div_ceil(2 * FRAME_TARGET),
        };
        let planned = std::mem::take(&mut self.0);
        // A region that ended early, or records that did not fit, may have left less or more than was planned.
        let frames = match planned > 0 && planned <= wanted && left <= planned * FRAME_TARGET {
            true => planned,
            false => wanted,
        };
        self.0 = frames - 1;
        left.div_ceil(frames)
    }
}

/// Cuts an input into frames, from front to back.
#[derive(Clone, Debug)]
pub struct Planner {
    announced: VecDeque<Announced>,
    state: State,
    rest: Rest,
    budget: SearchBudget,
    /// What was planned already, by [`Planner::next_long`].
    ahead: Option<FramePlan>,
}

impl Planner {
    /// A planner for one input. What is given holds for all of it, a .npy header included; a layout's phase is that of the
    /// input's first byte, which also begins a record whose length alone is given.
    pub fn new(specified: SpecifiedLayout, budget: SearchBudget) -> Planner {
        let state = match specified {
            SpecifiedLayout::Nothing => State::Start,
            SpecifiedLayout::Record(record) => State::Record(record),
            SpecifiedLayout::Layout(layout) => State::Specified(layout),
        };
        Planner {
            announced: VecDeque::new(),
            state,
            rest: Rest::default(),
            budget,
            ahead: None,
        }
    }

    /// Frames of [`next`](Planner::next) that go on alike, as one of at most `most` bytes; not to be mixed with it. `buffer` should hold so many bytes more.
    pub fn next_long(&mut self, buffer: &[u8], at_end: bool, most: usize) -> FramePlan {
        let first = self.ahead.take();
        let mut plan = first.unwrap_or_else(|| self.next(buffer, at_end));
        while plan.len < most && plan.len < buffer.len() {
            let following = self.next(&buffer[plan.len..], at_end);
            let goes_on = match following.found {
                Finding::Kept => true,
                Finding::Specified | Finding::Npy | Finding::Fits => following.found == plan.found,
                _ => false,
            };
            let alike = goes_on
                && !plan.transposed
                && following.layout == plan.layout.advanced(plan.len as u64);
            if !alike || plan.len + following.len > most {
                self.ahead = Some(following);
                break;
            }
            plan.len += following.len;
        }
        plan
    }

    /// The next frame: at least 1 byte of a buffer that has any, at most [`FRAME_TARGET`], never more than the buffer.
    ///
    /// `buffer` holds what has been read and not yet framed: at least [`LOOKAHEAD`] bytes, or all that is left and
    /// `at_end`. What it holds beyond `LOOKAHEAD` makes no difference. Shown fewer bytes before the end, the planner
    /// still works, but can't cut the last bytes evenly.
    pub fn next(&mut self, buffer: &[u8], at_end: bool) -> FramePlan {
        if buffer.is_empty() {
            return FramePlan {
                len: 0,
                layout: Layout::BYTES,
                transposed: false,
                found: Finding::Plain,
            };
        }
        let seen = &buffer[..buffer.len().min(self.budget.bytes)];
        let all = at_end && seen.len() == buffer.len();
        let left = at_end.then_some(buffer.len());
        self.read_headers(seen);
        if let Some(announced) = self.announced.front_mut() {
            let plan = announced.next(seen.len(), left);
            if announced.left == 0 {
                self.announced.pop_front();
            }
            return plan;
        }
        if let State::Columns(element, column) = self.state {
            self.state = State::Found(None);
            if let Some(plan) = self.columns(seen, all, &element, Some(column)) {
                return plan;
            }
        }
        let (layout, region, found) = match self.state {
            State::Record(record) => {
                let layout = detect::elements_of(&seen[..seen.len().min(FRAME_TARGET)], record);
                (layout, None, Finding::Record)
            }
            State::Specified(layout) => (layout, None, Finding::Specified),
            State::Found(last) => {
                let examined = self.examine(seen, last);
                // A few elements that repeat are no record of a table yet.
                let element = Layout {
                    record: 0,
                    phase: examined.0.phase % u32::from(examined.0.width),
                    ..examined.0
                };
                if element.width > 1
                    && element.plane == 0
                    && examined.0.record <= FEW * u32::from(element.width)
                    && let Some(plan) = self.columns(seen, all, &element, None)
                {
                    return plan;
                }
                examined
            }
            State::Start | State::Within(..) | State::Columns(..) => self.examine(seen, None),
        };
        let len = region.unwrap_or_else(|| frame_len(&layout, left, &mut self.rest));
        let len = len.clamp(1, seen.len().min(FRAME_TARGET));
        match &mut self.state {
            State::Specified(next) => *next = layout.advanced(len as u64),
            State::Record(_) => self.state = State::Specified(layout.advanced(len as u64)),
            State::Found(Some(fit)) => *fit = fit.advanced(len as u64),
            _ => {}
        }
        FramePlan {
            len,
            layout,
            transposed: false,
            found,
        }
    }

    /// Notes what headers at the front of the buffer announce.
    fn read_headers(&mut self, buffer: &[u8]) {
        if !self.announced.is_empty() {
            return;
        }
        let announcement = match self.state {
            State::Start => { CONTAINERS.iter() }
                .find_map(|&container| Some((container, container.announce(buffer, 0)?))),
            State::Within(container, skip) => {
                { container.announce(buffer, skip) }.map(|announcement| (container, announcement))
            }
            _ => return,
        };
        self.state = State::Found(None);
        let Some((container, announcement)) = announcement else {
            return;
        };
        if let Some(skip) = announcement.next {
            self.state = State::Within(container, skip);
        }
        let stretches = { announcement.stretches.into_iter() }.filter(|stretch| stretch.len > 0);
        self.announced.extend(stretches.map(|stretch| Announced {
            layout: stretch.layout,
            left: stretch.len,
            found: stretch.found,
            rest: Rest::default(),
        }));
    }

    /// A frame of the columns of a table, if two of them fit in a frame: of the columns known, or of those that are seen.
    fn columns(
        &mut self,
        buffer: &[u8],
        all: bool,
        element: &Layout,
        known: Option<u32>,
    ) -> Option<FramePlan> {
        let (column, before) = match known {
            // The last columns may be too few to be seen as such, but they still have their length.
            Some(column) if all => (column, 0),
            _ => {
                let found = transposed::transposed(buffer, element)?;
                let before = (found.column - found.phase) % found.column;
                if known.is_some_and(|known| known != found.column || before > 0) {
                    return None;
                }
                (found.column, before)
            }
        };
        if before > 0 {
            // The rest of a column whose beginning is not there.
            let len = (before as usize).min(buffer.len());
            if len > FRAME_TARGET {
                return None;
            }
            self.state = State::Columns(
                Layout {
                    phase: 0,
                    ..*element
                },
                column,
            );
            return Some(FramePlan {
                len,
                layout: *element,
                transposed: false,
                found: Finding::Columns(column),
            });
        }
        let seen = buffer.len() / column as usize;
        let most = FRAME_TARGET / column as usize;
        let frames = seen.div_ceil(most.max(1)).max(1);
        let count = if all {
            seen.div_ceil(frames)
        } else {
            most.min(seen)
        };
        let record = u64::from(element.width) * count as u64;
        if count < 2 || element.phase != 0 || record > Layout::MAX_LAG.into() {
            return None;
        }
        self.state = State::Columns(*element, column);
        Some(FramePlan {
            len: count * column as usize,
            layout: Layout {
                record: record as u32,
                ..*element
            },
            transposed: true,
            found: Finding::Columns(column),
        })
    }

    /// The layout of the next frame from its bytes, given that of the frame before; notes it for the frame after. Also where
    /// its region ends, if it is seen to.
    fn examine(&mut self, buffer: &[u8], last: Option<Fit>) -> (Layout, Option<usize>, Finding) {
        let frame = &buffer[..buffer.len().min(FRAME_TARGET)];
        let previous = last.map(|last| last.layout);
        let thinned = self.budget.thinned;
        let mut fit = detect::again(frame, last, thinned);
        let mut end = regions::end(frame, &fit, thinned);
        if end == Some(0) {
            // What most of the frame has is not what it begins with.
            let front = &frame[..frame.len().min(FRONT)];
            fit = detect::again(front, None, thinned);
            end = regions::end(frame, &fit, thinned).filter(|&end| end > 0);
        }
        if let Some(end) = end.filter(|_| previous != Some(fit.layout)) {
            // What the frame as a whole has may be a mixture: the region alone shows it better.
            fit = detect::again(&frame[..end], None, thinned);
        }
        let finding = match previous {
            Some(previous) if previous == fit.layout => Finding::Kept,
            _ => fit.finding(),
        };
        // Another region is examined afresh.
        self.state = State::Found(end.is_none().then_some(fit));
        (fit.layout, end, finding)
    }
}

impl Announced {
    /// The next frame of these bytes, of which `seen` are seen, if all that is left of the input is `end`.
    fn next(&mut self, seen: usize, end: Option<usize>) -> FramePlan {
        let (layout, found) = (self.layout, self.found);
        let own = usize::try_from(self.left).unwrap_or(usize::MAX);
        let left = end.map_or(own, |end| own.min(end));
        let len = frame_len(&layout, Some(left), &mut self.rest).clamp(1, seen.min(FRAME_TARGET));
        self.layout = layout.advanced(len as u64);
        // A file that ends before announces no more.
        self.left = if end == Some(len) {
            0
        } else {
            self.left - len as u64
        };
        FramePlan {
            len,
            layout,
            transposed: false,
            found,
        }
    }
}

/// How long a frame of this layout is if so many bytes are left, `None` for many.
fn frame_len(layout: &Layout, left: Option<usize>, rest: &mut Rest) -> usize {
    let wanted = rest.share(left);
    if left == Some(wanted) {
        return wanted;
    }
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
