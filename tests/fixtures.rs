//! Files of every released format, read for ever, and written the same way as long as the version stays.
//!
//! `BOA_WRITE_FIXTURES=1 cargo test --release --test fixtures` writes those that are missing.

#[path = "fixtures/columns.rs"]
mod columns;
#[path = "fixtures/lossy.rs"]
mod lossy;
#[path = "fixtures/making.rs"]
mod making;
#[path = "fixtures/quick_path.rs"]
mod quick_path;
mod support;

use boa_constrictor::format::Segments;
use boa_constrictor::layout::Kind;
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::structure::{
    Field, Formula, FormulaInput, Operation, Predict, Reference, References, Rule, Structure,
    Transform,
};
use boa_constrictor::{EncodeOptions, Layout, Level};
use making::{Making, assembled};
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

/// Rows of 23 bytes of little-endian numbers: a time that goes on, a decimal, one of a few values, flags, a counter.
fn mixed() -> Vec<u8> {
    let mut random = Lcg(22);
    let mut time = 1i64 << 40;
    let mut row = |n: u16| {
        time += 1000 + random.below(64);
        let cents = random.below(100_000) - 20_000;
        let level = [0u32, 70_000, 5, 1 << 30][random.below(4) as usize];
        let mut bytes = time.to_le_bytes().to_vec();
        bytes.extend((cents as f64 / 100.0).to_le_bytes());
        bytes.extend(level.to_le_bytes());
        bytes.push(random.below(3) as u8);
        bytes.extend((3 * n).to_le_bytes());
        bytes
    };
    (0..400).flat_map(&mut row).collect()
}

/// 24 planes of 16 rows of 20 little-endian floats without a bend, and a little noise.
fn grid() -> Vec<u8> {
    let mut random = Lcg(23);
    let mut value = |k: usize| {
        let (x, y, z) = (k % 20, k / 20 % 16, k / 320);
        let smooth = 40 * x + 90 * y + 15 * z + x * y * z / 8;
        (smooth as i64 + random.below(4)) as f32 / 32.0
    };
    (0..20 * 16 * 24)
        .flat_map(|k| value(k).to_le_bytes())
        .collect()
}

/// The numbers of `table`, column after column.
fn transposed() -> Vec<u8> {
    let rows = table();
    let column = |c: usize| {
        rows.chunks(20)
            .flat_map(move |row| row[4 * c..4 * c + 4].to_vec())
    };
    (0..5).flat_map(column).collect()
}

fn options(layout: SpecifiedLayout) -> EncodeOptions {
    // A model of its own, so that no retrained built-in one moves the fixtures.
    EncodeOptions {
        model: Some(Arc::new(Lcg(7).model())),
        embed_model: true,
        layout,
        ..EncodeOptions::default()
    }
}

/// A layout of little-endian elements.
fn rows(width: u8, record: u32, plane: u32) -> SpecifiedLayout {
    SpecifiedLayout::Layout(Layout {
        width,
        swap: width > 1,
        record,
        plane,
        phase: 0,
    })
}

/// Rows of four bytes: one that is nearly always the same, a counter, one of a few, noise.
fn long_runs() -> Vec<u8> {
    let mut random = Lcg(26);
    let row = |n: u32| {
        let rare = u8::from(random.below(700) == 0);
        let [few, noise] = [5, 256].map(|below| random.below(below) as u8);
        [rare, (n / 3) as u8, few, noise]
    };
    (0..2500)
        .map(row)
        .collect::<Vec<_>>()
        .as_flattened()
        .to_vec()
}

fn cases() -> Vec<(&'static str, Vec<u8>, EncodeOptions)> {
    let mut cases = vec![
        (
            "v1-empty.boa",
            Vec::new(),
            options(SpecifiedLayout::Nothing),
        ),
        ("v1-mix-table.boa", table(), options(rows(4, 20, 0))),
        ("v1-mix-mixed.boa", mixed(), options(rows(1, 23, 0))),
        ("v1-mix-grid.boa", grid(), options(rows(4, 80, 1280))),
        (
            "v1-mix-text.boa",
            support::text(2500),
            options(SpecifiedLayout::Layout(Layout::BYTES)),
        ),
    ];
    // The least effort that mixes, without a model: no network.
    let alone = EncodeOptions {
        model: None,
        level: Level::new(3).unwrap(),
        ..options(rows(1, 4, 0))
    };
    cases.push(("v1-mix-alone.boa", long_runs(), alone));
    // The model would be all of these files: they need none to be read, so only its id is stored.
    for (name, content) in [
        ("v1-constant.boa", vec![42; 5000]),
        ("v1-stored.boa", support::noise(300)),
    ] {
        let by_id = EncodeOptions {
            embed_model: false,
            ..options(SpecifiedLayout::Nothing)
        };
        cases.push((name, content, by_id));
    }
    cases
}

