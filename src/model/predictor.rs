//! The whole predictor of one frame: network, counters and matches, mixed half a byte at a time, for lanes in lock step.

use super::bits::{Bits, ByteContext, COLUMNS, MixedHalf};
use super::byte_model::{ByteModel, Decide, Decision};
use super::config::Config;
use super::contexts::{CONTEXTS, Past, REPEATING, TextState, contexts};
use super::indirect::Indirect;
use super::matches::{Groups, Matches, PREDICTED_BYTES, PredictedByte};
use super::network::{Network, NetworkInputs};
use super::run_model::{CodingMode, RunModel};
use super::weights::NetworkParameters;
use crate::kernel;
use crate::layout::{Contexts, Position, Positions};
use crate::level::Effort;

/// Predicts a frame's bytes.
///
/// What it does at each step: see [`ByteModel`].
#[derive(Clone)]
pub struct Predictor<'m> {
    positions: &'m Positions,
    /// Where the first lane begins: all before it is known.
    start: usize,
    lane_len: usize,
    network: Option<(&'m Config, Network<'m>)>,
    network_inputs: Vec<NetworkInputs>,
    matches: Matches,
    bits: Bits,
    /// The indirect context, of tables only: elsewhere few values come again.
    indirect: Option<Indirect>,
    run_model: RunModel,
    lanes: Vec<Lane>,
}

/// The probability of a bit that is as likely 0 as 1.
const EVEN: u16 = 1 << 15;

/// What a lane keeps from the step's beginning until its byte is known.
#[derive(Clone)]
struct Lane {
    position: Position,
    /// The last byte; 0 at the lane's start.
    last: u8,
    /// Sums of the network's frequencies, see [`kernel::tree`].
    sums: [u32; 512],
    contexts: [u64; CONTEXTS],
    predicted: [PredictedByte; PREDICTED_BYTES],
    groups: Groups,
    text: TextState,
    mode: CodingMode,
    /// Whether the network's logits of this step are here.
    has_logits: bool,
    /// Whether the byte was mixed.
    mixed: bool,
    /// If it was, how wrong.
    wrong: Option<i32>,
}

impl Lane {
    /// The inputs of its network.
    fn network_inputs(&self, config: &Config, positions: &Positions, past: &Past) -> NetworkInputs {
        NetworkInputs {
            tokens: positions.lags(self.position).map(|lag| past.back(lag)),
            phase: config.phase(self.position),
        }
    }

    /// Takes the network's logits after its step.
    fn read_logits(&mut self, network: &mut Network, lane: usize) {
        let mut logits = [0; 256];
        network.logits(lane, &mut logits);
        self.take_logits(&mut logits);
    }

    /// What is known of its byte.
    fn byte_context(&self, kind: Contexts) -> ByteContext<'_> {
        ByteContext {
            network: self.has_logits.then_some(&self.sums),
            contexts: &self.contexts,
            predicted: &self.predicted,
            phase: match kind {
                Contexts::Text => self.text.phase(),
                _ => self.position.phase,
            },
            column: match kind {
                Contexts::Text => self.text.column(),
                _ => (self.position.column as usize % COLUMNS) as u16,
            },
            last: self.last,
        }
    }

    /// Takes a network's logits, which are used up.
    fn take_logits(&mut self, logits: &mut [i16; 256]) {
        // The network's logits are in Q11, the softmax takes Q9.
        logits.iter_mut().for_each(|logit| *logit >>= 2);
        let mut frequencies = [0; 256];
        kernel::softmax(logits, &mut frequencies);
        kernel::tree(&frequencies, &mut self.sums);
        self.has_logits = true;
    }
}

impl<'m> Predictor<'m> {
    /// For a frame of `len` bytes in `lanes` lanes of one length (the last may be shorter). It may do without a network.
    pub fn new(
        network: Option<&'m NetworkParameters>,
        effort: Effort,
        positions: &'m Positions,
        len: usize,
        lanes: usize,
    ) -> Self {
        Predictor::with(Matches::new(len, lanes), network, effort, positions, len)
    }

    /// For a frame in segments, of which each of several predictors meets `len` bytes: with fewer entries for matches,
    /// so that they fit in memory together.
    pub fn of_segments(
        network: Option<&'m NetworkParameters>,
        effort: Effort,
        positions: &'m Positions,
        len: usize,
        lanes: usize,
    ) -> Self {
        let matches = Matches::of_segments(len, lanes);
        Predictor::with(matches, network, effort, positions, len)
    }

