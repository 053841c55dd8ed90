//! `boa train`.

use super::args::{Talk, TrainArgs};
use super::exit::{Failure, USAGE, shown};
use super::layout_option;
use super::output::Output;
#[cfg(feature = "report")]
use super::report;
use boa_constrictor::layout::Given;
use boa_constrictor::model::{Config, HEAD};
#[cfg(feature = "report")]
use boa_constrictor::report::Course;
use boa_constrictor::train::{Corpus, Report, TrainOptions, train};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Without a terminal, how often a line of progress is printed.
const LINE: Duration = Duration::from_secs(30);

/// Trains a network on files and directories and writes it.
pub fn run(args: &TrainArgs, talk: &Talk) -> Result<u8, Failure> {
    if !(args.minutes.is_finite() && args.minutes > 0.0) {
        let line = format!("--minutes {}: needs a time above 0", args.minutes);
        return Err(Failure::Message { line, code: USAGE });
    }
    let given = layout_option::layout(&args.layout)?;
    let mut corpus = Corpus::default();
    let mut files = Vec::new();
    for path in &args.data {
        collect(path, &mut files)?;
    }
    for path in &files {
        corpus
            .add_file(path, given)
            .map_err(|e| Failure::of(path, e))?;
    }
    // Checked before the minutes are spent: the output must be possible.
    let mut output = Output::create(&args.output, None, args.force)?;
    #[cfg(feature = "report")]
    if args.report.as_ref() == Some(&args.output) {
        let what = "is to be both the model and the report";
        return Err(Failure::usage(&args.output, what));
    }
    #[cfg(feature = "report")]
    let page = { args.report.as_deref() }
        .map(|path| report::Report::create(path, None, args.force))
        .transpose()?;
    #[cfg(feature = "report")]
    let mut course = Course::default();

    let heads = 2 * usize::from(args.dim) / HEAD;
    let config = Config {
        dim: args.dim,
        layers: args.layers,
        heads: u8::try_from(heads.max(1)).unwrap_or(u8::MAX),
        state: 16,
        taps: args.taps,
        record: columns(given, &corpus),
    };
    let mut options = TrainOptions::new(config, args.minutes);
    options.seed = args.seed;
    options.checkpoint = args.checkpoint.clone();
    options.resume = args.resume;
    if !talk.quiet {
        eprintln!(
            "boa: training on {} bytes of {} files for {} minutes",
            corpus.len(),
            files.len(),
            args.minutes
        );
    }
    let mut display = Display::new(talk);
    let outcome = train(&corpus, &options, &mut |report| {
        display.show(report);
        #[cfg(feature = "report")]
        course.add(report);
        true
    })
    .map_err(|e| Failure::of(&args.output, e))?;
    drop(display);

    let bytes = outcome.model.to_bytes();
    output
        .write_all(&bytes)
        .map_err(|e| Failure::io(&args.output, e))?;
    output.commit(None)?;
    #[cfg(feature = "report")]
    if let Some(page) = page {
        course.add(&outcome.report);
        let (name, command) = (report::name(&args.output), report::command_line());
        page.write(&course.to_html(&name, bytes.len(), &outcome.gap, &command))?;
    }
    if !talk.quiet {
        let (gap, report) = (outcome.gap, outcome.report);
        eprintln!(
            "boa: {} steps, {:.1} kB/s{}\n\
             boa: held out: {:.4} bits/byte in float, {:.4} in integers (ratio {:.3}); quantisation gap {:+.3} %\n\
             boa: {}: {} bytes, id {}",
            report.steps,
            report.bytes as f64 / 1e3 / report.seconds.max(1e-3),
            if outcome.stopped_early {
                ", stopped early: the held-out data gained no more"
            } else {
                ""
            },
            gap.float,
            gap.integer,
            8.0 / gap.integer,
            100.0 * gap.relative(),
            shown(&args.output),
            bytes.len(),
            outcome.model.id()
        );
    }
    Ok(0)
}

/// The record whose columns the network learns by place: the user's, or the one that all the data has.
fn columns(given: Given, corpus: &Corpus) -> u16 {
    let known = match given {
        Given::Record(record) => Some(record),
        Given::Layout(layout) => Some(layout.record),
        Given::Nothing => {
            let mut records = corpus
                .pieces
                .iter()
                .map(|piece| piece.structure.layout.record);
            let first = records.next();
            first.filter(|first| records.all(|record| record == *first))
        }
    };
    known
        .and_then(|record| u16::try_from(record).ok())
        .filter(|&record| record <= Config::MAX_RECORD)
        .unwrap_or(0)
}

/// The regular files in and under `path`, in the order of their names.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |e| Failure::io(path, e);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(failed)?;
    paths.sort();
    paths.iter().try_for_each(|path| collect(path, files))
}

/// Progress on stderr: a bar on a terminal, else a line now and then.
struct Display {
    bar: Option<ProgressBar>,
    quiet: bool,
    next: Instant,
}

impl Display {
    fn new(talk: &Talk) -> Self {
        let bar = (!talk.quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("train {bar:30} {percent}% {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Display {
            bar,
            quiet: talk.quiet,
            next: Instant::now(),
        }
    }

    fn show(&mut self, report: &Report) {
        let now = Instant::now();
        if self.quiet || now < self.next {
            return;
        }
        let held = report.held_out.map_or(String::new(), |bits| {
            format!(", held out {bits:.3} (ratio {:.3})", 8.0 / bits)
        });
        let line = format!(
            "{:.3} bits/byte, ratio {:.3}{held}, {:.0} s left",
            report.bits,
            8.0 / report.bits,
            report.left
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position((report.done * 1000.0) as u64);
                bar.set_message(line);
                self.next = now + Duration::from_millis(250);
            }
            None => {
                eprintln!("boa: {:.0} %: {line}", 100.0 * report.done);
                self.next = now + LINE;
            }
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
