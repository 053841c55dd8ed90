//! Windows of consecutive bytes, one a lane: what the twin sees and what it has to predict.

use super::piece::Piece;
use crate::layout::{NO_TAP, Positions, TAPS};
use crate::model::{Config, TOKENS};
use std::sync::Arc;

/// One window of every lane.
pub struct Batch {
    /// `[lanes][steps][taps + 1]` rows of the embedding.
    pub indices: Arc<Vec<u32>>,
    /// `[lanes][steps]` the bytes to predict.
    pub targets: Arc<Vec<u8>>,
}

/// A stretch of coded bytes that a lane walks along.
#[derive(Clone, Copy)]
pub struct LaneStretch<'a> {
    /// The bytes.
    pub content: &'a [u8],
    /// Where they are in their records.
    pub positions: &'a Positions,
    /// The next byte to predict.
    pub position: usize,
    /// Taps see nothing before this: the start of a lane.
    pub wall: usize,
}

/// The window of `steps` bytes at each stretch's position.
pub fn window(config: &Config, stretches: &[LaneStretch], steps: usize) -> Batch {
    let picks = usize::from(config.taps) + 1;
    let mut indices = Vec::with_capacity(stretches.len() * steps * picks);
    let mut targets = Vec::with_capacity(stretches.len() * steps);
    for stretch in stretches {
        for position in stretch.position..stretch.position + steps {
            let tokens = tokens(stretch, position);
            let rows = tokens[..picks - 1].iter().enumerate();
            indices.extend(rows.map(|(tap, &token)| (tap * TOKENS) as u32 + u32::from(token)));
            let phase = config.phase(stretch.positions.at(position));
            indices.push(((picks - 1) * TOKENS + phase) as u32);
            targets.push(stretch.content[position]);
        }
    }
    Batch {
        indices: Arc::new(indices),
        targets: Arc::new(targets),
    }
}

/// The tap tokens of the byte at `position`.
fn tokens(stretch: &LaneStretch, position: usize) -> [u16; TAPS] {
    let lags = stretch.positions.lags(stretch.positions.at(position));
    lags.map(|lag| {
        let lag = lag as usize;
        if lag == 0 || lag > position - stretch.wall {
            NO_TAP
        } else {
            u16::from(stretch.content[position - lag])
        }
    })
}

/// At most `count` evenly spaced stretches of `len` bytes, each starting cold; of all there are if they are short.
pub fn spread<'a>(
    pieces: impl Iterator<Item = &'a Piece>,
    count: usize,
    len: usize,
) -> Vec<LaneStretch<'a>> {
    let starts = |piece: &'a Piece| {
        let last = piece.content.len().saturating_sub(len);
        (0..=last).step_by(len).map(move |start| LaneStretch {
            content: &piece.content,
            positions: &piece.positions,
            position: start,
            wall: start,
        })
    };
    let long = |stretch: &LaneStretch| stretch.content.len() >= len;
    let all: Vec<LaneStretch> = pieces.flat_map(starts).filter(long).collect();
    let stride = all.len().div_ceil(count.max(1)).max(1);
    all.into_iter().step_by(stride).collect()
}
