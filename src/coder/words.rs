//! Reading a lane's words without ever looking past their end unnoticed.

use constriction::Queue;
use constriction::backends::ReadWords;

/// A decoder holds two words of look-ahead and the encoder seals with at least one, so a well-formed lane makes
/// it ask for at most this many words after the last.
const LOOKAHEAD: usize = 2;

/// The words of one lane, counted.
pub struct WordReader<'a> {
    words: &'a [u32],
    read: usize,
}

/// The decoder read words that a well-formed lane does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastEnd;

impl<'a> WordReader<'a> {
    pub(super) fn new(words: &'a [u32]) -> Self {
        WordReader { words, read: 0 }
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.read >= self.words.len()
    }
}

impl ReadWords<u32, Queue> for WordReader<'_> {
    type ReadError = PastEnd;

    #[inline]
    fn read(&mut self) -> Result<Option<u32>, PastEnd> {
        let word = self.words.get(self.read).copied();
        self.read += 1;
        if self.read > self.words.len() + LOOKAHEAD {
            return Err(PastEnd);
        }
        Ok(word)
    }

    fn maybe_exhausted(&self) -> bool {
        self.is_exhausted()
    }
}
