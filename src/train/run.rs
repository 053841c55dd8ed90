//! The training run: seeds, schedule, held-out checks, early stop, checkpoints, export.

use super::checkpoint::{self, CheckpointState};
use super::corpus::Corpus;
use super::optimizer::AdamW;
use super::piece::Piece;
use super::quantize::quantize;
use super::teacher_forcing::{Excerpt, Gap, TeacherForcing, float_bits, gap};
use super::twin::Twin;
use super::window::spread;
use crate::error::{Error, Result};
use crate::model::Config;
use crate::model_file::Model;
use candle_core::Tensor;
use std::f64::consts::PI;
use std::path::PathBuf;
use std::time::Instant;

/// Held-out bytes of a check, all in all, and chunks that they are taken from.
const HELD_BYTES: usize = 128 << 10;
const HELD_CHUNKS: usize = 8;
/// Stretches that the export is calibrated on, and their length.
pub(super) const CALIBRATION: (usize, usize) = (16, 2048);
/// Bytes of a piece that are coded in one go, from counters and network at rest.
const CHUNK: usize = 512 << 10;
/// Lanes of a chunk.
const LANES: usize = 4;
/// Steps of warm-up.
const WARM_UP: f64 = 100.0;
/// The learning rate falls to this share of its peak.
const FLOOR: f64 = 0.02;
/// Held-out checks without a new best before the run stops.
const PATIENCE: usize = 8;
/// Share of the time between two held-out checks.
const CHECK_SHARE: f64 = 1.0 / 16.0;
/// Share of the time in which several seeds compete.
const TRIALS: f64 = 0.3;

/// How to train.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The network's shape.
    pub config: Config,
    /// Time budget; the learning rate falls over it.
    pub minutes: f64,
    /// First seed of weights and batches.
    pub seed: u64,
    /// Networks, of seeds that follow each other, that are begun; the better half goes on until one is left.
    pub seeds: usize,
    /// Parts that are coded side by side.
    pub chunks: usize,
    /// Steps of back-propagation.
    pub steps: usize,
    /// Peak learning rate.
    pub rate: f64,
    /// Where to keep the run, and to go on from if it is there and `resume` is set.
    pub checkpoint: Option<PathBuf>,
    /// Go on from the checkpoint.
    pub resume: bool,
}

impl TrainOptions {
    /// The usual values for a network shape and a time budget.
    pub fn new(config: Config, minutes: f64) -> Self {
        TrainOptions {
            config,
            minutes,
            seed: 1,
            seeds: 1,
            chunks: 8,
            // Lanes times steps times a width of 32 stay below 2^16: from there on candle adds tensors with threads that spin while
            // they wait, which took a third of the time on a busy machine.
            steps: 60,
            rate: 6e-3,
            checkpoint: None,
            resume: false,
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug)]
pub struct TrainingReport {
    /// Share of the time budget used.
    pub done: f64,
    /// Seconds trained.
    pub seconds: f64,
    /// Seconds left of the budget.
    pub left: f64,
    /// The seed of the network that is being trained.
    pub seed: u64,
    /// Optimiser steps of this network.
    pub steps: u64,
    /// Bytes trained on, by all networks.
    pub bytes: u64,
    /// Smoothed bits a byte on training data, of the whole predictor.
    pub bits: f64,
    /// Bits a byte at the last held-out check, if there was one.
    pub held_out: Option<f64>,
}

impl TrainingReport {
    pub(super) fn new(seed: u64, budget: f64) -> TrainingReport {
        TrainingReport {
            done: 0.0,
            seconds: 0.0,
            left: budget,
            seed,
            steps: 0,
            bytes: 0,
            bits: 8.0,
            held_out: None,
        }
    }

