//! A byte as eight bits, each a mix of what the network, the counters and the matches say.

use super::chance::{Chance, Curves, Point};
use super::contexts::{CONTEXTS, finish, fold};
use super::counters::{Counter, Table};
use super::logistic::{squash, stretch};
use super::matches::{BUCKETS, MATCHES, NAMED, Named};
use super::mixer::Mixer;
use crate::kernel::{BLOCK, INPUT_LIMIT};
use crate::layout::ELEMENT_PHASES;
use crate::level::Effort;

/// Ways to select a mixer's weights.
const SELECTORS: usize = 4;
/// Most inputs: the network, two of each context, the named bytes, a constant.
const INPUTS: usize = (1 + 2 * CONTEXTS + NAMED + 1).next_multiple_of(BLOCK);
/// Inputs of the last mixer.
const OUTER: usize = SELECTORS.next_multiple_of(BLOCK);
/// A weight of 1: Q26.
const ONE: i32 = 1 << 26;

/// What is known of a byte before it is coded.
pub struct Situation<'a> {
    /// The network's frequencies, which sum to 2^24.
    pub network: &'a [u32; 256],
    /// The hashes of the counters' contexts.
    pub contexts: &'a [u64; CONTEXTS],
    /// The named bytes.
    pub named: &'a [Named; NAMED],
    /// The byte's phase.
    pub phase: u8,
    /// What else selects weights, below 1024: the column, or in text the last byte.
    pub column: u16,
    /// The last byte.
    pub last: u8,
}

/// What is kept of a bit until all lanes have coded their bytes.
#[derive(Clone)]
struct Bit {
    inputs: [i16; INPUTS],
    sets: [u32; SELECTORS],
    logits: [i16; OUTER],
    outer_set: u32,
    logit: i16,
    points: [Point; 2],
    /// For each context the place in its map.
    mapped: [u16; CONTEXTS],
    bit: bool,
}

/// What became of a bit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said {
    /// The probability of a one, in 1/65536.
    pub one: u16,
    /// How much the mix's logit moves with the network's: Q13.
    pub loudness: i32,
}

/// What was said of a bit, for those who look on.
pub struct Parts<'a> {
    /// Logits in Q8 of nats: the network's; for each context its counter's and what such counters have been worth, both 0
    /// for a fresh one; for each match the bit it names, 0 for none.
    pub inputs: &'a [i16],
    /// How much the mix's logit moves with each: Q13.
    pub loudness: [i32; INPUTS],
    /// Their mix before it is refined: the probability of a one, in 1/65536.
    pub mixed: u16,
}

/// What is kept of a lane's byte.
#[derive(Clone)]
struct Byte {
    lines: [[u32; CONTEXTS]; 2],
    named: [Named; NAMED],
    bits: [Bit; 8],
}

/// The bit-wise part of a frame's predictor.
pub struct Bits {
    contexts: usize,
    refined: bool,
    inputs: usize,
    tables: Vec<Table>,
    maps: Vec<Vec<Chance>>,
    named: Vec<[Chance; 2 * BUCKETS]>,
    mixers: Vec<Mixer>,
    outer: Mixer,
    curves: [Curves; 2],
    bytes: Vec<Byte>,
}

/// Places of a map for each number of bits seen: the last two bits, then the probability in sixteen steps.
const MAPPED: usize = 4 * 16;

/// The place of a counter in its context's map.
#[inline]
fn mapped(counter: Counter) -> usize {
    let seen = match counter.count() {
        few @ 0..4 => few,
        4..6 => 4,
        6..9 => 5,
        9..16 => 6,
        16..32 => 7,
        32..64 => 8,
        64..128 => 9,
        _ => 10,
    };
    let step = ((stretch(counter.probability()) + 2816) >> 4) * 16 / 353;
    (seen * 4 + counter.last_two()) as usize * 16 + step as usize
}

