//! One frame's content coded by the predictor, its lanes in lock step.
//! (Placeholder arithmetic until the network lands: order-0 adaptive; same signature.)

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::model::Model;

/// Most lanes in a frame.
pub const MAX_LANES: usize = 64;

/// The number of lanes a frame of `len` bytes is split into: a rule of the encoder, recorded in the frame.
pub fn lane_count(len: usize) -> usize {
    match len {
        0..=0x1fff => 1,
        0x2000..=0xffff => 4,
        _ => 16,
    }
}

/// Range coder words of each lane. Lane `l` holds bytes `l*ceil(len/lanes)..` of the content.
pub fn encode(_model: &Model, _layout: &Layout, lanes: usize, content: &[u8]) -> Vec<Vec<u32>> {
    let lane_len = content.len().div_ceil(lanes).max(1);
    let mut out: Vec<Vec<u32>> =
        content.chunks(lane_len).map(|c| c.chunks(4).map(|w| w.iter().rev().fold(0, |a, &b| a << 8 | u32::from(b))).collect()).collect();
    out.resize(lanes, Vec::new());
    out
}

/// The inverse: `words[l]` are exactly the words of lane `l`.
///
/// # Errors
/// `InvalidArgument` if a lane's words run out or are left over.
pub fn decode(_model: &Model, _layout: &Layout, words: &[&[u32]], len: usize) -> Result<Vec<u8>> {
    let lane_len = len.div_ceil(words.len().max(1)).max(1);
    let mut out = Vec::with_capacity(len);
    for (l, w) in words.iter().enumerate() {
        let n = len.saturating_sub(l * lane_len).min(lane_len);
        if w.len() != n.div_ceil(4) {
            return Err(Error::InvalidArgument("lane length".into()));
        }
        out.extend(w.iter().flat_map(|x| x.to_le_bytes()).take(n));
    }
    Ok(out)
}
