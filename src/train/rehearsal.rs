//! Coding as it will be, counters and mixers learning along, with the float twin in the network's place.
//!
//! The network is one voice of a mix. Trained alone it learns what the counters learn by themselves; trained within the mix it
//! learns what they do not.

use super::corpus::Piece;
use super::twin::{Pass, States, Twin};
use super::window::{Batch, Stretch, window};
use crate::error::{Error, Result};
use crate::kernel;
use crate::layout::Places;
use crate::level::Effort;
use crate::model::{Model, Predictor, Question, Said};
use rayon::prelude::*;
use std::convert::Infallible;
use std::f32::consts::LOG2_E;
use std::sync::Arc;

/// What rehearsals code with.
pub const EFFORT: Effort = Effort::Default;

/// Draws after which no long enough part is expected any more.
const DRAWS: usize = 100;

/// A part of a piece, coded like a frame of its own.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// The bytes; they begin where a record or element does as the piece does.
    pub content: &'a [u8],
    /// Where they are in their records.
    pub places: &'a Places,
    /// Lanes to code them in.
    pub lanes: usize,
}

impl<'a> Part<'a> {
    /// Up to `len` bytes of a piece from about `start` on.
    pub fn of(piece: &'a Piece, start: usize, len: usize, lanes: usize) -> Part<'a> {
        let period = piece.places.layout().period().max(1) as usize;
        let start = start.min(piece.content.len()) / period * period;
        let end = piece.content.len().min(start + len);
        Part {
            content: &piece.content[start..end],
            places: &piece.places,
            lanes,
        }
    }

    /// Bytes of a lane; the last one may have fewer, by less than the number of lanes, which nobody trains on.
    pub fn lane_len(&self) -> usize {
        self.content.len().div_ceil(self.lanes)
    }

    /// Steps that all lanes take.
    pub fn steps(&self) -> usize {
        let others = (self.lanes - 1) * self.lane_len();
        self.content.len().saturating_sub(others)
    }
}

/// One walk along a part, all lanes in lock step.
struct Walk<'a> {
    part: Part<'a>,
    predictor: Predictor<'a>,
    step: usize,
}

/// Several walks side by side: a batch is a window of each.
pub struct Rehearsal<'a> {
    /// Lends the predictors their shape; its network is not asked.
    host: &'a Model,
    walks: Vec<Walk<'a>>,
    states: States,
    steps: usize,
}

/// A window of every walk: what the twin learns from.
pub struct Scene {
    /// The network's inputs and the bytes to predict.
    pub batch: Batch,
    /// The twin's pass over them.
    pub pass: Pass,
    /// The gradient of each byte's cost in nats, `[tokens][256]`, in the network's logits.
    pub gradient: Arc<Vec<[f32; 256]>>,
    /// Bits that the whole mix took.
    pub bits: f64,
}

