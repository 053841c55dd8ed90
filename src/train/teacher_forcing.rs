//! Teacher forcing: coding as it will be, counters and mixers learning along, with the float twin's logits in the place
//! of the network's.
//!
//! The network is one input of a mix. Trained alone it learns what the counters learn by themselves; trained within the mix it
//! learns what they do not. The true bytes are fed back, whatever is predicted: teacher forcing (Williams and Zipser 1989).

use super::forced::{Forced, MixWatch, MixedByte};
use super::piece::Piece;
use super::twin::{Pass, Twin, TwinStates};
use super::window::{Batch, LaneStretch, window};
use crate::error::Result;
use crate::kernel;
use crate::layout::Positions;
use crate::level::Effort;
use crate::model::Predictor;
use crate::model_file::Model;
use crate::stream::{Lanes, NoCoder, drive};
use rayon::prelude::*;
use std::f32::consts::LOG2_E;
use std::sync::Arc;

/// What training codes with.
pub const EFFORT: Effort = Effort::Default;

/// Draws after which no long enough excerpt is expected any more.
const DRAWS: usize = 100;

/// An excerpt of a piece, coded like a frame of its own.
#[derive(Clone, Copy)]
pub struct Excerpt<'a> {
    /// The bytes; they begin where a record or element does as the piece does.
    pub content: &'a [u8],
    /// Where they are in their records.
    pub positions: &'a Positions,
    /// Lanes to code them in.
    pub lanes: usize,
}

impl<'a> Excerpt<'a> {
    /// Up to `len` bytes of a piece from about `start` on.
    pub fn of(piece: &'a Piece, start: usize, len: usize, lanes: usize) -> Excerpt<'a> {
        let period = piece.positions.layout().period().max(1) as usize;
        let start = start.min(piece.content.len()) / period * period;
        let end = piece.content.len().min(start + len);
        Excerpt {
            content: &piece.content[start..end],
            positions: &piece.positions,
            lanes,
        }
    }

    /// Bytes of a lane; the last one may have fewer, by less than the number of lanes, which nobody trains on.
    pub fn lane_len(&self) -> usize {
        self.content.len().div_ceil(self.lanes)
    }

    /// The lanes, as a segment of its own has them.
    pub fn all_lanes(&self) -> Lanes {
        Lanes::new(self.lanes, 0, self.content.len())
    }

    /// Steps that all lanes take.
    pub fn steps(&self) -> usize {
        let others = (self.lanes - 1) * self.lane_len();
        self.content.len().saturating_sub(others)
    }
}

/// One walk along a excerpt, all lanes in lock step.
struct ChunkWalk<'a> {
    excerpt: Excerpt<'a>,
    predictor: Predictor<'a>,
    step: usize,
}

/// Several walks side by side: a batch is a window of each.
pub struct TeacherForcing<'a> {
    walks: Vec<ChunkWalk<'a>>,
    states: TwinStates,
    steps: usize,
}

/// A window of every walk: what the twin learns from.
pub struct ForcedWindow {
    /// The network's inputs and the bytes to predict.
    pub batch: Batch,
    /// The twin's pass over them.
    pub pass: Pass,
    /// The gradient of each byte's cost in nats, `[tokens][256]`, in the network's logits.
    pub gradient: Arc<Vec<[f32; 256]>>,
    /// Bits that the whole mix took.
    pub bits: f64,
}

impl<'a> TeacherForcing<'a> {
    /// Along these excerpts, in windows of `steps`.
    pub fn new(twin: &Twin, excerpts: Vec<Excerpt<'a>>, steps: usize) -> TeacherForcing<'a> {
        let lanes = excerpts.iter().map(|excerpt| excerpt.lanes).sum();
        TeacherForcing {
            walks: excerpts.into_iter().map(ChunkWalk::new).collect(),
            states: twin.states(lanes),
            steps,
        }
    }

    /// Replaces every walk that has no window left by one along another excerpt, of as many lanes; false if there is none.
    pub fn renew(&mut self, mut another: impl FnMut() -> Option<Excerpt<'a>>) -> bool {
        let mut first = 0;
        for walk in &mut self.walks {
            let lanes = first..first + walk.excerpt.lanes;
            first = lanes.end;
            if walk.step + self.steps > walk.excerpt.steps() {
                // A excerpt may be shorter than a window; of several draws one will do.
                let long = |excerpt: &Excerpt| {
                    excerpt.steps() >= self.steps && excerpt.lanes == lanes.len()
                };
                let Some(excerpt) = (0..DRAWS).find_map(|_| another().filter(long)) else {
                    return false;
                };
                *walk = ChunkWalk::new(excerpt);
                let states = self.states.iter_mut().flat_map(|s| &mut s[lanes.clone()]);
                states.for_each(|state| state.reset());
            }
        }
        true
    }

    /// The next window of every walk.
    pub fn next(&mut self, twin: &Twin) -> Result<ForcedWindow> {
        let steps = self.steps;
        let stretches = self.walks.iter().flat_map(ChunkWalk::stretches);
        let stretches: Vec<LaneStretch> = stretches.collect();
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
            let tokens = walk.excerpt.lanes * steps;
            work.push((
                walk,
                network.split_off(..tokens).unwrap_or_default(),
                gradients.split_off_mut(..tokens).unwrap_or_default(),
            ));
        }
        let bits: Vec<f64> = { work.into_par_iter() }
            .map(|(walk, network, gradients)| walk.play(steps, network, &bias, gradients))
            .collect();
        Ok(ForcedWindow {
            batch,
            pass,
            gradient: Arc::new(gradient),
            bits: bits.iter().sum(),
        })
    }
}

