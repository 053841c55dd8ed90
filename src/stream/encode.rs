//! From content to a .boa stream.

use super::backend::Backend;
use super::encode_frame::{EncodedFrame, FrameTask};
use super::input::Input;
use super::models::Chosen;
use super::ordered::{Next, Ordered};
use super::{Progress, Summary};
use crate::error::Result;
use crate::format::{Footer, Head, Index, IndexEntry, MAX_FRAME, MAX_FRAMES};
use crate::layout::{Finding, SpecifiedLayout};
use crate::level::{Effort, FRAME_TARGET};
use crate::options::EncodeOptions;
use crate::search::keep::KeptStructures;
use crate::search::plan::{FramePlan, LOOKAHEAD, Planner};
use crate::structure::Structure;
use std::io::Write;
use std::time::{Duration, Instant};

const _: () = {
    let mut k = 0;
    while k < Effort::ALL.len() {
        assert!(Effort::ALL[k].settings().longest_frame <= MAX_FRAME);
        k += 1;
    }
};

/// Compresses `input` to `output`, which it flushes. The bytes written depend on the input and on the options, but
/// not on the number of threads.
///
/// # Errors
/// `Io` if reading or writing fails, `InputChanged` if a file's length does not stay the same, `InvalidArgument`
/// if the layout given contradicts itself.
pub fn compress(
    input: Input,
    output: impl Write,
    options: &EncodeOptions,
    progress: &dyn Progress,
) -> Result<Summary> {
    if let SpecifiedLayout::Layout(layout) = options.layout {
        layout.validate()?;
    }
    let mut encoder = Encoder::new(input, output, options, progress)?;
    while !encoder.member()? {}
    encoder.output.flush()?;
    Ok(encoder.summary)
}

/// The work of [`compress`].
struct Encoder<'i, 'o, W> {
    input: Input<'i>,
    output: W,
    progress: &'o dyn Progress,
    effort: Effort,
    chosen: Chosen,
    jobs: Ordered<Vec<(Finding, EncodedFrame)>, Planned>,
    backend: Backend,
    planning: Planning,
    /// The only frame of the input is divided.
    short: bool,
    longest: usize,
    /// Bytes that the planner is shown.
    window: usize,
    summary: Summary,
}

/// What the planner is doing.
enum Planning {
    /// Nothing.
    Idle(Plans),
    /// A thread has it, and the window.
    Running,
    /// The next frame is planned, and its structure known where it is kept from frame to frame.
    Ready(Plans, FramePlan, Option<Structure>),
}

/// What plans frame after frame.
struct Plans {
    planner: Planner,
    /// The structures, where each is kept as long as it fits: without mixing, finding one takes longer than coding.
    kept: Option<KeptStructures>,
}

/// What a thread has planned.
struct Planned {
    plans: Plans,
    /// What the planner was shown.
    window: Vec<u8>,
    plan: FramePlan,
    structure: Option<Structure>,
    took: Duration,
}

/// What is known of the member being written.
struct WrittenMember {
    index: Index,
    /// Bytes written.
    written: u64,
    hasher: blake3::Hasher,
    content_len: u64,
    /// Frames handed to the threads.
    handed_out: u64,
    /// All of the input has been handed to them.
    at_end: bool,
    /// Frames that are to be coded together, while there are too few of them.
    batch: Vec<(Finding, FrameTask, Vec<u8>)>,
}

impl<'i, 'o, W: Write> Encoder<'i, 'o, W> {
    fn new(
        mut input: Input<'i>,
        output: W,
        options: &EncodeOptions,
        progress: &'o dyn Progress,
    ) -> Result<Self> {
        let effort = options.level.effort();
        let settings = effort.settings();
        let window = LOOKAHEAD + settings.longest_frame - FRAME_TARGET;
        // A long input keeps all threads busy with its frames.
        let short = {
            let (seen, is_last) = input.window(window)?;
            is_last && seen.len() <= 2 * FRAME_TARGET
        };
        Ok(Encoder {
            input,
            output,
            progress,
            effort,
            chosen: Chosen::new(options)?,
            jobs: Ordered::new(&options.pool, options.threads, 0)?,
            backend: Backend::Threads,
            planning: Planning::Idle(Plans {
                planner: Planner::new(options.layout, settings.search),
                kept: (effort == Effort::Quick).then(KeptStructures::default),
            }),
            short,
            longest: match short {
                true => 2 * FRAME_TARGET,
                false => settings.longest_frame,
            },
            window,
            summary: Summary::default(),
        })
    }

