//! A table of which only the latents of an autoencoder are stored, as Baler (Bengtsson 2023) does it: no bound is kept.
//!
//! Latents are a table of integers of their own, which is coded without loss. Decoding them runs in integers up to the normalised numbers;
//! these become elements by one product and one sum in doubles, so that every machine gives the same. Integers are rounded, and what is
//! no number (NaN) comes back as its column's centre, an infinity as a finite number.

use super::autoencoder::{denormalise, normalise};
use super::cells::{CellColumn, TableShape};
use super::coded::{CodedNumbers, Form};
use super::grid::Grid;
use super::number;
use super::specials::Specials;
use super::table;
use crate::coder::{BadWords, BitCoder, Integers, LaneDecoder, LaneEncoder};
use crate::layout::{Column, Kind};
use crate::model::autoencoder::Bottleneck;

/// The elements of latents.
const LATENT: Column = Column {
    width: 2,
    swap: false,
    kind: Kind::Signed,
};

/// Whether an autoencoder is for rows of such columns. More latents than columns would be no bottleneck.
pub fn knows(autoencoder: &Bottleneck, shape: &TableShape) -> bool {
    let widths = &autoencoder.shape;
    usize::from(widths.columns) == shape.columns.len() && widths.latents <= widths.columns
}

/// The size of a bottleneck whose latents, as they are, take the share 1 in `ratio` of rows of so many bytes: how many latents, and the
/// bits of each. That is what Baler calls the compression ratio R; entropy coding makes the file smaller than that, the decoder in it larger.
pub fn bottleneck(record: usize, columns: usize, ratio: f64) -> (u16, u8) {
    let bits = (8.0 * record as f64 / ratio.max(1.0)).max(2.0);
    let most = columns.clamp(1, 512) as f64;
    // Eight bits say most of a latent; more of them are of use once there are as many as columns.
    let count = (bits / 8.0).floor().clamp(1.0, most);
    let each = (bits / count).floor().clamp(2.0, 16.0);
    (count as u16, each as u8)
}

/// Codes a content of whole rows by an autoencoder that has an encoder.
pub fn encode(shape: &TableShape, content: &[u8], autoencoder: &Bottleneck) -> CodedNumbers {
    let rows = shape.rows(content.len());
    let mut latents: Vec<i16> = Vec::new();
    for row in 0..rows {
        let numbers = shape.columns.iter().enumerate();
        let normal: Vec<i32> = numbers
            .map(|(number, &(_, column))| {
                let value = number::to_f64(column, shape.bits(content, number, row, rows));
                let normalised = autoencoder.normalisation.column(number);
                normalised.map_or(0, |normalised| normalise(&normalised, value))
            })
            .collect();
        latents.extend(autoencoder.encode(&normal));
    }
    let mut encoder = LaneEncoder::default();
    let mut integers = Integers::new(&mut encoder);
    // An encoder has no bad words.
    let _ = table::code_shape(Form::Latents, shape, content.len(), &mut integers)
        .and_then(|_| code(&latents, rows, autoencoder, &mut integers));
    let words = encoder.finish();
    let kept = vec![true; shape.columns.len()];
    let ranges = shape.exact_ranges(&kept, rows);
    let exact: Vec<u8> = { ranges.iter() }
        .flat_map(|range| &content[range.clone()])
        .copied()
        .collect();
    let mut reconstructed = content.to_vec();
    write(shape, autoencoder, &latents, rows, &mut reconstructed);
    CodedNumbers {
        words,
        exact_record: match shape.column_major {
            true => 0,
            false => exact.len() / rows.max(1),
        },
        exact,
        reconstructed,
        is_learned: true,
    }
}

