//! The whole predictor of one frame: network, counters and matches, mixed half a byte at a time, for lanes in lock step.

use super::bits::{Bits, COLUMNS, MixedHalf, Situation};
use super::byte_model::{ByteModel, Decide, Decision};
use super::config::Config;
use super::contexts::{CONTEXTS, Past, REPEATING, TextState, contexts};
use super::habits::{Habits, Way};
use super::matches::{Groups, Matches, NAMED, Named};
use super::network::{Heard, Network};
use super::slots::Slots;
use super::weights::NetworkParameters;
use crate::kernel;
use crate::layout::{Contexts, Place, Places};
use crate::level::Effort;

/// Predicts a frame's bytes.
///
/// What it does at each step: see [`ByteModel`].
#[derive(Clone)]
pub struct Predictor<'m> {
    places: &'m Places,
    /// Where the first lane begins: all before it is known.
    start: usize,
    lane_len: usize,
    network: Option<(&'m Config, Network<'m>)>,
    heard: Vec<Heard>,
    matches: Matches,
    bits: Bits,
    /// Of tables only: elsewhere few values come again.
    slots: Option<Slots>,
    habits: Habits,
    lanes: Vec<Lane>,
}

/// The probability of a bit that is as likely 0 as 1.
const EVEN: u16 = 1 << 15;

/// What a lane keeps from the step's beginning until its byte is known.
#[derive(Clone)]
struct Lane {
    place: Place,
    /// The last byte; 0 at the lane's start.
    last: u8,
    /// Sums of the network's frequencies, see [`kernel::tree`].
    sums: [u32; 512],
    contexts: [u64; CONTEXTS],
    named: [Named; NAMED],
    groups: Groups,
    text: TextState,
    way: Way,
    /// Whether a network was heard at this step.
    heard: bool,
    /// Whether the byte was mixed.
    mixed: bool,
    /// If it was, how wrong.
    wrong: Option<i32>,
}

impl Lane {
    /// What its network is to hear.
    fn asks(&self, config: &Config, places: &Places, past: &Past) -> Heard {
        Heard {
            tokens: places.lags(self.place).map(|lag| past.back(lag)),
            phase: config.phase(self.place),
        }
    }

    /// Takes what the network says after its step.
    fn listen(&mut self, network: &mut Network, lane: usize) {
        let mut logits = [0; 256];
        network.speak(lane, &mut logits);
        self.hear(&mut logits);
    }

    /// What is known of its byte.
    fn situation(&self, kind: Contexts) -> Situation<'_> {
        Situation {
            network: self.heard.then_some(&self.sums),
            contexts: &self.contexts,
            named: &self.named,
            phase: match kind {
                Contexts::Text => self.text.phase(),
                _ => self.place.phase,
            },
            column: match kind {
                Contexts::Text => self.text.column(),
                _ => (self.place.column as usize % COLUMNS) as u16,
            },
            last: self.last,
        }
    }

    /// Takes a network's logits, which are used up.
    fn hear(&mut self, logits: &mut [i16; 256]) {
        // The network speaks in Q11, the softmax listens in Q9.
        logits.iter_mut().for_each(|logit| *logit >>= 2);
        let mut frequencies = [0; 256];
        kernel::softmax(logits, &mut frequencies);
        kernel::tree(&frequencies, &mut self.sums);
        self.heard = true;
    }
}

impl<'m> Predictor<'m> {
    /// For a frame of `len` bytes in `lanes` lanes of one length (the last may be shorter). It may do without a network.
    pub fn new(
        network: Option<&'m NetworkParameters>,
        effort: Effort,
        places: &'m Places,
        len: usize,
        lanes: usize,
    ) -> Self {
        Predictor::with(Matches::new(len, lanes), network, effort, places, len)
    }

    /// For a frame in parts, of which each of several predictors meets `len` bytes: with fewer entries for matches, so that they fit in memory
    /// together.
    pub fn of_parts(
        network: Option<&'m NetworkParameters>,
        effort: Effort,
        places: &'m Places,
        len: usize,
        lanes: usize,
    ) -> Self {
        let matches = Matches::of_parts(len, lanes);
        Predictor::with(matches, network, effort, places, len)
    }

