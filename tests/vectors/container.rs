//! Pieces of the container, whole files without a predictor, and the frame that the document takes apart.

use crate::mix::file_of;
use crate::{hex, support};
use boa_constrictor::format::{
    Cursor, EntropyModel, FrameHeader, Head, ModelSection, frame_hash, put_varint,
};
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::{EncodeOptions, Layout, Level};
use serde_json::{Value, json};

/// The content of the document's frame.
pub const EXAMPLE: &str =
    "run 1 event 1 E 13.6\nrun 1 event 2 E 13.6\nrun 1 event 3 E 12.9\nrun 1 event 4 E 13.1\n";

/// The file that the document takes apart.
pub fn example() -> Vec<u8> {
    let options = EncodeOptions {
        level: Level::new(3).unwrap(),
        layout: SpecifiedLayout::Layout(Layout::BYTES),
        threads: 1,
        ..EncodeOptions::default()
    };
    support::encode_with(EXAMPLE.as_bytes(), &options)
}

fn varint(bytes: &[u8]) -> Value {
    let value = Cursor::new(bytes).varint(0..=u64::MAX, "number").ok();
    json!({"name": "varint", "bytes": hex(bytes), "value": value.map(|value| value.to_string())})
}

pub fn cases() -> Vec<Value> {
    let mut cases = Vec::new();
    for value in [0, 127, 128, 300, 16_384, u64::from(u32::MAX), u64::MAX] {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, value);
        let case = varint(&bytes);
        assert_eq!(case["value"], json!(value.to_string()));
        cases.push(case);
    }
    // No varints: not the shortest form, cut off, above 2^64 - 1.
    let tops = [0xff; 9];
    for bytes in [
        &[0x80, 0][..],
        &[0xff, 0x80, 0],
        &[0x80],
        &[&tops[..], &[2]].concat(),
    ] {
        let case = varint(bytes);
        assert!(case["value"].is_null());
        cases.push(case);
    }
    cases.push(json!({"name": "head", "bytes": hex(&Head::default().to_bytes())}));
    let section = ModelSection::ById([7; 32]).to_bytes();
    cases.push(json!({"name": "model section, by id", "bytes": hex(&section)}));
    let content = support::noise(20);
    let stored = FrameHeader::plain(EntropyModel::Stored, 20, frame_hash(&content));
    let zeros = FrameHeader::plain(EntropyModel::Constant(0), 300, frame_hash(&[0; 300]));
    let files = [
        ("no content", support::encode(&[]), Vec::new()),
        (
            "a stored frame",
            file_of(
                &[stored.to_bytes(), content.clone()].concat(),
                &content,
                None,
            ),
            content.clone(),
        ),
        (
            "a constant frame",
            file_of(&zeros.to_bytes(), &[0; 300], None),
            vec![0; 300],
        ),
        ("the frame of the document", example(), EXAMPLE.into()),
    ];
    for (name, file, content) in &files {
        assert!(support::decode(file).unwrap() == *content, "{name}");
        cases.push(
            json!({"name": format!("file: {name}"), "bytes": hex(file), "content": hex(content)}),
        );
    }
    let two = [&files[1].1[..], &files[2].1].concat();
    let both = [&files[1].2[..], &files[2].2].concat();
    assert!(support::decode(&two).unwrap() == both);
    cases.push(json!({"name": "file: two members", "bytes": hex(&two), "content": hex(&both)}));
    cases
}
