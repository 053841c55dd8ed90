//! How a column's cells are coded: symbols, references, a regression; and as parameters of the stream.

use crate::coder::{BadWords, BitCoder, Integers};

/// Columns that a column may refer to.
pub const MAX_REFERENCES: usize = 2;
/// Columns that a regression may take.
pub const MAX_TERMS: usize = 8;
/// Symbols of a column that has fewer are no numbers: nothing lies between them.
pub const NUMERIC: u32 = 8;
/// Bits of the longest symbol.
pub const MAX_DEPTH: u32 = 32;

/// Contexts of the parameters.
mod context {
    pub const MIN: usize = 0;
    pub const LARGEST: usize = 1;
    pub const MEDIAN: usize = 2;
    pub const DICTIONARY: usize = 3;
    pub const GAP: usize = 4;
    pub const REFERENCES: usize = 5;
    pub const REFERENCE: usize = 6;
    pub const TERMS: usize = 7;
    pub const TERM: usize = 8;
    pub const FACTOR: usize = 9;
    pub const OFFSET: usize = 10;
}

/// How a column's cells are coded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnCode {
    /// The least cell: that of symbol 0.
    pub least: i64,
    /// The largest symbol. A column whose largest is 0 is constant.
    pub largest: u32,
    /// The cells of all symbols, ascending, where these are no numbers from `least` on.
    pub dictionary: Vec<i64>,
    /// The median symbol.
    pub median: u32,
    /// Columns before this one whose symbols select contexts.
    pub references: Vec<u32>,
    /// What predicts the cells, if that pays.
    pub regression: Option<Regression>,
}

/// What a formula predicts of a column's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Predictions {
    /// Cells, Q8.
    pub values: Vec<i64>,
    /// Predictions of a class, which is below 64, are alike in how far off they are.
    pub classes: Vec<u8>,
}

/// What may predict all cells of a column, which has a number, from the cells of the columns before it.
pub type Predict<'p> = dyn FnMut(usize, &[Vec<i64>]) -> Option<Predictions> + 'p;

/// A cell as a sum of others of its row and of the one above, times factors in Q16.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regression {
    /// Columns before this one, or this one, which stands for the cell above.
    pub terms: Vec<(u32, i64)>,
    /// What is added, Q16.
    pub offset: i64,
}

impl Regression {
    /// Of a column's row, Q8. Whatever the factors are, it does not overflow.
    pub(crate) fn value<C: AsRef<[i64]>>(
        &self,
        column: usize,
        row: usize,
        above: i64,
        cells: &[C],
    ) -> i64 {
        let sum = self.terms.iter().fold(self.offset, |sum, &(term, factor)| {
            let cell = match term as usize == column {
                true => above,
                false => cells[term as usize].as_ref()[row],
            };
            sum.wrapping_add(cell.wrapping_mul(factor))
        });
        sum >> 8
    }
}

impl ColumnCode {
    /// Codes this as parameters of the column of this number, in a table of so many rows.
    ///
    /// # Errors
    /// Those of the coder; [`BadWords`] for what contradicts itself.
    pub fn code<C: BitCoder>(
        &self,
        integers: &mut Integers<C>,
        column: usize,
        rows: usize,
    ) -> Result<ColumnCode, BadWords> {
        let least = integers.integer(context::MIN, self.least)?;
        let largest = integers.within(context::LARGEST, self.largest.into(), 0, u32::MAX.into())?;
        let mut code = ColumnCode {
            least,
            largest: largest as u32,
            ..ColumnCode::default()
        };
        if largest == 0 {
            return Ok(code);
        }
        code.median = integers.within(context::MEDIAN, self.median.into(), 0, largest)? as u32;
        code.dictionary = self.code_dictionary(integers, least, largest, rows)?;
        let most = column.min(MAX_REFERENCES) as u64;
        let count = integers.within(context::REFERENCES, self.references.len() as u64, 0, most)?;
        for k in 0..count as usize {
            // Mostly one of those right before.
            let back = self.references.get(k).map_or(0, |&r| column - r as usize);
            let back = integers.within(context::REFERENCE, back as u64, 1, column as u64)?;
            code.references.push((column - back as usize) as u32);
        }
        code.regression = Regression::code(self.regression.as_ref(), integers, column)?;
        Ok(code)
    }

