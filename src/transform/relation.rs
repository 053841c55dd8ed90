//! Relations: columns of a table that other columns of the same row predict.

use crate::layout::Layout;
use crate::structure::{Field, Formula};

/// The whole records of a frame of `len` bytes: where the first begins, and how many there are.
pub(crate) fn whole_records(layout: &Layout, len: usize) -> (usize, usize) {
    let record = layout.record as usize;
    let first = (record - layout.phase as usize % record) % record;
    (first, len.saturating_sub(first) / record)
}

/// Where the fields of a record begin.
pub(crate) fn offsets(fields: &[Field]) -> Vec<usize> {
    let next = |offset: &mut usize, field: &Field| {
        let own = *offset;
        *offset += usize::from(field.width);
        Some(own)
    };
    fields.iter().scan(0, next).collect()
}

/// What a formula predicts of each whole record of a content whose inputs are as they are stored.
pub(crate) fn values(
    formula: &Formula,
    layout: &Layout,
    fields: &[Field],
    offsets: &[usize],
    content: &[u8],
) -> Vec<f64> {
    let (first, count) = whole_records(layout, content.len());
    let rest = content.get(first..).unwrap_or_default();
    let records = rest.chunks_exact(layout.record as usize);
    let mut numbers = [0.0; Formula::MAX_INPUTS];
    let row = |record: &[u8]| {
        for (number, input) in numbers.iter_mut().zip(&formula.inputs) {
            let (field, offset) = (
                &fields[usize::from(input.field)],
                offsets[usize::from(input.field)],
            );
            let pattern = crate::layout::value(record, offset, field.width.into(), field.swap);
            *number = input.kind.number(pattern, 8 * u32::from(field.width));
        }
        formula.value(&numbers)
    };
    records.take(count).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_records_count() {
        let layout = |phase| Layout {
            record: 10,
            phase,
            ..Layout::BYTES
        };
        assert_eq!(whole_records(&layout(0), 39), (0, 3));
        assert_eq!(whole_records(&layout(4), 39), (6, 3));
        assert_eq!(whole_records(&layout(9), 31), (1, 3));
        assert_eq!(whole_records(&layout(4), 3), (6, 0));
    }
}