impl Bits {
    /// For a frame of `len` bytes in `lanes` lanes.
    pub fn new(effort: Effort, len: usize, lanes: usize) -> Self {
        let (contexts, selectors, refined) = match effort {
            Effort::Fast => (5, 2, false),
            Effort::Default => (10, 3, true),
            Effort::Best => (CONTEXTS, SELECTORS, true),
        };
        let inputs = (1 + 2 * contexts + NAMED + 1).next_multiple_of(BLOCK);
        let mut start = vec![0; inputs];
        start[..2 + 2 * contexts + NAMED].fill(ONE / (2 * contexts as i32));
        start[0] = ONE / 3;
        let phases = usize::from(ELEMENT_PHASES);
        let sets = [
            phases * 256,
            BUCKETS * 8,
            1024 * 8,
            (CONTEXTS + 1) * phases * 8,
        ];
        let mut average = vec![0; OUTER];
        average[..selectors].fill(ONE / selectors as i32);
        let line =
            (0..11 * MAPPED).map(|place| Chance::new(squash((place as i32 % 16) * 353 - 2640)));
        let line: Vec<Chance> = line.collect();
        let bit = Bit {
            inputs: [0; INPUTS],
            sets: [0; SELECTORS],
            logits: [0; OUTER],
            outer_set: 0,
            logit: 0,
            points: [Point::default(); 2],
            mapped: [0; CONTEXTS],
            bit: false,
        };
        let byte = Byte {
            lines: [[0; CONTEXTS]; 2],
            named: [Named::default(); NAMED],
            bits: std::array::from_fn(|_| bit.clone()),
        };
        let refined_contexts = if refined {
            [phases << 8, 1 << 16]
        } else {
            [0; 2]
        };
        Bits {
            contexts,
            refined,
            inputs,
            tables: (0..contexts).map(|_| Table::new(len)).collect(),
            maps: vec![line; contexts],
            named: vec![[Chance::new(49152); 2 * BUCKETS]; NAMED],
            mixers: sets[..selectors]
                .iter()
                .map(|&sets| Mixer::new(&start, sets, 7))
                .collect(),
            outer: Mixer::new(&average, phases * 8, 6),
            curves: refined_contexts.map(Curves::new),
            bytes: vec![byte; lanes],
        }
    }

    /// How many contexts are looked at.
    pub fn contexts(&self) -> usize {
        self.contexts
    }

    /// Says that the lines of these contexts will be wanted.
    pub fn prefetch(&self, contexts: &[u64; CONTEXTS]) {
        for (table, &hash) in self.tables.iter().zip(contexts) {
            table.prefetch(hash);
        }
    }

    /// Codes a lane's byte: `coder` is given the probability of a one, in 1/65536, and gives the bit.
    ///
    /// # Errors
    /// Those of `coder`.
    pub fn code<E>(
        &mut self,
        lane: usize,
        situation: &Situation,
        mut coder: impl FnMut(u16) -> Result<bool, E>,
    ) -> Result<u8, E> {
        let sums = tree(situation.network);
        self.bytes[lane].named = *situation.named;
        let mut node = 1;
        for k in 0..8 {
            if k % 4 == 0 {
                self.find_lines(lane, k / 4, situation, node);
            }
            let one = self.predict(lane, k, node, &sums, situation);
            let bit = coder(one)?;
            self.bytes[lane].bits[k].bit = bit;
            node = 2 * node + usize::from(bit);
        }
        Ok(node as u8)
    }

    /// Finds the lines of a byte's upper or lower half.
    fn find_lines(&mut self, lane: usize, half: usize, situation: &Situation, node: usize) {
        let lines = &mut self.bytes[lane].lines[half];
        let contexts = self.tables.iter_mut().zip(situation.contexts);
        for (line, (table, &context)) in lines.iter_mut().zip(contexts) {
            let hash = match half {
                0 => context,
                _ => finish(fold(context, node as u64)),
            };
            *line = table.line(hash);
        }
    }

    #[inline]
    fn predict(
        &mut self,
        lane: usize,
        k: usize,
        node: usize,
        sums: &[u32; 512],
        situation: &Situation,
    ) -> u16 {
        let byte = &mut self.bytes[lane];
        let bit = &mut byte.bits[k];
        let input = |logit: i32| logit.clamp(-INPUT_LIMIT, INPUT_LIMIT) as i16;
        let p = (u64::from(sums[2 * node + 1]) << 16) / u64::from(sums[node]);
        bit.inputs[0] = input(stretch(p.clamp(1, 65535) as u16));

        let local = in_half(node, k);
        let mut known = 0;
        for j in 0..self.contexts {
            let counter = *self.tables[j].counter(byte.lines[k / 4][j], local);
            let pair = &mut bit.inputs[1 + 2 * j..][..2];
            if counter.count() == 0 {
                pair.fill(0);
                continue;
            }
            known += 1;
            let place = mapped(counter);
            bit.mapped[j] = place as u16;
            pair[0] = input((stretch(counter.probability()) * counter.confidence()) >> 8);
            pair[1] = input(stretch(self.maps[j][place].get()));
        }

        let names = &mut bit.inputs[1 + 2 * self.contexts..][..NAMED];
        let mut longest = 0;
        for (q, (named, name)) in situation.named.iter().zip(names).enumerate() {
            *name = 0;
            if let Some(bit) = named_bit(*named, k, node) {
                let logit = stretch(self.named[q][name_place(*named, k)].get());
                *name = input(if bit { logit } else { -logit });
                // Of a slot, unlike of a match, there is no length.
                if q < MATCHES {
                    longest = longest.max(named.bucket);
                }
            }
        }
        bit.inputs[1 + 2 * self.contexts + NAMED] = 256;

        let phase = u32::from(situation.phase);
        let k = k as u32;
        bit.sets = [
            phase << 8 | node as u32,
            u32::from(longest) << 3 | k,
            u32::from(situation.column) << 3 | k,
            (known * u32::from(ELEMENT_PHASES) + phase) << 3 | k,
        ];
        for (i, mixer) in self.mixers.iter().enumerate() {
            let logit = mixer.mix(bit.sets[i] as usize, &bit.inputs[..self.inputs]);
            bit.logits[i] = input(logit);
        }
        bit.outer_set = phase << 3 | k;
        let logit = self.outer.mix(bit.outer_set as usize, &bit.logits);
        bit.logit = logit as i16;
        let one = squash(logit);
        if !self.refined {
            return one;
        }
        let (a, first) = self.curves[0].at((phase << 8) as usize | node, logit);
        let by_last = usize::from(situation.last) << 8 | node;
        let (b, second) = self.curves[1].at(by_last, logit);
        bit.points = [first, second];
        let sum = 2 * u32::from(one) + u32::from(a) + u32::from(b);
        (sum >> 2).clamp(1, 65535) as u16
    }

