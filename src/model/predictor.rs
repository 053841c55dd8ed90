//! The whole predictor of one frame: network, counters and matches, mixed bit by bit, for lanes in lock step.

use super::bits::{Bits, Parts, Said, Situation};
use super::contexts::{CONTEXTS, Past, REPEATING, TextState, contexts};
use super::file::Model;
use super::matches::{Heads, Matches};
use super::network::{Heard, Network};
use super::slots::Slots;
use crate::kernel;
use crate::layout::{Contexts, Place, Places};
use crate::level::Effort;
use std::convert::Infallible;

/// Predicts a frame's bytes.
///
/// At every step `begin` with the lanes that still have bytes, `code` each of them, then let them `learn`. Where another network
/// is tried out: `begin_rehearsal`, `rehearse`, `learn`.
pub struct Predictor<'m> {
    model: &'m Model,
    places: &'m Places,
    lane_len: usize,
    network: Network<'m>,
    heard: Vec<Heard>,
    matches: Matches,
    bits: Bits,
    slots: Slots,
    lanes: Vec<Lane>,
}

/// What a lane keeps from the step's beginning until its byte is known.
struct Lane {
    place: Place,
    /// The last byte; 0 at the lane's start.
    last: u8,
    /// Sums of the network's frequencies, see [`kernel::tree`].
    sums: [u32; 512],
    contexts: [u64; CONTEXTS],
    heads: Heads,
    text: TextState,
}

impl Lane {
    /// Takes a network's logits, which are used up.
    fn hear(&mut self, logits: &mut [i16; 256]) {
        // The network speaks in Q11, the softmax listens in Q9.
        logits.iter_mut().for_each(|logit| *logit >>= 2);
        let mut frequencies = [0; 256];
        kernel::softmax(logits, &mut frequencies);
        kernel::tree(&frequencies, &mut self.sums);
    }
}

impl<'m> Predictor<'m> {
    /// For a frame of `len` bytes in `lanes` lanes of `lane_len` bytes (the last may be shorter).
    pub fn new(
        model: &'m Model,
        effort: Effort,
        places: &'m Places,
        len: usize,
        lanes: usize,
        lane_len: usize,
    ) -> Self {
        let lane = || Lane {
            place: places.at(0),
            last: 0,
            sums: [0; 512],
            contexts: [0; CONTEXTS],
            heads: Heads::default(),
            text: TextState::default(),
        };
        Predictor {
            model,
            places,
            lane_len,
            network: Network::new(model, lanes),
            heard: Vec::with_capacity(lanes),
            matches: Matches::new(len, lanes, lane_len),
            bits: Bits::new(effort, len, lanes),
            slots: Slots::new(len),
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// Begins a step of the first `active` lanes: finds every lane's places in the tables, and what the network says. Of `content`
    /// only bytes that were coded before this step are looked at.
    pub fn begin(&mut self, step: usize, active: usize, content: &[u8]) {
        self.heard.clear();
        for lane in 0..active {
            let past = self.begin_lane(lane, step, content);
            let place = self.lanes[lane].place;
            self.heard.push(Heard {
                tokens: self.places.lags(place).map(|lag| past.back(lag)),
                phase: self.model.config().phase(place),
            });
        }
        let (lanes, bits, slots) = (&mut self.lanes, &self.bits, &self.slots);
        self.network.step(&self.heard, |lane, logits| {
            // The tables' lines come while the network computes what it says of other lanes.
            let lane = &mut lanes[lane];
            bits.prefetch(&lane.contexts, lane.last);
            slots.prefetch(lane.contexts[REPEATING]);
            lane.hear(logits);
        });
    }

    /// The same without the model's network.
    pub fn begin_rehearsal(&mut self, step: usize, active: usize, content: &[u8]) {
        for lane in 0..active {
            self.begin_lane(lane, step, content);
        }
    }

    fn begin_lane<'a>(&mut self, lane: usize, step: usize, content: &'a [u8]) -> Past<'a> {
        let (kind, count) = (self.places.contexts(), self.bits.contexts());
        let past = self.past(lane, step, content);
        let own = &mut self.lanes[lane];
        own.place = self.places.at(past.position);
        let lags = self.places.lags(own.place);
        let companions = self.places.companions(own.place);
        own.contexts = contexts(kind, count, own.place, &lags, &past, &own.text, &companions);
        own.last = past.back(1) as u8;
        past
    }

    /// Codes lane `lane`'s byte of the step that has begun, most significant bit first: `coder` is given the probability of a
    /// one, in 1/65536, and gives the bit. Of `content` only bytes that were coded before this step are looked at.
    ///
    /// # Errors
    /// Those of `coder`.
    pub fn code<E>(
        &mut self,
        lane: usize,
        step: usize,
        content: &[u8],
        coder: impl FnMut(u16) -> Result<bool, E>,
    ) -> Result<u8, E> {
        let past = self.past(lane, step, content);
        let own = &self.lanes[lane];
        let [a, b, c] = self.matches.named(lane, &past);
        let named = [a, b, c, self.slots.named(own.contexts[REPEATING])];
        let situation = Situation {
            network: &own.sums,
            contexts: &own.contexts,
            named: &named,
            phase: own.place.phase,
            column: match self.places.contexts() {
                Contexts::Text => own.last.into(),
                _ => (own.place.column % 1024) as u16,
            },
            last: own.last,
        };
        self.bits.code(lane, &situation, coder)
    }

    /// Codes the lane's byte, which stands in `content`, with logits (Q11, the largest at the top of the range) that another
    /// network gives instead of the model's; what became of them at each bit.
    pub fn rehearse(
        &mut self,
        lane: usize,
        step: usize,
        content: &[u8],
        network: &[i16; 256],
    ) -> [Said; 8] {
        self.lanes[lane].hear(&mut network.clone());
        let byte = content[lane * self.lane_len + step];
        let mut said = [Said::default(); 8];
        let mut k = 0;
        let coded = self.code(lane, step, content, |one| {
            said[k].one = one;
            k += 1;
            Ok::<bool, Infallible>(byte >> (8 - k) & 1 == 1)
        });
        debug_assert_eq!(coded, Ok(byte));
        self.bits.loudness(lane, &mut said);
        said
    }

    /// What was said of the bits of the byte that lane `lane` has coded: after `code`, before `learn`.
    pub fn parts(&self, lane: usize) -> [Parts<'_>; 8] {
        std::array::from_fn(|k| self.bits.parts(lane, k))
    }

    /// Ends the step: the first `active` lanes learn their bytes, which now stand in `content`.
    pub fn learn(&mut self, step: usize, active: usize, content: &[u8]) {
        for lane in 0..active {
            let past = self.past(lane, step, content);
            let heads = self.matches.locate(&past);
            self.matches.prefetch(&heads);
            self.lanes[lane].heads = heads;
        }
        for lane in 0..active {
            let past = self.past(lane, step, content);
            let byte = content[past.position];
            let own = &mut self.lanes[lane];
            self.bits.learn(lane);
            self.slots.learn(own.contexts[REPEATING], byte);
            self.matches.learn(lane, &own.heads, &past);
            own.text.update(byte);
        }
    }

    fn past<'a>(&self, lane: usize, step: usize, content: &'a [u8]) -> Past<'a> {
        let start = lane * self.lane_len;
        Past {
            content,
            start,
            position: start + step,
        }
    }
}
