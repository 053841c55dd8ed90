//! Which transforms a frame gets: candidates are found from its values and compared by coding a sample.

mod array;
mod candidates;
mod choice;
mod estimate;
pub(crate) mod formulas;
pub(crate) mod references;
mod relations;
mod rules;
mod table;

use crate::layout::{Column, Layout};
use crate::level::SearchBudget;
use crate::structure::Field;
use crate::structure::Transform;
pub(crate) use crate::structure::references::MAX_TABLE_COLUMNS;
use choice::Choice;
pub(crate) use estimate::{Estimator, sampled};
pub(crate) use table::bits_of_values;

/// What an array may cost, by share of a table, to be one.
const ARRAY: f64 = 0.95;
/// The fields of a frame whose content, row after row, is `bytes`. `columns` are those of a record, or one for all elements;
/// none where the bytes are no numbers.
///
/// The result is empty where nothing is worth its cost and the layout is enough.
pub fn choose(
    bytes: &[u8],
    layout: &Layout,
    columns: &[Column],
    budget: SearchBudget,
) -> Vec<Field> {
    let Some(first) = columns.first() else {
        return Vec::new();
    };
    let alike = columns.iter().all(|column| column == first);
    let same_width = columns.iter().all(|column| column.width == first.width);
    let mut estimator = Estimator::new(budget);
    // Only where there is no record, or a plane, is it sure that the elements are no columns of a table.
    let grid = layout.plane > 0 || layout.record == 0;
    let may_be_array = grid || alike && array::is_smooth(bytes, layout, first);
    let as_array =
        (same_width && may_be_array).then(|| array::choose(bytes, layout, first, &mut estimator));
    let several_columns = (2..=MAX_TABLE_COLUMNS).contains(&columns.len());
    let as_table = (layout.record > 0 && layout.plane == 0 && several_columns)
        .then(|| table::choose(bytes, layout, columns, &mut estimator));
    match (as_array, as_table) {
        (Some(array), Some((fields, bits))) => {
            let elements = f64::from(layout.record) / f64::from(first.width);
            // A table's other columns predict more than its elements' neighbours: only what clearly follows a rule is
            // an array.
            let ruled = array.transform != Transform::NONE;
            if ruled && array.bits * elements < bits * ARRAY {
                one(first, array)
            } else {
                several(fields, same_width)
            }
        }
        // Long records without a transform may be a table's as well.
        (Some(array), None) if layout.record == 0 || layout.plane > 0 => one(first, array),
        (Some(array), None) => several(one(first, array), same_width),
        (None, Some((fields, _))) => several(fields, same_width),
        (None, None) => Vec::new(),
    }
}

/// The field of all elements.
fn one(column: &Column, choice: Choice) -> Vec<Field> {
    let field = Field {
        width: column.width,
        swap: column.swap,
        transform: choice.transform,
    };
    vec![field]
}

/// No fields if they hold no more than the layout.
fn several(fields: Vec<Field>, same_width: bool) -> Vec<Field> {
    let plain = fields.iter().all(|f| f.transform == Transform::NONE);
    if plain && same_width {
        Vec::new()
    } else {
        fields
    }
}
