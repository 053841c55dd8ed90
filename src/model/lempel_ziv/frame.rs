//! The payload of a frame: its blocks.

use super::code::{Code, Coded, LANES, Noted};
use super::literals::{Before, Literals};
use super::parse::Parser;
use super::prices::{Prices, is_noise};
use super::sequences::Sequences;
use super::{BLOCK, MIN_RECENT, Sequence};
use crate::kernel::{FrequencyKernel, with_frequency_kernel};
use crate::model::columns::Damaged;
use crate::model::columns::reader::{Reader, put_varint};
use std::ops::Range;

/// How the literals of a block are coded: in contexts of the bytes before, of the expected byte as well, or not at all.
const PLAIN: u8 = 0;
const EXPECTED: u8 = 1;
const STORED: u8 = 2;
const KIND_BITS: u32 = 2;

/// The most sequences of a block, each at least a match of its fewest bytes, with the kind.
const MAX_HEAD: u64 = ((BLOCK / MIN_RECENT) << KIND_BITS | STORED as usize) as u64;

/// Blocks of which at most one byte in so many is a literal take the expected byte as well, which takes time.
const FEW: usize = 3;

/// The payload of a frame's bytes.
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    with_frequency_kernel!(encode_with(bytes))
}

/// The inverse of [`encode`], for a frame of `len` bytes.
///
/// # Errors
/// `Damaged` if the payload contradicts itself. It can also decode to wrong bytes: the frame's hash decides.
pub fn decode(payload: &[u8], len: usize) -> Result<Vec<u8>, Damaged> {
    with_frequency_kernel!(decode_with(payload, len))
}

/// The blocks of a frame.
fn blocks(len: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..len).step_by(BLOCK);
    starts.map(move |start| start..len.min(start + BLOCK))
}

/// What is known of a frame after some of its blocks.
struct Known {
    literals: Literals,
    sequences: Sequences,
}

impl Known {
    fn new(len: usize) -> Known {
        Known {
            literals: Literals::new(len),
            sequences: Sequences::new(),
        }
    }
}

fn encode_with<K: FrequencyKernel>(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 3);
    let (mut known, mut parser) = (Known::new(bytes.len()), Parser::new(bytes.len()));
    let mut prices = Prices::of_bytes(&bytes[..bytes.len().min(BLOCK)]);
    let (mut parsed, mut verbatim, mut noted) = (Vec::new(), Vec::new(), Noted::default());
    for block in blocks(bytes.len()) {
        parsed.clear();
        parser.parse(bytes, block.clone(), &prices, &mut parsed);
        verbatim.clear();
        let mut at = block.start;
        for &Sequence { literals, len, .. } in &parsed {
            verbatim.extend_from_slice(&bytes[at..at + literals as usize]);
            at += (literals + len) as usize;
        }
        verbatim.extend_from_slice(&bytes[at..block.end]);
        let kind = match verbatim.len() * FEW <= block.len() {
            _ if is_noise(&verbatim) => STORED,
            true => EXPECTED,
            false => PLAIN,
        };
        put_varint(
            &mut out,
            (parsed.len() as u64) << KIND_BITS | u64::from(kind),
        );
        let (known, noted) = (&mut known, &mut noted);
        match kind {
            PLAIN => note_block::<K, PLAIN>(known, noted, bytes, block, &parsed),
            EXPECTED => note_block::<K, EXPECTED>(known, noted, bytes, block, &parsed),
            _ => {
                note_block::<K, STORED>(known, noted, bytes, block, &parsed);
                put_varint(&mut out, verbatim.len() as u64);
                out.extend_from_slice(&verbatim);
            }
        }
        if kind != STORED {
            prices.learn(&verbatim, &noted.lanes[0], &noted.lanes[1]);
        }
        parser.is_deep = kind == EXPECTED;
        for words in noted.encode() {
            put_varint(&mut out, words.len() as u64);
            out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
    }
    out
}

/// The bytes before a position, the last lowest; none are 0.
#[inline(always)]
fn before(bytes: &[u8], at: usize) -> u32 {
    match at.checked_sub(4).and_then(|start| bytes.get(start..at)) {
        Some(four) => u32::from_be_bytes(four.try_into().unwrap_or_default()),
        None => bytes[..at]
            .iter()
            .fold(0, |all, &byte| all << 8 | u32::from(byte)),
    }
}

/// The byte that a match `offset` before would go on with.
#[inline(always)]
fn expected(bytes: &[u8], at: usize, offset: usize) -> usize {
    match at.checked_sub(offset) {
        Some(from) => usize::from(bytes[from]),
        None => 0,
    }
}

/// Codes the literals in a range; a decoder fills it.
#[inline(always)]
fn run<K: FrequencyKernel, C: Code, const KIND: u8>(
    known: &mut Known,
    code: &mut C,
    bytes: &mut impl Content,
    range: Range<usize>,
) {
    let offset = known.sequences.recent()[0] as usize;
    let mut before = before(bytes.bytes(), range.start);
    let mut just_over = 256;
    for at in range {
        let context = Before {
            bytes: before,
            expected: match KIND {
                EXPECTED => just_over | expected(bytes.bytes(), at, offset),
                _ => 0,
            },
        };
        let byte = match KIND {
            EXPECTED => known
                .literals
                .byte::<K, C, true>(code, context, bytes.known(at)),
            _ => known
                .literals
                .byte::<K, C, false>(code, context, bytes.known(at)),
        };
        bytes.fill(at, byte);
        before = before << 8 | u32::from(byte);
        just_over = 0;
    }
}

