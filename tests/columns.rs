//! Column types: in made records, and in the records of real HDF5 files against their datatypes.

#[path = "support/layouts.rs"]
#[allow(dead_code)]
mod layouts;

use boa_constrictor::Layout;
use boa_constrictor::layout::{Column, Kind};
use boa_constrictor::search::columns::{Record, columns, kind, record};
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
        .map(|position| {
            rows.chunks_exact(period)
                .any(|row| row[position] != rows[position])
        })
        .collect();
    // For each position, the column found there and the true one.
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
        let positions: Vec<usize> = (start..start + width).filter(|&k| varies[k]).collect();
        let Some(&first) = positions.first() else {
            start += width;
            continue;
        };
        let guess = found.columns[owner[first]];
        let whole = positions.iter().all(|&k| owner[k] == owner[first]);
        let alone =
            (0..period).all(|k| owner[k] != owner[first] || !varies[k] || true_owner[k] == index);
        let top = |row: &[u8]| row[start + if column.swap { width - 1 } else { 0 }] >= 128;
        let kind = match (column.kind, guess.kind) {
            (Kind::Float, other) | (other, Kind::Float) => other == Kind::Float,
            (Kind::Signed, Kind::Unsigned) => !rows.chunks_exact(period).any(top),
            (Kind::Unsigned, Kind::Signed) => false,
            _ => true,
        };
        let order = guess.swap == column.swap || positions.len() == 1;
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
        for (piece, phase) in [
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
            let found = record(piece, &layout);
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

/// The fields of real records in other orders: other neighbours, the same numbers.
#[test]
fn fields_in_other_orders() {
    let (mut right, mut all) = (0, 0);
    for (name, at, fields) in [
        ("hep_hdf5/cms_photon_pairs_a.h5", 8160, PHOTONS),
        ("hep_hdf5/nanoaod_jets_a.h5", 3456, JETS),
    ] {
        let Some(bytes) = data(name) else { continue };
        let fields = listed(fields);
        let period: usize = fields.iter().map(|column| usize::from(column.width)).sum();
        for seed in 0..4 {
            let mut random = Lcg(seed);
            let mut order: Vec<(usize, Column)> = Vec::new();
            let mut start = 0;
            for &column in &fields {
                order.insert(random.next() as usize % (order.len() + 1), (start, column));
                start += usize::from(column.width);
            }
            let rows: Vec<u8> = bytes[at..]
                .chunks_exact(period)
                .take(2500)
                .flat_map(|row| {
                    let fields = order.iter();
                    fields.flat_map(|(at, column)| &row[*at..*at + usize::from(column.width)])
                })
                .copied()
                .collect();
            let truth: Vec<Column> = order.iter().map(|field| field.1).collect();
            let found = record(&rows, &elements(1, false, period as u32, 0));
            let faults = wrong(&rows, &found, &truth);
            println!(
                "{name}, order {seed}: {} of {} wrong {faults:#?}",
                faults.len(),
                truth.len()
            );
            right += truth.len() - faults.len();
            all += truth.len();
        }
    }
    assert!(right * 100 >= all * 93, "{right} of {all} right");
}

/// A record of many types, unaligned; either byte order.
fn mixed(rows: u32, little: bool) -> (Vec<u8>, Vec<Column>) {
    let mut random = Lcg(9);
    let mut bytes: Vec<u8> = Vec::new();
    let mut put = |mut number: Vec<u8>| {
        if little {
            number.reverse();
        }
        bytes.extend(number);
    };
    for row in 0..rows {
        put(vec![(random.next() % 2) as u8]);
        put((random.normal() * 30.0).to_be_bytes().to_vec());
        put(vec![(random.next() % 5) as u8]);
        put(vec![(random.next() % 2) as u8]);
        put(vec![(random.next() % 3) as u8]);
        put(((random.normal() * 30.0) as f32).to_be_bytes().to_vec());
        // Of a narrow number's precision.
        put(f64::from(random.normal() as f32).to_be_bytes().to_vec());
        put(((random.normal() * 900.0) as i16).to_be_bytes().to_vec());
        put(
            (1_600_000_000 + u64::from(row) * 37 + u64::from(random.next() % 30))
                .to_be_bytes()
                .to_vec(),
        );
        put(((random.unit() * 12.0) as i32 - 1).to_be_bytes().to_vec());
        put((random.unit() * 70000.0).to_be_bytes().to_vec());
        put(vec![(random.next() % 7) as u8]);
        put(((random.unit() * 3.0) as i64 - 1).to_be_bytes().to_vec());
        put((random.unit() as f32).to_be_bytes().to_vec());
        put(((random.unit() * 60000.0) as u16).to_be_bytes().to_vec());
        put((3000 + random.next() % 900).to_be_bytes().to_vec());
    }
    let mut truth = listed("u1 f8 u1 u1 u1 f4 f8 i2 u8 i4 f8 u1 i8 f4 u2 u4");
    truth.iter_mut().for_each(|column| column.swap &= little);
    (bytes, truth)
}

#[test]
fn records_of_many_types() {
    for little in [true, false] {
        let (rows, truth) = mixed(3000, little);
        let period: u32 = truth.iter().map(|column| u32::from(column.width)).sum();
        for cut in [0, 1, 5, 17, 1001] {
            let found = record(
                &rows[cut..],
                &elements(1, false, period, cut as u32 % period),
            );
            let faults = wrong(&rows, &found, &truth);
            assert!(faults.is_empty(), "cut at {cut}: {faults:#?} {found:?}");
            // Seen from another position, the record begins there.
            let moved = record(&rows[cut..], &elements(1, false, period, 0));
            assert_eq!(moved.columns.len(), found.columns.len());
        }
        let cut_none = columns(&rows, &elements(1, false, period, 0));
        let found = Record {
            shift: 0,
            columns: cut_none,
        };
        assert!(wrong(&rows, &found, &truth).is_empty());
    }
}

#[test]
fn kinds_of_elements() {
    let mut random = Lcg(2);
    let mut rows = Vec::new();
    for row in 0..500u32 {
        rows.extend((random.normal() as f32 * 1e-6).to_le_bytes());
        rows.extend(((random.normal() * 100.0) as i32).to_le_bytes());
        rows.extend((1_600_000_000 + row * 7).to_le_bytes());
        rows.extend((-1i32).to_le_bytes());
        // Zeros and a fill value in most rows are no majority.
        let field = [0.0, 1e34, 280.0 + random.unit() as f32][row as usize % 3];
        rows.extend(field.to_le_bytes());
        rows.extend((random.next() % 2).to_le_bytes());
        rows.extend((row as f32).to_le_bytes());
    }
    use Kind::{Float, Signed, Unsigned};
    let found = columns(&rows[13..], &elements(4, true, 28, 13));
    let kinds: Vec<Kind> = found.iter().map(|column| column.kind).collect();
    let truth = [Float, Signed, Unsigned, Signed, Float, Unsigned, Float];
    assert_eq!(kinds, truth);
    assert!(found.iter().all(|column| column.width == 4 && column.swap));

    let bytes = |number: &dyn Fn(&mut Lcg) -> Vec<u8>| -> Vec<u8> {
        let mut random = Lcg(4);
        (0..3000).flat_map(|_| number(&mut random)).collect()
    };
    let normal = bytes(&|random| (random.normal() * 1e-21).to_be_bytes().to_vec());
    assert_eq!(kind(&normal, &elements(8, false, 0, 0)), Float);
    let around = bytes(&|random| ((random.normal() * 200.0) as i16).to_le_bytes().to_vec());
    assert_eq!(kind(&around[1..], &elements(2, true, 0, 1)), Signed);
    let middle = bytes(&|random| {
        ((random.normal() * 200.0 + 32768.0) as u16)
            .to_le_bytes()
            .to_vec()
    });
    assert_eq!(kind(&middle, &elements(2, true, 0, 0)), Unsigned);
    let hashes = bytes(&|random| (random.next() << 1).to_le_bytes().to_vec());
    assert_ne!(kind(&hashes, &elements(4, true, 0, 0)), Float);
}

#[test]
fn endless_records_have_no_columns() {
    let layout = elements(1, false, Layout::MAX_LAG, 0);
    assert_eq!(columns(&[1, 2, 3], &layout), []);
    assert_eq!(record(&[1, 2, 3], &layout).columns, []);
    assert_eq!(columns(&[], &elements(1, false, 1 << 16, 0)).len(), 1 << 16);
}

/// The kinds of some real arrays, which are those of their sidecars and headers.
#[test]
fn kinds_of_real_arrays() {
    for (name, header, width, wanted) in [
        ("hep_tables/cms_zee_row.bin", 0, 4, Kind::Float),
        ("hep_tables/tdc_qdc_run1_row.bin", 0, 4, Kind::Float),
        ("hep_tables/csc_minbias_jets_f64_row.bin", 0, 8, Kind::Float),
        ("nanoaod_padded/nanoaod_v5_padded.bin", 0, 4, Kind::Float),
        (
            "cosmology/abacus_particles_slab0_row.bin",
            0,
            4,
            Kind::Float,
        ),
        ("astro/m6707hh_i2.npy", 128, 2, Kind::Signed),
        ("fields_climate/coads_sst_f4.npy", 128, 4, Kind::Float),
        ("fields_climate/eraint_z_i2.npy", 128, 2, Kind::Signed),
        ("fields_cfd/baler_cfd_animation_f8.npy", 128, 8, Kind::Float),
        ("hep_calo/glast_caladcped_a.npy", 128, 4, Kind::Float),
        ("md/adk_dims_f4.npy", 128, 4, Kind::Float),
        ("signals/ligo_HH1_1126259446_f8.npy", 128, 8, Kind::Float),
        ("signals/mitbih_100_i2.npy", 128, 2, Kind::Signed),
    ] {
        let Some(bytes) = data(name) else { continue };
        let found = kind(&bytes[header..], &elements(width, true, 0, 0));
        println!("{name}: {found:?}");
        // Without a negative number, both signs are right.
        assert_eq!(found == Kind::Float, wanted == Kind::Float, "{name}");
    }
}

/// All columns of real tables of floats: those that are zero throughout have no kind.
#[test]
fn columns_of_real_tables() {
    for (name, width, count) in [
        ("hep_tables/alice_hypertriton_row.bin", 4, 48),
        ("hep_tables/alice_v0_a_row.bin", 4, 24),
        ("hep_tables/cms_dimuon_a_row.bin", 4, 20),
        ("hep_tables/cms_photons_a_row.bin", 4, 29),
        ("hep_tables/cms_zee_row.bin", 4, 21),
        ("hep_tables/csc_minbias_jets_f64_row.bin", 8, 5),
        ("hep_tables/lhcb_b2hhh_phasespace_row.bin", 4, 26),
        ("hep_tables/na62_lkr_hits_f64_row.bin", 8, 3),
        ("hep_tables/nanoaod_genparts_a_row.bin", 4, 8),
        ("hep_tables/nanoaod_jets_a_row.bin", 4, 20),
        ("hep_tables/uci_higgs_small_row.bin", 4, 28),
        ("nanoaod_padded/nanoaod_v5_padded.bin", 4, 4964),
    ] {
        let Some(bytes) = data(name) else { continue };
        let record = count * u32::from(width);
        let start = Instant::now();
        let found = columns(&bytes, &elements(width, true, record, 0));
        let time = start.elapsed().as_secs_f64() * 1e3;
        let faults: Vec<usize> = (0..found.len())
            .filter(|&k| found[k].kind != Kind::Float)
            .filter(|&k| {
                let at = k * usize::from(width);
                let rows = bytes.chunks_exact(record as usize);
                rows.clone().any(|row| {
                    row[at..at + usize::from(width)]
                        .iter()
                        .any(|&byte| byte != 0)
                })
            })
            .collect();
        println!(
            "{name}: {} of {count} not seen as floats {faults:?}, {time:.1} ms",
            faults.len()
        );
        assert!(faults.len() * 20 <= count as usize, "{name}");
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
