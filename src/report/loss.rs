//! The loss curves of an autoencoder in training.

use super::chart::{Series, lines};
use super::page::{Figure, Page, Table, grouped};
use super::svg::Axis;
use super::thinned::Thinned;
use crate::train::autoencoder::AutoencoderReport;

/// How the training of an autoencoder went.
#[derive(Clone, Debug, Default)]
pub struct LossCourse {
    reports: Thinned<AutoencoderReport>,
}

impl LossCourse {
    /// Notes how the training stands.
    pub fn add(&mut self, report: &AutoencoderReport) {
        self.reports.add(*report);
    }

    /// The curves; `unit` says what of. None before there are two reports.
    pub(super) fn figure(&self, unit: &str) -> Option<Figure> {
        let reports = self.reports.kept();
        let last = reports.last().filter(|_| reports.len() > 1)?;
        let series = |name: &str, of: fn(&AutoencoderReport) -> f64, dots| Series {
            name: name.into(),
            pieces: vec![
                { reports.iter() }
                    .map(|report| (report.epochs, of(report)))
                    .filter(|(_, loss)| loss.is_finite())
                    .collect(),
            ],
            dots,
        };
        let both = [
            series("training", |report| report.training, false),
            series("held out", |report| report.held_out, false),
        ];
        // The first steps fall so deep that nothing else would be seen.
        let steady = both
            .iter()
            .flat_map(|one| one.pieces[0].iter().skip(reports.len() / 20));
        let (low, high) = steady.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| {
            (low.min(point.1), high.max(point.1))
        });
        let y = Axis::linear(unit, low.min(high), high.max(low));
        let shown = both.map(|mut one| {
            one.pieces[0].retain(|point| y.holds(point.1));
            one
        });
        let step = (reports.len() / 20).max(1);
        let row = |report: &AutoencoderReport| {
            vec![
                format!("{:.1}", report.seconds),
                format!("{:.1}", report.epochs),
                format!("{:.4}", report.training),
                format!("{:.4}", report.held_out),
                format!("{:.1e}", report.rate),
            ]
        };
        Some(Figure {
            title: "Loss".into(),
            picture: lines("Loss", &Axis::to("epochs", last.epochs), &y, &shown),
            caption:
                "The loss on training data, smoothed, and on rows that are held out; the first \
                      steps lie above the picture. The learning rate falls where the held-out loss stays."
                    .into(),
            table: Table {
                head: vec!["seconds", "epochs", "training", "held out", "rate"],
                rows: reports.iter().step_by(step).map(row).collect(),
            },
        })
    }

    /// The page, as HTML: `name` of the autoencoder, its bytes, what the loss is, and the command line.
    pub fn to_html(&self, name: &str, bytes: usize, unit: &str, command: &str) -> String {
        let mut headline = vec![(grouped(bytes as u64), "bytes of the autoencoder")];
        if let Some(last) = self.reports.kept().last() {
            headline.push((format!("{:.4}", last.held_out), "loss held out, at the end"));
            headline.push((format!("{:.0} s", last.seconds), "time"));
            headline.push((format!("{:.0}", last.epochs), "epochs"));
        }
        let page = Page {
            title: format!("{name}: training"),
            headline,
            figures: self.figure(unit).into_iter().collect(),
            command: command.into(),
        };
        page.to_html()
    }
}
