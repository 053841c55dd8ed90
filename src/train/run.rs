//! The training run: batches, schedule, held-out checks, early stop, checkpoints, export.

use super::checkpoint::{self, Progress};
use super::corpus::Corpus;
use super::evaluate::{Gap, float_bits, gap};
use super::optimizer::AdamW;
use super::quantize::quantize;
use super::sampler::{Sampler, held_out};
use super::twin::Twin;
use crate::error::{Error, Result};
use crate::model::{Config, Model};
use candle_core::Tensor;
use std::f64::consts::{LN_2, PI};
use std::path::PathBuf;
use std::time::Instant;

/// Stretches that held-out loss, gap and calibration are measured on.
const HELD_STRETCHES: usize = 32;
const HELD_LENGTH: usize = 2048;
/// Steps of warm-up.
const WARM_UP: f64 = 100.0;
/// The learning rate falls to this share of its peak.
const FLOOR: f64 = 0.02;
/// Held-out checks without a new best before the run stops.
const PATIENCE: usize = 12;
/// Share of the time between two held-out checks.
const CHECK_SHARE: f64 = 1.0 / 24.0;

/// How to train.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The network's shape.
    pub config: Config,
    /// Time budget; the learning rate falls over it.
    pub minutes: f64,
    /// Seed of weights and batches.
    pub seed: u64,
    /// Lanes of a batch.
    pub lanes: usize,
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
            lanes: 32,
            steps: 128,
            rate: 4e-3,
            checkpoint: None,
            resume: false,
        }
    }
}

/// A look at a run.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Share of the time budget used.
    pub done: f64,
    /// Seconds trained and to go.
    pub seconds: f64,
    /// Seconds left of the budget.
    pub left: f64,
    /// Optimiser steps.
    pub steps: u64,
    /// Bytes trained on.
    pub bytes: u64,
    /// Smoothed bits a byte on training data.
    pub bits: f64,
    /// Bits a byte at the last held-out check, if there was one.
    pub held_out: Option<f64>,
}

/// A trained model.
pub struct Outcome {
    /// The integer network.
    pub model: Model,
    /// Float and integer bits a byte on held-out data.
    pub gap: Gap,
    /// The last look.
    pub report: Report,
    /// Whether the held-out loss had stopped falling before the time was up.
    pub stopped_early: bool,
}

impl From<candle_core::Error> for Error {
    fn from(e: candle_core::Error) -> Self {
        Error::InvalidArgument(format!("training: {e}"))
    }
}

/// Trains a network on a corpus. `look` is called after every step; false ends the run as if the time were up.
pub fn train(
    corpus: &Corpus,
    options: &TrainOptions,
    look: &mut dyn FnMut(&Report) -> bool,
) -> Result<Outcome> {
    if corpus.is_empty() {
        return Err(Error::InvalidArgument(
            "nothing to train on: every input is shorter than 1024 bytes".into(),
        ));
    }
    options.config.check()?;
    let twin = Twin::new(&options.config, options.seed)?;
    let parameters = || -> Result<Vec<_>> {
        let data = twin
            .parameters()
            .data()
            .lock()
            .map_err(|e| Error::InvalidArgument(e.to_string()))?;
        Ok(data
            .iter()
            .map(|(name, var)| (name.clone(), var.clone()))
            .collect())
    };
    let mut optimizer = AdamW::new(parameters()?);
    let mut progress = Progress {
        best: f64::INFINITY,
        ..Progress::default()
    };
    let mut best: Vec<(String, Tensor)> = Vec::new();
    if let Some(path) = options
        .checkpoint
        .as_deref()
        .filter(|p| options.resume && p.exists())
    {
        (best, progress) = checkpoint::load(path, &twin, &mut optimizer)?;
    }

    let budget = options.minutes * 60.0;
    let held = held_out(corpus, HELD_STRETCHES, HELD_LENGTH);
    let held = if held.is_empty() {
        held_out(corpus, HELD_STRETCHES, 64)
    } else {
        held
    };
    // A resumed run draws other batches than the first part did.
    let mut sampler = Sampler::new(
        corpus,
        &options.config,
        options.lanes,
        options.steps,
        options.seed + progress.steps,
    );
    let mut states = twin.states(options.lanes);
    let mut report = Report {
        done: 0.0,
        seconds: progress.seconds,
        left: budget,
        steps: progress.steps,
        bytes: 0,
        bits: 8.0,
        held_out: None,
    };
    let (started, earlier) = (Instant::now(), progress.seconds);
    let (mut next_check, mut worse, mut running) =
        (progress.seconds + budget * CHECK_SHARE, 0, true);
    let mut stopped_early = false;
    while running && report.seconds < budget {
        let batch = sampler.next_batch();
        for states in &mut states {
            batch.fresh.iter().for_each(|&lane| states[lane].reset());
        }
        let pass = twin.forward(&batch, &states)?;
        let loss = twin.loss(&pass, &batch)?;
        states = pass.end_states()?;
        let done = (report.seconds / budget).min(1.0);
        let falling = FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (PI * done).cos());
        let rate = options.rate * ((report.steps + 1) as f64 / WARM_UP).min(1.0) * falling;
        optimizer.step(&loss.backward()?, rate as f32)?;

        let bits = f64::from(loss.to_scalar::<f32>()?) / LN_2;
        report.bits = if report.bytes == 0 {
            bits
        } else {
            0.98 * report.bits + 0.02 * bits
        };
        report.steps += 1;
        report.bytes += batch.targets.len() as u64;
        report.seconds = earlier + started.elapsed().as_secs_f64();
        report.done = (report.seconds / budget).min(1.0);
        report.left = (budget - report.seconds).max(0.0);
        running = look(&report);

        if report.seconds >= next_check || report.seconds >= budget || !running {
            next_check = report.seconds + budget * CHECK_SHARE;
            let bits = float_bits(&twin, corpus, &held)?;
            report.held_out = Some(bits);
            if bits < progress.best || best.is_empty() {
                (progress.best, worse) = (bits, 0);
                best = parameters()?
                    .into_iter()
                    .map(|(n, v)| Ok((n, v.as_tensor().copy()?)))
                    .collect::<Result<_>>()?;
            } else {
                worse += 1;
                stopped_early = worse >= PATIENCE;
                running &= !stopped_early;
            }
            (progress.steps, progress.seconds) = (report.steps, report.seconds);
            if let Some(path) = &options.checkpoint {
                checkpoint::save(path, &twin, &best, &optimizer, &progress)?;
            }
        }
    }
    for (name, var) in parameters()? {
        if let Some((_, tensor)) = best.iter().find(|(n, _)| *n == name) {
            var.set(tensor)?;
        }
    }
    let model = quantize(&twin, corpus, &held)?;
    let gap = gap(&twin, &model, corpus, &held)?;
    Ok(Outcome {
        model,
        gap,
        report,
        stopped_early,
    })
}
