//! `boa train`.

use super::args::{NetworkSize, Talk, TrainArgs};
use super::compress::minutes;
use super::exit::{Failure, shown};
use super::layout_option;
use super::output::Output;
#[cfg(feature = "report")]
use super::report;
use super::training_progress::TrainingProgress;
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::model::{Config, HEAD};
use boa_constrictor::model_file::Model;
#[cfg(feature = "report")]
use boa_constrictor::report::Course;
use boa_constrictor::structure::description;
use boa_constrictor::train::{Corpus, Rules, TrainOptions, TrainingFile, hold_out, train};
use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Trains a network on files and directories and writes it.
pub fn run(args: &TrainArgs, talk: &Talk) -> Result<u8, Failure> {
    minutes(args.minutes)?;
    let specified = layout_option::layout(&args.layout)?;
    let (files, held) = sources(args)?;
    // Checked before the minutes are spent: the output must be possible.
    let mut output = Output::create(&args.output, None, args.force)?;
    #[cfg(feature = "report")]
    if args.report.as_ref() == Some(&args.output) {
        let what = "is to be both the model and the report";
        return Err(Failure::usage(&args.output, what));
    }
    #[cfg(feature = "report")]
    let page = { args.report.as_deref() }
        .map(|path| report::PendingPage::create(path, None, args.force))
        .transpose()?;
    #[cfg(feature = "report")]
    let mut course = Course::default();
    let rules = Rules {
        specified,
        memory: args.memory << 20,
        augment: args.augment,
        seed: args.seed,
    };
    let (count, checked) = (files.len(), held_out_text(&held));
    let failed = |e| Failure::of(&args.output, e);
    let mut corpus = Corpus::of_files(rules, files, held).map_err(failed)?;
    let mut options =
        TrainOptions::new(shape(args.size, columns(specified, &corpus)), args.minutes);
    options.seed = args.seed;
    options.seeds = args.seeds.into();
    options.checkpoint = args.checkpoint.clone();
    options.resume = args.resume;
    if !talk.quiet {
        eprintln!(
            "boa: training on {} bytes of {count} files for {} minutes; {checked}",
            corpus.len(),
            args.minutes
        );
    }
    let mut display = TrainingProgress::new(talk, "train", true);
    let outcome = train(&mut corpus, &options, &mut |report| {
        display.show(report);
        #[cfg(feature = "report")]
        course.add(report);
        true
    })
    .map_err(failed)?;
    drop(display);

    let model = outcome.model.compacted().map_err(failed)?;
    let bytes = model.to_bytes();
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
            "boa: seed {}, {} steps, {:.1} kB/s{}\n\
             boa: held out, with all else that predicts: {:.4} bits/byte in float, {:.4} in integers (ratio {:.3}); quantisation gap {:+.3} %\n\
             boa: stores {}\n\
             boa: {}: {} bytes, id {}",
            report.seed,
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
            structure_text(&model),
            shown(&args.output),
            bytes.len(),
            model.id()
        );
    }
    Ok(0)
}

/// What to train on and what to check on: the files of the command line, or some of several.
fn sources(args: &TrainArgs) -> Result<(Vec<TrainingFile>, Vec<TrainingFile>), Failure> {
    let all = |paths: &[PathBuf]| -> Result<Vec<TrainingFile>, Failure> {
        let mut files = Vec::new();
        for path in paths {
            collect(path, &mut files)?;
        }
        let source = |path: &PathBuf| TrainingFile::new(path).map_err(|e| Failure::of(path, e));
        files.iter().map(source).collect()
    };
    let (mut files, mut held) = (all(&args.data)?, all(&args.hold_out)?);
    if held.is_empty() {
        held = hold_out(&mut files, args.seed);
    } else {
        let mut same = HashSet::new();
        for file in &held {
            let path = file.path();
            same.insert(fs::canonicalize(path).map_err(|e| Failure::io(path, e))?);
        }
        files.retain(|file| fs::canonicalize(file.path()).is_ok_and(|path| !same.contains(&path)));
    }
    Ok((files, held))
}

/// What is checked on, in words.
fn held_out_text(held: &[TrainingFile]) -> String {
    match held {
        [] => "the last tenth of each piece is held out".into(),
        held => {
            let names: Vec<String> = held.iter().take(8).map(|file| shown(file.path())).collect();
            let more = match held.len() - names.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("held out: {}{more}", names.join(", "))
        }
    }
}

/// A description of the structure that a model stores.
fn structure_text(model: &Model) -> String {
    match model.stored_structure() {
        Some(structure) => format!(
            "the structure of its data: {}, {} columns",
            description::structure(structure),
            structure.fields.len()
        ),
        None => "no structure: less than half of its data has the same columns".into(),
    }
}

fn shape(size: NetworkSize, record: u16) -> Config {
    let (dim, layers, taps) = match size {
        NetworkSize::Small => (16, 1, 2),
        NetworkSize::Default => (32, 2, 3),
        NetworkSize::Large => (64, 2, 4),
    };
    Config {
        dim,
        layers,
        heads: (2 * usize::from(dim) / HEAD) as u8,
        state: 16,
        taps,
        record,
    }
}

/// The record whose columns the network learns by position: the user's, or the one that all the data has.
fn columns(specified: SpecifiedLayout, corpus: &Corpus) -> u16 {
    let known = match specified {
        SpecifiedLayout::Record(record) => Some(record),
        SpecifiedLayout::Layout(layout) => Some(layout.record),
        SpecifiedLayout::Nothing => {
            let pieces = corpus.pieces.iter();
            let mut records = pieces.map(|piece| piece.structure.layout.record);
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
