//! `boa compare`: numbers of files of one layout, one by one.

mod support;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use support::{boa, run, stderr, succeeds};

struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn new() -> Files {
        Files {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

/// A .npy file.
fn npy(descr: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(content);
    bytes
}

fn floats(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

/// Rows of two columns, the second ten times the first, each with an offset.
fn rows(offset: f32) -> Vec<u8> {
    floats((0..1000u16).flat_map(|n| [f32::from(n), 10.0 * f32::from(n)].map(|x| x + offset)))
}

fn compare(a: &Path, b: &Path, options: &[&str]) -> Output {
    run(boa().arg("compare").args([a, b]).args(options))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(a: &Path, b: &Path, options: &[&str]) -> Value {
    let output = compare(a, b, &[&["--json"], options].concat());
    succeeds(&output);
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[track_caller]
fn fails(output: &Output, code: i32, what: &str) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(
        message.starts_with("boa: ") && message.contains(what),
        "{message}"
    );
}

#[test]
fn raw_tables() {
    let files = Files::new();
    let (a, b) = (files.write("a", &rows(0.0)), files.write("b", &rows(0.25)));
    let names = files.write("names", b"pt, eta");
    let names = names.to_str().unwrap();
    let options = ["--dtype", "f4", "--record", "8", "--names", names];
    let output = compare(&a, &b, &options);
    succeeds(&output);
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines.len() == 3 && lines.iter().all(|line| line.len() <= 100),
        "{text}"
    );
    assert!(
        lines[1].starts_with("pt ") && lines[1].contains("2.50e-1"),
        "{text}"
    );
    let found = json(&a, &b, &options);
    let pt = &found["columns"][0];
    assert_eq!(
        (pt["name"].as_str(), pt["count"].as_u64()),
        (Some("pt"), Some(1000))
    );
    for measure in ["residual_mean", "residual_rms", "max_error"] {
        assert_eq!(pt[measure], 0.25, "{measure}");
    }
    assert_eq!(
        (&pt["range"], &found["columns"][1]["range"]),
        (&999.0.into(), &9990.0.into())
    );
    let psnr = pt["psnr"].as_f64().unwrap();
    assert!((psnr - 20.0 * (999.0f64 / 0.25).log10()).abs() < 1e-9);
    assert!(pt["max_of_bound"].is_null() && found["identical"] == false);
}

#[test]
fn bounds_are_checked() {
    let files = Files::new();
    let (a, b) = (files.write("a", &rows(0.0)), files.write("b", &rows(0.25)));
    let options = ["--dtype", "f4,f4", "--rel", "1e-3"];
    let found = json(&a, &b, &options);
    let share = found["columns"][0]["max_of_bound"].as_f64().unwrap();
    assert!((share - 0.25 / 0.999).abs() < 1e-6);
    assert_eq!(found["columns"][1]["bound"], "1e-3:rel");
    let output = compare(
        &a,
        &b,
        &["--dtype", "f4,f4", "--rel", "1e-3", "--bound", "1=0.1"],
    );
    fails(&output, 2, "1000 values break their bounds");
    assert!(stdout(&output).contains("2.5000"));
    let output = compare(&a, &b, &["--dtype", "f4,f4", "--bound", "0=0.5"]);
    fails(&output, 2, "1000 values break their bounds");
}

#[test]
fn identical_files() {
    let files = Files::new();
    let a = files.write("a", b"any text");
    let output = compare(&a, &a, &[]);
    succeeds(&output);
    assert!(stdout(&output).ends_with("are identical\n"));
    let numbers = files.write("numbers", &rows(1.0));
    let found = json(&numbers, &numbers, &["--dtype", "f4"]);
    assert_eq!(
        (&found["identical"], &found["columns"][0]["changed"]),
        (&true.into(), &0.into())
    );
}

#[test]
fn structured_arrays_and_their_other_bytes() {
    let files = Files::new();
    let table = |energy: f64, id: u8| {
        let row = [&energy.to_le_bytes()[..], &[id, 1, 2]].concat();
        npy(
            "[('energy', '<f8'), ('id', '|u1'), ('tag', '|S2')]",
            "(1,)",
            &row,
        )
    };
    let a = files.write("a.npy", &table(1.0, 7));
    let b = files.write("b.npy", &table(1.5, 7));
    let found = json(&a, &b, &[]);
    assert_eq!(found["columns"][0]["name"], "energy");
    assert_eq!(
        (&found["columns"][1]["changed"], &found["others_equal"]),
        (&0.into(), &true.into())
    );
    assert!(stdout(&compare(&a, &b, &[])).contains("id                   exact"));
    let mut other = table(1.0, 7);
    *other.last_mut().unwrap() ^= 1;
    let output = compare(&a, &files.write("c.npy", &other), &[]);
    succeeds(&output);
    assert!(stdout(&output).contains("bytes that are no numbers are not as they were"));
}

#[test]
fn archives_deflated_or_not() {
    use std::io::{Cursor, Write};
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};
    let files = Files::new();
    let archive = |offset, method| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        let members = [
            ("data.npy", npy("'<f4'", "(1000, 2)", &rows(offset))),
            (
                "names.npy",
                npy(
                    "'<U3'",
                    "(2,)",
                    &[
                        b"p\0\0\0t\0\0\0\0\0\0\0".as_slice(),
                        b"e\0\0\0t\0\0\0a\0\0\0",
                    ]
                    .concat(),
                ),
            ),
        ];
        for (name, content) in members {
            writer.start_file(name, options).unwrap();
            writer.write_all(&content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let a = files.write("a.npz", &archive(0.0, CompressionMethod::Deflated));
    let b = files.write("b.npz", &archive(0.5, CompressionMethod::Stored));
    let found = json(&a, &b, &[]);
    assert_eq!(
        (&found["columns"][0]["name"], &found["columns"][1]["name"]),
        (&"pt".into(), &"eta".into())
    );
    assert_eq!(
        (&found["columns"][1]["max_error"], &found["others_equal"]),
        (&0.5.into(), &true.into())
    );
}

#[test]
fn refusals() {
    let files = Files::new();
    let a = files.write("a.npy", &npy("'<f4'", "(2,)", &[0; 8]));
    let b = files.write("b.npy", &npy("'<f8'", "(2,)", &[0; 16]));
    let raw = files.write("raw", b"some text");
    fails(
        &compare(&a, &b, &[]),
        1,
        "b.npy: they do not hold the same types and shapes: <f4 of (2) and <f8 of (2)",
    );
    fails(
        &compare(&a, &raw, &[]),
        1,
        "raw: is not understood as numbers; say what they are",
    );
    fails(
        &compare(&a, &b, &["--dtype", "f4"]),
        1,
        "a.npy: has a header that says what it holds",
    );
    fails(
        &compare(&a, &files.directory.path().join("none"), &[]),
        1,
        "no such file",
    );
    fails(
        &compare(&a, files.directory.path(), &[]),
        1,
        "compare needs regular files",
    );
    let other = files.write("other.npy", &npy("'<f4'", "(2,)", &[1; 8]));
    let output = compare(&a, &other, &["--exact", "pt"]);
    fails(
        &output,
        1,
        "no column is called pt: the 1 here have no names",
    );
    let cut = files.write("cut.npy", &npy("'<f4'", "(2,)", &[0; 7]));
    fails(
        &compare(&a, &cut, &[]),
        1,
        "cut.npy: is cut short: its numbers are 8 bytes, of which 7 are there",
    );
}
