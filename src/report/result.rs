//! The page about a file: how small, how fast, and why.

use super::chart::{Bar, Point, Series, bars, diagonal, lines};
use super::page::{Figure, Page, Table, grouped};
use super::peers::Peer;
use super::region::{by_position, inputs};
use super::statistics::{Cell, RegionStatistics, Survey};
use super::svg::Axis;
use crate::stream::Summary;

/// Regions that get pictures of their own.
const MAX_REGIONS: usize = 4;
/// If they have at least this share of the cost.
const MIN_SHARE: f64 = 0.02;

/// A file compressed and decompressed, and what was seen of it.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The file's name.
    pub name: String,
    /// The command line.
    pub command: String,
    /// The model, in words.
    pub model: String,
    /// What was done.
    pub summary: Summary,
    /// Seconds that compressing and decompressing took.
    pub seconds: [f64; 2],
    /// Threads that worked.
    pub threads: usize,
    /// What its frames showed.
    pub survey: Survey,
    /// The same file through other compressors.
    pub peers: Vec<Peer>,
}

impl Measurement {
    /// The page, as HTML.
    pub fn to_html(&self) -> String {
        let (content, compressed) = (self.summary.content, self.summary.compressed);
        let speed = |seconds: f64| format!("{:.3} MB/s", content as f64 / 1e6 / seconds.max(1e-9));
        let mut figures = vec![self.sizes(), self.bytes()];
        if self.survey.total().bytes > 0 {
            figures.push(self.course());
            figures.push(self.components());
            let all = self.survey.total().bits;
            let dear = |region: &&RegionStatistics| region.total.bits >= MIN_SHARE * all;
            let regions = self.survey.regions.iter().filter(dear);
            for region in regions.take(MAX_REGIONS) {
                figures.extend(by_position(region));
                figures.extend(inputs(region));
            }
            figures.push(self.reliability());
        }
        let page = Page {
            title: format!("{} through boa", self.name),
            headline: vec![
                (format!("{:.3}", ratio(content, compressed)), "ratio"),
                (grouped(content), "bytes"),
                (grouped(compressed), "bytes compressed"),
                (speed(self.seconds[0]), "compressing"),
                (speed(self.seconds[1]), "decompressing"),
                (self.threads.to_string(), "threads at work"),
            ],
            figures,
            command: self.command.clone(),
        };
        page.to_html()
    }

    fn sizes(&self) -> Figure {
        let content = self.summary.content;
        let boa = Peer {
            name: "boa",
            bytes: self.summary.compressed,
            seconds: self.seconds[0],
        };
        let all: Vec<&Peer> = [&boa].into_iter().chain(&self.peers).collect();
        let bar = |peer: &&Peer| Bar {
            label: peer.name.into(),
            value: ratio(content, peer.bytes),
            text: format!("{:.3}", ratio(content, peer.bytes)),
            marked: peer.name == boa.name,
        };
        let row = |peer: &&Peer| {
            vec![
                peer.name.to_string(),
                grouped(peer.bytes),
                format!("{:.4}", ratio(content, peer.bytes)),
                format!("{:.2}", 8.0 * peer.bytes as f64 / content.max(1) as f64),
                format!("{:.3}", content as f64 / 1e6 / peer.seconds.max(1e-9)),
            ]
        };
        Figure {
            title: "Compared with others".into(),
            picture: bars(
                "Compression ratios",
                "ratio: bytes before / bytes after",
                &all.iter().map(bar).collect::<Vec<_>>(),
            ),
            caption:
                "The same file through each; longer is better. The others run on one core; their \
                      speed is that of compressing."
                    .into(),
            table: Table {
                head: vec!["", "bytes", "ratio", "bits/byte", "MB/s"],
                rows: all.iter().map(row).collect(),
            },
        }
    }

    /// What the compressed file is made of.
    fn bytes(&self) -> Figure {
        let survey = &self.survey;
        let compressed = self.summary.compressed;
        let components = [
            ("predicted, examined", survey.coded),
            ("predicted, not examined", survey.other_coded),
            ("coded column after column", survey.columns),
            ("stored as it is", survey.stored),
            ("headers, hashes, model", survey.around),
        ];
        let components: Vec<(&str, u64)> = components
            .into_iter()
            .filter(|component| component.1 > 0)
            .collect();
        let share = |bytes: u64| 100.0 * bytes as f64 / compressed.max(1) as f64;
        let bar = |component: &(&str, u64)| Bar {
            label: component.0.into(),
            value: share(component.1),
            text: format!("{:.2} %", share(component.1)),
            marked: false,
        };
        let row = |(name, bytes): (&str, u64)| {
            vec![
                name.into(),
                grouped(bytes),
                format!("{:.3} %", share(bytes)),
            ]
        };
        let mut rows: Vec<Vec<String>> = components.iter().copied().map(row).collect();
        rows.push(row(("all", compressed)));
        let total = survey.total();
        let predicted = (total.bits / 8.0).round() as u64;
        rows.push(row(("sum of -log2 p, examined", predicted)));
        Figure {
            title: "What the compressed file is made of".into(),
            picture: bars(
                "Parts of the compressed file",
                "% of the compressed file",
                &components.iter().map(bar).collect::<Vec<_>>(),
            ),
            caption: format!(
                "{} of {} predicted frames were coded again to be examined: {} bytes of {}. Model: {}.",
                survey.frames.1,
                survey.frames.0,
                grouped(total.bytes),
                grouped(self.summary.content),
                self.model
            ),
            table: Table {
                head: vec!["", "bytes", "share"],
                rows,
            },
        }
    }

