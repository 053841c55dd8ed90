//! Binary decisions, each with the probability that counters of several contexts give, mixed in the logistic domain.

use super::super::super::logistic::{squash, stretch};
use super::super::super::probability::Counter;
use crate::coder::{BadWords, BitCoder};

/// Contexts of a decision.
pub const CONTEXTS: usize = 10;
/// Inputs of a mixer: the contexts' logits, and a constant.
const INPUTS: usize = CONTEXTS + 1;
/// Mixers, whose logits are averaged.
const MIXERS: usize = 2;
/// The largest logit of a mixer, Q8.
const LOGIT_LIMIT: i32 = 2047;
/// A weight at first: 0.2 in Q16.
const FIRST_WEIGHT: i32 = 13_107;
const WEIGHT_LIMIT: i32 = 8 << 16;
/// Knots of an APM row, and what they are apart.
const KNOTS: usize = 2 * MIDDLE as usize + 1;
const MIDDLE: i32 = 16;
const SPACING: i32 = 176;

/// A number for each context: its value, or how many values it has.
pub type Contexts = [u32; CONTEXTS];

/// What decisions are taken in.
#[derive(Clone, Copy, Default)]
pub struct Decision {
    pub contexts: Contexts,
    /// Each mixer's weight set.
    pub weights: [u32; MIXERS],
    pub apm: u32,
}

/// Models decisions, each of which has a number.
pub struct BitModel {
    nodes: usize,
    counters: Vec<Vec<Counter>>,
    mixers: [Mixer; MIXERS],
    apm: Vec<[u16; KNOTS]>,
}

impl BitModel {
    /// For so many decisions in contexts of so many values, with so many weight sets of each mixer, and rows of the APM.
    pub fn new(nodes: usize, sizes: &Contexts, weights: [usize; MIXERS], apms: usize) -> Self {
        let knot = |k: usize| squash((k as i32 - MIDDLE) * SPACING);
        let counters = |&size: &u32| vec![Counter::FRESH; size as usize * nodes];
        BitModel {
            nodes,
            counters: sizes.iter().map(counters).collect(),
            mixers: weights.map(|weight_sets| Mixer::new(weight_sets * nodes)),
            apm: vec![std::array::from_fn(knot); apms * nodes],
        }
    }

    /// Codes the bit of a decision.
    #[inline]
    pub fn decide<C: BitCoder>(
        &mut self,
        coder: &mut C,
        decision: &Decision,
        node: usize,
        bit: bool,
    ) -> Result<bool, BadWords> {
        let index = |context: u32| context as usize * self.nodes + node;
        let mut inputs = [256i32; INPUTS];
        let counters = self.counters.iter().zip(&decision.contexts);
        for (input, (counters, &context)) in inputs.iter_mut().zip(counters) {
            *input = stretch(counters[index(context)].probability()).into();
        }
        let selected = decision.weights.map(index);
        let logits: [i32; MIXERS] =
            std::array::from_fn(|k| self.mixers[k].mix(selected[k], &inputs));
        let logit = logits.iter().sum::<i32>() / MIXERS as i32;
        // Halfway between what the mixers give and what that was worth.
        let row = &mut self.apm[index(decision.apm)];
        let from_first = (logit + MIDDLE * SPACING) as u32;
        let (knot, past) = (from_first / SPACING as u32, from_first % SPACING as u32);
        let knots = [row[knot as usize], row[knot as usize + 1]].map(u32::from);
        let worth = (knots[0] * (SPACING as u32 - past) + knots[1] * past) / SPACING as u32;
        let one = (u32::from(squash(logit)) + worth)
            .div_ceil(2)
            .clamp(1, 65535) as u16;
        let bit = coder.predicted_bit(one, bit)?;
        let closest = &mut row[knot as usize + usize::from(past >= SPACING as u32 / 2)];
        let target = i32::from(bit) * 65535;
        *closest = (i32::from(*closest) + ((target - i32::from(*closest)) >> 6)).max(1) as u16;
        for (k, mixer) in self.mixers.iter_mut().enumerate() {
            mixer.learn(selected[k], &inputs, logits[k], bit);
        }
        for (counters, &context) in self.counters.iter_mut().zip(&decision.contexts) {
            counters[context as usize * self.nodes + node].learn(bit);
        }
        Ok(bit)
    }
}

/// Weight sets, and how often each has learned.
struct Mixer {
    weights: Vec<[i32; INPUTS]>,
    counts: Vec<u16>,
}

impl Mixer {
    fn new(weight_sets: usize) -> Self {
        Mixer {
            weights: vec![[FIRST_WEIGHT; INPUTS]; weight_sets],
            counts: vec![0; weight_sets],
        }
    }

    /// The logit of a weight set, Q8.
    #[inline]
    fn mix(&self, weight_set: usize, inputs: &[i32; INPUTS]) -> i32 {
        let terms = self.weights[weight_set].iter().zip(inputs);
        let sum: i64 = terms.map(|(&w, &x)| i64::from(w) * i64::from(x)).sum();
        ((sum >> 16) as i32).clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
    }

    #[inline]
    fn learn(&mut self, weight_set: usize, inputs: &[i32; INPUTS], logit: i32, bit: bool) {
        let missed = (i32::from(bit) << 16) - i32::from(squash(logit));
        let count = &mut self.counts[weight_set];
        let step = i64::from(missed * (3 + 160 / (i32::from(*count) + 10)));
        *count = (*count + 1).min(1000);
        for (w, &x) in self.weights[weight_set].iter_mut().zip(inputs) {
            let moved = *w + ((i64::from(x) * step + (1 << 17)) >> 18) as i32;
            *w = moved.clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT);
        }
    }
}
