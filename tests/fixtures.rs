//! Files of every released format, read for ever, and written the same way as long as the version stays.
//!
//! `BOA_WRITE_FIXTURES=1 cargo test --release --test fixtures` writes those that are missing.

mod support;

use boa_constrictor::layout::Given;
use boa_constrictor::{EncodeOptions, Layout};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use support::made::Lcg;

/// Rows of 20 bytes of little-endian integers: a counter, a walk, small numbers.
fn table() -> Vec<u8> {
    let mut random = Lcg(21);
    let mut walk = 1i64 << 20;
    let row = |n: u32| {
        walk += random.below(2001) - 1000;
        [n, walk as u32, random.below(5) as u32, 7, n / 10].map(u32::to_le_bytes)
    };
    (0..150)
        .map(row)
        .collect::<Vec<_>>()
        .as_flattened()
        .as_flattened()
        .to_vec()
}

fn options(given: Given) -> EncodeOptions {
    // A model of its own, so that no retrained built-in one moves the fixtures.
    EncodeOptions {
        model: Some(Arc::new(Lcg(7).model())),
        embed_model: true,
        layout: given,
        threads: 1,
    }
}

fn cases() -> Vec<(&'static str, Vec<u8>, EncodeOptions)> {
    let rows = Layout {
        width: 4,
        swap: true,
        record: 20,
        plane: 0,
        phase: 0,
    };
    let mut cases = vec![
        ("v1-empty.boa", Vec::new(), options(Given::Nothing)),
        ("v1-mamba-table.boa", table(), options(Given::Layout(rows))),
        (
            "v1-mamba-text.boa",
            support::text(2500),
            options(Given::Layout(Layout::BYTES)),
        ),
    ];
    // The model would be all of these files: they need none to be read, so it is only named.
    for (name, content) in [
        ("v1-constant.boa", vec![42; 5000]),
        ("v1-stored.boa", support::noise(300)),
    ] {
        let named = EncodeOptions {
            embed_model: false,
            ..options(Given::Nothing)
        };
        cases.push((name, content, named));
    }
    cases
}

#[test]
fn fixtures_are_read_and_written_alike() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for (name, content, options) in cases() {
        let path = directory.join(name);
        let written = support::encode_with(&content, &options);
        if !path.exists() && std::env::var_os("BOA_WRITE_FIXTURES").is_some() {
            fs::write(&path, &written).unwrap();
        }
        let file = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let models = options.model.iter().cloned().collect();
        let mut decoded = Vec::new();
        let decode = boa_constrictor::DecodeOptions { models, threads: 1 };
        boa_constrictor::decompress(&file[..], &mut decoded, &decode, &()).unwrap();
        assert!(decoded == content, "{name} decodes to something else");
        assert!(
            written == file,
            "{name} is written differently: that needs a new format version"
        );
    }
}
