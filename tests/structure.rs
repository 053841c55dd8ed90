//! The structures that the encoder chooses: always valid, always reversible, whatever the layout was.

mod support;

use boa_constrictor::Layout;
use boa_constrictor::layout::Contexts;
use boa_constrictor::structure::{Field, Predict, Structure, Transform};
use proptest::prelude::*;
use support::made::Lcg;

fn check(layout: Layout, transposed: bool, content: &[u8]) -> Structure {
    let structure = Structure::choose(layout, transposed, content);
    let what = format!("{layout:?} of {} bytes", content.len());
    if let Err(error) = structure.validate(content.len()) {
        panic!("{what}: {error}: {structure:?}");
    }
    assert_eq!(structure.transposed, transposed, "{what}");
    let coded = structure.forward(content.to_vec());
    assert!(structure.inverse(coded) == content, "{what}: {structure:?}");
    structure
}

fn layout(width: u8, record: u32, plane: u32, phase: u32) -> Layout {
    Layout {
        width,
        swap: width > 1,
        record,
        plane,
        phase,
    }
}

/// Rows of two little-endian floats with two decimals, an integer and a small one.
fn rows(count: usize) -> Vec<u8> {
    let mut random = Lcg(5);
    let mut row = |n: usize| {
        let mut bytes = Vec::new();
        let cents = random.below(20_000) - 10_000;
        bytes.extend((cents as f64 / 100.0).to_le_bytes());
        bytes.extend((random.below(5000) as f32 / 4.0).to_le_bytes());
        bytes.extend((n as u32 * 3).to_le_bytes());
        bytes.extend(((random.below(4) * 1000) as u16).to_le_bytes());
        bytes.push(random.below(3) as u8);
        bytes
    };
    (0..count).flat_map(&mut row).collect()
}

/// A smooth grid of floats.
fn grid(columns: usize, count: usize) -> Vec<u8> {
    let value = |k: usize| {
        let (x, y) = ((k % columns) as f32, (k / columns) as f32);
        280.0 + (x / 9.0).sin() * 5.0 + (y / 7.0).cos() * 3.0
    };
    (0..count).flat_map(|k| value(k).to_le_bytes()).collect()
}

#[test]
fn tables_of_several_types_get_a_field_for_each() {
    let content = rows(3000);
    for phase in [0, 5, 18] {
        let cut = &content[phase as usize..];
        let structure = check(layout(1, 19, 0, phase), false, cut);
        assert!(structure.fields.len() > 3, "{:?}", structure.fields);
        assert_eq!(structure.positions().contexts(), Contexts::Table);
    }
}

#[test]
fn wide_columns_in_a_record_of_bytes() {
    // Records whose columns turn out to be all alike, or only one.
    for record in [2usize, 4, 8, 16, 24] {
        for swap in [false, true] {
            let words: Vec<u8> = (0..40_000 / record as u64)
                .flat_map(|k| {
                    (0..record as u64 / 2).flat_map(move |c| {
                        let n = (k * (c + 3) + c * 1000) as u16;
                        if swap {
                            n.to_le_bytes()
                        } else {
                            n.to_be_bytes()
                        }
                    })
                })
                .collect();
            check(layout(1, record as u32, 0, 0), false, &words);
            let doubles: Vec<u8> = (0..5000)
                .map(|k| f64::from(k).sqrt())
                .flat_map(|n| {
                    if swap {
                        n.to_le_bytes()
                    } else {
                        n.to_be_bytes()
                    }
                })
                .collect();
            for phase in [0, record as u32 - 1] {
                check(layout(1, record as u32, 0, phase), false, &doubles);
            }
        }
    }
}

#[test]
fn transposed_tables_stay_whole() {
    // Seen row after row, the records of these may seem to begin elsewhere.
    for (width, record) in [(1u8, 19u32), (4, 20), (2, 38), (8, 16), (1, 8), (1, 1)] {
        let content = rows(1200);
        let whole = content.len() - content.len() % record as usize;
        check(layout(width, record, 0, 0), true, &content[..whole]);
        let turned = Structure {
            transposed: true,
            ..Structure::plain(layout(1, record, 0, 0))
        };
        for cut in 0..4 {
            let rows = content[cut..].chunks_exact(record as usize);
            let rows = rows.flatten().copied().collect();
            check(layout(width, record, 0, 0), true, &turned.inverse(rows));
        }
    }
}

#[test]
fn grids_get_one_field() {
    let content = grid(100, 20_000);
    for (record, plane) in [(400, 0), (400, 40_000), (0, 0)] {
        let structure = check(layout(4, record, plane, 0), false, &content);
        assert_eq!(structure.fields.len(), 1, "{structure:?}");
        assert_ne!(structure.fields[0].transform.predict, Predict::Nothing);
        assert_eq!(structure.positions().contexts(), Contexts::Residuals);
    }
}

