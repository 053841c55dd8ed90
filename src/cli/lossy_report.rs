//! `--report` of a lossy file.

use super::args::Talk;
use super::compress_lossy::{Compressed, ratios_by_bound};
use super::exit::{Failure, shown};
use super::lossy::Wanted;
use super::numbers;
use super::progress::Meter;
use super::report::{command_line, name};
use super::source::OpenInput;
use boa_constrictor::EncodeOptions;
use boa_constrictor::report::LossyMeasurement;
use std::path::Path;

/// The page about a lossy file.
pub fn lossy_page(
    path: &Path,
    wanted: &Wanted,
    compressed: Compressed,
    options: &EncodeOptions,
    talk: &Talk,
) -> Result<String, Failure> {
    let waiting = Meter::new(None, format!("{}: report", shown(path)), talk);
    // What comes from a pipe has gone.
    let by_bound = match OpenInput::open(path)? {
        OpenInput::Stdin => Vec::new(),
        input => {
            let mut opened = numbers::open(path, input, &wanted.numbers)?;
            ratios_by_bound(&mut opened, &wanted.request, options)
                .map_err(|e| Failure::of(path, e))?
        }
    };
    drop(waiting);
    let columns = compressed.losses.into_iter().zip(compressed.pictures);
    let run = LossyMeasurement {
        name: name(path),
        command: command_line(),
        summary: compressed.summary,
        columns: columns
            .map(|((name, loss), pictured)| (name, loss, pictured))
            .collect(),
        by_bound,
    };
    Ok(run.to_html())
}
