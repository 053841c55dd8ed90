//! Logistic mixing (Mahoney 2005, "Adaptive weighing of context models"): logits summed with weights that a context selects and that
//! follow the gradient of the cost, at all the nodes of half a byte at once.

use super::logistic::{LIMIT, squash};
use crate::kernel::{self, NODES, Pages, Row, SETS, Weights};

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

/// Mixers of the same inputs, each with sets of weights of its own. A set's number counts those of the mixers before too.
#[derive(Clone)]
pub struct Mixers {
    weights: Pages<Weights>,
    counts: Pages<[u8; NODES]>,
    inputs: usize,
    firsts: Vec<u32>,
}

impl Mixers {
    /// A mixer for each of `sets`, with so many sets; every set begins with the weights of `start`, Q28.
    pub fn new(start: &[i32], sets: &[usize]) -> Self {
        let all: usize = sets.iter().sum();
        let firsts = sets.iter().scan(0, |next, &sets| {
            let first = *next;
            *next += sets as u32;
            Some(first)
        });
        let mut weights = Pages::new(all * start.len(), Weights::all(0));
        for set in weights.chunks_exact_mut(start.len()) {
            for (weights, &start) in set.iter_mut().zip(start) {
                *weights = Weights::all(start);
            }
        }
        Mixers {
            weights,
            counts: Pages::new(all, [0; NODES]),
            inputs: start.len(),
            firsts: firsts.collect(),
        }
    }

    /// The numbers of the mixers' sets, given the number of each within its mixer.
    #[inline]
    pub fn sets(&self, own: [u32; SETS]) -> [u32; SETS] {
        let mut sets = own;
        for (set, first) in sets.iter_mut().zip(&self.firsts) {
            *set += first;
        }
        sets
    }

    /// The logits, Q8, that the mixers' sets make of the inputs, Q11: see [`kernel::blend`]. 0 where there is no mixer.
    #[inline]
    pub fn mix(&self, sets: &[u32; SETS], inputs: &[Row]) -> [Row; SETS] {
        kernel::blend(&self.weights, &sets[..self.firsts.len()], inputs)
    }

    /// A weight of a set at a node, Q28.
    pub fn weight(&self, set: u32, input: usize, node: usize) -> i32 {
        self.weights[set as usize * self.inputs + input].at(node)
    }

    /// How many mixers there are.
    pub fn count(&self) -> usize {
        self.firsts.len()
    }

    /// Moves the weights that made `logits` of the inputs, at those nodes of a path that `learns`.
    #[inline]
    pub fn learn(
        &mut self,
        sets: &[u32; SETS],
        inputs: &[Row],
        logits: &[Row; SETS],
        path: &Path,
        learns: [bool; 4],
    ) {
        let mut errors = [[0; NODES]; SETS];
        let sets = &sets[..self.firsts.len()];
        for ((errors, &set), logits) in errors.iter_mut().zip(sets).zip(logits) {
            let counts = &mut self.counts[set as usize];
            for (&(node, bit), learns) in path.iter().zip(learns) {
                if learns {
                    let (node, count) = (node % NODES, &mut counts[node % NODES]);
                    let error = error(logits[node], bit) * RATE[usize::from(*count)];
                    errors[node] = ((error + (1 << (SHIFT - 1))) >> SHIFT) as i16;
                    *count = count.saturating_add(1);
                }
            }
        }
        kernel::descend(&mut self.weights, sets, inputs, &errors);
    }
}

/// Clamps logits to [`LOGIT_LIMIT`].
#[inline]
pub fn limit(logits: &mut [Row; SETS]) {
    for logit in logits.as_flattened_mut() {
        *logit = (*logit).clamp(-LOGIT_LIMIT, LOGIT_LIMIT);
    }
}

/// Clamps a row of logits to [`LIMIT`].
#[inline]
pub fn limit_last(logits: &Row) -> Row {
    logits.map(|logit| logit.clamp(-LIMIT as i16, LIMIT as i16))
}
