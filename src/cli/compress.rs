//! `boa compress`.

use super::args::{CompressArgs, OutputArgs, Talk};
use super::compress_lossy::{self, compress_rounded, print_losses};
use super::each_file::for_each;
use super::exit::{Failure, USAGE, shown};
#[cfg(feature = "train")]
use super::fit::compress_fitted;
use super::lossy::Wanted;
#[cfg(feature = "report")]
use super::lossy_report::lossy_page;
use super::output::Output;
use super::progress::Meter;
#[cfg(feature = "report")]
use super::report::PendingPage;
use super::source::{self, OpenInput};
use super::verify::Comparison;
use super::{layout_option, lossy, model_file};
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::{DecodeOptions, EncodeOptions, Input, Summary, compress, decompress};
use std::fs::File;
use std::io::{self, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What compressed files end in.
pub const SUFFIX: &str = "boa";

/// Compresses every file; the exit code is the worst.
pub fn run(args: &CompressArgs, talk: &Talk) -> Result<u8, Failure> {
    let wanted = lossy::wanted(&args.lossy, &args.layout, args.report.is_wanted())?;
    let time = args.fit.map(minutes).transpose()?;
    let mut options = EncodeOptions {
        level: args.level.level(),
        model: None,
        autoencoder: None,
        embed_model: !args.no_embed_model,
        layout: match wanted {
            Some(_) => SpecifiedLayout::default(),
            None => layout_option::layout(&args.layout)?,
        },
        threads: usize::from(args.threads.threads),
        pool: Some(args.threads.pool()?),
    };
    model_file::choose(args.model.as_deref(), wanted.is_some(), &mut options)?;
    let files = source::or_stdin(&args.files);
    if args.report.is_wanted() && (wanted.is_none() || files.len() > 1) {
        let line = "--report is about one lossy file: it needs a bound; boa bench --report shows lossless coding";
        return Err(Failure::Message {
            line: line.into(),
            code: USAGE,
        });
    }
    one_output_for_one_file(&args.output, files.len())?;
    Ok(for_each(&files, |path| {
        compress_file(path, args, (time, wanted.as_ref()), &options, talk)
    }))
}

/// Refuses `-o` with several files, which would overwrite each other.
pub fn one_output_for_one_file(output: &OutputArgs, files: usize) -> Result<(), Failure> {
    if output.output.is_some() && files > 1 {
        let line = format!("-o names one output, but there are {files} files");
        return Err(Failure::Message { line, code: USAGE });
    }
    Ok(())
}

/// Refuses `--rm` where what was written cannot be relied on to be there afterwards.
pub fn removable(output: &Output, rm: bool, path: &Path) -> Result<(), Failure> {
    if rm && output.temporary_path().is_none() {
        return Err(Failure::usage(
            path,
            "--rm needs an output that is a regular file",
        ));
    }
    Ok(())
}

fn compress_file(
    path: &Path,
    args: &CompressArgs,
    (fit, wanted): (Option<Duration>, Option<&Wanted>),
    options: &EncodeOptions,
    talk: &Talk,
) -> Result<(), Failure> {
    let OutputArgs { rm, force, .. } = &args.output;
    if !force && path.extension().is_some_and(|suffix| suffix == SUFFIX) {
        return Err(Failure::usage(
            path,
            "already ends in .boa; -f compresses it again",
        ));
    }
    let source = OpenInput::open(path)?;
    let metadata = source.metadata().cloned();
    let target = args.output.target(path, || Ok(with_suffix(path)))?;
    let mut out = match &target {
        Some(target) => Output::create(target, metadata.as_ref(), *force)?,
        None => Output::stdout(true, *force)?,
    };
    removable(&out, *rm, path)?;
    if *rm && wanted.is_some_and(|wanted| wanted.request.latents_only) {
        let line = "--rm and --latents-only: what comes back has no bound that could be checked";
        return Err(Failure::usage(path, line));
    }
    #[cfg(feature = "report")]
    let report = { args.report.path.as_deref() }
        .map(|to| PendingPage::create(to, metadata.as_ref(), *force))
        .transpose()?;
    let mut lossy = None;
    let summary = match (wanted, fit) {
        (Some(wanted), fit) => {
            let wishes = (fit, wanted);
            let compressed = compress_rounded(path, source, wishes, options, &mut out, talk)?;
            let summary = compressed.summary;
            lossy = Some((wanted, compressed));
            summary
        }
        (None, Some(time)) => compress_fitted(path, source, time, options, &mut out, talk)?,
        (None, None) => compress_source(path, source, options, &mut out, talk)?,
    };
    if *rm && let Some(written) = out.temporary_path() {
        let decode = model_file::decode_options(options);
        match &lossy {
            Some((wanted, compressed)) => {
                let found = compressed.found;
                compress_lossy::verify(path, written, wanted, found, &decode, talk)?;
            }
            None => verify(path, written, &decode, talk).map_err(|e| Failure::of(path, e))?,
        }
    }
    out.commit(metadata.as_ref())?;
    if *rm && let Some(metadata) = &metadata {
        source::remove(path, metadata)?;
    }
    match lossy {
        Some((wanted, compressed)) => {
            print_losses(path, &compressed, talk);
            #[cfg(feature = "report")]
            if let Some(report) = report {
                report.write(&lossy_page(path, wanted, compressed, options, talk)?)?;
            }
            #[cfg(not(feature = "report"))]
            let _ = wanted;
        }
        None => print_summary(path, &summary, target.is_some(), talk),
    }
    Ok(())
}

fn compress_source(
    path: &Path,
    source: OpenInput,
    options: &EncodeOptions,
    out: &mut Output,
    talk: &Talk,
) -> Result<Summary, Failure> {
    let bar = Meter::new(source.len(), shown(path), talk);
    let input = match source {
        OpenInput::Stdin => Input::from_reader(io::stdin()),
        OpenInput::File(file, _) => Input::from_file(file).map_err(|e| Failure::of(path, e))?,
    };
    compress(input, out, options, &bar).map_err(|e| Failure::of(path, e))
}

#[cfg(not(feature = "train"))]
fn compress_fitted(
    path: &Path,
    _: OpenInput,
    _: Duration,
    _: &EncodeOptions,
    _: &mut Output,
    _: &Talk,
) -> Result<Summary, Failure> {
    Err(Failure::usage(
        path,
        "--fit needs a boa that was built with training (the feature `train`)",
    ))
}

/// A time in minutes, if it is one.
pub fn minutes(minutes: f64) -> Result<Duration, Failure> {
    match Duration::try_from_secs_f64(minutes * 60.0) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => {
            let line = format!("{minutes} minutes: needs a time above 0");
            Err(Failure::Message { line, code: USAGE })
        }
    }
}

