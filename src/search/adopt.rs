//! The structure that a model stores, adopted by the table that is coded.
//!
//! A network knows columns as they were when it was trained. Where a frame would choose other transforms that are
//! hardly better, it had better keep to those. All are bijections whatever the values, so a stored transform is exact
//! as it is: values that it does not cover, beyond a dictionary or an offset, only cost more.

use super::choose::{self, Estimator};
use crate::layout::Layout;
use crate::level::SearchBudget;
use crate::structure::{Field, Rule, Structure, field};
use crate::transform::{frame, relation};

/// A stored transform may cost so much more of the estimated bits than the frame's own: so much, about, knows a network
/// that was trained on it.
const DEARER: f64 = 1.05;
/// Fewer rows show nothing. A frame's own choice needs more: what is stored was chosen from many.
const FEWEST: usize = 8;

impl Structure {
    /// Takes the transforms of `stored`, a [table](Structure::is_table), for those columns where they cost hardly more than
    /// the own ones, if the columns are the same. `rows` is the content, row after row.
    pub(crate) fn adopt(&mut self, stored: &Structure, rows: &[u8], budget: SearchBudget) {
        let Some(mut table) = self.table().filter(|own| own.has_columns_of(stored)) else {
            return;
        };
        let pairs = table.fields.iter().zip(&stored.fields);
        let differ: Vec<usize> = pairs
            .enumerate()
            .filter(|(_, (own, other))| own != other)
            .map(|(column, _)| column)
            .collect();
        if differ.is_empty() {
            return;
        }
        let mut estimator = Estimator::new(budget);
        let mut costs = |fields| costs(&self.layout, fields, rows, &differ, &mut estimator);
        let both = costs(&table.fields).into_iter().zip(costs(&stored.fields));
        let taken: Vec<usize> = { differ.iter().zip(both) }
            .filter(|(_, (own, other))| *other <= DEARER * own)
            .map(|(&column, _)| column)
            .collect();
        for column in taken {
            table.fields[column] = stored.fields[column].clone();
        }
        // Columns may predict each other if some are predicted as here and some as there.
        if field::order(&table.fields).is_some() {
            self.set_fields(table.fields);
        }
    }
}

/// Estimated bits of an element of each of some columns; none if the content has too few rows for an estimate.
fn costs(
    layout: &Layout,
    fields: &[Field],
    rows: &[u8],
    columns: &[usize],
    estimator: &mut Estimator,
) -> Vec<f64> {
    let (first, count) = relation::whole_records(layout, rows.len());
    if count < FEWEST {
        return Vec::new();
    }
    let record = layout.record as usize;
    let layout = Layout {
        swap: false,
        phase: 0,
        ..*layout
    };
    let offsets = relation::offsets(fields);
    let mut elements = vec![Vec::new(); columns.len()];
    for run in choose::sampled(count, estimator.budget) {
        let mut bytes = rows[first + run.start * record..first + run.end * record].to_vec();
        frame::forward(&layout, fields, &mut bytes);
        for (elements, &column) in elements.iter_mut().zip(columns) {
            let own = (fields[column].width, false, Some(offsets[column]));
            elements.extend(frame::patterns(&layout, &bytes, own, 0, usize::MAX));
        }
    }
    let cost = |(elements, &column): (&Vec<u64>, &usize)| {
        let Field {
            width, transform, ..
        } = &fields[column];
        // What else a header holds takes the same few bytes for either.
        let values = match &transform.rule {
            Rule::Dictionary(values) => choose::bits_of_values(values, *width),
            _ => 0.0,
        };
        estimator.bits(elements, *width) + values / count as f64
    };
    elements.iter().zip(columns).map(cost).collect()
}
