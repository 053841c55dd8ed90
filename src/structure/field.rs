//! A frame's fields: which bytes are one number, and each column's transform.

use super::{Predict, Rule, Transform};
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
pub const MAX_FIELDS: usize = 1 << 16;

/// Says whether `fields` fit `layout`: none; or one, for all elements; or one for each column, their widths together a
/// record.
///
/// # Errors
/// [`Error::InvalidArgument`] saying what does not fit.
pub fn validate(layout: &Layout, fields: &[Field]) -> Result<()> {
    let refuse = |what: &str| Err(Error::InvalidArgument(format!("fields: {what}")));
    if fields.len() > MAX_FIELDS {
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
    if order(fields).is_none() {
        return refuse("relations to fields that there are not, or in a circle");
    }
    Ok(())
}

/// Whether two fields are as valid as each other. Of a header's many fields all of a run have one large dictionary,
/// which is not validated again and again.
fn alike(a: &Field, b: &Field) -> bool {
    let (one, other) = (&a.transform, &b.transform);
    let same_rule = match (&one.rule, &other.rule) {
        (Rule::Dictionary(one), Rule::Dictionary(other)) => Arc::ptr_eq(one, other),
        (one, other) => one == other,
    };
    let shape = |field: &Field| (field.width, field.swap, field.transform.kind);
    let shift = |transform: &Transform| (transform.offset, transform.rotate);
    let same_shift = shift(one) == shift(other);
    same_rule && shape(a) == shape(b) && same_shift && one.predict == other.predict
}

/// The fields that are predicted from others, each after those that it takes; `None` if some take each other in a
/// circle, or fields that there are not.
pub(crate) fn order(fields: &[Field]) -> Option<Vec<usize>> {
    let formula = |field: usize| match &fields[field].transform.predict {
        Predict::Relation(formula) => Some(formula),
        _ => None,
    };
    let predicted: Vec<usize> = (0..fields.len())
        .filter(|&n| formula(n).is_some())
        .collect();
    if predicted.is_empty() {
        return Some(predicted);
    }
    // For each field those that wait for it, and for how many each waits.
    let mut takers = vec![Vec::new(); fields.len()];
    let mut waits = vec![0; fields.len()];
    for &taker in &predicted {
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
    let mut ordered: Vec<usize> = predicted
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
    (ordered.len() == predicted.len()).then_some(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Kind;
    use crate::structure::{Formula, FormulaInput, Operation};

    /// Fields of which each takes those that are listed.
    fn fields(taken: &[&[u16]]) -> Vec<Field> {
        let field = |taken: &&[u16]| {
            let input = |&field: &u16| FormulaInput {
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
}