    /// Counts a step over so many bytes.
    pub(super) fn step(&mut self, bits: f64, bytes: usize, seconds: f64, budget: f64) {
        let each = bits / bytes.max(1) as f64;
        let share = (1.0 / (self.steps + 1) as f64).max(0.02);
        self.bits += share * (each - self.bits);
        self.steps += 1;
        self.bytes += bytes as u64;
        self.seconds = seconds;
        self.done = (seconds / budget).min(1.0);
        self.left = (budget - seconds).max(0.0);
    }
}

/// A trained model.
pub struct Outcome {
    /// The integer network.
    pub model: Model,
    /// Bits a byte on held-out data, of the whole predictor with the float twin and with the integer network.
    pub gap: Gap,
    /// The last report.
    pub report: TrainingReport,
    /// Whether the held-out loss had stopped falling before the time was up.
    pub stopped_early: bool,
}

impl From<candle_core::Error> for Error {
    fn from(e: candle_core::Error) -> Self {
        Error::InvalidArgument(format!("training: {e}"))
    }
}

/// The learning rate after a share of the time and some steps: a short rise, then half a cosine.
pub(super) fn falling(peak: f64, done: f64, steps: u64) -> f32 {
    let cosine = 0.5 * (1.0 + (PI * done.min(1.0)).cos());
    let falling = FLOOR + (1.0 - FLOOR) * cosine;
    (peak * ((steps + 1) as f64 / WARM_UP).min(1.0) * falling) as f32
}

/// One network on its way.
struct NetworkCandidate {
    twin: Twin,
    optimizer: AdamW,
    progress: CheckpointState,
    best: Vec<(String, Tensor)>,
    /// Checks since the best one.
    worse: usize,
}

impl NetworkCandidate {
    fn new(config: &Config, seed: u64) -> Result<NetworkCandidate> {
        let twin = Twin::new(config, seed)?;
        Ok(NetworkCandidate {
            optimizer: AdamW::new(twin.parameters()?),
            twin,
            progress: CheckpointState {
                best: f64::INFINITY,
                seed,
                ..CheckpointState::default()
            },
            best: Vec::new(),
            worse: 0,
        })
    }
}

/// What all candidates of a run share.
struct TrainingRun<'o> {
    options: &'o TrainOptions,
    started: Instant,
    /// Seconds before this start.
    earlier: f64,
    /// The whole time, and that of the network that will be kept.
    budget: f64,
    own: f64,
    report: TrainingReport,
    /// Only one candidate is left: it is what a checkpoint holds.
    alone: bool,
    /// False when nobody wants to go on.
    running: bool,
}

/// Trains a network on a corpus, of which it may draw more. `observe` is called after every step; false ends the run as if
/// the time were up.
///
/// # Errors
/// `InvalidArgument` if there is nothing to learn from or candle fails, `InvalidModel` for a shape outside the limits, `Io`
/// if the data cannot be read again.
pub fn train(
    corpus: &mut Corpus,
    options: &TrainOptions,
    observe: &mut dyn FnMut(&TrainingReport) -> bool,
) -> Result<Outcome> {
    if corpus.is_empty() {
        return Err(Error::InvalidArgument(
            "nothing to train on: every input is shorter than 1024 bytes".into(),
        ));
    }
    options.config.check()?;
    let budget = options.minutes * 60.0;
    let mut run = TrainingRun {
        options,
        started: Instant::now(),
        earlier: 0.0,
        budget,
        own: budget,
        report: TrainingReport::new(options.seed, budget),
        alone: false,
        running: true,
    };
    let saved = options.checkpoint.as_deref();
    let saved = saved.filter(|path| options.resume && path.exists());
    let mut candidate = match saved {
        Some(path) => {
            let mut candidate = NetworkCandidate::new(&options.config, options.seed)?;
            (candidate.best, candidate.progress) =
                checkpoint::load(path, &candidate.twin, &mut candidate.optimizer)?;
            run.earlier = candidate.progress.total;
            run.own = budget - (candidate.progress.total - candidate.progress.seconds);
            candidate
        }
        None => {
            let candidate = run.compete(corpus, observe)?;
            if !candidate.best.is_empty() {
                run.save(&candidate)?;
            }
            candidate
        }
    };
    run.alone = true;
    let own = run.own;
    run.go_on(&mut candidate, corpus, own, observe)?;
    let stopped_early = candidate.worse >= PATIENCE;
    candidate.twin.set(&candidate.best)?;
    let pieces = || corpus.held.iter().chain(&corpus.pieces);
    let enough = |piece: &&Piece| piece.content.len() >= CALIBRATION.1;
    let (count, mut len) = CALIBRATION;
    if pieces().find(enough).is_none() {
        len = pieces().map(|p| p.content.len()).max().unwrap_or(0);
    }
    // What was held out comes first: one that starts cold in each of them.
    let mut stretches = spread(corpus.held.iter(), count, len);
    stretches.extend(spread(corpus.pieces.iter(), count, len));
    let model =
        quantize(&candidate.twin, &stretches, len)?.storing(corpus.stored_structure.clone())?;
    let gap = gap(&candidate.twin, &model, &held_chunks(corpus))?;
    Ok(Outcome {
        model,
        gap,
        report: run.report,
        stopped_early,
    })
}

