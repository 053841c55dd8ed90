//! Relations between the columns of a table: which columns are coded as their difference from what others predict.

use super::candidates::{self, EARLY, Sample};
use super::choice::FEWEST;
use super::estimate::{Estimator, sampled};
use crate::layout::Column;
use crate::layout::Layout;
use crate::structure::{Formula, FormulaInput, Predict, Transform};
use crate::transform::relation;
use std::collections::{HashMap, HashSet};

/// Rows that formulas are fitted to and ranked by.
const FITTED: usize = 256;
/// A column that costs fewer bits is left alone: values that come again are cheap as they are.
const CHEAP: f64 = 5.0;
/// A relation has to leave less than this share of a column's bits, and to save so many.
const LEAVES: f64 = 0.85;
const SAVES: f64 = 1.0;
/// A column of which a larger share came before is left alone: its neighbours come again with it.
const AGAIN: f64 = 0.25;
/// Bits that naming a formula costs.
const RELATION_BITS: f64 = 240.0;

/// A column as it would be coded without a relation.
pub(crate) struct Plain {
    /// Readings and rules that a relation may go with, the best first.
    pub transforms: Vec<Transform>,
    /// Bits of an element.
    pub bits: f64,
}

/// A column's transform with a relation, and what an element costs with it.
pub(crate) struct Related {
    pub column: usize,
    pub transform: Transform,
    pub bits: f64,
}

/// Whole records of a table, and where its columns begin.
struct TableRecords<'a> {
    bytes: &'a [u8],
    record: usize,
    rows: usize,
    columns: &'a [Column],
    offsets: Vec<usize>,
}

impl TableRecords<'_> {
    fn pattern(&self, column: usize, row: usize) -> u64 {
        let Column { width, swap, .. } = self.columns[column];
        let at = row * self.record + self.offsets[column];
        crate::layout::value(self.bytes, at, width.into(), swap)
    }

    fn number(&self, input: FormulaInput, row: usize) -> f64 {
        let column = usize::from(input.field);
        let bits = 8 * u32::from(self.columns[column].width);
        input.kind.number(self.pattern(column, row), bits)
    }

    /// What is left of a column in some rows when a formula is taken from it; the transform's relation is that formula.
    fn left(
        &self,
        column: usize,
        transform: &Transform,
        formula: &Formula,
        rows: &[usize],
    ) -> Vec<u64> {
        let mut numbers = [0.0; Formula::MAX_INPUTS];
        let predicted: Vec<f64> = { rows.iter() }
            .map(|&row| {
                for (number, &input) in numbers.iter_mut().zip(&formula.inputs) {
                    *number = self.number(input, row);
                }
                formula.value(&numbers)
            })
            .collect();
        let mut elements: Vec<u64> = rows.iter().map(|&row| self.pattern(column, row)).collect();
        let width = self.columns[column].width;
        transform.forward(&mut elements, width, [1, 0, 0], &predicted);
        elements
    }
}

/// The columns that others predict, so that no two predict each other.
pub(crate) fn find(
    bytes: &[u8],
    layout: &Layout,
    columns: &[Column],
    plain: &[Plain],
    estimator: &mut Estimator,
) -> Vec<Related> {
    let (first, rows) = relation::whole_records(layout, bytes.len());
    if rows < FEWEST {
        return Vec::new();
    }
    let next = |offset: &mut usize, column: &Column| {
        let own = *offset;
        *offset += usize::from(column.width);
        Some(own)
    };
    let table = TableRecords {
        bytes: &bytes[first..],
        record: layout.record as usize,
        rows,
        columns,
        offsets: columns.iter().scan(0, next).collect(),
    };
    let fitted = rows.clamp(EARLY, FITTED);
    // Not at equal distances, which a table's order may share.
    let rows: Vec<usize> = (0..fitted)
        .map(|k| (k * rows + k * 7919 % rows) / fitted)
        .collect();
    let samples: Vec<Sample> = (0..columns.len())
        .filter_map(|column| {
            let input = FormulaInput {
                field: u16::try_from(column).ok()?,
                kind: columns[column].kind,
            };
            let values = rows.iter().map(|&row| table.number(input, row)).collect();
            Sample::new(input, plain[column].bits >= CHEAP, values)
        })
        .collect();
    let mut ranked: Vec<Related> = Vec::new();
    for candidate in candidates::candidates(&samples) {
        let column = usize::from(samples[candidate.target].input.field);
        for transform in &plain[column].transforms {
            let transform = Transform {
                predict: Predict::Relation(candidate.formula.clone().into()),
                offset: 0,
                rotate: 0,
                ..transform.clone()
            };
            let left = table.left(column, &transform, &candidate.formula, &rows);
            // About what a number of so many bits costs.
            let bits = |code: &u64| f64::from(64 - code.leading_zeros().min(63));
            let bits = 1.0 + left.iter().map(bits).sum::<f64>() / left.len() as f64;
            ranked.push(Related {
                column,
                transform,
                bits,
            });
        }
    }
    let saved = |related: &Related| plain[related.column].bits - related.bits;
    ranked.retain(|related| saved(related) > 0.0);
    ranked.sort_by(|a, b| saved(b).total_cmp(&saved(a)));
    let again = again(&table, ranked.iter().map(|related| related.column), &rows);
    let mut chosen: HashMap<usize, Related> = HashMap::new();
    let mut tried = HashMap::new();
    for related in ranked {
        let times: &mut u32 = tried.entry(related.column).or_default();
        if *times == 3 || chosen.contains_key(&related.column) || circular(&chosen, &related) {
            continue;
        }
        *times += 1;
        let bits = measure(&table, &related, estimator) + RELATION_BITS / table.rows as f64;
        // What comes again is cheap as it is.
        let share = again.get(&related.column).copied().unwrap_or(0.0);
        let before = plain[related.column].bits * (1.0 - share);
        if share <= AGAIN && bits < LEAVES * before && bits < before - SAVES {
            chosen.insert(related.column, Related { bits, ..related });
        }
    }
    chosen.into_values().collect()
}

