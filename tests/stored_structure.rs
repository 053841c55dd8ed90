//! Models that carry a table's structure: as files, and what they do to the frames that are coded with them.

mod support;

use boa_constrictor::format::{Head, check, put_varint};
use boa_constrictor::layout::Kind;
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::structure::{Field, Predict, Reference, Rule, Structure, Transform};
use boa_constrictor::{DecodeOptions, EncodeOptions, Error, Layout, Model, decompress, list};
use std::io::Cursor;
use std::sync::Arc;
use support::made::Lcg;

/// Magic and form of a model that stores a structure.
const MAGIC: [u8; 5] = [0xb0, b'a', b'm', 0x0a, 3];

fn network() -> Model {
    Lcg(7).model()
}

fn storing(structure: Structure) -> Model {
    network().storing(Some(structure)).unwrap()
}

fn column(width: u8, transform: Transform) -> Field {
    Field {
        width,
        swap: width > 1,
        transform,
    }
}

fn ruled(kind: Kind, rule: Rule) -> Transform {
    Transform {
        rule,
        ..Transform::of(kind)
    }
}

/// A structure of columns of 4 bytes.
fn table(fields: Vec<Field>) -> Structure {
    Structure {
        layout: Layout {
            width: 4,
            record: 4 * fields.len() as u32,
            ..Layout::BYTES
        },
        transposed: false,
        fields,
        references: Vec::new(),
    }
}

/// One of each: a dictionary, decimals with an offset, differences, nothing.
fn some() -> Structure {
    let decimals = Transform {
        offset: 0x8000,
        rotate: 2,
        ..ruled(
            Kind::Float,
            Rule::Step {
                numerator: 1,
                denominator: 100,
            },
        )
    };
    let steady = Transform {
        predict: Predict::Differences([1, 0, 0]),
        ..Transform::of(Kind::Signed)
    };
    table(vec![
        column(
            4,
            ruled(
                Kind::Unsigned,
                Rule::Dictionary((0..200).map(|v| v * v).collect()),
            ),
        ),
        column(4, decimals),
        column(4, steady),
        column(4, Transform::NONE),
    ])
}

#[test]
fn a_structure_comes_back_and_changes_no_name() {
    let (plain, model) = (network(), storing(some()));
    assert_eq!(plain.stored_structure(), None);
    assert_eq!(model.id(), plain.id());
    assert_eq!(model.network_bytes(), plain.to_bytes());
    assert_ne!(model.to_bytes(), plain.to_bytes());
    let again = Model::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(again.stored_structure(), Some(&some()));
    assert_eq!(again.weights(), plain.weights());
    assert_eq!(again.id(), plain.id());
    assert_eq!(again.to_bytes(), model.to_bytes());
    let compact = model.compacted().unwrap();
    assert_eq!(compact.stored_structure(), Some(&some()));
    assert!(compact.to_bytes().len() < model.to_bytes().len());
    assert_eq!(
        Model::from_bytes(&compact.to_bytes())
            .unwrap()
            .stored_structure(),
        Some(&some())
    );
    let none = again.storing(None).unwrap();
    assert_eq!(none.to_bytes(), plain.to_bytes());
}

#[test]
fn what_is_no_table_is_not_stored() {
    let with = |layout: Layout| Structure { layout, ..some() };
    let layout = some().layout;
    let one = Structure {
        fields: some().fields[..1].to_vec(),
        ..some()
    };
    let many = table(vec![column(4, Transform::NONE); 1025]);
    let transposed = Structure {
        transposed: true,
        ..some()
    };
    let mut referencing = some();
    let reference = Reference { back: 1, shift: 0 };
    referencing.references = vec![[Some(reference), None, None]; 4];
    for bad in [
        referencing,
        Structure::plain(Layout::BYTES),
        Structure::plain(layout),
        one,
        many,
        transposed,
        with(Layout {
            plane: 64,
            ..layout
        }),
        with(Layout { phase: 4, ..layout }),
    ] {
        let refused = network().storing(Some(bad.clone()));
        assert!(
            matches!(refused, Err(Error::InvalidModel { .. })),
            "{bad:?}"
        );
        assert!(!Model::can_store(&bad));
    }
    // Nor what contradicts itself, or takes more than 64 KiB.
    let odd = with(Layout {
        record: 20,
        ..layout
    });
    assert!(network().storing(Some(odd)).is_err());
    let values = |count: u64| Rule::Dictionary((0..count).map(|v| v * 3).collect());
    let sized = |count| {
        let ruled = column(4, ruled(Kind::Unsigned, values(count)));
        table(vec![ruled, column(4, Transform::NONE)])
    };
    assert!(Model::can_store(&sized(65_000)));
    assert!(!Model::can_store(&sized(65_536)));
}

