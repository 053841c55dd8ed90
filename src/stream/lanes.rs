//! One part of a frame coded by the predictor, its lanes in lock step.

use crate::coder::{BadWords, LaneDecoder, LaneEncoder};
use crate::layout::Contexts;
use crate::level::Effort;
use crate::model::{Predictor, Question};
use std::convert::Infallible;

/// Most lanes in a part.
pub const MAX_LANES: usize = 64;

/// The number of lanes that a frame of `len` bytes, or each of its parts, is split into: a rule of the encoder, recorded in the frame. Fewer
/// lanes see more of the frame before them, which text gains most by; with more, what a byte needs from memory comes while others
/// are coded.
pub fn lane_count(effort: Effort, kind: Contexts, len: usize) -> usize {
    let settings = effort.settings();
    match kind {
        _ if len < 0x2000 => 1,
        Contexts::Text => settings.lanes.text,
        _ if len > 0xffff => settings.long_lanes,
        _ => settings.lanes.numbers,
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

/// Range coder words of each lane of `bytes[start..]`; those before are known.
pub(super) fn encode(
    predictor: &mut Predictor,
    lanes: usize,
    bytes: &[u8],
    start: usize,
) -> Vec<Vec<u32>> {
    let len = bytes.len() - start;
    let lane_len = lane_len(len, lanes);
    predictor.go_on(start, lane_len);
    let mut coders: Vec<LaneEncoder> = (0..lanes).map(|_| LaneEncoder::default()).collect();
    let mut coded = vec![0; lanes];
    for step in 0..lane_len {
        let active = active(len, lane_len, lanes, step);
        predictor.begin(step, active, bytes);
        let answer = |lane: usize, question: Question, one| {
            let yes = question.answer(bytes[start + lane * lane_len + step]);
            coders[lane].encode(yes, one);
            Ok::<bool, Infallible>(yes)
        };
        let Ok(()) = predictor.code(step, bytes, &mut coded[..active], answer);
        predictor.learn(step, active, bytes);
    }
    coders.into_iter().map(LaneEncoder::finish).collect()
}

/// The inverse: fills in `bytes[start..]`; `words` are exactly those of each lane.
///
/// # Errors
/// `BadWords` if a lane's words run out, are left over, or are no code of its bytes.
pub(super) fn decode(
    predictor: &mut Predictor,
    words: &[&[u32]],
    bytes: &mut [u8],
    start: usize,
) -> Result<(), BadWords> {
    let (lanes, len) = (words.len(), bytes.len() - start);
    let lane_len = lane_len(len, lanes);
    predictor.go_on(start, lane_len);
    let mut coders = words
        .iter()
        .map(|w| LaneDecoder::new(w))
        .collect::<Result<Vec<_>, _>>()?;
    let mut coded = vec![0; lanes];
    for step in 0..lane_len {
        let active = active(len, lane_len, lanes, step);
        predictor.begin(step, active, bytes);
        let answer = |lane: usize, _, one| coders[lane].decode(one);
        predictor.code(step, bytes, &mut coded[..active], answer)?;
        for (lane, &byte) in coded[..active].iter().enumerate() {
            bytes[start + lane * lane_len + step] = byte;
        }
        predictor.learn(step, active, bytes);
    }
    coders.into_iter().try_for_each(LaneDecoder::finish)
}
