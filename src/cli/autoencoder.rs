//! `boa train --autoencoder`.

use super::args::{Talk, TrainArgs};
use super::exit::{Failure, shown};
use super::output::Output;
use boa_constrictor::model_file::{Autoencoder, AutoencoderKind};
use boa_constrictor::train::autoencoder::{AutoencoderOptions, Table, train_masked};
use std::io::Write;
use std::path::Path;

/// Trains an autoencoder on tables and writes it.
pub fn run(args: &TrainArgs, talk: &Talk) -> Result<u8, Failure> {
    let mut output = Output::create(&args.output, None, args.force)?;
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
    let options = AutoencoderOptions {
        hidden: args.hidden,
        components: args.components,
        minutes: args.minutes,
        seed: args.seed,
        patience: args.patience.into(),
        ..AutoencoderOptions::default()
    };
    if !talk.quiet {
        eprintln!(
            "boa: training an autoencoder on {} rows of {} columns, {} rows held out",
            table.rows(),
            table.columns,
            held.rows()
        );
    }
    let outcome = train_masked(&table, &held, &options, &mut |report| {
        if !talk.quiet {
            eprintln!(
                "boa: {:.0} s, epoch {:.0}: {:.4} bits/number, held out {:.4}, rate {:.1e}",
                report.seconds, report.epochs, report.training, report.held_out, report.rate
            );
        }
        true
    })
    .map_err(failed)?;
    let model = Autoencoder::new(AutoencoderKind::Masked(outcome.masked)).map_err(failed)?;
    output
        .write_all(model.bytes())
        .map_err(|e| Failure::io(&args.output, e))?;
    output.commit(None)?;
    if !talk.quiet {
        for (bound, gap) in &outcome.gaps {
            eprintln!(
                "boa: held out at {bound:.0e} of the range: {:.4} bits/number in float, {:.4} in integers",
                gap.float, gap.integer
            );
        }
        let bytes = model.bytes().len();
        eprintln!(
            "boa: {}: {bytes} bytes, id {}",
            shown(&args.output),
            model.id()
        );
    }
    Ok(0)
}

/// Adds a file's rows.
fn append(table: &mut Table, path: &Path, args: &TrainArgs) -> Result<(), Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io(path, e))?;
    let refuse = |why: &str| Failure::usage(path, why.to_string());
    let width = match args.layout.dtype.as_deref() {
        Some("f4" | "<f4" | "float32") => 4,
        Some("f8" | "<f8" | "float64") => 8,
        _ => {
            return Err(refuse(
                "an autoencoder learns numbers: give --dtype f4 or f8",
            ));
        }
    };
    let columns = match (args.layout.record, args.layout.shape.last()) {
        (Some(record), _) => record as usize / width,
        (None, Some(&columns)) => columns as usize,
        (None, None) => return Err(refuse("give --record or --shape")),
    };
    if columns == 0 || table.columns != 0 && table.columns != columns {
        return Err(refuse("its rows have another number of columns"));
    }
    table.columns = columns;
    let rows = bytes.len() / (columns * width);
    let number = |bytes: &[u8]| match *bytes {
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => f64::NAN,
    };
    let numbers = bytes[..rows * columns * width].chunks_exact(width);
    table.values.extend(numbers.map(number));
    Ok(())
}
