//! What `boa analyze` and the library behind it report of made data whose make-up is known.

mod support;

use boa_constrictor::analyze::{ColumnReport, Number, Report, analyze, analyze_reader};
use std::fs;
use std::io::{Cursor, Write};
use std::process::Stdio;
use support::{boa, directory_with, noise, run, stderr, text};

fn report(bytes: &[u8]) -> Report {
    analyze(Cursor::new(bytes)).unwrap()
}

/// Numbers without structure: the `n`th of them.
fn random(n: u64) -> u64 {
    let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn unit(n: u64) -> f64 {
    (random(n) >> 11) as f64 / (1u64 << 53) as f64
}

/// Rows of five 4-byte floats: multiples of 0.01, noise, a constant, one of five values, a float with a short mantissa.
fn table(rows: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 0..rows {
        let price = ((unit(5 * n) * 1000.0 * 100.0).round() / 100.0) as f32;
        let energy = (20.0 * (-unit(5 * n + 1).max(1e-9).ln())) as f32 + 25.0;
        let cut = (unit(5 * n + 2) as f32 + 1.0).to_bits() & !0x1fff;
        let few = [1.5f32, -2.25, 7.0, 100.0, 0.125][(random(5 * n + 3) % 5) as usize];
        for value in [price, energy, 42.0, few, f32::from_bits(cut)] {
            bytes.extend(value.to_le_bytes());
        }
    }
    bytes
}

/// A .npy file of a list.
fn npy(dtype: &str, count: usize, content: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({count},), }}");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(127, b' ');
    bytes.push(b'\n');
    bytes.extend(content);
    bytes
}

#[track_caller]
fn columns(report: &Report) -> &[ColumnReport] {
    let longest = report.regions.iter().max_by_key(|region| region.bytes);
    &longest.unwrap().columns
}

#[test]
fn a_table_of_floats() {
    let bytes = table(20_000);
    let report = report(&bytes);
    assert_eq!((report.bytes, report.looked_at), (400_000, 400_000));
    assert!(report.complete);
    assert_eq!(report.regions.len(), 1);
    assert_eq!(report.regions[0].form.record, 20);
    assert!(!report.regions[0].found.is_empty());
    let columns = columns(&report);
    let types: Vec<&str> = columns.iter().map(|c| c.type_name.as_str()).collect();
    assert_eq!(types, ["<f4"; 5]);
    let positions: Vec<u32> = columns.iter().map(|c| c.at).collect();
    assert_eq!(positions, [0, 4, 8, 12, 16]);
    assert!(columns.iter().all(|c| c.count == 20_000 && c.nan == 0));

    let rule = |k: usize| columns[k].rule.clone().unwrap_or_default();
    assert_eq!(rule(0), "multiples of 0.01");
    assert_eq!(rule(2), "constant");
    assert_eq!(columns[2].min, Some(Number::Single(42.0)));
    assert_eq!((columns[2].distinct, columns[3].distinct), (1, 5));
    assert_eq!(columns[3].min, Some(Number::Single(-2.25)));
    assert_eq!(columns[3].max, Some(Number::Single(100.0)));
    assert_eq!(columns[2].bits, 0.0);
    assert!((2.0..3.0).contains(&columns[3].bits), "{}", columns[3].bits);
    // Ten bits of mantissa, of which all are random.
    assert!(
        (9.5..11.5).contains(&columns[4].bits),
        "{}",
        columns[4].bits
    );
    assert!(columns[1].noise_bits > 10.0 && columns[1].bits > 18.0);
    assert!(report.advice.lossy.worth, "{}", report.advice.lossy.why);
}

#[test]
fn estimates_are_close_to_what_compressing_gives() {
    let cases = [table(15_000), text(50_000), noise(100_000)];
    for bytes in cases {
        let estimated = report(&bytes).estimate.ratio;
        let real = bytes.len() as f64 / support::encode(&bytes).len() as f64;
        let off = estimated / real;
        // Made text repeats itself as no real text does, and short files are mostly start.
        assert!((0.5..2.0).contains(&off), "{estimated} for {real}");
    }
}

#[test]
fn integers_in_either_order() {
    let values = (0..30_000).map(|n| 1000 * (random(n) % 2_000_000) as u32 + 7);
    let little: Vec<u8> = values.clone().flat_map(u32::to_le_bytes).collect();
    let big: Vec<u8> = values.flat_map(u32::to_be_bytes).collect();
    for (bytes, name) in [(little, "<u4"), (big, ">u4")] {
        let report = report(&npy(name, 30_000, &bytes));
        let [column] = columns(&report) else {
            panic!("{:?}", report.regions);
        };
        assert_eq!(column.type_name, name);
        assert_eq!(column.rule, None);
        assert!((29_000..30_000).contains(&column.distinct) && column.distinct_exact);
        assert!(column.max <= Some(Number::Unsigned(2_000_000_007)));
        assert!(!report.advice.lossy.worth);
    }
}

