//! `cargo bench --bench lossy -- DIR [--bounds 1e-2,1e-3] [--peers CSV] [--markdown]`: what boa makes of every file of floats in and under
//! DIR within bounds relative to each column's or array's range, on one core. Arrays are .npy files; a table has a sidecar, a .json file of
//! the same name with `dtype`, `columns` or `cols`, and `order`. Every file is decoded again, and every value compared with its bound. The
//! CSV has `file`, `rel_bound`, `codec` and `ratio`: its best of SZ3 is what boa is compared with.

#[path = "../support/files.rs"]
mod files;
mod peers;

use boa_constrictor::layout::{Column, Kind};
use boa_constrictor::lossy::losses::{Losses, psnr, violations};
use boa_constrictor::lossy::plan::Plan;
use boa_constrictor::lossy::source::{RawField, RegionContent, Source, SpecifiedNumbers, find};
use boa_constrictor::lossy::{Bound, BoundKind, LossyRequest};
use boa_constrictor::stream::measure;
use boa_constrictor::{DecodeOptions, EncodeOptions, compress_lossy, decompress};
use peers::Peers;
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str =
    "usage: cargo bench --bench lossy -- DIR [--bounds 1e-2,1e-3,1e-4] [--peers CSV] [--markdown]";

fn main() -> Result<(), Failure> {
    let (mut directory, mut markdown, mut peers) = (None, false, Peers::default());
    let mut bounds = "1e-2,1e-3,1e-4".to_string();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bounds" => bounds = arguments.next().ok_or(USAGE)?,
            "--peers" => peers = Peers::read(Path::new(&arguments.next().ok_or(USAGE)?))?,
            "--markdown" => markdown = true,
            // cargo passes it.
            "--bench" => {}
            _ if argument.starts_with('-') => {
                return Err(format!("{argument}: unknown option").into());
            }
            _ => directory = Some(PathBuf::from(argument)),
        }
    }
    let directory = directory.ok_or(USAGE)?;
    let bounds: Vec<f64> = bounds
        .split(',')
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let mut files = Vec::new();
    files::collect(&directory, &mut files)?;
    let mut gains: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let separator = if markdown { " | " } else { "  " };
    let mut lost = 0;
    print_row(
        separator,
        ["bound", "ratio", "SZ3", "gain", "PSNR", "c MB/s", "d MB/s"],
        "file",
    );
    for path in &files {
        let bytes = fs::read(path)?;
        let Some(source) = source(path, &bytes).map_err(|e| format!("{}: {e}", path.display()))?
        else {
            continue;
        };
        let name = path.strip_prefix(&directory).unwrap_or(path);
        for &bound in &bounds {
            let measured = round_trip(&bytes, &source, bound)
                .map_err(|e| format!("{}: {e}", path.display()))?;
            lost += measured.violations;
            let best = peers.best(name, bound);
            let gain = best.map(|best| measured.ratio / best);
            if let Some(gain) = gain {
                for group in ["all", kind(&source)] {
                    let group = gains.entry(format!("{bound:e} {group}")).or_default();
                    group.push(gain);
                }
            }
            let shown = |x: Option<f64>| x.map_or("-".into(), |x| format!("{x:.3}"));
            let columns = [
                format!("{bound:e}"),
                shown(Some(measured.ratio)),
                shown(best),
                shown(gain),
                format!("{:.2}", measured.psnr),
                format!("{:.2}", measured.speeds[0]),
                format!("{:.2}", measured.speeds[1]),
            ];
            print_row(separator, columns, &name.display().to_string());
        }
    }
    for (group, gains) in gains {
        let mean = (gains.iter().map(|gain| gain.ln()).sum::<f64>() / gains.len() as f64).exp();
        let least = gains.iter().copied().fold(f64::INFINITY, f64::min);
        println!(
            "{group}: {} files, {mean:.3} times smaller, at least {least:.3}",
            gains.len()
        );
    }
    println!("{lost} values broke their bounds");
    match lost {
        0 => Ok(()),
        _ => Err("bounds were broken".into()),
    }
}

