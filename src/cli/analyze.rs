//! `boa analyze`.

use super::args::{AnalyzeArgs, Talk};
use super::each_file::for_each;
use super::exit::{Failure, shown};
use super::source::{OpenInput, STDIN};
use super::stdout::print;
use boa_constrictor::analyze::{ColumnReport, RegionReport, Report, analyze, analyze_reader};
use serde::Serialize;
use std::io;
use std::path::Path;

/// Lines of a table that are shown without `--verbose`.
const MAX_LINES: usize = 60;
/// Regions that are shown without it, and those of them whose columns are.
const MAX_REGIONS: usize = 12;

/// Analyzes every file; the exit code is the worst.
pub fn run(args: &AnalyzeArgs, talk: &Talk) -> Result<u8, Failure> {
    Ok(for_each(&args.files, |path| {
        let report = examine(path)?;
        let text = if args.json {
            json(path, &report)?
        } else {
            text_report(path, &report, talk)
        };
        print(&text)
    }))
}

fn examine(path: &Path) -> Result<Report, Failure> {
    let report = match OpenInput::open(path)? {
        OpenInput::Stdin => analyze_reader(io::stdin().lock()),
        // What is no regular file, or has a length of 0, may give bytes when read.
        OpenInput::File(file, metadata) if !metadata.is_file() || metadata.len() == 0 => {
            analyze_reader(file)
        }
        OpenInput::File(file, _) => analyze(file),
    };
    report.map_err(|e| Failure::of(path, e))
}

/// One line of JSON.
fn json(path: &Path, report: &Report) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct JsonLine<'a> {
        file: String,
        #[serde(flatten)]
        report: &'a Report,
    }
    let file = if path == Path::new(STDIN) {
        STDIN.to_string()
    } else {
        path.to_string_lossy().into_owned()
    };
    let line = serde_json::to_string(&JsonLine { file, report });
    let line = line.map_err(|e| Failure::usage(path, e))?;
    Ok(line + "\n")
}

fn text_report(path: &Path, report: &Report, talk: &Talk) -> String {
    let Report {
        bytes,
        complete,
        looked_at,
        estimate,
        advice,
        regions,
    } = report;
    let mut text = format!("{}: {bytes} bytes", shown(path));
    if !complete {
        text += ", and more that were not read";
    }
    if looked_at < bytes {
        text += &format!(
            "; {} of them examined ({:.0} %)",
            looked_at,
            100.0 * *looked_at as f64 / *bytes as f64
        );
    }
    text += "\n";
    if regions.is_empty() {
        return text;
    }
    text += &format!(
        "  estimate  ratio {:.2}, {} bytes; {} on {}\n",
        estimate.ratio,
        estimate.compressed,
        duration(estimate.seconds),
        counted(estimate.cores, "core")
    );
    for (name, verdict) in [("training", &advice.train), ("lossy", &advice.lossy)] {
        let worth = if verdict.worth { "worth it" } else { "no" };
        let line = format!("{worth}: {}", verdict.why);
        text += &format!("  {name:<9} {}\n", wrapped(&line, 86, 12));
    }
    let most = if talk.verbose {
        usize::MAX
    } else {
        MAX_REGIONS
    };
    text += &format!("\n  {:>12} {:>12} {:>7}  layout\n", "at", "bytes", "ratio");
    for region in regions.iter().take(most) {
        text += &row_text(region);
    }
    text += &more(regions.len(), most, "regions");
    for region in regions.iter().take(most) {
        if !region.columns.is_empty() {
            text += &table(region, talk);
        }
    }
    text
}

fn row_text(region: &RegionReport) -> String {
    let ratio = match region.bits_per_byte {
        Some(bits) if bits >= 0.008 => format!("{:.2}", 8.0 / bits),
        Some(_) => ">1000".into(),
        None => "-".into(),
    };
    let layout = format!("{}: {}", region.layout, region.found);
    format!(
        "  {:>12} {:>12} {ratio:>7}  {}\n",
        region.at,
        region.bytes,
        wrapped(&layout, 62, 37)
    )
}

/// The columns of a region; neighbours that are alike share a line, unless all is wanted.
fn table(region: &RegionReport, talk: &Talk) -> String {
    let most = if talk.verbose { usize::MAX } else { MAX_LINES };
    let mut text = format!(
        "\n  at {}: {} from {} bytes\n  {:>6} {:<4} {:>12} {:>12} {:>8} {:>5} {:>5}  {}\n",
        region.at,
        counted(region.columns.len(), "column"),
        region.looked_at,
        "offset",
        "type",
        "min",
        "max",
        "distinct",
        "bits",
        "noise",
        "rule"
    );
    let groups: Vec<&[ColumnReport]> = if talk.verbose {
        region.columns.chunks(1).collect()
    } else {
        region.columns.chunk_by(alike).collect()
    };
    for group in groups.iter().take(most) {
        text += &row(group);
    }
    text += &more(groups.len(), most, "lines");
    text
}

/// Nothing that is shown differs but their positions: constant columns.
fn alike(a: &ColumnReport, b: &ColumnReport) -> bool {
    let key = |c: &ColumnReport| (c.distinct, c.min.map(|n| n.to_string()), c.rule.clone());
    a.type_name == b.type_name && a.distinct == 1 && b.distinct == 1 && key(a) == key(b)
}

fn row(group: &[ColumnReport]) -> String {
    let Some(column) = group.first() else {
        return String::new();
    };
    let number = |n: Option<_>| n.map_or_else(|| "-".into(), |n| short(&format!("{n}")));
    let distinct = match column.distinct_exact {
        true => column.distinct.to_string(),
        false => format!(">{}", column.distinct),
    };
    let mut notes: Vec<String> = column.rule.iter().cloned().collect();
    if group.len() > 1 {
        notes.push(format!("({} columns alike)", group.len()));
    }
    for (count, name) in [(column.nan, "NaN"), (column.infinite, "inf")] {
        if count > 0 {
            notes.push(format!("({count} {name})"));
        }
    }
    let line = format!(
        "  {:>6} {:<4} {:>12} {:>12} {:>8} {:>5.1} {:>5.1}  {}",
        column.at,
        column.type_name,
        number(column.min),
        number(column.max),
        distinct,
        column.bits,
        column.noise_bits,
        wrapped(&notes.join(" "), 38, 62)
    );
    line.trim_end().to_string() + "\n"
}

/// A number in at most 12 characters.
fn short(number: &str) -> String {
    if number.len() <= 12 {
        return number.into();
    }
    let value: f64 = number.parse().unwrap_or(f64::NAN);
    let plain = format!("{value:.6}");
    if plain.len() <= 12 && value.abs() >= 0.01 {
        plain
    } else {
        format!("{value:.4e}")
    }
}

fn more(all: usize, shown: usize, what: &str) -> String {
    match all.checked_sub(shown) {
        None | Some(0) => String::new(),
        Some(left) => format!("  ... and {left} more {what} (--verbose shows all)\n"),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn duration(seconds: f64) -> String {
    match seconds {
        7200.0.. => format!("{:.1} hours", seconds / 3600.0),
        120.0.. => format!("{:.0} minutes", seconds / 60.0),
        1.5.. => format!("{seconds:.0} seconds"),
        _ => "a second".into(),
    }
}

/// Text in lines of `width` characters where its words allow, those after the first indented.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let len = word.chars().count();
        if used > 0 && used + 1 + len > width {
            lines += &format!("\n{:indent$}", "");
            used = 0;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines += word;
        used += len;
    }
    lines
}
