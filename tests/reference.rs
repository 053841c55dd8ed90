//! The decoder in plain Python under `tests/reference`, written from `docs/format.md` alone, reads what boa writes.
//! Lossy files are in `reference_lossy.rs`.

mod support;

use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::{EncodeOptions, Layout, Level};
use std::path::PathBuf;
use support::made::Lcg;
use support::python::{decoded, each, has_python, is_refused, python, root};

/// Files whose frames need a network, which the Python decoder does not have.
const WITH_NETWORK: [&str; 8] = [
    "v1-mix-fields.boa",
    "v1-mix-grid.boa",
    "v1-mix-mixed.boa",
    "v1-mix-segments.boa",
    "v1-mix-relations.boa",
    "v1-mix-table.boa",
    "v1-mix-text.boa",
    "v1-mix-transposed.boa",
];

fn fixtures() -> Vec<PathBuf> {
    let names = support::names(&root().join("fixtures"));
    let paths = names.iter().filter(|name| name.ends_with(".boa"));
    paths
        .map(|name| root().join("fixtures").join(name))
        .collect()
}

#[test]
fn published_hashes_agree() {
    if has_python() {
        support::succeeds(&python("blake3.py", &[]).output().unwrap());
    }
}

#[test]
fn the_documents_test_vectors_agree() {
    if has_python() {
        let vectors = root().join("docs/vectors");
        support::succeeds(&python("check_vectors.py", &[&vectors]).output().unwrap());
    }
}

#[test]
fn fixtures_decode_to_the_same_content() {
    if !has_python() {
        return;
    }
    each(&fixtures(), |path| {
        let output = decoded(path);
        let name = path.file_name().unwrap().to_str().unwrap();
        if WITH_NETWORK.contains(&name) {
            return is_refused(&output, "the frame needs a network");
        }
        support::succeeds(&output);
        let content = support::decode(&std::fs::read(path).unwrap()).unwrap();
        assert!(output.stdout == content, "{name}");
    });
}

/// Rows of 11 bytes: a counter, a measured value, a small number, flags.
fn rows(count: u32) -> Vec<u8> {
    let mut random = Lcg(31);
    let mut row = |n: u32| {
        let mut bytes = (1000 + 3 * n).to_le_bytes().to_vec();
        bytes.extend((20.0 + random.below(400) as f32 / 100.0).to_le_bytes());
        bytes.extend((random.below(50) as u16).to_le_bytes());
        bytes.push(random.below(3) as u8);
        bytes
    };
    (0..count).flat_map(&mut row).collect()
}

/// Little-endian floats that change slowly, and a little noise.
fn waves(count: u32) -> Vec<u8> {
    let mut random = Lcg(32);
    let mut value = |n: u32| {
        let wave = 500 + 40 * (n % 50) * (50 - n % 50) / 25;
        (f64::from(wave) / 16.0 + random.below(3) as f64 / 64.0) as f32
    };
    (0..count).flat_map(|n| value(n).to_le_bytes()).collect()
}

#[test]
fn compressed_files_decode_to_the_same_content() {
    if !has_python() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // None of these has a network: level 5 takes one for tables of less than 1024 rows. What level 9 does without one is
    // among the fixtures.
    let floats = Layout {
        width: 4,
        swap: true,
        ..Layout::BYTES
    };
    let (detected, bytes, floats) = (
        SpecifiedLayout::Nothing,
        SpecifiedLayout::Layout(Layout::BYTES),
        SpecifiedLayout::Layout(floats),
    );
    let narrow: Vec<u8> = rows(1100)
        .chunks(11)
        .flat_map(|row| [row[0], row[8], row[10]])
        .collect();
    let contents = [
        (1, "rows", rows(1000), detected),
        (1, "waves", waves(2000), floats),
        // Blocks that end within a column and with it.
        (1, "blocks", rows(20_000), SpecifiedLayout::Record(11)),
        (3, "text", support::text(1000), bytes),
        (3, "rows", rows(150), detected),
        (3, "waves", waves(300), floats),
        (5, "text", support::text(1000), bytes),
        (5, "narrow", narrow, SpecifiedLayout::Record(3)),
        (5, "waves", waves(300), floats),
        (5, "noise", support::noise(500), detected),
    ];
    let mut files = Vec::new();
    for (level, name, content, layout) in &contents {
        let options = EncodeOptions {
            level: Level::new(*level).unwrap(),
            layout: *layout,
            threads: 1,
            ..EncodeOptions::default()
        };
        let path = directory.path().join(format!("{name}-{level}.boa"));
        std::fs::write(&path, support::encode_with(content, &options)).unwrap();
        files.push((path, content.clone()));
    }
    // Members one after the other.
    let chosen = [&files[0], &files[3], &files[7]];
    let joined = chosen
        .map(|(path, _)| std::fs::read(path).unwrap())
        .concat();
    let all = chosen.map(|(_, content)| &content[..]).concat();
    let path = directory.path().join("joined.boa");
    std::fs::write(&path, joined).unwrap();
    files.push((path, all));

    each(&files, |(path, content)| {
        let output = decoded(path);
        support::succeeds(&output);
        assert!(output.stdout == *content, "{}", path.display());
    });
}

#[test]
fn damage_is_refused() {
    if !has_python() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for name in [
        "v1-stored.boa",
        "v1-constant.boa",
        "v1-alone-relations-fast.boa",
        "v1-columns-table.boa",
        "v1-columns-residuals.boa",
    ] {
        let whole = std::fs::read(root().join("fixtures").join(name)).unwrap();
        // A bit in each of as many stretches, and a file that ends too early.
        let mut random = Lcg(33);
        for n in 0..8 {
            let at = whole.len() * n / 8 + random.below(whole.len() as i64 / 8) as usize;
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << random.below(8);
            let path = directory.path().join(format!("{name}-{at}"));
            std::fs::write(&path, damaged).unwrap();
            files.push(path);
        }
        let path = directory.path().join(format!("{name}-cut"));
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        files.push(path);
    }
    each(&files, |path| {
        let output = decoded(path);
        // The last bits of a stream may stand for the same content: both decoders then give it.
        match support::decode(&std::fs::read(path).unwrap()) {
            Ok(content) => assert!(output.stdout == content, "{}", path.display()),
            Err(_) => is_refused(&output, ""),
        }
    });
}
