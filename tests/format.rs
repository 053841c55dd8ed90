//! The bytes of a file as docs/format.md has them, and files that only a liar would write.

mod support;

use boa_constrictor::format::{
    Cursor, FrameHeader, Head, MAX_FRAME, Method, ModelSection, Start, VERSION, check, frame_hash,
};
use boa_constrictor::stream::list;
use boa_constrictor::structure::Structure;
use boa_constrictor::{DecodeOptions, Effort, EncodeOptions, Error, Layout, Level, decompress};
use support::{decode, encode, noise, records};

/// A head with the given byte at an offset, and its check made right again.
fn forged_head(offset: usize, byte: u8) -> Vec<u8> {
    let mut head = Head {
        model: ModelSection::None,
    }
    .to_bytes();
    let end = head.len() - 4;
    head[offset] = byte;
    let check = check(&head[..end]);
    head[end..].copy_from_slice(&check);
    head
}

fn inner(error: Error) -> Error {
    match error {
        Error::Frame { source, .. } => *source,
        other => other,
    }
}

#[test]
fn an_empty_file_is_these_bytes() {
    let file = encode(b"");
    assert_eq!(file.len(), 72);
    assert_eq!(
        file[..10],
        [0xB0, b'B', b'O', b'A', 0x0D, 0x0A, 0x1A, VERSION, 0, 0]
    );
    assert_eq!(file[10..14], check(&file[..10]));
    assert_eq!(file[14..20], [0xB0, b'E', b'N', b'D', 14, 0]);
    assert_eq!(file[20..28], [0; 8]);
    assert_eq!(file[28..60], *blake3::hash(b"").as_bytes());
    assert_eq!(file[60..64], [6, 0, 0, 0]);
    assert_eq!(file[64..68], check(&file[14..64]));
    assert_eq!(file[68..], [0xB0, b'E', b'O', b'F']);
}

#[test]
fn a_constant_file_is_these_bytes() {
    let file = encode(&[7; 300]);
    assert_eq!(file[7..12], [VERSION, 0, 1, 2, 0]);
    let frame = &file[16..16 + 28];
    assert_eq!(frame[..8], [0xB0, b'F', b'R', b'M', 1, 0xAC, 0x02, 7]);
    assert_eq!(frame[8..24], frame_hash(&[7; 300]));
    assert_eq!(frame[24..], check(&frame[..24]));
    assert_eq!(
        file[44..53],
        [0xB0, b'E', b'N', b'D', 16, 1, 28, 0xAC, 0x02]
    );
    assert_eq!(file.len(), 53 + 52);
}

#[test]
fn noise_is_stored_with_a_hundred_bytes_around_it() {
    let content = noise(1000);
    let file = encode(&content);
    assert_eq!(file[20], 0);
    assert!(file.len() <= 1107, "{}", file.len());
}

#[test]
fn joined_files_decode_as_one() {
    let parts = [
        b"".to_vec(),
        records(500),
        vec![3; 100],
        b"".to_vec(),
        noise(10),
    ];
    let joined: Vec<u8> = parts.iter().flat_map(|part| encode(part)).collect();
    assert!(decode(&joined).unwrap() == parts.concat());
    let members = list(std::io::Cursor::new(&joined)).unwrap();
    assert_eq!(
        members.iter().map(|m| m.content).collect::<Vec<_>>(),
        [0, 500, 100, 0, 10]
    );
    assert_eq!(
        members.iter().map(|m| m.compressed).sum::<u64>(),
        joined.len() as u64
    );
    assert!(
        members
            .windows(2)
            .all(|pair| pair[0].offset + pair[0].compressed == pair[1].offset)
    );
}

#[test]
fn bytes_after_the_end_are_an_error() {
    let file = encode(&noise(10));
    for tail in [&b"\0"[..], b"x", b"\n", b"a whole line"] {
        let error = decode(&[&file, tail].concat()).unwrap_err();
        assert!(matches!(error, Error::TrailingData { offset } if offset == file.len() as u64));
    }
}

#[test]
fn other_files_are_named_so() {
    for other in [
        &b"PK\x03\x04 and so on"[..],
        b"x",
        b"\0",
        &[0xB0, b'B', b'O', b'B'],
    ] {
        assert!(matches!(decode(other), Err(Error::NotBoa)), "{other:?}");
    }
    // What a transfer in text mode makes of the magic.
    let text_mode: Vec<u8> = encode(b"")
        .into_iter()
        .filter(|&byte| byte != b'\r')
        .collect();
    assert!(matches!(decode(&text_mode), Err(Error::NotBoa)));
}