/// Codes rows of latents, or decodes them.
fn code<C: BitCoder>(
    latents: &[i16],
    rows: usize,
    autoencoder: &Bottleneck,
    integers: &mut Integers<C>,
) -> Result<Vec<i16>, BadWords> {
    let count = usize::from(autoencoder.shape.latents);
    let shape = TableShape {
        record: count * usize::from(LATENT.width),
        column_major: false,
        columns: { 0..count }
            .map(|k| (k * usize::from(LATENT.width), LATENT))
            .collect(),
    };
    let column = |first: usize| CellColumn {
        grid: Grid::INTEGERS,
        specials: Specials::default(),
        cells: { latents.iter().skip(first).step_by(count) }
            .map(|&latent| latent.into())
            .collect(),
    };
    let known = (0..count).map(|first| match latents.is_empty() {
        true => None,
        false => Some(column(first)),
    });
    let coded = table::code_columns(&shape, rows, known.collect(), None, integers)?;
    let mut latents = vec![0; rows * count];
    for (first, column) in coded.into_iter().enumerate() {
        let cells = column.ok_or(BadWords)?.cells;
        let limit = i64::from(autoencoder.shape.latent_limit());
        for (latent, cell) in latents.iter_mut().skip(first).step_by(count).zip(cells) {
            *latent = cell.clamp(-limit, limit) as i16;
        }
    }
    Ok(latents)
}

/// The content of `len` bytes whose latents were coded in `words`; `exact` are its other bytes.
///
/// # Errors
/// [`BadWords`] for words that were not written by an encoder, an autoencoder for other columns, or other bytes that are too few or too
/// many.
pub fn decode(
    words: &[u32],
    len: usize,
    exact: &[u8],
    autoencoder: &Bottleneck,
) -> Result<Vec<u8>, BadWords> {
    let mut decoder = LaneDecoder::new(words)?;
    let mut integers = Integers::new(&mut decoder);
    let shape = table::code_shape(Form::Latents, &TableShape::default(), len, &mut integers)?;
    if !len.is_multiple_of(shape.record) || !knows(autoencoder, &shape) {
        return Err(BadWords);
    }
    let rows = shape.rows(len);
    let latents = code(&[], rows, autoencoder, &mut integers)?;
    decoder.finish()?;
    let mut content = vec![0; len];
    let kept = vec![true; shape.columns.len()];
    table::write_exact(&shape, &kept, rows, exact, &mut content)?;
    write(&shape, autoencoder, &latents, rows, &mut content);
    Ok(content)
}

/// Writes what the decoder makes of latents.
fn write(
    shape: &TableShape,
    autoencoder: &Bottleneck,
    latents: &[i16],
    rows: usize,
    content: &mut [u8],
) {
    const ROWS: usize = 1024;
    let count = usize::from(autoencoder.shape.latents).max(1);
    for (block, latents) in latents.chunks(ROWS * count).enumerate() {
        let normals = autoencoder.decode(latents);
        for (row, normals) in normals.chunks_exact(shape.columns.len().max(1)).enumerate() {
            for (number, &normal) in normals.iter().enumerate() {
                let Some(normalised) = autoencoder.normalisation.column(number) else {
                    continue;
                };
                let column = shape.columns[number].1;
                let bits = number::from_f64(column, denormalise(&normalised, normal));
                let at = shape.position(number, block * ROWS + row, rows);
                number::write(
                    column,
                    bits,
                    &mut content[at..at + usize::from(column.width)],
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bottlenecks_are_as_small_as_the_ratio() {
        assert_eq!(bottleneck(80, 20, 6.0), (13, 8));
        // More bits than the latents of as many columns can hold.
        assert_eq!(bottleneck(80, 20, 1.7), (20, 16));
        assert_eq!(bottleneck(2, 1, 100.0), (1, 2));
        for (record, columns) in [(8, 2), (116, 29), (2048, 512), (9000, 1000)] {
            for ratio in [2.0, 6.0, 20.0] {
                let (latents, bits) = bottleneck(record, columns, ratio);
                let stored = f64::from(latents) * f64::from(bits);
                assert!(stored <= (8.0 * record as f64 / ratio).max(2.0));
                assert!(usize::from(latents) <= columns && (2..=16).contains(&bits));
            }
        }
    }
}
