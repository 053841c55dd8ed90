//! The decoder in plain Python, written from `docs/format.md` and `docs/format-numbers.md` alone, reads the lossy files that boa writes.

mod support;

use boa_constrictor::layout::{Column, Kind};
use boa_constrictor::lossy::grid::Grid;
use boa_constrictor::lossy::source::{RawField, Source};
use boa_constrictor::model::numbers::field::{Axis, FieldMethod};
use boa_constrictor::{EncodeOptions, Level};
use support::lossy::{encode, plan, request};
use support::made::Lcg;
use support::number_frames::{self, Array};
use support::numbers::{F2, F4, F8, I2, array, bytes_of, table};
use support::python::{agrees, has_python};

/// Bytes compressed with one bound for all numbers; it has a frame of numbers.
fn lossy(bytes: &[u8], source: &Source, bound: &str) -> Vec<u8> {
    let mut request = request(bound);
    request.fill = vec![-999.0];
    let file = encode(bytes, source, &plan(bytes, source, &request));
    assert!(file.len() < bytes.len(), "{bound}");
    file
}

/// Smooth values along axes, with a little noise.
fn smooth(shape: &[usize], noise: f64) -> Vec<f64> {
    let mut random = Lcg(5);
    (0..shape.iter().product())
        .map(|at: usize| {
            let mut rest = at;
            let mut value = 20.0;
            for (axis, &length) in shape.iter().enumerate().rev() {
                let along = (rest % length) as f64;
                rest /= length;
                value += (along / (3.0 + axis as f64) + axis as f64).sin() * 10.0 + along / 5.0;
            }
            value + noise * random.below(1000) as f64 / 1000.0
        })
        .collect()
}

/// Values that no grid has.
fn with_specials(mut values: Vec<f64>) -> Vec<f64> {
    let count = values.len();
    let others = [f64::NAN, f64::INFINITY, -0.0, 1e30, -999.0];
    for k in 0..count / 10 {
        values[k * 97 % count] = others[k % others.len()];
    }
    let (from, to) = (count / 2, count / 2 + count / 8);
    values[from..to].fill(-999.0);
    values
}

#[test]
fn arrays_decode_to_the_same_content() {
    if !has_python() {
        return;
    }
    let shapes: [&[usize]; 4] = [&[400], &[20, 25], &[6, 9, 11], &[4, 5, 6, 5]];
    let mut files = Vec::new();
    let mut add = |values: &[f64], column: Column, shape: &[usize], bound: &str| {
        let bytes = bytes_of(values, column.width);
        let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
        let file = lossy(&bytes, &array(&bytes, column, &shape), bound);
        files.push((format!("{}-{bound}-{}", shape.len(), files.len()), file));
    };
    for shape in shapes {
        let values = smooth(shape, 0.3);
        add(&values, F4, shape, "1e-3:rel");
        add(&values, F8, shape, "1e-2:pw-rel");
        add(&with_specials(values), F4, shape, "0.05:abs");
    }
    let values = smooth(shapes[2], 0.3);
    add(&values, F8, shapes[2], "5:digits");
    add(&with_specials(values), F8, shapes[2], "1e-3:pw-rel");
    let mostly_zero: Vec<f64> = { smooth(shapes[2], 1.0).into_iter() }
        .map(|x| if x > 35.0 { x } else { 0.0 })
        .collect();
    add(&mostly_zero, F4, shapes[2], "0.01:abs");
    agrees(&files);
}

/// A method with each kind of axis, outermost first, as letters.
fn method(axes: &str, levels: u32) -> FieldMethod {
    let mut method = FieldMethod {
        levels,
        neighbours: 24,
        ..FieldMethod::default()
    };
    for (axis, letter) in method.axes.iter_mut().zip(axes.bytes()) {
        *axis = match letter {
            b'o' => Axis::Outer,
            b'r' => Axis::Refined,
            _ => Axis::Inner,
        };
    }
    method
}