impl<'a> Rehearsal<'a> {
    /// Along these parts, in windows of `steps`.
    pub fn new(host: &'a Model, twin: &Twin, parts: Vec<Part<'a>>, steps: usize) -> Rehearsal<'a> {
        let lanes = parts.iter().map(|part| part.lanes).sum();
        Rehearsal {
            host,
            walks: parts
                .into_iter()
                .map(|part| Walk::new(part, host))
                .collect(),
            states: twin.states(lanes),
            steps,
        }
    }

    /// Replaces every walk that has no window left by one along another part, of as many lanes; false if there is none.
    pub fn renew(&mut self, mut another: impl FnMut() -> Option<Part<'a>>) -> bool {
        let mut first = 0;
        for walk in &mut self.walks {
            let lanes = first..first + walk.part.lanes;
            first = lanes.end;
            if walk.step + self.steps > walk.part.steps() {
                // A part may be shorter than a window; of several draws one will do.
                let long = |part: &Part| part.steps() >= self.steps && part.lanes == lanes.len();
                let Some(part) = (0..DRAWS).find_map(|_| another().filter(long)) else {
                    return false;
                };
                *walk = Walk::new(part, self.host);
                let states = self.states.iter_mut().flat_map(|s| &mut s[lanes.clone()]);
                states.for_each(|state| state.reset());
            }
        }
        true
    }

    /// The next window of every walk.
    pub fn next(&mut self, twin: &Twin) -> Result<Scene> {
        let steps = self.steps;
        let stretches = self.walks.iter().flat_map(Walk::stretches);
        let stretches: Vec<Stretch> = stretches.collect();
        let batch = window(&twin.config, &stretches, steps);
        let pass = twin.forward(&batch, &self.states)?;
        self.states = pass.end_states()?;

        let logits = pass.logits.flatten_all()?.to_vec1::<f32>()?;
        let bias = twin.bias.to_vec1::<f32>()?;
        let mut network = logits.as_chunks::<256>().0;
        let mut gradient = vec![[0.0; 256]; network.len()];
        let mut work = Vec::new();
        let mut gradients = &mut gradient[..];
        for walk in &mut self.walks {
            let tokens = walk.part.lanes * steps;
            work.push((
                walk,
                network.split_off(..tokens).unwrap_or_default(),
                gradients.split_off_mut(..tokens).unwrap_or_default(),
            ));
        }
        let bits: Vec<f64> = { work.into_par_iter() }
            .map(|(walk, network, gradients)| walk.play(steps, network, &bias, gradients))
            .collect();
        Ok(Scene {
            batch,
            pass,
            gradient: Arc::new(gradient),
            bits: bits.iter().sum(),
        })
    }
}

impl<'a> Walk<'a> {
    fn new(part: Part<'a>, host: &'a Model) -> Walk<'a> {
        let len = part.content.len();
        Walk {
            part,
            predictor: Predictor::new(Some(host), EFFORT, part.places, len, part.lanes),
            step: 0,
        }
    }

    fn stretches(&self) -> impl Iterator<Item = Stretch<'a>> + use<'a> {
        let (part, step) = (self.part, self.step);
        (0..part.lanes).map(move |lane| Stretch {
            content: part.content,
            places: part.places,
            position: lane * part.lane_len() + step,
            wall: lane * part.lane_len(),
        })
    }

    /// Goes on by `steps` with the network's logits `[lanes][steps]`, without their bias, in nats; leaves their gradient and returns the bits.
    fn play(
        &mut self,
        steps: usize,
        network: &[[f32; 256]],
        bias: &[f32],
        gradients: &mut [[f32; 256]],
    ) -> f64 {
        let Part { content, lanes, .. } = self.part;
        let lane_len = self.part.lane_len();
        let mut bits = 0.0;
        for t in 0..steps {
            let step = self.step + t;
            self.predictor.look_around(step, lanes, content);
            let token = |lane: usize| lane * steps + t;
            let said: Vec<[i16; 256]> = (0..lanes)
                .map(|lane| spoken(&network[token(lane)], bias))
                .collect();
            let look = |_, yes, one| bits += cost(one, yes);
            let became = self.predictor.rehearse(step, content, &said, look);
            for (lane, (said, became)) in said.iter().zip(&became).enumerate() {
                // Where the network is not asked, it has nothing to learn.
                if let Some(became) = became {
                    let byte = content[lane * lane_len + step];
                    gradients[token(lane)] = gradient(said, became, byte);
                }
            }
            self.predictor.learn(step, lanes, content);
        }
        self.step += steps;
        bits
    }
}

/// Bits of an answer whose probability of being yes is `one / 65536`.
pub(super) fn cost(one: u16, yes: bool) -> f64 {
    let p = f64::from(one) / 65536.0;
    -if yes { p } else { 1.0 - p }.log2()
}