impl<'a> ChunkWalk<'a> {
    fn new(excerpt: Excerpt<'a>) -> ChunkWalk<'a> {
        let len = excerpt.content.len();
        ChunkWalk {
            excerpt,
            predictor: Predictor::new(None, EFFORT, excerpt.positions, len, excerpt.lanes),
            step: 0,
        }
    }

    fn stretches(&self) -> impl Iterator<Item = LaneStretch<'a>> + use<'a> {
        let (excerpt, step) = (self.excerpt, self.step);
        (0..excerpt.lanes).map(move |lane| LaneStretch {
            content: excerpt.content,
            positions: excerpt.positions,
            position: lane * excerpt.lane_len() + step,
            wall: lane * excerpt.lane_len(),
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
        let (lanes, first) = (self.excerpt.all_lanes(), self.step);
        let logits =
            |lane: usize, step: usize| integer_logits(&network[lane * steps + step - first], bias);
        let mut model = Forced {
            predictor: &mut self.predictor,
            lanes: lanes.count,
            logits,
        };
        let mut watch = MixWatch::new(lanes.count, |lane, step, mixed: &MixedByte, byte| {
            let gradient_of = &mut gradients[lane * steps + step - first];
            *gradient_of = gradient(&logits(lane, step), mixed, byte);
        });
        let mut content = self.excerpt.content;
        let steps = first..first + steps;
        self.step = steps.end;
        let Ok(()) = drive(
            &mut model,
            &lanes,
            steps,
            &mut content,
            &mut NoCoder,
            &mut watch,
        );
        watch.bits
    }
}

/// The gradient of a byte's cost, in nats, in the network's logits.
///
/// At each node the network predicts `ln(sum of the frequencies on the one side / on the other)`; the mix's logit has a gradient in that,
/// and its cost falls by the gradient times how wrong the mix is.
pub(super) fn gradient(network: &[i16; 256], mixed: &MixedByte, byte: u8) -> [f32; 256] {
    let mut frequencies = [0; 256];
    // The network's logits are Q11, the softmax takes Q9.
    kernel::softmax(&network.map(|logit| logit >> 2), &mut frequencies);
    let mut gradient = [0.0; 256];
    let (mut first, mut len) = (0, 256);
    for (k, (&one, &inner)) in mixed.one.iter().zip(&mixed.gradients).enumerate() {
        len /= 2;
        let bit = byte >> (7 - k) & 1 == 1;
        let wrong = f32::from(one) / 65536.0 - f32::from(u8::from(bit));
        let outer = inner as f32 / 8192.0 * wrong;
        for (side, sign) in [(first, -1.0), (first + len, 1.0)] {
            let sum: u32 = frequencies[side..side + len].iter().sum();
            let scale = sign * outer / sum as f32;
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
fn integer_logits(nats: &[f32; 256], bias: &[f32]) -> [i16; 256] {
    let mut sum = *nats;
    sum.iter_mut().zip(bias).for_each(|(s, b)| *s += b);
    let top = sum.iter().fold(f32::MIN, |a, &b| a.max(b));
    sum.map(|n| ((n - top) * LOG2_E * 2048.0 + 32767.0) as i16)
}

/// What quantisation costs: bits a byte of the whole predictor, on the very same excerpts.
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

/// Bits a byte of excerpts of as many steps each, coded with the twin.
pub fn float_bits(twin: &Twin, excerpts: &[Excerpt]) -> Result<f64> {
    let steps = excerpts.iter().map(Excerpt::steps).min().unwrap_or(0);
    let mut forcing = TeacherForcing::new(twin, excerpts.to_vec(), STEPS.min(steps));
    let (mut bits, mut bytes) = (0.0, 0);
    for _ in 0..steps / STEPS.min(steps).max(1) {
        let window = forcing.next(twin)?;
        bits += window.bits;
        bytes += window.batch.targets.len();
    }
    Ok(bits / bytes.max(1) as f64)
}

/// The same with the integer network.
pub fn integer_bits(model: &Model, excerpts: &[Excerpt]) -> f64 {
    let steps = excerpts.iter().map(Excerpt::steps).min().unwrap_or(0);
    let steps = steps / STEPS.min(steps).max(1) * STEPS.min(steps);
    let one = |excerpt: &Excerpt| {
        let (lanes, mut content) = (excerpt.all_lanes(), excerpt.content);
        let mut predictor = Predictor::new(
            Some(model.network()),
            EFFORT,
            excerpt.positions,
            content.len(),
            lanes.count,
        );
        let mut watch = MixWatch::new(lanes.count, |_, _, _: &MixedByte, _| ());
        let Ok(()) = drive(
            &mut predictor,
            &lanes,
            0..steps,
            &mut content,
            &mut NoCoder,
            &mut watch,
        );
        watch.bits
    };
    let bits: Vec<f64> = excerpts.par_iter().map(one).collect();
    let bytes: usize = excerpts.iter().map(|excerpt| excerpt.lanes * steps).sum();
    bits.iter().sum::<f64>() / bytes.max(1) as f64
}

/// Both.
pub fn gap(twin: &Twin, model: &Model, excerpts: &[Excerpt]) -> Result<Gap> {
    Ok(Gap {
        float: float_bits(twin, excerpts)?,
        integer: integer_bits(model, excerpts),
    })
}
