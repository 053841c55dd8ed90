//! Relations between the columns of a table: exact for every bit pattern, refused where they cannot be computed.

use boa_constrictor::format::{Cursor, EntropyModel, FrameHeader, Mix, Section, put_varint};
use boa_constrictor::layout::Kind;
use boa_constrictor::structure::{
    Field, Formula, FormulaInput, Operation, Predict, Rule, Structure, Transform,
};
use boa_constrictor::{Error, Layout};
use proptest::prelude::*;
use std::sync::Arc;

/// The table that these fields fill.
fn table(fields: Vec<Field>, phase: u32) -> Structure {
    let width = fields[0].width;
    let alike = fields.iter().all(|field| field.width == width);
    let record = fields
        .iter()
        .map(|field| u32::from(field.width))
        .sum::<u32>();
    Structure {
        layout: Layout {
            width: if alike { width } else { 1 },
            record,
            phase: phase % record,
            ..Layout::BYTES
        },
        transposed: false,
        fields,
        references: Vec::new(),
    }
}

fn taking(taken: &[u16], operations: &[Operation]) -> Predict {
    let input = |&field: &u16| FormulaInput {
        field,
        kind: Kind::Float,
    };
    let formula = Formula {
        inputs: taken.iter().map(input).collect(),
        operations: operations.to_vec(),
    };
    Predict::Relation(Arc::new(formula))
}

fn field(predict: Predict) -> Field {
    Field {
        width: 4,
        swap: true,
        transform: Transform {
            predict,
            ..Transform::of(Kind::Float)
        },
    }
}

/// Both ways: what the content becomes, and what any coded bytes stand for.
fn check(structure: &Structure, content: &[u8]) {
    structure.validate(content.len()).unwrap();
    let coded = structure.forward(content.to_vec());
    assert!(structure.inverse(coded) == content, "{structure:?}");
    let decoded = structure.inverse(content.to_vec());
    assert!(structure.forward(decoded) == content, "{structure:?}");
}

fn an_operation(inputs: u8) -> impl Strategy<Value = Operation> {
    use Operation::*;
    let constant = prop_oneof![
        any::<f64>(),
        Just(0.0),
        Just(-1.5),
        Just(1e300),
        Just(0.011163)
    ];
    prop_oneof![
        3 => (0..inputs).prop_map(Input),
        1 => constant.prop_filter("finite", |c| c.is_finite()).prop_map(|c| Constant(c.to_bits())),
        6 => prop::sample::select(vec![
            Again, Add, Subtract, Multiply, Divide, Root, Sine, Cosine, Sinh, Cosh, Asinh, Exp, Log, Angle, Turn,
        ]),
    ]
}

/// Operations in any order, with what they lack pushed before them and what they leave added up.
fn a_formula(fields: u16) -> impl Strategy<Value = Formula> {
    let kind = prop::sample::select(vec![Kind::Unsigned, Kind::Signed, Kind::Float, Kind::Float]);
    let input = (0..fields, kind).prop_map(|(field, kind)| FormulaInput { field, kind });
    let inputs = prop::collection::vec(input, 1..8);
    inputs.prop_flat_map(|inputs| {
        let operations = prop::collection::vec(an_operation(inputs.len() as u8), 1..16);
        (Just(inputs), operations).prop_map(|(inputs, some)| {
            let mut operations = Vec::new();
            let mut depth = 0;
            for operation in some {
                let (takes, leaves) = match operation {
                    Operation::Input(_) | Operation::Constant(_) => (0, 1),
                    Operation::Again => (1, 2),
                    Operation::Add
                    | Operation::Subtract
                    | Operation::Multiply
                    | Operation::Divide
                    | Operation::Angle => (2, 1),
                    _ => (1, 1),
                };
                while depth < takes {
                    operations.push(Operation::Input((operations.len() % inputs.len()) as u8));
                    depth += 1;
                }
                operations.push(operation);
                depth = depth - takes + leaves;
                if depth == 8 {
                    operations.push(Operation::Add);
                    depth -= 1;
                }
            }
            operations.extend((1..depth).map(|_| Operation::Add));
            Formula { inputs, operations }
        })
    })
}

