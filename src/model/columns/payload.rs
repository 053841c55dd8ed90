//! The payload of a frame whose columns are coded: how each column is, what is stored, and blocks of coded half bytes.

use super::LANES;
use super::choose::choose;
use super::coder::{self, Lanes, Setup, Tables, with_own};
use super::column::{self, Column};
use super::geometry::Geometry;
use super::reader::{Damaged, Reader, put_varint};
use crate::coder::{Interval, SymbolDecoder, SymbolEncoder};
use crate::kernel::{FrequencyKernel, with_frequency_kernel};
use crate::layout::Positions;

/// Steps after which it is seen whether a block is full, and steps of a full block: its intervals are noted and coded backwards.
const PIECE: usize = 1 << 12;
const BLOCK: usize = 1 << 15;

/// The payload of a frame's coded bytes.
pub fn encode(positions: &Positions, bytes: &[u8]) -> Vec<u8> {
    with_frequency_kernel!(encode_with(positions, bytes))
}

/// The inverse of [`encode`], for a frame of `len` bytes.
///
/// # Errors
/// `Damaged` if the payload contradicts itself. It can also decode to wrong bytes: the frame's hash decides.
pub fn decode(positions: &Positions, payload: &[u8], len: usize) -> Result<Vec<u8>, Damaged> {
    with_frequency_kernel!(decode_with(positions, payload, len))
}

fn encode_with<K: FrequencyKernel>(positions: &Positions, bytes: &[u8]) -> Vec<u8> {
    let geometry = Geometry::of(positions, bytes.len());
    let matrix = geometry.split(bytes);
    let rows = geometry.rows;
    let columns = choose::<K>(positions, &geometry, &matrix);
    let mut out = Vec::with_capacity(bytes.len() / 2);
    column::write(&columns, &mut out);
    out.extend_from_slice(&bytes[..geometry.head]);
    out.extend_from_slice(&bytes[geometry.head + matrix.len()..]);
    for (k, column) in columns.iter().enumerate() {
        let bytes = &matrix[k * rows..][..rows];
        out.extend_from_slice(&bytes[stored(column, rows)..]);
    }
    let mut block = Block::default();
    let (mut tables, mut others) = (Tables::default(), Vec::new());
    for (k, column) in columns.iter().enumerate() {
        let &Column::Coded { context, rate } = column else {
            continue;
        };
        let (before, own) = matrix.split_at(k * rows);
        context.of_others(before, rows, 0..rows, &mut others);
        let setup = Setup::new(&context, rate, &others);
        tables.clear(&context);
        let steps = Lanes::of(rows).steps;
        for start in (0..steps).step_by(PIECE) {
            let piece = start..steps.min(start + PIECE);
            block.steps += piece.len();
            let (own, noted) = (&own[..rows], &mut block.noted);
            with_own!(setup.lags, note::<K>(&mut tables, setup, own, piece, noted));
            if block.steps >= BLOCK {
                block.write(&mut out);
            }
        }
    }
    if block.steps > 0 {
        block.write(&mut out);
    }
    out
}

use coder::{decode as decode_steps, note};

/// From which row on the bytes of a column are stored.
fn stored(column: &Column, rows: usize) -> usize {
    match column {
        Column::Stored => 0,
        Column::Constant(_) => rows,
        Column::Coded { .. } => Lanes::of(rows).steps * LANES,
    }
}

/// Intervals that are noted and not yet coded.
#[derive(Default)]
struct Block {
    steps: usize,
    noted: Vec<Interval>,
}

impl Block {
    /// Writes the lanes' words, each lane after the number of its words.
    fn write(&mut self, out: &mut Vec<u8>) {
        let mut lanes: [SymbolEncoder; LANES] = Default::default();
        let (steps, _) = self.noted.as_chunks::<{ 2 * LANES }>();
        for step in steps.iter().rev() {
            for (lane, encoder) in lanes.iter_mut().enumerate() {
                encoder.encode(step[2 * lane + 1]);
                encoder.encode(step[2 * lane]);
            }
        }
        for words in lanes.map(SymbolEncoder::finish) {
            put_varint(out, words.len() as u64);
            out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
        self.noted.clear();
        self.steps = 0;
    }
}

fn decode_with<K: FrequencyKernel>(
    positions: &Positions,
    payload: &[u8],
    len: usize,
) -> Result<Vec<u8>, Damaged> {
    let geometry = Geometry::of(positions, len);
    let rows = geometry.rows;
    let mut reader = Reader(payload);
    let columns = column::read(&mut reader, geometry.columns, rows)?;
    let mut bytes = vec![0; len];
    let inner = rows * geometry.columns;
    bytes[..geometry.head].copy_from_slice(reader.bytes(geometry.head)?);
    let tail = &mut bytes[geometry.head + inner..];
    tail.copy_from_slice(reader.bytes(tail.len())?);
    let mut matrix = vec![0; inner];
    for (k, column) in columns.iter().enumerate() {
        let own = &mut matrix[k * rows..][..rows];
        let from = stored(column, rows);
        own[from..].copy_from_slice(reader.bytes(rows - from)?);
        if let &Column::Constant(byte) = column {
            own.fill(byte);
        }
    }
    decode_columns::<K>(&columns, rows, &mut matrix, &mut reader)?;
    geometry.join(&matrix, &mut bytes);
    match reader.0 {
        [] => Ok(bytes),
        _ => Err(Damaged),
    }
}

/// Decodes the columns that are coded, from blocks.
fn decode_columns<K: FrequencyKernel>(
    columns: &[Column],
    rows: usize,
    matrix: &mut [u8],
    reader: &mut Reader,
) -> Result<(), Damaged> {
    let (mut tables, mut others) = (Tables::default(), Vec::new());
    let steps = Lanes::of(rows).steps;
    let is_coded = |column: &&Column| matches!(column, Column::Coded { .. });
    let mut left = steps * columns.iter().filter(is_coded).count();
    if left == 0 {
        return Ok(());
    }
    let (mut decoders, mut taken) = (reader.decoders()?, 0);
    for (k, column) in columns.iter().enumerate() {
        let &Column::Coded { context, rate } = column else {
            continue;
        };
        let (before, own) = matrix.split_at_mut(k * rows);
        context.of_others(before, rows, 0..rows, &mut others);
        let setup = Setup::new(&context, rate, &others);
        tables.clear(&context);
        for start in (0..steps).step_by(PIECE) {
            let piece = start..steps.min(start + PIECE);
            taken += piece.len();
            left -= piece.len();
            let (own, lanes) = (&mut own[..rows], &mut decoders);
            with_own!(
                setup.lags,
                decode_steps::<K>(&mut tables, setup, own, piece, lanes)
            );
            if taken >= BLOCK && left > 0 {
                let next = reader.decoders()?;
                finish(std::mem::replace(&mut decoders, next))?;
                taken = 0;
            }
        }
    }
    finish(decoders)
}

fn finish(decoders: [SymbolDecoder; LANES]) -> Result<(), Damaged> {
    { decoders.into_iter() }
        .try_for_each(SymbolDecoder::finish)
        .map_err(|_| Damaged)
}
