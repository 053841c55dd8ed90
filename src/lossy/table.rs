//! A table whose columns are rounded to grids: from bytes to the coded stream and back.

use super::autoencoder::scale_of_grid;
use super::bound::Tolerance;
use super::cells::{CellColumn, TableShape};
use super::coded::{CodedNumbers, Form};
use super::fit;
use super::formula::Relation;
use super::grid::{Extent, FINE_BITS, Grid};
use super::number;
use super::source::MAX_COLUMNS;
use super::specials::Specials;
use crate::coder::{BadWords, BitCoder, Integers, LaneDecoder, LaneEncoder};
use crate::layout::{Column, Kind};
use crate::model::autoencoder::Masked;
use crate::model::numbers::{ColumnCode, Learned, LearnedColumn, table};

/// A column stays exact if more of its elements than one of so many would be special.
const SPECIALS: usize = 4;

/// Contexts of the parameters.
mod context {
    pub const RECORD: usize = 24;
    pub const MAJOR: usize = 25;
    pub const COLUMNS: usize = 26;
    pub const GAP: usize = 27;
    pub const TYPE: usize = 28;
    pub const LEARNED: usize = 30;
}

const BYTE: Column = Column {
    width: 1,
    swap: false,
    kind: Kind::Unsigned,
};

/// A column as it is to be coded.
#[derive(Clone, Debug)]
pub struct ColumnTask {
    /// How far from a value its reconstruction may be; none for exact.
    pub tolerance: Option<Tolerance>,
    /// Bit patterns that come back as they are.
    pub fill: Vec<u64>,
    /// Range of the numbers, for the grid.
    pub extent: Extent,
}

/// Codes a content of whole rows; with an autoencoder, if it is given one and the words become fewer.
pub fn encode(
    shape: &TableShape,
    tasks: &[ColumnTask],
    content: &[u8],
    masked: Option<&Masked>,
) -> CodedNumbers {
    let rows = shape.rows(content.len());
    let columns: Vec<Option<CellColumn>> = (0..shape.columns.len())
        .map(|column| {
            let bits = |row| shape.bits(content, column, row, rows);
            quantised(shape.columns[column].1, &tasks[column], rows, bits)
        })
        .collect();
    let code = |masked: Option<&Masked>| {
        let mut encoder = LaneEncoder::default();
        let mut integers = Integers::new(&mut encoder);
        let coded = { code_shape(Form::Table, shape, content.len(), &mut integers) }
            .and_then(|_| code_columns(shape, rows, columns.clone(), masked, &mut integers));
        // An encoder has no bad words, but there may be more rows than an autoencoder takes.
        coded.map(|columns| (columns, encoder.finish()))
    };
    let (mut coded, mut words) = code(None).unwrap_or_default();
    let mut is_learned = false;
    if let Some(masked) = masked.filter(|masked| knows(masked, shape))
        && let Ok((better, fewer)) = code(Some(masked))
        && fewer.len() < words.len()
    {
        (coded, words) = (better, fewer);
        is_learned = true;
    }
    let columns = coded;
    let kept: Vec<bool> = columns.iter().map(Option::is_some).collect();
    let ranges = shape.exact_ranges(&kept, rows);
    let exact = ranges.iter().flat_map(|range| &content[range.clone()]);
    let mut reconstructed = content.to_vec();
    let exact: Vec<u8> = exact.copied().collect();
    write_columns(shape, &columns, rows, &mut reconstructed);
    CodedNumbers {
        words,
        is_learned,
        exact_record: match shape.column_major {
            true => 0,
            false => exact.len() / rows.max(1),
        },
        exact,
        reconstructed,
    }
}

/// A column's cells on the best of its grids, if it has one.
fn quantised(
    column: Column,
    task: &ColumnTask,
    rows: usize,
    bits: impl Fn(usize) -> u64,
) -> Option<CellColumn> {
    let grid = match task.tolerance {
        Some(tolerance) => Grid::new(column, tolerance, task.extent)?,
        None if column.kind != Kind::Float => Grid::INTEGERS,
        None => return None,
    };
    let grid = fit::centred(grid, column, rows, &bits);
    let holds = |before: u64, after: u64| match task.tolerance {
        Some(tolerance) => tolerance.holds_bits(column, before, after),
        None => before == after,
    };
    let mut specials = Specials::default();
    let mut last = 0;
    let mut cells = Vec::with_capacity(rows);
    for row in 0..rows {
        let bits = bits(row);
        let fine = grid.to_fine(column, bits).map(|fine| {
            let cell = (fine + (1 << (FINE_BITS - 1))) >> FINE_BITS;
            (cell, grid.to_bits(column, cell << FINE_BITS))
        });
        match fine {
            Some((cell, after)) if holds(bits, after) && !task.fill.contains(&bits) => last = cell,
            _ => specials.push(row, rows, bits),
        }
        cells.push(last);
    }
    // What stands before the first number is no number of its own.
    if let Some(first) = (0..rows).find(|&row| !specials.contains(row)) {
        let cell = cells[first];
        cells[..first].fill(cell);
    }
    let fits =
        fit::spans(&cells) && (specials.bits.len() - fills(task, &specials)) * SPECIALS <= rows;
    fits.then_some(CellColumn {
        grid,
        specials,
        cells,
    })
}

