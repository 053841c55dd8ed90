//! Contexts of plain bytes: words, numbers, fields of lines, and the lines before.

use super::hash::{CONTEXTS, fold};
use super::past::Past;

/// Kinds of lines, distinguished by their first tokens, and fields of each whose last tokens are remembered.
const KINDS: usize = 8;
const FIELDS: usize = 16;

/// A lane's position in a text: kept for every lane, used where the layout is plain bytes.
#[derive(Clone, Copy, Default)]
pub struct TextState {
    /// Bytes taken.
    taken: u32,
    /// Where this line begins, and the two before.
    starts: [u32; 3],
    /// Hash of the alphanumeric bytes so far.
    word: u64,
    last_word: u64,
    /// Hash of the bytes since the last separator.
    token: u64,
    /// The line's first token, once it has ended.
    first: u64,
    /// Tokens of the line that have ended, those between two commas too.
    field: u8,
    /// Whether the last byte was a separator.
    separated: bool,
    /// For each kind of line, the last token of each field.
    tokens: [[u64; FIELDS]; KINDS],
    number: NumberState,
    /// What the last 16 bytes are, 4 bits each.
    format: u64,
    phase: u8,
}

/// A position in a number.
#[derive(Clone, Copy, Default)]
struct NumberState {
    /// Digits before the point, at most [`MAX_DIGITS`].
    whole: u8,
    /// The point and the digits behind it, at most [`MAX_DIGITS`].
    fraction: u8,
    /// Of its exponent: the letter, the sign, the first digit, others.
    exponent: u8,
    /// Whether the last byte belongs to a number that may have an exponent.
    begun: bool,
    /// Hash of its digits and its point.
    hash: u64,
}

const MAX_DIGITS: u8 = 31;

impl NumberState {
    fn update(&mut self, byte: u8) {
        self.exponent = match byte {
            b'e' | b'E' if self.begun => 1,
            b'+' | b'-' if self.exponent == 1 => 2,
            b'0'..=b'9' if self.exponent > 0 => (self.exponent + 1).clamp(3, 4),
            _ => 0,
        };
        match byte {
            b'0'..=b'9' => {
                let digits = if self.fraction > 0 {
                    &mut self.fraction
                } else {
                    &mut self.whole
                };
                *digits = (*digits + 1).min(MAX_DIGITS);
                self.hash = fold(self.hash, byte.into());
                self.begun = true;
            }
            b'.' => {
                self.fraction = 1;
                self.hash = fold(self.hash, byte.into());
            }
            _ => {
                (self.whole, self.fraction, self.hash) = (0, 0, 0);
                self.begun = false;
            }
        }
    }

    fn position(&self) -> u64 {
        u64::from(self.whole) << 5 | u64::from(self.fraction)
    }
}

impl TextState {
    /// Takes the next byte.
    #[inline]
    pub fn update(&mut self, byte: u8) {
        self.taken += 1;
        if byte.is_ascii_alphanumeric() {
            self.word = fold(self.word, byte.into());
        } else if self.word != 0 {
            (self.last_word, self.word) = (self.word, 0);
        }
        let separator = matches!(byte, b' ' | b',' | b'\t' | b';' | b'=' | b'\n');
        if !separator {
            self.token = fold(self.token, byte.into());
        } else if !self.separated || byte == b',' {
            self.tokens[self.kind()][self.field()] = self.token;
            if self.field == 0 {
                self.first = self.token;
            }
            self.token = 0;
            self.field = self.field.saturating_add(1);
        }
        self.separated = separator;
        if byte == b'\n' {
            self.starts = [self.taken, self.starts[0], self.starts[1]];
            self.first = 0;
            self.field = 0;
        }
        self.number.update(byte);
        self.format = self.format << 4 | class(byte);
        self.phase = self.phase_after(byte);
    }

    /// What selects weight sets and APM rows as an element's phase does elsewhere, 0 to 14: what the last byte was, and
    /// in a number how many digits there are.
    #[inline]
    pub fn phase(&self) -> u8 {
        self.phase
    }

    /// What selects weights as a column does elsewhere: the field, and the phase.
    #[inline]
    pub fn column(&self) -> u16 {
        self.field() as u16 * 16 + u16::from(self.phase)
    }

    fn phase_after(&self, byte: u8) -> u8 {
        match byte {
            _ if self.number.exponent > 0 => 13,
            b'\n' => 0,
            b' ' | b',' | b'\t' | b';' => 1,
            b'a'..=b'z' | b'A'..=b'Z' => 2,
            b'.' => 5,
            b'0'..=b'9' => match (self.number.fraction, self.number.whole) {
                (0, ..=1) => 3,
                (0, _) => 4,
                (..=4, _) => 4 + self.number.fraction,
                (5..=6, _) => 9,
                (7..=10, _) => 10,
                (11..=15, _) => 11,
                _ => 12,
            },
            _ => 14,
        }
    }

    fn kind(&self) -> usize {
        self.first as usize % KINDS
    }

    fn field(&self) -> usize {
        usize::from(self.field).min(FIELDS - 1)
    }

