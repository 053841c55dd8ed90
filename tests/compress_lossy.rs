//! `boa compress`, `bench`, `list` and `decompress` of lossy files, as a user runs them.

mod support;

use serde_json::Value;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::process::Output;
use support::{boa, piped, run, stderr, succeeds};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

struct Directory {
    temporary: tempfile::TempDir,
}

impl Directory {
    fn new() -> Directory {
        Directory {
            temporary: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn boa(&self, arguments: &[&str]) -> Output {
        run(boa().current_dir(&self.temporary).args(arguments))
    }
}

/// A .npy file.
fn npy(descr: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    let padded = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((padded.len() as u16).to_le_bytes());
    bytes.extend(padded.as_bytes());
    bytes.extend(content);
    bytes
}

/// Rows of a coordinate, a smooth function of it and a noisy one.
fn rows(count: u16) -> Vec<u8> {
    let noise = |n: u32| n.wrapping_mul(2_654_435_761) as f32 / 4e9;
    let row = |n: u16| {
        let x = f32::from(n) / 97.0 + noise(u32::from(n) * 7 + 3);
        [x, x.sin(), noise(n.into())]
    };
    (0..count)
        .flat_map(row)
        .flat_map(f32::to_le_bytes)
        .collect()
}

fn table() -> Vec<u8> {
    let types = "[('x', '<f4'), ('y', '<f4'), ('z', '<f4')]";
    npy(types, "(2000,)", &rows(2000))
}

/// It ended well, and may have printed what was lost.
#[track_caller]
fn works(output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
}

#[track_caller]
fn fails(output: &Output, code: i32, what: &str) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(message.contains(what), "{message}");
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The comparison of two files in a directory.
#[track_caller]
fn compared(directory: &Directory, options: &[&str]) -> Value {
    let arguments = [&["compare", "--json", "before", "after"], options].concat();
    let output = directory.boa(&arguments);
    succeeds(&output);
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn npy_files_come_back_within_their_bounds() {
    let directory = Directory::new();
    let before = directory.write("before", &table());
    for options in [
        &["--abs", "0.01"][..],
        &["--rel", "1e-4"],
        &["--pw-rel", "1e-3"],
        &["--digits", "3"],
        &["-1", "--rel", "1e-3"],
        &["-3", "--rel", "1e-3"],
        &["--rel", "1e-2", "--bound", "1=1e-5", "--exact", "2"],
    ] {
        let arguments = [&["c", "-f", "before"], options].concat();
        let output = directory.boa(&arguments);
        works(&output);
        assert!(stderr(&output).starts_with("column "), "{options:?}");
        succeeds(&directory.boa(&["t", "before.boa"]));
        succeeds(&directory.boa(&["d", "-f", "before.boa", "-o", "after"]));
        let after = fs::read(directory.path("after")).unwrap();
        assert_eq!(after.len(), fs::metadata(&before).unwrap().len() as usize);
        assert_eq!(after[..128], table()[..128], "the header stays exact");
        let is_level = |option: &str| option.starts_with("-") && option.len() == 2;
        let bounds: Vec<&str> = { options.iter().copied() }
            .filter(|option| !is_level(option))
            .collect();
        let found = compared(&directory, &bounds);
        assert_eq!(found["identical"], false);
        for column in found["columns"].as_array().unwrap() {
            let share = column["max_of_bound"].as_f64().unwrap();
            assert!(share <= 1.0, "{options:?}: {column}");
        }
    }
}

#[test]
fn lists_show_bounds_and_lossless_decoding_refuses() {
    let directory = Directory::new();
    directory.write("before", &table());
    let options = [
        "c", "-q", "before", "--rel", "1e-3", "--bound", "2=0.5", "--exact", "0",
    ];
    let output = directory.boa(&options);
    succeeds(&output);
    assert_eq!(stderr(&output), "");
    let bounds = "lossy   column 0 exact, column 1 within 1e-3 of the range, column 2 within 5e-1";
    for options in [&["list", "before.boa"][..], &["list", "-v", "before.boa"]] {
        let listed = stdout(&directory.boa(options));
        assert!(listed.contains(bounds), "{listed}");
    }
    let output = directory.boa(&["d", "--lossless", "before.boa", "-o", "after"]);
    fails(&output, 2, "lossy");
    assert!(!directory.path("after").exists());
    succeeds(&directory.boa(&["c", "before", "-o", "lossless.boa"]));
    succeeds(&directory.boa(&["d", "--lossless", "lossless.boa", "-o", "after"]));
    assert!(!stdout(&directory.boa(&["list", "lossless.boa"])).contains("lossy"));
}

#[test]
fn pipes_and_raw_bytes() {
    let (raw, types) = (rows(500), ["--dtype", "f4*3", "--rel", "1e-3", "-q"]);
    let output = piped(&[&["c", "-c"][..], &types].concat(), &raw);
    succeeds(&output);
    let back = piped(&["d", "-c"], &output.stdout);
    succeeds(&back);
    let directory = Directory::new();
    directory.write("before", &raw);
    directory.write("after", &back.stdout);
    let found = compared(&directory, &["--dtype", "f4*3", "--rel", "1e-3"]);
    assert_eq!(found["columns"][1]["violations"], 0);
    let refused = piped(&["c", "-c", "--rel", "1e-3"], &raw);
    fails(&refused, 1, "--dtype");
    assert!(refused.stdout.is_empty());
}

#[test]
fn names_select_columns() {
    let directory = Directory::new();
    directory.write("before", &rows(500));
    directory.write("names", b"x, y, z");
    let options = ["--dtype", "f4*3", "--names", "names", "--rel", "1e-3"];
    let arguments = [&["c", "before", "--exact", "y"], &options[..]].concat();
    let output = directory.boa(&arguments);
    works(&output);
    let table = stderr(&output);
    let rows: Vec<&str> = table.lines().collect();
    assert!(
        rows[2].starts_with("y ") && rows[2].ends_with("exact"),
        "{table}"
    );
    let arguments = [&["c", "-f", "before", "--exact", "w"], &options[..]].concat();
    fails(
        &directory.boa(&arguments),
        1,
        "no column is called w: there are x, y, z",
    );
}

#[test]
fn archives_keep_valid_checksums() {
    let directory = Directory::new();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let ids: Vec<u8> = (0..2000u16).flat_map(u16::to_le_bytes).collect();
    let members = [
        ("jets.npy", table()),
        ("ids.npy", npy("'<u2'", "(2000,)", &ids)),
        ("grid.npy", npy("'<f4'", "(50, 60)", &rows(1000))),
    ];
    for (name, content) in &members {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    directory.write("before", &archive);
    works(&directory.boa(&["c", "--rel", "1e-3", "before"]));
    succeeds(&directory.boa(&["d", "before.boa", "-o", "after"]));
    let found = compared(&directory, &["--rel", "1e-3"]);
    assert_eq!(found["others_equal"], true);
    let after = fs::read(directory.path("after")).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(after)).unwrap();
    for (name, before) in members {
        let mut after = Vec::new();
        // The checksum is verified at the end of reading.
        archive
            .by_name(name)
            .unwrap()
            .read_to_end(&mut after)
            .unwrap();
        assert_eq!(after.len(), before.len());
        assert_eq!(name == "ids.npy", after == before, "{name}");
    }
}

#[test]
fn targets_are_reached() {
    let directory = Directory::new();
    let before = directory.write("before", &table());
    let output = directory.boa(&["c", "--ratio", "4", "before"]);
    works(&output);
    assert!(stderr(&output).contains("bound "), "{}", stderr(&output));
    let sizes = [before, directory.path("before.boa")].map(|p| fs::metadata(p).unwrap().len());
    let ratio = sizes[0] as f64 / sizes[1] as f64;
    assert!((4.0..4.2).contains(&ratio), "{ratio}");
    let output = directory.boa(&["c", "-f", "--psnr", "70", "before"]);
    works(&output);
    succeeds(&directory.boa(&["d", "before.boa", "-o", "after"]));
    let found = compared(&directory, &[]);
    let columns = found["columns"].as_array().unwrap();
    let nrmse = |column: &Value| column["nrmse"].as_f64().unwrap().powi(2);
    let mean = columns.iter().map(nrmse).sum::<f64>() / 3.0;
    let psnr = -10.0 * mean.log10();
    assert!((70.0..70.3).contains(&psnr), "{psnr}");
    let output = directory.boa(&["c", "-f", "--ratio", "1e9", "before"]);
    fails(&output, 1, "no bound gives a ratio of");
}

#[test]
fn originals_are_removed_only_once_the_bound_is_checked() {
    let directory = Directory::new();
    directory.write("before", &table());
    works(&directory.boa(&["c", "--rm", "--rel", "1e-3", "before"]));
    assert!(!directory.path("before").exists() && directory.path("before.boa").exists());
}

#[test]
fn what_has_no_floats_is_refused() {
    let directory = Directory::new();
    let ids: Vec<u8> = (0..100u16).flat_map(u16::to_le_bytes).collect();
    directory.write("before", &npy("'<u2'", "(100,)", &ids));
    let output = directory.boa(&["c", "--rel", "1e-3", "before"]);
    fails(&output, 1, "holds integers alone");
    assert!(!directory.path("before.boa").exists());
    works(&directory.boa(&["c", "--bound", "0=3", "before"]));
    directory.write("text", b"nothing but words");
    fails(
        &directory.boa(&["c", "--rel", "1e-3", "text"]),
        1,
        "--dtype",
    );
}

#[test]
fn bench_shows_what_was_lost() {
    let directory = Directory::new();
    directory.write("before", &table());
    let output = directory.boa(&["bench", "--rel", "1e-3", "before"]);
    succeeds(&output);
    let text = stdout(&output);
    for shown in ["PSNR", "effective", "decompress", "within its bound"] {
        assert!(text.contains(shown), "{text}");
    }
}
