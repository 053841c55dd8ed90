//! The whole predictor of one frame: network, counters and matches, mixed bit by bit, for lanes in lock step.

use super::bits::{Bits, Parts, Said, Situation};
use super::contexts::{CONTEXTS, Past, REPEATING, TextState, contexts};
use super::file::Model;
use super::matches::{Heads, Matches};
use super::network::Network;
use super::slots::Slots;
use crate::kernel;
use crate::layout::{Contexts, Place, Places};
use crate::level::Effort;
use std::convert::Infallible;

/// Predicts a frame's bytes.
///
/// At every step `begin` with the lanes that still have bytes, `code` each of them, then let them `learn`.
pub struct Predictor<'m> {
    model: &'m Model,
    places: &'m Places,
    lane_len: usize,
    network: Network<'m>,
    matches: Matches,
    bits: Bits,
    slots: Slots,
    lanes: Vec<Lane>,
}

/// What a lane keeps from the step's beginning until its byte is known.
struct Lane {
    place: Place,
    contexts: [u64; CONTEXTS],
    heads: Heads,
    text: TextState,
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
            contexts: [0; CONTEXTS],
            heads: Heads::default(),
            text: TextState::default(),
        };
        Predictor {
            model,
            places,
            lane_len,
            network: Network::new(model, lanes),
            matches: Matches::new(len, lanes, lane_len),
            bits: Bits::new(effort, len, lanes),
            slots: Slots::new(len),
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// Begins a step of the first `active` lanes: finds every lane's places in the tables. Of `content` only bytes that
    /// were coded before this step are looked at.
    pub fn begin(&mut self, step: usize, active: usize, content: &[u8]) {
        let (kind, count) = (self.places.contexts(), self.bits.contexts());
        for lane in 0..active {
            let past = self.past(lane, step, content);
            let own = &mut self.lanes[lane];
            own.place = self.places.at(past.position);
            let lags = self.places.lags(own.place);
            let companions = self.places.companions(own.place);
            own.contexts = contexts(kind, count, own.place, &lags, &past, &own.text, &companions);
            self.bits.prefetch(&own.contexts);
            self.slots.prefetch(own.contexts[REPEATING]);
        }
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
        let place = self.lanes[lane].place;
        let tokens = self.places.lags(place).map(|lag| past.back(lag));
        let mut logits = [0; 256];
        let phase = self.model.config().phase(place);
        self.network.step(lane, &tokens, phase, &mut logits);
        self.mix(lane, &past, &mut logits, coder)
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
        let past = self.past(lane, step, content);
        let byte = content[past.position];
        let mut said = [Said::default(); 8];
        let mut k = 0;
        let coded = self.mix(lane, &past, &mut network.clone(), |one| {
            said[k].one = one;
            k += 1;
            Ok::<bool, Infallible>(byte >> (8 - k) & 1 == 1)
        });
        debug_assert_eq!(coded, Ok(byte));
        self.bits.loudness(lane, &mut said);
        said
    }

    /// Codes a byte with the network's logits, which are used up, and all else.
    fn mix<E>(
        &mut self,
        lane: usize,
        past: &Past,
        logits: &mut [i16; 256],
        coder: impl FnMut(u16) -> Result<bool, E>,
    ) -> Result<u8, E> {
        let own = &self.lanes[lane];
        // The network speaks in Q11, the softmax listens in Q9.
        logits.iter_mut().for_each(|logit| *logit >>= 2);
        let mut frequencies = [0; 256];
        kernel::softmax(logits, &mut frequencies);

        let last = past.back(1) as u8;
        let [a, b, c] = self.matches.named(lane, past);
        let named = [a, b, c, self.slots.named(own.contexts[REPEATING])];
        let situation = Situation {
            network: &frequencies,
            contexts: &own.contexts,
            named: &named,
            phase: own.place.phase,
            column: match self.places.contexts() {
                Contexts::Text => last.into(),
                _ => (own.place.column % 1024) as u16,
            },
            last,
        };
        self.bits.code(lane, &situation, coder)
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
