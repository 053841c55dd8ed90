//! The schedule of a training: epochs, warm-up, plateaus, early stop.

use candle_core::Result;
use std::time::Instant;

/// Steps of warm-up.
const WARM_UP: f64 = 100.0;
/// Share of the time in which the learning rate falls to nothing.
const FALLING: f64 = 0.4;
/// What it is multiplied by on a plateau.
const PLATEAU: f64 = 0.5;
/// The least share of its peak that the learning rate has.
const FLOOR: f64 = 0.02;
/// A check gains if the held-out cost falls by this share.
const GAIN: f64 = 1e-4;

/// How to train an autoencoder.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Time budget.
    pub minutes: f64,
    /// Seed of the first parameters and of the order of rows.
    pub seed: u64,
    /// Peak of the learning rate.
    pub rate: f64,
    /// Checks without a gain before the run stops; half as many lower the learning rate.
    pub patience: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule {
            minutes: 2.0,
            seed: 1,
            rate: 4e-3,
            patience: 12,
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct AutoencoderReport {
    /// Share of the time budget used.
    pub done: f64,
    /// Seconds trained.
    pub seconds: f64,
    /// Epochs trained: rows learned, divided by all.
    pub epochs: f64,
    /// Cost on training data, smoothed: bits a number of a masked autoencoder, mean square of the normalised residual with a bottleneck.
    pub training: f64,
    /// The same on held-out rows, at the last check.
    pub held_out: f64,
    /// The learning rate.
    pub rate: f64,
}

/// What a schedule trains.
pub trait Trainee {
    /// Steps in which as many rows are learned as there are.
    fn steps_of_epoch(&self) -> usize;
    /// Learns some rows; their cost.
    fn step(&mut self, rate: f64) -> Result<f64>;
    /// The cost on held-out rows.
    fn check(&mut self) -> Result<f64>;
    /// Keeps the parameters: they are the best so far.
    fn keep(&mut self) -> Result<()>;
}

impl Schedule {
    /// Trains until the time is up, the held-out cost stops falling or `observe`, called after every epoch, gives false. The last report,
    /// and whether it stopped early.
    pub fn train(
        &self,
        trainee: &mut dyn Trainee,
        observe: &mut dyn FnMut(&AutoencoderReport) -> bool,
    ) -> Result<(AutoencoderReport, bool)> {
        let started = Instant::now();
        let budget = (self.minutes * 60.0).max(1e-3);
        let mut report = AutoencoderReport::default();
        let (mut factor, mut worse, mut least) = (1.0, 0, f64::INFINITY);
        let epoch = trainee.steps_of_epoch().max(1);
        let mut steps = 0usize;
        loop {
            for _ in 0..epoch {
                let done = started.elapsed().as_secs_f64() / budget;
                let falling = ((1.0 - done) / FALLING).clamp(FLOOR, 1.0);
                let warm = ((steps + 1) as f64 / WARM_UP).min(1.0);
                report.rate = self.rate * falling * warm * factor;
                let cost = trainee.step(report.rate)?;
                steps += 1;
                let share = (1.0 / steps as f64).max(0.01);
                report.training += share * (cost - report.training);
                if done >= 1.0 {
                    break;
                }
            }
            report.held_out = trainee.check()?;
            worse += 1;
            if report.held_out < least * (1.0 - GAIN) || least.is_infinite() {
                worse = 0;
            }
            if report.held_out < least || least.is_infinite() {
                least = report.held_out;
                trainee.keep()?;
            }
            if worse > 0 && worse % self.patience.div_ceil(2).max(1) == 0 {
                factor *= PLATEAU;
            }
            report.seconds = started.elapsed().as_secs_f64();
            report.done = (report.seconds / budget).min(1.0);
            report.epochs = steps as f64 / epoch as f64;
            let stopped_early = worse >= self.patience;
            if !observe(&report) || stopped_early || report.done >= 1.0 {
                return Ok((report, stopped_early));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its cost falls for ten epochs, then rises.
    struct Made {
        checks: usize,
        kept: usize,
        rates: Vec<f64>,
    }

    impl Trainee for Made {
        fn steps_of_epoch(&self) -> usize {
            30
        }

        fn step(&mut self, rate: f64) -> Result<f64> {
            self.rates.push(rate);
            Ok(1.0)
        }

        fn check(&mut self) -> Result<f64> {
            self.checks += 1;
            Ok((self.checks as f64 - 10.0).abs() + 1.0)
        }

        fn keep(&mut self) -> Result<()> {
            self.kept = self.checks;
            Ok(())
        }
    }

    #[test]
    fn it_stops_after_the_patience_and_keeps_the_best() {
        let mut made = Made {
            checks: 0,
            kept: 0,
            rates: Vec::new(),
        };
        let schedule = Schedule {
            patience: 6,
            ..Schedule::default()
        };
        let (report, stopped_early) = schedule.train(&mut made, &mut |_| true).unwrap();
        assert!(stopped_early);
        assert_eq!((made.kept, made.checks, report.epochs), (10, 16, 16.0));
        let rate = |step: usize| made.rates[step];
        assert!(rate(0) < rate(99) && (rate(200) - schedule.rate).abs() < 1e-9);
        // Three checks without a gain lower it.
        assert!((rate(13 * 30) - schedule.rate / 2.0).abs() < 1e-9);
    }
}
