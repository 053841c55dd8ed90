//! The whole predictor of one frame: network, rows and boosts in one sum, for lanes in lock step.

use super::boosts::{Boosts, Pending};
use super::contexts::{Past, TextState, row_contexts};
use super::file::Model;
use super::mixer::{EXPERTS, Mixer};
use super::network::Network;
use super::rows::{ROWS, Rows};
use crate::coder::Distribution;
use crate::kernel;
use crate::layout::{ELEMENT_PHASES, Place, Places};

/// The network among the experts.
const NETWORK: usize = ROWS;

/// Predicts a frame's bytes.
///
/// At every step `begin` with the lanes that still have bytes, `predict` each of them, then let them `learn`.
pub struct Predictor<'m> {
    model: &'m Model,
    places: &'m Places,
    lane_len: usize,
    network: Network<'m>,
    rows: Rows,
    mixer: Mixer,
    boosts: Boosts,
    lanes: Vec<Lane>,
}

/// What a lane keeps from its prediction until its byte is known.
struct Lane {
    network: [i16; 256],
    slots: [u32; ROWS],
    place: Place,
    probabilities: [i16; 256],
    pending: Pending,
    text: TextState,
}

impl<'m> Predictor<'m> {
    /// For a frame of `len` bytes in `lanes` lanes of `lane_len` bytes (the last may be shorter).
    pub fn new(
        model: &'m Model,
        places: &'m Places,
        len: usize,
        lanes: usize,
        lane_len: usize,
    ) -> Self {
        let lane = || Lane {
            network: [0; 256],
            slots: [0; ROWS],
            place: places.at(0),
            probabilities: [0; 256],
            pending: Pending::default(),
            text: TextState::default(),
        };
        Predictor {
            model,
            places,
            lane_len,
            network: Network::new(model, lanes),
            rows: Rows::new(len),
            mixer: Mixer::new(ELEMENT_PHASES.into()),
            boosts: Boosts::new(len, lanes, lane_len),
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// Begins a step of the first `active` lanes: finds every lane's places in the tables. Of `content` only bytes that
    /// were coded before this step are looked at.
    pub fn begin(&mut self, step: usize, active: usize, content: &[u8]) {
        for lane in 0..active {
            let past = self.past(lane, step, content);
            let own = &mut self.lanes[lane];
            own.place = self.places.at(past.position);
            let lags = self.places.lags(own.place);
            let contexts = row_contexts(self.places.contexts(), own.place, &lags, &past, &own.text);
            own.slots = contexts.map(|hash| self.rows.slot(hash));
            self.rows.prefetch(&own.slots);
            own.pending = self.boosts.locate(own.place.phase.into(), &past);
        }
    }

    /// The distribution of lane `lane`'s byte at the step that has begun. Of `content` only bytes that were coded before
    /// this step are looked at.
    pub fn predict(
        &mut self,
        lane: usize,
        step: usize,
        content: &[u8],
        distribution: &mut Distribution,
    ) {
        let past = self.past(lane, step, content);
        let own = &mut self.lanes[lane];
        let tokens = self.places.lags(own.place).map(|lag| past.back(lag));
        let phase = self.model.config().phase(own.place);
        self.network.step(lane, &tokens, phase, &mut own.network);
        self.mix(lane, &past, distribution);
    }

    /// The same with logits (Q11, the largest at the top of the range) that another network gives instead of the model's;
    /// returns how loud the network speaks (Q13).
    pub fn rehearse(
        &mut self,
        lane: usize,
        step: usize,
        content: &[u8],
        network: &[i16; 256],
        distribution: &mut Distribution,
    ) -> i16 {
        let past = self.past(lane, step, content);
        self.lanes[lane].network = *network;
        self.mix(lane, &past, distribution);
        self.mixer.weights(self.lanes[lane].place.phase.into())[NETWORK]
    }

    /// The sum of the network's logits and of all others, and its distribution.
    fn mix(&mut self, lane: usize, past: &Past, distribution: &mut Distribution) {
        let own = &mut self.lanes[lane];
        let rows: [&[i16; 256]; EXPERTS] = std::array::from_fn(|expert| match expert {
            NETWORK => &own.network,
            j => self.rows.row(j, own.slots[j]),
        });
        let mut logits = [0; 256];
        kernel::mix(
            &rows,
            &self.mixer.weights(own.place.phase.into()),
            &mut logits,
        );
        self.boosts
            .predict(lane, past, &mut own.pending, &mut logits);

        distribution.set_from_logits(&logits);
        for (p, &f) in own.probabilities.iter_mut().zip(distribution.frequencies()) {
            *p = (f >> 9) as i16;
        }
    }

    /// Ends the step: the first `active` lanes learn their bytes, which now stand in `content`.
    pub fn learn(&mut self, step: usize, active: usize, content: &[u8]) {
        for lane in 0..active {
            let past = self.past(lane, step, content);
            self.boosts
                .locate_matches(&past, &mut self.lanes[lane].pending);
        }
        for lane in 0..active {
            let past = self.past(lane, step, content);
            let byte = content[past.position];
            let own = &mut self.lanes[lane];
            let p = &own.probabilities;
            for expert in 0..EXPERTS {
                let row = match expert {
                    NETWORK => &own.network,
                    j => self.rows.row(j, own.slots[j]),
                };
                let gradient = i32::from(row[usize::from(byte)]) - kernel::expectation(p, row);
                self.mixer.update(own.place.phase.into(), expert, gradient);
            }
            for j in 0..ROWS {
                self.rows.update(j, own.slots[j], p, byte);
            }
            self.boosts.update(lane, &own.pending, &past, p, byte);
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
