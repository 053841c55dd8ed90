//! `boa compress` with a bound: what is lost is measured, printed, and never more than was allowed.

use super::args::Talk;
use super::exit::{DATA, Failure, shown};
#[cfg(feature = "train")]
use super::fit;
use super::lossy::Wanted;
use super::numbers::{self, Input};
use super::progress::Meter;
use super::source::OpenInput;
#[cfg(feature = "report")]
use boa_constrictor::lossy::BoundKind;
use boa_constrictor::lossy::comparison::{Opened, compare};
use boa_constrictor::lossy::distortion::{self, ColumnLoss};
use boa_constrictor::lossy::losses::{Losses, Pictured, psnr, violations};
use boa_constrictor::lossy::plan::Plan;
use boa_constrictor::lossy::source::Source;
use boa_constrictor::lossy::statistics::ColumnSummary;
use boa_constrictor::lossy::target::{self, Reached};
use boa_constrictor::lossy::{Bound, LossyRequest};
use boa_constrictor::stream::{Observe, measure, sample_lossy};
use boa_constrictor::{
    DecodeOptions, EncodeOptions, Error, Summary, compress_latents, compress_lossy, decompress,
};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::time::Duration;

/// Of a longer input about so many bytes are coded to find the bound that reaches a ratio or a PSNR.
const SAMPLE: u64 = 64 << 20;

/// What became of an input.
pub struct Compressed {
    pub summary: Summary,
    /// The name of each column, and what was lost of it.
    pub losses: Vec<(String, ColumnLoss)>,
    /// The bound that was found for a target.
    pub found: Option<Bound>,
    /// Pictures of each column, if they were wanted.
    #[cfg_attr(not(feature = "report"), allow(dead_code))]
    pub pictures: Vec<Pictured>,
}

/// Compresses an input, and fails if a value were to break its bound.
pub fn compress_rounded(
    path: &Path,
    input: OpenInput,
    (fit, wanted): (Option<Duration>, &Wanted),
    options: &EncodeOptions,
    out: &mut impl Write,
    talk: &Talk,
) -> Result<Compressed, Failure> {
    let mut opened = numbers::open(path, input, &wanted.numbers)?;
    let fitted = fitted(path, &mut opened, (fit, wanted), options, talk)?;
    let options = fitted.as_ref().unwrap_or(options);
    match wanted.request.latents_only {
        true => compress_latents_alone(path, &mut opened, wanted, options, out, talk),
        false => compress_opened(path, &mut opened, wanted, options, out, talk),
    }
}

/// The options with an autoencoder for this input, if one is wanted and can be learned.
#[cfg(feature = "train")]
fn fitted(
    path: &Path,
    opened: &mut Opened<Box<dyn Input>>,
    (fit, wanted): (Option<Duration>, &Wanted),
    options: &EncodeOptions,
    talk: &Talk,
) -> Result<Option<EncodeOptions>, Failure> {
    let needs_latents = wanted.request.latents_only && options.autoencoder.is_none();
    let time = match (fit, needs_latents) {
        (None, false) => return Ok(None),
        (time, _) => time.unwrap_or(fit::USUAL),
    };
    let autoencoder = fit::fit_autoencoder(path, opened, &wanted.request, time, talk)?;
    Ok(autoencoder.map(|autoencoder| EncodeOptions {
        autoencoder: Some(autoencoder),
        embed_model: true,
        ..options.clone()
    }))
}

#[cfg(not(feature = "train"))]
fn fitted(
    path: &Path,
    _: &mut Opened<Box<dyn Input>>,
    (fit, wanted): (Option<Duration>, &Wanted),
    options: &EncodeOptions,
    _: &Talk,
) -> Result<Option<EncodeOptions>, Failure> {
    if fit.is_none() && !(wanted.request.latents_only && options.autoencoder.is_none()) {
        return Ok(None);
    }
    let line = "an autoencoder for this input needs a boa that was built with training (the feature `train`)";
    Err(Failure::usage(path, line))
}

