//! A byte as two halves of four bits, each bit a mix of the predictions of the network, the counters and the matches.
//! All fifteen nodes of a half's tree are predicted at once, before its first bit is coded.

mod trace;

pub use trace::{BitTrace, MixedHalf};

use super::byte_model::Decision;
use super::contexts::{CONTEXTS, finish, fold};
use super::counters::Tables;
use super::error_level::{ERROR_LEVELS, ErrorLevel};
use super::logistic::{squash, stretch};
use super::matches::{BUCKETS, MATCHES, PREDICTED_BYTES, PredictedByte};
use super::mixer::{Mixers, Path, error, limit, limit_last};
use super::probability::{Apm, ApmPoint, Probability};
use crate::kernel::{MAX_WEIGHT_SETS, NODES, Row};
use crate::layout::{Contexts, ELEMENT_PHASES};
use crate::level::Effort;

/// Most inputs: the network, two of each context, the predicted bytes, a constant.
const INPUTS: usize = 1 + 2 * CONTEXTS + PREDICTED_BYTES + 1;
/// The error of a bit, in 1/65536, below which the mixers leave their weights alone.
const WORTH_LEARNING: i32 = 512;
/// Columns that select weights of their own.
pub const COLUMNS: usize = 256;
/// A weight of 1: Q28.
const ONE: i32 = 1 << 28;
/// The constant input: 1 in Q11.
const CONSTANT: Row = [1 << 11; NODES];

/// What is known of a byte before it is coded: the byte context.
pub struct ByteContext<'a> {
    /// Sums of the network's frequencies, see [`crate::kernel::tree`], all together 2^24; none without a network.
    pub network: Option<&'a [u32; 512]>,
    /// The hashes of the counters' contexts.
    pub contexts: &'a [u64; CONTEXTS],
    /// The bytes that the matches and the indirect context predict.
    pub predicted: &'a [PredictedByte; PREDICTED_BYTES],
    /// The byte's phase, or in text what it has instead.
    pub phase: u8,
    /// What else selects weights, below [`COLUMNS`]: the column, or in text the field and the phase.
    pub column: u16,
    /// The last byte.
    pub last: u8,
}

/// What is kept of half a byte until all lanes have coded their bytes.
#[derive(Clone)]
struct HalfState {
    /// The node that it begins at: 1, or 16 and the upper half.
    root: usize,
    inputs: [Row; INPUTS],
    slots: [u32; CONTEXTS],
    weight_sets: [u32; MAX_WEIGHT_SETS],
    logits: [Row; MAX_WEIGHT_SETS],
    last_weight_set: u32,
    /// The last mix, Q8, in the first row.
    last: Row,
    points: [[ApmPoint; 2]; 4],
    /// Its four bits, and their errors together.
    bits: u8,
    missed: i32,
}

impl HalfState {
    /// Of its tree: the nodes that its bits led through.
    #[inline]
    fn path(&self) -> Path {
        let (nodes, bits) = (usize::from(16 | self.bits), self.bits);
        std::array::from_fn(|k| (nodes >> (4 - k), bits >> (3 - k) & 1 == 1))
    }
}

/// What is kept of a lane's byte.
#[derive(Clone)]
struct ByteState {
    error_level: ErrorLevel,
    /// The hashes of the slots of the half to code.
    hashes: [u64; CONTEXTS],
    predicted: [PredictedByte; PREDICTED_BYTES],
    halves: [HalfState; 2],
}

/// The bit-wise part of a frame's predictor.
#[derive(Clone)]
pub struct Bits {
    contexts: usize,
    refined: bool,
    /// Whether the column selects weights instead of the node and the phase: of all selections it is worth most where
    /// there are many columns.
    by_column: bool,
    inputs: usize,
    tables: Tables,
    hit_probabilities: Vec<[Probability; 2 * BUCKETS]>,
    mixers: Mixers,
    last: Mixers,
    apms: [Apm; 2],
    bytes: Vec<ByteState>,
}

