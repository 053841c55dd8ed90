//! Contexts of plain bytes: words, lines, fields.

use super::{CONTEXTS, Past, fold};

/// Fields of a line whose beginnings are remembered.
const FIELDS: usize = 32;

/// A lane's place in a text: kept for every lane, used where the layout is plain bytes.
#[derive(Clone, Copy, Default)]
pub struct TextState {
    /// Hash of the word so far, and of the one before.
    word: u64,
    last_word: u64,
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
        if !byte.is_ascii_alphanumeric() && self.word != 0 {
            self.last_word = self.word;
        }
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

/// The contexts in words, in their order.
pub const NAMES: [&str; CONTEXTS] = [
    "last 2 bytes",
    "last 4",
    "word",
    "field, last, above",
    "field, last, 2 above",
    "last 3",
    "last byte",
    "last 6",
    "2 words",
    "field number, last 2",
    "last 5",
    "field, last 2",
    "field, 2 above",
    "field",
    "last 8",
    "last, 2 above",
    "last 7",
    "2nd and 3rd last",
    "2nd last",
    "nothing",
];

/// Orders 1 to 8, words, and the place in the line with the bytes above it.
#[inline(always)]
pub fn contexts(past: &Past, text: &TextState) -> [u64; CONTEXTS] {
    let back = |lag| u64::from(past.back(lag));
    let [p1, p2, p3, p4] = [1, 2, 3, 4].map(back);
    let o2 = p1 | p2 << 9;
    let o3 = o2 | p3 << 18;
    let o4 = o3 | p4 << 27;
    let o5 = o4 | back(5) << 36;
    let o6 = fold(o4, back(5) | back(6) << 9);
    let o7 = fold(o5, back(6) | back(7) << 9);
    let o8 = fold(o6, back(7) | back(8) << 9);
    let above = text.above();
    let [above, above2] = [above, above.saturating_sub(1)].map(back);
    let above = above | above2 << 9;
    let place = text.place();
    let field = u64::from(text.field);
    [
        o2,
        o4,
        fold(text.word, p1),
        fold(fold(place, p1), above & 511),
        fold(fold(place, p1), above),
        o3,
        p1,
        o6,
        fold(text.word, text.last_word),
        field << 20 | o2,
        o5,
        fold(fold(place, p1), p2),
        fold(place, above),
        place,
        o8,
        p1 | above << 9,
        o7,
        p2 | p3 << 9,
        p2,
        0,
    ]
}
