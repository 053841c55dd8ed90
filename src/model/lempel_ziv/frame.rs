//! The payload of a frame: its blocks.

use super::code::{Coded, LANES, Noted};
use super::literals::Literals;
use super::parse::Parser;
use super::prices::{Prices, is_noise};
use super::sequences::Sequences;
use super::{BLOCK, Sequence};
use crate::coder::BadWords;
use crate::kernel::{FrequencyKernel, Kernel, Portable};
use std::ops::Range;

/// Runs a function with the kernel that is selected.
macro_rules! with_kernel {
    ($function:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        if Kernel::current() > Kernel::Portable {
            return $function::<crate::kernel::Sse2>($($argument),*);
        }
        $function::<Portable>($($argument),*)
    }};
}

/// The payload of a frame's bytes.
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    with_kernel!(encode_with(bytes))
}

/// The inverse of [`encode`], for a frame of `len` bytes.
///
/// # Errors
/// `BadWords` if the payload contradicts itself. It can also decode to wrong bytes: the frame's hash decides.
pub fn decode(payload: &[u8], len: usize) -> Result<Vec<u8>, BadWords> {
    with_kernel!(decode_with(payload, len))
}

/// The blocks of a frame.
fn blocks(len: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..len).step_by(BLOCK);
    starts.map(move |start| start..len.min(start + BLOCK))
}

fn encode_with<K: FrequencyKernel>(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 3);
    let (mut literals, mut sequences) = (Literals::new(bytes.len()), Sequences::new());
    let mut parser = Parser::new(bytes.len());
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
        let is_stored = is_noise(&verbatim);
        let mut at = block.start;
        for &Sequence { literals: run, len, offset } in &parsed {
            sequences.literals::<K, _>(&mut noted, run);
            let run = at..at + run as usize;
            at = run.end;
            if !is_stored {
                note::<K>(&mut literals, &mut noted, bytes, run);
            }
            let before = before(bytes, at) as u8;
            sequences.of_match::<K, _>(&mut noted, before, offset, len);
            at += len as usize;
        }
        put_varint(&mut out, (parsed.len() as u64) << 1 | u64::from(is_stored));
        if is_stored {
            put_varint(&mut out, verbatim.len() as u64);
            out.extend_from_slice(&verbatim);
        } else {
            note::<K>(&mut literals, &mut noted, bytes, at..block.end);
            prices.learn(&verbatim, &noted.lanes[0], &noted.lanes[1]);
        }
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
        None => bytes[..at].iter().fold(0, |all, &byte| all << 8 | u32::from(byte)),
    }
}

fn note<K: FrequencyKernel>(
    literals: &mut Literals,
    noted: &mut Noted,
    bytes: &[u8],
    run: Range<usize>,
) {
    let mut before = before(bytes, run.start);
    for &byte in &bytes[run] {
        literals.byte::<K, _>(noted, before, byte);
        before = before << 8 | u32::from(byte);
    }
}

fn decode_with<K: FrequencyKernel>(payload: &[u8], len: usize) -> Result<Vec<u8>, BadWords> {
    let mut reader = Reader(payload);
    let mut bytes = vec![0; len];
    let (mut literals, mut sequences) = (Literals::new(len), Sequences::new());
    for block in blocks(len) {
        let head = reader.varint()?;
        let mut stored = match head & 1 {
            0 => None,
            _ => {
                let len = reader.varint()?;
                Some(Reader(reader.bytes(len)?))
            }
        };
        let mut coded = Coded::new(reader.lanes()?)?;
        let mut at = block.start;
        let mut run = |bytes: &mut [u8], coded: &mut Coded, run: Range<usize>| match &mut stored {
            Some(stored) => {
                bytes[run.clone()].copy_from_slice(stored.bytes(run.len())?);
                Ok(stored.0.is_empty())
            }
            None => {
                let mut before = before(bytes, run.start);
                for byte in &mut bytes[run] {
                    *byte = literals.byte::<K, _>(coded, before, 0);
                    before = before << 8 | u32::from(*byte);
                }
                Ok(true)
            }
        };
        for _ in 0..head >> 1 {
            let count = sequences.literals::<K, _>(&mut coded, 0) as usize;
            if count > block.end - at {
                return Err(BadWords);
            }
            run(&mut bytes, &mut coded, at..at + count)?;
            at += count;
            let last = before(&bytes, at) as u8;
            let (offset, len) = sequences.of_match::<K, _>(&mut coded, last, 0, 0);
            let (offset, len) = (offset as usize, len as usize);
            if offset > at || len > block.end - at {
                return Err(BadWords);
            }
            repeat(&mut bytes, at, offset, len);
            at += len;
        }
        if !run(&mut bytes, &mut coded, at..block.end)? {
            return Err(BadWords);
        }
        coded.finish()?;
    }
    match reader.0 {
        [] => Ok(bytes),
        _ => Err(BadWords),
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

/// What is left of a payload.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], BadWords> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(BadWords)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// A number below 2^28, seven bits a byte, the lowest first.
    fn varint(&mut self) -> Result<usize, BadWords> {
        let mut number = 0;
        for shift in (0..28).step_by(7) {
            let byte = self.bytes(1)?[0];
            number |= usize::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(BadWords)
    }

    fn lanes(&mut self) -> Result<[Vec<u32>; LANES], BadWords> {
        let mut lane = || {
            let count = self.varint()?;
            let (words, _) = self.bytes(4 * count)?.as_chunks::<4>();
            Ok(words.iter().map(|&word| u32::from_le_bytes(word)).collect())
        };
        Ok([lane()?, lane()?, lane()?])
    }
}

/// Writes a number for [`Reader::varint`].
fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 127 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}
