//! Bars, lines, and dots around a diagonal.

use super::svg::{Anchor, Axis, Svg, WIDTH, shortened};

/// A bar: what it is, how long, and what stands at its end.
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub text: String,
    /// Drawn in the second colour.
    pub marked: bool,
}

/// Width of a character, on average.
const CHARACTER: f64 = 8.0;
const LABEL: usize = 24;

/// Bars from left to right, from 0 to the longest; `unit` says what of.
pub fn bars(title: &str, unit: &str, bars: &[Bar]) -> String {
    let (bar, gap, top) = (20.0, 7.0, 26.0);
    let longest = |text: fn(&Bar) -> usize| bars.iter().map(text).max().unwrap_or(0) as f64;
    let label = longest(|bar| bar.label.chars().count().min(LABEL)) * CHARACTER + 10.0;
    let value = longest(|bar| bar.text.chars().count()) * CHARACTER + 10.0;
    let axis = Axis::to(unit, bars.iter().map(|bar| bar.value).fold(0.0, f64::max));
    let mut svg = Svg::new(top + bars.len() as f64 * (bar + gap) + 4.0, title);
    svg.text(label, 15.0, Anchor::Start, "soft", unit);
    let bottom = top + bars.len() as f64 * (bar + gap);
    svg.line((label, top - 4.0), (label, bottom), "axis");
    for (number, one) in bars.iter().enumerate() {
        let y = top + number as f64 * (bar + gap);
        let width = axis.at(one.value) * (WIDTH - label - value);
        let name = shortened(&one.label, LABEL);
        svg.text(label - 8.0, y + 15.0, Anchor::End, "", &name);
        let class = if one.marked { "f2" } else { "f1" };
        let tooltip = format!("{}: {} {unit}", one.label, one.text);
        svg.rectangle((label, y), (width, bar), (class, 1.0), &tooltip);
        svg.text(label + width + 6.0, y + 15.0, Anchor::Start, "", &one.text);
    }
    svg.finish()
}

/// A line with a name, in pieces where there are gaps.
pub struct Series {
    pub name: String,
    pub pieces: Vec<Vec<(f64, f64)>>,
    /// Dots at the points too.
    pub dots: bool,
}

const LEFT: f64 = 52.0;
const RIGHT: f64 = WIDTH - 14.0;
const BOTTOM: f64 = 246.0;
const HEIGHT: f64 = 292.0;

/// The frame of a picture with two axes: the label of `y` above, ticks, and a function from numbers to positions.
fn plane(svg: &mut Svg, x: &Axis, y: &Axis, top: f64) -> impl Fn(f64, f64) -> (f64, f64) + use<> {
    svg.text(4.0, top - 12.0, Anchor::Start, "soft", &y.label);
    let middle = (LEFT + RIGHT) / 2.0;
    svg.text(middle, HEIGHT - 8.0, Anchor::Middle, "soft", &x.label);
    for (at, text) in y.ticks() {
        let at_scale = BOTTOM - at * (BOTTOM - top);
        svg.line((LEFT, at_scale), (RIGHT, at_scale), "grid");
        svg.text(LEFT - 6.0, at_scale + 4.5, Anchor::End, "soft", &text);
    }
    let ticks = x.ticks();
    for (at, text) in &ticks {
        let at_scale = LEFT + at * (RIGHT - LEFT);
        svg.line((at_scale, BOTTOM), (at_scale, BOTTOM + 4.0), "axis");
        // The last one would stick out.
        let wide = text.chars().count() as f64 * CHARACTER / 2.0;
        let at_scale = at_scale.min(WIDTH - 2.0 - wide);
        svg.text(at_scale, BOTTOM + 19.0, Anchor::Middle, "soft", text);
    }
    svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "axis");
    let (x, y) = (x.clone(), y.clone());
    move |a, b| {
        let across = LEFT + x.at(a) * (RIGHT - LEFT);
        (across, BOTTOM - y.at(b) * (BOTTOM - top))
    }
}

/// Lines over a common axis, at most two.
pub fn lines(title: &str, x: &Axis, y: &Axis, series: &[Series]) -> String {
    let mut svg = Svg::new(HEIGHT, title);
    let top = if series.len() > 1 { 54.0 } else { 32.0 };
    let at_scale = plane(&mut svg, x, y, top);
    let mut legend = 4.0;
    for (number, one) in series.iter().enumerate() {
        let (line, dot) = [("l1", "f1"), ("l2", "f2")][number.min(1)];
        if series.len() > 1 {
            svg.line((legend, 11.0), (legend + 20.0, 11.0), line);
            svg.text(legend + 26.0, 15.5, Anchor::Start, "", &one.name);
            legend += 50.0 + one.name.chars().count() as f64 * CHARACTER;
        }
        for piece in &one.pieces {
            let points: Vec<(f64, f64)> = piece.iter().map(|&(a, b)| at_scale(a, b)).collect();
            svg.path(&points, line);
            if one.dots {
                for (point, (a, b)) in points.into_iter().zip(piece) {
                    svg.dot(point, 3.0, dot, &format!("{}: {b:.4} at {a:.1}", one.name));
                }
            }
        }
    }
    svg.finish()
}

/// A point, how far it may be off below and above, and its tooltip.
pub struct Point {
    pub x: f64,
    pub y: f64,
    pub low: f64,
    pub high: f64,
    pub tooltip: String,
}

/// Points that ought to lie on the diagonal.
pub fn diagonal(title: &str, x: &Axis, y: &Axis, points: &[Point]) -> String {
    let mut svg = Svg::new(HEIGHT, title);
    let at_scale = plane(&mut svg, x, y, 32.0);
    svg.line((LEFT, BOTTOM), at_scale(f64::MAX, f64::MAX), "dash");
    for point in points {
        svg.line(
            at_scale(point.x, point.low),
            at_scale(point.x, point.high),
            "error",
        );
        svg.dot(at_scale(point.x, point.y), 4.0, "f1", &point.tooltip);
    }
    svg.finish()
}
