//! Rows for the twin: numbers on a grid, and the interval that each then stands for.

use super::table::{Normal, Table};
use super::twin::Batch;

/// Bounds that are learned, relative to each column's range: a row has one of them at random.
pub const BOUNDS: [f64; 5] = [1e-2, 3e-3, 1e-3, 3e-4, 1e-4];

/// The step of a column's grid at a relative bound.
pub fn step(normal: &Normal, bound: f64) -> f64 {
    (2.0 * bound * normal.range).max(normal.step)
}

/// A number's grid point; nothing for what is not finite.
fn on_grid(normal: &Normal, value: f64, step: f64) -> Option<f64> {
    let on = if step > 0.0 {
        (value / step).round() * step
    } else {
        value
    };
    (on.is_finite() && normal.scale > 0.0).then_some(on)
}

/// The batch of some rows, with a bound for each.
pub fn batch(table: &Table, normals: &[Normal], rows: impl Iterator<Item = (usize, f64)>) -> Batch {
    let mut batch = Batch::default();
    for (row, bound) in rows {
        for (column, normal) in normals.iter().enumerate() {
            let step = step(normal, bound);
            let number = |row: usize| {
                let value = table.values[row * table.columns + column];
                on_grid(normal, value, step)
            };
            let own = number(row);
            let before = row.checked_sub(1).and_then(number);
            let apply = |value: Option<f64>| value.map_or(0.0, |value| normal.apply(value));
            batch.rows.push(apply(own));
            batch.previous.push(apply(before));
            batch.intervals.push(own.map_or([0.0; 2], |own| {
                [own - step / 2.0, own + step / 2.0].map(|edge| normal.apply(edge))
            }));
        }
    }
    batch
}