    fn with(
        matches: Matches,
        network: Option<&'m NetworkParameters>,
        effort: Effort,
        places: &'m Places,
        len: usize,
    ) -> Self {
        let (lanes, lane_len) = (matches.lanes(), matches.lane_len());
        let lane = || Lane {
            place: places.at(0),
            last: 0,
            sums: [0; 512],
            contexts: [0; CONTEXTS],
            named: [Named::default(); NAMED],
            groups: Groups::default(),
            text: TextState::default(),
            way: Way::Mixed,
            heard: false,
            mixed: false,
            wrong: None,
        };
        let period = places.layout().period() as usize;
        Predictor {
            places,
            start: 0,
            lane_len,
            network: network.map(|network| (&network.config, Network::new(network, lanes))),
            heard: Vec::with_capacity(lanes),
            matches,
            bits: Bits::new(effort, places.contexts(), len, lanes),
            slots: (places.contexts() == Contexts::Table).then(|| Slots::new(len)),
            habits: Habits::new(places.contexts(), period, lanes),
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// Multiply-adds that the network took in this step of the first `active` lanes.
    pub fn network_products(&self, active: usize) -> u64 {
        self.network.as_ref().map_or(0, |(config, _)| {
            let heard = self.lanes[..active].iter().filter(|lane| lane.heard);
            active as u64 * config.step_products() + heard.count() as u64 * config.head_products()
        })
    }

    /// Takes logits for a lane's next byte, Q11 of log2, the largest at the top of the range, instead of those of a network of its own: after
    /// `run_network`, before `code`.
    pub fn force_logits(&mut self, lane: usize, mut logits: [i16; 256]) {
        self.lanes[lane].hear(&mut logits);
    }

    fn begin_lane(&mut self, lane: usize, step: usize, content: &[u8]) {
        let past = self.past(lane, step, content);
        let (own, matches) = (&mut self.lanes[lane], &self.matches);
        own.place = self.places.at(past.position);
        own.last = past.back(1) as u8;
        own.groups = matches.locate(&past);
        let named = || matches.named(lane, &past).iter().any(|m| m.bucket > 0);
        own.way = self.habits.way(own.place, lane, named);
        own.heard = false;
        own.mixed = false;
        // Text has been looked up before the last byte was learned.
        if own.way == Way::Mixed && (step == 0 || self.places.contexts() != Contexts::Text) {
            self.find_lane_contexts(lane, &past);
        }
    }

    /// Finds a lane's contexts.
    fn find_lane_contexts(&mut self, lane: usize, past: &Past) {
        let (kind, count) = (self.places.contexts(), self.bits.contexts());
        let own = &mut self.lanes[lane];
        let lags = self.places.lags(own.place);
        let companions = self.places.companions(own.place);
        own.contexts = contexts(kind, count, own.place, &lags, past, &own.text, &companions);
        // The tables' lines come while the network computes.
        self.bits.prefetch(&own.contexts, past.back(1) as u8);
        if let Some(slots) = &self.slots {
            slots.prefetch(own.contexts[REPEATING]);
        }
    }

    /// What a lane has to know of a byte that was not the one expected.
    fn begin_late(&mut self, lane: usize, step: usize, content: &[u8]) {
        let past = self.past(lane, step, content);
        self.find_lane_contexts(lane, &past);
        let own = &mut self.lanes[lane];
        if let Some((_, network)) = &mut self.network
            && !own.heard
        {
            own.listen(network, lane);
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
            self.heard.clear();
            for (number, lane) in self.lanes[..active].iter().enumerate() {
                let past = past(self.start, self.lane_len, number, step, content);
                self.heard.push(lane.asks(config, self.places, &past));
            }
            network.step(&self.heard);
            for (number, lane) in self.lanes[..active].iter_mut().enumerate() {
                if lane.way == Way::Mixed {
                    lane.listen(network, number);
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
        // All lanes' upper halves first: the lower halves' lines, which depend on them, come meanwhile.
        for (lane, coded) in coded.iter_mut().enumerate() {
            let mut coder = |decision, one| decide.decide(lane, decision, one);
            match self.lanes[lane].way {
                Way::Mixed => {}
                Way::Asked(byte, sure) => {
                    if coder(Decision::Same(byte), sure)? {
                        *coded = byte;
                        continue;
                    }
                    self.begin_late(lane, step, content);
                }
                Way::Plain => {
                    *coded = (0..8).try_fold(0, |byte, k| {
                        coder(Decision::Bit(k), EVEN).map(|bit| byte << 1 | u8::from(bit))
                    })?;
                    continue;
                }
            }
            let past = self.past(lane, step, content);
            let own = &mut self.lanes[lane];
            own.mixed = true;
            let [a, b, c] = self.matches.named(lane, &past);
            let slot = match &self.slots {
                Some(slots) => slots.named(own.contexts[REPEATING]),
                None => Named::default(),
            };
            own.named = [a, b, c, slot];
            let situation = own.situation(self.places.contexts());
            self.bits.upper(lane, &situation, coder)?;
            decide.trace(lane, MixedHalf::new(&self.bits, lane, 0));
        }
        // The lower halves' lines come while the upper halves are learned.
        for (lane, own) in self.lanes[..coded.len()].iter().enumerate() {
            if own.mixed {
                self.bits.learn_upper(lane);
            }
        }
        for (lane, coded) in coded.iter_mut().enumerate() {
            let own = &self.lanes[lane];
            if own.mixed {
                let situation = own.situation(self.places.contexts());
                let coder = |decision, one| decide.decide(lane, decision, one);
                *coded = self.bits.lower(lane, &situation, coder)?;
                decide.trace(lane, MixedHalf::new(&self.bits, lane, 1));
            }
        }
        Ok(())
    }

    fn learn(&mut self, step: usize, active: usize, content: &[u8]) {
        // What the matches look at, and in text the next byte's lines, come while the lower halves are learned.
        let text = self.places.contexts() == Contexts::Text;
        for lane in 0..active {
            let mut past = self.past(lane, step, content);
            let own = &mut self.lanes[lane];
            own.text.update(content[past.position]);
            self.matches.look_ahead(lane, &own.groups, &past);
            if text && past.position + 1 < content.len() {
                past.position += 1;
                self.lanes[lane].place = self.places.at(past.position);
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
            let place = self.places.at(past.position);
            if let Some(slots) = self.slots.as_mut().filter(|_| own.mixed) {
                slots.learn(own.contexts[REPEATING], byte);
            }
            self.habits.learn(place, lane, byte, own.wrong);
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
