//! A byte as two halves of four bits, each bit a mix of what the network, the counters and the matches say. All fifteen nodes of a
//! half's tree are foretold at once, before its first bit is coded.

mod trace;

pub use trace::{BitTrace, MixedHalf};

use super::byte_model::Decision;
use super::chance::{Chance, Curves, Point};
use super::contexts::{CONTEXTS, finish, fold};
use super::counters::Tables;
use super::logistic::{squash, stretch};
use super::matches::{BUCKETS, MATCHES, NAMED, Named};
use super::mixer::{Mixers, Path, error, limit, limit_last};
use super::surprise::{SURPRISES, Surprise};
use crate::kernel::{NODES, Row, SETS};
use crate::layout::{Contexts, ELEMENT_PHASES};
use crate::level::Effort;

/// Most inputs: the network, two of each context, the named bytes, a constant.
const INPUTS: usize = 1 + 2 * CONTEXTS + NAMED + 1;
/// The error of a bit, in 1/65536, below which the mixers leave their weights alone.
const WORTH_LEARNING: i32 = 512;
/// Columns that select weights of their own.
pub const COLUMNS: usize = 256;
/// A weight of 1: Q28.
const ONE: i32 = 1 << 28;
/// The constant input: 1 in Q11.
const CONSTANT: Row = [1 << 11; NODES];

/// What is known of a byte before it is coded.
pub struct Situation<'a> {
    /// Sums of the network's frequencies, see [`crate::kernel::tree`], all together 2^24; none without a network.
    pub network: Option<&'a [u32; 512]>,
    /// The hashes of the counters' contexts.
    pub contexts: &'a [u64; CONTEXTS],
    /// The named bytes.
    pub named: &'a [Named; NAMED],
    /// The byte's phase, or in text what it has instead.
    pub phase: u8,
    /// What else selects weights, below [`COLUMNS`]: the column, or in text the field and the phase.
    pub column: u16,
    /// The last byte.
    pub last: u8,
}

/// What is kept of half a byte until all lanes have coded their bytes.
#[derive(Clone)]
struct Half {
    /// The node that it begins at: 1, or 16 and the upper half.
    root: usize,
    inputs: [Row; INPUTS],
    lines: [u32; CONTEXTS],
    sets: [u32; SETS],
    logits: [Row; SETS],
    last_set: u32,
    /// The last mix, Q8, in the first row.
    last: Row,
    points: [[Point; 2]; 4],
    /// Its four bits, and their errors together.
    bits: u8,
    missed: i32,
}

impl Half {
    /// Of its tree: the nodes that its bits led through.
    #[inline]
    fn path(&self) -> Path {
        let (nodes, bits) = (usize::from(16 | self.bits), self.bits);
        std::array::from_fn(|k| (nodes >> (4 - k), bits >> (3 - k) & 1 == 1))
    }
}

/// What is kept of a lane's byte.
#[derive(Clone)]
struct Byte {
    surprise: Surprise,
    /// The hashes of the lines of the half to code.
    hashes: [u64; CONTEXTS],
    named: [Named; NAMED],
    halves: [Half; 2],
}

