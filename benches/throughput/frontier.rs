//! The frontier: a picture of how small against how fast, a point for each setting.

use crate::Failure;
use crate::cells::geometric_mean;
use crate::rounds::{Measured, Runs, Setting};
use crate::table::ratio;
use svg::{Anchor, Axis, Svg, WIDTH};

#[path = "../../src/report/svg.rs"]
#[allow(dead_code)]
mod svg;

/// Height of a panel, its margins, and of the line below both.
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 46.0;
const NOTE: f64 = 28.0;

/// The colours, in light and dark, with the names that pages of reports have.
const STYLE: &str = "
svg{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
.paper{fill:#fff} text{fill:#1b1d21} .soft{fill:#5a606b} .f1{fill:#2767b0} .f2{fill:#c2571a}
.strong{font-weight:600} .axis{stroke:#5a606b;stroke-width:1} .grid{stroke:#d6d9df;stroke-width:1}
.dash{fill:none;stroke:#5a606b;stroke-width:1.5;stroke-dasharray:5 4}
@media(prefers-color-scheme:dark){.paper{fill:#15171b} text{fill:#e8eaee} .soft{fill:#a3a9b4} .f1{fill:#6ea8ee} .f2{fill:#f0975a}
.axis,.dash{stroke:#a3a9b4} .grid{stroke:#3b3f47}}
";

/// Means of a setting.
#[derive(Clone)]
struct Point {
    name: String,
    is_boa: bool,
    ratio: f64,
    /// MB/s, compressing and decompressing.
    speeds: [f64; 2],
}

/// Compressing on the left and decompressing on the right, over the files that every setting took.
///
/// # Errors
/// If there is no such file.
pub fn picture(settings: &[Setting], all: &[Measured]) -> Result<String, Failure> {
    let calls: Vec<usize> = { 0..settings.len() }
        .filter(|&k| settings[k].runs != Runs::Process)
        .filter(|&k| all.iter().any(|one| one.rounds[k].is_some()))
        .collect();
    let files: Vec<&Measured> = { all.iter() }
        .filter(|one| calls.iter().all(|&k| one.rounds[k].is_some()))
        .collect();
    if files.is_empty() {
        return Err("no file for the picture: none was taken by every setting".into());
    }
    let point = |&k: &usize| {
        let mean = |of: &dyn Fn(&Measured) -> Option<f64>| {
            geometric_mean(&files.iter().filter_map(|one| of(one)).collect::<Vec<_>>())
        };
        let speed = |direction| mean(&|one| one.of(k, |one, round| one.speed(round, direction)));
        Point {
            name: settings[k].name.clone(),
            is_boa: settings[k].runs == Runs::Boa,
            ratio: mean(&|one| one.of(k, ratio)),
            speeds: [speed(0), speed(1)],
        }
    };
    let points: Vec<Point> = calls.iter().map(point).collect();
    let panels = [
        panel(&points, 0, "compressing, MB/s"),
        panel(&points, 1, "decompressing, MB/s"),
    ];
    let note = match files.len() {
        1 => "One file, one core.".to_string(),
        n => format!("Geometric means over {n} files, one core."),
    };
    let note = format!(
        "{note} Up is smaller, right is faster. Nothing beats those on the dashed line in both."
    );
    Ok(beside(panels, &note))
}

/// Two pictures beside each other, and a line below them.
fn beside(panels: [String; 2], note: &str) -> String {
    let (width, height) = (2.0 * WIDTH, HEIGHT + NOTE);
    let mut text = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\n<style>{STYLE}</style>\n\
         <title>Ratio against speed</title>\n<rect width=\"{width}\" height=\"{height}\" class=\"paper\"/>\n"
    );
    for (number, panel) in panels.iter().enumerate() {
        let x = number as f64 * WIDTH;
        let position = format!("<svg x=\"{x}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" ");
        text += &panel.replacen("<svg ", &position, 1);
    }
    let y = HEIGHT + 12.0;
    let note = svg::escape(note);
    text + &format!("<text x=\"{LEFT}\" y=\"{y}\" class=\"soft\">{note}</text>\n</svg>\n")
}

/// Ratio against one of the speeds.
fn panel(points: &[Point], direction: usize, label: &str) -> String {
    let speed = |point: &Point| point.speeds[direction];
    let ends = |of: &dyn Fn(&Point) -> f64| {
        let fold = |start, f: fn(f64, f64) -> f64| points.iter().map(of).fold(start, f);
        (fold(f64::INFINITY, f64::min), fold(0.0, f64::max))
    };
    let (slowest, fastest) = ends(&speed);
    let (largest, smallest) = ends(&|point| point.ratio);
    let across = Axis::log(label, slowest, fastest);
    let up = Axis::linear("ratio", largest.min(1.0), smallest * 1.1);
    let x = |share: f64| LEFT + share * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    let mut svg = Svg::new(HEIGHT, &format!("ratio against {label}"));
    svg.text(LEFT, 15.0, Anchor::Start, "soft", &up.label);
    for (share, text) in up.ticks() {
        svg.line((x(0.0), y(share)), (x(1.0), y(share)), "grid");
        svg.text(LEFT - 6.0, y(share) + 4.0, Anchor::End, "soft", &text);
    }
    for (share, text) in across.ticks() {
        svg.line((x(share), y(0.0)), (x(share), y(1.0)), "grid");
        svg.text(x(share), y(0.0) + 17.0, Anchor::Middle, "soft", &text);
    }
    svg.line((x(0.0), y(0.0)), (x(1.0), y(0.0)), "axis");
    svg.line((x(0.0), y(0.0)), (x(0.0), y(1.0)), "axis");
    svg.text(x(0.5), HEIGHT - 10.0, Anchor::Middle, "", &across.label);
    let position = |point: &Point| (x(across.at(speed(point))), y(up.at(point.ratio)));
    let frontier = unbeaten(points, direction).into_iter().map(position);
    let frontier: Vec<(f64, f64)> = frontier.collect();
    svg.path(&frontier, "dash");
    let mut labels = Labels {
        taken: points.iter().map(|p| Area::of_dot(position(p))).collect(),
        lines: along(&frontier).map(Area::of_dash).collect(),
        within: Area {
            from: (x(0.0), y(1.0)),
            to: (x(1.0), y(0.0)),
        },
    };
    // From left to right: the labels at the edge have fewest sides to choose from.
    let mut points: Vec<&Point> = points.iter().collect();
    points.sort_by(|a, b| speed(a).total_cmp(&speed(b)));
    for point in points {
        let at = position(point);
        let (dot, text) = match point.is_boa {
            true => ("f1", "f1 strong"),
            false => ("f2", ""),
        };
        let tooltip = format!(
            "{}: ratio {:.3}, {:.2} MB/s",
            point.name,
            point.ratio,
            speed(point)
        );
        svg.dot(at, 4.5, dot, &tooltip);
        let (at, anchor) = labels.beside(at, &point.name);
        svg.text(at.0, at.1, anchor, text, &point.name);
    }
    svg.finish()
}

/// Points on a line through others, a few units apart.
fn along(line: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    const STEPS: usize = 40;
    let between = |a: f64, b: f64, k: usize| a + (b - a) * k as f64 / STEPS as f64;
    line.windows(2).flat_map(move |ends| {
        let (a, b) = (ends[0], ends[1]);
        (0..=STEPS).map(move |k| (between(a.0, b.0, k), between(a.1, b.1, k)))
    })
}

/// Those that none is both smaller and faster than, the fastest first.
fn unbeaten(points: &[Point], direction: usize) -> Vec<&Point> {
    let mut points: Vec<&Point> = points.iter().collect();
    points.sort_by(|a, b| b.speeds[direction].total_cmp(&a.speeds[direction]));
    let mut best = 0.0;
    points.retain(|point| {
        let is_smaller = point.ratio > best;
        best = point.ratio.max(best);
        is_smaller
    });
    points
}

/// A rectangle between two corners.
#[derive(Clone, Copy)]
struct Area {
    from: (f64, f64),
    to: (f64, f64),
}

impl Area {
    fn of_dot(at: (f64, f64)) -> Area {
        Area {
            from: (at.0 - 5.0, at.1 - 5.0),
            to: (at.0 + 5.0, at.1 + 5.0),
        }
    }

    fn of_dash(at: (f64, f64)) -> Area {
        Area { from: at, to: at }
    }

    /// That of a text on a baseline.
    fn of_text(at: (f64, f64), anchor: Anchor, text: &str) -> Area {
        let width = 8.0 * text.chars().count() as f64;
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        Area {
            from: (left, at.1 - 11.0),
            to: (left + width, at.1 + 3.0),
        }
    }

    fn meets(&self, other: &Area) -> bool {
        self.from.0 < other.to.0
            && other.from.0 < self.to.0
            && self.from.1 < other.to.1
            && other.from.1 < self.to.1
    }

    fn holds(&self, other: &Area) -> bool {
        self.from.0 <= other.from.0
            && self.from.1 <= other.from.1
            && self.to.0 >= other.to.0
            && self.to.1 >= other.to.1
    }
}

/// Where labels stand so far.
struct Labels {
    taken: Vec<Area>,
    /// What they should not stand on if they can stand elsewhere.
    lines: Vec<Area>,
    within: Area,
}

impl Labels {
    /// Where a dot's label goes: to the first side that is free, else to the right.
    fn beside(&mut self, dot: (f64, f64), text: &str) -> ((f64, f64), Anchor) {
        let sides = [
            ((8.0, 4.0), Anchor::Start),
            ((-8.0, 4.0), Anchor::End),
            ((0.0, -9.0), Anchor::Middle),
            ((0.0, 19.0), Anchor::Middle),
            ((6.0, -7.0), Anchor::Start),
            ((6.0, 16.0), Anchor::Start),
            ((-6.0, -7.0), Anchor::End),
            ((-6.0, 16.0), Anchor::End),
        ];
        let sides = sides.map(|((x, y), anchor)| ((dot.0 + x, dot.1 + y), anchor));
        let free = |others: &[&Vec<Area>]| {
            let mut sides = sides.iter().copied();
            sides.find(|&(at, anchor)| {
                let area = Area::of_text(at, anchor, text);
                let mut others = others.iter().copied().flatten();
                self.within.holds(&area) && !others.any(|other| other.meets(&area))
            })
        };
        let side = free(&[&self.taken, &self.lines]).or_else(|| free(&[&self.taken]));
        let (at, anchor) = side.unwrap_or(sides[0]);
        self.taken.push(Area::of_text(at, anchor, text));
        (at, anchor)
    }
}
