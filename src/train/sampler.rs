//! Lanes over a corpus: windows of consecutive bytes, the states carried from one to the next.

use super::corpus::{Corpus, Piece};
use crate::layout::NO_TAP;
use crate::model::{Config, TOKENS};
use std::sync::Arc;

/// One window of every lane.
pub struct Batch {
    /// Lanes in it.
    pub lanes: usize,
    /// `[lanes][steps][taps + 1]` rows of the embedding.
    pub indices: Arc<Vec<u32>>,
    /// `[lanes][steps]` the bytes to predict.
    pub targets: Arc<Vec<u8>>,
    /// Lanes that begin a new stretch: their states are to be reset before this window.
    pub fresh: Vec<usize>,
}

/// A stretch of a piece that a lane walks along.
#[derive(Clone, Copy)]
pub struct Stretch {
    /// Index into the corpus.
    pub piece: usize,
    /// The next byte to predict.
    pub position: usize,
    /// Where it ends.
    pub end: usize,
    /// Taps see nothing before this: the start of a lane.
    pub wall: usize,
}

/// Draws stretches of the training part at random, a piece with probability `bytes^0.6`.
pub struct Sampler<'a> {
    corpus: &'a Corpus,
    config: Config,
    random: fastrand::Rng,
    cumulative: Vec<f64>,
    lanes: Vec<Option<Stretch>>,
    steps: usize,
}

/// Bytes that a lane stays with a piece.
const STRETCH: usize = 4096;
/// One stretch in this many starts like a frame's lane, with nothing before it.
const COLD: u32 = 4;

impl<'a> Sampler<'a> {
    pub fn new(corpus: &'a Corpus, config: &Config, lanes: usize, steps: usize, seed: u64) -> Self {
        let mut sum = 0.0;
        let cumulative = corpus
            .pieces
            .iter()
            .map(|p| {
                sum += (p.split as f64).powf(0.6);
                sum
            })
            .collect();
        Sampler {
            corpus,
            config: *config,
            random: fastrand::Rng::with_seed(seed ^ 0x5a5a),
            cumulative,
            lanes: vec![None; lanes],
            steps,
        }
    }

    /// The next window of every lane.
    pub fn next_batch(&mut self) -> Batch {
        let mut fresh = Vec::new();
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].is_none_or(|s| s.position + self.steps > s.end) {
                self.lanes[lane] = Some(self.draw());
                fresh.push(lane);
            }
        }
        let stretches: Vec<Stretch> = self.lanes.iter().flatten().copied().collect();
        let batch = window(self.corpus, &self.config, &stretches, self.steps, fresh);
        self.lanes
            .iter_mut()
            .flatten()
            .for_each(|s| s.position += self.steps);
        batch
    }

    fn draw(&mut self) -> Stretch {
        let at = self.random.f64() * self.cumulative.last().copied().unwrap_or(0.0);
        let piece = self
            .cumulative
            .partition_point(|&c| c <= at)
            .min(self.corpus.pieces.len() - 1);
        let split = self.corpus.pieces[piece].split;
        let start = self.random.usize(0..=split.saturating_sub(STRETCH));
        let wall = if self.random.u32(0..COLD) == 0 {
            start
        } else {
            0
        };
        Stretch {
            piece,
            position: start,
            end: (start + STRETCH).min(split),
            wall,
        }
    }
}

/// The window of `steps` bytes at each stretch's position.
pub fn window(
    corpus: &Corpus,
    config: &Config,
    stretches: &[Stretch],
    steps: usize,
    fresh: Vec<usize>,
) -> Batch {
    let picks = usize::from(config.taps) + 1;
    let mut indices = Vec::with_capacity(stretches.len() * steps * picks);
    let mut targets = Vec::with_capacity(stretches.len() * steps);
    for s in stretches {
        let piece = &corpus.pieces[s.piece];
        for position in s.position..s.position + steps {
            let tokens = tokens(piece, s.wall, position);
            indices.extend(
                tokens[..picks - 1]
                    .iter()
                    .enumerate()
                    .map(|(tap, &token)| (tap * TOKENS) as u32 + u32::from(token)),
            );
            indices.push(((picks - 1) * TOKENS + config.phase(piece.places.at(position))) as u32);
            targets.push(piece.content[position]);
        }
    }
    Batch {
        lanes: stretches.len(),
        indices: Arc::new(indices),
        targets: Arc::new(targets),
        fresh,
    }
}

/// The tap tokens of the byte at `position` of a piece, for a lane that starts at `wall`.
pub fn tokens(piece: &Piece, wall: usize, position: usize) -> [u16; crate::layout::TAPS] {
    piece.places.lags(piece.places.at(position)).map(|lag| {
        let lag = lag as usize;
        if lag == 0 || lag > position - wall {
            NO_TAP
        } else {
            u16::from(piece.content[position - lag])
        }
    })
}

/// Evenly spaced stretches of the held-out ends, at most `count` of `len` bytes, each starting cold.
pub fn held_out(corpus: &Corpus, count: usize, len: usize) -> Vec<Stretch> {
    let held: Vec<(usize, usize)> = corpus
        .pieces
        .iter()
        .enumerate()
        .flat_map(|(piece, p)| {
            (p.split..)
                .step_by(len)
                .take_while(move |s| s + len <= p.content.len())
                .map(move |s| (piece, s))
        })
        .collect();
    let stride = held.len().div_ceil(count.max(1)).max(1);
    held.into_iter()
        .step_by(stride)
        .map(|(piece, start)| Stretch {
            piece,
            position: start,
            end: start + len,
            wall: start,
        })
        .collect()
}
