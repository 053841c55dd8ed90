//! Where the time of coding goes.

use super::coding::{Coding, SegmentObserver};
use super::driver::{Lanes, Observer, Stage};
use crate::model::{Decision, MixedHalf, Predictor};
use std::time::{Duration, Instant};

/// Times and counts of frames that were coded to be timed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// Finding every lane's contexts.
    pub contexts: Duration,
    /// Running the network.
    pub network: Duration,
    /// Finding counters, mixing, and the range coder.
    pub code: Duration,
    /// Learning.
    pub learn: Duration,
    /// Bytes: what is neither mixed nor in a run went out as raw bits.
    pub bytes: u64,
    /// Those whose bits were mixed.
    pub mixed: u64,
    /// Those that one decision of a run coded.
    pub runs: u64,
    /// Multiply-adds of the network, of mixing, of learning.
    pub products: [u64; 3],
}

impl Stages {
    /// Codes a frame's content, as [`Coding::encode`] does but one segment after the other, and adds what it took.
    pub fn add(&mut self, coding: &Coding, content: &[u8]) {
        let mut clock = Clock {
            stages: self,
            last: None,
            lanes: vec![LaneCount::default(); coding.lanes],
        };
        coding.observe(content, &mut clock);
    }
}

/// What a lane's byte took in this step.
#[derive(Clone, Copy, Default)]
struct LaneCount {
    decisions: u32,
    mixed: bool,
}

struct Clock<'s> {
    stages: &'s mut Stages,
    /// The stage that has begun, and when.
    last: Option<(Stage, Instant)>,
    lanes: Vec<LaneCount>,
}

impl<'m> Observer<Predictor<'m>> for Clock<'_> {
    fn stage(&mut self, stage: Stage) {
        let now = Instant::now();
        let Stages {
            contexts,
            network,
            code,
            learn,
            ..
        } = &mut *self.stages;
        if let Some((last, since)) = self.last {
            let sum = match last {
                Stage::Contexts => Some(contexts),
                Stage::Network => Some(network),
                Stage::Coding => Some(code),
                Stage::Learning => Some(learn),
                Stage::Done => None,
            };
            if let Some(sum) = sum {
                *sum += now - since;
            }
        }
        // What the observer itself does between two steps counts nowhere.
        self.last = (stage != Stage::Done).then_some((stage, now));
    }

    fn decision(&mut self, lane: usize, _decision: Decision, _one: u16, _yes: bool) {
        self.lanes[lane].decisions += 1;
    }

    fn trace(&mut self, lane: usize, half: MixedHalf) {
        self.lanes[lane].mixed = true;
        let [_, mixing, learning] = &mut self.stages.products;
        let [mixed, learned] = half.products();
        *mixing += mixed;
        *learning += learned;
    }

    fn coded(&mut self, model: &Predictor<'m>, _lanes: &Lanes, _step: usize, coded: &[u8]) {
        self.stages.products[0] += model.network_products(coded.len());
        for lane in &mut self.lanes[..coded.len()] {
            let LaneCount { decisions, mixed } = std::mem::take(lane);
            self.stages.bytes += 1;
            self.stages.runs += u64::from(decisions == 1);
            self.stages.mixed += u64::from(mixed);
        }
    }
}

impl<'m> SegmentObserver<'m> for Clock<'_> {
    fn segment(&mut self, _offset: usize) {}
}
