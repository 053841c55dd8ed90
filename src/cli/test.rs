//! `boa test`.

use super::args::{ReadArgs, Talk};
use super::each_file::for_each;
use super::exit::{Failure, shown};
use super::model_file;
use super::progress::Meter;
use super::source::{self, OpenInput};
use boa_constrictor::{DecodeOptions, decompress};
use std::io;
use std::path::Path;

/// Decodes every file and writes nothing; the exit code is the worst.
pub fn run(args: &ReadArgs, talk: &Talk) -> Result<u8, Failure> {
    let options = DecodeOptions {
        threads: usize::from(args.threads.threads),
        pool: Some(args.threads.pool()?),
        ..model_file::load_all(&args.models)?
    };
    Ok(for_each(&source::or_stdin(&args.files), |path| {
        test_file(path, &options, talk)
    }))
}

fn test_file(path: &Path, options: &DecodeOptions, talk: &Talk) -> Result<(), Failure> {
    let source = OpenInput::open(path)?;
    let bar = Meter::new(source.len(), shown(path), talk);
    let input = source.into_compressed(path, false)?;
    decompress(input, io::sink(), options, &bar).map_err(|e| Failure::of(path, e))?;
    drop(bar);
    if talk.verbose {
        eprintln!("{}: ok", shown(path));
    }
    Ok(())
}
