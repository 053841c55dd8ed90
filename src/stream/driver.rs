//! The one loop over the steps of a segment: its lanes are predicted, coded and learned in lock step. Encoding, decoding, statistics, timing and
//! training run it with a coder and an observer of their own.

use crate::model::{ByteModel, Decide, Decision};
use std::ops::Range;

/// How a segment's bytes are dealt to its lanes: each lane has a stretch of them, all of one length but the last ones, which may be shorter
/// or empty.
#[derive(Clone, Copy, Debug)]
pub struct Lanes {
    /// How many there are.
    pub count: usize,
    /// Where the segment begins in the bytes that are known to its model.
    pub start: usize,
    /// Bytes of the segment.
    pub len: usize,
    /// Bytes of every lane but the last ones.
    pub lane_len: usize,
}

impl Lanes {
    /// The `count` lanes of all bytes from `start` to `end`.
    pub fn new(count: usize, start: usize, end: usize) -> Lanes {
        let len = end.saturating_sub(start);
        Lanes {
            count,
            start,
            len,
            lane_len: len.div_ceil(count.max(1)).max(1),
        }
    }

    /// How many lanes have a byte at `step`: always the first ones.
    pub fn active(&self, step: usize) -> usize {
        if step >= self.len {
            0
        } else {
            ((self.len - step - 1) / self.lane_len + 1).min(self.count)
        }
    }

    /// Where a lane's byte at `step` stands.
    #[inline]
    pub fn position(&self, lane: usize, step: usize) -> usize {
        self.start + lane * self.lane_len + step
    }

    /// All steps.
    pub fn steps(&self) -> Range<usize> {
        0..self.lane_len
    }
}

/// The bytes of a segment, and those before it: known when they are encoded, or found step by step.
pub trait Content {
    /// All of them; those that have not been found are anything.
    fn bytes(&self) -> &[u8];
    /// Takes a byte that was coded.
    fn put(&mut self, position: usize, byte: u8);
}

impl Content for &[u8] {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self
    }
    #[inline]
    fn put(&mut self, position: usize, byte: u8) {
        debug_assert_eq!(self[position], byte);
    }
}

impl Content for &mut [u8] {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self
    }
    #[inline]
    fn put(&mut self, position: usize, byte: u8) {
        self[position] = byte;
    }
}

/// Writes or reads the decisions of each lane.
pub trait Coder {
    /// Why a decision cannot be read.
    type Error;

    /// How a decision of a lane falls, whose probability of being a one is `one / 65536`; `known` gives it where the
    /// bytes are known.
    fn code(
        &mut self,
        lane: usize,
        one: u16,
        known: impl FnOnce() -> bool,
    ) -> Result<bool, Self::Error>;
}

/// Codes nothing: for those who only look at the predictions of known bytes.
pub struct NoCoder;

impl Coder for NoCoder {
    type Error = std::convert::Infallible;

    #[inline]
    fn code(
        &mut self,
        _lane: usize,
        _one: u16,
        known: impl FnOnce() -> bool,
    ) -> Result<bool, Self::Error> {
        Ok(known())
    }
}

/// What a model does next within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Find contexts.
    Contexts,
    /// Run the network.
    Network,
    /// Mix and code.
    Coding,
    /// Learn.
    Learning,
    /// Nothing: the step ends.
    Done,
}

/// Observes a segment while it is coded. `()` observes nothing.
pub trait Observer<M: ByteModel> {
    /// A stage of a step begins.
    #[inline]
    fn stage(&mut self, _stage: Stage) {}

    /// A decision about a lane's byte fell, whose probability of being a one was `one / 65536`.
    #[inline]
    fn decision(&mut self, _lane: usize, _decision: Decision, _one: u16, _yes: bool) {}

    /// Half of a lane's byte was coded and has not been learned.
    #[inline]
    fn trace(&mut self, _lane: usize, _trace: M::Trace<'_>) {}

    /// The bytes of the step were coded, each at its lane's index in `coded`, and have not been learned.
    #[inline]
    fn coded(&mut self, _model: &M, _lanes: &Lanes, _step: usize, _coded: &[u8]) {}
}

impl<M: ByteModel> Observer<M> for () {}

/// A step's decisions on their way to coder and observer.
struct StepDecisions<'s, D, O> {
    lanes: &'s Lanes,
    step: usize,
    bytes: &'s [u8],
    coder: &'s mut D,
    observer: &'s mut O,
}

impl<M: ByteModel, D: Coder, O: Observer<M>> Decide<M> for StepDecisions<'_, D, O> {
    type Error = D::Error;

    #[inline]
    fn decide(&mut self, lane: usize, decision: Decision, one: u16) -> Result<bool, D::Error> {
        let known = || decision.of(self.bytes[self.lanes.position(lane, self.step)]);
        let yes = self.coder.code(lane, one, known)?;
        self.observer.decision(lane, decision, one, yes);
        Ok(yes)
    }

    #[inline]
    fn trace(&mut self, lane: usize, trace: M::Trace<'_>) {
        self.observer.trace(lane, trace);
    }
}

/// Takes a model along some steps of a segment that it has [started](ByteModel::start_segment).
///
/// # Errors
/// Those of the coder.
pub fn drive<M: ByteModel, D: Coder>(
    model: &mut M,
    lanes: &Lanes,
    steps: Range<usize>,
    content: &mut impl Content,
    coder: &mut D,
    observer: &mut impl Observer<M>,
) -> Result<(), D::Error> {
    let mut coded = vec![0; lanes.count];
    for step in steps {
        let active = lanes.active(step);
        let coded = &mut coded[..active];
        observer.stage(Stage::Contexts);
        model.find_contexts(step, active, content.bytes());
        observer.stage(Stage::Network);
        model.run_network(step, active, content.bytes());
        observer.stage(Stage::Coding);
        let mut decisions = StepDecisions {
            lanes,
            step,
            bytes: content.bytes(),
            coder,
            observer,
        };
        model.code(step, content.bytes(), coded, &mut decisions)?;
        for (lane, &byte) in coded.iter().enumerate() {
            content.put(lanes.position(lane, step), byte);
        }
        observer.coded(model, lanes, step, coded);
        observer.stage(Stage::Learning);
        model.learn(step, active, content.bytes());
        observer.stage(Stage::Done);
    }
    Ok(())
}
