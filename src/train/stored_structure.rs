//! The structure that is stored with a network: what most of its training data had.

use super::piece::Piece;
use crate::model_file::Model;
use crate::structure::{Field, Rule, Structure, Transform};
use std::collections::HashMap;
use std::hash::Hash;

/// The columns that most bytes have and the transforms that most of these have, column by column; none if the columns are
/// those of less than half of all bytes, or the pieces are no tables.
pub fn stored_structure(pieces: &[Piece]) -> Option<Structure> {
    let all: usize = pieces.iter().map(|piece| piece.content.len()).sum();
    let table = |piece: &Piece| Some((piece.structure.table()?, piece.content.len()));
    let mut tables: Vec<(Structure, usize)> = pieces.iter().filter_map(table).collect();
    let shape = |structure: &Structure| -> Vec<(u8, bool)> {
        let shapes = structure
            .fields
            .iter()
            .map(|field| (field.width, field.swap));
        shapes.collect()
    };
    let (columns, bytes) = most(tables.iter().map(|(table, bytes)| (shape(table), *bytes)))?;
    if 2 * bytes < all {
        return None;
    }
    tables.retain(|(table, _)| shape(table) == columns);
    let mut structure = tables.first()?.0.clone();
    for (column, field) in structure.fields.iter_mut().enumerate() {
        let transforms = || {
            let own = |(table, bytes): &(Structure, usize)| {
                Some((table.fields.get(column)?.transform.clone(), *bytes))
            };
            tables.iter().filter_map(own)
        };
        let (common, _) = most(transforms().map(|(transform, bytes)| (outline(transform), bytes)))?;
        field.transform = most(transforms().filter(|(t, _)| outline(t.clone()) == common))?.0;
    }
    // Columns of several frames together may predict each other.
    if structure.validate(0).is_err() {
        structure.fields = most(
            tables
                .into_iter()
                .map(|(table, bytes)| (table.fields, bytes)),
        )?
        .0;
    }
    while !Model::can_store(&structure) {
        *largest_dictionary(&mut structure.fields)? = Transform::NONE;
    }
    Some(structure)
}

/// What has the most bytes, of several the first; and how many.
fn most<T: Clone + Eq + Hash>(of: impl IntoIterator<Item = (T, usize)>) -> Option<(T, usize)> {
    let mut positions: HashMap<T, usize> = HashMap::new();
    let mut sums: Vec<(T, usize)> = Vec::new();
    for (what, bytes) in of {
        let number = *positions.entry(what.clone()).or_insert(sums.len());
        match sums.get_mut(number) {
            Some((_, sum)) => *sum += bytes,
            None => sums.push((what, bytes)),
        }
    }
    sums.into_iter().rev().max_by_key(|(_, bytes)| *bytes)
}

/// A transform without what differs from frame to frame: the offset of its codes, the values of a dictionary.
fn outline(mut transform: Transform) -> Transform {
    (transform.offset, transform.rotate) = (0, 0);
    if let Rule::Dictionary(values) = &mut transform.rule {
        *values = [].into();
    }
    transform
}

/// The transform with the most values in its dictionary.
fn largest_dictionary(fields: &mut [Field]) -> Option<&mut Transform> {
    let transforms = fields.iter_mut().map(|field| &mut field.transform);
    let values = |transform: &&mut Transform| match &transform.rule {
        Rule::Dictionary(values) => values.len(),
        _ => 0,
    };
    let largest = transforms.max_by_key(values)?;
    (values(&largest) > 0).then_some(largest)
}
