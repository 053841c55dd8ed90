//! `cargo bench --bench ratio [-- DIR]`: boa beside xz -9e on every file in and under DIR (`../shared/data` if not
//! given), each boa file decoded again and compared byte by byte. Ratios: original bytes / compressed bytes.

use boa_constrictor::{DecodeOptions, EncodeOptions, Input, compress, decompress};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// `LZMA_PRESET_EXTREME`: the e in -9e.
const XZ_EXTREME: u32 = 1 << 31;

struct Row {
    path: PathBuf,
    bytes: usize,
    xz: usize,
    boa: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    // cargo passes --bench.
    let directory = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let directory = PathBuf::from(directory.unwrap_or_else(|| "../shared/data".into()));
    let mut files = Vec::new();
    collect(&directory, &mut files)?;
    let rows = files
        .par_iter()
        .map(|path| measure(path).map_err(|e| format!("{}: {e}", path.display())))
        .collect::<Result<Vec<Row>, String>>()?;

    println!(
        "{:52} {:>9} {:>8} {:>8} {:>7}",
        "file", "bytes", "xz -9e", "boa", "boa/xz"
    );
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in &rows {
        let name = row.path.strip_prefix(&directory)?;
        let (xz, boa) = (
            row.bytes as f64 / row.xz as f64,
            row.bytes as f64 / row.boa as f64,
        );
        println!(
            "{:52} {:9} {xz:8.3} {boa:8.3} {:7.3}",
            name.display(),
            row.bytes,
            boa / xz
        );
        let group = name.parent().unwrap_or(Path::new("")).display().to_string();
        groups.entry(group).or_default().push(boa / xz);
    }
    println!("\ngeometric mean of boa/xz");
    for (group, gains) in &groups {
        println!(
            "{group:52} {:7.3}  of {}",
            geometric_mean(gains),
            gains.len()
        );
    }
    let all: Vec<f64> = groups.into_values().flatten().collect();
    println!(
        "{:52} {:7.3}  of {}",
        "all",
        geometric_mean(&all),
        all.len()
    );
    Ok(())
}

fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|v| v.ln()).sum::<f64>() / values.len() as f64).exp()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut paths = fs::read_dir(directory)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else if !path.extension().is_some_and(|e| e == "json" || e == "md") {
            files.push(path);
        }
    }
    Ok(())
}

fn measure(path: &Path) -> Result<Row, Box<dyn Error + Send + Sync>> {
    let content = fs::read(path)?;
    let preset =
        liblzma::stream::Stream::new_easy_encoder(9 | XZ_EXTREME, liblzma::stream::Check::Crc64)?;
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), preset);
    encoder.write_all(&content)?;
    let xz = encoder.finish()?.len();

    let mut file = Vec::new();
    let options = EncodeOptions {
        threads: 1,
        ..EncodeOptions::default()
    };
    compress(Input::from_reader(&content[..]), &mut file, &options, &())?;
    let mut decoded = Vec::with_capacity(content.len());
    decompress(
        &file[..],
        &mut decoded,
        &DecodeOptions {
            threads: 1,
            ..DecodeOptions::default()
        },
        &(),
    )?;
    if decoded != content {
        return Err("does not decode to itself".into());
    }
    Ok(Row {
        path: path.to_path_buf(),
        bytes: content.len(),
        xz,
        boa: file.len(),
    })
}
