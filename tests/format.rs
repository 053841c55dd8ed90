//! The bytes of a file as docs/format.md has them, and files that only a liar would write.

mod support;

use boa_constrictor::format::{
    Cursor, EntropyModel, FrameHeader, Head, MAX_FRAME, Mix, ModelSection, NetworkRef, Section,
    Start, VERSION, check, frame_hash,
};
use boa_constrictor::stream::list;
use boa_constrictor::structure::Structure;
use boa_constrictor::{
    DecodeOptions, Effort, EncodeOptions, Error, Layout, Level, Model, decompress,
};
use std::sync::Arc;
use support::{decode, encode, noise, records};

/// A head with the given byte at an offset, and its check made right again.
fn forged_head(offset: usize, byte: u8) -> Vec<u8> {
    let mut head = Head::default().to_bytes();
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
        file[..9],
        [0xB0, b'B', b'O', b'A', 0x0D, 0x0A, 0x1A, VERSION, 0]
    );
    assert_eq!(file[9..13], check(&file[..9]));
    // The head's length, no model section, no frames.
    assert_eq!(file[13..20], [0xB0, b'E', b'N', b'D', 13, 0, 0]);
    assert_eq!(file[20..28], [0; 8]);
    assert_eq!(file[28..60], *blake3::hash(b"").as_bytes());
    assert_eq!(file[60..64], [7, 0, 0, 0]);
    assert_eq!(file[64..68], check(&file[13..64]));
    assert_eq!(file[68..], [0xB0, b'E', b'O', b'F']);
}

#[test]
fn a_constant_file_is_these_bytes() {
    let file = encode(&[7; 300]);
    let frame = &file[13..13 + 30];
    // 300 bytes of content and as many coded ones, of no layout and without filters; constant, of sevens.
    assert_eq!(
        frame[..10],
        [0xB0, b'F', b'R', b'M', 0xAC, 0x02, 0, 0, 1, 7]
    );
    assert_eq!(frame[10..26], frame_hash(&[7; 300]));
    assert_eq!(frame[26..], check(&frame[..26]));
    assert_eq!(
        file[43..53],
        [0xB0, b'E', b'N', b'D', 13, 0, 1, 30, 0xAC, 0x02]
    );
    assert_eq!(file.len(), 53 + 52);
}

#[test]
fn noise_is_stored_with_a_hundred_bytes_around_it() {
    let content = noise(1000);
    let file = encode(&content);
    assert_eq!(file[21], 0);
    assert!(file.len() <= 1107, "{}", file.len());
}

