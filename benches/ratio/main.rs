//! `cargo bench --bench ratio -- DIR [--levels N,N] [--markdown]`: boa beside other compressors on every file in and under DIR. Each boa
//! file is decoded again and compared byte by byte. Ratios: original bytes / compressed bytes.

#[path = "../support/cells.rs"]
mod cells;
#[path = "../support/files.rs"]
mod files;
#[path = "../support/numbers.rs"]
mod numbers;
mod peers;
mod table;

use boa_constrictor::{DecodeOptions, EncodeOptions, Input, Level, compress, decompress};
use rayon::prelude::*;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use table::{Row, Table};

type Failure = Box<dyn Error + Send + Sync>;

/// The levels that boa is run at, a column each; the first is the one compared with the others.
const LEVELS: &str = "5,1,9";

fn main() -> Result<(), Failure> {
    let (mut directory, mut markdown, mut levels) = (None, false, LEVELS.to_string());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--levels" => levels = arguments.next().ok_or("--levels N,N,...")?,
            "--markdown" => markdown = true,
            // cargo passes it.
            "--bench" => {}
            _ if argument.starts_with('-') => {
                return Err(format!("{argument}: unknown option").into());
            }
            _ if directory.is_some() => return Err("more than one directory".into()),
            _ => directory = Some(PathBuf::from(argument)),
        }
    }
    let usage = "usage: cargo bench --bench ratio -- DIR [--levels 5,1,9] [--markdown]";
    let directory = directory.ok_or(usage)?;
    let level = |number: &str| number.parse().ok().and_then(Level::new);
    let levels: Vec<(&str, Level)> = { levels.split(',') }
        .map(|number| level(number).map(|level| (number, level)).ok_or(usage))
        .collect::<Result<_, _>>()?;
    let mut files = Vec::new();
    files::collect(&directory, &mut files)?;
    let done = AtomicUsize::new(0);
    let measured = |path: &PathBuf| {
        let name = path.strip_prefix(&directory).unwrap_or(path);
        let row = measure(path, name, &levels).map_err(|e| format!("{}: {e}", path.display()))?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        eprintln!("{done}/{} {}", files.len(), name.display());
        Ok(row)
    };
    let rows = files
        .par_iter()
        .map(measured)
        .collect::<Result<Vec<Row>, String>>()?;
    let table = Table {
        settings: levels.iter().map(|(n, _)| format!("boa -{n}")).collect(),
        rows,
    };
    print!("{}", table.text(markdown));
    Ok(())
}

fn measure(path: &Path, name: &Path, levels: &[(&str, Level)]) -> Result<Row, Failure> {
    let content = fs::read(path)?;
    if content.is_empty() {
        return Err("is empty".into());
    }
    let mut peers = Vec::new();
    for (_, compressed) in peers::PEERS {
        peers.push(compressed(&content)?);
    }
    let numbers = numbers::find(path, &content)?;
    let boa = levels.iter().map(|&(_, level)| boa(&content, level));
    Ok(Row {
        name: name.to_path_buf(),
        bytes: content.len(),
        peers,
        pcodec: numbers.map(|n| peers::pcodec(&n)).transpose()?,
        boa: boa.collect::<Result<_, _>>()?,
    })
}

/// Bytes of the .boa file, which is decoded and compared.
fn boa(content: &[u8], level: Level) -> Result<usize, Failure> {
    let mut file = Vec::new();
    let options = EncodeOptions {
        level,
        threads: 1,
        ..EncodeOptions::default()
    };
    compress(Input::from_reader(content), &mut file, &options, &())?;
    let mut decoded = Vec::with_capacity(content.len());
    let decode = DecodeOptions {
        threads: 1,
        ..DecodeOptions::default()
    };
    decompress(&file[..], &mut decoded, &decode, &())?;
    if decoded != content {
        return Err("does not decode to itself".into());
    }
    Ok(file.len())
}
