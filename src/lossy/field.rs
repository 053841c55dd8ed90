//! An array whose values are rounded to a grid: from bytes to the coded stream and back.

mod choice;
mod costs;
mod mask;
mod quantised;
mod sample;

use super::bound::Tolerance;
use super::coded::{CodedNumbers, Form};
use super::fit;
use super::grid::Grid;
use super::number;
use super::specials::Specials;
use super::table::{ColumnTask, code_type};
use crate::coder::{BadWords, BitCoder, Integers, LaneDecoder, LaneEncoder};
use crate::layout::{Column, Kind};
use crate::model::numbers::field::{AXES, Field, FieldMethod, code};
use choice::Choice;
use quantised::Quantised;
use std::ops::Range;

/// The most values of a frame.
pub const MAX_VALUES: usize = 1 << 22;
/// An array stays exact if more of its values than one of so many would be special, beside those that are missing.
const SPECIALS: usize = 4;
/// How often an array is coded again without the values that came back too far from what they were.
const ATTEMPTS: usize = 4;

/// Contexts of the parameters.
mod context {
    pub const AXES: usize = 30;
    pub const WHOLE: usize = 31;
}

const BYTE: Column = Column {
    width: 1,
    swap: false,
    kind: Kind::Unsigned,
};

/// Values of one type along axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayShape {
    /// Type of the values.
    pub column: Column,
    /// Lengths of one to four axes, the last the fastest; none is 0.
    pub lengths: Vec<usize>,
}

impl ArrayShape {
    /// Of values along any number of axes: those of length 1 are left out, and of too many the outermost are made one.
    pub fn new(column: Column, lengths: &[u64]) -> ArrayShape {
        let long = lengths.iter().filter(|&&length| length != 1);
        let mut lengths: Vec<usize> = long.map(|&length| length as usize).collect();
        while lengths.len() > AXES {
            let outermost = lengths.remove(0);
            lengths[0] *= outermost;
        }
        if lengths.is_empty() {
            lengths.push(1);
        }
        ArrayShape { column, lengths }
    }

    /// Which values are enough to compare ways to code them on.
    pub fn sample(&self) -> Range<usize> {
        sample::piece(&self.lengths).0
    }

    fn values(&self) -> usize {
        self.lengths.iter().product()
    }

    /// Codes type and lengths; a decoder supplies any.
    fn code<C: BitCoder>(
        &self,
        len: usize,
        integers: &mut Integers<C>,
    ) -> Result<ArrayShape, BadWords> {
        let column = code_type(self.column, integers)?;
        let mut rest = (len / usize::from(column.width)).min(MAX_VALUES);
        let axes = integers.within(context::AXES, self.lengths.len() as u64, 1, AXES as u64)?;
        let mut lengths = Vec::new();
        for k in 0..axes as usize {
            let length = self.lengths.get(k).copied().unwrap_or(1) as u64;
            let length = integers.within(context::AXES, length, 1, rest as u64)? as usize;
            rest /= length;
            lengths.push(length);
        }
        let shape = ArrayShape { column, lengths };
        match shape.values().checked_mul(column.width.into()) == Some(len) {
            true => Ok(shape),
            false => Err(BadWords),
        }
    }
}

/// An array about to be coded.
pub struct Prepared<'a> {
    shape: &'a ArrayShape,
    task: &'a ColumnTask,
    content: &'a [u8],
    tolerance: Tolerance,
    bits: Vec<u64>,
    quantised: Quantised,
    choice: Choice,
}

