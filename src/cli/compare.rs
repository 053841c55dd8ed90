//! `boa compare`.

use super::args::CompareArgs;
use super::exit::{DATA, Failure, shown};
use super::lossy;
use super::numbers;
use super::source::OpenInput;
use super::stdout::print;
use boa_constrictor::lossy::comparison::{Comparison, compare};
use boa_constrictor::lossy::distortion;
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Compares two files and prints what is different; the exit code is that of damaged data if a value breaks its bound.
pub fn run(args: &CompareArgs) -> Result<u8, Failure> {
    let request = lossy::bounds(&args.bounds)?;
    let numbers = lossy::numbers(&args.layout, &args.bounds)?;
    let same_bytes = same_bytes(&args.before, &args.after)?;
    if same_bytes && !args.json {
        let (before, after) = (shown(&args.before), shown(&args.after));
        print(&format!("{before} and {after} are identical\n"))?;
        return Ok(0);
    }
    let mut before = numbers::open(&args.before, OpenInput::open(&args.before)?, &numbers)?;
    let mut after = numbers::open(&args.after, OpenInput::open(&args.after)?, &numbers)?;
    let comparison =
        compare(&mut before, &mut after, &request).map_err(|e| Failure::of(&args.after, e))?;
    let text = if args.json {
        json(args, &comparison, same_bytes)?
    } else {
        table(&comparison)
    };
    print(&text)?;
    let violations = violations(&comparison);
    if violations > 0 {
        let line = format!(
            "{}: {violations} values break their bounds",
            shown(&args.after)
        );
        return Err(Failure::Message { line, code: DATA });
    }
    Ok(0)
}

/// Whether two files hold the same bytes.
fn same_bytes(before: &Path, after: &Path) -> Result<bool, Failure> {
    let reader = |path: &Path| {
        let file = File::open(path).map_err(|e| Failure::io(path, e))?;
        let metadata = file.metadata().map_err(|e| Failure::io(path, e))?;
        match metadata.is_file() {
            true => Ok(file),
            false => Err(Failure::usage(path, "compare needs regular files")),
        }
    };
    let (mut before_bytes, mut after_bytes) = (reader(before)?, reader(after)?);
    let (mut own, mut other) = (Vec::new(), Vec::new());
    loop {
        for (path, file, bytes) in [
            (before, &mut before_bytes, &mut own),
            (after, &mut after_bytes, &mut other),
        ] {
            bytes.clear();
            let read = file.take(1 << 20).read_to_end(bytes);
            read.map_err(|e| Failure::io(path, e))?;
        }
        if own != other || own.is_empty() {
            return Ok(own == other);
        }
    }
}

fn violations(comparison: &Comparison) -> u64 {
    let columns = comparison.columns.iter();
    columns.filter_map(|column| column.loss.violations).sum()
}

fn table(comparison: &Comparison) -> String {
    let rows = comparison.columns.iter();
    let mut text = distortion::table(rows.map(|column| (column.name.as_str(), &column.loss)));
    let specials: u64 = { comparison.columns.iter() }
        .map(|column| column.loss.changed_specials)
        .sum();
    if specials > 0 {
        text += &format!(
            "{specials} values that are not finite, or stand for missing ones, are not as they were\n"
        );
    }
    if !comparison.others_equal {
        text += "bytes that are no numbers are not as they were\n";
    }
    text
}

/// One object on a line.
fn json(args: &CompareArgs, comparison: &Comparison, identical: bool) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct JsonLine<'a> {
        before: String,
        after: String,
        identical: bool,
        #[serde(flatten)]
        comparison: &'a Comparison,
    }
    let line = serde_json::to_string(&JsonLine {
        before: args.before.to_string_lossy().into_owned(),
        after: args.after.to_string_lossy().into_owned(),
        identical,
        comparison,
    });
    let line = line.map_err(|e| Failure::usage(&args.after, e))?;
    Ok(line + "\n")
}
