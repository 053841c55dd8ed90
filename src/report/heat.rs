//! A table of cells, the darker the more.

use super::svg::{Anchor, Svg, WIDTH, shortened};

/// A line of cells, and what stands before and behind it.
pub struct HeatRow {
    pub label: String,
    pub cells: Vec<f64>,
    pub end: String,
}

const LABEL: usize = 16;
const CELL: f64 = 20.0;

/// Cells between 0 and `most`; `across` says what stands side by side, `end` what stands behind the lines.
pub fn heat(title: &str, across: &str, end: &str, lines: &[HeatRow], most: f64) -> String {
    let top = 44.0;
    let (left, right) = (LABEL as f64 * 8.0 + 8.0, WIDTH - 56.0);
    let widest = lines.iter().map(|line| line.cells.len()).max().unwrap_or(1);
    let width = (right - left) / widest.max(1) as f64;
    let mut svg = Svg::new(top + lines.len() as f64 * CELL + 6.0, title);
    svg.text(left, 15.0, Anchor::Start, "soft", across);
    svg.text(WIDTH - 2.0, 15.0, Anchor::End, "soft", end);
    for number in 0..widest {
        let middle = left + (number as f64 + 0.5) * width;
        svg.text(
            middle,
            36.0,
            Anchor::Middle,
            "soft",
            &(number + 1).to_string(),
        );
    }
    for (number, line) in lines.iter().enumerate() {
        let y = top + number as f64 * CELL;
        let label = shortened(&line.label, LABEL);
        svg.text(left - 8.0, y + 15.0, Anchor::End, "", &label);
        svg.text(WIDTH - 2.0, y + 15.0, Anchor::End, "", &line.end);
        for (k, &value) in line.cells.iter().enumerate() {
            let share = (value / most).clamp(0.0, 1.0);
            let x = left + k as f64 * width;
            let tooltip = format!("{}, byte {}: {value:.3} bits", line.label, k + 1);
            let style = ("f1", 0.04 + 0.96 * share);
            svg.rectangle(
                (x + 1.0, y + 1.0),
                (width - 2.0, CELL - 2.0),
                style,
                &tooltip,
            );
            let class = if share > 0.55 { "on" } else { "" };
            let middle = x + width / 2.0;
            svg.text(
                middle,
                y + 15.0,
                Anchor::Middle,
                class,
                &format!("{value:.1}"),
            );
        }
    }
    svg.finish()
}
