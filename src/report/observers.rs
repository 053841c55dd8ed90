//! Collect a frame's statistics while it is coded once more.

use super::statistics::{CodedByte, FrameStatistics, cost};
use crate::model::{Decision, MixedHalf, Predictor};
use crate::stream::{Lanes, Observer, SegmentObserver};

/// Gives every byte to a frame's statistics.
pub(super) struct Collector<'s> {
    statistics: &'s mut FrameStatistics,
    /// How much further on in the frame the segment's bytes stand.
    offset: usize,
    lanes: Vec<CodedByte>,
}

impl<'s> Collector<'s> {
    /// For a frame of so many lanes a segment.
    pub fn new(statistics: &'s mut FrameStatistics, lanes: usize) -> Self {
        Collector {
            statistics,
            offset: 0,
            lanes: (0..lanes).map(|_| CodedByte::default()).collect(),
        }
    }
}

impl<'m> Observer<Predictor<'m>> for Collector<'_> {
    fn decision(&mut self, lane: usize, decision: Decision, one: u16, yes: bool) {
        self.lanes[lane].decisions.push((decision, one, yes));
    }

    fn trace(&mut self, lane: usize, half: MixedHalf) {
        self.lanes[lane].bits.extend(half.bits());
    }

    fn coded(&mut self, _model: &Predictor<'m>, lanes: &Lanes, step: usize, coded: &[u8]) {
        for (lane, &byte) in coded.iter().enumerate() {
            let position = self.offset + lanes.position(lane, step);
            let seen = &mut self.lanes[lane];
            self.statistics.add(position, byte, seen);
            seen.decisions.clear();
            seen.bits.clear();
        }
    }
}

impl<'m> SegmentObserver<'m> for Collector<'_> {
    fn segment(&mut self, offset: usize) {
        self.offset = offset;
    }
}

/// Adds up the bits that all decisions take.
#[derive(Default)]
pub(super) struct BitSum(pub f64);

impl<'m> Observer<Predictor<'m>> for BitSum {
    fn decision(&mut self, _lane: usize, _decision: Decision, one: u16, yes: bool) {
        self.0 += cost(one, yes);
    }
}

impl<'m> SegmentObserver<'m> for BitSum {
    fn segment(&mut self, _offset: usize) {}
}
