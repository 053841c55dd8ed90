//! Fields in a frame's header: they come back, and those that only a liar would write are refused at once.

use boa_constrictor::format::{
    Cursor, EntropyModel, FrameHeader, Mix, NetworkRef, Section, check, put_varint,
};
use boa_constrictor::layout::Kind;
use boa_constrictor::structure::{Field, Predict, Rule, Structure, Transform};
use boa_constrictor::{Effort, Error, Layout};
use std::time::{Duration, Instant};

const LEN: u32 = 1 << 20;

fn header(structure: Structure) -> FrameHeader {
    FrameHeader {
        content_len: LEN,
        coded_len: LEN,
        structure,
        model: EntropyModel::Mix(Mix {
            effort: Effort::Default,
            network: Some(NetworkRef::Member),
            segments: None,
        }),
        streams: vec![7],
        hash: [3; 16],
    }
}

fn read(bytes: &[u8]) -> Result<Section, Error> {
    Section::read_from(&mut Cursor::new(bytes))
}

fn field(width: u8, transform: Transform) -> Field {
    Field {
        width,
        swap: false,
        transform,
    }
}

/// The fields with a layout of records that they fill.
fn table(fields: Vec<Field>) -> Structure {
    let width = fields[0].width;
    let alike = fields.iter().all(|field| field.width == width);
    Structure {
        layout: Layout {
            width: if alike { width } else { 1 },
            record: fields.iter().map(|field| u32::from(field.width)).sum(),
            ..Layout::BYTES
        },
        transposed: false,
        fields,
        references: Vec::new(),
    }
}

fn ruled(kind: Kind, rule: Rule) -> Transform {
    Transform {
        rule,
        ..Transform::of(kind)
    }
}

fn predicted(predict: Predict) -> Transform {
    Transform {
        predict,
        ..Transform::of(Kind::Signed)
    }
}

fn stencil(lags: usize) -> Predict {
    Predict::Stencil {
        shift: -7,
        lags: (1..=lags as u32).map(|lag| lag * lag * lag * 77).collect(),
        weights: (1..lags as i32).map(|n| n * 1000 - 5000).collect(),
    }
}

fn doubles() -> Vec<Field> {
    let step = |numerator, denominator| Rule::Step {
        numerator,
        denominator,
    };
    let rules = [
        Rule::Any,
        step(1, 1000),
        step(1 << 62, 1 << 62),
        Rule::Digits {
            digits: 15,
            decimals: 19,
        },
        Rule::Coarse { cut: 52 },
        Rule::Dictionary([0, 1, 1 << 40, u64::MAX - 1, u64::MAX].into()),
        Rule::Dictionary((0..1 << 16).map(|n| n * 3).collect()),
    ];
    { rules.into_iter() }
        .map(|rule| field(8, ruled(Kind::Float, rule)))
        .collect()
}

fn integers() -> Vec<Field> {
    let dictionary = |values: &[u64]| Rule::Dictionary(values.into());
    let transforms = [
        ruled(Kind::Unsigned, dictionary(&[7])),
        ruled(Kind::Signed, dictionary(&[0, u64::MAX])),
        predicted(Predict::Differences([1, 0, 0])),
        predicted(Predict::Differences([3, 2, 1])),
        predicted(stencil(1)),
        predicted(stencil(32)),
        Transform {
            offset: u64::MAX,
            rotate: 7,
            ..Transform::NONE
        },
        Transform {
            rotate: 1,
            ..Transform::NONE
        },
    ];
    transforms.into_iter().map(|t| field(8, t)).collect()
}

#[test]
fn every_field_comes_back() {
    let all = [doubles(), integers()].concat();
    let mut structures: Vec<Structure> = { all.iter() }
        .map(|field| Structure {
            layout: Layout {
                width: 8,
                ..Layout::BYTES
            },
            transposed: false,
            fields: vec![field.clone()],
            references: Vec::new(),
        })
        .collect();
    structures.push(table(all.clone()));
    // Of several widths, in either order, in runs.
    let mut mixed = all;
    mixed.extend(vec![field(1, Transform::NONE); 300]);
    mixed.push(Field {
        width: 2,
        swap: true,
        transform: Transform::of(Kind::Signed),
    });
    mixed.extend(vec![field(4, Transform::of(Kind::Float)); 20]);
    let mut mixed = table(mixed);
    mixed.layout.phase = mixed.layout.record - 1;
    structures.push(mixed);
    structures.push(Structure {
        transposed: true,
        ..table(vec![field(4, predicted(stencil(3))); 8])
    });
    structures.push(Structure {
        transposed: true,
        ..Structure::plain(Layout {
            width: 4,
            swap: true,
            record: 16,
            ..Layout::BYTES
        })
    });
    for structure in structures {
        let header = header(structure);
        let bytes = header.to_bytes();
        assert_eq!(read(&bytes).unwrap(), Section::Frame(header));
        for len in 4..bytes.len().min(3000) {
            assert!(matches!(read(&bytes[..len]), Err(Error::Truncated { .. })));
        }
    }
}

