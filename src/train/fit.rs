//! A network for one input: trained to add to what the counters know, while they code that very input.

use super::coarse::coarsen;
use super::corpus::Corpus;
use super::optimizer::AdamW;
use super::quantize::quantize;
use super::run::{CALIBRATION, TrainingReport, falling};
use super::teacher_forcing::{Excerpt, TeacherForcing};
use super::twin::Twin;
use super::window::spread;
use crate::error::Result;
use crate::model::Config;
use crate::model_file::Model;
use std::time::{Duration, Instant};

/// Lanes that a frame is learned in: more than it is coded in, because together they take less time.
const LANES: usize = 16;
/// Steps of back-propagation, divided among the frames that are coded side by side.
const STEPS: usize = 64;
/// Frames side by side, if there are as many.
const FRAMES: usize = 2;
/// The peak of the learning rate.
const RATE: f64 = 4e-3;
/// Share of the time that is trained; the rest goes into the export and the choice of its precision.
const TRAINING: f64 = 0.93;
const SEED: u64 = 1;

/// Trains a small network on the frames of an input for `time`, to be embedded in the output. `observe` is called after every
/// step; false ends the training as if the time were up. `None` if the corpus has nothing to learn from.
///
/// # Errors
/// `InvalidArgument` if candle fails.
pub fn fit(
    corpus: &Corpus,
    time: Duration,
    observe: &mut dyn FnMut(&TrainingReport) -> bool,
) -> Result<Option<Model>> {
    let frames = corpus.pieces.iter();
    let chunks: Vec<Excerpt> = frames
        .map(|piece| Excerpt::of(piece, 0, piece.content.len(), LANES))
        .filter(|chunk| chunk.steps() >= STEPS)
        .collect();
    if chunks.is_empty() {
        return Ok(None);
    }
    let twin = Twin::new(&shape(corpus), SEED)?;
    let mut optimizer = AdamW::new(twin.parameters()?);
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut order = Vec::new();
    let mut another = || {
        if order.is_empty() {
            order = chunks.clone();
            random.shuffle(&mut order);
        }
        order.pop()
    };
    let started = Instant::now();
    let budget = (time.as_secs_f64() * TRAINING).max(1e-3);
    let mut report = TrainingReport::new(SEED, budget);
    let side_by_side: Vec<Excerpt> = (0..FRAMES.min(chunks.len()))
        .filter_map(|_| another())
        .collect();
    let steps = STEPS / side_by_side.len();
    let mut forcing = TeacherForcing::new(&twin, side_by_side, steps);
    while report.done < 1.0 && forcing.renew(&mut another) {
        let scene = forcing.next(&twin)?;
        let cost = twin.steer(&scene.pass, scene.gradient)?;
        let rate = falling(RATE, report.done, report.steps);
        optimizer.step(&cost.backward()?, rate)?;
        let seconds = started.elapsed().as_secs_f64();
        report.step(scene.bits, scene.batch.targets.len(), seconds, budget);
        if !observe(&report) {
            break;
        }
    }
    let longest = chunks.iter().map(|chunk| chunk.content.len()).max();
    let len = CALIBRATION.1.min(longest.unwrap_or(0));
    let stretches = spread(corpus.pieces.iter(), CALIBRATION.0, len);
    let model = quantize(&twin, &stretches, len)?;
    coarsen(&model, corpus).map(Some)
}

/// One narrow layer that sees two bytes, and the columns of the record that most of the data has: every weight is paid for.
fn shape(corpus: &Corpus) -> Config {
    let bytes_of = |record: u32| {
        let alike = corpus.pieces.iter();
        let alike = alike.filter(|piece| piece.structure.layout.record == record);
        alike.map(|piece| piece.content.len()).sum::<usize>()
    };
    let records = corpus.pieces.iter().map(|p| p.structure.layout.record);
    let record = records.max_by_key(|&record| bytes_of(record)).unwrap_or(0);
    // An embedding for each column of a long record would take more than it brings.
    let known = u16::try_from(record).unwrap_or(0);
    let worth = usize::from(known) * 256 <= corpus.len();
    Config {
        dim: 16,
        layers: 1,
        heads: 2,
        state: 16,
        taps: 2,
        record: if worth {
            known.min(Config::MAX_RECORD)
        } else {
            0
        },
    }
}