    fn code_dictionary<C: BitCoder>(
        &self,
        integers: &mut Integers<C>,
        least: i64,
        largest: u64,
        rows: usize,
    ) -> Result<Vec<i64>, BadWords> {
        let listed = u64::from(!self.dictionary.is_empty());
        if integers.within(context::DICTIONARY, listed, 0, 1)? == 0 {
            return Ok(Vec::new());
        }
        // Each of its cells occurs.
        if largest >= rows as u64 {
            return Err(BadWords);
        }
        let mut dictionary = vec![least];
        let mut last = least;
        for k in 1..=largest as usize {
            let gap = self
                .dictionary
                .get(k)
                .map_or(0, |cell| cell - self.dictionary[k - 1]);
            let gap = integers.integer(context::GAP, gap)?;
            last = last.checked_add(gap).filter(|_| gap > 0).ok_or(BadWords)?;
            dictionary.push(last);
        }
        Ok(dictionary)
    }

    /// The cell of a symbol. A symbol beyond the largest, which no encoder writes, is that.
    pub fn cell(&self, symbol: u32) -> i64 {
        let symbol = symbol.min(self.largest);
        match self.dictionary.get(symbol as usize) {
            Some(&cell) => cell,
            None => self.least.wrapping_add(symbol.into()),
        }
    }

    /// The symbol of a cell that has one; of others that of a cell that has.
    pub fn symbol(&self, cell: i64) -> u32 {
        match self.dictionary.is_empty() {
            true => (cell.wrapping_sub(self.least)).clamp(0, self.largest.into()) as u32,
            false => self.dictionary.partition_point(|&c| c < cell) as u32,
        }
    }

    /// Where between the symbols a position between the cells is, both in Q8.
    pub(super) fn position(&self, predicted: i64) -> i64 {
        if self.dictionary.is_empty() {
            return predicted.wrapping_sub(self.least << 8);
        }
        let above = self.dictionary.partition_point(|&c| c <= predicted >> 8);
        let whole = (above.max(1) as i64 - 1) << 8;
        match (above.checked_sub(1), self.dictionary.get(above)) {
            (Some(below), Some(next)) => {
                let cell = self.dictionary[below];
                whole.wrapping_add(
                    predicted.wrapping_sub(cell << 8) / next.wrapping_sub(cell).max(1),
                )
            }
            _ => whole,
        }
    }

    pub(super) fn shape(&self) -> ColumnShape {
        ColumnShape {
            depth: MAX_DEPTH - self.largest.leading_zeros(),
            numeric: self.largest >= NUMERIC,
            median: self.median,
            references: self.references.len(),
        }
    }
}

impl Regression {
    fn code<C: BitCoder>(
        regression: Option<&Regression>,
        integers: &mut Integers<C>,
        column: usize,
    ) -> Result<Option<Regression>, BadWords> {
        let plain = Regression::default();
        let known = regression.unwrap_or(&plain);
        let count = known.terms.len() as u64;
        let count = integers.within(context::TERMS, count, 0, MAX_TERMS as u64)?;
        if count == 0 {
            return Ok(None);
        }
        let mut coded = Regression::default();
        for k in 0..count as usize {
            let (term, factor) = known.terms.get(k).copied().unwrap_or_default();
            let back = (column as u64).wrapping_sub(term.into());
            let back = integers.within(context::TERM, back, 0, column as u64)?;
            let factor = integers.integer(context::FACTOR, factor)?;
            coded.terms.push((column as u32 - back as u32, factor));
        }
        coded.offset = integers.integer(context::OFFSET, known.offset)?;
        Ok(Some(coded))
    }
}

/// What does not change from row to row.
#[derive(Clone, Copy)]
pub struct ColumnShape {
    /// Bits of a symbol.
    pub depth: u32,
    /// Symbols are numbers: what is near is alike.
    pub numeric: bool,
    /// The median symbol.
    pub median: u32,
    /// How many references there are.
    pub references: usize,
}