    /// Writes a member; whether the input ends with it.
    fn member(&mut self) -> Result<bool> {
        let head = Head::default().to_bytes();
        self.output.write_all(&head)?;
        let mut member = WrittenMember {
            index: Index {
                head_len: head.len() as u64,
                ..Index::default()
            },
            written: head.len() as u64,
            hasher: blake3::Hasher::new(),
            content_len: 0,
            handed_out: 0,
            at_end: self.input.window(self.window)?.0.is_empty(),
            batch: Vec::new(),
        };
        loop {
            while self.advance(&mut member)? {}
            // Only a frame that is planned has to wait for room.
            let waits = matches!(self.planning, Planning::Ready(..)) && member.wants_more();
            match self.jobs.next(waits)? {
                Next::Done(frames) => {
                    for (found, frame) in &frames {
                        self.write(&mut member, frame, found)?;
                    }
                }
                Next::Aside(planned) => {
                    self.summary.structure += planned.took;
                    self.input.give_back(planned.window);
                    self.planning = Planning::Ready(planned.plans, planned.plan, planned.structure);
                }
                Next::Room => {}
                Next::Nothing => break,
            }
        }
        let footer = Footer {
            content_len: member.content_len,
            hash: member.hasher.finalize().into(),
        };
        let tail = member.index.to_bytes(&footer);
        self.output.write_all(&tail)?;
        let around = (head.len() + tail.len()) as u64;
        self.progress.advance(0, around);
        self.summary.compressed += around;
        self.summary.frames += member.handed_out;
        self.summary.members += 1;
        Ok(member.at_end)
    }

    /// Has the next frame planned, while others are coded, or gives what was planned to the backend if there is room. Whether there
    /// may be more to do at once.
    fn advance(&mut self, member: &mut WrittenMember) -> Result<bool> {
        if !member.wants_more() {
            return Ok(false);
        }
        match std::mem::replace(&mut self.planning, Planning::Running) {
            Planning::Running => Ok(false),
            Planning::Idle(plans) => {
                self.plan(plans)?;
                Ok(false)
            }
            Planning::Ready(plans, plan, structure) if self.jobs.has_room() => {
                self.planning = Planning::Idle(plans);
                self.hand_out(member, plan, structure)?;
                Ok(true)
            }
            ready => {
                self.planning = ready;
                Ok(false)
            }
        }
    }

    /// Gives the planner to a thread.
    fn plan(&mut self, mut plans: Plans) -> Result<()> {
        let (window, is_last) = self.input.lend(self.window)?;
        let (longest, budget) = (self.longest, self.effort.settings().search);
        let chosen = self.chosen.clone();
        self.jobs.push_aside(move || {
            let start = Instant::now();
            let mut plan = match longest > FRAME_TARGET {
                true => plans.planner.next_long(&window, is_last, longest),
                false => plans.planner.next(&window, is_last),
            };
            // What a decoder refuses must not be written, whoever thought of it.
            plan.layout.swap &= plan.layout.width > 1;
            let stored = chosen.model().and_then(|model| model.stored_structure());
            let content = &window[..plan.len];
            let structure =
                { plans.kept.as_mut() }.and_then(|kept| kept.next(&plan, content, stored, budget));
            Planned {
                plans,
                window,
                plan,
                structure,
                took: start.elapsed(),
            }
        });
        Ok(())
    }

    /// Takes a frame that was planned from the input, and gives the backend a batch once there is one.
    fn hand_out(
        &mut self,
        member: &mut WrittenMember,
        plan: FramePlan,
        structure: Option<Structure>,
    ) -> Result<()> {
        let FramePlan {
            len,
            layout,
            transposed,
            found,
        } = plan;
        layout.validate()?;
        let content = self.input.take(len);
        let (rest, is_last) = self.input.window(self.window)?;
        member.at_end = is_last && rest.is_empty();
        member.hasher.update(&content);
        member.content_len += content.len() as u64;
        member.handed_out += 1;
        let task = FrameTask {
            chosen: self.chosen.clone(),
            effort: self.effort,
            layout,
            transposed,
            structure,
            may_divide: self.short,
        };
        member.batch.push((found, task, content));
        if member.batch.len() >= self.backend.batch() || !member.wants_more() {
            let (backend, batch) = (self.backend, std::mem::take(&mut member.batch));
            self.jobs.push(move || Ok(backend.encode(batch)));
        }
        Ok(())
    }

    /// Writes a frame, and before the first that uses it the member's model.
    fn write(
        &mut self,
        member: &mut WrittenMember,
        frame: &EncodedFrame,
        found: &Finding,
    ) -> Result<()> {
        self.summary.structure += frame.structure;
        if frame.header.uses_member_model()
            && member.index.model.is_none()
            && let Some(section) = &self.chosen.section
        {
            let section = section.to_bytes();
            self.output.write_all(&section)?;
            member.index.model = Some((member.written, section.len() as u64));
            member.written += section.len() as u64;
            self.summary.compressed += section.len() as u64;
            self.progress.advance(0, section.len() as u64);
        }
        let header = frame.header.to_bytes();
        self.output.write_all(&header)?;
        self.output.write_all(&frame.payload)?;
        let frame_len = (header.len() + frame.payload.len()) as u64;
        let content_len = u64::from(frame.header.content_len);
        member.index.entries.push(IndexEntry {
            frame_len: frame_len as u32,
            content_len: frame.header.content_len,
        });
        member.written += frame_len;
        let at = self.summary.content;
        self.progress.frame(at, &frame.header, frame_len, found);
        self.summary.content += content_len;
        self.summary.compressed += frame_len;
        self.progress.advance(content_len, frame_len);
        Ok(())
    }
}

impl WrittenMember {
    fn wants_more(&self) -> bool {
        !self.at_end && self.handed_out < MAX_FRAMES
    }
}
