//! `boa train --autoencoder`.

use super::args::{Talk, TrainArgs};
use super::exit::{Failure, USAGE, shown};
use super::lossy::Numbers;
use super::output::Output;
#[cfg(feature = "report")]
use super::report;
use super::source::OpenInput;
use super::{layout_option, numbers};
use boa_constrictor::model_file::{Autoencoder, AutoencoderKind};
#[cfg(feature = "report")]
use boa_constrictor::report::LossCourse;
use boa_constrictor::train::autoencoder::{
    AutoencoderGap, AutoencoderReport, BottleneckOptions, ColumnLoss, MaskedOptions, Schedule,
    Table, train_bottleneck, train_masked,
};
use std::io::Write;
use std::path::Path;

/// Seconds between two lines of progress.
const LINE: f64 = 10.0;

/// Trains an autoencoder on tables and writes it.
pub fn run(args: &TrainArgs, talk: &Talk) -> Result<u8, Failure> {
    let mut output = Output::create(&args.output, None, args.force)?;
    #[cfg(feature = "report")]
    let page = { args.report.as_deref() }
        .map(|path| report::PendingPage::create(path, None, args.force))
        .transpose()?;
    let failed = |e| Failure::of(&args.output, e);
    let (mut table, mut held) = (Table::default(), Table::default());
    for path in &args.data {
        append(&mut table, path, args)?;
    }
    for path in &args.hold_out {
        append(&mut held, path, args)?;
    }
    if held.values.is_empty() {
        (table, held) = table.hold_out().map_err(failed)?;
    }
    if !talk.quiet {
        eprintln!(
            "boa: training an autoencoder on {} rows of {} columns, {} rows held out",
            table.rows(),
            table.columns,
            held.rows()
        );
    }
    #[cfg(feature = "report")]
    let mut course = LossCourse::default();
    let unit = match args.latents {
        Some(_) => "mean square",
        None => "bits/number",
    };
    let options = schedule(args);
    let mut print = progress(talk, unit);
    let mut observe = |report: &AutoencoderReport| {
        #[cfg(feature = "report")]
        course.add(report);
        print(report)
    };
    let model = match args.latents {
        Some(latents) => bottleneck((&table, &held), latents, args, &options, &mut observe, talk),
        None => masked((&table, &held), args, &options, &mut observe, talk),
    }?;
    output
        .write_all(model.bytes())
        .map_err(|e| Failure::io(&args.output, e))?;
    output.commit(None)?;
    #[cfg(feature = "report")]
    if let Some(page) = page {
        let name = report::name(&args.output);
        let command = report::command_line();
        page.write(&course.to_html(&name, model.bytes().len(), unit, &command))?;
    }
    if !talk.quiet {
        let decoder = model.decoder().map_err(failed)?.bytes().len();
        eprintln!(
            "boa: {}: {} bytes, of them {decoder} for a decoder; id {}",
            shown(&args.output),
            model.bytes().len(),
            model.id()
        );
    }
    Ok(0)
}

fn schedule(args: &TrainArgs) -> Schedule {
    Schedule {
        minutes: args.minutes,
        seed: args.seed,
        patience: match (args.patience, args.latents) {
            (Some(patience), _) => patience.into(),
            (None, Some(_)) => BottleneckOptions::PATIENCE,
            (None, None) => Schedule::default().patience,
        },
        ..Schedule::default()
    }
}

/// Prints a line now and then.
pub fn progress<'a>(talk: &'a Talk, unit: &'a str) -> impl FnMut(&AutoencoderReport) -> bool + 'a {
    let mut next = 0.0;
    move |report| {
        if !talk.quiet && (report.seconds >= next || report.done >= 1.0) {
            next = report.seconds + LINE;
            eprintln!(
                "boa: {:.0} s, epoch {:.0}: {:.4} {unit}, held out {:.4}, learning rate {:.1e}",
                report.seconds, report.epochs, report.training, report.held_out, report.rate
            );
        }
        true
    }
}

