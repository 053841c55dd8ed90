//! One frame's content coded by the predictor, its lanes in lock step.

use crate::coder::{BadWords, LaneDecoder, LaneEncoder};
use crate::layout::{Contexts, Places};
use crate::level::Effort;
use crate::model::{Model, Predictor, Question};
use std::convert::Infallible;

/// Most lanes in a frame.
pub const MAX_LANES: usize = 64;

/// The number of lanes a frame of `len` bytes is split into: a rule of the encoder, recorded in the frame. Fewer lanes
/// see more of the frame before them, which text gains most by; with more, what a byte needs from memory comes while others are
/// coded.
pub fn lane_count(effort: Effort, kind: Contexts, len: usize) -> usize {
    match (effort, kind) {
        _ if len < 0x2000 => 1,
        (Effort::Best, _) | (Effort::Default, Contexts::Text) => 1,
        (Effort::Fast, Contexts::Text) => 2,
        (Effort::Fast, _) if len > 0xffff => 8,
        _ => 4,
    }
}

/// Bytes of every lane but the last ones, which may be shorter or empty.
pub(super) fn lane_len(len: usize, lanes: usize) -> usize {
    len.div_ceil(lanes.max(1)).max(1)
}

/// How many lanes have a byte at `step`: always the first ones.
pub(super) fn active(len: usize, lane_len: usize, lanes: usize, step: usize) -> usize {
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
    /// What was asked of it, and the probability of a yes, in 1/65536.
    pub asked: &'a [(Question, u16)],
    /// What predicted it.
    pub predictor: &'a Predictor<'m>,
}

/// Shows every byte of a content to `each`, in the order of coding: step by step, lane by lane.
pub fn predict(
    model: Option<&Model>,
    effort: Effort,
    places: &Places,
    lanes: usize,
    content: &[u8],
    mut each: impl FnMut(Step),
) {
    let lane_len = lane_len(content.len(), lanes);
    let mut predictor = Predictor::new(model, effort, places, content.len(), lanes, lane_len);
    let mut asked = vec![Vec::new(); lanes];
    let mut coded = vec![0; lanes];
    for step in 0..lane_len {
        let active = active(content.len(), lane_len, lanes, step);
        predictor.begin(step, active, content);
        asked.iter_mut().for_each(Vec::clear);
        let answer = |lane: usize, question: Question, one| {
            asked[lane].push((question, one));
            Ok::<bool, Infallible>(question.answer(content[lane * lane_len + step]))
        };
        let Ok(()) = predictor.code(step, content, &mut coded[..active], answer);
        for (lane, asked) in asked[..active].iter().enumerate() {
            each(Step {
                lane,
                position: lane * lane_len + step,
                asked,
                predictor: &predictor,
            });
        }
        predictor.learn(step, active, content);
    }
}

/// Range coder words of each lane. Lane `l` holds the content's bytes from `l * ceil(len / lanes)`.
pub fn encode(
    model: Option<&Model>,
    effort: Effort,
    places: &Places,
    lanes: usize,
    content: &[u8],
) -> Vec<Vec<u32>> {
    let lane_len = lane_len(content.len(), lanes);
    let mut predictor = Predictor::new(model, effort, places, content.len(), lanes, lane_len);
    let mut coders: Vec<LaneEncoder> = (0..lanes).map(|_| LaneEncoder::default()).collect();
    let mut coded = vec![0; lanes];
    for step in 0..lane_len {
        let active = active(content.len(), lane_len, lanes, step);
        predictor.begin(step, active, content);
        let answer = |lane: usize, question: Question, one| {
            let yes = question.answer(content[lane * lane_len + step]);
            coders[lane].encode(yes, one);
            Ok::<bool, Infallible>(yes)
        };
        let Ok(()) = predictor.code(step, content, &mut coded[..active], answer);
        predictor.learn(step, active, content);
    }
    coders.into_iter().map(LaneEncoder::finish).collect()
}

/// The inverse: `words[l]` are exactly the words of lane `l`.
///
/// # Errors
/// `BadWords` if a lane's words run out, are left over, or are no code of its bytes. Damaged words can also decode to
/// wrong bytes: the frame's checksum decides.
pub fn decode(
    model: Option<&Model>,
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
    let mut coded = vec![0; lanes];
    for step in 0..lane_len {
        let active = active(len, lane_len, lanes, step);
        predictor.begin(step, active, &content);
        let answer = |lane: usize, _, one| coders[lane].decode(one);
        predictor.code(step, &content, &mut coded[..active], answer)?;
        for (lane, &byte) in coded[..active].iter().enumerate() {
            content[lane * lane_len + step] = byte;
        }
        predictor.learn(step, active, &content);
    }
    coders.into_iter().try_for_each(LaneDecoder::finish)?;
    Ok(content)
}
