//! Column types: in made records, and in the records of real HDF5 files against their datatypes.

#[path = "support/layouts.rs"]
mod layouts;

use boa_constrictor::Layout;
use boa_constrictor::layout::columns::{Column, Kind, Record, columns, kind, record};
use layouts::{Lcg, elements};
use proptest::prelude::*;
use std::path::Path;
use std::time::Instant;

/// A real file's bytes, or none with a printed reason.
fn data(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let bytes = std::fs::read(path.join(name)).ok();
    if bytes.is_none() {
        println!("skipped: no ../shared/data/{name} beside the repository");
    }
    bytes
}

/// Widths and kinds such as `27f4 i8 2u1`, little-endian.
fn listed(text: &str) -> Vec<Column> {
    let mut columns = Vec::new();
    for field in text.split_whitespace() {
        let (number, width) = field.split_at(field.len() - 1);
        let width = width.parse().expect("a width");
        let (count, kind) = number.split_at(number.len() - 1);
        let kind = match kind {
            "f" => Kind::Float,
            "i" => Kind::Signed,
            _ => Kind::Unsigned,
        };
        let column = Column {
            width,
            swap: width > 1,
            kind,
        };
        columns.extend(std::iter::repeat_n(column, count.parse().unwrap_or(1)));
    }
    columns
}

/// What is wrong with the columns found in whole rows of `truth`, if anything, column by column.
///
/// Places that never vary may belong to any column, and an integer that is never negative has either sign.
fn wrong(rows: &[u8], found: &Record, truth: &[Column]) -> Vec<String> {
    let period: usize = truth.iter().map(|column| usize::from(column.width)).sum();
    let varies: Vec<bool> = (0..period)
        .map(|place| {
            rows.chunks_exact(period)
                .any(|row| row[place] != rows[place])
        })
        .collect();
    // For each place, the column found there and the true one.
    let (mut owner, mut at) = (vec![0; period], found.shift as usize);
    for (index, column) in found.columns.iter().enumerate() {
        for _ in 0..column.width {
            owner[at % period] = index;
            at += 1;
        }
    }
    assert_eq!(at, period + found.shift as usize);
    let true_owner: Vec<usize> = truth
        .iter()
        .enumerate()
        .flat_map(|(index, column)| vec![index; usize::from(column.width)])
        .collect();
    let mut faults = Vec::new();
    let mut start = 0;
    for (index, column) in truth.iter().enumerate() {
        let width = usize::from(column.width);
        let places: Vec<usize> = (start..start + width).filter(|&k| varies[k]).collect();
        let Some(&first) = places.first() else {
            start += width;
            continue;
        };
        let guess = found.columns[owner[first]];
        let whole = places.iter().all(|&k| owner[k] == owner[first]);
        let alone =
            (0..period).all(|k| owner[k] != owner[first] || !varies[k] || true_owner[k] == index);
        let top = |row: &[u8]| row[start + width - 1] >= 128;
        let kind = match (column.kind, guess.kind) {
            (Kind::Float, other) | (other, Kind::Float) => other == Kind::Float,
            (Kind::Signed, Kind::Unsigned) => !rows.chunks_exact(period).any(top),
            (Kind::Unsigned, Kind::Signed) => false,
            _ => true,
        };
        let order = guess.swap || places.len() == 1;
        if !(whole && alone && kind && order) {
            faults.push(format!("{column:?} at {start} seen as {guess:?}"));
        }
        start += width;
    }
    faults
}

const PHOTONS: &str = "27f4 7i4 7u1 i4 2u1 3i8 2f4 27f4 7i4 7u1 i4 2u1 3i8 2f4 4f4 i4";
const JETS: &str = "11f4 u1 2i4 f4 2i4 2f4 i4 2f4 2i4 f4 3i4 2f4 i4 2f4 i4 2f4";

#[test]
fn hdf5_records() {
    for (name, at, fields) in [
        ("hep_hdf5/cms_photon_pairs_a.h5", 8160, PHOTONS),
        ("hep_hdf5/nanoaod_jets_a.h5", 3456, JETS),
    ] {
        let Some(bytes) = data(name) else { continue };
        let truth = listed(fields);
        let period: u32 = truth.iter().map(|column| u32::from(column.width)).sum();
        let rows = &bytes[at..];
        for (part, phase) in [
            (rows, 0),
            (&rows[1237..], 1237 % period),
            (&rows[..rows.len() / 5], 0),
            (
                &rows[rows.len() / 3 * 2..],
                (rows.len() / 3 * 2) as u32 % period,
            ),
        ] {
            let layout = elements(1, false, period, phase);
            let start = Instant::now();
            let found = record(part, &layout);
            let time = start.elapsed();
            let faults = wrong(rows, &found, &truth);
            println!(
                "{name} from {phase}: {} of {} columns right, {:.1} ms",
                truth.len() - faults.len(),
                truth.len(),
                time.as_secs_f64() * 1e3
            );
            for fault in &faults {
                println!("    {fault}");
            }
            assert!(faults.len() * 20 <= truth.len(), "{name}");
        }
    }
}

proptest! {
    #[test]
    fn columns_fill_the_record(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        log in 0u32..4,
        records in 0u32..40,
        phase in 0u32..400,
        swap in any::<bool>(),
    ) {
        let width = 1u32 << log;
        let period = (records * width).max(width);
        let layout = elements(width as u8, swap, records * width, phase % period);
        let found = record(&bytes, &layout);
        let sum = |columns: &[Column]| columns.iter().map(|column| u32::from(column.width)).sum::<u32>();
        prop_assert_eq!(sum(&columns(&bytes, &layout)), period);
        prop_assert_eq!(sum(&found.columns), period);
        prop_assert!(found.shift < period);
        let _ = kind(&bytes, &layout);
    }
}