/// The gradient of a byte's cost, in nats, in the network's logits.
///
/// At each node the network says `ln(sum of the frequencies on the one side / on the other)`; the mix takes that with a
/// loudness, and its cost falls by the loudness times how wrong the mix is.
pub(super) fn gradient(network: &[i16; 256], said: &[Said; 8], byte: u8) -> [f32; 256] {
    let mut frequencies = [0; 256];
    // The network speaks in Q11, the softmax listens in Q9.
    kernel::softmax(&network.map(|logit| logit >> 2), &mut frequencies);
    let mut gradient = [0.0; 256];
    let (mut first, mut len) = (0, 256);
    for (k, said) in said.iter().enumerate() {
        len /= 2;
        let bit = byte >> (7 - k) & 1 == 1;
        let wrong = f32::from(said.one) / 65536.0 - f32::from(u8::from(bit));
        let loud = said.loudness as f32 / 8192.0 * wrong;
        for (side, sign) in [(first, -1.0), (first + len, 1.0)] {
            let sum: u32 = frequencies[side..side + len].iter().sum();
            let scale = sign * loud / sum as f32;
            let pairs = gradient[side..]
                .iter_mut()
                .zip(&frequencies[side..side + len]);
            pairs.for_each(|(g, &f)| *g += scale * f as f32);
        }
        first += len * usize::from(bit);
    }
    gradient
}

/// Logits in nats as the integer network gives them: Q11 of log2, the largest at the top of the range.
fn spoken(nats: &[f32; 256], bias: &[f32]) -> [i16; 256] {
    let mut sum = *nats;
    sum.iter_mut().zip(bias).for_each(|(s, b)| *s += b);
    let top = sum.iter().fold(f32::MIN, |a, &b| a.max(b));
    sum.map(|n| ((n - top) * LOG2_E * 2048.0 + 32767.0) as i16)
}

/// What quantisation costs: bits a byte of the whole predictor, on the very same parts.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// With the float twin.
    pub float: f64,
    /// With the integer network.
    pub integer: f64,
}

impl Gap {
    /// The share of bits that the integer network needs more; below 0 it needs fewer.
    pub fn relative(&self) -> f64 {
        self.integer / self.float - 1.0
    }
}

/// Steps of a window in evaluation.
const STEPS: usize = 128;

/// Bits a byte of parts of as many steps each, coded with the twin.
pub fn float_bits(twin: &Twin, host: &Model, parts: &[Part]) -> Result<f64> {
    let steps = parts.iter().map(Part::steps).min().unwrap_or(0);
    let mut rehearsal = Rehearsal::new(host, twin, parts.to_vec(), STEPS.min(steps));
    let (mut bits, mut bytes) = (0.0, 0);
    for _ in 0..steps / STEPS.min(steps).max(1) {
        let scene = rehearsal.next(twin)?;
        bits += scene.bits;
        bytes += scene.batch.targets.len();
    }
    Ok(bits / bytes.max(1) as f64)
}

/// The same with the integer network.
pub fn integer_bits(model: &Model, parts: &[Part]) -> f64 {
    let steps = parts.iter().map(Part::steps).min().unwrap_or(0);
    let steps = steps / STEPS.min(steps).max(1) * STEPS.min(steps);
    let one = |part: &Part| {
        let Part {
            content,
            places,
            lanes,
        } = *part;
        let lane_len = part.lane_len();
        let mut predictor = Predictor::new(Some(model), EFFORT, places, content.len(), lanes);
        let (mut bits, mut coded) = (0.0, vec![0; lanes]);
        for step in 0..steps {
            predictor.begin(step, lanes, content);
            let answer = |lane: usize, question: Question, one| {
                let yes = question.answer(content[lane * lane_len + step]);
                bits += cost(one, yes);
                Ok::<bool, Infallible>(yes)
            };
            let Ok(()) = predictor.code(step, content, &mut coded, answer);
            predictor.learn(step, lanes, content);
        }
        bits
    };
    let bits: Vec<f64> = parts.par_iter().map(one).collect();
    let bytes: usize = parts.iter().map(|part| part.lanes * steps).sum();
    bits.iter().sum::<f64>() / bytes.max(1) as f64
}

/// Both.
pub fn gap(twin: &Twin, model: &Model, parts: &[Part]) -> Result<Gap> {
    Ok(Gap {
        float: float_bits(twin, model, parts)?,
        integer: integer_bits(model, parts),
    })
}

/// The built-in model, as a host for rehearsals.
pub fn host() -> Result<&'static Model> {
    match Model::built_in(1) {
        Some(model) => Ok(model),
        None => Err(Error::InvalidArgument(
            "this boa has no built-in model".into(),
        )),
    }
}
