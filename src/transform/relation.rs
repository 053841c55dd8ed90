//! Relations: columns of a table that other columns of the same row foretell.

use super::column::Predict;
use super::formula::Formula;
use super::frame::Field;
use crate::layout::Layout;

/// The fields that are foretold by others, each after those that it takes; `None` if some take each other in a circle, or
/// fields that there are not.
pub(super) fn order(fields: &[Field]) -> Option<Vec<usize>> {
    let formula = |field: usize| match &fields[field].transform.predict {
        Predict::Relation(formula) => Some(formula),
        _ => None,
    };
    let foretold: Vec<usize> = (0..fields.len())
        .filter(|&n| formula(n).is_some())
        .collect();
    if foretold.is_empty() {
        return Some(foretold);
    }
    // For each field those that wait for it, and for how many each waits.
    let mut takers = vec![Vec::new(); fields.len()];
    let mut waits = vec![0; fields.len()];
    for &taker in &foretold {
        for input in formula(taker)
            .into_iter()
            .flat_map(|formula| &formula.inputs)
        {
            let taken = usize::from(input.field);
            if taken >= fields.len() {
                return None;
            }
            if formula(taken).is_some() {
                takers[taken].push(taker);
                waits[taker] += 1;
            }
        }
    }
    let mut ordered: Vec<usize> = foretold
        .iter()
        .copied()
        .filter(|&n| waits[n] == 0)
        .collect();
    let mut next = 0;
    while let Some(&known) = ordered.get(next) {
        for &taker in &takers[known] {
            waits[taker] -= 1;
            if waits[taker] == 0 {
                ordered.push(taker);
            }
        }
        next += 1;
    }
    (ordered.len() == foretold.len()).then_some(ordered)
}

/// The whole records of a frame of `len` bytes: where the first begins, and how many there are.
pub(super) fn whole_records(layout: &Layout, len: usize) -> (usize, usize) {
    let record = layout.record as usize;
    let first = (record - layout.phase as usize % record) % record;
    (first, len.saturating_sub(first) / record)
}

/// Where the fields of a record begin.
pub(super) fn places(fields: &[Field]) -> Vec<usize> {
    let next = |place: &mut usize, field: &Field| {
        let own = *place;
        *place += usize::from(field.width);
        Some(own)
    };
    fields.iter().scan(0, next).collect()
}

/// What a formula says of each whole record of a content whose inputs are as they are stored.
pub(super) fn values(
    formula: &Formula,
    layout: &Layout,
    fields: &[Field],
    places: &[usize],
    content: &[u8],
) -> Vec<f64> {
    let (first, count) = whole_records(layout, content.len());
    let rest = content.get(first..).unwrap_or_default();
    let records = rest.chunks_exact(layout.record as usize);
    let mut numbers = [0.0; Formula::MOST_INPUTS];
    let row = |record: &[u8]| {
        for (number, input) in numbers.iter_mut().zip(&formula.inputs) {
            let (field, place) = (
                &fields[usize::from(input.field)],
                places[usize::from(input.field)],
            );
            let pattern =
                crate::layout::columns::value(record, place, field.width.into(), field.swap);
            *number = input.kind.number(pattern, 8 * u32::from(field.width));
        }
        formula.value(&numbers)
    };
    records.take(count).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::column::Transform;
    use super::super::formula::{Input, Operation};
    use super::*;
    use crate::layout::columns::Kind;

    /// Fields of which each takes those that are listed.
    fn fields(taken: &[&[u16]]) -> Vec<Field> {
        let field = |taken: &&[u16]| {
            let input = |&field: &u16| Input {
                field,
                kind: Kind::Float,
            };
            let formula = Formula {
                inputs: taken.iter().map(input).collect(),
                operations: vec![Operation::Input(0)],
            };
            let predict = match taken.len() {
                0 => Predict::Nothing,
                _ => Predict::Relation(formula.into()),
            };
            Field {
                width: 4,
                swap: true,
                transform: Transform {
                    predict,
                    ..Transform::of(Kind::Float)
                },
            }
        };
        taken.iter().map(field).collect()
    }

    #[test]
    fn fields_come_after_those_that_they_take() {
        assert_eq!(order(&fields(&[&[], &[]])), Some(vec![]));
        assert_eq!(order(&fields(&[&[2], &[], &[1]])), Some(vec![2, 0]));
        assert_eq!(
            order(&fields(&[&[1, 1], &[2, 3], &[3], &[]])),
            Some(vec![2, 1, 0])
        );
        for circle in [
            &[&[0u16][..]][..],
            &[&[1], &[0]],
            &[&[3], &[0], &[1], &[2, 4], &[]],
            &[&[1]],
        ] {
            assert_eq!(order(&fields(circle)), None, "{circle:?}");
        }
    }

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
