//! The test vectors in docs/vectors, which docs/format.md lists, against what the code computes; and what of the document can be
//! checked by a machine.
//!
//! `BOA_WRITE_VECTORS=1 cargo test --release --test vectors` writes the files anew.

mod arithmetic;
mod coder;
mod container;
mod document;
mod filters;
mod mix;
mod network;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// All of them together are to stay small.
const MAX_BYTES: usize = 300_000;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every file's name and its cases, one a line.
fn vectors() -> Vec<(&'static str, Vec<Value>)> {
    let mut all = vec![
        ("range_coder.json", coder::cases()),
        ("logistic.json", arithmetic::logistic()),
        ("counters.json", arithmetic::counters()),
        ("tables.json", arithmetic::tables()),
        ("arithmetic.json", arithmetic::functions()),
        ("network.json", network::cases()),
        ("run_model.json", mix::run_model()),
        ("filters.json", filters::cases()),
        ("formulas.json", filters::formulas()),
        ("container.json", container::cases()),
    ];
    all.extend(mix::frames());
    all
}

fn text(cases: &[Value]) -> String {
    let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[test]
fn vectors_are_what_the_code_computes() {
    let directory = root().join("docs/vectors");
    let writes = std::env::var_os("BOA_WRITE_VECTORS").is_some();
    let (mut names, mut bytes) = (Vec::new(), 0);
    for (name, cases) in vectors() {
        let (path, computed) = (directory.join(name), text(&cases));
        if writes {
            fs::create_dir_all(&directory).unwrap();
            fs::write(&path, &computed).unwrap();
        }
        let stored = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (number, (stored, computed)) in stored.lines().zip(computed.lines()).enumerate() {
            assert!(stored == computed, "{name} differs in line {}", number + 1);
        }
        assert_eq!(stored.len(), computed.len(), "{name} has another length");
        names.push(name.to_string());
        bytes += computed.len();
    }
    names.sort();
    assert_eq!(support::names(&directory), names, "files in docs/vectors");
    assert!(bytes < MAX_BYTES, "{bytes} bytes of vectors");
}