    /// How many bytes back the byte stands that is as far into the line before, and that into the one before that; 0: none.
    fn above(&self) -> [u32; 2] {
        let column = self.taken - self.starts[0];
        [1, 2].map(|k| {
            let above = self.starts[k] + column;
            if above < self.starts[k - 1] {
                self.taken - above
            } else {
                0
            }
        })
    }
}

/// What a byte is, 1 to 15: letters and digits are alike.
fn class(byte: u8) -> u64 {
    match byte {
        b'0'..=b'9' => 1,
        b'a'..=b'z' => 2,
        b'A'..=b'Z' => 3,
        b' ' => 4,
        b',' => 5,
        b'.' => 6,
        b'-' => 7,
        b'+' => 8,
        b'\n' => 9,
        b'<' => 10,
        b'>' => 11,
        b'=' => 12,
        b'"' => 13,
        b'/' => 14,
        _ => 15,
    }
}

/// The contexts in words, in their order.
pub const NAMES: [&str; CONTEXTS] = [
    "first token, field, digit in number",
    "column, last, above",
    "word",
    "last 2",
    "field, number",
    "format of last 8, last 2",
    "format of last 16",
    "last, 2 above, 2 above these",
    "field, token, token above",
    "digit in number, last",
    "column, 2 above",
    "last byte",
    "last 4",
    "last 6",
    "last 5",
    "2 words",
    "last 8",
    "last 3 bytes",
    "digit in number, last 2",
    "first token, field, last 2",
];

/// Numbers, fields, words, lines above, and orders 1 to 8.
#[inline(always)]
pub fn contexts(past: &Past, text: &TextState) -> [u64; CONTEXTS] {
    let back = |lag| u64::from(past.back(lag));
    let [p1, p2, p3, p4, p5, p6] = [1, 2, 3, 4, 5, 6].map(back);
    let o2 = p1 | p2 << 9;
    let o3 = o2 | p3 << 18;
    let o4 = o3 | p4 << 27;
    let o5 = o4 | p5 << 36;
    let o6 = fold(o4, p5 | p6 << 9);
    let o8 = fold(o6, back(7) | back(8) << 9);
    let above = text.above();
    // Above the byte to come and above the next, in both lines.
    let [[a, a_next], [b, b_next]] = above.map(|lag| [lag, lag.saturating_sub(1)].map(back));
    let column = u64::from(text.taken - text.starts[0]) << 18;
    let (field, first) = (u64::from(text.field), text.first);
    let token_above = text.tokens[text.kind()][text.field()];
    let number = text.number.position();
    [
        fold(fold(first, field), number),
        column | p1 << 9 | a,
        fold(text.word, p1),
        o2,
        fold(text.number.hash, field),
        fold(text.format & 0xffff_ffff, o2),
        text.format,
        fold(p1 | a << 9 | a_next << 18, b | b_next << 9),
        fold(field, fold(text.token, token_above)),
        number << 9 | p1,
        column | a_next << 9 | a,
        p1,
        o4,
        o6,
        o5,
        fold(text.word, text.last_word),
        o8,
        o3,
        number << 18 | o2,
        fold(field, fold(first, o2)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> TextState {
        let mut state = TextState::default();
        text.bytes().for_each(|byte| state.update(byte));
        state
    }

    #[test]
    fn phases_count_the_digits_of_numbers() {
        let number = "x=-12.34567890123456789e-07,";
        let phases: Vec<u8> = (1..=number.len())
            .map(|n| after(&number[..n]).phase())
            .collect();
        let fraction = [
            5, 6, 7, 8, 9, 9, 10, 10, 10, 10, 11, 11, 11, 11, 11, 12, 12, 12,
        ];
        let expected = [&[2, 14, 14, 3, 4][..], &fraction, &[13, 13, 13, 13, 1]].concat();
        assert_eq!(phases, expected);
        // A letter alone is no exponent, and a sign neither.
        assert_eq!(after("e-1").phase(), 3);
        assert_eq!(after("12\n").phase(), 0);
    }

    #[test]
    fn rows_above_are_as_far_as_they_reach() {
        assert_eq!(after("abc\nd").above(), [4, 0]);
        assert_eq!(after("abc\nde\nf").above(), [3, 7]);
        // The line feed of the line before may be above, what comes behind it not.
        assert_eq!(after("ab\nde").above(), [3, 0]);
        assert_eq!(after("ab\ndef").above(), [0, 0]);
        assert_eq!(after("first").above(), [0, 0]);
    }

    #[test]
    fn fields_are_runs_between_separators() {
        assert_eq!(after("\n  11 -1   0").field, 2);
        assert_eq!(after("a,,b, c").field, 3);
        // In a line that begins alike the field is remembered.
        let state = after("P 1 22\nV 9 8\nP 1 ");
        let remembered = state.tokens[state.kind()][state.field()];
        assert_eq!(remembered, after("22").token);
        assert_eq!(after(&"x ".repeat(1000)).column(), 15 * 16 + 1);
    }
}