#[test]
fn numbers_that_are_none_are_counted() {
    let mut values: Vec<f64> = (0..20_000).map(|n| 1.0 + unit(n)).collect();
    values[500] = f64::NAN;
    values[600] = f64::INFINITY;
    values[700] = f64::NEG_INFINITY;
    let content: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let bytes = npy("<f8", values.len(), &content);
    let report = report(&bytes);
    assert_eq!(report.regions.len(), 2);
    assert_eq!((report.regions[0].bytes, report.regions[1].at), (128, 128));
    assert!(report.regions[1].found.contains(".npy"));
    let [column] = columns(&report) else {
        panic!("{:?}", report.regions);
    };
    assert_eq!((column.nan, column.infinite), (1, 2));
    assert_eq!(column.type_name, "<f8");
    let Some(Number::Double(max)) = column.max else {
        panic!("{:?}", column.max);
    };
    assert!((1.9..2.0).contains(&max));
    assert!(column.noise_bits > 40.0, "{column:?}");
}

#[test]
fn what_has_no_structure() {
    let empty = report(&[]);
    assert_eq!((empty.bytes, empty.regions.len()), (0, 0));
    assert_eq!(empty.estimate.ratio, 0.0);
    assert!(!empty.advice.train.worth && !empty.advice.lossy.worth);

    let one = report(&[7]);
    assert_eq!((one.bytes, one.regions.len()), (1, 1));
    assert!(one.estimate.ratio > 0.0 && one.estimate.ratio < 0.1);

    let random = report(&noise(300_000));
    assert!((0.95..1.01).contains(&random.estimate.ratio));
    assert!(!random.advice.train.worth);
    assert!(
        random
            .advice
            .train
            .why
            .contains("compressed already, or random")
    );

    let words = report(&text(100_000));
    assert!(columns(&words).is_empty());
    assert!(words.advice.train.why.contains("text"));

    let zeros = report(&vec![0; 200_000]);
    assert!(zeros.estimate.ratio > 500.0);
}

#[test]
fn a_large_input_is_sampled() {
    let piece = table(100_000);
    let bytes: Vec<u8> = piece.iter().cycle().take(36 << 20).copied().collect();
    let report = report(&bytes);
    assert_eq!(report.bytes, 36 << 20);
    assert!(report.looked_at < 24 << 20);
    let all: u64 = report.regions.iter().map(|region| region.bytes).sum();
    assert_eq!(all, report.bytes);
    assert_eq!(columns(&report).len(), 5);
    let mut end = 0;
    for region in &report.regions {
        assert_eq!(region.at, end);
        end += region.bytes;
    }
}

#[test]
fn a_reader_gives_the_same_report() {
    let bytes = table(5000);
    assert_eq!(analyze_reader(&bytes[..]).unwrap(), report(&bytes));
}

#[test]
fn the_command_prints_a_table() {
    let (_dir, file) = directory_with("data.bin", &table(20_000));
    let output = run(boa().arg("analyze").arg(&file));
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let message = String::from_utf8(output.stdout).unwrap();
    assert!(message.is_ascii());
    for what in [
        "400000 bytes",
        "estimate  ratio",
        "record 20",
        "multiples of 0.01",
    ] {
        assert!(message.contains(what), "{message}");
    }
    for line in message.lines().skip(1) {
        assert!(line.len() <= 100, "{line}");
    }
}

#[test]
fn json_is_one_object_a_file() {
    let (dir, file) = directory_with("data.bin", &table(5000));
    let nothing = dir.path().join("nothing");
    fs::write(&nothing, "").unwrap();
    let odd: Vec<u8> = (0..4000)
        .flat_map(|n| [f32::NAN, n as f32].map(f32::to_le_bytes))
        .flatten()
        .collect();
    let nans = dir.path().join("nans");
    fs::write(&nans, odd).unwrap();
    let output = run(boa()
        .args(["analyze", "--json"])
        .args([&file, &nothing, &nans]));
    assert!(output.status.success());
    let message = String::from_utf8(output.stdout).unwrap();
    let objects: Vec<serde_json::Value> = message
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [table, nothing, _] = objects.as_slice() else {
        panic!("{message}");
    };
    assert_eq!(table["bytes"], 100_000);
    assert_eq!(table["file"], file.to_str().unwrap());
    let columns = table["regions"][0]["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 5);
    assert_eq!(columns[3]["type"], "<f4");
    assert_eq!(columns[3]["min"], -2.25);
    assert_eq!(columns[2]["rule"], "constant");
    assert!(table["estimate"]["ratio"].as_f64().unwrap() > 1.0);
    assert!(table["advice"]["train"]["why"].is_string());
    assert_eq!(nothing["regions"].as_array().unwrap().len(), 0);
}

#[test]
fn errors_are_reported_and_the_others_go_on() {
    let (dir, file) = directory_with("data.bin", &table(1000));
    let missing = dir.path().join("missing");
    let output = run(boa().arg("analyze").args([&missing, &file]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("missing: no such file or directory"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("20000 bytes"));
    let output = run(boa().arg("analyze").arg(dir.path()));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is a directory"));
    assert_eq!(run(boa().arg("analyze")).status.code(), Some(1));
}

#[test]
fn stdin_is_read() {
    let mut command = boa();
    command.args(["analyze", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&table(2000)).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("(stdin): 40000 bytes"));
}