/// The rules and predictions that `fields` has, one column each.
fn transforms() -> Vec<(u8, Transform)> {
    let ruled = |kind, rule| Transform {
        rule,
        ..Transform::of(kind)
    };
    let predicted = |kind, rule, predict| Transform {
        predict,
        ..ruled(kind, rule)
    };
    let step = Rule::Step {
        numerator: 3,
        denominator: 1000,
    };
    let digits = Rule::Digits {
        digits: 4,
        decimals: 3,
    };
    let stencil = |shift| Predict::Stencil {
        shift,
        lags: vec![1, 2, 3],
        weights: vec![-5000, 900],
    };
    let dictionary = Rule::Dictionary([0x8000_0000, 0xc060_0000, 0xff80_0000].into());
    let rotated = Transform {
        offset: 1_000_000,
        rotate: 2,
        ..Transform::of(Kind::Signed)
    };
    let threes = Rule::Dictionary((0..400).map(|n| 3 * n).collect());
    vec![
        (8, ruled(Kind::Float, step.clone())),
        (4, ruled(Kind::Float, digits.clone())),
        (
            4,
            predicted(Kind::Float, step.clone(), Predict::Differences([2, 0, 0])),
        ),
        (8, predicted(Kind::Float, digits, stencil(0))),
        (4, ruled(Kind::Float, Rule::Coarse { cut: 9 })),
        (8, ruled(Kind::Float, Rule::Coarse { cut: 29 })),
        (8, predicted(Kind::Float, step, stencil(0))),
        (8, predicted(Kind::Float, Rule::Any, stencil(30))),
        (4, ruled(Kind::Float, dictionary)),
        (2, ruled(Kind::Unsigned, threes)),
        (8, predicted(Kind::Unsigned, Rule::Any, stencil(0))),
        (
            1,
            predicted(Kind::Signed, Rule::Any, Predict::Differences([1, 0, 0])),
        ),
        (4, rotated),
    ]
}

/// Structures that need not be those an encoder chooses, each with a content.
fn made() -> Vec<(&'static str, Vec<u8>, Structure)> {
    let columns = transforms();
    let mut random = Lcg(24);
    let mut content = Vec::new();
    for n in 0..300i64 {
        for (c, (width, transform)) in columns.iter().enumerate() {
            // Mostly numbers that follow the rules, some that do not, and a few that are none.
            let whole = 7 * n - 900 + random.below(1 + c as i64);
            let number = match random.below(40) {
                0 => whole as f64 / 7.0,
                1 => f64::NEG_INFINITY,
                2 => f64::NAN,
                3 => -0.0,
                _ => whole as f64 * 3.0 / 1000.0,
            };
            let bytes = match (transform.kind, width) {
                (Kind::Float, 4) => (number as f32).to_bits().to_be_bytes().to_vec(),
                (Kind::Float, _) if c % 2 == 1 => f64::from(number as f32).to_be_bytes().to_vec(),
                (Kind::Float, _) => number.to_be_bytes().to_vec(),
                _ => (3 * whole).to_be_bytes()[8 - usize::from(*width)..].to_vec(),
            };
            content.extend(bytes);
        }
    }
    let field = |(width, transform)| Field {
        width,
        swap: false,
        transform,
    };
    let fields: Vec<Field> = columns.into_iter().map(field).collect();
    let record = fields.iter().map(|field| u32::from(field.width)).sum();
    let layout = Layout {
        record,
        phase: 5,
        ..Layout::BYTES
    };
    let reference = |back, shift| Some(Reference { back, shift });
    let mut references = vec![References::default(); fields.len()];
    references[1] = [reference(1, 0), None, None];
    references[2] = [
        reference(2, 1),
        reference(fields.len() as u16, 3),
        reference(3, 0),
    ];
    let table_of_fields = Structure {
        layout,
        transposed: false,
        fields,
        references,
    };
    let counters = Transform {
        predict: Predict::Differences([1, 0, 0]),
        ..Transform::of(Kind::Signed)
    };
    let little = Field {
        swap: true,
        ..field((4, counters))
    };
    let turned = Structure {
        layout: Layout {
            width: 4,
            record: 20,
            ..Layout::BYTES
        },
        transposed: true,
        fields: vec![little; 5],
        references: Vec::new(),
    };
    // The content begins in the middle of a record.
    content.drain(..5);
    let (rows, relations) = related();
    vec![
        ("v1-mix-fields.boa", content, table_of_fields),
        ("v1-mix-transposed.boa", transposed(), turned),
        ("v1-mix-relations.boa", rows, relations),
    ]
}