impl TrainingRun<'_> {
    /// The best of the seeds: round by round the better half is kept.
    fn compete(
        &mut self,
        corpus: &mut Corpus,
        observe: &mut dyn FnMut(&TrainingReport) -> bool,
    ) -> Result<NetworkCandidate> {
        let first = self.options.seed;
        let seeds = first..first + self.options.seeds.max(1) as u64;
        let mut candidates = seeds
            .map(|seed| NetworkCandidate::new(&self.options.config, seed))
            .collect::<Result<Vec<_>>>()?;
        let rounds = candidates.len().next_power_of_two().trailing_zeros();
        let share = TRIALS * self.budget / f64::from(rounds.max(1));
        let others = if rounds == 0 { 0.0 } else { TRIALS };
        // The time that the one that is kept will have had.
        let mut left = candidates.len();
        let mut kept = 0.0;
        for _ in 0..rounds {
            kept += share / left as f64;
            left = left.div_ceil(2);
        }
        self.own = (1.0 - others) * self.budget + kept;
        let mut until = 0.0;
        for _ in 0..rounds {
            until += share / candidates.len() as f64;
            for candidate in &mut candidates {
                self.go_on(candidate, corpus, until, observe)?;
            }
            candidates.sort_by(|a, b| a.progress.best.total_cmp(&b.progress.best));
            candidates.truncate(candidates.len().div_ceil(2));
        }
        let none = || Error::InvalidArgument("no seed".into());
        candidates.into_iter().next().ok_or_else(none)
    }

    /// Trains a candidate until it has had so many seconds or stops to gain. Its best weights are those of the last checks.
    fn go_on(
        &mut self,
        candidate: &mut NetworkCandidate,
        corpus: &mut Corpus,
        until: f64,
        observe: &mut dyn FnMut(&TrainingReport) -> bool,
    ) -> Result<()> {
        let begun = Instant::now();
        let before = candidate.progress.seconds;
        let every = self.own * CHECK_SHARE;
        let mut next_check = before + every;
        self.report.seed = candidate.progress.seed;
        self.report.steps = candidate.progress.steps;
        // A resumed run draws other chunks than its first stretch did.
        let seed = candidate.progress.seed ^ candidate.progress.steps << 32;
        let mut random = fastrand::Rng::with_seed(seed);
        let mut own = before;
        let mut running = own < until && self.running;
        let mut seen = 0;
        while running {
            // Not before the chunks have come to their ends.
            let lasting = corpus.lasting().max(CHUNK * self.options.chunks);
            if seen > lasting {
                seen = 0;
                corpus.renew()?;
            }
            let draw = Draw::new(&corpus.pieces);
            let mut chunk = |most| Some(draw.chunk(&mut random, most));
            // The first chunks are of all lengths, so that not all end at once.
            let count = self.options.chunks;
            let chunks = (1..=count)
                .filter_map(|k| chunk(CHUNK * k / count))
                .collect();
            let mut forcing = TeacherForcing::new(&candidate.twin, chunks, self.options.steps);
            while running && seen <= lasting {
                if !forcing.renew(|| chunk(CHUNK)) {
                    return Err(Error::InvalidArgument(
                        "nothing to train on: every piece is shorter than a window".into(),
                    ));
                }
                let scene = forcing.next(&candidate.twin)?;
                let twin = &candidate.twin;
                let cost = twin.steer(&scene.pass, scene.gradient)?;
                let rate = falling(self.options.rate, own / self.own, candidate.progress.steps);
                candidate.optimizer.step(&cost.backward()?, rate)?;
                candidate.progress.steps += 1;
                let bytes = scene.batch.targets.len();
                seen += bytes;
                own = before + begun.elapsed().as_secs_f64();
                let total = self.earlier + self.started.elapsed().as_secs_f64();
                self.report.step(scene.bits, bytes, total, self.budget);
                self.running &= observe(&self.report);
                running = self.running && own < until;
                if own >= next_check || !running {
                    candidate.progress.seconds = own;
                    candidate.progress.total = total;
                    let checking = Instant::now();
                    let held = held_chunks(corpus);
                    self.report.held_out = Some(self.check(candidate, &held)?);
                    // Checks take a tenth of the time at most.
                    let took = checking.elapsed().as_secs_f64();
                    next_check = own + every.max(10.0 * took);
                    running &= candidate.worse < PATIENCE;
                }
            }
        }
        Ok(())
    }

    /// Bits a byte on what is held out; keeps the weights if they are the best, and the run if it is the only one left.
    fn check(&self, candidate: &mut NetworkCandidate, held: &[Excerpt]) -> Result<f64> {
        let bits = float_bits(&candidate.twin, held)?;
        if bits < candidate.progress.best || candidate.best.is_empty() {
            (candidate.progress.best, candidate.worse) = (bits, 0);
            candidate.best = candidate.twin.values()?;
        } else {
            candidate.worse += 1;
        }
        if self.alone {
            self.save(candidate)?;
        }
        Ok(bits)
    }

    fn save(&self, candidate: &NetworkCandidate) -> Result<()> {
        if let Some(path) = &self.options.checkpoint {
            let NetworkCandidate {
                twin,
                optimizer,
                progress,
                best,
                ..
            } = candidate;
            checkpoint::save(path, twin, best, optimizer, progress)?;
        }
        Ok(())
    }
}

