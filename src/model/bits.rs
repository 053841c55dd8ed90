//! A byte as eight bits, each a mix of what the network, the counters and the matches say.

use super::chance::{Chance, Curves, Point};
use super::contexts::{CONTEXTS, finish, fold};
use super::counters::{GROUPS, Tables};
use super::logistic::{STEPS, squash, stretch, stretch_in_steps};
use super::matches::{BUCKETS, MATCHES, NAMED, Named};
use super::mixer::{Last, Mixers, error};
use super::predictor::Question;
use super::surprise::{SURPRISES, Surprise};
use crate::kernel::{BLOCK, SETS};
use crate::layout::ELEMENT_PHASES;
use crate::level::Effort;

/// Most inputs: the network, two of each context, the named bytes, a constant.
const INPUTS: usize = (1 + 2 * CONTEXTS + NAMED + 1).next_multiple_of(BLOCK);
/// The error of a bit, in 1/65536, below which the mixers leave their weights alone.
const WORTH_LEARNING: i32 = 512;
/// A weight of 1: Q26.
const ONE: i32 = 1 << 26;

/// What is known of a byte before it is coded.
pub struct Situation<'a> {
    /// Sums of the network's frequencies, see [`crate::kernel::tree`], all together 2^24; none without a network.
    pub network: Option<&'a [u32; 512]>,
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
    sets: [u32; SETS],
    logits: [i16; SETS],
    last_set: u32,
    logit: i16,
    points: [Point; 2],
    /// For each context the place in its map that learns.
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
    surprise: Surprise,
    /// Where its upper half led to, and the hashes of its lower half's lines.
    node: usize,
    lower: [u64; CONTEXTS],
    lines: [[u32; CONTEXTS]; 2],
    named: [Named; NAMED],
    bits: [Bit; 8],
}

/// The bit-wise part of a frame's predictor.
pub struct Bits {
    contexts: usize,
    refined: bool,
    inputs: usize,
    tables: Tables,
    maps: Vec<[Chance; MAP]>,
    named: Vec<[Chance; 2 * BUCKETS]>,
    mixers: Mixers,
    last: Last,
    curves: [Curves; 2],
    bytes: Vec<Byte>,
}

/// Places of a map for each group of counters: the last two bits, then the probability in sixteen steps.
const PLACES: usize = 4 * STEPS;
/// Places of a map, a power of two.
const MAP: usize = (GROUPS * PLACES).next_power_of_two();
/// The place that learns where the map said nothing; nobody reads it.
const NOWHERE: usize = MAP - 1;
const _: () = assert!(GROUPS * PLACES <= NOWHERE);
/// A chance whose logit is 0: what the map says of fresh counters.
const SILENT: u16 = 32760;

