//! The fields of a frame: which bytes are one number, and each column's transform.

use super::relation;
use crate::layout::Layout;
use crate::structure::{Field, Predict, field};

/// The elements of one field in a frame: where the first begins, and how far apart they are.
#[derive(Clone, Copy, Debug)]
struct FieldElements {
    first: usize,
    step: usize,
    count: usize,
}

impl FieldElements {
    fn of(layout: &Layout, width: u8, offset: Option<usize>, len: usize) -> FieldElements {
        let width = usize::from(width);
        let (step, offset) = match offset {
            Some(offset) => (layout.record as usize, offset),
            None => (width, 0),
        };
        let first = (offset + step - layout.phase as usize % step) % step;
        let count = match len.checked_sub(first + width) {
            Some(rest) => rest / step + 1,
            None => 0,
        };
        FieldElements { first, step, count }
    }

    fn starts(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |k| self.first + k * self.step)
    }
}

/// Every field with its elements, and how many elements the element, the row and the plane before are away.
fn columns<'a>(
    layout: &'a Layout,
    fields: &'a [Field],
    len: usize,
) -> impl Iterator<Item = (&'a Field, FieldElements, [usize; 3])> {
    let mut offset = 0;
    fields.iter().map(move |field| {
        let width = usize::from(field.width);
        let (own, steps) = if fields.len() == 1 {
            let rows = [layout.record, layout.plane].map(|bytes| bytes as usize / width);
            (None, [1, rows[0], rows[1]])
        } else {
            (Some(offset), [1, 0, 0])
        };
        offset += width;
        (
            field,
            FieldElements::of(layout, field.width, own, len),
            steps,
        )
    })
}

/// The elements of a field as numbers.
fn gather(bytes: &[u8], column: FieldElements, width: u8, swap: bool, out: &mut Vec<u64>) {
    let width = usize::from(width);
    out.clear();
    out.extend(column.starts().map(|at| {
        let element = bytes[at..at + width].iter();
        let shift = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        if swap {
            element.rev().fold(0, shift)
        } else {
            element.fold(0, shift)
        }
    }));
}

fn scatter(bytes: &mut [u8], column: FieldElements, width: u8, swap: bool, elements: &[u64]) {
    let width = usize::from(width);
    for (at, element) in column.starts().zip(elements) {
        let to = &mut bytes[at..at + width];
        to.copy_from_slice(&element.to_be_bytes()[8 - width..]);
        if swap {
            to.reverse();
        }
    }
}

/// Turns a frame's content into what is coded: the elements' transformed values, most significant byte first. Parts of
/// elements at both ends keep their bytes. Layout and fields must be [valid](validate).
pub fn forward(layout: &Layout, fields: &[Field], bytes: &mut [u8]) {
    let related = fields.iter().any(is_related);
    let (content, offsets) = if related {
        (bytes.to_vec(), relation::offsets(fields))
    } else {
        (Vec::new(), Vec::new())
    };
    let mut elements = Vec::new();
    for (field, column, steps) in columns(layout, fields, bytes.len()) {
        let predicted = predicted(layout, fields, &offsets, &content, (field, column));
        gather(bytes, column, field.width, field.swap, &mut elements);
        let transform = &field.transform;
        transform.forward(&mut elements, field.width, steps, &predicted);
        scatter(bytes, column, field.width, false, &elements);
    }
}

/// The inverse of [`forward`].
pub fn inverse(layout: &Layout, fields: &[Field], bytes: &mut [u8]) {
    let mut elements = Vec::new();
    for (field, column, steps) in columns(layout, fields, bytes.len()) {
        if is_related(field) {
            continue;
        }
        gather(bytes, column, field.width, false, &mut elements);
        let transform = &field.transform;
        transform.inverse(&mut elements, field.width, steps, &[]);
        scatter(bytes, column, field.width, field.swap, &elements);
    }
    // What the others predict comes after them.
    let order = field::order(fields).unwrap_or_default();
    if order.is_empty() {
        return;
    }
    let offsets = relation::offsets(fields);
    for index in order {
        let field = &fields[index];
        let column = FieldElements::of(layout, field.width, Some(offsets[index]), bytes.len());
        let predicted = predicted(layout, fields, &offsets, bytes, (field, column));
        gather(bytes, column, field.width, false, &mut elements);
        let transform = &field.transform;
        transform.inverse(&mut elements, field.width, [1, 0, 0], &predicted);
        scatter(bytes, column, field.width, field.swap, &elements);
    }
}

fn is_related(field: &Field) -> bool {
    matches!(field.transform.predict, Predict::Relation(_))
}

/// The numbers that a field's relation predicts for its elements, 0 of those outside whole records; none if it has no
/// relation.
fn predicted(
    layout: &Layout,
    fields: &[Field],
    offsets: &[usize],
    content: &[u8],
    (field, column): (&Field, FieldElements),
) -> Vec<f64> {
    let Predict::Relation(formula) = &field.transform.predict else {
        return Vec::new();
    };
    let mut numbers = relation::values(formula, layout, fields, offsets, content);
    let (first, _) = relation::whole_records(layout, content.len());
    // At most one element lies before the first whole record, and one behind the last.
    if column.first < first {
        numbers.insert(0, 0.0);
    }
    numbers.resize(column.count, 0.0);
    numbers
}

/// The elements of one field as bit patterns, at most `most` of them in a row from the `skip`th on.
pub(crate) fn patterns(
    layout: &Layout,
    bytes: &[u8],
    field: (u8, bool, Option<usize>),
    skip: usize,
    most: usize,
) -> Vec<u64> {
    let (width, swap, offset) = field;
    let mut column = FieldElements::of(layout, width, offset, bytes.len());
    let skip = skip.min(column.count);
    column.first += skip * column.step;
    column.count = (column.count - skip).min(most);
    let mut elements = Vec::new();
    gather(bytes, column, width, swap, &mut elements);
    elements
}

/// How many whole elements a field has.
pub(crate) fn count(layout: &Layout, width: u8, offset: Option<usize>, len: usize) -> usize {
    FieldElements::of(layout, width, offset, len).count
}