/// A field, and the relation that it may have.
fn a_field() -> impl Strategy<Value = (Field, Option<Formula>)> {
    let kind = prop::sample::select(vec![Kind::Unsigned, Kind::Signed, Kind::Float, Kind::Float]);
    let rule = prop_oneof![
        Just(Rule::Any),
        Just(Rule::Digits {
            digits: 6,
            decimals: 5
        }),
        Just(Rule::Step {
            numerator: 1,
            denominator: 100
        }),
        Just(Rule::Coarse { cut: 11 }),
        Just(Rule::Dictionary([0, 7, 90, 255].into())),
    ];
    let width = prop::sample::select(vec![1u8, 2, 4, 4, 8]);
    let position = (0..200u64, 0..8u8);
    let field = (width, any::<bool>(), kind, rule, position).prop_map(
        |(width, swap, kind, rule, position)| Field {
            width,
            swap: swap && width > 1,
            transform: Transform {
                kind,
                rule,
                predict: Predict::Nothing,
                offset: position.0,
                rotate: position.1 % width,
            },
        },
    );
    let field = field.prop_filter("not valid", |f| f.transform.validate(f.width).is_ok());
    (field, prop::option::of(a_formula(12)))
}

/// Noise, numbers and those that are none.
fn a_content() -> impl Strategy<Value = Vec<u8>> {
    let hostile = prop::sample::select(vec![
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        -0.0,
        0.0,
        f32::MIN_POSITIVE,
        1e-45,
        f32::MAX,
        -1.0,
    ]);
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(hostile, 0..60)
            .prop_map(|numbers| numbers.into_iter().flat_map(f32::to_le_bytes).collect()),
        prop::collection::vec(-2000..2000i32, 0..60).prop_map(|numbers| {
            let hundredth = |n: i32| (f64::from(n) / 100.0).to_le_bytes();
            numbers.into_iter().flat_map(hundredth).collect()
        }),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_related_table_returns(
        all in prop::collection::vec(a_field(), 2..8),
        turn in 0..8usize,
        phase in any::<u32>(),
        transposed in any::<bool>(),
        content in a_content(),
    ) {
        // Each takes columns that come after it, once around from some column on: never in a circle.
        let count = all.len();
        let mut fields: Vec<Field> = all.iter().map(|(field, _)| field.clone()).collect();
        let first = turn % count;
        for k in 0..count - 1 {
            let Some(mut formula) = all[(first + k) % count].1.clone() else { continue };
            for input in &mut formula.inputs {
                let later = k + 1 + usize::from(input.field) % (count - 1 - k);
                input.field = ((first + later) % count) as u16;
            }
            formula.validate().unwrap();
            fields[(first + k) % count].transform.predict = Predict::Relation(formula.into());
        }
        let mut structure = table(fields, if transposed { 0 } else { phase });
        structure.transposed = transposed;
        let whole = content.len() - content.len() % structure.layout.record as usize;
        check(&structure, if transposed { &content[..whole] } else { &content });
        // It comes back from a frame's header.
        let content_len = 1 << 20;
        structure.transposed = false;
        let model = EntropyModel::Mix(Mix::new(boa_constrictor::Effort::Best));
        let header = FrameHeader { content_len, coded_len: content_len, structure, model, streams: vec![7], hash: [3; 16] };
        let read = Section::read_from(&mut Cursor::new(&header.to_bytes()[..])).unwrap();
        prop_assert_eq!(read, Section::Frame(header));
    }
}

#[test]
fn only_whole_records_are_predicted() {
    // The second column is the first, in whole records; what is cut is predicted as 0.
    let structure = table(
        vec![
            field(Predict::Nothing),
            field(taking(&[0], &[Operation::Input(0)])),
        ],
        4,
    );
    let rows: Vec<u8> = [1.5f32, 2.5, 2.5, -3.5, -3.5, 4.5]
        .map(f32::to_le_bytes)
        .concat();
    let coded = structure.forward(rows.clone());
    let elements: Vec<u32> = { coded.as_chunks::<4>().0.iter() }
        .map(|e| u32::from_be_bytes(*e))
        .collect();
    assert_eq!(elements[2], 0);
    assert_eq!(elements[4], 0);
    // Twice the distance of its code to that of zero.
    assert_eq!(elements[0], 2 * 1.5f32.to_bits());
    assert_eq!(elements[5], 0x8000_0000 | 4.5f32.to_bits());
    assert!(structure.inverse(coded) == rows);
}

