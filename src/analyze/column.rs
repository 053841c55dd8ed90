//! One column of a table, or all elements of an array: type, range, rule, and what an element costs.

use super::examined::ExaminedFrame;
use super::noise::coin_flips;
use crate::layout::{Kind, Layout};
use crate::search::{Estimator, columns};
use crate::structure::{Structure, Transform, description};
use crate::transform::patterns;
use serde::{Serialize, Serializer};
use std::collections::HashSet;

/// Distinct values are counted up to this number.
const MAX_DISTINCT: usize = 1 << 16;
/// Elements of a frame that are coded to estimate what one costs, in so many runs.
const CODED: usize = 8192;
const RUNS: usize = 4;
/// The most columns that are described one by one.
const MAX_DESCRIBED_COLUMNS: usize = 1024;

/// A number as its type reads it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Number {
    /// An integer from 0 on.
    Unsigned(u64),
    /// An integer with a sign.
    Signed(i64),
    /// A 4-byte float.
    Single(f32),
    /// An 8-byte float.
    Double(f64),
}

impl Number {
    fn of(pattern: u64, width: u8, kind: Kind) -> Number {
        match (kind, width) {
            (Kind::Float, 4) => Number::Single(f32::from_bits(pattern as u32)),
            (Kind::Float, 8) => Number::Double(f64::from_bits(pattern)),
            (Kind::Signed, 1..=8) => {
                let shift = 64 - 8 * u32::from(width);
                Number::Signed((pattern << shift) as i64 >> shift)
            }
            _ => Number::Unsigned(pattern),
        }
    }
}

impl std::fmt::Display for Number {
    /// The shortest decimal that is the number, with an exponent where it is large or small.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plain = |size: f64| size == 0.0 || (1e-4..1e9).contains(&size.abs());
        match *self {
            Number::Unsigned(value) => write!(f, "{value}"),
            Number::Signed(value) => write!(f, "{value}"),
            Number::Single(value) if plain(value.into()) => write!(f, "{value}"),
            Number::Single(value) => write!(f, "{value:e}"),
            Number::Double(value) if plain(value) => write!(f, "{value}"),
            Number::Double(value) => write!(f, "{value:e}"),
        }
    }
}

impl Serialize for Number {
    /// A JSON number; infinities and not-a-numbers, which JSON has no numbers for, as text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Number::Unsigned(value) => serializer.serialize_u64(value),
            Number::Signed(value) => serializer.serialize_i64(value),
            Number::Single(value) if value.is_finite() => serializer.serialize_f32(value),
            Number::Double(value) if value.is_finite() => serializer.serialize_f64(value),
            Number::Single(_) | Number::Double(_) => serializer.collect_str(self),
        }
    }
}

/// A column of a table, or all elements of an array.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnReport {
    /// Bytes from the beginning of the record; 0 where all elements are alike.
    pub at: u32,
    /// As NumPy writes it: `<f4`, `>i2`, `u1`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Elements that were examined.
    pub count: u64,
    /// The least number that is neither infinite nor not a number, if there is any.
    pub min: Option<Number>,
    /// The largest of those.
    pub max: Option<Number>,
    /// Elements that are not a number.
    pub nan: u64,
    /// Infinite elements.
    pub infinite: u64,
    /// Different bit patterns; if not `distinct_exact`, there are more.
    pub distinct: u64,
    /// They were counted to the end.
    pub distinct_exact: bool,
    /// The rule that the values follow and how they are predicted, in words.
    pub rule: Option<String>,
    /// What an element is estimated to cost in bits, if the column stood alone.
    pub bits: f64,
    /// How many of these bits look like coin flips.
    pub noise_bits: f64,
}

impl ColumnReport {
    /// The numbers are floats.
    pub fn is_float(&self) -> bool {
        self.type_name.contains('f')
    }
}

/// Where a column's elements are and how their bits are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ColumnPosition {
    width: u8,
    swap: bool,
    kind: Kind,
    /// Bytes from the beginning of the record; none: all elements.
    at: Option<usize>,
}

/// The columns of a frame. `layout` is that which was planned: it knows the byte order that a structure's fields took over.
pub(super) fn positions(
    layout: &Layout,
    structure: &Structure,
    rows: &[u8],
) -> Vec<ColumnPosition> {
    let layout = Layout {
        swap: layout.swap,
        ..structure.layout
    };
    let all = |width: u8, swap: bool| {
        let layout = Layout {
            width,
            swap,
            ..layout
        };
        vec![ColumnPosition {
            width,
            swap,
            kind: columns::kind(rows, &layout),
            at: None,
        }]
    };
    let fields = &structure.fields;
    if let [field] = fields.as_slice() {
        return all(field.width, field.swap);
    }
    if layout.width == 1 && layout.record == 0 {
        return Vec::new();
    }
    let many = layout.record as usize / usize::from(layout.width) > MAX_DESCRIBED_COLUMNS;
    if fields.is_empty() && (layout.record == 0 || layout.plane > 0 || many && layout.width > 1) {
        return all(layout.width, layout.swap);
    }
    let mut found = columns::columns(rows, &layout);
    let agree = found.len() == fields.len()
        && found
            .iter()
            .zip(fields)
            .all(|(c, f)| (c.width, c.swap) == (f.width, f.swap));
    if !fields.is_empty() && !agree {
        found = fields
            .iter()
            .map(|field| crate::layout::Column {
                width: field.width,
                swap: field.swap,
                kind: field.transform.kind,
            })
            .collect();
    }
    let mut at = 0;
    let positions: Vec<ColumnPosition> = found
        .iter()
        .enumerate()
        .map(|(k, column)| {
            let transform = fields.get(k).map(|field| &field.transform);
            let kind = match transform {
                Some(transform) if *transform != Transform::NONE => transform.kind,
                _ => column.kind,
            };
            let position = ColumnPosition {
                width: column.width,
                swap: column.swap,
                kind,
                at: Some(at),
            };
            at += usize::from(column.width);
            position
        })
        .collect();
    if positions.len() > MAX_DESCRIBED_COLUMNS {
        Vec::new()
    } else {
        positions
    }
}