#[test]
fn equal_fields_are_written_once() {
    let one = table(vec![field(4, predicted(stencil(5))); 2]);
    let many = table(vec![field(4, predicted(stencil(5))); 1000]);
    let len = |structure: Structure| header(structure).to_bytes().len();
    assert_eq!(len(many), len(one) + 2);
}

/// A header up to the layout, then these bytes, then what follows the fields and a true check.
fn forged(shape: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0xB0, b'F', b'R', b'M'];
    put_varint(&mut out, LEN.into());
    out.extend([0, shape, 3]);
    out.extend(bytes);
    // The mix at the default effort, with the member's network; one stream of 7 words.
    out.extend([2, 1 | 1 << 4, 1, 7]);
    out.extend([3; 16]);
    let sum = check(&out);
    out.extend(sum);
    out
}

/// Shape of 4-byte elements without records, with fields.
const ARRAY: u8 = 2 | 1 << 5;

#[test]
fn the_bytes_of_a_field() {
    // One run of one field: width 4, float, step 1/100 at 300 rotated by 2, second differences.
    let bytes = [
        1,
        1,
        0b0111_0010,
        1,
        1,
        100,
        0b00_00_10,
        0b1010_1100,
        0b10,
        2,
    ];
    let Ok(Section::Frame(found)) = read(&forged(ARRAY, &bytes)) else {
        panic!("not a frame")
    };
    let rule = Rule::Step {
        numerator: 1,
        denominator: 100,
    };
    let transform = Transform {
        kind: Kind::Float,
        rule,
        predict: Predict::Differences([2, 0, 0]),
        offset: 300,
        rotate: 2,
    };
    let structure = Structure {
        layout: Layout {
            width: 4,
            ..Layout::BYTES
        },
        transposed: false,
        fields: vec![field(4, transform)],
        references: Vec::new(),
    };
    assert_eq!(found, header(structure));
    assert_eq!(forged(ARRAY, &bytes), found.to_bytes());
}

#[test]
fn fields_that_there_are_not_are_refused() {
    let longest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let dictionary_beyond = [&[1, 1, 2, 4, 2][..], &longest, &[0]].concat();
    let cases: [(&str, &[u8]); 16] = [
        ("no runs", &[0]),
        ("an empty run", &[1, 0, 2, 0]),
        ("too many runs", &[0x81, 0x80, 0x04, 1, 2, 0]),
        ("too many fields", &[1, 0x81, 0x80, 0x04, 2, 0]),
        ("kind 3", &[1, 1, 2 | 3 << 3, 0]),
        ("rule 5", &[1, 1, 2, 5]),
        (
            "an array's relation to itself",
            &[1, 1, 2 | 3 << 6, 0, 1, 2, 1, 0],
        ),
        ("offset 0, rotation 0", &[1, 1, 2 | 1 << 5, 0, 0, 0]),
        ("rotation by the width", &[1, 1, 2 | 1 << 5, 0, 0, 4]),
        ("no differences", &[1, 1, 2 | 1 << 6, 0, 0]),
        (
            "differences along a fourth axis",
            &[1, 1, 2 | 1 << 6, 0, 0x41],
        ),
        ("no neighbours", &[1, 1, 2 | 2 << 6, 0, 0, 0, 0]),
        ("a neighbour 0 before", &[1, 1, 2 | 2 << 6, 0, 0, 0, 1, 0]),
        ("an empty dictionary", &[1, 1, 2, 4, 0]),
        ("a dictionary's value too large", &dictionary_beyond),
        ("an array's field of another width", &[1, 1, 3, 0]),
    ];
    for (what, bytes) in cases {
        let error = read(&forged(ARRAY, bytes)).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. } | Error::OutOfRange { .. }),
            "{what}: {error}"
        );
    }
}

