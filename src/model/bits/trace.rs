//! What an observer can see of a half byte that was mixed: reports, statistics and training read it; coding does not.

use super::{Bits, HalfState, errors};
use crate::kernel::NODES;
use crate::model::logistic::squash;

/// Half of a lane's byte that was mixed and coded and has not been learned.
pub struct MixedHalf<'a> {
    bits: &'a Bits,
    lane: usize,
    number: usize,
}

/// How a bit was predicted.
pub struct BitTrace {
    /// Logits in Q8 of nats: the network's; for each context its counter's, and how far its probability is from one half, times 4; for each
    /// match the bit it predicts, 0 for none.
    pub inputs: Vec<i16>,
    /// The gradient of the mix's logit in each: Q13.
    pub gradients: Vec<i32>,
    /// Their mix before it is refined: the probability of a one, in 1/65536.
    pub mixed: u16,
}

impl<'a> MixedHalf<'a> {
    pub(in crate::model) fn new(bits: &'a Bits, lane: usize, number: usize) -> Self {
        MixedHalf { bits, lane, number }
    }

    /// 0 for the upper four bits, 1 for the lower.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The gradient of the mix's logit in the network's, at each of the four bits: Q13.
    pub fn network_gradients(&self) -> [i32; 4] {
        let half = self.half();
        half.path().map(|(node, _)| self.gradient(half, node, 0))
    }

    /// How its four bits were predicted, the upper one first.
    pub fn bits(&self) -> [BitTrace; 4] {
        let half = self.half();
        // All inputs but the constant.
        let inputs = 0..self.bits.inputs - 1;
        half.path().map(|(node, _)| BitTrace {
            inputs: { inputs.clone() }
                .map(|input| half.inputs[input][node] >> 3)
                .collect(),
            gradients: { inputs.clone() }
                .map(|input| self.gradient(half, node, input))
                .collect(),
            mixed: squash(half.last[node].into()),
        })
    }

    /// Multiply-adds that it took to mix, and those that it will take to learn.
    pub fn products(&self) -> [u64; 2] {
        let mixers = self.bits.mixers.count();
        let all = mixers * self.bits.inputs;
        let learned = if errors(self.half()).1.contains(&true) {
            all
        } else {
            0
        };
        [all + mixers, learned + mixers].map(|products| (NODES * products) as u64)
    }

    fn half(&self) -> &'a HalfState {
        &self.bits.bytes[self.lane].halves[self.number]
    }

    fn gradient(&self, half: &HalfState, node: usize, input: usize) -> i32 {
        let (mixers, last) = (&self.bits.mixers, &self.bits.last);
        let weight_sets = half.weight_sets[..mixers.count()].iter().enumerate();
        let sum: i64 = weight_sets
            .map(|(k, &weight_set)| {
                let outer = last.weight(half.last_weight_set, k, node);
                i64::from(mixers.weight(weight_set, input, node)) * i64::from(outer)
            })
            .sum();
        // Q28 times Q28.
        (sum >> 43) as i32
    }
}