#[test]
fn cut_and_damaged_files_are_refused() {
    let bytes = storing(some()).to_bytes();
    let end = bytes.len() + MAGIC.len() - 1 - network().to_bytes().len();
    for len in (0..end + 40).chain((end + 40..bytes.len()).step_by(97)) {
        assert!(Model::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
    }
    for bit in 0..8 * end {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match Model::from_bytes(&damaged) {
            Err(
                Error::InvalidModel { .. }
                | Error::Damaged { .. }
                | Error::OutOfRange { .. }
                | Error::Truncated { .. }
                | Error::Unknown { .. }
                | Error::UnknownModel { .. },
            ) => {}
            other => panic!("bit {bit}: {other:?}"),
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(Model::from_bytes(&longer).is_err());
}

/// A file of this structure's bytes, with a check that is right.
fn file(structure: &[u8]) -> Vec<u8> {
    let mut bytes = [&MAGIC[..], structure].concat();
    bytes.extend(check(&bytes));
    bytes.extend(&network().to_bytes()[4..]);
    bytes
}

#[test]
fn hostile_structures_are_refused() {
    // Shape and record of two 4-byte columns, then one filter: their fields.
    let fields = |rest: &[u8]| [&[0x26, 8, 3][..], rest].concat();
    assert!(Model::from_bytes(&file(&fields(&[1, 2, 2, 0]))).is_ok());
    let mut many = vec![0x24];
    put_varint(&mut many, 1 << 16);
    many.extend([3, 1]);
    put_varint(&mut many, 1 << 16);
    many.extend([0, 0]);
    let mut long = fields(&[2, 1, 2, 4]);
    put_varint(&mut long, 65_536);
    long.extend(vec![0; 65_536]);
    long.extend([1, 2, 0]);
    let mut claims = fields(&[1, 2, 2, 4]);
    put_varint(&mut claims, 1 << 18);
    for bad in [
        // Text, a record without fields, one field, fields of 12 bytes; a rule, a kind, a relation that there is not.
        vec![0],
        vec![0x06, 8],
        fields(&[1, 1, 2, 0]),
        fields(&[1, 3, 2, 0]),
        fields(&[1, 2, 2, 9]),
        fields(&[1, 2, 0x1a, 0]),
        fields(&[1, 2, 0xc2, 0, 1, 0, 1, 0]),
        // A filter that there is not, and the same one twice.
        vec![0x26, 8, 4],
        [&fields(&[1, 2, 2, 0])[..], &[3, 1, 2, 2, 0]].concat(),
        many,
        long,
        claims,
    ] {
        let result = Model::from_bytes(&file(&bad));
        assert!(result.is_err(), "{:x?}", &bad[..bad.len().min(20)]);
    }
    // A structure before a structure.
    let twice = [&MAGIC[..], &storing(some()).to_bytes()[4..]].concat();
    assert!(Model::from_bytes(&twice).is_err());
}

/// Rows of a number of so many values, a decimal, a counter and noise.
fn rows(count: usize, values: i64, seed: u64) -> Vec<u8> {
    let mut random = Lcg(seed);
    let row = |n: u32| {
        let level = (random.below(values) as u32).wrapping_mul(0x9e37_79b1) >> 2;
        let cents = random.below(20_000) - 10_000;
        let decimal = (cents as f64 / 100.0) as f32;
        let noise = random.below(1 << 31) as u32;
        [level, decimal.to_bits(), 3 * n, noise].map(u32::to_le_bytes)
    };
    (0..count as u32)
        .map(row)
        .collect::<Vec<_>>()
        .as_flattened()
        .as_flattened()
        .to_vec()
}

const ROWS: Layout = Layout {
    width: 4,
    swap: true,
    record: 16,
    plane: 0,
    phase: 0,
};

#[test]
fn frames_keep_to_what_a_model_stores() {
    let trained = Structure::choose(ROWS, false, &rows(5000, 65, 1));
    let content = rows(2000, 60, 2);
    let own = Structure::choose(ROWS, false, &content);
    let values = |structure: &Structure| match &structure.fields[0].transform.rule {
        Rule::Dictionary(values) => values.len(),
        _ => 0,
    };
    assert_eq!((values(&trained), values(&own)), (65, 60));
    let model = Arc::new(storing(trained.table().unwrap()));
    let options = EncodeOptions {
        threads: 1,
        layout: SpecifiedLayout::Layout(ROWS),
        model: Some(model),
        embed_model: true,
        ..EncodeOptions::default()
    };
    let frames = |options: &EncodeOptions| {
        let file = support::encode_with(&content, options);
        let members = list(Cursor::new(&file)).unwrap();
        (file, members[0].frames[0].header.structure.clone())
    };
    let (file, structure) = frames(&options);
    assert_eq!(structure.fields, trained.fields);
    // What is embedded is the network alone.
    assert!(support::decode(&file).unwrap() == content);
    let section = boa_constrictor::format::ModelSection::Embedded(network().to_bytes());
    assert!(file.starts_with(&[Head::default().to_bytes(), section.to_bytes()].concat()));
    // A network of the same id decodes, whatever structure is stored with it.
    let by_id = EncodeOptions {
        embed_model: false,
        ..options
    };
    let (file, _) = frames(&by_id);
    let mut out = Vec::new();
    let with = DecodeOptions {
        models: vec![Arc::new(network())],
        threads: 1,
        pool: None,
        lossless: false,
        ..DecodeOptions::default()
    };
    decompress(&file[..], &mut out, &with, &()).unwrap();
    assert!(out == content);
}

/// The structure that is chosen beside a stored one, which comes back.
fn adopted(stored: &Structure, layout: Layout, transposed: bool, content: &[u8]) -> Structure {
    let structure = Structure::choose_or_adopt(Some(stored), layout, transposed, content);
    structure.validate(content.len()).unwrap();
    let coded = structure.forward(content.to_vec());
    assert!(structure.inverse(coded) == content, "{structure:?}");
    structure
}

#[test]
fn other_columns_and_clearly_worse_transforms_are_left_alone() {
    let content = rows(3000, 60, 3);
    let own = Structure::choose(ROWS, false, &content);
    let stored = own.table().unwrap();
    assert_eq!(adopted(&stored, ROWS, false, &content), own);
    // Differences of noise, of a counter's noise, of decimals: each costs more.
    let mut worse = stored.clone();
    for field in &mut worse.fields {
        field.transform = Transform {
            predict: Predict::Differences([3, 0, 0]),
            ..Transform::of(Kind::Unsigned)
        };
    }
    let chosen = adopted(&worse, ROWS, false, &content);
    assert_eq!(chosen.fields[..2], own.fields[..2]);
    // A few rows choose nothing for themselves.
    for count in [10, 60] {
        let few = rows(count, 60, 6);
        assert!(Structure::choose(ROWS, false, &few).fields.is_empty());
        let chosen = adopted(&stored, ROWS, false, &few);
        assert_eq!(chosen.fields[1], stored.fields[1], "{count} rows");
    }
    // Columns of other widths, another order of bytes, another record.
    let halves = Structure {
        layout: Layout {
            width: 2,
            ..stored.layout
        },
        transposed: false,
        fields: vec![column(2, Transform::of(Kind::Signed)); 8],
        references: Vec::new(),
    };
    let mut big = stored.clone();
    big.fields.iter_mut().for_each(|field| field.swap = false);
    let longer = table([some().fields, some().fields].concat());
    for other in [halves, big, longer] {
        other.validate(0).unwrap();
        assert_eq!(adopted(&other, ROWS, false, &content), own);
    }
    // Nothing at all may be stored: a layout without fields is what comes of it.
    let plain = rows(3000, 60, 4);
    let plain: Vec<u8> = plain
        .chunks(16)
        .flat_map(|row| row[12..].repeat(4))
        .collect();
    let none = table(vec![column(4, Transform::NONE); 4]);
    let own = Structure::choose(ROWS, false, &plain);
    assert_eq!(adopted(&none, ROWS, false, &plain).layout, own.layout);
}

#[test]
fn any_bytes_come_back_however_little_the_stored_rules_fit() {
    let stored = some();
    for (phase, transposed) in [(0, false), (5, false), (15, false), (0, true)] {
        let layout = Layout { phase, ..ROWS };
        for count in [0, 1, 20, 70, 1000] {
            let whole = support::noise(16 * count);
            adopted(&stored, layout, transposed, &whole);
            let mut odd = rows(count, 60, 5);
            odd.extend(if transposed { &[][..] } else { &[1, 2, 3] });
            adopted(&stored, layout, transposed, &odd);
            let same = vec![0xff; 16 * count];
            adopted(&stored, layout, transposed, &same);
        }
    }
}

#[test]
fn columns_do_not_predict_each_other() {
    let mut random = Lcg(8);
    let value = |_| (random.below(1 << 24) as f32 / 1000.0).to_le_bytes();
    let twice: Vec<[[u8; 4]; 2]> = (0..3000).map(value).map(|bytes| [bytes; 2]).collect();
    let content = twice.as_flattened().as_flattened();
    let layout = Layout { record: 8, ..ROWS };
    let own = Structure::choose(layout, false, content);
    let related = |field: &Field| matches!(field.transform.predict, Predict::Relation(_));
    assert_eq!(own.fields.iter().filter(|field| related(field)).count(), 1);
    // A column is predicted by the other; where it was trained, the other by it.
    let mut stored = own.table().unwrap();
    stored.fields.reverse();
    for field in &mut stored.fields {
        if let Predict::Relation(formula) = &mut field.transform.predict {
            let mut turned = formula.as_ref().clone();
            for input in &mut turned.inputs {
                input.field = 1 - input.field;
            }
            *formula = Arc::new(turned);
        }
    }
    stored.validate(0).unwrap();
    assert_eq!(adopted(&stored, layout, false, content).fields, own.fields);
}