    fn with(
        matches: Matches,
        network: Option<&'m NetworkParameters>,
        effort: Effort,
        positions: &'m Positions,
        len: usize,
    ) -> Self {
        let (lanes, lane_len) = (matches.lanes(), matches.lane_len());
        let lane = || Lane {
            position: positions.at(0),
            last: 0,
            sums: [0; 512],
            contexts: [0; CONTEXTS],
            predicted: [PredictedByte::default(); PREDICTED_BYTES],
            groups: Groups::default(),
            text: TextState::default(),
            mode: CodingMode::Mixed,
            has_logits: false,
            mixed: false,
            wrong: None,
        };
        let period = positions.layout().period() as usize;
        Predictor {
            positions,
            start: 0,
            lane_len,
            network: network.map(|network| (&network.config, Network::new(network, lanes))),
            network_inputs: Vec::with_capacity(lanes),
            matches,
            bits: Bits::new(effort, positions.contexts(), len, lanes),
            indirect: (positions.contexts() == Contexts::Table).then(|| Indirect::new(len)),
            run_model: RunModel::new(positions.contexts(), period, lanes),
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// Multiply-adds that the network took in this step of the first `active` lanes.
    pub fn network_products(&self, active: usize) -> u64 {
        self.network.as_ref().map_or(0, |(config, _)| {
            let has_logits = self.lanes[..active].iter().filter(|lane| lane.has_logits);
            active as u64 * config.step_products()
                + has_logits.count() as u64 * config.head_products()
        })
    }

    /// Takes logits for a lane's next byte, Q11 of log2, the largest at the top of the range, instead of those of a network of its own: after
    /// `run_network`, before `code`.
    pub fn force_logits(&mut self, lane: usize, mut logits: [i16; 256]) {
        self.lanes[lane].take_logits(&mut logits);
    }

    fn begin_lane(&mut self, lane: usize, step: usize, content: &[u8]) {
        let past = self.past(lane, step, content);
        let (own, matches) = (&mut self.lanes[lane], &self.matches);
        own.position = self.positions.at(past.position);
        own.last = past.back(1) as u8;
        own.groups = matches.locate(&past);
        let predicted = || matches.predicted(lane, &past).iter().any(|m| m.bucket > 0);
        own.mode = self.run_model.mode(own.position, lane, predicted);
        own.has_logits = false;
        own.mixed = false;
        // The contexts of text were found before the last byte was learned.
        if own.mode == CodingMode::Mixed
            && (step == 0 || self.positions.contexts() != Contexts::Text)
        {
            self.find_lane_contexts(lane, &past);
        }
    }

    /// Finds a lane's contexts.
    fn find_lane_contexts(&mut self, lane: usize, past: &Past) {
        let (kind, count) = (self.positions.contexts(), self.bits.contexts());
        let own = &mut self.lanes[lane];
        let lags = self.positions.lags(own.position);
        let cross_columns = self.positions.cross_columns(own.position);
        own.contexts = contexts(
            kind,
            count,
            own.position,
            &lags,
            past,
            &own.text,
            &cross_columns,
        );
        // The tables' slots are fetched while the network computes.
        self.bits.prefetch(&own.contexts, past.back(1) as u8);
        if let Some(indirect) = &self.indirect {
            indirect.prefetch(own.contexts[REPEATING]);
        }
    }

    /// What a lane has to know of a byte that was not the one expected.
    fn begin_late(&mut self, lane: usize, step: usize, content: &[u8]) {
        let past = self.past(lane, step, content);
        self.find_lane_contexts(lane, &past);
        let own = &mut self.lanes[lane];
        if let Some((_, network)) = &mut self.network
            && !own.has_logits
        {
            own.read_logits(network, lane);
        }
    }

    fn past<'a>(&self, lane: usize, step: usize, content: &'a [u8]) -> Past<'a> {
        past(self.start, self.lane_len, lane, step, content)
    }
}