/// Compresses an input whose numbers are known to the latents of the options' autoencoder: nothing bounds what is lost.
fn compress_latents_alone(
    path: &Path,
    opened: &mut Opened<Box<dyn Input>>,
    wanted: &Wanted,
    options: &EncodeOptions,
    out: &mut impl Write,
    talk: &Talk,
) -> Result<Compressed, Failure> {
    let failed = |e| Failure::of(path, e);
    let Opened { bytes, source } = opened;
    let summaries = measure(&mut *bytes, source, &wanted.request.fill).map_err(failed)?;
    // Any bound: losses are only printed.
    let bound =
        Bound::new(boa_constrictor::lossy::BoundKind::Absolute, f64::MAX).map_err(failed)?;
    let plan = Plan::new(&vec![Some(bound); summaries.len()], &summaries);
    let mut losses = losses(wanted, source, &plan, &summaries);
    let bar = Meter::new(Some(source.len()), shown(path), talk);
    let observe: &mut Observe<'_> =
        &mut |frame, before, after| losses.add(frame.start, before, after);
    let summary = compress_latents(&mut *bytes, source, out, options, &bar, observe);
    drop(bar);
    let lost = losses.finish();
    Ok(Compressed {
        summary: summary.map_err(failed)?,
        losses: source.names().into_iter().zip(lost).collect(),
        found: None,
        pictures: losses.into_pictures(),
    })
}

/// Compresses an input whose numbers are known.
pub fn compress_opened(
    path: &Path,
    opened: &mut Opened<Box<dyn Input>>,
    wanted: &Wanted,
    options: &EncodeOptions,
    out: &mut impl Write,
    talk: &Talk,
) -> Result<Compressed, Failure> {
    let failed = |e| Failure::of(path, e);
    let Opened { bytes, source } = opened;
    let request = &wanted.request;
    let summaries = measure(&mut *bytes, source, &request.fill).map_err(failed)?;
    let plan = |request: &LossyRequest| -> Result<Plan, Error> {
        Ok(Plan::new(&source.bounds(request)?, &summaries))
    };
    let found = match request.target {
        None => None,
        Some(target) => {
            let bar = Meter::new(None, format!("{}: find the bound", shown(path)), talk);
            let mut code = |bound| {
                let plan = plan(&request.with_default(bound))?;
                reached(bytes, source, (&plan, &summaries), bound, SAMPLE, options)
            };
            let found = target::find(target, &mut code);
            drop(bar);
            Some(found.map_err(failed)?)
        }
    };
    let plan = match found {
        Some(bound) => plan(&request.with_default(bound)),
        None => plan(request),
    };
    let plan = plan.map_err(failed)?;
    if plan.bounds.iter().all(Option::is_none) {
        let line = "holds integers alone, which stay exact unless --bound names them: leave out the bound, or use --bound";
        return Err(Failure::usage(path, line));
    }
    let mut losses = losses(wanted, source, &plan, &summaries);
    let bar = Meter::new(Some(source.len()), shown(path), talk);
    let summary = compress_lossy(
        &mut *bytes,
        source,
        &plan,
        out,
        options,
        &bar,
        &mut |frame, before, after| losses.add(frame.start, before, after),
    );
    drop(bar);
    let lost = losses.finish();
    let summary = summary.map_err(failed)?;
    within_bounds(path, violations(&lost))?;
    Ok(Compressed {
        summary,
        losses: source.names().into_iter().zip(lost).collect(),
        found,
        pictures: losses.into_pictures(),
    })
}

/// Losses to be measured, with pictures if a report is wanted.
fn losses<'a>(
    wanted: &Wanted,
    source: &'a Source,
    plan: &Plan,
    summaries: &[ColumnSummary],
) -> Losses<'a> {
    match wanted.pictures {
        true => Losses::with_pictures(source, plan, summaries),
        false => Losses::new(source, plan, summaries),
    }
}

/// What coding about so many bytes of an input by a plan comes to, whose default bound is this.
fn reached(
    bytes: &mut Box<dyn Input>,
    source: &Source,
    (plan, summaries): (&Plan, &[ColumnSummary]),
    bound: Bound,
    most: u64,
    options: &EncodeOptions,
) -> boa_constrictor::Result<Reached> {
    let mut losses = Losses::new(source, plan, summaries);
    let observe: &mut Observe<'_> =
        &mut |frame, before, after| losses.add(frame.start, before, after);
    let summary = sample_lossy(bytes, source, plan, most, options, observe)?;
    Ok(Reached {
        ratio: summary.content as f64 / summary.compressed as f64,
        psnr: psnr(&losses.finish(), plan, bound),
    })
}

