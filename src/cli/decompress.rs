//! `boa decompress`.

use super::args::{DecompressArgs, OutputArgs, Talk};
use super::compress::{SUFFIX, one_output_for_one_file, print_summary, removable};
use super::each_file::for_each;
use super::exit::{Failure, shown};
use super::model_file;
use super::output::Output;
use super::progress::Meter;
use super::source::{self, OpenInput};
use boa_constrictor::{DecodeOptions, decompress};
use std::path::{Path, PathBuf};

/// Decompresses every file; the exit code is the worst.
pub fn run(args: &DecompressArgs, talk: &Talk) -> Result<u8, Failure> {
    let options = DecodeOptions {
        threads: usize::from(args.threads.threads),
        pool: Some(args.threads.pool()?),
        lossless: args.lossless,
        ..model_file::load_all(&args.models)?
    };
    let files = source::or_stdin(&args.files);
    one_output_for_one_file(&args.output, files.len())?;
    Ok(for_each(&files, |path| {
        decompress_file(path, args, &options, talk)
    }))
}

fn decompress_file(
    path: &Path,
    args: &DecompressArgs,
    options: &DecodeOptions,
    talk: &Talk,
) -> Result<(), Failure> {
    let OutputArgs { rm, force, .. } = &args.output;
    let target = args.output.target(path, || without_suffix(path))?;
    let source = OpenInput::open(path)?;
    let metadata = source.metadata().cloned();
    let bar = Meter::new(source.len(), shown(path), talk);
    let input = source.into_compressed(path, *force)?;
    let mut out = match &target {
        Some(target) => Output::create(target, metadata.as_ref(), *force)?,
        None => Output::stdout(false, *force)?,
    };
    removable(&out, *rm, path)?;
    let summary = decompress(input, &mut out, options, &bar).map_err(|e| Failure::of(path, e))?;
    drop(bar);
    out.commit(metadata.as_ref())?;
    if *rm && let Some(metadata) = &metadata {
        source::remove(path, metadata)?;
    }
    if summary.unbounded && !talk.quiet {
        eprintln!(
            "{}: decoded from latents alone: there is no bound on the error",
            shown(path)
        );
    }
    print_summary(path, &summary, target.is_some(), talk);
    Ok(())
}

fn without_suffix(path: &Path) -> Result<PathBuf, Failure> {
    match path.extension() {
        Some(suffix) if suffix == SUFFIX => Ok(path.with_extension("")),
        _ => {
            let what = "does not end in .boa: name the output with -o, or write to stdout with -c";
            Err(Failure::usage(path, what))
        }
    }
}
