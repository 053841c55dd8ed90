//! Logistic mixing (Mahoney 2005, "Adaptive weighing of context models"): logits summed with the weight set that a
//! context selects and that follow the gradient of the cost, at all the nodes of half a byte at once.

use super::logistic::{LIMIT, squash};
use crate::kernel::{self, MAX_WEIGHT_SETS, NODES, NodeWeights, Pages, Row};

/// Bits that a node's weights learn from at a higher rate: `1 + 16 / (n + 8)` times as fast after n of them.
const EARLY: u8 = 255;

/// `256 + 4096 / (n + 8)`.
const RATE: [i32; EARLY as usize + 1] = {
    let mut rate = [0; EARLY as usize + 1];
    let mut n = 0;
    while n <= EARLY as usize {
        rate[n] = 256 + 4096 / (n as i32 + 8);
        n += 1;
    }
    rate
};

/// How far errors, in 1/65536 times 256, are shifted down: the faster a mixer learns, the less.
const SHIFT: u32 = 11;

/// What was missing to the bit, in 1/65536.
#[inline]
pub fn error(logit: i16, bit: bool) -> i32 {
    (i32::from(bit) << 16) - i32::from(squash(logit.into()))
}

/// The largest magnitude of a mixer's logit: 8 nats in Q8.
const LOGIT_LIMIT: i16 = 2047;

/// The nodes that half a byte led through, and the bit at each.
pub type Path = [(usize, bool); 4];

/// Mixers of the same inputs, each with weight sets of its own. A weight set's number counts those of the mixers before
/// too.
#[derive(Clone)]
pub struct Mixers {
    weights: Pages<NodeWeights>,
    counts: Pages<[u8; NODES]>,
    inputs: usize,
    firsts: Vec<u32>,
}

impl Mixers {
    /// A mixer for each of `weight_sets`, with so many weight sets; every one begins with the weights of `start`, Q28.
    pub fn new(start: &[i32], weight_sets: &[usize]) -> Self {
        let all: usize = weight_sets.iter().sum();
        let firsts = weight_sets.iter().scan(0, |next, &weight_sets| {
            let first = *next;
            *next += weight_sets as u32;
            Some(first)
        });
        let mut weights = Pages::new(all * start.len(), NodeWeights::all(0));
        for weight_set in weights.chunks_exact_mut(start.len()) {
            for (weights, &start) in weight_set.iter_mut().zip(start) {
                *weights = NodeWeights::all(start);
            }
        }
        Mixers {
            weights,
            counts: Pages::new(all, [0; NODES]),
            inputs: start.len(),
            firsts: firsts.collect(),
        }
    }

    /// The numbers of the mixers' weight sets, from the number of each within its mixer.
    #[inline]
    pub fn weight_sets(&self, own: [u32; MAX_WEIGHT_SETS]) -> [u32; MAX_WEIGHT_SETS] {
        let mut weight_sets = own;
        for (weight_set, first) in weight_sets.iter_mut().zip(&self.firsts) {
            *weight_set += first;
        }
        weight_sets
    }

    /// The logits, Q8, that the mixers' weight sets make of the inputs, Q11: see [`kernel::blend`]. 0 where there is no
    /// mixer.
    #[inline]
    pub fn mix(
        &self,
        weight_sets: &[u32; MAX_WEIGHT_SETS],
        inputs: &[Row],
    ) -> [Row; MAX_WEIGHT_SETS] {
        kernel::blend(&self.weights, &weight_sets[..self.firsts.len()], inputs)
    }

    /// A weight of a weight set at a node, Q28.
    pub fn weight(&self, weight_set: u32, input: usize, node: usize) -> i32 {
        self.weights[weight_set as usize * self.inputs + input].at(node)
    }

    /// How many mixers there are.
    pub fn count(&self) -> usize {
        self.firsts.len()
    }

    /// Moves the weights that made `logits` of the inputs, at those nodes of a path that `learns`.
    #[inline]
    pub fn learn(
        &mut self,
        weight_sets: &[u32; MAX_WEIGHT_SETS],
        inputs: &[Row],
        logits: &[Row; MAX_WEIGHT_SETS],
        path: &Path,
        learns: [bool; 4],
    ) {
        let mut errors = [[0; NODES]; MAX_WEIGHT_SETS];
        let weight_sets = &weight_sets[..self.firsts.len()];
        for ((errors, &weight_set), logits) in errors.iter_mut().zip(weight_sets).zip(logits) {
            let counts = &mut self.counts[weight_set as usize];
            for (&(node, bit), learns) in path.iter().zip(learns) {
                if learns {
                    let (node, count) = (node % NODES, &mut counts[node % NODES]);
                    let error = error(logits[node], bit) * RATE[usize::from(*count)];
                    errors[node] = ((error + (1 << (SHIFT - 1))) >> SHIFT) as i16;
                    *count = count.saturating_add(1);
                }
            }
        }
        kernel::descend(&mut self.weights, weight_sets, inputs, &errors);
    }
}

/// Clamps logits to [`LOGIT_LIMIT`].
#[inline]
pub fn limit(logits: &mut [Row; MAX_WEIGHT_SETS]) {
    for logit in logits.as_flattened_mut() {
        *logit = (*logit).clamp(-LOGIT_LIMIT, LOGIT_LIMIT);
    }
}

/// Clamps a row of logits to [`LIMIT`].
#[inline]
pub fn limit_last(logits: &Row) -> Row {
    logits.map(|logit| logit.clamp(-LIMIT as i16, LIMIT as i16))
}
