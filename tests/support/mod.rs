//! What the tests share: inputs, and the library with fewer words.
#![allow(dead_code)]

pub mod autoencoders;
pub mod layouts;
pub mod lossy;
pub mod made;
pub mod number_frames;
pub mod number_words;
pub mod numbers;
pub mod python;

use boa_constrictor::{DecodeOptions, EncodeOptions, Error, Input, compress, decompress};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Records of 12 bytes: a counter, a slow value, noise. It compresses, but not to nothing.
pub fn records(len: usize) -> Vec<u8> {
    let noise = noise(len);
    let record = |n: usize| {
        let mut bytes = (n as u32).to_le_bytes().to_vec();
        bytes.extend((1000.0f32 + (n as f32 / 50.0).sin()).to_le_bytes());
        bytes.extend([noise[n], 0, 0, 7]);
        bytes
    };
    (0..len.div_ceil(12)).flat_map(record).take(len).collect()
}

/// Bytes without any structure.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Text as a detector prints it.
pub fn text(len: usize) -> Vec<u8> {
    let line =
        |n: usize| format!("event {n} energy {:.3} GeV\n", (n % 97) as f64 * 1.37).into_bytes();
    (0..).flat_map(line).take(len).collect()
}

pub fn encode_with(content: &[u8], options: &EncodeOptions) -> Vec<u8> {
    let mut out = Vec::new();
    let input = Input::from_reader(content);
    let summary = compress(input, &mut out, options, &()).unwrap();
    assert_eq!(summary.content, content.len() as u64);
    assert_eq!(summary.compressed, out.len() as u64);
    out
}

pub fn encode(content: &[u8]) -> Vec<u8> {
    encode_with(
        content,
        &EncodeOptions {
            threads: 1,
            ..EncodeOptions::default()
        },
    )
}

pub fn decode(file: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let options = DecodeOptions {
        threads: 1,
        ..DecodeOptions::default()
    };
    decompress(file, &mut out, &options, &()).map(|_| out)
}

/// The program.
pub fn boa() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boa"));
    command.stdin(Stdio::null());
    command
}

pub fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A directory with one file of it.
pub fn directory_with(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, content).unwrap();
    (directory, path)
}

/// A valid model that is not built in: the default one with a bit of its last weights changed.
pub fn other_model() -> Vec<u8> {
    let bytes = boa_constrictor::Model::built_in(1).unwrap().to_bytes();
    let flipped = |at: usize| {
        let mut other = bytes.clone();
        other[at] ^= 1;
        other
    };
    let valid = |other: &Vec<u8>| boa_constrictor::Model::from_bytes(other).is_ok();
    (0..bytes.len())
        .rev()
        .map(flipped)
        .find(valid)
        .unwrap_or_else(|| vec![1])
}

/// The program printed nothing and ended well.
#[track_caller]
pub fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
    assert_eq!(stderr(output), "");
}

/// Runs boa with `input` on stdin.
pub fn piped(arguments: &[&str], input: &[u8]) -> Output {
    use std::io::Write;
    let mut command = boa();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}
