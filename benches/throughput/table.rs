//! The numbers: a table for each file, and means over groups of files.

use crate::cells::{geometric_mean, layout};
use crate::rounds::{Measured, Round, Setting};
use std::collections::BTreeSet;

/// The setting that sizes of numbers are compared with, besides xz.
const PCODEC: &str = "pcodec 12";

impl Measured {
    /// What xz made of it.
    fn xz(&self) -> Option<Round> {
        self.rounds.first().copied().flatten()
    }

    fn ratio(&self, round: &Round) -> f64 {
        self.bytes as f64 / round.bytes as f64
    }

    /// Megabytes a second, compressing (0) or decompressing (1).
    pub fn speed(&self, round: &Round, direction: usize) -> f64 {
        self.bytes as f64 / 1e6 / round.seconds[direction]
    }

    /// What `of` makes of a setting's round, if it ran.
    pub fn of(&self, setting: usize, of: impl Fn(&Measured, &Round) -> f64) -> Option<f64> {
        self.rounds[setting].as_ref().map(|round| of(self, round))
    }

    /// Times the speed at which xz compresses.
    fn of_xz(&self, round: &Round, direction: usize) -> f64 {
        let xz = self.xz().map_or(f64::NAN, |xz| xz.seconds[0]);
        xz / round.seconds[direction]
    }
}

/// Bytes before over bytes after.
pub fn ratio(measured: &Measured, round: &Round) -> f64 {
    measured.ratio(round)
}

/// What every setting made of a file.
pub fn of_file(settings: &[Setting], measured: &Measured, markdown: bool) -> String {
    let head = [
        "", "ratio", "over xz", "MB/s", "of xz", "back", "of xz", "ms", "peak MB",
    ];
    let mut lines = vec![head.map(str::to_string).to_vec()];
    for (setting, round) in settings.iter().zip(&measured.rounds) {
        let Some(round) = round else { continue };
        let xz = measured.xz().map_or(f64::NAN, |xz| xz.bytes as f64);
        let peaks = round.peak.map(|peak| {
            let megabytes = peak.map(|kb| format!("{:.0}", kb as f64 / 1024.0));
            megabytes.unwrap_or("-".into())
        });
        let milliseconds = round.seconds.map(|seconds| format!("{:.1}", seconds * 1e3));
        lines.push(vec![
            setting.name.clone(),
            format!("{:.3}", measured.ratio(round)),
            format!("{:.3}", xz / round.bytes as f64),
            format!("{:.2}", measured.speed(round, 0)),
            format!("{:.2}", measured.of_xz(round, 0)),
            format!("{:.2}", measured.speed(round, 1)),
            format!("{:.2}", measured.of_xz(round, 1)),
            milliseconds.join(" / "),
            peaks.join(" / "),
        ]);
    }
    layout(&lines, markdown)
}

/// Geometric means over the files of each folder that has several, over those whose numbers are known, and over all.
pub fn of_groups(settings: &[Setting], all: &[Measured], markdown: bool) -> String {
    if all.len() < 2 {
        return String::new();
    }
    let folders: BTreeSet<&str> = all.iter().map(|one| one.group.as_str()).collect();
    let mut text = String::new();
    if folders.len() > 1 {
        for folder in folders {
            let files: Vec<_> = all.iter().filter(|one| one.group == folder).collect();
            if files.len() > 1 {
                text += &group(folder, settings, &files, markdown);
            }
        }
    }
    let numeric: Vec<&Measured> = all.iter().filter(|one| one.is_numeric).collect();
    if !numeric.is_empty() {
        text += &group("known numbers", settings, &numeric, markdown);
    }
    text + &group("all", settings, &all.iter().collect::<Vec<_>>(), markdown)
}

/// A line for each setting; "least" is the slowest of the files beside xz.
fn group(name: &str, settings: &[Setting], files: &[&Measured], markdown: bool) -> String {
    let head = [
        "",
        "files",
        "ratio",
        "over xz",
        "over pcodec",
        "MB/s",
        "of xz",
        "least",
        "back",
        "of xz",
        "least",
    ];
    let mut lines = vec![head.map(str::to_string).to_vec()];
    let pcodec = settings.iter().position(|setting| setting.name == PCODEC);
    for (k, setting) in settings.iter().enumerate() {
        let values = |of: &dyn Fn(&Measured, &Round) -> f64| -> Vec<f64> {
            files.iter().filter_map(|one| one.of(k, of)).collect()
        };
        let count = values(&ratio).len();
        if count == 0 {
            continue;
        }
        // Only over the files that both took.
        let over = |other: Option<usize>| {
            let gains = files.iter().filter_map(|one| {
                let other = one.rounds[other?]?;
                one.of(k, |_, round| other.bytes as f64 / round.bytes as f64)
            });
            let gains: Vec<f64> = gains.collect();
            match gains.is_empty() {
                true => "-".into(),
                false => format!("{:.3}", geometric_mean(&gains)),
            }
        };
        let mut line = vec![
            setting.name.clone(),
            count.to_string(),
            format!("{:.3}", geometric_mean(&values(&ratio))),
            over(Some(0)),
            over(pcodec),
        ];
        for direction in [0, 1] {
            let speeds = values(&|one, round| one.speed(round, direction));
            let of_xz = values(&|one, round| one.of_xz(round, direction));
            let least = of_xz.iter().copied().fold(f64::INFINITY, f64::min);
            line.extend(
                [geometric_mean(&speeds), geometric_mean(&of_xz), least]
                    .map(|value| format!("{value:.2}")),
            );
        }
        lines.push(line);
    }
    format!("{name}, geometric means\n{}\n", layout(&lines, markdown))
}
