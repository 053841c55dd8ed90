//! Which transforms a frame gets: candidates are found from its values and compared by coding a sample.

mod array;
mod candidates;
pub(crate) mod companions;
mod estimate;
mod formulas;
mod relations;
mod rules;
mod table;

use crate::layout::{Column, Layout};
use crate::level::SearchBudget;
use crate::structure::Field;
pub(crate) use crate::structure::companion::MOST_COLUMNS;
use crate::structure::{Rule, Transform};
use crate::transform::frame;
pub(crate) use estimate::Estimator;
pub(crate) use table::{bits_of_values, sampled};

/// A transform has to save this share of the bits of plain elements.
const WORTHWHILE: f64 = 0.985;
/// What an array may cost, by share of a table, to be one.
const ARRAY: f64 = 0.95;
/// Fewer elements than this are not worth a rule.
const FEWEST: usize = 64;

/// A column's transform, and what an element costs with it.
struct Choice {
    transform: Transform,
    /// Estimated bits of an element.
    bits: f64,
}

/// The fields of a frame whose content, row after row, is `bytes`. `columns` are those of a record, or one for all elements;
/// none where the bytes are no numbers.
///
/// The result is empty where nothing is worth its cost and the layout says it all.
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
    let several_columns = (2..=MOST_COLUMNS).contains(&columns.len());
    let as_table = (layout.record > 0 && layout.plane == 0 && several_columns)
        .then(|| table::choose(bytes, layout, columns, &mut estimator));
    match (as_array, as_table) {
        (Some(array), Some((fields, bits))) => {
            let elements = f64::from(layout.record) / f64::from(first.width);
            // A table's other columns tell more than its elements' neighbours: only what clearly follows a rule is an array.
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

/// No fields if they say no more than the layout.
fn several(fields: Vec<Field>, same_width: bool) -> Vec<Field> {
    let plain = fields.iter().all(|f| f.transform == Transform::NONE);
    if plain && same_width {
        Vec::new()
    } else {
        fields
    }
}

/// Where the codes of a rule's members are to lie: subtracts what is below the least, and moves few bytes to the top.
fn placed(mut transform: Transform, codes: &[u64], width: u8) -> Transform {
    let bits = 8 * u32::from(width);
    let (zero, count) = transform.members(bits);
    let members = codes.iter().copied().filter(|&code| code < count);
    let (low, high) = members.fold((u64::MAX, 0), |(low, high), code| {
        (low.min(code), high.max(code))
    });
    if transform.rule == Rule::Any || low > high {
        return transform;
    }
    let bytes_for = |most: u64| (64 - most.leading_zeros()).div_ceil(8).max(1);
    // Zero stays put whatever the frame's extremes are, so that a trained network finds the same value in the same place.
    let (offset, bytes) = if low >= zero {
        (zero, bytes_for(high - zero))
    } else {
        let reach = (zero - low).max(high.saturating_sub(zero) + 1);
        let bytes = bytes_for(2 * (reach - 1).max(1));
        (zero.wrapping_sub(1 << (8 * bytes - 1)), bytes)
    };
    transform.offset = offset & (u64::MAX >> (64 - bits));
    let width = u32::from(width);
    transform.rotate = if 2 * bytes <= width {
        (width - bytes) as u8
    } else {
        0
    };
    transform
}
