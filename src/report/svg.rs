//! Drawing in SVG: escaped text, shapes whose colours the page's style sheet names, and axes.

use std::fmt::Write;

/// Width of every picture, in the units that its text is 13 high in.
pub const WIDTH: f64 = 440.0;

/// Text as HTML and XML take it, between tags and in quotes. What XML has no characters for becomes a replacement mark.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

/// Where text stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture being drawn.
pub struct Svg {
    body: String,
    height: f64,
    title: String,
}

impl Svg {
    /// An empty picture; the title is for screen readers.
    pub fn new(height: f64, title: &str) -> Svg {
        Svg {
            body: String::new(),
            height,
            title: title.into(),
        }
    }

    /// Text on the baseline `y`.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" class="{class}">{text}</text>"#
        );
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let _ = writeln!(
            self.body,
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" class="{class}"/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    /// A filled rectangle, `opacity` from 0 to 1; `tooltip` is shown where the pointer is.
    pub fn rectangle(
        &mut self,
        at: (f64, f64),
        size: (f64, f64),
        style: (&str, f64),
        tooltip: &str,
    ) {
        let _ = writeln!(
            self.body,
            r#"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" class="{}" fill-opacity="{:.2}"><title>{}</title></rect>"#,
            at.0,
            at.1,
            size.0.max(0.0),
            size.1,
            style.0,
            style.1,
            escape(tooltip)
        );
    }

    /// A dot; `tooltip` is shown where the pointer is.
    pub fn dot(&mut self, at: (f64, f64), radius: f64, class: &str, tooltip: &str) {
        let _ = writeln!(
            self.body,
            r#"<circle cx="{:.1}" cy="{:.1}" r="{radius:.1}" class="{class}"><title>{}</title></circle>"#,
            at.0,
            at.1,
            escape(tooltip)
        );
    }

    /// A line through points.
    pub fn path(&mut self, points: &[(f64, f64)], class: &str) {
        let coordinates: Vec<String> = { points.iter() }
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            self.body,
            r#"<polyline points="{}" class="{class}"/>"#,
            coordinates.join(" ")
        );
    }

    /// The finished picture.
    pub fn finish(self) -> String {
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\n<title>{}</title>\n{}</svg>\n",
            self.height,
            escape(&self.title),
            self.body
        )
    }
}

/// A scale from numbers to positions.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it shows, with its unit.
    pub label: String,
    log: bool,
    low: f64,
    high: f64,
}

impl Axis {
    /// From `low` to at least `high`, ending on a tick.
    pub fn linear(label: &str, low: f64, high: f64) -> Axis {
        let high = if high > low { high } else { low + 1.0 };
        let step = step(low, high);
        Axis {
            label: label.into(),
            log: false,
            low: (low / step + 1e-9).floor() * step,
            high: (high / step - 1e-9).ceil() * step,
        }
    }

    /// From 0 to exactly `high`.
    pub fn to(label: &str, high: f64) -> Axis {
        Axis {
            label: label.into(),
            log: false,
            low: 0.0,
            high: if high > 0.0 { high } else { 1.0 },
        }
    }

    /// Powers of ten from `low`, above 0, to `high`.
    pub fn log(label: &str, low: f64, high: f64) -> Axis {
        let low = low.log10().floor();
        Axis {
            label: label.into(),
            log: true,
            low,
            high: high.log10().ceil().max(low + 1.0),
        }
    }

    /// Whether a number lies on a linear axis.
    #[cfg(feature = "train")]
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Where a number lies, from 0 to 1 and not beyond.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Ticks and what stands beside them.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        if self.log {
            let every = ((self.high - self.low) / 6.0).ceil().max(1.0) as usize;
            let powers = (self.low as i32..=self.high as i32).rev().step_by(every);
            return powers.map(|p| (self.at(10f64.powi(p)), power(p))).collect();
        }
        let step = step(self.low, self.high);
        let digits = (-step.log10()).ceil().clamp(0.0, 9.0) as usize;
        let count = ((self.high - self.low) / step + 1e-6) as usize;
        let value = |k: usize| self.low + k as f64 * step;
        (0..=count)
            .map(|k| (self.at(value(k)), format!("{:.digits$}", value(k))))
            .collect()
    }
}

/// 1, 2 or 5 times a power of ten, for about five ticks.
fn step(low: f64, high: f64) -> f64 {
    let rough = ((high - low) / 5.0).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let enough = steps.into_iter().find(|step| rough <= step * 1.001);
    enough.unwrap_or(10.0 * power)
}

fn power(p: i32) -> String {
    match p {
        0 => "1".into(),
        -2..=3 => format!("{}", 10f64.powi(p)),
        _ => {
            let raised = |c: char| match c {
                '-' => '\u{207b}',
                '1' => '\u{b9}',
                '2' => '\u{b2}',
                '3' => '\u{b3}',
                c => char::from_u32(0x2070 + c.to_digit(10).unwrap_or(0)).unwrap_or(c),
            };
            format!(
                "10{}",
                p.to_string().chars().map(raised).collect::<String>()
            )
        }
    }
}

/// At most `most` characters, the last an ellipsis if there were more.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain(['\u{2026}']).collect()
}