/// The ratios that other bounds relative to the range would give, without an autoencoder.
#[cfg(feature = "report")]
pub fn ratios_by_bound(
    opened: &mut Opened<Box<dyn Input>>,
    request: &LossyRequest,
    options: &EncodeOptions,
) -> boa_constrictor::Result<Vec<(f64, f64)>> {
    /// Of a longer input about so many bytes are coded.
    const SAMPLE: u64 = 8 << 20;
    let options = &EncodeOptions {
        autoencoder: None,
        ..options.clone()
    };
    let Opened { bytes, source } = opened;
    let summaries = measure(&mut *bytes, source, &request.fill)?;
    let mut ratios = Vec::new();
    for value in [1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2] {
        let bound = Bound::new(BoundKind::Relative, value)?;
        let plan = Plan::new(&source.bounds(&request.with_default(bound))?, &summaries);
        let reached = reached(bytes, source, (&plan, &summaries), bound, SAMPLE, options)?;
        ratios.push((value, reached.ratio));
    }
    Ok(ratios)
}

/// Fails if values break their bounds.
fn within_bounds(path: &Path, violations: u64) -> Result<(), Failure> {
    if violations == 0 {
        return Ok(());
    }
    let line = format!(
        "{}: {violations} values would break their bounds",
        shown(path)
    );
    Err(Failure::Message { line, code: DATA })
}

/// Prints what was lost.
pub fn print_losses(path: &Path, compressed: &Compressed, talk: &Talk) {
    if !talk.quiet {
        eprint!("{}", compressed.text(path));
    }
}

impl Compressed {
    /// A row a column, and what all came to.
    pub fn text(&self, path: &Path) -> String {
        let rows = self.losses.iter().map(|(name, loss)| (name.as_str(), loss));
        let mut text = distortion::table(rows);
        if let Some(bound) = self.found {
            text += &format!("{}: bound {bound}\n", shown(path));
        }
        let Summary {
            content,
            compressed,
            numbers,
            ..
        } = self.summary;
        let ratio = |bytes: u64| content as f64 / bytes.max(1) as f64;
        text += &format!(
            "{}: {content} bytes, ratio {:.3}, effective {:.3} with all {compressed} bytes counted\n",
            shown(path),
            ratio(numbers),
            ratio(compressed)
        );
        text
    }
}

/// Decodes `written` and checks that no value of `original` is further away than its bound.
pub fn verify(
    original: &Path,
    written: &Path,
    wanted: &Wanted,
    found: Option<Bound>,
    decode: &DecodeOptions,
    talk: &Talk,
) -> Result<(), Failure> {
    let failed = |e| Failure::of(original, e);
    let io = |e| Failure::io(original, e);
    let mut decoded = tempfile::tempfile().map_err(io)?;
    let file = File::open(written).map_err(io)?;
    let len = file.metadata().map_err(io)?.len();
    let bar = Meter::new(Some(len), format!("{}: verify", shown(original)), talk);
    decompress(BufReader::new(file), &mut decoded, decode, &bar).map_err(failed)?;
    drop(bar);
    let metadata = decoded.metadata().map_err(io)?;
    std::io::Seek::rewind(&mut decoded).map_err(io)?;
    let mut before = numbers::open(original, OpenInput::open(original)?, &wanted.numbers)?;
    let decoded = OpenInput::File(decoded, metadata);
    let mut after = numbers::open(original, decoded, &wanted.numbers)?;
    let request = match found {
        Some(bound) => wanted.request.with_default(bound),
        None => wanted.request.clone(),
    };
    let comparison = compare(&mut before, &mut after, &request).map_err(failed)?;
    let columns = comparison.columns.iter();
    let violations = columns.filter_map(|column| column.loss.violations).sum();
    within_bounds(original, violations)?;
    match comparison.others_equal {
        true => Ok(()),
        false => Err(Failure::usage(
            original,
            "decodes to other bytes beside the numbers",
        )),
    }
}