/// How many of the specials are fill values.
fn fills(task: &ColumnTask, specials: &Specials) -> usize {
    { specials.bits.iter() }
        .filter(|&bits| task.fill.contains(bits))
        .count()
}

/// Whether an autoencoder is for rows of such columns.
fn knows(masked: &Masked, shape: &TableShape) -> bool {
    usize::from(masked.shape.columns) == shape.columns.len()
}

/// The content of `len` bytes that was coded in `words`; `exact` are its other bytes, `masked` is the autoencoder that it may use.
///
/// # Errors
/// [`BadWords`] for words that were not written by an encoder, or other bytes that are too few or too many.
pub fn decode(
    words: &[u32],
    len: usize,
    exact: &[u8],
    masked: Option<&Masked>,
) -> Result<Vec<u8>, BadWords> {
    let mut decoder = LaneDecoder::new(words)?;
    let mut integers = Integers::new(&mut decoder);
    let shape = code_shape(Form::Table, &TableShape::default(), len, &mut integers)?;
    if !len.is_multiple_of(shape.record) {
        return Err(BadWords);
    }
    let rows = shape.rows(len);
    let columns = { shape.columns.iter() }.map(|_| None).collect();
    let columns = code_columns(&shape, rows, columns, masked, &mut integers)?;
    decoder.finish()?;
    let kept: Vec<bool> = columns.iter().map(Option::is_some).collect();
    let mut content = vec![0; len];
    write_exact(&shape, &kept, rows, exact, &mut content)?;
    write_columns(&shape, &columns, rows, &mut content);
    Ok(content)
}

/// Writes the bytes that belong to none of the columns kept.
pub(super) fn write_exact(
    shape: &TableShape,
    kept: &[bool],
    rows: usize,
    exact: &[u8],
    content: &mut [u8],
) -> Result<(), BadWords> {
    let mut rest = exact;
    for range in shape.exact_ranges(kept, rows) {
        let (bytes, after) = rest.split_at_checked(range.len()).ok_or(BadWords)?;
        content[range].copy_from_slice(bytes);
        rest = after;
    }
    match rest.is_empty() {
        true => Ok(()),
        false => Err(BadWords),
    }
}

/// Writes what the cells stand for.
fn write_columns(
    shape: &TableShape,
    columns: &[Option<CellColumn>],
    rows: usize,
    content: &mut [u8],
) {
    for (number, coded) in columns.iter().enumerate() {
        let Some(coded) = coded else { continue };
        let column = shape.columns[number].1;
        let mut specials = coded.specials.bits.iter();
        for (row, &cell) in coded.cells.iter().enumerate() {
            let bits = match coded.specials.contains(row) {
                true => specials.next().copied().unwrap_or(0),
                false => coded.grid.to_bits(column, cell << FINE_BITS),
            };
            let at = shape.position(number, row, rows);
            number::write(
                column,
                bits,
                &mut content[at..at + usize::from(column.width)],
            );
        }
    }
}

pub(super) fn code_shape<C: BitCoder>(
    form: Form,
    known: &TableShape,
    len: usize,
    integers: &mut Integers<C>,
) -> Result<TableShape, BadWords> {
    if form.code(integers)? != form {
        return Err(BadWords);
    }
    let record = integers.within(context::RECORD, known.record as u64, 1, len as u64)?;
    let column_major = integers.within(context::MAJOR, known.column_major.into(), 0, 1)? == 1;
    let most = record.min(MAX_COLUMNS as u64);
    let count = integers.within(context::COLUMNS, known.columns.len() as u64, 0, most)?;
    let mut shape = TableShape {
        record: record as usize,
        column_major,
        columns: Vec::new(),
    };
    let mut end = 0;
    for k in 0..count as usize {
        let (offset, column) = known.columns.get(k).copied().unwrap_or((end, BYTE));
        let gap = integers.within(context::GAP, (offset - end) as u64, 0, record)? as usize;
        let column = code_type(column, integers)?;
        shape.columns.push((end + gap, column));
        end += gap + usize::from(column.width);
        if end > shape.record {
            return Err(BadWords);
        }
    }
    Ok(shape)
}

