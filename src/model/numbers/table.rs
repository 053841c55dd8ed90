//! A table of cells, column by column: what each column's symbols are, what is known of a row from the columns before, and a linear
//! prediction from them.

use super::column::{ColumnModel, RowContext, bucket};
use super::column_code::{ColumnCode, Predict};
use super::counters::fold;
use super::learned::Learned;
use crate::coder::{BadWords, BitCoder};

/// The bucket of a reference that is not there.
const NO_BUCKET: u32 = 999;

/// Codes the cells of a table's columns, each `rows` long; those `skipped` are no numbers, and repeat the cell above. What stands in
/// `cells` is coded, or else decoded there. `predict` may predict all cells of a column from the columns before it;
/// `learned` is what an autoencoder expects.
///
/// # Errors
/// Those of the coder.
pub fn code<C: BitCoder>(
    coder: &mut C,
    codes: &[ColumnCode],
    rows: usize,
    skipped: &[Vec<bool>],
    cells: &mut [Vec<i64>],
    predict: &mut Predict<'_>,
    mut learned: Option<Learned<'_>>,
) -> Result<(), BadWords> {
    let mut model = ColumnModel::new(rows);
    let mut symbols: Vec<Vec<u32>> = Vec::with_capacity(codes.len());
    let mut row_hashes = vec![0u64; rows];
    // The last column that was coded.
    let mut left: Option<usize> = None;
    for (column, code) in codes.iter().enumerate() {
        if code.largest == 0 {
            cells[column].fill(code.least);
            symbols.push(vec![0; rows]);
            if let Some(learned) = &mut learned {
                learned.pass(column, rows, code);
            }
            continue;
        }
        let mut own: Vec<u32> = cells[column]
            .iter()
            .map(|&cell| code.symbol(cell))
            .collect();
        let formula = predict(column, cells);
        let context = |row: usize, above: u32| RowContext {
            left: left.map_or(0, |left| symbols[left][row]),
            row: row_hashes[row],
            reference: { code.references.first() }.map_or(0, |&r| symbols[r as usize][row]),
            buckets: std::array::from_fn(|k| {
                code.references.get(k).map_or(NO_BUCKET, |&r| {
                    let r = r as usize;
                    bucket(symbols[r][row].into(), codes[r].median.into())
                })
            }),
            regression: code.regression.as_ref().map(|regression| {
                let above = if row > 0 { code.cell(above) } else { 0 };
                code.position(regression.value(column, row, above, cells))
            }),
            formula: formula.as_ref().and_then(|formula| {
                let class = formula.classes.get(row).copied().unwrap_or(0);
                { formula.values.get(row) }.map(|&value| (code.position(value), class))
            }),
            learned: None,
        };
        if let Some(learned) = &mut learned {
            learned.begin(column);
        }
        model.code(
            coder,
            code,
            context,
            &skipped[column],
            &mut own,
            learned.as_mut(),
        )?;
        for (cell, &symbol) in cells[column].iter_mut().zip(&own) {
            *cell = code.cell(symbol);
        }
        for (hash, &symbol) in row_hashes.iter_mut().zip(&own) {
            *hash = fold(*hash, symbol.into());
        }
        symbols.push(own);
        left = Some(column);
    }
    Ok(())
}