#[test]
fn contexts_follow_from_the_fields() {
    let field = |width, predict| Field {
        width,
        swap: false,
        transform: Transform {
            predict,
            ..Transform::NONE
        },
    };
    let left = || Predict::Differences([1, 0, 0]);
    let still = || Predict::Nothing;
    let plain = |width, record, plane| Layout {
        swap: false,
        ..layout(width, record, plane, 0)
    };
    let cases = [
        (plain(1, 0, 0), vec![], Contexts::Text),
        (plain(1, 3, 0), vec![], Contexts::Table),
        (plain(4, 8, 0), vec![], Contexts::Table),
        (plain(4, 0, 0), vec![], Contexts::Array),
        (plain(4, 8, 80), vec![], Contexts::Array),
        (plain(4, 8, 0), vec![field(4, still())], Contexts::Array),
        (plain(1, 0, 0), vec![field(1, still())], Contexts::Array),
        (plain(4, 8, 0), vec![field(4, left())], Contexts::Residuals),
        (
            plain(4, 8, 0),
            vec![field(4, left()), field(4, left())],
            Contexts::Table,
        ),
        (
            plain(1, 6, 0),
            vec![field(4, left()), field(2, still())],
            Contexts::Table,
        ),
        (
            plain(1, 6, 12),
            vec![field(4, left()), field(2, still())],
            Contexts::Array,
        ),
    ];
    for (layout, fields, contexts) in cases {
        let structure = Structure {
            layout,
            transposed: false,
            fields,
            references: Vec::new(),
        };
        structure.validate(100).unwrap();
        assert_eq!(structure.positions().contexts(), contexts, "{structure:?}");
    }
}

#[test]
fn positions_of_several_widths() {
    let field = |width| Field {
        width,
        swap: false,
        transform: Transform::NONE,
    };
    let structure = Structure {
        layout: Layout {
            record: 7,
            phase: 5,
            ..Layout::BYTES
        },
        transposed: false,
        fields: [4, 1, 2].map(field).to_vec(),
        references: Vec::new(),
    };
    let positions = structure.positions();
    let seen: Vec<(u32, u8, u32)> = (0..9)
        .map(|position| {
            let position = positions.at(position);
            (position.column, position.phase, positions.lags(position)[1])
        })
        .collect();
    let record = [
        (0, 3, 4),
        (1, 4, 4),
        (2, 5, 4),
        (3, 6, 4),
        (4, 0, 0),
        (5, 1, 2),
        (6, 2, 2),
    ];
    assert_eq!(seen[..2], record[5..]);
    assert_eq!(seen[2..], record);
}

fn a_layout() -> impl Strategy<Value = Layout> {
    let width = prop::sample::select(vec![1u8, 2, 4, 8]);
    let record = prop_oneof![Just(0), 1..12u32, 1..300u32, 1000..1100u32, 9000..9010u32];
    let planes = prop_oneof![Just(0), Just(0), 1..20u32];
    let shape = (width, record, planes, any::<u32>(), any::<bool>());
    shape.prop_map(|(width, record, planes, phase, swap)| {
        let record = record * u32::from(width);
        let mut layout = Layout {
            width,
            swap: swap && width > 1,
            record,
            plane: record * planes,
            phase: 0,
        };
        layout.phase = phase % layout.period();
        layout
    })
}

/// Noise, constants, counters of several widths, decimals, bits that are rarely set; cut anywhere.
fn a_content() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![0..40usize, 0..3000usize, 3000..20_000usize];
    (len, 0..10u8, any::<u64>(), 0..8usize).prop_map(|(len, sort, seed, cut)| {
        let mut random = Lcg(seed);
        let mut element = |k: usize| -> Vec<u8> {
            let n = k as u64;
            match sort {
                0 => vec![random.below(256) as u8],
                1 => vec![seed as u8],
                2 => (n as u16).to_le_bytes().to_vec(),
                3 => n.wrapping_mul(seed).to_be_bytes().to_vec(),
                4 => (random.below(2000) as f32 / 10.0).to_le_bytes().to_vec(),
                5 => (random.below(1 << 20) as f64 / 1000.0)
                    .to_be_bytes()
                    .to_vec(),
                6 => f64::from(n as f32 * 0.37).to_le_bytes().to_vec(),
                7 => ((random.below(5) * 4 - 8) as u32).to_le_bytes().to_vec(),
                8 => [f64::NAN, -0.0, f64::INFINITY, f64::MIN_POSITIVE][k % 4]
                    .to_le_bytes()
                    .to_vec(),
                _ => vec![0, 0, (random.below(50) == 0).into()],
            }
        };
        let content = (0..len + cut).flat_map(&mut element).skip(cut).take(len);
        content.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_choice_returns(layout in a_layout(), content in a_content(), transposed in any::<bool>()) {
        let transposed = transposed && layout.record > 0 && layout.plane == 0;
        if transposed {
            let whole = content.len() - content.len() % layout.record as usize;
            check(Layout { phase: 0, ..layout }, true, &content[..whole]);
        } else {
            check(layout, false, &content);
        }
    }
}