/// A frame's bytes, which are known to an encoder and filled in by a decoder.
trait Content {
    fn bytes(&self) -> &[u8];
    fn known(&self, at: usize) -> u8;
    fn fill(&mut self, at: usize, byte: u8);
}

impl Content for &[u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }

    #[inline(always)]
    fn known(&self, at: usize) -> u8 {
        self[at]
    }

    #[inline(always)]
    fn fill(&mut self, _: usize, _: u8) {}
}

impl Content for &mut [u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }

    #[inline(always)]
    fn known(&self, _: usize) -> u8 {
        0
    }

    #[inline(always)]
    fn fill(&mut self, at: usize, byte: u8) {
        self[at] = byte;
    }
}

/// Notes what a block is coded by.
fn note_block<K: FrequencyKernel, const KIND: u8>(
    known: &mut Known,
    noted: &mut Noted,
    mut bytes: &[u8],
    block: Range<usize>,
    parsed: &[Sequence],
) {
    let mut at = block.start;
    for &sequence in parsed {
        known.sequences.literals::<K, _>(noted, sequence.literals);
        let end = at + sequence.literals as usize;
        if KIND != STORED {
            run::<K, _, KIND>(known, noted, &mut bytes, at..end);
        }
        let last = before(bytes, end) as u8;
        let Sequence { offset, len, .. } = sequence;
        known.sequences.of_match::<K, _>(noted, last, offset, len);
        at = end + len as usize;
    }
    if KIND != STORED {
        run::<K, _, KIND>(known, noted, &mut bytes, at..block.end);
    }
}

fn decode_with<K: FrequencyKernel>(payload: &[u8], len: usize) -> Result<Vec<u8>, Damaged> {
    let mut reader = Reader(payload);
    let mut bytes = vec![0; len];
    let mut known = Known::new(len);
    for block in blocks(len) {
        let head = reader.varint(MAX_HEAD)? as usize;
        let count = head >> KIND_BITS;
        let (known, bytes) = (&mut known, &mut bytes[..]);
        match (head & ((1 << KIND_BITS) - 1)) as u8 {
            PLAIN => decode_block::<K, PLAIN>(known, bytes, block, count, &mut reader)?,
            EXPECTED => decode_block::<K, EXPECTED>(known, bytes, block, count, &mut reader)?,
            STORED => decode_block::<K, STORED>(known, bytes, block, count, &mut reader)?,
            _ => return Err(Damaged),
        }
    }
    match reader.0 {
        [] => Ok(bytes),
        _ => Err(Damaged),
    }
}

/// Decodes a block of so many sequences.
fn decode_block<K: FrequencyKernel, const KIND: u8>(
    known: &mut Known,
    mut bytes: &mut [u8],
    block: Range<usize>,
    count: usize,
    reader: &mut Reader,
) -> Result<(), Damaged> {
    let mut stored = Reader(&[]);
    if KIND == STORED {
        let len = reader.varint(block.len() as u64)? as usize;
        stored = Reader(reader.bytes(len)?);
    }
    let mut coded = Coded::new(lanes(reader)?).map_err(|_| Damaged)?;
    let mut at = block.start;
    for _ in 0..count {
        let literals = known.sequences.literals::<K, _>(&mut coded, 0) as usize;
        if literals > block.end - at {
            return Err(Damaged);
        }
        let end = at + literals;
        match KIND {
            STORED => bytes[at..end].copy_from_slice(stored.bytes(literals)?),
            _ => run::<K, _, KIND>(known, &mut coded, &mut bytes, at..end),
        }
        at = end;
        let last = before(bytes, at) as u8;
        let (offset, len) = known.sequences.of_match::<K, _>(&mut coded, last, 0, 0);
        let (offset, len) = (offset as usize, len as usize);
        if offset > at || len > block.end - at {
            return Err(Damaged);
        }
        repeat(bytes, at, offset, len);
        at += len;
    }
    match KIND {
        STORED => bytes[at..block.end].copy_from_slice(stored.bytes(block.end - at)?),
        _ => run::<K, _, KIND>(known, &mut coded, &mut bytes, at..block.end),
    }
    match stored.0 {
        [] => coded.finish().map_err(|_| Damaged),
        _ => Err(Damaged),
    }
}

/// Writes `len` bytes at `at` that are those `offset` before; some of them may be written here.
#[inline(always)]
fn repeat(bytes: &mut [u8], at: usize, offset: usize, len: usize) {
    let from = at - offset;
    if offset >= len {
        bytes.copy_within(from..from + len, at);
    } else if offset == 1 {
        let byte = bytes[from];
        bytes[at..at + len].fill(byte);
    } else {
        let mut done = 0;
        while done < len {
            // What stands from `from` on is periodic so far.
            let next = (offset + done).min(len - done);
            bytes.copy_within(from..from + next, at + done);
            done += next;
        }
    }
}

/// The words of a block's lanes.
fn lanes(reader: &mut Reader) -> Result<[Vec<u32>; LANES], Damaged> {
    let mut lane = || {
        let count = reader.varint(reader.0.len() as u64 / 4)? as usize;
        let (words, _) = reader.bytes(4 * count)?.as_chunks::<4>();
        Ok(words.iter().map(|&word| u32::from_le_bytes(word)).collect())
    };
    Ok([lane()?, lane()?, lane()?])
}
