//! The fields of a frame: which bytes are one number, and each column's transform.

use super::relation;
use crate::layout::Layout;
use crate::structure::{Field, Predict, Transform, field};

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

    /// Some of them: [`ROWS`] from `start` on, or as many as there are.
    fn rows(self, start: usize) -> FieldElements {
        FieldElements {
            first: self.first + start * self.step,
            count: self.count.saturating_sub(start).min(ROWS),
            ..self
        }
    }
}

/// Every field with its elements, and how many elements the element, the row and the plane before are away.
fn columns<'a>(
    layout: &'a Layout,
    fields: &'a [Field],
    len: usize,
) -> impl Iterator<Item = FieldColumn<'a>> {
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

/// The elements of a field as numbers, behind those that are there.
fn gather(bytes: &[u8], column: FieldElements, width: u8, swap: bool, out: &mut Vec<u64>) {
    match (width, swap) {
        (2, true) => each(bytes, column, out, |b| u16::from_le_bytes(b).into()),
        (2, false) => each(bytes, column, out, |b| u16::from_be_bytes(b).into()),
        (4, true) => each(bytes, column, out, |b| u32::from_le_bytes(b).into()),
        (4, false) => each(bytes, column, out, |b| u32::from_be_bytes(b).into()),
        (8, true) => each(bytes, column, out, u64::from_le_bytes),
        (8, false) => each(bytes, column, out, u64::from_be_bytes),
        _ => each(bytes, column, out, |[byte]: [u8; 1]| byte.into()),
    }
}

fn each<const W: usize>(
    bytes: &[u8],
    column: FieldElements,
    out: &mut Vec<u64>,
    number: impl Fn([u8; W]) -> u64,
) {
    let elements = bytes.get(column.first..).unwrap_or_default();
    out.extend(elements.chunks(column.step).take(column.count).map(|row| {
        let mut element = [0; W];
        element.copy_from_slice(&row[..W]);
        number(element)
    }));
}

fn scatter(bytes: &mut [u8], column: FieldElements, width: u8, swap: bool, elements: &[u64]) {
    match (width, swap) {
        (2, true) => write(bytes, column, elements, |n| (n as u16).to_le_bytes()),
        (2, false) => write(bytes, column, elements, |n| (n as u16).to_be_bytes()),
        (4, true) => write(bytes, column, elements, |n| (n as u32).to_le_bytes()),
        (4, false) => write(bytes, column, elements, |n| (n as u32).to_be_bytes()),
        (8, true) => write(bytes, column, elements, u64::to_le_bytes),
        (8, false) => write(bytes, column, elements, u64::to_be_bytes),
        _ => write(bytes, column, elements, |n| [n as u8]),
    }
}

fn write<const W: usize>(
    bytes: &mut [u8],
    column: FieldElements,
    elements: &[u64],
    element: impl Fn(u64) -> [u8; W],
) {
    let rows = bytes.get_mut(column.first..).unwrap_or_default();
    let rows = rows.chunks_mut(column.step).take(column.count);
    for (row, &number) in rows.zip(elements) {
        row[..W].copy_from_slice(&element(number));
    }
}

/// Bytes of a record whose fields are gathered together, and rows that are gathered at once: what a cache line holds is then
/// read and written once, not once for each field.
const TOGETHER: usize = 64;
const ROWS: usize = 256;

/// A field, its elements, and how far the elements are away that it is predicted from.
type FieldColumn<'a> = (&'a Field, FieldElements, [usize; 3]);

/// Replaces the elements of each field of a group by what `transform` makes of them. `swap` says whether the bytes of a field are
/// reversed before and behind it.
fn replace(
    bytes: &mut [u8],
    group: &[FieldColumn],
    buffers: &mut Vec<Vec<u64>>,
    swap: impl Fn(&Field) -> [bool; 2],
    transform: impl Fn(&FieldColumn, &mut [u64]),
) {
    buffers.resize_with(buffers.len().max(group.len()), Vec::new);
    let most = group.iter().map(|column| column.1.count).max().unwrap_or(0);
    for buffer in &mut *buffers {
        buffer.clear();
    }
    for start in (0..most).step_by(ROWS) {
        for ((field, column, _), buffer) in group.iter().zip(&mut *buffers) {
            let rows = column.rows(start);
            gather(bytes, rows, field.width, swap(field)[0], buffer);
        }
    }
    for (column, buffer) in group.iter().zip(&mut *buffers) {
        transform(column, buffer);
    }
    for start in (0..most).step_by(ROWS) {
        for ((field, column, _), buffer) in group.iter().zip(&*buffers) {
            let rows = column.rows(start);
            let elements = buffer.get(start..).unwrap_or_default();
            scatter(bytes, rows, field.width, swap(field)[1], elements);
        }
    }
}

/// The fields that anything is done to, those next to each other in groups.
fn groups<'a>(columns: impl Iterator<Item = FieldColumn<'a>>) -> Vec<Vec<FieldColumn<'a>>> {
    let mut groups: Vec<Vec<FieldColumn>> = Vec::new();
    for column in columns {
        let (field, FieldElements { first, step, .. }, _) = column;
        if !field.swap && field.transform == Transform::NONE {
            continue;
        }
        let joins = |group: &Vec<FieldColumn>| {
            let begin = group.first().map_or(0, |other| other.1.first);
            (first + step - begin) % step + usize::from(field.width) <= TOGETHER
        };
        match groups.last_mut().filter(|group| joins(group)) {
            Some(group) => group.push(column),
            None => groups.push(vec![column]),
        }
    }
    groups
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
    let mut buffers = Vec::new();
    for group in groups(columns(layout, fields, bytes.len())) {
        let swap = |field: &Field| [field.swap, false];
        replace(bytes, &group, &mut buffers, swap, |&column, elements| {
            let (field, column, steps) = column;
            let predicted = predicted(layout, fields, &offsets, &content, (field, column));
            let transform = &field.transform;
            transform.forward(elements, field.width, steps, &predicted);
        });
    }
}

/// The inverse of [`forward`].
pub fn inverse(layout: &Layout, fields: &[Field], bytes: &mut [u8]) {
    let columns = columns(layout, fields, bytes.len());
    let mut buffers = Vec::new();
    for group in groups(columns.filter(|(field, ..)| !is_related(field))) {
        let swap = |field: &Field| [false, field.swap];
        replace(bytes, &group, &mut buffers, swap, |&column, elements| {
            let (field, _, steps) = column;
            field.transform.inverse(elements, field.width, steps, &[]);
        });
    }
    // What the others predict comes after them.
    let order = field::order(fields).unwrap_or_default();
    if order.is_empty() {
        return;
    }
    let offsets = relation::offsets(fields);
    let mut elements = Vec::new();
    for index in order {
        let field = &fields[index];
        let column = FieldElements::of(layout, field.width, Some(offsets[index]), bytes.len());
        let predicted = predicted(layout, fields, &offsets, bytes, (field, column));
        elements.clear();
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