impl Bits {
    /// For a frame of `len` bytes in `lanes` lanes.
    pub fn new(effort: Effort, len: usize, lanes: usize) -> Self {
        let (contexts, selectors, refined) = match effort {
            Effort::Fast => (5, 2, false),
            Effort::Default => (10, 3, true),
            Effort::Best => (CONTEXTS, SETS, true),
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
        let mut average = [0; SETS];
        average[..selectors].fill(ONE / selectors as i32);
        let map = std::array::from_fn(|place| match place {
            0..PLACES => Chance::new(SILENT),
            _ => Chance::new(squash((place as i32 % 16) * 353 - 2640)),
        });
        let bit = Bit {
            inputs: [0; INPUTS],
            sets: [0; SETS],
            logits: [0; SETS],
            last_set: 0,
            logit: 0,
            points: [Point::default(); 2],
            mapped: [0; CONTEXTS],
            bit: false,
        };
        let byte = Byte {
            surprise: Surprise::default(),
            node: 1,
            lower: [0; CONTEXTS],
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
            tables: Tables::new(contexts, len),
            maps: vec![map; contexts],
            named: vec![[Chance::new(49152); 2 * BUCKETS]; NAMED],
            mixers: Mixers::new(&start, &sets[..selectors]),
            last: Last::new(average, SURPRISES as usize * phases * 8),
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
        coder: impl FnMut(Question, u16) -> Result<bool, E>,
    ) -> Result<(), E> {
        self.bytes[lane].named = *situation.named;
        self.find_lines(lane, 0, situation.contexts);
        let node = self.half(lane, 0, 1, situation, coder)?;
        let lower = self.lower_lines(situation.contexts, node);
        self.bytes[lane].node = node;
        self.bytes[lane].lower = lower;
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
        coder: impl FnMut(Question, u16) -> Result<bool, E>,
    ) -> Result<u8, E> {
        let Byte { node, lower, .. } = self.bytes[lane];
        self.find_lines(lane, 1, &lower);
        let node = self.half(lane, 4, node, situation, coder)?;
        Ok(node as u8)
    }

    /// Codes four bits from the `first` on, and returns the node that they lead to.
    fn half<E>(
        &mut self,
        lane: usize,
        first: usize,
        mut node: usize,
        situation: &Situation,
        mut coder: impl FnMut(Question, u16) -> Result<bool, E>,
    ) -> Result<usize, E> {
        for k in first..first + 4 {
            let one = self.predict(lane, k, node, situation);
            let bit = coder(Question::Bit(k as u8), one)?;
            self.bytes[lane].bits[k].bit = bit;
            node = 2 * node + usize::from(bit);
        }
        Ok(node)
    }

    /// The hashes of the lines of a byte's lower half, which are said to be wanted.
    #[inline]
    fn lower_lines(&self, contexts: &[u64; CONTEXTS], node: usize) -> [u64; CONTEXTS] {
        let mut hashes = *contexts;
        for (j, hash) in hashes[..self.contexts].iter_mut().enumerate() {
            *hash = finish(fold(*hash, node as u64));
            self.tables.prefetch(j, *hash);
        }
        hashes
    }

    /// Finds the lines of a byte's upper or lower half.
    fn find_lines(&mut self, lane: usize, half: usize, hashes: &[u64; CONTEXTS]) {
        let lines = &mut self.bytes[lane].lines[half][..self.contexts];
        for (j, (line, &hash)) in lines.iter_mut().zip(hashes).enumerate() {
            *line = self.tables.line(j, hash);
        }
    }

    #[inline]
    fn predict(&mut self, lane: usize, k: usize, node: usize, situation: &Situation) -> u16 {
        let byte = &mut self.bytes[lane];
        let bit = &mut byte.bits[k];
        bit.inputs[0] = 0;
        let mut child = 2 * node;
        if let Some(sums) = situation.network {
            let p = (u64::from(sums[2 * node + 1]) << 16) / u64::from(sums[node]);
            bit.inputs[0] = stretch(p.clamp(1, 65535) as u16) as i16;
            child |= usize::from(p > 32768);
        }
        let by_last = usize::from(situation.last) << 8;
        let by_phase = usize::from(situation.phase) << 8;
        self.curves[0].prefetch(by_phase | child & 255);
        self.curves[1].prefetch(by_last | child & 255);

        let local = in_half(node, k);
        let mut known = 0;
        let lines = byte.lines[k / 4].iter().zip(&self.maps);
        let pairs = bit.inputs[1..].as_chunks_mut::<2>().0.iter_mut();
        for (((&line, map), pair), place) in lines.zip(pairs).zip(&mut bit.mapped) {
            let counter = self.tables.counter(line, local);
            let (confidence, group) = counter.seen();
            known += u32::from(group > 0);
            let (logit, step) = stretch_in_steps(counter.probability());
            let at = group * PLACES + counter.last_two() as usize * STEPS + step;
            // Both are 0 of a fresh counter.
            let own = (logit * confidence) >> 8;
            let worth = stretch(map[at % MAP].get());
            *pair = [own as i16, worth as i16];
            *place = if own | worth == 0 { NOWHERE } else { at } as u16;
        }

        let names = &mut bit.inputs[1 + 2 * self.contexts..][..NAMED];
        let mut longest = 0;
        for (q, (named, name)) in situation.named.iter().zip(names).enumerate() {
            *name = 0;
            if let Some(bit) = named_bit(*named, k, node) {
                let logit = stretch(self.named[q][name_place(*named, k)].get());
                *name = if bit { logit } else { -logit } as i16;
                // Of a slot, unlike of a match, there is no length.
                if q < MATCHES {
                    longest = longest.max(named.bucket);
                }
            }
        }
        bit.inputs[1 + 2 * self.contexts + NAMED] = 256;

        let phase = u32::from(situation.phase);
        let k = k as u32;
        let surprise = byte.surprise.level();
        // Buckets of matches end far below.
        let long = match longest {
            0 => (BUCKETS as u32 - SURPRISES + surprise) * u32::from(surprise > 0),
            _ => longest.into(),
        };
        bit.sets = self.mixers.sets([
            phase << 8 | node as u32,
            long << 3 | k,
            u32::from(situation.column) << 3 | k,
            (known * u32::from(ELEMENT_PHASES) + phase) << 3 | k,
        ]);
        bit.logits = self.mixers.mix(&bit.sets, &mut bit.inputs[..self.inputs]);
        bit.last_set = (surprise * u32::from(ELEMENT_PHASES) + phase) << 3 | k;
        let logit = self.last.mix(bit.last_set, &bit.logits);
        bit.logit = logit as i16;
        let one = squash(logit);
        if !self.refined {
            return one;
        }
        let (a, first) = self.curves[0].at(by_phase | node, logit);
        let (b, second) = self.curves[1].at(by_last | node, logit);
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
        let outer = self.last.weights(bit.last_set).iter();
        let inner =
            { bit.sets[..self.mixers.count()].iter() }.map(|&set| self.mixers.weights(set)[input]);
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

    /// Multiply-adds that a lane's byte took to mix, and those that it will take to learn.
    pub fn products(&self, lane: usize) -> [u64; 2] {
        let (sets, last) = (self.mixers.count() * self.inputs, SETS);
        let bits = &self.bytes[lane].bits;
        let missed = |bit: &Bit| error(bit.logit.into(), bit.bit).abs();
        let learned = bits.iter().filter(|bit| missed(bit) >= WORTH_LEARNING);
        let learned = learned.count() * sets + bits.len() * last;
        [(bits.len() * (sets + last)) as u64, learned as u64]
    }

    /// Learns a lane's byte; returns its bits' errors together, in 1/65536.
    pub fn learn(&mut self, lane: usize) -> i32 {
        let byte = &mut self.bytes[lane];
        let (mut node, mut wrong) = (1, 0);
        for (k, bit) in byte.bits.iter().enumerate() {
            let (local, came) = (in_half(node, k), bit.bit);
            let lines = byte.lines[k / 4].iter().zip(&mut self.maps);
            for ((&line, map), &place) in lines.zip(&bit.mapped) {
                map[usize::from(place) % MAP].learn(came);
                self.tables.counter_mut(line, local).learn(came);
            }
            for (named, chances) in byte.named.iter().zip(&mut self.named) {
                if let Some(expected) = named_bit(*named, k, node) {
                    chances[name_place(*named, k)].learn(expected == came);
                }
            }
            let logit = bit.logit.into();
            let missed = self.last.learn(bit.last_set, &bit.logits, logit, came);
            if missed >= WORTH_LEARNING {
                let inputs = &bit.inputs[..self.inputs];
                self.mixers.learn(&bit.sets, inputs, &bit.logits, came);
            }
            wrong += missed;
            if self.refined {
                for (curves, point) in self.curves.iter_mut().zip(bit.points) {
                    curves.learn(point, came);
                }
            }
            node = 2 * node + usize::from(came);
        }
        byte.surprise.learn(wrong);
        wrong
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_is_no_logit() {
        assert_eq!(stretch(SILENT), 0);
    }
}