/// The frame header with these bytes of fields, two of 4 bytes, and a true check.
fn forged(fields: &[u8]) -> Result<Section, Error> {
    let mut out = vec![0xB0, b'F', b'R', b'M'];
    put_varint(&mut out, 1 << 20);
    // As many coded bytes; elements of 4 bytes in rows of 8, and one filter: the fields.
    out.extend([0, 2 | 1 << 2 | 1 << 5, 8, 3]);
    out.extend(fields);
    // The mix at the first effort; no cross-column contexts; one stream of 7 words.
    out.extend([2, 0, 0, 1, 7]);
    out.extend([3; 16]);
    let sum = boa_constrictor::format::check(&out);
    out.extend(sum);
    Section::read_from(&mut Cursor::new(&out[..]))
}

#[test]
fn the_bytes_of_a_relation() {
    // Two runs: a field as it is; a float, little-endian, less half the first field, which is a float.
    let bytes = [
        2,
        1,
        2,
        0,
        1,
        0b1101_0110,
        0,
        1,
        2,
        3,
        0,
        8,
        0,
        0,
        0,
        0,
        0,
        0,
        0xe0,
        0x3f,
        12,
    ];
    let Ok(Section::Frame(found)) = forged(&bytes) else {
        panic!("not a frame")
    };
    let half = [
        Operation::Input(0),
        Operation::Constant(0.5f64.to_bits()),
        Operation::Multiply,
    ];
    let plain = Field {
        width: 4,
        swap: false,
        transform: Transform::NONE,
    };
    let structure = table(vec![plain, field(taking(&[0], &half))], 0);
    let read = found.structure;
    assert_eq!(read, structure);
}

#[test]
fn relations_that_there_cannot_be_are_refused() {
    let cases: [(&str, &[u8]); 13] = [
        ("no inputs", &[0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("nine inputs", &[9, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 0]),
        ("kind 3", &[1, 3, 1, 0]),
        ("a third field", &[1, 10, 1, 0]),
        ("a field beyond all", &[1, 0x80, 0x80, 0x10, 1, 0]),
        ("itself", &[1, 6, 1, 0]),
        ("no operations", &[1, 2, 0]),
        ("65 operations", &[1, 2, 65]),
        ("an operation that there is not", &[1, 2, 2, 0, 24]),
        ("an input that there is not", &[1, 2, 1, 1]),
        ("a sum of one", &[1, 2, 2, 0, 10]),
        ("two left", &[1, 2, 2, 0, 9]),
        (
            "an infinite constant",
            &[1, 2, 1, 8, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
        ),
    ];
    for (what, formula) in cases {
        let fields = [&[2, 1, 2, 0, 1, 0b1101_0110, 0], formula].concat();
        let error = forged(&fields).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. } | Error::OutOfRange { .. }),
            "{what}: {error}"
        );
    }
    let good = [&[2, 1, 2, 0, 1, 0b1101_0110, 0][..], &[1, 2, 1, 0]].concat();
    assert!(forged(&good).is_ok());
    // Each takes the other; all of a run take one of the run.
    let circles = [
        vec![
            field(taking(&[1], &[Operation::Input(0)])),
            field(taking(&[0], &[Operation::Input(0)])),
        ],
        vec![field(taking(&[1], &[Operation::Input(0)])); 3],
        vec![field(taking(&[0], &[Operation::Input(0)]))],
    ];
    for fields in circles {
        assert!(table(fields, 0).validate(100).is_err());
    }
}

#[test]
fn long_chains_take_no_time() {
    let count = 1 << 16;
    let mut fields: Vec<Field> = (0..count - 1)
        .map(|k| {
            field(taking(
                &[k as u16 + 1; 8],
                &[[Operation::Input(7); 8].as_slice(), &[Operation::Add; 7]].concat(),
            ))
        })
        .collect();
    fields.push(field(Predict::Nothing));
    let structure = table(fields, 0);
    let begun = std::time::Instant::now();
    check(&structure, &vec![1; 1_000_000]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}