/// The bytes on either side of an element that have to come again with it.
const BESIDE: usize = 8;

/// Keys are distinguished by so many bits before they are looked up.
const FILTER: u32 = 17;

/// An element with the bytes before or after it.
type Key = (u64, u64, bool);

/// The share of some columns' elements that came before, in any column, with the bytes on one side of them: rows that
/// repeat, objects that swap. A relation would hide them.
fn again(
    table: &TableRecords,
    of: impl Iterator<Item = usize>,
    rows: &[usize],
) -> HashMap<usize, f64> {
    let offset = |column: usize, row: usize| row * table.record + table.offsets[column];
    let keys = |column: usize, row: usize| {
        let at = offset(column, row);
        let end = at + usize::from(table.columns[column].width);
        let sides = [(at.checked_sub(BESIDE), false), (Some(end), true)];
        sides.map(|(from, after)| {
            let beside = table.bytes.get(from?..from? + BESIDE)?;
            let beside = beside
                .iter()
                .fold(0, |key, &byte| key << 8 | u64::from(byte));
            Some((table.pattern(column, row), beside, after))
        })
    };
    // The first position of each key that is looked for.
    let mut first: HashMap<Key, usize> = HashMap::new();
    let columns: HashSet<usize> = of.collect();
    for &column in &columns {
        for &row in rows {
            for key in keys(column, row).into_iter().flatten() {
                let at = first.entry(key).or_insert(usize::MAX);
                *at = offset(column, row).min(*at);
            }
        }
    }
    if first.is_empty() {
        return HashMap::new();
    }
    // Most keys of the table are not looked for, which a bit shows sooner than the map.
    let bit = |&(value, beside, after): &Key| {
        let mixed = value.rotate_left(32) ^ beside.wrapping_mul(3) ^ u64::from(after);
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER)) as usize
    };
    let mut is_wanted = vec![false; 1 << FILTER];
    for key in first.keys() {
        is_wanted[bit(key)] = true;
    }
    for row in 0..table.rows {
        for column in 0..table.columns.len() {
            for key in keys(column, row).into_iter().flatten() {
                if !is_wanted[bit(&key)] {
                    continue;
                }
                if let Some(first) = first.get_mut(&key) {
                    *first = offset(column, row).min(*first);
                }
            }
        }
    }
    let share = |column: usize| {
        let came = |&&row: &&usize| {
            let mut keys = keys(column, row).into_iter().flatten();
            keys.any(|key| {
                first
                    .get(&key)
                    .is_some_and(|&first| first < offset(column, row))
            })
        };
        rows.iter().filter(came).count() as f64 / rows.len() as f64
    };
    columns
        .into_iter()
        .map(|column| (column, share(column)))
        .collect()
}

/// Whether a relation would take, over others, the column that it predicts.
fn circular(chosen: &HashMap<usize, Related>, related: &Related) -> bool {
    let inputs = |related: &Related| match &related.transform.predict {
        Predict::Relation(formula) => formula
            .inputs
            .iter()
            .map(|i| usize::from(i.field))
            .collect(),
        _ => Vec::new(),
    };
    let mut open = inputs(related);
    let mut seen = HashSet::new();
    while let Some(column) = open.pop() {
        if column == related.column {
            return true;
        }
        if seen.insert(column) {
            open.extend(chosen.get(&column).map(inputs).unwrap_or_default());
        }
    }
    false
}

/// Estimated bits of an element.
fn measure(table: &TableRecords, related: &Related, estimator: &mut Estimator) -> f64 {
    let Predict::Relation(formula) = &related.transform.predict else {
        return f64::INFINITY;
    };
    let rows: Vec<usize> = sampled(table.rows, estimator.budget)
        .into_iter()
        .flatten()
        .collect();
    let left = table.left(related.column, &related.transform, formula, &rows);
    estimator.bits(&left, table.columns[related.column].width)
}