    /// How loud the network was at each bit of the lane's byte.
    pub fn loudness(&self, lane: usize, said: &mut [Said; 8]) {
        for (bit, said) in self.bytes[lane].bits.iter().zip(said) {
            said.loudness = self.loudness_of(bit, 0);
        }
    }

    fn loudness_of(&self, bit: &Bit, input: usize) -> i32 {
        let outer = self.outer.weights(bit.outer_set as usize).iter();
        let inner = { self.mixers.iter().zip(bit.sets) }
            .map(|(mixer, set)| mixer.weights(set as usize)[input]);
        let sum: i64 = inner
            .zip(outer)
            .map(|(a, &b)| i64::from(a) * i64::from(b))
            .sum();
        // Q26 times Q26.
        (sum >> 39) as i32
    }

    /// What was said of the `k`th bit of the byte that a lane coded last.
    pub fn parts(&self, lane: usize, k: usize) -> Parts<'_> {
        let bit = &self.bytes[lane].bits[k];
        let spoken = 1 + 2 * self.contexts + NAMED;
        let mut loudness = [0; INPUTS];
        for (input, loudness) in loudness[..spoken].iter_mut().enumerate() {
            *loudness = self.loudness_of(bit, input);
        }
        Parts {
            inputs: &bit.inputs[..spoken],
            loudness,
            mixed: squash(bit.logit.into()),
        }
    }

    /// Learns a lane's byte.
    pub fn learn(&mut self, lane: usize) {
        let byte = &self.bytes[lane];
        let mut node = 1;
        for (k, bit) in byte.bits.iter().enumerate() {
            let local = in_half(node, k);
            for j in 0..self.contexts {
                let counter = self.tables[j].counter(byte.lines[k / 4][j], local);
                // Of a counter that was fresh, the map said nothing.
                if bit.inputs[1 + 2 * j] != 0 || bit.inputs[2 + 2 * j] != 0 {
                    self.maps[j][usize::from(bit.mapped[j])].learn(bit.bit);
                }
                counter.learn(bit.bit);
            }
            for (named, chances) in byte.named.iter().zip(&mut self.named) {
                if let Some(expected) = named_bit(*named, k, node) {
                    chances[name_place(*named, k)].learn(expected == bit.bit);
                }
            }
            for (i, mixer) in self.mixers.iter_mut().enumerate() {
                let inputs = &bit.inputs[..self.inputs];
                mixer.learn(bit.sets[i] as usize, inputs, bit.logits[i].into(), bit.bit);
            }
            self.outer.learn(
                bit.outer_set as usize,
                &bit.logits,
                bit.logit.into(),
                bit.bit,
            );
            if self.refined {
                for (curves, point) in self.curves.iter_mut().zip(bit.points) {
                    curves.learn(point, bit.bit);
                }
            }
            node = 2 * node + usize::from(bit.bit);
        }
    }
}

/// The node within its half byte, 1 to 15.
#[inline]
fn in_half(node: usize, k: usize) -> usize {
    let depth = k % 4;
    1 << depth | node & ((1 << depth) - 1)
}

/// The bit that a named byte expects at a node, if it has agreed so far.
#[inline]
fn named_bit(named: Named, k: usize, node: usize) -> Option<bool> {
    let agrees = named.bucket > 0 && (256 | usize::from(named.byte)) >> (8 - k) == node;
    agrees.then_some(named.byte >> (7 - k) & 1 == 1)
}

/// Where the first bit and the others of a named byte are learned.
#[inline]
fn name_place(named: Named, k: usize) -> usize {
    2 * usize::from(named.bucket) + usize::from(k > 0)
}

/// The sums of frequencies below each node of the byte's binary tree.
fn tree(frequencies: &[u32; 256]) -> [u32; 512] {
    let mut sums = [0; 512];
    sums[256..].copy_from_slice(frequencies);
    for node in (1..256).rev() {
        sums[node] = sums[2 * node] + sums[2 * node + 1];
    }
    sums
}