    /// Cost along the file.
    fn course(&self) -> Figure {
        let survey = &self.survey;
        let mega = |bytes: u64| bytes as f64 / 1e6;
        let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut end = u64::MAX;
        let mut most: f64 = 0.0;
        for (start, cell) in &survey.course {
            if *start != end {
                pieces.push(Vec::new());
            }
            end = start + cell.bytes;
            most = most.max(cell.mean());
            if let Some(piece) = pieces.last_mut() {
                piece.push((mega(*start), cell.mean()));
                piece.push((mega(end), cell.mean()));
            }
        }
        // The picture has ten times as many.
        let rows = survey.course.chunks(10).map(|stretches| {
            let mut all = Cell::default();
            stretches.iter().for_each(|(_, cell)| all.join(cell));
            let start = stretches.first().map_or(0, |(start, _)| *start);
            vec![
                grouped(start),
                grouped(all.bytes),
                format!("{:.4}", all.mean()),
            ]
        });
        Figure {
            title: "Cost along the file".into(),
            picture: lines(
                "Cost along the file",
                &Axis::to("position in the file, MB", mega(self.summary.content)),
                &Axis::linear("bits per byte", 0.0, most),
                &[Series {
                    name: "cost".into(),
                    pieces,
                    dots: false,
                }],
            ),
            caption:
                "Bits per byte of stretches of the file. A frame of some 4 MB is coded in up to 16 lanes side by \
                      side; where a lane begins there is less to go by."
                .into(),
            table: Table {
                head: vec!["from", "bytes", "bits/byte"],
                rows: rows.collect(),
            },
        }
    }

    /// What each part of the predictor would spend.
    fn components(&self) -> Figure {
        let (costs, bytes) = (self.survey.costs(), self.survey.total().bytes.max(1));
        let each = [
            ("network alone", costs.network),
            ("counters, matches", costs.adaptive),
            ("mixed", costs.mixed),
            ("and refined: boa", costs.all),
        ];
        let mean = |bits: f64| bits / bytes as f64;
        let bar = |(number, component): (usize, &(&str, f64))| Bar {
            label: component.0.into(),
            value: mean(component.1),
            text: format!("{:.3}", mean(component.1)),
            marked: number == 3,
        };
        let row = |component: &(&str, f64)| {
            vec![
                component.0.into(),
                format!("{:.4}", mean(component.1)),
                grouped((component.1 / 8.0).round() as u64),
                format!(
                    "{:+.2} %",
                    100.0 * (component.1 / costs.all.max(1e-9) - 1.0)
                ),
            ]
        };
        Figure {
            title: "Which input predicts it".into(),
            picture: bars(
                "What each part of the predictor would spend",
                "bits per byte",
                &each.iter().enumerate().map(bar).collect::<Vec<_>>(),
            ),
            caption:
                "The same bytes with a part of the predictor alone: the network, trained before; \
                 counters and matches, which learn while coding, had they learned without it. Then \
                 all of them mixed bit by bit, and the mix refined by what it has been worth."
                    .into(),
            table: Table {
                head: vec!["", "bits/byte", "bytes", "beside boa"],
                rows: each.iter().map(row).collect(),
            },
        }
    }

    fn reliability(&self) -> Figure {
        let mut points = Vec::new();
        let mut rows = Vec::new();
        for bin in &self.survey.reliability.bins {
            if bin.count == 0 {
                continue;
            }
            let (predicted, observed) = (bin.predicted(), bin.observed());
            rows.push(vec![
                format!("{predicted:.3e}"),
                format!("{observed:.3e}"),
                grouped(bin.count),
                grouped(bin.hits),
                format!("{:.1}", bin.expected()),
            ]);
            // Too few to say anything.
            if bin.expected().max(bin.hits as f64) < 5.0 || bin.hits == 0 {
                continue;
            }
            let count = bin.count as f64;
            let error = 2.0 * (observed * (1.0 - observed) / count).sqrt();
            points.push(Point {
                x: predicted,
                y: observed,
                low: (observed - error).max(0.0),
                high: observed + error,
                tooltip: format!(
                    "predicted {predicted:.3e}, observed {observed:.3e}: {} of {}",
                    bin.hits, bin.count
                ),
            });
        }
        let least = |value: fn(&Point) -> f64| points.iter().map(value).fold(1.0, f64::min);
        let low = least(|point| point.x).min(least(|point| point.y));
        Figure {
            title: "Do the probabilities hold?".into(),
            picture: diagonal(
                "Predicted probability against observed frequency",
                &Axis::log("predicted probability", low, 1.0),
                &Axis::log("observed frequency", low, 1.0),
                &points,
            ),
            caption: "The probabilities of both values of every bit, gathered by size, against how often \
                      that value came. On the dashed line they are right; below it, the \
                      value came less often than predicted. Lines: two \
                      standard deviations; points where at least 5 came or should have."
                .into(),
            table: Table {
                head: vec!["predicted", "observed", "predictions", "came", "expected"],
                rows,
            },
        }
    }
}

fn ratio(content: u64, compressed: u64) -> f64 {
    content as f64 / compressed.max(1) as f64
}