impl Bits {
    /// For a frame of `len` bytes in `lanes` lanes.
    pub fn new(effort: Effort, kind: Contexts, len: usize, lanes: usize) -> Self {
        let settings = effort.settings();
        let contexts = match kind {
            Contexts::Text => settings.contexts.text,
            _ => settings.contexts.numbers,
        };
        let (selectors, refined) = (settings.mixers, settings.refined);
        let inputs = 1 + 2 * contexts + PREDICTED_BYTES + 1;
        let mut start = vec![ONE / (2 * contexts as i32); inputs];
        start[0] = ONE / 3;
        for pair in start[1..].as_chunks_mut().0[..contexts].iter_mut() {
            *pair = [ONE / contexts as i32, 0];
        }
        let phases = usize::from(ELEMENT_PHASES);
        let by_column = settings.column_first && matches!(kind, Contexts::Table | Contexts::Text);
        let weight_sets = [
            if by_column { COLUMNS * 2 } else { phases * 32 },
            BUCKETS * 2,
            COLUMNS * 2,
            (CONTEXTS + 1) * phases * 2,
        ];
        let average = vec![ONE / selectors as i32; selectors];
        let half = HalfState {
            root: 1,
            inputs: [[0; NODES]; INPUTS],
            slots: [0; CONTEXTS],
            weight_sets: [0; MAX_WEIGHT_SETS],
            logits: [[0; NODES]; MAX_WEIGHT_SETS],
            last_weight_set: 0,
            last: [0; NODES],
            points: [[ApmPoint::default(); 2]; 4],
            bits: 0,
            missed: 0,
        };
        let byte = ByteState {
            error_level: ErrorLevel::default(),
            hashes: [0; CONTEXTS],
            predicted: [PredictedByte::default(); PREDICTED_BYTES],
            halves: [half.clone(), half],
        };
        let refined_contexts = if refined {
            [phases << 8, 1 << 16]
        } else {
            [0; 2]
        };
        Bits {
            contexts,
            refined,
            by_column,
            inputs,
            tables: Tables::new(contexts, len),
            hit_probabilities: vec![[Probability::new(49152); 2 * BUCKETS]; PREDICTED_BYTES],
            mixers: Mixers::new(&start, &weight_sets[..selectors]),
            last: Mixers::new(&average, &[ERROR_LEVELS as usize * phases * 2]),
            apms: refined_contexts.map(Apm::new),
            bytes: vec![byte; lanes],
        }
    }

    /// How many contexts there are.
    pub fn contexts(&self) -> usize {
        self.contexts
    }

    /// Prefetches the slots of these contexts, and the APM row of this byte.
    pub fn prefetch(&self, contexts: &[u64; CONTEXTS], last: u8) {
        for (j, &hash) in contexts[..self.contexts].iter().enumerate() {
            self.tables.prefetch(j, hash);
        }
        self.apms[1].prefetch(usize::from(last) << 8 | 1);
    }

    /// Codes the upper four bits of a lane's byte: `coder` is called for each with the probability of a one, in
    /// 1/65536.
    ///
    /// # Errors
    /// Those of `coder`.
    pub fn upper<E>(
        &mut self,
        lane: usize,
        byte_context: &ByteContext,
        coder: impl FnMut(Decision, u16) -> Result<bool, E>,
    ) -> Result<(), E> {
        let byte = &mut self.bytes[lane];
        byte.predicted = *byte_context.predicted;
        byte.hashes[..self.contexts].copy_from_slice(&byte_context.contexts[..self.contexts]);
        let root = self.half(lane, 0, 1, byte_context, coder)?;
        let hashes = &mut self.bytes[lane].hashes[..self.contexts];
        for (j, hash) in hashes.iter_mut().enumerate() {
            *hash = finish(fold(*hash, root as u64));
            self.tables.prefetch(j, *hash);
        }
        Ok(())
    }

    /// Codes the lower four bits, after the upper ones, and returns the byte.
    ///
    /// # Errors
    /// Those of `coder`.
    pub fn lower<E>(
        &mut self,
        lane: usize,
        byte_context: &ByteContext,
        coder: impl FnMut(Decision, u16) -> Result<bool, E>,
    ) -> Result<u8, E> {
        let root = usize::from(16 | self.bytes[lane].halves[0].bits);
        let node = self.half(lane, 1, root, byte_context, coder)?;
        Ok(node as u8)
    }

