//! Stored frames with filters: the payload is the coded bytes; and formulas.

use crate::hex;
use crate::support::made::Lcg;
use boa_constrictor::Layout;
use boa_constrictor::format::{EntropyModel, FrameHeader, frame_hash};
use boa_constrictor::layout::Kind;
use boa_constrictor::structure::{
    Field, Formula, FormulaInput, Operation, Predict, Rule, Structure, Transform,
};
use serde_json::{Value, json};
use std::sync::Arc;

fn case(name: &str, content: &[u8], structure: Structure) -> Value {
    structure
        .validate(content.len())
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let coded = structure.forward(content.to_vec());
    assert!(structure.inverse(coded.clone()) == content, "{name}");
    let header = FrameHeader {
        structure,
        ..FrameHeader::plain(
            EntropyModel::Stored,
            content.len() as u32,
            frame_hash(content),
        )
    };
    let frame = [header.to_bytes(), coded].concat();
    json!({"name": name, "frame": hex(&frame), "content": hex(content)})
}

/// Numbers that mostly follow a rule of decimals, some that do not, and a few that are none.
fn floats(count: usize, seed: u64) -> Vec<f64> {
    let mut random = Lcg(seed);
    let number = |n: usize| {
        let whole = 7 * n as i64 - 90 + random.below(5);
        match random.below(12) {
            0 => whole as f64 / 7.0,
            1 => [f64::NEG_INFINITY, f64::NAN, -0.0, 1e300, 1e-310, -3e25][n % 6],
            _ => whole as f64 * 3.0 / 1000.0,
        }
    };
    (0..count).map(number).collect()
}

fn bytes_of(numbers: &[f64], width: u8) -> Vec<u8> {
    let bytes = |&number: &f64| match width {
        4 => (number as f32).to_le_bytes().to_vec(),
        _ => number.to_le_bytes().to_vec(),
    };
    numbers.iter().flat_map(bytes).collect()
}

fn single(width: u8, transform: Transform, record: u32, plane: u32, phase: u32) -> Structure {
    let layout = Layout {
        width,
        swap: false,
        record,
        plane,
        phase,
    };
    Structure {
        fields: vec![Field {
            width,
            swap: width > 1,
            transform,
        }],
        ..Structure::plain(layout)
    }
}

fn stencil(shift: i16) -> Predict {
    Predict::Stencil {
        shift,
        lags: vec![1, 2, 3],
        weights: vec![-5000, 900],
    }
}

fn ruled(rule: Rule) -> Transform {
    Transform {
        rule,
        ..Transform::of(Kind::Float)
    }
}

pub fn cases() -> Vec<Value> {
    let mut random = Lcg(41);
    let noise: Vec<u8> = (0..60).map(|_| random.below(256) as u8).collect();
    let swapped = |width, phase| Layout {
        width,
        swap: true,
        phase,
        ..Layout::BYTES
    };
    let mut cases = vec![
        case(
            "swap, 2 bytes",
            &noise[..21],
            Structure::plain(swapped(2, 0)),
        ),
        case(
            "swap, 8 bytes from the third on",
            &noise,
            Structure::plain(swapped(8, 3)),
        ),
        case(
            "transpose and swap",
            &noise,
            Structure {
                transposed: true,
                ..Structure::plain(Layout {
                    record: 12,
                    ..swapped(4, 0)
                })
            },
        ),
    ];
    let (numbers, other) = (floats(24, 43), floats(24, 47));
    let step = Rule::Step {
        numerator: 3,
        denominator: 1000,
    };
    let wide_step = Rule::Step {
        numerator: 5,
        denominator: 3,
    };
    let digits = |digits, decimals| Rule::Digits { digits, decimals };
    for (name, width, rule) in [
        ("any", 4, Rule::Any),
        ("step 3/1000", 4, step.clone()),
        ("step 3/1000", 8, step.clone()),
        ("step 5/3", 8, wide_step),
        ("4 digits, 3 decimals", 4, digits(4, 3)),
        ("15 digits, 3 decimals", 8, digits(15, 3)),
        ("6 digits, 19 decimals", 4, digits(6, 19)),
        ("coarse, 9 bits", 4, Rule::Coarse { cut: 9 }),
        ("coarse, 29 bits", 8, Rule::Coarse { cut: 29 }),
    ] {
        let name = format!("floats of {width} bytes, {name}");
        cases.push(case(
            &name,
            &bytes_of(&numbers, width),
            single(width, ruled(rule), 0, 0, 0),
        ));
    }
    let dictionary = Rule::Dictionary([2, 3, 200, 255].into());
    let few = Transform {
        rule: dictionary,
        ..Transform::NONE
    };
    cases.push(case("dictionary of bytes", &noise, single(1, few, 0, 0, 0)));
    let predicted = |kind, rule, predict| Transform {
        rule,
        predict,
        ..Transform::of(kind)
    };
    for (name, width, transform, lengths) in [
        (
            "differences by element",
            1,
            predicted(Kind::Signed, Rule::Any, Predict::Differences([2, 0, 0])),
            [0, 0, 0],
        ),
        (
            "differences by row and plane",
            2,
            predicted(Kind::Unsigned, Rule::Any, Predict::Differences([1, 1, 1])),
            [6, 18, 3],
        ),
        (
            "stencil of integers",
            8,
            predicted(Kind::Signed, Rule::Any, stencil(0)),
            [0, 0, 0],
        ),
        (
            "stencil of bytes",
            1,
            predicted(Kind::Unsigned, Rule::Any, stencil(0)),
            [0, 0, 0],
        ),
    ] {
        let [record, plane, phase] = lengths;
        cases.push(case(
            name,
            &noise,
            single(width, transform, record, plane, phase),
        ));
    }
    let of_floats = |shift| predicted(Kind::Float, Rule::Any, stencil(shift));
    let under_step = predicted(Kind::Float, step.clone(), stencil(0));
    cases.push(case(
        "stencil of floats, shift 30",
        &bytes_of(&numbers, 8),
        single(8, of_floats(30), 0, 0, 0),
    ));
    cases.push(case(
        "stencil of floats, shift -3",
        &bytes_of(&other, 4),
        single(4, of_floats(-3), 0, 0, 0),
    ));
    cases.push(case(
        "stencil under a step",
        &bytes_of(&other, 8),
        single(8, under_step, 0, 0, 0),
    ));
    let shifted = Transform {
        offset: 1_000_000,
        rotate: 3,
        ..Transform::of(Kind::Signed)
    };
    cases.push(case(
        "offset and rotation",
        &noise,
        single(4, shifted, 0, 0, 2),
    ));
    cases.push(related(&numbers, &other, step));
    cases
}

