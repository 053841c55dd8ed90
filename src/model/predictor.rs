//! The whole predictor of one frame: network, rows and boosts in one sum, for lanes in lock step.

use super::boosts::{Boosts, Pending};
use super::contexts::{Past, TextState, row_contexts};
use super::file::Model;
use super::mixer::{EXPERTS, Mixer};
use super::network::Network;
use super::rows::{ROWS, Rows};
use crate::coder::Distribution;
use crate::kernel;
use crate::layout::{Layout, TAPS};

/// The network among the experts.
const NETWORK: usize = ROWS;

/// Predicts a frame's bytes.
///
/// At every step first `predict` each lane that still has bytes, then `update` each with its byte, both in the order
/// of the lanes.
pub struct Predictor<'m> {
    model: &'m Model,
    layout: Layout,
    lags: [u32; TAPS],
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
    set: usize,
    probabilities: [i16; 256],
    pending: Pending,
    text: TextState,
}

impl<'m> Predictor<'m> {
    /// For a frame of `len` bytes in `lanes` lanes of `lane_len` bytes (the last may be shorter).
    pub fn new(
        model: &'m Model,
        layout: &Layout,
        len: usize,
        lanes: usize,
        lane_len: usize,
    ) -> Self {
        let lane = || Lane {
            network: [0; 256],
            slots: [0; ROWS],
            set: 0,
            probabilities: [0; 256],
            pending: Pending::default(),
            text: TextState::default(),
        };
        Predictor {
            model,
            layout: *layout,
            lags: layout.lags(),
            lane_len,
            network: Network::new(model, lanes),
            rows: Rows::new(len),
            mixer: Mixer::new(usize::from(layout.width)),
            boosts: Boosts::new(len, lanes, lane_len),
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// The distribution of lane `lane`'s byte at `step`. Of `content` only bytes that every lane has coded before this
    /// step are looked at.
    pub fn predict(
        &mut self,
        lane: usize,
        step: usize,
        content: &[u8],
        distribution: &mut Distribution,
    ) {
        let start = lane * self.lane_len;
        let past = Past {
            content,
            start,
            position: start + step,
        };
        let own = &mut self.lanes[lane];

        let tokens = self.lags.map(|lag| past.back(lag));
        let phase = self.model.config().phase(&self.layout, past.position);
        self.network.step(lane, &tokens, phase, &mut own.network);

        own.set = (past.position + self.layout.phase as usize) % usize::from(self.layout.width);
        let contexts = row_contexts(&self.layout, &self.lags, &past, &own.text);
        own.slots = contexts.map(|hash| self.rows.slot(hash));
        let rows: [&[i16; 256]; EXPERTS] = std::array::from_fn(|expert| match expert {
            NETWORK => &own.network,
            j => self.rows.row(j, own.slots[j]),
        });
        let mut logits = [0; 256];
        kernel::mix(&rows, &self.mixer.weights(own.set), &mut logits);
        own.pending = self
            .boosts
            .predict(lane, own.set as u64, &past, &mut logits);

        distribution.set_from_logits(&logits);
        for (p, &f) in own.probabilities.iter_mut().zip(distribution.frequencies()) {
            *p = (f >> 9) as i16;
        }
    }

    /// Learns lane `lane`'s byte at `step`, which now stands in `content`.
    pub fn update(&mut self, lane: usize, step: usize, content: &[u8]) {
        let start = lane * self.lane_len;
        let past = Past {
            content,
            start,
            position: start + step,
        };
        let byte = content[past.position];
        let own = &mut self.lanes[lane];
        let p = &own.probabilities;
        for expert in 0..EXPERTS {
            let row = match expert {
                NETWORK => &own.network,
                j => self.rows.row(j, own.slots[j]),
            };
            let gradient = i32::from(row[usize::from(byte)]) - kernel::expectation(p, row);
            self.mixer.update(own.set, expert, gradient);
        }
        for j in 0..ROWS {
            self.rows.update(j, own.slots[j], p, byte);
        }
        self.boosts.update(lane, &own.pending, &past, p, byte);
        own.text.update(byte);
    }
}