/// The bit-wise part of a frame's predictor.
#[derive(Clone)]
pub struct Bits {
    contexts: usize,
    refined: bool,
    /// Whether the column selects weights instead of the node and the phase: of all ways it is worth most where there are many columns.
    by_column: bool,
    inputs: usize,
    tables: Tables,
    named: Vec<[Chance; 2 * BUCKETS]>,
    mixers: Mixers,
    last: Mixers,
    curves: [Curves; 2],
    bytes: Vec<Byte>,
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
        let inputs = 1 + 2 * contexts + NAMED + 1;
        let mut start = vec![ONE / (2 * contexts as i32); inputs];
        start[0] = ONE / 3;
        for pair in start[1..].as_chunks_mut().0[..contexts].iter_mut() {
            *pair = [ONE / contexts as i32, 0];
        }
        let phases = usize::from(ELEMENT_PHASES);
        let by_column = settings.column_first && matches!(kind, Contexts::Table | Contexts::Text);
        let sets = [
            if by_column { COLUMNS * 2 } else { phases * 32 },
            BUCKETS * 2,
            COLUMNS * 2,
            (CONTEXTS + 1) * phases * 2,
        ];
        let average = vec![ONE / selectors as i32; selectors];
        let half = Half {
            root: 1,
            inputs: [[0; NODES]; INPUTS],
            lines: [0; CONTEXTS],
            sets: [0; SETS],
            logits: [[0; NODES]; SETS],
            last_set: 0,
            last: [0; NODES],
            points: [[Point::default(); 2]; 4],
            bits: 0,
            missed: 0,
        };
        let byte = Byte {
            surprise: Surprise::default(),
            hashes: [0; CONTEXTS],
            named: [Named::default(); NAMED],
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
            named: vec![[Chance::new(49152); 2 * BUCKETS]; NAMED],
            mixers: Mixers::new(&start, &sets[..selectors]),
            last: Mixers::new(&average, &[SURPRISES as usize * phases * 2]),
            curves: refined_contexts.map(Curves::new),
            bytes: vec![byte; lanes],
        }
    }

    /// How many contexts are looked at.
    pub fn contexts(&self) -> usize {
        self.contexts
    }

    /// Says that the lines of these contexts, and the curves after this byte, will be wanted.
    pub fn prefetch(&self, contexts: &[u64; CONTEXTS], last: u8) {
        for (j, &hash) in contexts[..self.contexts].iter().enumerate() {
            self.tables.prefetch(j, hash);
        }
        self.curves[1].prefetch(usize::from(last) << 8 | 1);
    }

    /// Codes the upper four bits of a lane's byte: `coder` is asked for each, given the probability of a one, in 1/65536.
    ///
    /// # Errors
    /// Those of `coder`.
    pub fn upper<E>(
        &mut self,
        lane: usize,
        situation: &Situation,
        coder: impl FnMut(Decision, u16) -> Result<bool, E>,
    ) -> Result<(), E> {
        let byte = &mut self.bytes[lane];
        byte.named = *situation.named;
        byte.hashes[..self.contexts].copy_from_slice(&situation.contexts[..self.contexts]);
        let root = self.half(lane, 0, 1, situation, coder)?;
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
        situation: &Situation,
        coder: impl FnMut(Decision, u16) -> Result<bool, E>,
    ) -> Result<u8, E> {
        let root = usize::from(16 | self.bytes[lane].halves[0].bits);
        let node = self.half(lane, 1, root, situation, coder)?;
        Ok(node as u8)
    }

    /// Codes half a byte from the node `root` on, and returns the node that its bits lead to.
    fn half<E>(
        &mut self,
        lane: usize,
        number: usize,
        root: usize,
        situation: &Situation,
        mut coder: impl FnMut(Decision, u16) -> Result<bool, E>,
    ) -> Result<usize, E> {
        self.predict(lane, number, root, situation);
        let by_last = usize::from(situation.last) << 8;
        let by_phase = usize::from(situation.phase) << 8;
        let half = &mut self.bytes[lane].halves[number];
        let mut node = 1;
        for k in 0..4 {
            let logit = i32::from(half.last[node % NODES]);
            let mut one = squash(logit);
            if self.refined {
                let whole = root << k | node & ((1 << k) - 1);
                let (a, first) = self.curves[0].at(by_phase | whole, logit);
                let (b, second) = self.curves[1].at(by_last | whole, logit);
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
    fn predict(&mut self, lane: usize, number: usize, root: usize, situation: &Situation) {
        let byte = &mut self.bytes[lane];
        let half = &mut byte.halves[number];
        half.root = root;
        let mut known = 0;
        let lines = &mut half.lines[..self.contexts];
        for (j, (line, &hash)) in lines.iter_mut().zip(&byte.hashes).enumerate() {
            *line = self.tables.line(j, hash);
            known += u32::from(self.tables.is_known(*line));
        }
        half.inputs[0] = match situation.network {
            Some(sums) => network_row(sums, root),
            None => [0; NODES],
        };
        let (heard, others) = half.inputs[1..].split_at_mut(2 * self.contexts);
        self.tables.hear(lines, heard);

        let mut longest = 0;
        for (q, (named, row)) in situation.named.iter().zip(&mut *others).enumerate() {
            *row = [0; NODES];
            if names(*named, number, root) {
                let chances = &self.named[q][2 * usize::from(named.bucket)..][..2];
                let [first, others] = [0, 1].map(|k| stretch(chances[k].get()) << 3);
                let first = if number == 0 { first } else { others };
                *row = named_row(named.byte >> (4 - 4 * number) & 15, first, others);
                // Of a slot, unlike of a match, there is no length.
                if q < MATCHES {
                    longest = longest.max(named.bucket);
                }
            }
        }
        others[NAMED] = CONSTANT;

        let phase = u32::from(situation.phase);
        let number = number as u32;
        let surprise = byte.surprise.level();
        // Buckets of matches end far below.
        let long = match longest {
            0 => (BUCKETS as u32 - SURPRISES + surprise) * u32::from(surprise > 0),
            _ => longest.into(),
        };
        let column = u32::from(situation.column) << 1 | number;
        half.sets = self.mixers.sets([
            if self.by_column {
                column
            } else {
                phase << 5 | root as u32
            },
            long << 1 | number,
            column,
            (known * u32::from(ELEMENT_PHASES) + phase) << 1 | number,
        ]);
        half.logits = self.mixers.mix(&half.sets, &half.inputs[..self.inputs]);
        limit(&mut half.logits);
        half.last_set = (surprise * u32::from(ELEMENT_PHASES) + phase) << 1 | number;
        let said = to_be_mixed(&half.logits);
        let [last, ..] = self
            .last
            .mix(&[half.last_set, 0, 0, 0], &said[..self.mixers.count()]);
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
        byte.surprise.learn(wrong);
        wrong
    }

    fn learn(&mut self, lane: usize, number: usize) {
        let byte = &mut self.bytes[lane];
        let half = &mut byte.halves[number];
        let path = half.path();
        self.tables.learn(&half.lines[..self.contexts], half.bits);
        for (named, chances) in byte.named.iter().zip(&mut self.named) {
            if !names(*named, number, half.root) {
                continue;
            }
            let expected = named.byte >> (4 - 4 * number) & 15;
            for (k, &(_, came)) in path.iter().enumerate() {
                let place = 2 * usize::from(named.bucket) + usize::from(number + k > 0);
                let agrees = (expected >> (3 - k) & 1 == 1) == came;
                chances[place].learn(agrees);
                if !agrees {
                    break;
                }
            }
        }
        let (missed, learns) = errors(half);
        half.missed = missed;
        let said = to_be_mixed(&half.logits);
        let last = [half.last, [0; NODES], [0; NODES], [0; NODES]];
        let said = &said[..self.mixers.count()];
        self.last
            .learn(&[half.last_set, 0, 0, 0], said, &last, &path, [true; 4]);
        if learns.contains(&true) {
            let inputs = &half.inputs[..self.inputs];
            self.mixers
                .learn(&half.sets, inputs, &half.logits, &path, learns);
        }
        if self.refined {
            for (points, &(_, came)) in half.points.iter().zip(&path) {
                for (curves, &point) in self.curves.iter_mut().zip(points) {
                    curves.learn(point, came);
                }
            }
        }
    }
}

/// The mixers' logits as inputs of the last mix.
#[inline]
fn to_be_mixed(logits: &[Row; SETS]) -> [Row; SETS] {
    logits.map(|row| row.map(|logit| logit << 3))
}

/// How wrong a half's bits were foretold, in 1/65536 all together, and which are worth learning.
#[inline]
fn errors(half: &Half) -> (i32, [bool; 4]) {
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

/// Whether a byte is named whose half may still come.
#[inline]
fn names(named: Named, number: usize, root: usize) -> bool {
    named.bucket > 0 && (number == 0 || usize::from(16 | named.byte >> 4) == root)
}

/// For each half that may be named: of the first node, and of the others, in which direction it lies; 0 off its way.
const WAYS: [[Row; 2]; 16] = {
    let mut ways = [[[0; NODES]; 2]; 16];
    let mut half = 0;
    while half < 16 {
        let mut k = 0;
        while k < 4 {
            let (node, bit) = ((16 | half) >> (4 - k), half >> (3 - k) & 1);
            ways[half][(k > 0) as usize][node] = 2 * bit as i16 - 1;
            k += 1;
        }
        half += 1;
    }
    ways
};

/// Logits for half a byte that is named: at its first node, and at the others on its way.
#[inline]
fn named_row(half: u8, first: i16, others: i16) -> Row {
    let [begins, goes_on] = &WAYS[usize::from(half % 16)];
    std::array::from_fn(|node| begins[node] * first + goes_on[node] * others)
}
