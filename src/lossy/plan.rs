//! How a lossy input is divided into frames, and how the columns of each are to be coded.

use super::bound::Bound;
use super::cells::TableShape;
use super::field::{ArrayShape, MAX_VALUES};
use super::grid::Extent;
use super::source::{Array, Region, RegionContent, Source, Table};
use super::statistics::ColumnSummary;
use super::table::ColumnTask;
use crate::layout::Column;

/// Most bytes of a frame of numbers. A larger one learns more, a smaller one lets more threads share the work.
const FRAME: u64 = 8 << 20;
/// A table stored column after column is one frame up to so many bytes, so that its columns can predict each other.
const LONG_FRAME: u64 = 16 << 20;

/// One frame of a lossy member.
#[derive(Clone, Debug)]
pub struct LossyFrame {
    /// Its first byte in the input.
    pub start: u64,
    /// Bytes.
    pub len: u64,
    /// What it holds.
    pub content: FrameContent,
}

/// What a frame holds.
#[derive(Clone, Debug)]
pub enum FrameContent {
    /// Bytes that stay exact.
    Exact,
    /// Rows of a table, whose columns have numbers from `first` on in [`Source::columns`].
    Table {
        /// Where the numbers are.
        shape: TableShape,
        /// How each column is to be coded.
        tasks: Vec<ColumnTask>,
        /// The number of the first column.
        first: usize,
    },
    /// Values along axes: whole slices of an array, which has a number in [`Source::columns`].
    Array {
        /// Their type and the lengths of the axes.
        shape: ArrayShape,
        /// How they are to be coded.
        task: ColumnTask,
        /// The number of the array.
        number: usize,
    },
}

/// The bounds of all columns, resolved.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The bound of each column as it was asked for, none for exact, in the order of [`Source::columns`].
    pub bounds: Vec<Option<Bound>>,
    /// How each column is to be coded, in the order of [`Source::columns`].
    pub tasks: Vec<ColumnTask>,
}

impl Plan {
    /// From the bound of each column, none for exact, and from what its values are like.
    pub fn new(bounds: &[Option<Bound>], summaries: &[ColumnSummary]) -> Plan {
        let tasks = bounds
            .iter()
            .zip(summaries)
            .map(|(bound, summary)| ColumnTask {
                tolerance: bound.map(|bound| bound.tolerance(summary.range)),
                fill: summary.fill.clone(),
                extent: Extent {
                    largest: summary.min.abs().max(summary.max.abs()),
                    smallest: summary.smallest,
                },
            });
        Plan {
            bounds: bounds.to_vec(),
            tasks: tasks.collect(),
        }
    }

    /// The frames of an input, in order.
    pub fn frames(&self, source: &Source) -> Vec<LossyFrame> {
        let mut frames = Vec::new();
        let mut first = 0;
        for region in &source.regions {
            match &region.content {
                RegionContent::Exact => exact(region.start, region.len, &mut frames),
                RegionContent::Table(table) if table.column_major && region.len > LONG_FRAME => {
                    self.by_column(table, region, first, &mut frames);
                    first += table.columns.len();
                }
                RegionContent::Table(table) => {
                    self.by_rows(table, region, first, &mut frames);
                    first += table.columns.len();
                }
                RegionContent::Array(array) => {
                    self.slices(array, region.start, first, &mut frames);
                    first += 1;
                }
            }
        }
        frames
    }

    fn by_rows(&self, table: &Table, region: &Region, first: usize, frames: &mut Vec<LossyFrame>) {
        let columns = table.columns.iter();
        let shape = TableShape {
            record: table.record as usize,
            column_major: table.column_major,
            columns: columns.map(|c| (c.offset as usize, c.column)).collect(),
        };
        let tasks = self.tasks[first..first + table.columns.len()].to_vec();
        let kept = |task: &ColumnTask| task.tolerance.is_none();
        let longest = if table.column_major {
            LONG_FRAME
        } else {
            FRAME
        };
        let most = longest / table.record.max(1) * table.record;
        if most == 0 || tasks.iter().all(kept) {
            return exact(region.start, region.len, frames);
        }
        for (start, len) in stretches(region.start, region.len, most) {
            frames.push(LossyFrame {
                start,
                len,
                content: FrameContent::Table {
                    shape: shape.clone(),
                    tasks: tasks.clone(),
                    first,
                },
            });
        }
    }

    /// Each column by itself.
    fn by_column(
        &self,
        table: &Table,
        region: &Region,
        first: usize,
        frames: &mut Vec<LossyFrame>,
    ) {
        let mut end = 0;
        for (k, column) in table.columns.iter().enumerate() {
            let start = table.position(column, 0);
            exact(region.start + end, start - end, frames);
            let len = u64::from(column.column.width) * table.rows;
            self.elements(column.column, region.start + start, len, first + k, frames);
            end = start + len;
        }
        exact(region.start + end, region.len - end, frames);
    }

    fn elements(
        &self,
        column: Column,
        start: u64,
        len: u64,
        number: usize,
        frames: &mut Vec<LossyFrame>,
    ) {
        let task = &self.tasks[number];
        if task.tolerance.is_none() {
            return exact(start, len, frames);
        }
        let shape = TableShape {
            record: column.width.into(),
            column_major: false,
            columns: vec![(0, column)],
        };
        for (start, len) in stretches(start, len, FRAME) {
            frames.push(LossyFrame {
                start,
                len,
                content: FrameContent::Table {
                    shape: shape.clone(),
                    tasks: vec![task.clone()],
                    first: number,
                },
            });
        }
    }

    /// An array in frames of whole slices along the outermost axis along which a slice is short enough.
    fn slices(&self, array: &Array, start: u64, number: usize, frames: &mut Vec<LossyFrame>) {
        let width = u64::from(array.column.width);
        let values: u64 = array.shape.iter().product();
        let task = &self.tasks[number];
        if task.tolerance.is_none() {
            return exact(start, values * width, frames);
        }
        let most = (FRAME / width).min(MAX_VALUES as u64);
        let (mut slice, mut axis) = (values, 0);
        // So many slices, each divided alike.
        let mut slices = 1;
        while slice > most && axis < array.shape.len() {
            slices *= array.shape[axis];
            slice /= array.shape[axis];
            axis += 1;
        }
        let (slices, along) = match axis {
            0 => (1, 1),
            _ => (slices / array.shape[axis - 1], array.shape[axis - 1]),
        };
        let longest = along.div_ceil(along.div_ceil((most / slice.max(1)).max(1)).max(1));
        for k in 0..slices {
            let start = start + k * along * slice * width;
            for (first, count) in stretches(0, along, longest) {
                let mut lengths = vec![count];
                lengths.extend(&array.shape[axis..]);
                if count * slice > 0 {
                    frames.push(LossyFrame {
                        start: start + first * slice * width,
                        len: count * slice * width,
                        content: FrameContent::Array {
                            shape: ArrayShape::new(array.column, &lengths),
                            task: task.clone(),
                            number,
                        },
                    });
                }
            }
        }
    }
}

fn exact(start: u64, len: u64, frames: &mut Vec<LossyFrame>) {
    for (start, len) in stretches(start, len, FRAME / 2) {
        frames.push(LossyFrame {
            start,
            len,
            content: FrameContent::Exact,
        });
    }
}

/// Some bytes in pieces of at most `most`.
fn stretches(start: u64, len: u64, most: u64) -> impl Iterator<Item = (u64, u64)> {
    let pieces = (0..len).step_by(most.max(1) as usize);
    pieces.map(move |at| (start + at, most.min(len - at)))
}
