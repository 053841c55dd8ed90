//! What is lost of each column of an input while its frames are coded.

use super::distortion::{ColumnDistortion, ColumnLoss};
use super::histogram::Histogram;
use super::number;
use super::pieces::{Piece, PieceContent, pieces};
use super::plan::Plan;
use super::source::Source;
use super::statistics::ColumnSummary;
use super::{Bound, Tolerance};
use crate::layout::Column;

/// How often values of a column, and errors of them, occur.
#[derive(Clone, Debug)]
pub struct Pictured {
    /// Originals.
    pub before: Histogram,
    /// What decoding gives.
    pub after: Histogram,
    /// x' - x.
    pub residual: Histogram,
    /// (x' - x) / x, where x is not 0.
    pub response: Histogram,
}

impl Pictured {
    fn add(&mut self, before: f64, after: f64) {
        self.before.add(before);
        self.after.add(after);
        self.residual.add(after - before);
        if before != 0.0 {
            self.response.add((after - before) / before);
        }
    }
}

/// The losses of all columns of an input.
pub struct Losses<'a> {
    /// The input in as few pieces as it can be, in order.
    pieces: Vec<Piece<'a>>,
    columns: Vec<ColumnDistortion>,
    /// Empty unless they are wanted.
    pictures: Vec<Pictured>,
    /// The type of each column.
    types: Vec<Column>,
    /// Bits of a frame's numbers, kept to be used again.
    originals: Vec<(usize, u64)>,
}

impl<'a> Losses<'a> {
    /// Nothing lost yet of columns with these statistics.
    pub fn new(source: &'a Source, plan: &Plan, summaries: &[ColumnSummary]) -> Losses<'a> {
        let columns = source.columns();
        let types = columns.iter().map(|column| column.column).collect();
        let tasks = columns.iter().zip(summaries).zip(&plan.tasks);
        let columns = tasks.map(|((column, summary), task)| {
            let exact = Tolerance::Absolute(0.0);
            ColumnDistortion::new(column.column, summary, task.tolerance.or(Some(exact)))
        });
        Losses {
            columns: columns.collect(),
            pictures: Vec::new(),
            types,
            pieces: pieces(source, u64::MAX).collect(),
            originals: Vec::new(),
        }
    }

    /// The same, with pictures.
    pub fn with_pictures(
        source: &'a Source,
        plan: &Plan,
        summaries: &[ColumnSummary],
    ) -> Losses<'a> {
        let pictured = |summary: &ColumnSummary| {
            let values = Histogram::around(summary.min / 2.0 + summary.max / 2.0);
            Pictured {
                before: values.clone(),
                after: values,
                residual: Histogram::around(0.0),
                response: Histogram::around(0.0),
            }
        };
        Losses {
            pictures: summaries.iter().map(pictured).collect(),
            ..Losses::new(source, plan, summaries)
        }
    }

    /// Adds whole rows or elements of the input, from byte `start` on, and what decoding gives of them.
    pub fn add(&mut self, start: u64, original: &[u8], reconstructed: &[u8]) {
        let end = start + original.len() as u64;
        let first = self
            .pieces
            .partition_point(|piece| piece.start + piece.len <= start);
        for piece in self.pieces[first..].iter().take_while(|p| p.start < end) {
            let (from, to) = (piece.start.max(start), (piece.start + piece.len).min(end));
            if from == to || piece.content == PieceContent::Exact {
                continue;
            }
            let within = (from - start) as usize..(to - start) as usize;
            let numbers = &mut self.originals;
            numbers.clear();
            piece.numbers(&original[within.clone()], |column, bits| {
                numbers.push((column, bits));
            });
            let mut originals = numbers.iter();
            piece.numbers(&reconstructed[within], |_, bits| {
                if let Some(&(column, before)) = originals.next() {
                    self.columns[column].add(before, bits);
                    if let Some(pictured) = self.pictures.get_mut(column) {
                        let value = |bits| number::to_f64(self.types[column], bits);
                        pictured.add(value(before), value(bits));
                    }
                }
            });
        }
    }

    /// The pictures of each column, if they were wanted.
    pub fn into_pictures(self) -> Vec<Pictured> {
        self.pictures
    }

    /// What was lost of each column.
    pub fn finish(&self) -> Vec<ColumnLoss> {
        { self.columns.iter() }
            .map(ColumnDistortion::finish)
            .collect()
    }
}

/// Values that are not within their bounds.
pub fn violations(losses: &[ColumnLoss]) -> u64 {
    losses.iter().filter_map(|loss| loss.violations).sum()
}

/// The ratio of peak signal to noise in dB of all values of the columns that have this bound, each relative to the range of its column:
/// infinite if nothing was lost.
pub fn psnr(losses: &[ColumnLoss], plan: &Plan, bound: Bound) -> f64 {
    let (mut count, mut squares) = (0.0, 0.0);
    for (loss, own) in losses.iter().zip(&plan.bounds) {
        if *own == Some(bound) && loss.range > 0.0 {
            count += loss.count as f64;
            squares += loss.count as f64 * loss.nrmse * loss.nrmse;
        }
    }
    match squares > 0.0 {
        true => -10.0 * (squares / count).log10(),
        false => f64::INFINITY,
    }
}
