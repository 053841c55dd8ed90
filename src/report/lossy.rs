//! The page about a lossy file: what was lost of each column, and what other bounds would give.

use super::chart::{Series, lines};
use super::page::{Figure, Page, Table, grouped};
use super::svg::Axis;
use crate::lossy::distortion::ColumnLoss;
use crate::lossy::histogram::{Bin, Histogram};
use crate::lossy::losses::Pictured;
use crate::stream::Summary;

/// Columns that get pictures.
const MAX_PICTURED: usize = 40;
/// Bins of a picture.
const BINS: usize = 80;

/// A file compressed within bounds, and what was seen of it.
pub struct LossyMeasurement {
    /// The file's name.
    pub name: String,
    /// The command line.
    pub command: String,
    /// What was done.
    pub summary: Summary,
    /// The name of each column, what was lost of it, and its pictures.
    pub columns: Vec<(String, ColumnLoss, Pictured)>,
    /// Ratios at other bounds relative to the range, those in order.
    pub by_bound: Vec<(f64, f64)>,
}

impl LossyMeasurement {
    /// The page, as HTML.
    pub fn to_html(&self) -> String {
        let Summary {
            content,
            compressed,
            numbers,
            ..
        } = self.summary;
        let ratio = |bytes: u64| format!("{:.3}", content as f64 / bytes.max(1) as f64);
        let share = |loss: &ColumnLoss| loss.max_of_bound.unwrap_or(0.0);
        let largest = self.columns.iter().map(|(_, loss, _)| share(loss));
        let mut figures = vec![self.losses()];
        if self.by_bound.len() > 1 {
            figures.push(self.ratios());
        }
        let changed = self.columns.iter().filter(|(_, loss, _)| loss.changed > 0);
        for (name, loss, pictured) in changed.take(MAX_PICTURED) {
            figures.push(distribution(name, pictured));
            figures.push(differences(
                name,
                "residual",
                loss.residual_rms,
                &pictured.residual,
            ));
            figures.push(differences(
                name,
                "response",
                loss.response_rms,
                &pictured.response,
            ));
        }
        let page = Page {
            title: format!("{} through boa, lossy", self.name),
            headline: vec![
                (ratio(compressed), "effective ratio, all counted"),
                (ratio(numbers), "ratio"),
                (grouped(content), "bytes"),
                (grouped(compressed), "bytes compressed"),
                (
                    format!("{:.4}", largest.fold(0.0, f64::max)),
                    "largest error over its bound",
                ),
            ],
            figures,
            command: self.command.clone(),
        };
        page.to_html()
    }

    fn losses(&self) -> Figure {
        let row = |(name, loss, _): &(String, ColumnLoss, Pictured)| {
            let number = |x: f64| format!("{x:.2e}");
            let mut row = vec![name.clone()];
            if loss.changed == 0 {
                row.push("exact".into());
                return row;
            }
            row.extend([
                number(loss.residual_mean),
                number(loss.residual_rms),
                number(loss.response_mean),
                number(loss.response_rms),
                { loss.max_of_bound }.map_or("-".into(), |share| format!("{share:.4}")),
                number(loss.range),
                format!("{:.2}", loss.psnr),
            ]);
            row
        };
        Figure {
            title: "What was lost".into(),
            picture: String::new(),
            caption: "Residual: what came back less the original. Response: the residual over the original. The largest error is a share \
                      of what the bound allows; PSNR, in dB, is relative to the column's range."
                .into(),
            table: Table {
                head: vec![
                    "column",
                    "residual",
                    "RMS",
                    "response",
                    "RMS",
                    "of bound",
                    "range",
                    "PSNR",
                ],
                rows: self.columns.iter().map(row).collect(),
            },
        }
    }

    fn ratios(&self) -> Figure {
        let bounds = || self.by_bound.iter().map(|&(bound, _)| bound);
        let x = Axis::log(
            "bound, relative to the range",
            bounds().fold(1.0, f64::min),
            bounds().fold(0.0, f64::max),
        );
        let most = self.by_bound.iter().map(|&(_, ratio)| ratio);
        let y = Axis::to("ratio", most.fold(1.0, f64::max));
        let series = Series {
            name: "ratio".into(),
            pieces: vec![self.by_bound.clone()],
            dots: true,
        };
        let row =
            |&(bound, ratio): &(f64, f64)| vec![format!("{bound:.2e}"), format!("{ratio:.3}")];
        Figure {
            title: "Ratio against bound".into(),
            picture: lines("Ratio against bound", &x, &y, &[series]),
            caption: "One bound for all columns of floats, relative to the range of each. Of a long file, some of its frames.".into(),
            table: Table {
                head: vec!["bound", "ratio"],
                rows: self.by_bound.iter().map(row).collect(),
            },
        }
    }
}

/// The power of ten that values up to a magnitude are shown in, and its name behind a label.
fn unit(largest: f64) -> (f64, String) {
    if !largest.is_normal() || (1e-2..1e5).contains(&largest) {
        return (1.0, String::new());
    }
    let power = largest.log10().floor() as i32;
    (10f64.powi(power.clamp(-300, 300)), format!(" in 1e{power}"))
}

fn points(bins: &[Bin], unit: f64) -> Vec<(f64, f64)> {
    { bins.iter() }
        .map(|bin| ((bin.low / 2.0 + bin.high / 2.0) / unit, bin.count as f64))
        .collect()
}

/// Lines of how often values occur.
fn histogram(title: &str, label: &str, series: Vec<(&str, Vec<Bin>)>) -> String {
    let all = || series.iter().flat_map(|(_, bins)| bins);
    let low = all().map(|bin| bin.low).fold(f64::INFINITY, f64::min);
    let high = all().map(|bin| bin.high).fold(f64::NEG_INFINITY, f64::max);
    let (unit, power) = unit(low.abs().max(high.abs()));
    let most = all().map(|bin| bin.count).max().unwrap_or(0);
    let x = Axis::linear(&format!("{label}{power}"), low / unit, high / unit);
    let y = Axis::to("values", most as f64);
    let series: Vec<Series> = { series.iter() }
        .map(|(name, bins)| Series {
            name: (*name).into(),
            pieces: vec![points(bins, unit)],
            dots: false,
        })
        .collect();
    lines(title, &x, &y, &series)
}

fn distribution(name: &str, pictured: &Pictured) -> Figure {
    let title = format!("{name}: values");
    let bins = |histogram: &Histogram| histogram.bins(BINS);
    let series = vec![
        ("before", bins(&pictured.before)),
        ("after", bins(&pictured.after)),
    ];
    Figure {
        picture: histogram(&title, "value", series),
        title,
        caption: "Values before and after, the rarest extremes left out.".into(),
        table: Table::default(),
    }
}

fn differences(name: &str, what: &str, rms: f64, values: &Histogram) -> Figure {
    let title = format!("{name}: {what}");
    Figure {
        picture: histogram(&title, what, vec![(what, values.bins(BINS))]),
        title,
        caption: format!("Root mean square {rms:.3e}; the rarest extremes left out."),
        table: Table::default(),
    }
}