/// Draws chunks at random, those of a piece with probability `bytes^0.6`.
struct Draw<'a> {
    pieces: &'a [Piece],
    cumulative: Vec<f64>,
}

impl<'a> Draw<'a> {
    fn new(pieces: &'a [Piece]) -> Draw<'a> {
        let mut sum = 0.0;
        let weights = pieces.iter().map(|piece| {
            sum += (piece.content.len() as f64).powf(0.6);
            sum
        });
        Draw {
            cumulative: weights.collect(),
            pieces,
        }
    }

    fn chunk(&self, random: &mut fastrand::Rng, most: usize) -> Excerpt<'a> {
        let at = random.f64() * self.cumulative.last().copied().unwrap_or(0.0);
        let number = self.cumulative.partition_point(|&c| c <= at);
        let piece = &self.pieces[number.min(self.pieces.len() - 1)];
        let last = piece.content.len().saturating_sub(most);
        Excerpt::of(piece, random.usize(0..=last), most, LANES)
    }
}

/// The chunks that are checked: equally long beginnings of held-out pieces, of the training data if nothing is held
/// out.
fn held_chunks(corpus: &Corpus) -> Vec<Excerpt<'_>> {
    let pieces = match corpus.held.is_empty() {
        true => &corpus.pieces,
        false => &corpus.held,
    };
    // Few long chunks rather than many short ones: rows have to get warm. Long pieces come first.
    let mut longest: Vec<&Piece> = pieces.iter().collect();
    longest.sort_by_key(|piece| std::cmp::Reverse(piece.content.len()));
    longest.truncate(HELD_CHUNKS);
    let most = HELD_BYTES / longest.len().max(1);
    let shortest = longest.first().map_or(0, |piece| piece.content.len()) / 4;
    longest.retain(|piece| piece.content.len() >= shortest.min(most));
    let chunks = longest
        .iter()
        .map(|piece| Excerpt::of(piece, 0, most, LANES));
    chunks.collect()
}
