//! Two inputs of one layout, number by number.

use super::bound::Tolerance;
use super::distortion::{ColumnDistortion, ColumnLoss};
use super::pieces::{Piece, pieces};
use super::request::LossyRequest;
use super::source::{Region, RegionContent, Source};
use super::statistics::Statistics;
use crate::error::{Error, Result};
use crate::layout::{Column, Kind};
use serde::Serialize;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are compared at once.
const PIECE: u64 = 1 << 20;

/// An input whose numbers are known.
#[derive(Debug)]
pub struct Opened<R> {
    /// Its bytes.
    pub bytes: R,
    /// Where its numbers are.
    pub source: Source,
}

/// How two inputs differ.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Each column or array of numbers.
    pub columns: Vec<ColumnComparison>,
    /// Whether all other bytes, but for checksums, are equal.
    pub others_equal: bool,
}

/// How a column of two inputs differs.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnComparison {
    /// Its name or number.
    pub name: String,
    /// Its bound, if it has one.
    pub bound: Option<String>,
    /// What is different.
    #[serde(flatten)]
    pub loss: ColumnLoss,
}

/// Compares `after` with `before`. Columns to which the request gives a bound are also compared with it; its fill values count as such.
///
/// # Errors
/// `InvalidArgument` if they do not have the same types and shapes, or the request does not fit them; `Io` if reading fails.
pub fn compare<A: Read + Seek, B: Read + Seek>(
    before: &mut Opened<A>,
    after: &mut Opened<B>,
    request: &LossyRequest,
) -> Result<Comparison> {
    same_layout(&before.source, &after.source)?;
    let columns = before.source.columns();
    let bounds = before.source.bounds(request)?;
    let mut statistics = Statistics::new(&before.source, &request.fill);
    let mut bytes = Vec::new();
    for piece in pieces(&before.source, PIECE) {
        read(&mut before.bytes, &piece, &mut bytes)?;
        statistics.add(&piece, &bytes);
    }
    let summaries = statistics.finish();
    let mut distortions = Vec::new();
    for ((column, summary), bound) in columns.iter().zip(&summaries).zip(&bounds) {
        let has_bounds = bounds.iter().any(Option::is_some);
        let exact = has_bounds.then_some(Tolerance::Absolute(0.0));
        let tolerance = bound.map(|bound| bound.tolerance(summary.range));
        distortions.push(ColumnDistortion::new(
            column.column,
            summary,
            tolerance.or(exact),
        ));
    }
    let others_equal = measure(before, after, &mut distortions)?;
    let names = before.source.names();
    let measured = names.into_iter().zip(&bounds).zip(&distortions);
    let columns = measured.map(|((name, bound), distortion)| ColumnComparison {
        name,
        bound: bound.map(|bound| bound.to_string()),
        loss: distortion.finish(),
    });
    Ok(Comparison {
        columns: columns.collect(),
        others_equal,
    })
}

/// Adds all numbers of both; whether all else is equal.
fn measure<A: Read + Seek, B: Read + Seek>(
    before: &mut Opened<A>,
    after: &mut Opened<B>,
    distortions: &mut [ColumnDistortion],
) -> io::Result<bool> {
    let (mut bytes, mut other_bytes, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    let mut others_equal = same_exact_regions(before, after)?;
    let pairs = numbers_of(&before.source).zip(numbers_of(&after.source));
    for (piece, other) in pairs {
        read(&mut before.bytes, &piece, &mut bytes)?;
        read(&mut after.bytes, &other, &mut other_bytes)?;
        numbers.clear();
        piece.numbers(&bytes, |column, bits| numbers.push((column, bits)));
        let mut originals = numbers.iter();
        other.numbers(&other_bytes, |_, reconstructed| {
            if let Some(&(column, original)) = originals.next() {
                distortions[column].add(original, reconstructed);
            }
        });
        let mut exact = piece.exact().into_iter();
        others_equal &= exact.all(|range| bytes[range.clone()] == other_bytes[range]);
    }
    Ok(others_equal)
}

/// The pieces of regions of numbers: the same of all inputs of one layout.
fn numbers_of(source: &Source) -> impl Iterator<Item = Piece<'_>> {
    let has_numbers =
        |piece: &Piece<'_>| source.regions[piece.region].content != RegionContent::Exact;
    pieces(source, PIECE).filter(has_numbers)
}

/// Whether the regions without numbers hold the same bytes, but for checksums.
fn same_exact_regions<A: Read + Seek, B: Read + Seek>(
    before: &mut Opened<A>,
    after: &mut Opened<B>,
) -> io::Result<bool> {
    let exact = |source: &Source| -> Vec<Region> {
        let regions = source.regions.iter().filter(|region| region.len > 0);
        regions
            .filter(|region| region.content == RegionContent::Exact)
            .cloned()
            .collect()
    };
    let (own, others) = (exact(&before.source), exact(&after.source));
    let lengths = |regions: &[Region]| regions.iter().map(|region| region.len).collect::<Vec<_>>();
    if lengths(&own) != lengths(&others) {
        return Ok(false);
    }
    let (mut bytes, mut other_bytes) = (Vec::new(), Vec::new());
    for (own, other) in own.iter().zip(&others) {
        let mut at = 0;
        while at < own.len {
            let len = PIECE.min(own.len - at);
            read_at(&mut before.bytes, own.start + at, len, &mut bytes)?;
            read_at(&mut after.bytes, other.start + at, len, &mut other_bytes)?;
            blank_checksums(&before.source, own.start + at, &mut bytes);
            blank_checksums(&after.source, other.start + at, &mut other_bytes);
            if bytes != other_bytes {
                return Ok(false);
            }
            at += len;
        }
    }
    Ok(true)
}

