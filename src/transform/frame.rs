//! The fields of a frame: which bytes are one number, and each column's transform.

use super::column::{Predict, Rule, Transform};
use super::relation;
use crate::error::{Error, Result};
use crate::layout::Layout;
use std::sync::Arc;

/// Elements that are treated alike: a column of a table, or all elements of an array.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Bytes of an element: 1, 2, 4 or 8.
    pub width: u8,
    /// Elements are little-endian.
    pub swap: bool,
    /// What is done to them.
    pub transform: Transform,
}

/// The most fields of a frame.
pub const MOST_FIELDS: usize = 1 << 16;

/// Says whether `fields` fit `layout`: none; or one, for all elements; or one for each column, their widths together a
/// record.
///
/// # Errors
/// [`Error::InvalidArgument`] saying what does not fit.
pub fn validate(layout: &Layout, fields: &[Field]) -> Result<()> {
    let refuse = |what: &str| Err(Error::InvalidArgument(format!("fields: {what}")));
    if fields.len() > MOST_FIELDS {
        return refuse("more than 2^16");
    }
    for run in fields.chunk_by(alike) {
        let field = &run[0];
        if !matches!(field.width, 1 | 2 | 4 | 8) {
            return refuse("an element has 1, 2, 4 or 8 bytes");
        }
        if field.swap && field.width == 1 {
            return refuse("single bytes have no order");
        }
        field.transform.validate(field.width)?;
    }
    let Some(first) = fields.first() else {
        return Ok(());
    };
    if layout.swap {
        return refuse("each has its own byte order");
    }
    if fields.iter().any(|field| field.width != first.width) {
        if layout.width != 1 {
            return refuse("elements of several widths");
        }
    } else if layout.width != first.width {
        return refuse("elements of another width than the layout's");
    }
    let all: u64 = fields.iter().map(|field| u64::from(field.width)).sum();
    if fields.len() > 1 && all != u64::from(layout.record) {
        return refuse("their widths are not a record's");
    }
    if relation::order(fields).is_none() {
        return refuse("relations to fields that there are not, or in a circle");
    }
    Ok(())
}

/// Whether two fields are as valid as each other. Of a header's many fields all of a run have one large dictionary, which
/// is not looked at again and again.
fn alike(a: &Field, b: &Field) -> bool {
    let (one, other) = (&a.transform, &b.transform);
    let same_rule = match (&one.rule, &other.rule) {
        (Rule::Dictionary(one), Rule::Dictionary(other)) => Arc::ptr_eq(one, other),
        (one, other) => one == other,
    };
    let shape = |field: &Field| (field.width, field.swap, field.transform.kind);
    let place = |transform: &Transform| (transform.offset, transform.rotate);
    let same_place = place(one) == place(other);
    same_rule && shape(a) == shape(b) && same_place && one.predict == other.predict
}

/// The elements of one field in a frame: where the first begins, and how far apart they are.
#[derive(Clone, Copy, Debug)]
struct Column {
    first: usize,
    step: usize,
    count: usize,
}

impl Column {
    fn of(layout: &Layout, width: u8, place: Option<usize>, len: usize) -> Column {
        let width = usize::from(width);
        let (step, place) = match place {
            Some(place) => (layout.record as usize, place),
            None => (width, 0),
        };
        let first = (place + step - layout.phase as usize % step) % step;
        let count = match len.checked_sub(first + width) {
            Some(rest) => rest / step + 1,
            None => 0,
        };
        Column { first, step, count }
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
) -> impl Iterator<Item = (&'a Field, Column, [usize; 3])> {
    let mut place = 0;
    fields.iter().map(move |field| {
        let width = usize::from(field.width);
        let (own, steps) = if fields.len() == 1 {
            let rows = [layout.record, layout.plane].map(|bytes| bytes as usize / width);
            (None, [1, rows[0], rows[1]])
        } else {
            (Some(place), [1, 0, 0])
        };
        place += width;
        (field, Column::of(layout, field.width, own, len), steps)
    })
}

/// The elements of a field as numbers.
fn gather(bytes: &[u8], column: Column, width: u8, swap: bool, out: &mut Vec<u64>) {
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

fn scatter(bytes: &mut [u8], column: Column, width: u8, swap: bool, elements: &[u64]) {
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
    let (content, places) = if related {
        (bytes.to_vec(), relation::places(fields))
    } else {
        (Vec::new(), Vec::new())
    };
    let mut elements = Vec::new();
    for (field, column, steps) in columns(layout, fields, bytes.len()) {
        let foretold = foretold(layout, fields, &places, &content, (field, column));
        gather(bytes, column, field.width, field.swap, &mut elements);
        let transform = &field.transform;
        transform.forward(&mut elements, field.width, steps, &foretold);
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
    // What the others foretell comes after them.
    let order = relation::order(fields).unwrap_or_default();
    if order.is_empty() {
        return;
    }
    let places = relation::places(fields);
    for index in order {
        let field = &fields[index];
        let column = Column::of(layout, field.width, Some(places[index]), bytes.len());
        let foretold = foretold(layout, fields, &places, bytes, (field, column));
        gather(bytes, column, field.width, false, &mut elements);
        let transform = &field.transform;
        transform.inverse(&mut elements, field.width, [1, 0, 0], &foretold);
        scatter(bytes, column, field.width, field.swap, &elements);
    }
}

fn is_related(field: &Field) -> bool {
    matches!(field.transform.predict, Predict::Relation(_))
}

/// The numbers that a field's relation says of its elements, 0 of those outside whole records; none if it has no relation.
fn foretold(
    layout: &Layout,
    fields: &[Field],
    places: &[usize],
    content: &[u8],
    (field, column): (&Field, Column),
) -> Vec<f64> {
    let Predict::Relation(formula) = &field.transform.predict else {
        return Vec::new();
    };
    let mut numbers = relation::values(formula, layout, fields, places, content);
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
    let (width, swap, place) = field;
    let mut column = Column::of(layout, width, place, bytes.len());
    let skip = skip.min(column.count);
    column.first += skip * column.step;
    column.count = (column.count - skip).min(most);
    let mut elements = Vec::new();
    gather(bytes, column, width, swap, &mut elements);
    elements
}

/// How many whole elements a field has.
pub(super) fn count(layout: &Layout, width: u8, place: Option<usize>, len: usize) -> usize {
    Column::of(layout, width, place, len).count
}