#[test]
fn joined_files_decode_as_one() {
    let members = [
        b"".to_vec(),
        records(500),
        vec![3; 100],
        b"".to_vec(),
        noise(10),
    ];
    let joined: Vec<u8> = members.iter().flat_map(|member| encode(member)).collect();
    assert!(decode(&joined).unwrap() == members.concat());
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
fn other_files_are_recognised() {
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

    // The shape of a constant frame declares one filter; the byte after it is none.
    let error = forged_frame(&[0xAC, 0x02, 0, 1 << 5, 4]);
    assert!(
        matches!(
            error,
            Error::Unknown {
                what: "filter",
                found: 4,
                ..
            }
        ),
        "{error}"
    );
    let error = forged_frame(&[0xAC, 0x02, 0, 0, 14]);
    assert!(
        matches!(
            error,
            Error::Unknown {
                what: "entropy model",
                found: 14,
                ..
            }
        ),
        "{error}"
    );
    let error = forged_frame(&[0xAC, 0x02, 0, 0, 2, 3 << 4]);
    assert!(
        matches!(
            error,
            Error::Unknown {
                what: "kind of network",
                found: 3,
                ..
            }
        ),
        "{error}"
    );
    let error = forged_frame(&[0xAC, 0x02, 0, 0, 2, 1 << 7]);
    assert!(matches!(error, Error::Unknown { found: 7, .. }), "{error}");
}

/// The error for a frame whose header begins with these bytes.
fn forged_frame(fields: &[u8]) -> Error {
    let mut file = Head::default().to_bytes();
    file.extend([0xB0, b'F', b'R', b'M']);
    file.extend(fields);
    file.extend([0; 64]);
    inner(decode(&file).unwrap_err())
}

#[test]
fn a_frame_without_its_bytes_is_truncated_at_once() {
    let header = FrameHeader::plain(EntropyModel::Stored, MAX_FRAME as u32, [0; 16]);
    let file = [Head::default().to_bytes(), header.to_bytes()].concat();
    let error = inner(decode(&file).unwrap_err());
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
}

#[test]
fn lengths_above_the_limits_are_refused() {
    let head = Head::default().to_bytes();
    let too_long = FrameHeader::plain(EntropyModel::Stored, MAX_FRAME as u32 + 1, [0; 16]);
    let lanes = FrameHeader {
        content_len: 1 << 20,
        coded_len: 1 << 20,
        structure: Structure::plain(Layout::BYTES),
        model: EntropyModel::Mix(Mix::new(Effort::Default)),
        streams: vec![1; 65],
        hash: [0; 16],
    };
    let words = FrameHeader {
        content_len: 1 << 20,
        coded_len: 1 << 20,
        structure: Structure::plain(Layout::BYTES),
        model: EntropyModel::Mix(Mix::new(Effort::Default)),
        streams: vec![u32::MAX >> 2],
        hash: [0; 16],
    };
    let empty = FrameHeader::plain(EntropyModel::Stored, 0, frame_hash(b""));
    for header in [too_long, lanes, words, empty] {
        let error = inner(decode(&[head.clone(), header.to_bytes()].concat()).unwrap_err());
        assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
    }
}

/// A file that declares a model of `len` bytes.
fn file_with_model_of(len: u32) -> Vec<u8> {
    let mut section = ModelSection::Embedded(vec![]).to_bytes();
    let end = section.len() - 4;
    section[5..9].copy_from_slice(&len.to_le_bytes());
    let check = check(&section[..end]);
    section[end..].copy_from_slice(&check);
    [Head::default().to_bytes(), section].concat()
}

#[test]
fn a_model_too_large_or_missing_is_refused() {
    let error = inner(decode(&file_with_model_of(u32::MAX)).unwrap_err());
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
    let error = inner(decode(&file_with_model_of(1 << 24)).unwrap_err());
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
}

/// A frame that uses a network.
fn coded(network: NetworkRef) -> Vec<u8> {
    let mix = Mix {
        network: Some(network),
        ..Mix::new(Effort::Default)
    };
    let header = FrameHeader {
        model: EntropyModel::Mix(mix),
        streams: vec![2],
        ..FrameHeader::plain(EntropyModel::Stored, 100, [0; 16])
    };
    [header.to_bytes(), vec![0; 8]].concat()
}

#[test]
fn a_model_by_id_must_be_at_hand_when_a_frame_uses_it() {
    let head = Head::default().to_bytes();
    let section = ModelSection::ById([0xAB; 32]).to_bytes();
    let frame = coded(NetworkRef::Member);
    let rest = &encode(b"")[head.len()..];
    let file = [&head[..], &section, &frame, rest].concat();
    let error = decompress(&file[..], Vec::new(), &DecodeOptions::default(), &()).unwrap_err();
    assert!(matches!(error, Error::UnknownModel { .. }), "{error}");
    assert!(error.to_string().contains(&"ab".repeat(32)), "{error}");
    assert!(error.is_data());
    let frame = coded(NetworkRef::BuiltIn(u16::MAX));
    let file = [&head[..], &frame, rest].concat();
    assert!(matches!(decode(&file), Err(Error::UnknownModel { .. })));
}

#[test]
fn a_file_references_a_model_only_if_a_frame_uses_it() {
    let model = Arc::new(Model::from_bytes(&support::other_model()).unwrap());
    let options = EncodeOptions {
        model: Some(model),
        ..EncodeOptions::default()
    };
    let file = support::encode_with(&[7; 1000], &options);
    assert_eq!(list(std::io::Cursor::new(&file)).unwrap()[0].model, None);
    assert!(file == encode(&[7; 1000]));
    let file = support::encode_with(&records(5000), &options);
    // Embedded unless asked otherwise, so that the file decodes without another one.
    let section = &list(std::io::Cursor::new(&file)).unwrap()[0].model;
    assert!(matches!(section, Some(ModelSection::Embedded(_))));
    assert!(decode(&file).unwrap() == records(5000));
    // A table of many rows needs no model at the default level either, whatever is built in.
    let table = records(1 << 16);
    let members = list(std::io::Cursor::new(&encode(&table))).unwrap();
    let network = members[0].frames[0].header.model.mix().unwrap().network;
    assert_eq!((network, &members[0].model), (None, &None));
}

#[test]
fn a_second_model_section_is_refused() {
    let section = ModelSection::ById([1; 32]).to_bytes();
    let rest = &encode(b"")[Head::default().to_bytes().len()..];
    let file = [&Head::default().to_bytes()[..], &section, &section, rest].concat();
    let error = inner(decode(&file).unwrap_err());
    assert!(
        error.to_string().contains("second model section"),
        "{error}"
    );
    assert!(list(std::io::Cursor::new(&file)).is_err());
}

#[test]
fn heads_and_model_sections_return() {
    let bytes = Head::default().to_bytes();
    let mut cursor = Cursor::new(&bytes[..]);
    assert_eq!(
        Head::read_from(&mut cursor, Start::OfFile).unwrap(),
        Head::default()
    );
    assert_eq!(cursor.position(), bytes.len() as u64);
    for section in [
        ModelSection::Embedded(noise(1000)),
        ModelSection::ById([1; 32]),
    ] {
        let bytes = section.to_bytes();
        let mut cursor = Cursor::new(&bytes[..]);
        let read = Section::read_from(&mut cursor).unwrap();
        assert_eq!(read, Section::Model(section));
        assert_eq!(cursor.position(), bytes.len() as u64);
    }
}

#[test]
fn a_frame_that_uses_a_model_needs_its_section() {
    let rest = &encode(b"")[Head::default().to_bytes().len()..];
    let file = [
        &Head::default().to_bytes()[..],
        &coded(NetworkRef::Member),
        rest,
    ]
    .concat();
    let error = decode(&file).unwrap_err().to_string();
    assert!(error.contains("the member has none"), "{error}");
}

#[test]
fn a_built_in_model_is_stored_as_its_number_whoever_supplies_it() {
    let best = EncodeOptions {
        level: Level::new(9).unwrap(),
        ..EncodeOptions::default()
    };
    let supplied = EncodeOptions {
        model: boa_constrictor::Model::built_in(1).cloned(),
        ..best.clone()
    };
    let content = records(500);
    let [supplied, best] = [supplied, best].map(|options| support::encode_with(&content, &options));
    assert!(supplied == best);
}