/// Makes checksums of numbers that differ equal.
fn blank_checksums(source: &Source, start: u64, bytes: &mut [u8]) {
    let positions = source
        .crcs
        .iter()
        .flat_map(|crc| crc.offset..crc.offset + 4);
    for at in positions.filter(|&at| at >= start) {
        if let Some(byte) = bytes.get_mut((at - start) as usize) {
            *byte = 0;
        }
    }
}

fn read(input: &mut (impl Read + Seek), piece: &Piece<'_>, bytes: &mut Vec<u8>) -> io::Result<()> {
    read_at(input, piece.start, piece.len, bytes)
}

fn read_at(
    input: &mut (impl Read + Seek),
    start: u64,
    len: u64,
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    input.seek(SeekFrom::Start(start))?;
    bytes.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
    input.read_exact(bytes)
}

/// Refuses inputs whose numbers cannot be compared one by one.
fn same_layout(before: &Source, after: &Source) -> Result<()> {
    let described = |source: &Source| -> Vec<String> {
        let contents = source.regions.iter().map(|region| &region.content);
        contents.filter_map(description).collect()
    };
    let (own, others) = (described(before), described(after));
    if own == others {
        return Ok(());
    }
    let shown = |all: &[String], at: usize| all.get(at).map_or("nothing more".into(), Clone::clone);
    let at = own.iter().zip(&others).take_while(|(a, b)| a == b).count();
    Err(Error::InvalidArgument(format!(
        "they do not hold the same types and shapes: {} and {}",
        shown(&own, at),
        shown(&others, at)
    )))
}

/// The type and shape of numbers, in words.
fn description(content: &RegionContent) -> Option<String> {
    let axes = |shape: &[u64]| {
        let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
        axes.join(" x ")
    };
    match content {
        RegionContent::Exact => None,
        RegionContent::Array(array) => {
            let name = array
                .name
                .as_ref()
                .map_or(String::new(), |name| format!(" called {name}"));
            Some(format!(
                "{}{name} of ({})",
                type_name(array.column),
                axes(&array.shape)
            ))
        }
        RegionContent::Table(table) => {
            let types: Vec<String> = table
                .columns
                .iter()
                .map(|column| type_name(column.column))
                .collect();
            let runs: Vec<String> = { types.chunk_by(|a, b| a == b) }
                .map(|run| format!("{} {}", run.len(), run[0]))
                .collect();
            let order = if table.column_major {
                ", columns one after the other"
            } else {
                ""
            };
            Some(format!(
                "a table of {} rows of {} bytes ({}{order})",
                table.rows,
                table.record,
                runs.join(", ")
            ))
        }
    }
}

/// A type as NumPy writes it.
fn type_name(column: Column) -> String {
    let order = match (column.width, column.swap) {
        (1, _) => "|",
        (_, true) => "<",
        (_, false) => ">",
    };
    let kind = match column.kind {
        Kind::Float => "f",
        Kind::Signed => "i",
        Kind::Unsigned => "u",
    };
    format!("{order}{kind}{}", column.width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lossy::bound::{Bound, BoundKind};
    use crate::lossy::source::{RawField, SpecifiedNumbers, find};
    use std::io::Cursor;

    const F4: Column = Column {
        width: 4,
        swap: true,
        kind: Kind::Float,
    };

    fn rows(values: impl IntoIterator<Item = (f32, u8)>) -> Vec<u8> {
        let row = |(value, byte): (f32, u8)| [&value.to_le_bytes()[..], &[byte]].concat();
        values.into_iter().flat_map(row).collect()
    }

    fn opened(bytes: &[u8], names: &[String]) -> Opened<Cursor<Vec<u8>>> {
        let fields = vec![RawField::Number(F4), RawField::Bytes(1)];
        let specified = SpecifiedNumbers::Table {
            fields,
            column_major: false,
        };
        let source = find(bytes, bytes.len() as u64, Some(&specified), names).unwrap();
        Opened {
            bytes: Cursor::new(bytes.to_vec()),
            source,
        }
    }

    #[test]
    fn numbers_and_other_bytes() {
        let count = 500_000;
        let value = |n: u32| n as f32 / 8.0;
        let before = rows((0..count).map(|n| (value(n), n as u8)));
        let after = rows((0..count).map(|n| (value(n) + 0.25, n as u8)));
        let names = ["pt".to_string()];
        let (mut a, mut b) = (opened(&before, &names), opened(&after, &names));
        let request = LossyRequest {
            default: Some(Bound::new(BoundKind::Absolute, 0.5).unwrap()),
            ..LossyRequest::default()
        };
        let found = compare(&mut a, &mut b, &request).unwrap();
        assert!(found.others_equal);
        assert_eq!(
            (found.columns[0].name.as_str(), found.columns.len()),
            ("pt", 1)
        );
        let loss = &found.columns[0].loss;
        assert_eq!(
            (loss.count, loss.max_error, loss.max_of_bound),
            (count.into(), 0.25, Some(0.5))
        );
        assert_eq!((loss.residual_mean, loss.violations), (0.25, Some(0)));
        let mut other = before.clone();
        other[4] ^= 1;
        let found = compare(
            &mut a,
            &mut opened(&other, &names),
            &LossyRequest::default(),
        )
        .unwrap();
        assert!(!found.others_equal && found.columns[0].loss.changed == 0);
    }

    #[test]
    fn other_layouts_are_refused() {
        let bytes = rows([(1.0, 1), (2.0, 2)]);
        let (mut a, mut b) = (opened(&bytes, &[]), opened(&bytes[..5], &[]));
        let error = compare(&mut a, &mut b, &LossyRequest::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("a table of 2 rows of 5 bytes (1 <f4) and a table of 1 rows"),
            "{error}"
        );
    }
}