#[test]
fn fields_of_every_method_decode_to_the_same_content() {
    if !has_python() {
        return;
    }
    let lengths = [3, 6, 5, 7];
    let targets: Vec<i64> = { smooth(&lengths, 0.3).into_iter() }
        .map(|x| (x * 20_000.0) as i64)
        .collect();
    let zero_mostly: Vec<i64> = { targets.iter() }
        .map(|&x| if x > 500_000 { x } else { 10 << 12 })
        .collect();
    let uniform = Grid::Uniform {
        step: 0.125,
        offset: 3,
    };
    let grids = [
        (F4, uniform, false),
        (F8, uniform, true),
        (F2, uniform, false),
        (I2, uniform, false),
        (I2, Grid::Integer { step: 3 }, true),
        (
            F8,
            Grid::Logarithmic {
                step: 0.015625,
                first: -20,
            },
            true,
        ),
        (
            F4,
            Grid::Decimal {
                digits: 3,
                first: -2,
            },
            true,
        ),
    ];
    let mut methods = [
        method("iiii", 0),
        method("oirr", 2),
        method("rrrr", 1),
        method("riri", 3),
        method("orir", 1),
    ];
    methods[1].tightening = 3;
    methods[2].tile = [1, 2, 0, 3];
    methods[3].channels = true;
    methods[4].background = Some(10 << 12);
    let mut files = Vec::new();
    for (k, method) in methods.iter_mut().enumerate() {
        method.shift = k as u32;
        method.memory = 4 * (k as u32 % 3);
        method.roughness = [16, 20 + k as u16, 30, 17];
        method.origin = 400_000;
        for j in 0..2 {
            let (column, grid, whole) = grids[(2 * k + j) % grids.len()];
            let array = Array {
                column,
                lengths: &lengths,
                grid,
                whole,
            };
            let targets = match method.background {
                Some(_) => &zero_mostly,
                None => &targets,
            };
            let file = number_frames::array(&array, method, targets);
            files.push((format!("{k}-{j}"), file));
        }
    }
    // Values as large as there are, and weights that are shifted far.
    let extremes: Vec<i64> = (0..630i64).map(|k| k % 5 * (i64::MAX / 4)).collect();
    let mut far = method("irir", 2);
    (far.shift, far.tile, far.memory) = (40, [0, 3, 3, 3], 20);
    let array = Array {
        column: F8,
        lengths: &lengths,
        grid: uniform,
        whole: false,
    };
    files.push(("far".into(), number_frames::array(&array, &far, &extremes)));
    agrees(&files);
}

/// Rows of columns that differ in type and in what predicts them: from each other, from the row above, by a formula, from few values.
fn rows(count: usize) -> Vec<[f64; 7]> {
    let mut random = Lcg(8);
    let mut noise = || random.below(2001) as f64 / 1000.0 - 1.0;
    (0..count)
        .map(|k| {
            let (x, y) = (noise() * 40.0 + noise() * 30.0, noise() * 50.0);
            let few = [1.5, 2.5, 7.0, 1000.0][(noise().abs() * 3.99) as usize];
            let missing = match k % 9 {
                0 => f64::NAN,
                4 => -999.0,
                5 if k > 50 => 1e35,
                _ => 100.0 + noise(),
            };
            [
                x,
                y,
                (x * x + y * y).sqrt(),
                3.0 * x - y + noise(),
                few,
                missing,
                (k as f64 / 9.0).sin() * 300.0,
            ]
        })
        .collect()
}

const TABLE: [RawField; 8] = [
    RawField::Number(F4),
    RawField::Number(F8),
    RawField::Number(F8),
    RawField::Number(F4),
    RawField::Number(F4),
    RawField::Number(F8),
    RawField::Bytes(3),
    RawField::Number(I2),
];

fn write(number: f64, column: Column) -> Vec<u8> {
    match (column.kind, column.width) {
        (Kind::Float, 4) => (number as f32).to_le_bytes().to_vec(),
        (Kind::Float, _) => number.to_le_bytes().to_vec(),
        _ => (number as i16).to_le_bytes().to_vec(),
    }
}