impl<'a> Prepared<'a> {
    /// Chooses how the values of an array are to be coded; none if they had better stay exact.
    pub fn new(
        shape: &'a ArrayShape,
        task: &'a ColumnTask,
        content: &'a [u8],
    ) -> Option<Prepared<'a>> {
        let tolerance = task.tolerance?;
        let column = shape.column;
        let elements = content.chunks_exact(column.width.into());
        let bits: Vec<u64> = elements.map(|bytes| number::read(column, bytes)).collect();
        let grid = Grid::new(column, tolerance, task.extent)?;
        let grid = fit::centred(grid, column, bits.len(), &|at| bits[at]);
        let quantised = Quantised {
            lengths: shape.lengths.clone(),
            ..Quantised::new(column, task, tolerance, grid, grid.is_whole(), &bits)
        };
        let fills = { quantised.specials.bits.iter() }.filter(|&bits| task.fill.contains(bits));
        if (quantised.specials.bits.len() - fills.count()) * SPECIALS > bits.len() {
            return None;
        }
        let choice = choice::choose(&quantised, column.width);
        Some(Prepared {
            shape,
            task,
            content,
            tolerance,
            bits,
            quantised,
            choice,
        })
    }

    /// Bits that the [sample](ArrayShape::sample) of the array takes.
    pub fn sample_bits(&self) -> f64 {
        self.choice.sample
    }

    /// Codes the values; none if no method keeps their bounds.
    pub fn encode(mut self) -> Option<CodedNumbers> {
        if self.choice.whole != self.quantised.whole {
            self.quantised = self.quantise_whole();
        }
        for attempt in 0..=ATTEMPTS + 1 {
            if attempt == ATTEMPTS {
                self.quantised = self.quantise_whole();
            }
            let mut encoder = LaneEncoder::default();
            let mut integers = Integers::new(&mut encoder);
            let known = Some((self.shape, &self.choice.method, &self.quantised));
            // An encoder has no bad words.
            let (_, values) = code_array(self.content.len(), known, &mut integers).ok()?;
            let broken = self.broken(&values);
            if broken.is_empty() {
                return Some(CodedNumbers {
                    is_learned: false,
                    words: encoder.finish(),
                    exact: Vec::new(),
                    exact_record: 0,
                    reconstructed: self.reconstructed(&values),
                });
            }
            self.quantised.exclude(&broken, &self.bits);
        }
        None
    }

    fn quantise_whole(&self) -> Quantised {
        let grid = self.quantised.grid;
        Quantised {
            lengths: self.shape.lengths.clone(),
            ..Quantised::new(
                self.shape.column,
                self.task,
                self.tolerance,
                grid,
                true,
                &self.bits,
            )
        }
    }

    /// Where values that are not special came back too far from what they were: the type's rounding adds to that to the grid.
    fn broken(&self, values: &[i64]) -> Vec<usize> {
        let column = self.shape.column;
        let holds = |at: usize| {
            let after = self.quantised.grid.to_bits(column, values[at]);
            self.tolerance.holds_bits(column, self.bits[at], after)
        };
        (0..self.bits.len())
            .filter(|&at| !self.quantised.specials.contains(at) && !holds(at))
            .collect()
    }

    fn reconstructed(&self, values: &[i64]) -> Vec<u8> {
        let mut content = self.content.to_vec();
        let Quantised { grid, specials, .. } = &self.quantised;
        write(self.shape.column, *grid, specials, values, &mut content);
        content
    }
}

/// The content of `len` bytes that was coded in `words`.
///
/// # Errors
/// [`BadWords`] for words that were not written by an encoder.
pub fn decode(words: &[u32], len: usize) -> Result<Vec<u8>, BadWords> {
    let mut decoder = LaneDecoder::new(words)?;
    let mut integers = Integers::new(&mut decoder);
    let (found, values) = code_array(len, None, &mut integers)?;
    decoder.finish()?;
    let mut content = vec![0; len];
    write(
        found.column,
        found.grid,
        &found.specials,
        &values,
        &mut content,
    );
    Ok(content)
}

/// What a stream says of an array, beside its values.
struct Found {
    column: Column,
    grid: Grid,
    specials: Specials,
}

/// Codes an array that is known, or decodes one; gives its values in fine units.
fn code_array<C: BitCoder>(
    len: usize,
    known: Option<(&ArrayShape, &FieldMethod, &Quantised)>,
    integers: &mut Integers<C>,
) -> Result<(Found, Vec<i64>), BadWords> {
    if Form::Array.code(integers)? != Form::Array {
        return Err(BadWords);
    }
    let any = ArrayShape::new(BYTE, &[]);
    let shape = known
        .map_or(&any, |(shape, ..)| shape)
        .code(len, integers)?;
    let quantised = known.map(|(.., quantised)| quantised);
    let grid = Grid::code(quantised.map(|quantised| quantised.grid), integers)?.ok_or(BadWords)?;
    let whole = match grid.is_whole() {
        true => true,
        false => {
            let whole = quantised.is_some_and(|quantised| quantised.whole);
            integers.within(context::WHOLE, whole.into(), 0, 1)? == 1
        }
    };
    let none = Specials::default();
    let specials = quantised.map_or(&none, |quantised| &quantised.specials);
    let specials = specials.code_with(integers, shape.column.width, |integers| {
        mask::code(&specials.flags, &shape.lengths, integers.coder())
    })?;
    let default = FieldMethod::default();
    let method = known
        .map_or(&default, |(_, method, _)| method)
        .code(integers)?;
    let field = Field {
        lengths: &shape.lengths,
        whole,
        special: &specials.flags,
    };
    let targets = quantised.map(|quantised| quantised.targets.as_slice());
    let values = code(integers.coder(), &method, field, targets)?;
    let found = Found {
        column: shape.column,
        grid,
        specials,
    };
    Ok((found, values))
}

/// Writes what the values stand for.
fn write(column: Column, grid: Grid, specials: &Specials, values: &[i64], content: &mut [u8]) {
    let mut special = specials.bits.iter();
    let elements = content.chunks_exact_mut(column.width.into());
    for (at, (element, &value)) in elements.zip(values).enumerate() {
        let bits = match specials.contains(at) {
            true => special.next().copied().unwrap_or(0),
            false => grid.to_bits(column, value),
        };
        number::write(column, bits, element);
    }
}

#[cfg(test)]
mod tests;
