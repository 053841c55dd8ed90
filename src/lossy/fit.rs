//! What an encoder finds out of a table's cells: which columns refer to which, what predicts what.
//!
//! Everything here is an estimate from some rows; what it chooses is written as parameters.

use super::cells::{CellColumn, TableShape};
use super::formula::{Relation, Typed};
use super::grid::{FINE_BITS, Grid};
use super::{regression, relate};
use crate::layout::Column;
use crate::model::numbers::column::bucket;
use crate::model::numbers::{ColumnCode, MAX_REFERENCES, NUMERIC};
use std::collections::BTreeMap;

/// Rows that references and regressions are found on.
const ROWS: usize = 4000;
/// Columns before a column that it may refer to.
const BACK: usize = 60;
/// Of the best references, how many are tried as the second.
const SECONDS: usize = 12;
/// Offsets of a grid that are tried, in sixteenths.
const OFFSETS: [u8; 8] = [0, 2, 4, 6, 8, 10, 12, 14];
/// Bits that a value of a context costs before it is known.
const NEW_VALUE: f64 = 4.0;

/// Bits of an order-0 code of values that occur so often.
fn entropy(counts: impl Iterator<Item = u32> + Clone) -> f64 {
    let all: f64 = counts.clone().map(f64::from).sum();
    counts
        .filter(|&count| count > 0)
        .map(|count| -f64::from(count) * (f64::from(count) / all).log2())
        .sum()
}

/// A uniform grid moved so that frequent values lie within cells, not between them.
pub fn centred(grid: Grid, column: Column, rows: usize, bits: &impl Fn(usize) -> u64) -> Grid {
    let Grid::Uniform { step, .. } = grid else {
        return grid;
    };
    let fines: Vec<i64> = { (0..rows).step_by((rows / (2 * ROWS)).max(1)) }
        .filter_map(|row| grid.to_fine(column, bits(row)))
        .collect();
    let cost = |offset: u8| {
        let moved = i64::from(offset) << (FINE_BITS - 4);
        let mut counts: BTreeMap<i64, u32> = BTreeMap::new();
        for fine in &fines {
            let cell = (fine - moved + (1 << (FINE_BITS - 1))) >> FINE_BITS;
            *counts.entry(cell).or_default() += 1;
        }
        entropy(counts.values().copied()) + 2.0 * NEW_VALUE * counts.len() as f64
    };
    let mut best = (cost(0), 0);
    for offset in OFFSETS.into_iter().skip(1) {
        let cost = cost(offset);
        if cost < best.0 * 0.998 {
            best = (cost, offset);
        }
    }
    Grid::Uniform {
        step,
        offset: best.1,
    }
}

/// Whether the cells can be symbols.
pub fn spans(cells: &[i64]) -> bool {
    match (cells.iter().min(), cells.iter().max()) {
        (Some(least), Some(most)) => most - least < u32::MAX.into(),
        _ => false,
    }
}

/// How the columns of cells are coded, those that stay exact left out.
pub(super) fn codes(
    shape: &TableShape,
    columns: &[Option<CellColumn>],
    rows: usize,
) -> (Vec<ColumnCode>, Vec<Option<Relation>>) {
    let cells: Vec<&[i64]> = columns
        .iter()
        .flatten()
        .map(|c| c.cells.as_slice())
        .collect();
    let mut codes: Vec<ColumnCode> = cells.iter().map(|cells| plain(cells)).collect();
    let sampled: Vec<usize> = (0..rows).step_by((rows / ROWS).max(1)).collect();
    let buckets: Vec<Vec<u32>> = { cells.iter().zip(&codes) }
        .map(|(cells, code)| {
            let bucket = |row: &usize| bucket(code.symbol(cells[*row]).into(), code.median.into());
            match code.largest {
                0 => Vec::new(),
                _ => sampled.iter().map(bucket).collect(),
            }
        })
        .collect();
    let varying: Vec<usize> = (0..codes.len()).filter(|&k| codes[k].largest > 0).collect();
    for (k, &column) in varying.iter().enumerate() {
        let before = &varying[k.saturating_sub(BACK)..k];
        codes[column].references = references(&buckets, column, before);
        if codes[column].largest >= NUMERIC {
            codes[column].regression = regression::fit(&cells, column, before, &sampled, rows);
        }
    }
    let typed = typed(shape, columns);
    let relations = relate::relations(&typed, &cells, &codes, &sampled, rows);
    (codes, relations)
}

/// Types and grids of the columns that do not stay exact.
pub(super) fn typed(shape: &TableShape, columns: &[Option<CellColumn>]) -> Vec<Typed> {
    let all = shape.columns.iter().zip(columns);
    all.filter_map(|(&(_, column), cells)| cells.as_ref().map(|cells| (column, cells.grid)))
        .collect()
}

/// Symbols of a column by itself.
fn plain(cells: &[i64]) -> ColumnCode {
    let mut sorted = cells.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    sorted.dedup();
    let (Some(&least), Some(&most)) = (sorted.first(), sorted.last()) else {
        return ColumnCode::default();
    };
    let cells = (most - least + 1) as usize;
    let few = sorted.len() <= 256 && sorted.len() * 4 <= cells || sorted.len() * 16 <= cells;
    let mut code = ColumnCode {
        least,
        largest: (most - least) as u32,
        ..ColumnCode::default()
    };
    if few && sorted.len() > 1 {
        code.largest = sorted.len() as u32 - 1;
        code.dictionary = sorted;
    }
    code.median = code.symbol(median);
    code
}

/// Bits of a column's buckets in contexts, which have up to 48 bits.
fn conditional_entropy(own: &[u32], contexts: impl Iterator<Item = u64>) -> f64 {
    let pairs = own.iter().zip(contexts);
    let mut pairs: Vec<u64> = pairs
        .map(|(&b, context)| context << 16 | u64::from(b))
        .collect();
    pairs.sort_unstable();
    let in_contexts = pairs.chunk_by(|a, b| a >> 16 == b >> 16);
    in_contexts
        .map(|pairs| {
            let counts = pairs.chunk_by(|a, b| a == b).map(|same| same.len() as u32);
            entropy(counts.clone()) + NEW_VALUE * counts.count() as f64
        })
        .sum()
}

/// The column whose buckets say most of a column's, and that which says most beside it.
fn references(buckets: &[Vec<u32>], column: usize, before: &[usize]) -> Vec<u32> {
    let own = &buckets[column];
    let alone = conditional_entropy(own, own.iter().map(|_| 0));
    let contexts = |column: usize| buckets[column].iter().map(|&b| u64::from(b));
    let mut costs: Vec<(f64, usize)> = { before.iter() }
        .map(|&other| (conditional_entropy(own, contexts(other)), other))
        .collect();
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some(&(cost, first)) = costs.first() else {
        return Vec::new();
    };
    if cost > alone * 1.2 + 500.0 {
        return Vec::new();
    }
    let together = |second: usize| {
        let both = contexts(first).zip(contexts(second));
        conditional_entropy(own, both.map(|(a, b)| ((a / 4) << 32) | (b / 4)))
    };
    let second = { costs.iter().skip(1).take(SECONDS) }
        .map(|&(_, second)| (together(second), second))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let chosen = std::iter::once(first).chain(second.map(|(_, second)| second));
    chosen.take(MAX_REFERENCES).map(|k| k as u32).collect()
}