fn print_row<T: std::fmt::Display>(separator: &str, columns: [T; 7], name: &str) {
    let cells: Vec<String> = columns.iter().map(|cell| format!("{cell:>8}")).collect();
    println!("{}{separator}{name}", cells.join(separator));
}

/// Where the floats of a file are; none if nothing says that it has any.
fn source(path: &Path, bytes: &[u8]) -> Result<Option<Source>, Failure> {
    let sidecar = path.with_extension("json");
    let specified = match path.extension().and_then(|e| e.to_str()) {
        Some("npy") => None,
        Some("bin") if sidecar.exists() => {
            let sidecar: Value = serde_json::from_slice(&fs::read(sidecar)?)?;
            let Some(specified) = specified(&sidecar) else {
                return Ok(None);
            };
            Some(specified)
        }
        _ => return Ok(None),
    };
    let source = find(bytes, bytes.len() as u64, specified.as_ref(), &[])?;
    let columns = source.columns();
    let is_float = |column: Column| column.kind == Kind::Float;
    Ok(columns.iter().all(|c| is_float(c.column)).then_some(source))
}

/// A table of floats as its sidecar describes it.
fn specified(sidecar: &Value) -> Option<SpecifiedNumbers> {
    let width = match sidecar["dtype"].as_str()? {
        "<f4" => 4,
        "<f8" => 8,
        _ => return None,
    };
    let names = sidecar["columns"].as_array().map(Vec::len);
    let columns = names.or_else(|| sidecar["cols"].as_u64().map(|n| n as usize))?;
    let column = Column {
        width,
        swap: true,
        kind: Kind::Float,
    };
    Some(SpecifiedNumbers::Table {
        fields: vec![RawField::Number(column); columns],
        column_major: sidecar["order"].as_str() == Some("column"),
    })
}

fn kind(source: &Source) -> &'static str {
    let is_table = |content: &RegionContent| matches!(content, RegionContent::Table(_));
    match source.regions.iter().any(|r| is_table(&r.content)) {
        true => "tables",
        false => "arrays",
    }
}

struct Measured {
    ratio: f64,
    psnr: f64,
    violations: u64,
    /// MB/s of compressing and decompressing.
    speeds: [f64; 2],
}

fn round_trip(bytes: &[u8], source: &Source, bound: f64) -> Result<Measured, Failure> {
    let bound = Bound::new(BoundKind::Relative, bound)?;
    let request = LossyRequest {
        default: Some(bound),
        ..LossyRequest::default()
    };
    let options = EncodeOptions {
        threads: 1,
        ..EncodeOptions::default()
    };
    let start = Instant::now();
    let summaries = measure(Cursor::new(bytes), source, &[])?;
    let plan = Plan::new(&source.bounds(&request)?, &summaries);
    let mut file = Vec::new();
    compress_lossy(
        Cursor::new(bytes),
        source,
        &plan,
        &mut file,
        &options,
        &(),
        &mut |_, _, _| {},
    )?;
    let compressing = start.elapsed().as_secs_f64();
    let mut decoded = Vec::new();
    let decode = DecodeOptions {
        threads: 1,
        ..DecodeOptions::default()
    };
    let start = Instant::now();
    decompress(&file[..], &mut decoded, &decode, &())?;
    let decompressing = start.elapsed().as_secs_f64();
    if decoded.len() != bytes.len() {
        return Err("decodes to another length".into());
    }
    let mut losses = Losses::new(source, &plan, &summaries);
    losses.add(0, bytes, &decoded);
    let lost = losses.finish();
    let speed = |seconds: f64| bytes.len() as f64 / 1e6 / seconds.max(1e-9);
    Ok(Measured {
        ratio: bytes.len() as f64 / file.len() as f64,
        psnr: psnr(&lost, &plan, bound),
        violations: violations(&lost),
        speeds: [speed(compressing), speed(decompressing)],
    })
}
