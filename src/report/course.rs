//! The page about a training run.

use super::chart::{Series, lines};
use super::page::{Figure, Page, Table, grouped};
use super::svg::Axis;
use super::thinned::Thinned;
use crate::train::{Gap, TrainingReport};

/// What a run reported on its way.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// Seconds, bytes, bits a byte on training data.
    training: Thinned<[f64; 3]>,
    /// The same on held-out data.
    held_out: Vec<[f64; 3]>,
    last_held_out: Option<f64>,
}

impl Course {
    /// Notes how the run stands.
    pub fn add(&mut self, report: &TrainingReport) {
        let point = |bits: f64| [report.seconds, report.bytes as f64, bits];
        self.training.add(point(report.bits));
        if let Some(bits) = report
            .held_out
            .filter(|_| report.held_out != self.last_held_out)
        {
            self.held_out.push(point(bits));
            self.last_held_out = report.held_out;
        }
    }

    /// The page, as HTML: `name` of the model, its bytes, what quantisation cost, and the command line.
    pub fn to_html(&self, name: &str, bytes: usize, gap: &Gap, command: &str) -> String {
        let last = self.training.kept().last().copied().unwrap_or_default();
        let page = Page {
            title: format!("{name}: training"),
            headline: vec![
                (
                    format!("{:.4}", gap.integer),
                    "bits/byte held out, in integers",
                ),
                (format!("{:.3}", 8.0 / gap.integer), "ratio held out"),
                (
                    format!("{:+.3} %", 100.0 * gap.relative()),
                    "cost of integers",
                ),
                (grouped(last[1] as u64), "bytes trained on"),
                (format!("{:.0} s", last[0]), "time"),
                (grouped(bytes as u64), "bytes of the model"),
            ],
            figures: vec![
                self.figure(0, 1.0, "Learning over time", "seconds"),
                self.figure(1, 1e-6, "Learning over data", "MB trained on"),
            ],
            command: command.into(),
        };
        page.to_html()
    }

    fn figure(&self, of: usize, unit: f64, title: &str, label: &str) -> Figure {
        let both = || self.training.kept().iter().chain(&self.held_out);
        let end = both().map(|point| point[of] * unit).fold(0.0, f64::max);
        let least = both().map(|point| point[2]).fold(8.0, f64::min);
        // The first steps fall so deep that nothing else would be seen.
        let steady = self
            .training
            .kept()
            .iter()
            .skip(self.training.kept().len() / 20);
        let steady = steady.chain(self.held_out.iter().skip(1));
        let most = steady.map(|point| point[2]).fold(least, f64::max);
        let y = Axis::linear("bits per byte", least, most);
        let series = |name: &str, points: &[[f64; 3]], dots| Series {
            name: name.into(),
            pieces: vec![
                { points.iter().filter(|point| y.holds(point[2])) }
                    .map(|point| (point[of] * unit, point[2]))
                    .collect(),
            ],
            dots,
        };
        let row = |point: &[f64; 3]| {
            vec![
                format!("{:.1}", point[0]),
                grouped(point[1] as u64),
                format!("{:.4}", self.training_at(point[0])),
                format!("{:.4}", point[2]),
            ]
        };
        Figure {
            title: title.into(),
            picture: lines(
                title,
                &Axis::to(label, end),
                &y,
                &[
                    series("training, smoothed", self.training.kept(), false),
                    series("held out", &self.held_out, true),
                ],
            ),
            caption:
                "Bits a byte while training, in floating point. Training data: a running mean over \
                      some 50 steps, the first ones above the picture; of several seeds, that at \
                      work. Held-out data is never trained on; the best network on it is kept."
                    .into(),
            table: Table {
                head: vec!["seconds", "bytes", "training", "held out"],
                rows: self.held_out.iter().map(row).collect(),
            },
        }
    }

    /// Bits a byte on training data at that time.
    fn training_at(&self, seconds: f64) -> f64 {
        let before = self.training.kept().iter().rev().find(|p| p[0] <= seconds);
        before
            .or(self.training.kept().first())
            .map_or(0.0, |point| point[2])
    }
}