/// Kind, byte order and width of a column's elements.
pub(super) fn code_type<C: BitCoder>(
    known: Column,
    integers: &mut Integers<C>,
) -> Result<Column, BadWords> {
    let kind = match known.kind {
        Kind::Unsigned => 0,
        Kind::Signed => 1,
        Kind::Float => 2,
    };
    let number = u64::from(known.width.trailing_zeros()) << 3 | u64::from(known.swap) << 2 | kind;
    let number = integers.within(context::TYPE, number, 0, 31)?;
    let column = Column {
        width: 1 << (number >> 3),
        swap: number >> 2 & 1 == 1,
        kind: match number & 3 {
            0 => Kind::Unsigned,
            1 => Kind::Signed,
            2 => Kind::Float,
            _ => return Err(BadWords),
        },
    };
    match column.kind == Kind::Float && column.width == 1 {
        true => Err(BadWords),
        false => Ok(column),
    }
}

/// Codes the columns that are known, or decodes them; those that stay exact are none.
pub(super) fn code_columns<C: BitCoder>(
    shape: &TableShape,
    rows: usize,
    known: Vec<Option<CellColumn>>,
    masked: Option<&Masked>,
    integers: &mut Integers<C>,
) -> Result<Vec<Option<CellColumn>>, BadWords> {
    // A decoder is given the autoencoder whether it was used or not.
    let is_used = u64::from(masked.is_some());
    let is_used = integers.within(context::LEARNED, is_used, 0, 1)? == 1;
    let (fitted, found) = fit::codes(shape, &known, rows);
    let mut relations = Vec::new();
    let mut columns: Vec<Option<CellColumn>> = Vec::with_capacity(known.len());
    let mut codes = Vec::new();
    let mut left = Specials::default();
    for (number, known) in known.into_iter().enumerate() {
        let Some(grid) = Grid::code(known.as_ref().map(|known| known.grid), integers)? else {
            columns.push(None);
            continue;
        };
        let width = shape.columns[number].1.width;
        let known = known.unwrap_or_else(|| CellColumn {
            grid,
            specials: Specials::default(),
            cells: Vec::new(),
        });
        let specials = known.specials.code(integers, width, rows, &left)?;
        let plain = ColumnCode::default();
        let code = fitted.get(codes.len()).unwrap_or(&plain);
        let relation = found.get(codes.len()).and_then(Option::as_ref);
        relations.push(Relation::code(relation, integers, codes.len())?);
        codes.push(code.code(integers, codes.len(), rows)?);
        left = specials.clone();
        columns.push(Some(CellColumn {
            grid,
            specials,
            cells: known.cells,
        }));
    }
    let typed = fit::typed(shape, &columns);
    let coded = || columns.iter().flatten();
    let flags: Vec<Vec<bool>> = coded().map(|c| c.specials.flags.clone()).collect();
    let mut cells: Vec<Vec<i64>> = { columns.iter_mut().flatten() }
        .map(|column| {
            let mut cells = std::mem::take(&mut column.cells);
            cells.resize(rows, 0);
            cells
        })
        .collect();
    let learned = match (is_used, masked) {
        (false, _) => None,
        (true, Some(masked)) if knows(masked, shape) => Some(learned(masked, &columns, rows)?),
        (true, _) => return Err(BadWords),
    };
    table::code(
        integers.coder(),
        &codes,
        rows,
        &flags,
        &mut cells,
        &mut |column, cells| {
            let relation = relations.get(column)?.as_ref()?;
            Some(relation.predict(&typed, cells, rows))
        },
        learned,
    )?;
    for (column, cells) in columns.iter_mut().flatten().zip(cells) {
        column.cells = cells;
    }
    Ok(columns)
}

/// What an autoencoder is to the columns that are coded.
fn learned<'m>(
    masked: &'m Masked,
    columns: &[Option<CellColumn>],
    rows: usize,
) -> Result<Learned<'m>, BadWords> {
    let coded = columns.iter().enumerate();
    let coded = coded.filter_map(|(number, column)| {
        let normalised = masked.weights.normalisation.column(number);
        let scale = |grid| normalised.and_then(|column| scale_of_grid(&column, grid));
        column.as_ref().map(|column| LearnedColumn {
            number,
            scale: scale(&column.grid),
        })
    });
    Learned::new(masked, coded.collect(), rows)
}
