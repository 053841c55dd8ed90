//! One frame's content coded by the predictor, its lanes in lock step.

use crate::coder::{BadWords, LaneDecoder, LaneEncoder};
use crate::layout::Places;
use crate::level::Effort;
use crate::model::{Model, Predictor};
use std::convert::Infallible;

/// Most lanes in a frame.
pub const MAX_LANES: usize = 64;

/// The number of lanes a frame of `len` bytes is split into: a rule of the encoder, recorded in the frame. Fewer lanes
/// see more of the frame before them.
pub fn lane_count(effort: Effort, len: usize) -> usize {
    match len {
        0..=0x1fff => 1,
        0x2000..=0xffff => 4,
        _ if effort == Effort::Best => 4,
        _ => 16,
    }
}

/// Bytes of every lane but the last ones, which may be shorter or empty.
fn lane_len(len: usize, lanes: usize) -> usize {
    len.div_ceil(lanes.max(1)).max(1)
}

/// How many lanes have a byte at `step`: always the first ones.
fn active(len: usize, lane_len: usize, lanes: usize, step: usize) -> usize {
    if step >= len {
        0
    } else {
        ((len - step - 1) / lane_len + 1).min(lanes)
    }
}

/// A byte that was predicted and has not been learned.
pub struct Step<'a, 'm> {
    /// Its lane.
    pub lane: usize,
    /// Its place in the content.
    pub position: usize,
    /// The probability of a one at each of its bits, the most significant first, in 1/65536.
    pub ones: [u16; 8],
    /// What predicted it.
    pub predictor: &'a Predictor<'m>,
}

/// Shows every byte of a content to `each`, in the order of coding: step by step, lane by lane.
pub fn predict(
    model: &Model,
    effort: Effort,
    places: &Places,
    lanes: usize,
    content: &[u8],
    mut each: impl FnMut(Step),
) {
    let lane_len = lane_len(content.len(), lanes);
    let mut predictor = Predictor::new(model, effort, places, content.len(), lanes, lane_len);
    for step in 0..lane_len {
        let active = active(content.len(), lane_len, lanes, step);
        predictor.begin(step, active, content);
        for lane in 0..active {
            let position = lane * lane_len + step;
            let byte = content[position];
            let (mut ones, mut k) = ([0; 8], 0);
            let coded = predictor.code(lane, step, content, |one| {
                ones[k] = one;
                k += 1;
                Ok::<bool, Infallible>(bit(byte, k - 1))
            });
            debug_assert_eq!(coded, Ok(byte));
            each(Step {
                lane,
                position,
                ones,
                predictor: &predictor,
            });
        }
        predictor.learn(step, active, content);
    }
}

/// The `k`th bit of a byte, the most significant first.
pub fn bit(byte: u8, k: usize) -> bool {
    byte >> (7 - k) & 1 == 1
}

/// Range coder words of each lane. Lane `l` holds the content's bytes from `l * ceil(len / lanes)`.
pub fn encode(
    model: &Model,
    effort: Effort,
    places: &Places,
    lanes: usize,
    content: &[u8],
) -> Vec<Vec<u32>> {
    let mut coders: Vec<LaneEncoder> = (0..lanes).map(|_| LaneEncoder::default()).collect();
    predict(model, effort, places, lanes, content, |step| {
        for (k, &one) in step.ones.iter().enumerate() {
            coders[step.lane].encode(bit(content[step.position], k), one);
        }
    });
    coders.into_iter().map(LaneEncoder::finish).collect()
}

/// The inverse: `words[l]` are exactly the words of lane `l`.
///
/// # Errors
/// `BadWords` if a lane's words run out, are left over, or are no code of its bytes. Damaged words can also decode to
/// wrong bytes: the frame's checksum decides.
pub fn decode(
    model: &Model,
    effort: Effort,
    places: &Places,
    words: &[&[u32]],
    len: usize,
) -> Result<Vec<u8>, BadWords> {
    let (lanes, lane_len) = (words.len(), lane_len(len, words.len()));
    let mut content = vec![0; len];
    let mut predictor = Predictor::new(model, effort, places, len, lanes, lane_len);
    let mut coders = words
        .iter()
        .map(|w| LaneDecoder::new(w))
        .collect::<Result<Vec<_>, _>>()?;
    for step in 0..lane_len {
        let active = active(len, lane_len, lanes, step);
        predictor.begin(step, active, &content);
        for (lane, coder) in coders.iter_mut().enumerate().take(active) {
            let byte = predictor.code(lane, step, &content, |one| coder.decode(one))?;
            content[lane * lane_len + step] = byte;
        }
        predictor.learn(step, active, &content);
    }
    coders.into_iter().try_for_each(LaneDecoder::finish)?;
    Ok(content)
}