/// Columns predicted from others with every operation there is, in rows that are cut at both ends.
fn related() -> (Vec<u8>, Structure) {
    use Operation::*;
    let six = Rule::Digits {
        digits: 6,
        decimals: 5,
    };
    let cents = Rule::Step {
        numerator: 1,
        denominator: 100,
    };
    let columns = |number: usize| -> (&[u16], &[Operation], u8, Rule) {
        match number {
            0 => (
                &[2, 3],
                &[Input(0), Input(1), Cosine, Multiply],
                4,
                six.clone(),
            ),
            1 => (
                &[2, 3],
                &[Input(0), Input(1), Sine, Multiply],
                4,
                six.clone(),
            ),
            4 => (&[1, 0], &[Input(0), Input(1), Angle], 8, Rule::Any),
            5 => (&[2], &[Input(0), Again, Multiply, Root], 4, cents.clone()),
            6 => (
                &[3, 2],
                &[Input(0), Sinh, Input(1), Add, Asinh],
                8,
                Rule::Any,
            ),
            7 => (
                &[3, 2],
                &[Input(0), Cosh, Input(1), Subtract, Turn],
                4,
                Rule::Any,
            ),
            8 => (
                &[2, 3],
                &[Input(0), Log, Input(1), Exp, Divide],
                8,
                Rule::Any,
            ),
            9 => (
                &[5],
                &[Input(0), Constant(0x4059_0000_0000_0000), Multiply],
                4,
                Rule::Any,
            ),
            _ => (&[], &[], 4, six.clone()),
        }
    };
    let field = |number| {
        let (taken, operations, width, rule) = columns(number);
        // The last is an integer.
        let kind = if number == 9 {
            Kind::Signed
        } else {
            Kind::Float
        };
        let input = |&field: &u16| FormulaInput {
            field,
            kind: Kind::Float,
        };
        let formula = Formula {
            inputs: taken.iter().map(input).collect(),
            operations: operations.to_vec(),
        };
        let predict = match operations.len() {
            0 => Predict::Nothing,
            _ => Predict::Relation(Arc::new(formula)),
        };
        Field {
            width,
            swap: number % 2 == 0,
            transform: Transform {
                rule,
                predict,
                ..Transform::of(kind)
            },
        }
    };
    let fields: Vec<Field> = (0..10).map(field).collect();
    let record = fields.iter().map(|field| u32::from(field.width)).sum();
    let layout = Layout {
        record,
        phase: 6,
        ..Layout::BYTES
    };
    let structure = Structure {
        layout,
        transposed: false,
        fields,
        references: Vec::new(),
    };
    // What decodes to numbers that mostly are as predicted.
    let mut random = Lcg(25);
    let mut coded = Vec::new();
    for _ in 0..200 {
        for field in &structure.fields {
            let code = match (&field.transform.predict, random.below(30)) {
                (Predict::Nothing, 0) => (f32::NAN.to_bits() - 1).into(),
                (Predict::Nothing, _) => 2_000_000_000 + random.below(2_000_000) as u64,
                (_, 0) => u64::MAX - random.below(9) as u64,
                _ => random.below(7) as u64,
            };
            coded.extend(&code.to_be_bytes()[8 - usize::from(field.width)..]);
        }
    }
    let whole = Structure {
        layout: Layout { phase: 0, ..layout },
        ..structure.clone()
    };
    let content = whole.inverse(coded);
    (content[6..content.len() - 9].to_vec(), structure)
}

fn check(name: &str, content: &[u8], written: &[u8]) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let path = directory.join(name);
    if !path.exists() && std::env::var_os("BOA_WRITE_FIXTURES").is_some() {
        fs::write(&path, written).unwrap();
    }
    let file = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let decode = boa_constrictor::DecodeOptions {
        models: vec![Arc::new(Lcg(7).model())],
        threads: 1,
        pool: None,
        lossless: false,
        ..Default::default()
    };
    let mut decoded = Vec::new();
    boa_constrictor::decompress(&file[..], &mut decoded, &decode, &()).unwrap();
    assert!(decoded == content, "{name} decodes to something else");
    assert!(
        written == file,
        "{name} is written differently: that needs a new format version"
    );
}

#[test]
fn fixtures_are_read_and_written_alike() {
    for (name, content, options) in cases() {
        check(name, &content, &support::encode_with(&content, &options));
    }
}

#[test]
fn structures_are_read_and_written_alike() {
    for (name, content, structure) in made() {
        check(
            name,
            &content,
            &assembled(&content, &structure, Making::USUAL),
        );
    }
}

#[test]
fn segments_are_read_and_written_alike() {
    let content = table();
    let structure = Structure::plain(Layout {
        width: 4,
        record: 20,
        ..Layout::BYTES
    });
    // The last of three is shorter.
    let (first, other) = (1200, 1000);
    assert_eq!(Segments { first, other }.count(content.len()), 3);
    let file = assembled(&content, &structure, Making::USUAL.segmented(first, other));
    check("v1-mix-segments.boa", &content, &file);
}