fn masked(
    (table, held): (&Table, &Table),
    args: &TrainArgs,
    schedule: &Schedule,
    observe: &mut dyn FnMut(&AutoencoderReport) -> bool,
    talk: &Talk,
) -> Result<Autoencoder, Failure> {
    let hidden = match args.hidden[..] {
        [] => MaskedOptions::default().hidden,
        [hidden] => hidden,
        _ => {
            let line =
                "--hidden: a masked autoencoder has one hidden layer; several need --latents";
            return Err(Failure::Message {
                line: line.into(),
                code: USAGE,
            });
        }
    };
    let options = MaskedOptions {
        hidden,
        components: args.components,
        ..MaskedOptions::default()
    };
    let failed = |e| Failure::of(&args.output, e);
    let outcome = train_masked(table, held, &options, schedule, observe);
    let outcome = outcome.map_err(failed)?;
    print_gaps(&outcome.gaps, talk);
    Autoencoder::new(AutoencoderKind::Masked(outcome.masked)).map_err(failed)
}

/// Prints what integers cost against floats at each bound.
pub fn print_gaps(gaps: &[(f64, AutoencoderGap)], talk: &Talk) {
    if talk.quiet {
        return;
    }
    for (bound, gap) in gaps {
        eprintln!(
            "boa: held out, within {bound:.0e} of the range: {:.4} bits/number in float, {:.4} in integers; quantisation gap {:+.3} %",
            gap.float,
            gap.integer,
            100.0 * (gap.integer / gap.float.max(1e-9) - 1.0)
        );
    }
}

fn bottleneck(
    (table, held): (&Table, &Table),
    latents: u16,
    args: &TrainArgs,
    schedule: &Schedule,
    observe: &mut dyn FnMut(&AutoencoderReport) -> bool,
    talk: &Talk,
) -> Result<Autoencoder, Failure> {
    let mut options = BottleneckOptions {
        latents,
        latent_bits: args.latent_bits,
        l1: args.l1,
        ..BottleneckOptions::default()
    };
    if !args.hidden.is_empty() {
        options.hidden = args.hidden.clone();
    }
    let failed = |e| Failure::of(&args.output, e);
    let outcome = train_bottleneck(table, held, &options, schedule, observe);
    let outcome = outcome.map_err(failed)?;
    print_losses(&outcome.losses, talk);
    Autoencoder::new(AutoencoderKind::Bottleneck(outcome.autoencoder)).map_err(failed)
}

/// Prints what each column lost in floats and in integers.
pub fn print_losses(losses: &[ColumnLoss], talk: &Talk) {
    if talk.quiet {
        return;
    }
    eprintln!("boa: checked rows: RMS of the residual in float and in integers, of the response");
    for (column, loss) in losses.iter().enumerate() {
        eprintln!(
            "boa: {column:>5} {:>12.5e} {:>12.5e} {:>12.5e}",
            loss.float, loss.integer, loss.response
        );
    }
}

/// Adds a file's rows.
fn append(table: &mut Table, path: &Path, args: &TrainArgs) -> Result<(), Failure> {
    let numbers = Numbers {
        specified: layout_option::numbers(&args.layout, 0, false)?,
        names: Vec::new(),
    };
    let mut opened = numbers::open(path, OpenInput::open(path)?, &numbers)?;
    let rows = Table::of_source(&mut opened.bytes, &opened.source, &[]);
    let rows = rows.map_err(|e| Failure::of(path, e))?;
    let refuse = |why: &str| Failure::usage(path, why.to_string());
    let rows = rows.ok_or_else(|| refuse("holds no table of several columns"))?;
    if table.columns != 0 && table.columns != rows.columns {
        return Err(refuse("its rows have another number of columns"));
    }
    table.columns = rows.columns;
    table.values.extend(rows.values);
    Ok(())
}
