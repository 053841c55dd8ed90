//! `boa compress --fit`: a network for each input, kept where it makes the output smaller.

use super::args::Talk;
use super::exit::{Failure, shown};
use super::numbers::seekable;
use super::progress::Meter;
use super::source::OpenInput;
use super::training_progress::TrainingProgress;
use boa_constrictor::train::{Corpus, fit};
use boa_constrictor::{EncodeOptions, Error, Input, Summary, compress};
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Trains for `time`, codes with the built-in and with the fitted network, and writes what is smaller.
pub fn compress_fitted(
    path: &Path,
    source: OpenInput,
    time: Duration,
    options: &EncodeOptions,
    output: &mut impl Write,
    talk: &Talk,
) -> Result<Summary, Failure> {
    let failed = |e| Failure::of(path, e);
    let file = seekable(source).map_err(|e| failed(Error::Io(e)))?;
    let again = || file.try_clone().map_err(Error::Io).map_err(failed);
    let corpus = Corpus::of_frames(again()?, options.layout).map_err(failed)?;
    let mut display = TrainingProgress::new(talk, "fit", false);
    let model = fit(&corpus, time, &mut |report| {
        display.show(report);
        true
    });
    drop(display);
    let model = model.map_err(failed)?;
    drop(corpus);

    let bar = Meter::new(None, shown(path), talk);
    let code = |options: &EncodeOptions| -> Result<(File, Summary), Error> {
        let mut coded = tempfile::tempfile()?;
        let input = Input::from_file(file.try_clone()?)?;
        let summary = compress(input, BufWriter::new(&mut coded), options, &())?;
        Ok((coded, summary))
    };
    let (mut coded, mut summary) = code(options).map_err(failed)?;
    let message = match model {
        None => "nothing to fit a network to".to_string(),
        Some(model) => {
            let len = model.to_bytes().len();
            let fitted = EncodeOptions {
                model: Some(Arc::new(model)),
                embed_model: true,
                ..options.clone()
            };
            let usual = summary.compressed;
            let (other, better) = code(&fitted).map_err(failed)?;
            let kept = if better.compressed < usual {
                (coded, summary) = (other, better);
                "fitted"
            } else {
                "built-in"
            };
            format!(
                "{usual} bytes with the built-in network, {} with the fitted one and its {len} bytes: kept the {kept} one",
                better.compressed
            )
        }
    };
    drop(bar);
    if talk.verbose {
        eprintln!("{}: {message}", shown(path));
    }
    coded
        .rewind()
        .and_then(|()| io::copy(&mut coded, output))
        .and_then(|_| output.flush())
        .map_err(|e| failed(Error::Io(e)))?;
    Ok(summary)
}
