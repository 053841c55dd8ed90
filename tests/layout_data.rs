//! Detection on real data, whole and cut at odd positions, against what the data's sidecars and headers give.

mod support;

use boa_constrictor::Layout;
use boa_constrictor::container::npy;
use boa_constrictor::search::detect::detect;
use boa_constrictor::search::plan::FRAME_TARGET;
use std::path::{Path, PathBuf};
use support::layouts::Lcg;

/// What is true of a file's content.
struct Truth {
    width: u8,
    swap: bool,
    /// Strides of the array in bytes, from the shortest: any is right as the record, a longer one as the plane. Empty: no
    /// record at all.
    strides: Vec<u32>,
}

/// Files whose row can't be found, with the reason.
const UNTOLD: [(&str, &str); 1] = [(
    "glast_caladcped_a.npy",
    "97 of 100 elements are zero: rows of pairs hardly show, and short cuts hold too few others to tell the alignment",
)];

/// The strides that the header of an array names: from a row to the whole array but one axis.
fn strides(header: &[u8], width: u32) -> Vec<u32> {
    let text = String::from_utf8_lossy(header);
    let Some((_, shape)) = text.split_once("'shape': (") else {
        return Vec::new();
    };
    let shape = shape.split(')').next().unwrap_or("");
    let axes: Vec<u32> = shape
        .split(',')
        .filter_map(|axis| axis.trim().parse().ok())
        .collect();
    let mut stride = width;
    let inner = axes.iter().skip(1).rev();
    inner
        .map(|axis| {
            stride *= axis;
            stride
        })
        .collect()
}

/// The layout that a sidecar gives: {dtype, columns: [...] or cols, rows, order}.
fn sidecar(path: &Path) -> Option<Truth> {
    let text = std::fs::read_to_string(path.with_extension("json")).ok()?;
    let width = if text.contains("<f8") { 8 } else { 4 };
    let columns = match text.split_once("\"cols\": ") {
        Some((_, count)) => count[..count.find(',')?].parse().ok()?,
        None => {
            let names = text.split_once("\"columns\"")?.1;
            names[..names.find(']')?].matches(',').count() as u32 + 1
        }
    };
    let by_column = path.to_string_lossy().ends_with("_col.bin");
    Some(Truth {
        width,
        swap: true,
        strides: match by_column {
            true => Vec::new(),
            false => vec![columns * u32::from(width)],
        },
    })
}

/// All files with a known layout, without a header.
fn real_files() -> Vec<(PathBuf, Vec<u8>, Truth)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folders = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten())
        .flatten()
        .map(|file| file.path())
        .collect();
    files.sort();
    let mut real = Vec::new();
    for path in files {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let Ok(mut bytes) = std::fs::read(&path) else {
            continue;
        };
        let truth = match extension.as_ref() {
            "npy" => {
                let npy = npy::parse(&bytes).expect("a header written by NumPy");
                let header: Vec<u8> = bytes.drain(..npy.header).collect();
                assert_eq!(npy.content as usize, bytes.len(), "{}", path.display());
                Some(Truth {
                    width: npy.layout.width,
                    swap: npy.layout.swap,
                    strides: strides(&header, npy.layout.width.into()),
                })
            }
            "bin" => sidecar(&path),
            "h5" => {
                let record = match path.to_string_lossy().contains("photon_pairs") {
                    true => 382,
                    false => 141,
                };
                // The dataset lies behind the file's own tables.
                bytes.drain(..bytes.len() % record as usize);
                Some(Truth {
                    width: 1,
                    swap: false,
                    strides: vec![record],
                })
            }
            "csv" | "lhe" | "hepmc" => Some(Truth {
                width: 1,
                swap: false,
                strides: Vec::new(),
            }),
            _ => None,
        };
        if let Some(truth) = truth {
            real.push((path, bytes, truth));
        }
    }
    real
}

/// What of `found` is wrong for content that begins `start` bytes behind an element's first.
fn mistake(found: &Layout, truth: &Truth, start: usize) -> Option<&'static str> {
    let width = u32::from(truth.width);
    if found.width != truth.width || found.swap != truth.swap {
        return Some("element");
    }
    if found.phase % width != start as u32 % width {
        return Some("alignment");
    }
    if found.record == 0 && truth.strides.is_empty() {
        return None;
    }
    if !truth.strides.contains(&found.record) {
        return Some("record");
    }
    (found.plane != 0 && !truth.strides.contains(&found.plane)).then_some("plane")
}

#[test]
fn real_data_whole_and_cut() {
    let files = real_files();
    if files.is_empty() {
        println!("skipped: no ../shared/data beside the repository");
        return;
    }
    let mut random = Lcg(11);
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (path, bytes, truth) in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut slices = vec![(0, bytes.len().min(FRAME_TARGET))];
        for _ in 0..3 {
            let len = 150_000 + random.next() as usize % 850_000;
            let start = random.next() as usize % bytes.len().saturating_sub(len).max(9);
            slices.push((start, bytes.len().min(start + len)));
        }
        for (start, end) in slices {
            let begin = std::time::Instant::now();
            let found = detect(&bytes[start..end]);
            let time = begin.elapsed().as_secs_f64() * 1e3;
            assert!(found.validate().is_ok());
            tried += 1;
            let mistake = mistake(&found, &truth, start);
            let order = if found.swap { "<" } else { ">" };
            println!(
                "{name:36} {start:8} +{:7}  {order}{} record {} plane {} at {}, strides {:?} {time:5.1} ms {}",
                end - start,
                found.width,
                found.record,
                found.plane,
                found.phase % u32::from(found.width),
                truth.strides,
                mistake.map_or(String::new(), |what| format!("WRONG {what}")),
            );
            let untold = UNTOLD.iter().any(|(file, _)| path.ends_with(file));
            if let Some(what) = mistake.filter(|_| !untold) {
                wrong.push(format!("{name} {start}..{end}: {what}"));
            }
        }
    }
    println!("{} of {tried} wrong", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