/// Describes the column at `positions[number]` from frames whose columns are `positions`.
pub(super) fn describe(
    positions: &[ColumnPosition],
    number: usize,
    examined_frames: &[ExaminedFrame],
    estimator: &mut Estimator,
) -> ColumnReport {
    let position = positions[number];
    let ColumnPosition {
        width,
        swap,
        kind,
        at,
    } = position;
    let mut counted = Counted::default();
    let (mut bits, mut noise, mut weight) = (0.0, 0.0, 0.0);
    let mut rule = None;
    for (k, seen) in examined_frames.iter().enumerate() {
        let layout = &seen.structure.layout;
        let values = patterns(layout, &seen.rows, (width, swap, at), 0, usize::MAX);
        counted.add(&values, width, kind);
        let field = seen.structure.fields.get(number);
        let transform = field.map_or(&Transform::NONE, |field| &field.transform);
        if k == 0 {
            rule = description::transform(transform, &seen.structure.fields);
        }
        let codes = patterns(layout, &seen.coded, (width, false, at), 0, usize::MAX);
        let share = codes.len() as f64;
        if codes.windows(2).any(|pair| pair[0] != pair[1]) {
            let cost = estimator.bits(&runs(&codes), width);
            bits += share * cost;
            let low: Vec<u64> = codes
                .iter()
                .map(|&code| seen.lowered(code, transform, width))
                .collect();
            noise += share * coin_flips(&low, 8 * u32::from(width)).min(cost);
        }
        weight += share;
    }
    let distinct_exact = counted.distinct.len() <= MAX_DISTINCT;
    if distinct_exact && counted.distinct.len() == 1 && counted.count > 1 {
        rule = Some("constant".into());
    }
    let average = |sum: f64| if weight > 0.0 { sum / weight } else { 0.0 };
    ColumnReport {
        at: at.unwrap_or(0) as u32,
        type_name: description::type_name(width, swap, kind),
        count: counted.count,
        min: counted
            .min
            .map(|code| Number::of(kind.pattern(code, 8 * u32::from(width)), width, kind)),
        max: counted
            .max
            .map(|code| Number::of(kind.pattern(code, 8 * u32::from(width)), width, kind)),
        nan: counted.nan,
        infinite: counted.infinite,
        distinct: counted.distinct.len().min(MAX_DISTINCT) as u64,
        distinct_exact,
        rule,
        bits: average(bits),
        noise_bits: average(noise),
    }
}

/// A sample of elements, neighbours together.
fn runs(codes: &[u64]) -> Vec<u64> {
    if codes.len() <= CODED {
        return codes.to_vec();
    }
    let run = CODED / RUNS;
    let starts = (0..RUNS).map(|k| (codes.len() - run) * k / (RUNS - 1));
    starts
        .flat_map(|start| &codes[start..start + run])
        .copied()
        .collect()
}

/// What the values of a column are like.
#[derive(Default)]
struct Counted {
    count: u64,
    /// As [codes](Kind::code), in the order of the numbers.
    min: Option<u64>,
    max: Option<u64>,
    nan: u64,
    infinite: u64,
    /// Up to one more than are counted.
    distinct: HashSet<u64>,
}

impl Counted {
    fn add(&mut self, values: &[u64], width: u8, kind: Kind) {
        let bits = 8 * u32::from(width);
        let mut last = None;
        for &value in values {
            self.count += 1;
            if last != Some(value) && self.distinct.len() <= MAX_DISTINCT {
                self.distinct.insert(value);
            }
            last = Some(value);
            let (nan, infinite) = match Number::of(value, width, kind) {
                Number::Single(float) => (float.is_nan(), float.is_infinite()),
                Number::Double(float) => (float.is_nan(), float.is_infinite()),
                _ => (false, false),
            };
            self.nan += u64::from(nan);
            self.infinite += u64::from(infinite);
            if !nan && !infinite {
                let code = kind.code(value, bits);
                self.min = Some(self.min.map_or(code, |min| min.min(code)));
                self.max = Some(self.max.map_or(code, |max| max.max(code)));
            }
        }
    }
}
