//! What the adaptive rows and the slots are keyed by.

use super::rows::ROWS;
use crate::layout::{Contexts, NO_TAP, Place, TAPS};

/// What a lane has coded so far.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    /// The frame's content up to here, and whatever stands behind.
    pub content: &'a [u8],
    /// The lane's first byte.
    pub start: usize,
    /// The byte to predict.
    pub position: usize,
}

impl Past<'_> {
    /// The token `lag` bytes back, [`NO_TAP`] for lag 0 and before the lane's start.
    #[inline]
    pub fn back(&self, lag: u32) -> u16 {
        let lag = lag as usize;
        if lag == 0 || lag > self.position - self.start {
            NO_TAP
        } else {
            u16::from(self.content[self.position - lag])
        }
    }
}

/// 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Folds a value into a hash; the upper bits are the good ones.
#[inline]
pub fn fold(hash: u64, value: u64) -> u64 {
    let h = (hash ^ value).wrapping_add(1).wrapping_mul(MULTIPLIER);
    h ^ (h >> 29)
}

/// Spreads a folded hash over its upper bits.
#[inline]
pub fn finish(hash: u64) -> u64 {
    hash.wrapping_mul(MULTIPLIER)
}

/// Fields of a line whose beginnings are remembered.
const FIELDS: usize = 32;

/// A lane's place in a text: kept for every lane, used where the layout is plain bytes.
#[derive(Clone, Copy, Default)]
pub struct TextState {
    word: u64,
    first: u8,
    field: u8,
    digits: u8,
    at_line_start: bool,
    /// Bytes taken.
    taken: u32,
    /// Where the fields of this line begin, and of the line before: up to the last that has begun.
    begins: [u32; FIELDS],
    above: [u32; FIELDS],
    /// Fields that the line before has, at most [`FIELDS`].
    fields_above: u8,
}

impl TextState {
    /// Takes the next byte.
    #[inline]
    pub fn update(&mut self, byte: u8) {
        self.word = if byte.is_ascii_alphanumeric() {
            fold(self.word, u64::from(byte))
        } else {
            0
        };
        if self.at_line_start {
            self.above = self.begins;
            self.fields_above = self.field.saturating_add(1).min(FIELDS as u8);
            self.begins[0] = self.taken;
            self.first = byte;
            self.field = 0;
            self.digits = 0;
        }
        self.taken += 1;
        self.at_line_start = byte == b'\n';
        if matches!(byte, b' ' | b',' | b'\t' | b';') {
            self.field = self.field.saturating_add(1);
            if let Some(begin) = self.begins.get_mut(usize::from(self.field)) {
                *begin = self.taken;
            }
            self.digits = 0;
        } else {
            self.digits = (self.digits + 1).min(31);
        }
    }

    /// How many bytes back the byte stands that is as far into the same field of the line before; 0: none.
    fn above(&self) -> u32 {
        if self.at_line_start || self.field >= self.fields_above {
            return 0;
        }
        let field = usize::from(self.field);
        self.begins[field].saturating_sub(self.above[field])
    }

    fn place(&self) -> u64 {
        u64::from(self.first) << 16
            | u64::from(self.field) << 8
            | u64::from(self.digits)
            | u64::from(self.at_line_start) << 24
    }
}

/// What the eight rows' contexts hold, in words.
pub fn row_names(contexts: Contexts) -> [&'static str; ROWS] {
    match contexts {
        Contexts::Text => [
            "last byte",
            "last 2",
            "last 3",
            "last 4",
            "last 6",
            "word",
            "field",
            "field above",
        ],
        Contexts::Table => [
            "column",
            "last byte",
            "last 2",
            "last and above",
            "last 3",
            "column and above",
            "column and last",
            "two above",
        ],
        Contexts::Array => [
            "last byte",
            "last 2",
            "last 3",
            "last and left",
            "last and above",
            "left and above",
            "two left",
            "left",
        ],
        Contexts::Residuals => [
            "last byte",
            "last 2",
            "sizes around",
            "last and left",
            "last and above",
            "left and above",
            "two left",
            "sizes near",
        ],
    }
}