/// Rows of two floats, their quotient by a rule, the sum in 8 bytes, and a byte; from the middle of a row on.
fn related(a: &[f64], b: &[f64], step: Rule) -> Value {
    let mut content = Vec::new();
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (a as f32, b as f32);
        content.extend(a.to_le_bytes());
        content.extend(b.to_be_bytes());
        content.extend((f64::from(a) + f64::from(b)).to_le_bytes());
        content.extend((a / b).to_le_bytes());
        content.push((a * 10.0) as i8 as u8);
    }
    let input = |field| FormulaInput {
        field,
        kind: Kind::Float,
    };
    let relation = |inputs: &[u16], operations: &[Operation]| {
        Predict::Relation(Arc::new(Formula {
            inputs: inputs.iter().map(|&field| input(field)).collect(),
            operations: operations.to_vec(),
        }))
    };
    use Operation::{Add, Constant, Divide, Input, Multiply};
    let sum = relation(&[0, 1], &[Input(0), Input(1), Add]);
    let quotient = relation(&[0, 1], &[Input(0), Input(1), Divide]);
    let tens = relation(&[0], &[Input(0), Constant(10f64.to_bits()), Multiply]);
    let field = |width, swap, kind, rule, predict| Field {
        width,
        swap,
        transform: Transform {
            rule,
            predict,
            ..Transform::of(kind)
        },
    };
    let fields = vec![
        field(4, true, Kind::Float, step.clone(), Predict::Nothing),
        field(
            4,
            false,
            Kind::Float,
            Rule::Any,
            Predict::Differences([1, 0, 0]),
        ),
        field(8, true, Kind::Float, Rule::Any, sum),
        field(4, true, Kind::Float, step, quotient),
        field(1, false, Kind::Signed, Rule::Any, tens),
    ];
    let layout = Layout {
        record: 21,
        phase: 6,
        ..Layout::BYTES
    };
    let structure = Structure {
        fields,
        ..Structure::plain(layout)
    };
    case(
        "several fields with relations",
        &content[6..content.len() - 9],
        structure,
    )
}

/// Every operation on some numbers, ends among them.
pub fn formulas() -> Vec<Value> {
    use Operation::*;
    let numbers = [
        -0.0,
        0.1,
        -0.37,
        0.374,
        1.0,
        2.5,
        -123.456,
        3e9,
        -7e-5,
        5e-324,
        800.0,
        2e6,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    let of_one = [
        (14, Root),
        (15, Sine),
        (16, Cosine),
        (17, Sinh),
        (18, Cosh),
        (19, Asinh),
        (20, Exp),
        (21, Log),
        (23, Turn),
    ];
    let of_two = [
        (10, Add),
        (11, Subtract),
        (12, Multiply),
        (13, Divide),
        (22, Angle),
    ];
    let mut cases = Vec::new();
    let mut push = |code: &[u8], operations: &[Operation], inputs: &[f64]| {
        let input = |field| FormulaInput {
            field,
            kind: Kind::Float,
        };
        let formula = Formula {
            inputs: (0..inputs.len() as u16).map(input).collect(),
            operations: operations.to_vec(),
        };
        formula.validate().unwrap();
        let pattern = |number: f64| format!("{:016x}", number.to_bits());
        cases.push(json!({
            "operations": hex(code), "inputs": inputs.iter().map(|&number| pattern(number)).collect::<Vec<_>>(),
            "value": pattern(formula.value(inputs)),
        }));
    };
    for (code, operation) in of_one {
        for number in numbers {
            push(&[0, code], &[Input(0), operation], &[number]);
        }
    }
    for (code, operation) in of_two {
        for (k, number) in numbers.into_iter().enumerate() {
            push(
                &[0, 1, code],
                &[Input(0), Input(1), operation],
                &[number, numbers[(5 * k + 3) % numbers.len()]],
            );
        }
    }
    let hundred = 100f64;
    let code = [&[0, 9, 12, 8][..], &hundred.to_le_bytes(), &[10]].concat();
    push(
        &code,
        &[Input(0), Again, Multiply, Constant(hundred.to_bits()), Add],
        &[-2.5],
    );
    cases
}
