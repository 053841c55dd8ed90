//! `boa compress --fit`: a network for each input, kept where it makes the output smaller.

use super::args::Talk;
use super::autoencoder;
use super::exit::{Failure, shown};
use super::numbers::{self, seekable};
use super::progress::Meter;
use super::source::OpenInput;
use super::training_progress::TrainingProgress;
use boa_constrictor::lossy::comparison::Opened;
use boa_constrictor::lossy::source::{RegionContent, Source};
use boa_constrictor::lossy::{BoundKind, LossyRequest, Target, latents};
use boa_constrictor::model_file::{Autoencoder, AutoencoderKind};
use boa_constrictor::train::autoencoder::{
    BottleneckOptions, MaskedOptions, Schedule, Table, train_bottleneck, train_masked,
};
use boa_constrictor::train::{Corpus, fit};
use boa_constrictor::{EncodeOptions, Error, Input, Summary, compress};
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long an autoencoder is trained if nothing else is wanted.
pub const USUAL: Duration = Duration::from_secs(300);

/// An autoencoder for the longest table of an input: a masked one, or one whose latents are as small as the ratio that is wanted. None if
/// there is no table, or too few rows to learn from.
pub fn fit_autoencoder(
    path: &Path,
    opened: &mut Opened<Box<dyn numbers::Input>>,
    request: &LossyRequest,
    time: Duration,
    talk: &Talk,
) -> Result<Option<Arc<Autoencoder>>, Failure> {
    let failed = |e| Failure::of(path, e);
    let table = Table::of_source(&mut opened.bytes, &opened.source, &request.fill);
    let Some(table) = table.map_err(failed)? else {
        return Ok(None);
    };
    let (all, columns) = (opened.source.len(), table.columns);
    // What latents alone are to give back is this table and no other: all of it is learned.
    let whole = request.latents_only.then(|| table.clone());
    let (table, held) = match table.hold_out() {
        Ok((rest, held)) => (whole.unwrap_or(rest), held),
        Err(_) if !request.latents_only => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    let usual = Schedule::default();
    let schedule = Schedule {
        minutes: time.as_secs_f64() / 60.0,
        patience: match request.latents_only {
            true => BottleneckOptions::PATIENCE,
            false => usual.patience,
        },
        ..usual
    };
    let mut observe = autoencoder::progress(talk, "held-out cost");
    let kind = match (request.latents_only, request.target) {
        (true, Some(Target::Ratio(ratio))) => {
            let record = record(&opened.source, columns);
            let (latents, latent_bits) = latents::bottleneck(record, columns, ratio);
            let options = BottleneckOptions {
                latents,
                latent_bits,
                hidden: vec![128, 64],
                ..BottleneckOptions::default()
            };
            let outcome = train_bottleneck(&table, &held, &options, &schedule, &mut observe);
            let outcome = outcome.map_err(failed)?;
            autoencoder::print_losses(&outcome.losses, talk);
            AutoencoderKind::Bottleneck(outcome.autoencoder)
        }
        _ => {
            let bounds = match request.default {
                Some(bound) if bound.kind == BoundKind::Relative => vec![bound.value],
                _ => Vec::new(),
            };
            let options = MaskedOptions {
                hidden: hidden_units(all, record(&opened.source, columns)),
                bounds,
                ..MaskedOptions::default()
            };
            let outcome = train_masked(&table, &held, &options, &schedule, &mut observe);
            let outcome = outcome.map_err(failed)?;
            autoencoder::print_gaps(&outcome.gaps, talk);
            AutoencoderKind::Masked(outcome.masked)
        }
    };
    Autoencoder::new(kind)
        .map(Arc::new)
        .map(Some)
        .map_err(failed)
}

/// Bytes of a row of the longest table with so many columns.
fn record(source: &Source, columns: usize) -> usize {
    let tables = source
        .regions
        .iter()
        .filter_map(|region| match &region.content {
            RegionContent::Table(table) if table.columns.len() == columns => {
                Some((region.len, table.record as usize))
            }
            _ => None,
        });
    tables
        .max_by_key(|&(len, _)| len)
        .map_or(0, |(_, record)| record)
}

/// How many units pay for their weights in an input of so many bytes, with rows of `record` bytes.
fn hidden_units(all: u64, record: usize) -> u16 {
    let paid: u16 = match all >> 20 {
        0..8 => 16,
        8..64 => 32,
        _ => 64,
    };
    // A frame has more of the shorter rows, and keeps hidden sums of them all.
    paid.min((2 * record).clamp(4, 64) as u16)
}

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