#[test]
fn transforms_out_of_range_are_refused() {
    let stencil = |shift, lags: Vec<u32>, weights: Vec<i32>| {
        predicted(Predict::Stencil {
            shift,
            lags,
            weights,
        })
    };
    let step = |numerator, denominator| Rule::Step {
        numerator,
        denominator,
    };
    let bad = [
        stencil(0, vec![1, 2], vec![i32::MIN]),
        stencil(0, vec![1, 2], vec![32769]),
        stencil(-1101, vec![1], vec![]),
        stencil(1201, vec![1], vec![]),
        stencil(0, vec![1; 33], vec![0; 32]),
        ruled(Kind::Float, step(0, 1)),
        ruled(Kind::Float, step(1, 0)),
        ruled(Kind::Float, step(1, (1 << 62) + 1)),
        ruled(Kind::Float, step(1, 1 << 62)),
        ruled(Kind::Signed, step(1, 10)),
        ruled(Kind::Float, Rule::Coarse { cut: 0 }),
        ruled(Kind::Float, Rule::Coarse { cut: 24 }),
        ruled(
            Kind::Float,
            Rule::Digits {
                digits: 7,
                decimals: 0,
            },
        ),
        ruled(
            Kind::Float,
            Rule::Digits {
                digits: 6,
                decimals: 20,
            },
        ),
        ruled(Kind::Signed, Rule::Dictionary([1, 1 << 32].into())),
        ruled(Kind::Signed, Rule::Dictionary((0..65_537).collect())),
        Transform {
            offset: 1 << 32,
            ..Transform::NONE
        },
    ];
    for transform in bad {
        let layout = Layout {
            width: 4,
            ..Layout::BYTES
        };
        let structure = Structure {
            layout,
            transposed: false,
            fields: vec![field(4, transform)],
            references: Vec::new(),
        };
        let error = read(&header(structure.clone()).to_bytes()).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. } | Error::OutOfRange { .. }),
            "{structure:?}: {error}"
        );
    }
}

#[test]
fn structures_that_contradict_themselves_are_refused() {
    let plain = |width| field(width, Transform::NONE);
    let mixed = || table(vec![plain(4), plain(2), plain(1), plain(1)]);
    let with = |change: fn(&mut Structure)| {
        let mut structure = mixed();
        change(&mut structure);
        structure
    };
    assert!(read(&header(mixed()).to_bytes()).is_ok());
    let bad = [
        with(|s| s.layout.record = 7),
        with(|s| s.layout.record = 16),
        with(|s| s.layout.record = 0),
        with(|s| s.layout.width = 2),
        with(|s| s.layout.width = 4),
        with(|s| s.fields[2].swap = true),
        with(|s| s.fields[1].transform = Transform::of(Kind::Float)),
        with(|s| {
            s.fields.pop();
        }),
        with(|s| s.fields = vec![s.fields[0].clone(); 2]),
        with(|s| {
            s.fields = vec![s.fields[0].clone(); 2];
            s.layout.width = 4;
            s.layout.swap = true;
        }),
        with(|s| {
            s.transposed = true;
            s.layout.phase = 1;
        }),
        with(|s| {
            s.transposed = true;
            s.layout.plane = 16;
        }),
        Structure {
            transposed: true,
            ..Structure::plain(Layout::BYTES)
        },
        // The content's length is no multiple of the record.
        Structure {
            transposed: true,
            ..table(vec![plain(4); 3])
        },
    ];
    for structure in bad {
        let error = read(&header(structure.clone()).to_bytes()).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. }),
            "{structure:?}: {error}"
        );
    }
}

#[test]
fn dictionaries_that_claim_more_than_they_hold_end_at_once() {
    let claims = |count: u64| {
        let mut bytes = vec![1, 1, 2, 4];
        put_varint(&mut bytes, count);
        bytes.extend([0; 50]);
        read(&forged(ARRAY, &bytes)[..60]).unwrap_err()
    };
    assert!(matches!(claims(1 << 18), Error::Truncated { .. }));
    assert!(matches!(claims((1 << 18) + 1), Error::OutOfRange { .. }));
    assert!(matches!(claims(u64::MAX), Error::OutOfRange { .. }));
    // All dictionaries of a frame together.
    let five = (0..5).map(|n| {
        let values = (n..n + (1 << 16) - 1).collect();
        field(4, ruled(Kind::Unsigned, Rule::Dictionary(values)))
    });
    let four: Vec<Field> = five.clone().take(4).collect();
    assert!(read(&header(table(four)).to_bytes()).is_ok());
    let error = read(&header(table(five.collect())).to_bytes()).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
}

#[test]
fn large_fields_in_great_number_take_no_time() {
    let dictionary = Rule::Dictionary((0..1 << 16).collect());
    let many = [
        vec![field(4, ruled(Kind::Float, dictionary)); 1 << 16],
        vec![field(8, predicted(stencil(32))); 1 << 16],
        // No two neighbours alike.
        (0..1 << 16)
            .map(|n| {
                field(
                    8,
                    Transform {
                        offset: n % 2,
                        ..doubles()[1].transform.clone()
                    },
                )
            })
            .collect(),
    ];
    for fields in many {
        let bytes = header(table(fields)).to_bytes();
        let begun = Instant::now();
        let Ok(Section::Frame(header)) = read(&bytes) else {
            panic!("not a frame")
        };
        assert!(begun.elapsed() < Duration::from_secs(3));
        let structure = header.structure;
        let content = vec![1; 100_000];
        let coded = structure.forward(content.clone());
        structure.positions();
        assert!(structure.inverse(coded) == content);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