/// The hashes of the eight rows' contexts.
#[inline]
pub fn row_contexts(
    contexts: Contexts,
    place: Place,
    lags: &[u32; TAPS],
    past: &Past,
    text: &TextState,
) -> [u64; ROWS] {
    let keys = match contexts {
        Contexts::Text => of_text(past, text),
        Contexts::Table => of_table(place, lags, past),
        Contexts::Array => of_array(place, lags, past),
        Contexts::Residuals => of_residuals(place, lags, past),
    };
    let mut hashes = [0; ROWS];
    for (j, (h, c)) in hashes.iter_mut().zip(keys).enumerate() {
        *h = finish(fold(c, j as u64));
    }
    hashes
}

fn of_text(past: &Past, text: &TextState) -> [u64; ROWS] {
    let back = |lag| u64::from(past.back(lag));
    let p1 = back(1);
    let o2 = p1 | back(2) << 9;
    let o3 = o2 | back(3) << 18;
    let o4 = o3 | back(4) << 27;
    let o6 = fold(o4, back(5) | back(6) << 9);
    let (place, above) = (text.place(), back(text.above()));
    [
        p1,
        o2,
        o3,
        o4,
        o6,
        fold(text.word, p1),
        place,
        fold(fold(place, p1), above),
    ]
}

fn of_table(place: Place, lags: &[u32; TAPS], past: &Past) -> [u64; ROWS] {
    let back = |lag| u64::from(past.back(lag));
    let (p1, p2, p3) = (back(1), back(2), back(3));
    let (above, above2) = (back(lags[2]), back(lags[3]));
    let column = u64::from(place.column) << 40;
    let phase = u64::from(place.phase) << 40;
    [
        column,
        phase | p1,
        phase | p1 | p2 << 9,
        phase | p1 | above << 9,
        phase | p1 | p2 << 9 | p3 << 18,
        column | above,
        column | p1,
        phase | above | above2 << 9,
    ]
}

/// The bytes at the same place of the elements one, two and three before, and of the element above, if there is one.
fn neighbours(place: Place, lags: &[u32; TAPS]) -> [u32; 3] {
    let width = u32::from(place.width);
    let above = if lags[2] > 0 { lags[2] } else { 3 * width };
    [width, 2 * width, above]
}

fn of_array(place: Place, lags: &[u32; TAPS], past: &Past) -> [u64; ROWS] {
    let back = |lag| u64::from(past.back(lag));
    let (p1, p2, p3) = (back(1), back(2), back(3));
    let [left, left2, above] = neighbours(place, lags).map(back);
    let phase = u64::from(place.phase) << 40;
    [
        phase | p1,
        phase | p1 | p2 << 9,
        phase | p1 | p2 << 9 | p3 << 18,
        phase | p1 | left << 9,
        phase | p1 | above << 9,
        phase | left | above << 9,
        phase | left | left2 << 9,
        phase | left,
    ]
}

fn of_residuals(place: Place, lags: &[u32; TAPS], past: &Past) -> [u64; ROWS] {
    let back = |lag| u64::from(past.back(lag));
    let (p1, p2) = (back(1), back(2));
    let near = neighbours(place, lags);
    let [left, left2, above] = near.map(back);
    let phase = u64::from(place.phase) << 40;
    let lengths = near.map(|lag| length(place, lag, past));
    let far = if lags[2] > 0 {
        lags[3]
    } else {
        4 * u32::from(place.width)
    };
    let beside = (lengths[0] + lengths[1]) / 2;
    let beyond = (lengths[2] + length(place, far, past)) / 2;
    // Of an array without rows the element two before is the next to look at.
    let second = if lags[2] > 0 { lengths[2] } else { lengths[1] };
    let number = u32::from(place.phase + 1 - place.width);
    let begun = (1..=number).any(|lag| past.back(lag) != 0);
    [
        phase | p1,
        phase | p1 | p2 << 9,
        phase | beside | beyond << 7,
        phase | p1 | left << 9,
        phase | p1 | above << 9,
        phase | left | above << 9,
        phase | left | left2 << 9,
        phase | lengths[0] | second << 7 | u64::from(begun) << 14,
    ]
}

/// Significant bits of the element whose byte at the same place is `lag` back, at least a width; 127 if it is not all there.
fn length(place: Place, lag: u32, past: &Past) -> u64 {
    let number = u32::from(place.phase + 1 - place.width);
    if past.back(lag + number) == NO_TAP {
        return 127;
    }
    let mut bits = 8 * u64::from(place.width);
    for k in 0..u32::from(place.width) {
        let byte = past.back(lag + number - k);
        if byte != 0 {
            return bits - u64::from(byte.leading_zeros() - 8);
        }
        bits -= 8;
    }
    0
}