/// The bytes of a table, row by row or column by column.
fn table_bytes(rows: &[[f64; 7]], column_major: bool) -> Vec<u8> {
    let mut number = 0;
    let columns = TABLE.map(|field| match field {
        RawField::Number(column) => {
            number += 1;
            let own = rows.iter().map(move |row| write(row[number - 1], column));
            own.collect::<Vec<_>>()
        }
        RawField::Bytes(_) => rows.iter().map(|_| b"abc".to_vec()).collect(),
    });
    match column_major {
        true => columns.concat().concat(),
        false => (0..rows.len())
            .flat_map(|row| columns.iter().flat_map(move |column| column[row].clone()))
            .collect(),
    }
}

#[test]
fn tables_decode_to_the_same_content() {
    if !has_python() {
        return;
    }
    let mut files = Vec::new();
    let mut add = |name: &str, file: Vec<u8>| files.push((format!("{name}-{}", files.len()), file));
    let bounds = ["1e-3:rel", "0.02:abs", "1e-2:pw-rel", "4:digits"];
    for (k, bound) in bounds.into_iter().enumerate() {
        let column_major = k % 2 == 1;
        let bytes = table_bytes(&rows(250), column_major);
        add(
            bound,
            lossy(&bytes, &table(&bytes, &TABLE, column_major), bound),
        );
    }
    // Integers that are rounded too; and what does not compress stays exact beside it.
    let bytes = table_bytes(&rows(200), false);
    let source = table(&bytes, &TABLE, false);
    let mut request = request("1e-3:rel");
    let last = boa_constrictor::lossy::Selector::Number(6);
    request.columns.push((last, "10:abs".parse().unwrap()));
    add(
        "integers",
        encode(&bytes, &source, &plan(&bytes, &source, &request)),
    );
    // What stays exact as a frame of columns.
    let bytes = table_bytes(&rows(600), false);
    let source = table(&bytes, &TABLE, false);
    let mut request = support::lossy::request("1e-3:rel");
    request.fill = vec![-999.0];
    request.exact = [0, 4]
        .map(boa_constrictor::lossy::Selector::Number)
        .to_vec();
    let quick = EncodeOptions {
        level: Level::new(1).unwrap(),
        threads: 1,
        ..EncodeOptions::default()
    };
    let plan_of_it = plan(&bytes, &source, &request);
    add(
        "quick",
        support::lossy::encode_with(&bytes, &source, &plan_of_it, &quick),
    );
    // One column alone, and a constant one.
    let bytes = bytes_of(&smooth(&[300], 0.01), 4);
    let one = [RawField::Number(F4)];
    add(
        "one",
        lossy(&bytes, &table(&bytes, &one, false), "0.01:abs"),
    );
    let bytes = bytes_of(&[2.5; 300], 8);
    let three = [RawField::Number(F8); 3];
    add(
        "constant",
        lossy(&bytes, &table(&bytes, &three, true), "0.01:abs"),
    );
    agrees(&files);
}

#[test]
fn damaged_lossy_files_are_refused() {
    if !has_python() {
        return;
    }
    let bytes = table_bytes(&rows(60), false);
    let values = bytes_of(&with_specials(smooth(&[6, 7, 8], 0.3)), 4);
    let wholes = [
        lossy(&bytes, &table(&bytes, &TABLE, false), "1e-2:rel"),
        lossy(&values, &array(&values, F4, &[6, 7, 8]), "0.1:abs"),
    ];
    let mut files = Vec::new();
    for (k, whole) in wholes.iter().enumerate() {
        let mut random = Lcg(9);
        for n in 0..12 {
            let at = whole.len() * n / 12 + random.below(whole.len() as i64 / 12) as usize;
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << random.below(8);
            files.push((format!("{k}-{at}"), damaged));
        }
        files.push((format!("{k}-cut"), whole[..whole.len() - 1].to_vec()));
    }
    agrees(&files);
}