    /// Codes half a byte from the node `root` on, and returns the node that its bits lead to.
    fn half<E>(
        &mut self,
        lane: usize,
        number: usize,
        root: usize,
        byte_context: &ByteContext,
        mut coder: impl FnMut(Decision, u16) -> Result<bool, E>,
    ) -> Result<usize, E> {
        self.predict(lane, number, root, byte_context);
        let by_last = usize::from(byte_context.last) << 8;
        let by_phase = usize::from(byte_context.phase) << 8;
        let half = &mut self.bytes[lane].halves[number];
        let mut node = 1;
        for k in 0..4 {
            let logit = i32::from(half.last[node % NODES]);
            let mut one = squash(logit);
            if self.refined {
                let whole = root << k | node & ((1 << k) - 1);
                let (a, first) = self.apms[0].at(by_phase | whole, logit);
                let (b, second) = self.apms[1].at(by_last | whole, logit);
                half.points[k] = [first, second];
                let sum = 2 * u32::from(one) + u32::from(a) + u32::from(b);
                one = (sum >> 2).clamp(1, 65535) as u16;
            }
            let bit = coder(Decision::Bit((4 * number + k) as u8), one)?;
            node = 2 * node + usize::from(bit);
        }
        half.bits = node as u8 & 15;
        Ok(root << 4 | node & 15)
    }

    /// Mixes the logits of all nodes of half a byte.
    fn predict(&mut self, lane: usize, number: usize, root: usize, byte_context: &ByteContext) {
        let byte = &mut self.bytes[lane];
        let half = &mut byte.halves[number];
        half.root = root;
        let mut known = 0;
        let slots = &mut half.slots[..self.contexts];
        for (j, (slot, &hash)) in slots.iter_mut().zip(&byte.hashes).enumerate() {
            *slot = self.tables.slot(j, hash);
            known += u32::from(self.tables.is_known(*slot));
        }
        half.inputs[0] = match byte_context.network {
            Some(sums) => network_row(sums, root),
            None => [0; NODES],
        };
        let (from_slots, others) = half.inputs[1..].split_at_mut(2 * self.contexts);
        self.tables.slot_inputs(slots, from_slots);

        let mut longest = 0;
        for (q, (predicted, row)) in byte_context.predicted.iter().zip(&mut *others).enumerate() {
            *row = [0; NODES];
            if predicts(*predicted, number, root) {
                let probabilities =
                    &self.hit_probabilities[q][2 * usize::from(predicted.bucket)..][..2];
                let [first, others] = [0, 1].map(|k| stretch(probabilities[k].get()) << 3);
                let first = if number == 0 { first } else { others };
                *row = predicted_row(predicted.byte >> (4 - 4 * number) & 15, first, others);
                // The indirect context, unlike a match, has no length.
                if q < MATCHES {
                    longest = longest.max(predicted.bucket);
                }
            }
        }
        others[PREDICTED_BYTES] = CONSTANT;

        let phase = u32::from(byte_context.phase);
        let number = number as u32;
        let error_level = byte.error_level.level();
        // Buckets of matches end far below.
        let long = match longest {
            0 => (BUCKETS as u32 - ERROR_LEVELS + error_level) * u32::from(error_level > 0),
            _ => longest.into(),
        };
        let column = u32::from(byte_context.column) << 1 | number;
        half.weight_sets = self.mixers.weight_sets([
            if self.by_column {
                column
            } else {
                phase << 5 | root as u32
            },
            long << 1 | number,
            column,
            (known * u32::from(ELEMENT_PHASES) + phase) << 1 | number,
        ]);
        half.logits = self
            .mixers
            .mix(&half.weight_sets, &half.inputs[..self.inputs]);
        limit(&mut half.logits);
        half.last_weight_set = (error_level * u32::from(ELEMENT_PHASES) + phase) << 1 | number;
        let last_inputs = to_be_mixed(&half.logits);
        let [last, ..] = self.last.mix(
            &[half.last_weight_set, 0, 0, 0],
            &last_inputs[..self.mixers.count()],
        );
        half.last = limit_last(&last);
    }

    /// Learns the upper half of a lane's byte.
    pub fn learn_upper(&mut self, lane: usize) {
        self.learn(lane, 0);
    }

