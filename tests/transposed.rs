//! Column-major tables: real ones, real tables transposed, made ones, and what isn't one.

#[path = "support/layouts.rs"]
#[allow(dead_code)]
mod layouts;

use boa_constrictor::Layout;
use boa_constrictor::container::npy;
use boa_constrictor::search::transposed::{Transposed, transposed};
use layouts::{Lcg, elements, table};
use proptest::prelude::*;
use std::path::Path;
use std::time::Instant;

/// What a caller shows at a time.
const SEEN: usize = 9 << 19;

/// Name and bytes of the real files whose path has `piece`; npy headers are cut off.
fn data(piece: &str) -> Vec<(String, Vec<u8>, Layout)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(folder.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            files.push(file.path());
        }
    }
    files.sort();
    files.retain(|path| path.to_string_lossy().contains(piece));
    if files.is_empty() {
        println!("skipped: no ../shared/data with {piece} beside the repository");
    }
    let mut found = Vec::new();
    for path in files {
        let name = path.to_string_lossy().into_owned();
        if name.ends_with(".json") || name.ends_with(".md") {
            continue;
        }
        let mut bytes = std::fs::read(&path).expect("a file that was listed");
        let mut width = 4;
        if let Some(npy) = npy::parse(&bytes) {
            bytes.drain(..npy.header);
            width = npy.layout.width;
        } else if name.contains("f64") || name.ends_with(".fld") {
            width = 8;
        } else if name.ends_with("_mr") {
            width = 2;
        }
        let short = name.rsplit('/').next().unwrap_or_default().to_owned();
        found.push((short, bytes, elements(width, true, 0, 0)));
    }
    found
}

/// Columns of a row-major table with `columns` of `width` bytes, one after the other.
fn by_columns(bytes: &[u8], columns: usize, width: usize) -> Vec<u8> {
    let mut turned = Vec::with_capacity(bytes.len());
    for column in 0..columns {
        for row in bytes.chunks_exact(columns * width) {
            turned.extend(&row[column * width..(column + 1) * width]);
        }
    }
    turned
}

/// Columns in the sidecar of a table.
fn columns_of(name: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/hep_tables");
    let text = std::fs::read_to_string(path.join(name.replace(".bin", ".json")));
    let text = text.expect("a sidecar");
    let names = text.split_once("\"columns\"").expect("columns").1;
    names[..names.find(']').expect("a list")]
        .matches(',')
        .count()
        + 1
}

/// Whether the columns are found in the whole, the first piece seen at a time, and pieces cut at odd positions.
fn check(name: &str, bytes: &[u8], width: u8, column: usize) -> Vec<String> {
    let mut random = Lcg(11);
    let mut faults = Vec::new();
    let mut cuts = vec![(0, bytes.len()), (0, bytes.len().min(SEEN))];
    for _ in 0..6 {
        // At least four columns and a half, up to what is seen at a time.
        let least = (9 * column / 2).min(bytes.len());
        let len =
            least + ((bytes.len().min(SEEN).max(least) - least) as f64 * random.unit()) as usize;
        let from = ((bytes.len() - len) as f64 * random.unit()) as usize;
        cuts.push((from, from + len));
    }
    for (from, to) in cuts {
        let phase = (from % column) as u32;
        let layout = elements(width, true, 0, phase % u32::from(width));
        let start = Instant::now();
        let found = transposed(&bytes[from..to], &layout);
        let time = start.elapsed().as_secs_f64() * 1e3;
        let truth = Transposed {
            column: column as u32,
            phase,
        };
        let right = found == Some(truth);
        println!(
            "{name:32} {from:8}..{to:8} {column:7} at {phase:7} {} {time:5.1} ms {found:?}",
            if right { "right" } else { "WRONG" }
        );
        if !right {
            faults.push(format!("{name} {from}..{to}: {truth:?} seen as {found:?}"));
        }
    }
    faults
}

#[test]
fn real_column_major_tables() {
    let mut faults = Vec::new();
    for (name, bytes, layout) in data("_col.bin") {
        let column = bytes.len() / columns_of(&name);
        faults.extend(check(&name, &bytes, layout.width, column));
    }
    // One piece of sixteen, in which most columns hardly vary, shows too few boundaries.
    assert!(faults.len() <= 1, "{faults:#?}");
}

#[test]
fn real_tables_transposed() {
    let (mut faults, mut cases) = (Vec::new(), 0);
    for (name, bytes, layout) in data("_row.bin") {
        if name.contains("abacus") {
            continue;
        }
        // Three columns have two boundaries, and these could be anything.
        if name.contains("na62") {
            continue;
        }
        cases += 8;
        let (columns, width) = (columns_of(&name), usize::from(layout.width));
        let rows = bytes.len() / (columns * width);
        let turned = by_columns(&bytes, columns, width);
        faults.extend(check(&name, &turned, layout.width, rows * width));
    }
    for fault in &faults {
        println!("{fault}");
    }
    assert!(
        20 * faults.len() <= cases,
        "{} of {cases} wrong",
        faults.len()
    );
}

#[test]
fn nothing_else_is_one() {
    let mut faults = Vec::new();
    for (name, bytes, layout) in data("") {
        if name.ends_with("_col.bin") {
            continue;
        }
        let mut random = Lcg(5);
        for cut in 0..6 {
            let from = match cut {
                0 => 0,
                _ => (bytes.len() as f64 * 0.6 * random.unit()) as usize,
            };
            let width = u32::from(layout.width);
            let layout = Layout {
                phase: from as u32 % width,
                ..layout
            };
            let to = bytes.len().min(from + SEEN);
            let start = Instant::now();
            let found = transposed(&bytes[from..to], &layout);
            let time = start.elapsed().as_secs_f64() * 1e3;
            if cut == 0 || found.is_some() {
                println!("{name:32} {from:8} {time:5.1} ms {found:?}");
            }
            if found.is_some() {
                faults.push(name.clone());
            }
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn made_tables() {
    let rows = 9000;
    let bytes = table(rows, 14, |bytes, value| {
        bytes.extend((value as f32).to_le_bytes())
    });
    let faults = check("made f4", &by_columns(&bytes, 14, 4), 4, rows * 4);
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(transposed(&bytes, &elements(4, true, 0, 0)), None);
}

proptest! {
    #[test]
    fn no_input_panics(bytes in prop::collection::vec(0u8..5, 0..3000), repeat in 1usize..20, log in 0u32..4, swap in any::<bool>(), phase in 0u32..8) {
        let width = 1u32 << log;
        let layout = elements(width as u8, swap, 0, phase % width);
        if let Some(found) = transposed(&bytes.repeat(repeat), &layout) {
            prop_assert!(found.phase < found.column);
        }
    }
}