fn with_suffix(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".");
    name.push(SUFFIX);
    PathBuf::from(name)
}

/// Decodes `written` and compares it with the file at `original`.
fn verify(
    original: &Path,
    written: &Path,
    decode: &DecodeOptions,
    talk: &Talk,
) -> boa_constrictor::Result<()> {
    let mut comparison = Comparison::new(BufReader::new(File::open(original)?));
    let written = File::open(written)?;
    let len = written.metadata()?.len();
    let bar = Meter::new(Some(len), format!("{}: verify", shown(original)), talk);
    decompress(BufReader::new(written), &mut comparison, decode, &bar)?;
    match comparison.finish()? {
        true => Ok(()),
        false => Err(io::Error::other("decodes to less than the original").into()),
    }
}

/// Prints what became of a file, on a terminal or with --verbose.
pub fn print_summary(path: &Path, summary: &Summary, to_file: bool, talk: &Talk) {
    let watched = to_file && io::stderr().is_terminal();
    if talk.quiet || !(talk.verbose || watched) {
        return;
    }
    let Summary {
        content,
        compressed,
        frames,
        ..
    } = summary;
    let ratio = *content as f64 / *compressed as f64;
    eprintln!(
        "{}: {content} bytes, compressed {compressed}, ratio {ratio:.3}, frames {frames}",
        shown(path)
    );
}