    /// Learns the lower half; returns the byte's bits' errors together, in 1/65536.
    pub fn learn_lower(&mut self, lane: usize) -> i32 {
        self.learn(lane, 1);
        let byte = &mut self.bytes[lane];
        let wrong = byte.halves.iter().map(|half| half.missed).sum();
        byte.error_level.learn(wrong);
        wrong
    }

    fn learn(&mut self, lane: usize, number: usize) {
        let byte = &mut self.bytes[lane];
        let half = &mut byte.halves[number];
        let path = half.path();
        self.tables.learn(&half.slots[..self.contexts], half.bits);
        for (predicted, probabilities) in byte.predicted.iter().zip(&mut self.hit_probabilities) {
            if !predicts(*predicted, number, half.root) {
                continue;
            }
            let expected = predicted.byte >> (4 - 4 * number) & 15;
            for (k, &(_, came)) in path.iter().enumerate() {
                let index = 2 * usize::from(predicted.bucket) + usize::from(number + k > 0);
                let agrees = (expected >> (3 - k) & 1 == 1) == came;
                probabilities[index].learn(agrees);
                if !agrees {
                    break;
                }
            }
        }
        let (missed, learns) = errors(half);
        half.missed = missed;
        let last_inputs = to_be_mixed(&half.logits);
        let last = [half.last, [0; NODES], [0; NODES], [0; NODES]];
        let last_inputs = &last_inputs[..self.mixers.count()];
        self.last.learn(
            &[half.last_weight_set, 0, 0, 0],
            last_inputs,
            &last,
            &path,
            [true; 4],
        );
        if learns.contains(&true) {
            let inputs = &half.inputs[..self.inputs];
            self.mixers
                .learn(&half.weight_sets, inputs, &half.logits, &path, learns);
        }
        if self.refined {
            for (points, &(_, came)) in half.points.iter().zip(&path) {
                for (apm, &point) in self.apms.iter_mut().zip(points) {
                    apm.learn(point, came);
                }
            }
        }
    }
}

/// The mixers' logits as inputs of the last mix.
#[inline]
fn to_be_mixed(logits: &[Row; MAX_WEIGHT_SETS]) -> [Row; MAX_WEIGHT_SETS] {
    logits.map(|row| row.map(|logit| logit << 3))
}

/// The errors of a half's bits, in 1/65536 all together, and which are worth learning.
#[inline]
fn errors(half: &HalfState) -> (i32, [bool; 4]) {
    let missed = half
        .path()
        .map(|(node, bit)| error(half.last[node % NODES], bit).abs());
    (
        missed.iter().sum(),
        missed.map(|missed| missed >= WORTH_LEARNING),
    )
}

/// Logits of the network, Q11, at the nodes of half a byte.
fn network_row(sums: &[u32; 512], root: usize) -> Row {
    std::array::from_fn(|node| {
        if node == 0 {
            return 0;
        }
        let depth = node.ilog2();
        let whole = root << depth | node & ((1 << depth) - 1);
        let p = (u64::from(sums[2 * whole + 1]) << 16) / u64::from(sums[whole]);
        stretch(p.clamp(1, 65535) as u16) << 3
    })
}

/// Whether a byte is predicted whose half may still come.
#[inline]
fn predicts(predicted: PredictedByte, number: usize, root: usize) -> bool {
    predicted.bucket > 0 && (number == 0 || usize::from(16 | predicted.byte >> 4) == root)
}

/// For each half that may be predicted: at the first node, and at the others, in which direction it lies; 0 off its
/// path.
const DIRECTIONS: [[Row; 2]; 16] = {
    let mut directions = [[[0; NODES]; 2]; 16];
    let mut half = 0;
    while half < 16 {
        let mut k = 0;
        while k < 4 {
            let (node, bit) = ((16 | half) >> (4 - k), half >> (3 - k) & 1);
            directions[half][(k > 0) as usize][node] = 2 * bit as i16 - 1;
            k += 1;
        }
        half += 1;
    }
    directions
};

/// Logits for half a byte that is predicted: at its first node, and at the others on its path.
#[inline]
fn predicted_row(half: u8, first: i16, others: i16) -> Row {
    let [begins, goes_on] = &DIRECTIONS[usize::from(half % 16)];
    std::array::from_fn(|node| begins[node] * first + goes_on[node] * others)
}