#[test]
fn newer_versions_flags_and_kinds_are_refused_by_name() {
    let error = decode(&forged_head(7, VERSION + 1)).unwrap_err();
    assert!(matches!(
        error,
        Error::NewerFormat {
            found: 2,
            supported: 1
        }
    ));
    assert_eq!(
        error.to_string(),
        "made by a newer boa: format 2, this one reads up to 1"
    );
    let error = decode(&forged_head(7, 0)).unwrap_err();
    assert!(
        error.to_string().starts_with("unknown format version 0"),
        "{error}"
    );
    let error = decode(&forged_head(8, 0b1000)).unwrap_err();
    assert!(
        error.to_string().starts_with("unknown flag: bit 3"),
        "{error}"
    );
    let error = decode(&forged_head(9, 4)).unwrap_err();
    assert!(
        error.to_string().starts_with("unknown model kind 4"),
        "{error}"
    );

    let mut file = encode(&[7; 300]);
    file[20] = 14;
    let check = check(&file[16..40]);
    file[40..44].copy_from_slice(&check);
    let error = inner(decode(&file).unwrap_err());
    assert!(
        matches!(
            error,
            Error::Unknown {
                what: "method",
                found: 14,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_frame_without_its_bytes_is_truncated_at_once() {
    let header = FrameHeader {
        method: Method::Stored,
        content_len: MAX_FRAME as u32,
        hash: [0; 16],
    };
    let file = [
        Head {
            model: ModelSection::None,
        }
        .to_bytes(),
        header.to_bytes(),
    ]
    .concat();
    let error = inner(decode(&file).unwrap_err());
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
}

#[test]
fn lengths_above_the_limits_are_refused() {
    let head = Head {
        model: ModelSection::None,
    }
    .to_bytes();
    let too_long = FrameHeader {
        method: Method::Stored,
        content_len: MAX_FRAME as u32 + 1,
        hash: [0; 16],
    };
    let lanes = FrameHeader {
        method: Method::Mamba {
            effort: Effort::Default,
            network: true,
            structure: Structure::plain(Layout::BYTES),
            parts: None,
            words: vec![1; 65],
        },
        content_len: 1 << 20,
        hash: [0; 16],
    };
    let words = FrameHeader {
        method: Method::Mamba {
            effort: Effort::Default,
            network: true,
            structure: Structure::plain(Layout::BYTES),
            parts: None,
            words: vec![u32::MAX >> 2],
        },
        content_len: 1 << 20,
        hash: [0; 16],
    };
    let empty = FrameHeader {
        method: Method::Stored,
        content_len: 0,
        hash: frame_hash(b""),
    };
    for header in [too_long, lanes, words, empty] {
        let error = inner(decode(&[head.clone(), header.to_bytes()].concat()).unwrap_err());
        assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
    }
}

/// A head that says that a model of `len` bytes follows.
fn head_with_model_of(len: u32) -> Vec<u8> {
    let mut head = Head {
        model: ModelSection::Embedded(vec![]),
    }
    .to_bytes();
    let end = head.len() - 4;
    head[10..14].copy_from_slice(&len.to_le_bytes());
    let check = check(&head[..end]);
    head[end..].copy_from_slice(&check);
    head
}

#[test]
fn a_model_too_large_or_missing_is_refused() {
    let error = decode(&head_with_model_of(u32::MAX)).unwrap_err();
    assert!(
        matches!(
            error,
            Error::OutOfRange {
                found: 0xFFFF_FFFF,
                ..
            }
        ),
        "{error}"
    );
    let error = decode(&head_with_model_of(1 << 24)).unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
}

#[test]
fn a_model_by_id_must_be_at_hand() {
    let mut file = encode(b"");
    file.splice(
        ..14,
        Head {
            model: ModelSection::ById([0xAB; 32]),
        }
        .to_bytes(),
    );
    let error = decompress(&file[..], Vec::new(), &DecodeOptions::default(), &()).unwrap_err();
    assert!(matches!(error, Error::UnknownModel { .. }), "{error}");
    assert!(error.to_string().contains(&"ab".repeat(32)), "{error}");
    assert!(error.is_data());
    let head = Head {
        model: ModelSection::BuiltIn(u16::MAX),
    }
    .to_bytes();
    assert!(matches!(decode(&head), Err(Error::UnknownModel { .. })));
}

#[test]
fn heads_return() {
    let sections = [
        ModelSection::None,
        ModelSection::BuiltIn(513),
        ModelSection::Embedded(noise(1000)),
        ModelSection::ById([1; 32]),
    ];
    for model in sections {
        let head = Head { model };
        let bytes = head.to_bytes();
        let mut cursor = Cursor::new(&bytes[..]);
        assert_eq!(Head::read_from(&mut cursor, Start::OfFile).unwrap(), head);
        assert_eq!(cursor.position(), bytes.len() as u64);
    }
}

#[test]
fn a_coded_frame_needs_a_model() {
    let header = FrameHeader {
        method: Method::Mamba {
            effort: Effort::Default,
            network: true,
            structure: Structure::plain(Layout::BYTES),
            parts: None,
            words: vec![2],
        },
        content_len: 100,
        hash: [0; 16],
    };
    let head = Head {
        model: ModelSection::None,
    }
    .to_bytes();
    let file = [
        head,
        header.to_bytes(),
        vec![0; 8],
        encode(b"")[14..].to_vec(),
    ]
    .concat();
    let error = decode(&file).unwrap_err().to_string();
    assert!(error.contains("needs a model"), "{error}");
}

#[test]
fn a_built_in_model_is_named_by_its_number_whoever_gives_it() {
    let best = EncodeOptions {
        level: Level::new(9).unwrap(),
        ..EncodeOptions::default()
    };
    let given = EncodeOptions {
        model: boa_constrictor::Model::built_in(1).cloned(),
        embed_model: true,
        ..best.clone()
    };
    let content = records(500);
    let [given, best] = [given, best].map(|options| support::encode_with(&content, &options));
    assert!(given == best);
}