impl ByteModel for Predictor<'_> {
    type Trace<'t> = MixedHalf<'t>;

    fn start_segment(&mut self, start: usize, lane_len: usize) {
        self.start = start;
        self.lane_len = lane_len;
        self.matches.go_on(start, lane_len);
    }

    fn find_contexts(&mut self, step: usize, active: usize, content: &[u8]) {
        for lane in 0..active {
            self.begin_lane(lane, step, content);
        }
    }

    fn run_network(&mut self, step: usize, active: usize, content: &[u8]) {
        if let Some((config, network)) = &mut self.network {
            self.network_inputs.clear();
            for (number, lane) in self.lanes[..active].iter().enumerate() {
                let past = past(self.start, self.lane_len, number, step, content);
                self.network_inputs
                    .push(lane.network_inputs(config, self.positions, &past));
            }
            network.step(&self.network_inputs);
            for (number, lane) in self.lanes[..active].iter_mut().enumerate() {
                if lane.mode == CodingMode::Mixed {
                    lane.read_logits(network, number);
                }
            }
        }
    }

    fn code<D: Decide<Self>>(
        &mut self,
        step: usize,
        content: &[u8],
        coded: &mut [u8],
        decide: &mut D,
    ) -> Result<(), D::Error> {
        // All lanes' upper halves first: the lower halves' slots, which depend on them, are fetched meanwhile.
        for (lane, coded) in coded.iter_mut().enumerate() {
            let mut coder = |decision, one| decide.decide(lane, decision, one);
            match self.lanes[lane].mode {
                CodingMode::Mixed => {}
                CodingMode::Run(byte, sure) => {
                    if coder(Decision::Same(byte), sure)? {
                        *coded = byte;
                        continue;
                    }
                    self.begin_late(lane, step, content);
                }
                CodingMode::Bypass => {
                    *coded = (0..8).try_fold(0, |byte, k| {
                        coder(Decision::Bit(k), EVEN).map(|bit| byte << 1 | u8::from(bit))
                    })?;
                    continue;
                }
            }
            let past = self.past(lane, step, content);
            let own = &mut self.lanes[lane];
            own.mixed = true;
            let [a, b, c] = self.matches.predicted(lane, &past);
            let indirect = match &self.indirect {
                Some(indirect) => indirect.predicted(own.contexts[REPEATING]),
                None => PredictedByte::default(),
            };
            own.predicted = [a, b, c, indirect];
            let byte_context = own.byte_context(self.positions.contexts());
            self.bits.upper(lane, &byte_context, coder)?;
            decide.trace(lane, MixedHalf::new(&self.bits, lane, 0));
        }
        // The lower halves' slots are fetched while the upper halves are learned.
        for (lane, own) in self.lanes[..coded.len()].iter().enumerate() {
            if own.mixed {
                self.bits.learn_upper(lane);
            }
        }
        for (lane, coded) in coded.iter_mut().enumerate() {
            let own = &self.lanes[lane];
            if own.mixed {
                let byte_context = own.byte_context(self.positions.contexts());
                let coder = |decision, one| decide.decide(lane, decision, one);
                *coded = self.bits.lower(lane, &byte_context, coder)?;
                decide.trace(lane, MixedHalf::new(&self.bits, lane, 1));
            }
        }
        Ok(())
    }

    fn learn(&mut self, step: usize, active: usize, content: &[u8]) {
        // What the matches compare, and in text the next byte's slots, are fetched while the lower halves are learned.
        let text = self.positions.contexts() == Contexts::Text;
        for lane in 0..active {
            let mut past = self.past(lane, step, content);
            let own = &mut self.lanes[lane];
            own.text.update(content[past.position]);
            self.matches.prefetch_candidates(lane, &own.groups, &past);
            if text && past.position + 1 < content.len() {
                past.position += 1;
                self.lanes[lane].position = self.positions.at(past.position);
                self.find_lane_contexts(lane, &past);
            }
        }
        for lane in 0..active {
            let own = &mut self.lanes[lane];
            own.wrong = own.mixed.then(|| self.bits.learn_lower(lane));
        }
        for lane in 0..active {
            let past = self.past(lane, step, content);
            let byte = content[past.position];
            let own = &mut self.lanes[lane];
            let position = self.positions.at(past.position);
            if let Some(indirect) = self.indirect.as_mut().filter(|_| own.mixed) {
                indirect.learn(own.contexts[REPEATING], byte);
            }
            self.run_model.learn(position, lane, byte, own.wrong);
            self.matches.learn(lane, &own.groups, &past);
        }
    }
}

fn past(first: usize, lane_len: usize, lane: usize, step: usize, content: &[u8]) -> Past<'_> {
    let start = first + lane * lane_len;
    Past {
        content,
        start,
        position: start + step,
    }
}
