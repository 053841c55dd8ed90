//! The Python literals that a .npy header is made of.

/// The most fields and dimensions that are read; NumPy allows 64 dimensions.
pub(super) const MAX_ITEMS: usize = 1 << 10;

/// Reads the few Python literals that a header is made of.
pub(super) struct LiteralReader<'a> {
    pub(super) rest: &'a str,
}

impl<'a> LiteralReader<'a> {
    pub(super) fn take(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn expect(&mut self, mark: char) -> Option<()> {
        self.take(mark).then_some(())
    }

    pub(super) fn string(&mut self) -> Option<&'a str> {
        let quote = if self.take('\'') {
            '\''
        } else {
            self.expect('"')?;
            '"'
        };
        let (text, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        // NumPy escapes only odd field names, which boa need not know.
        (!text.contains('\\')).then_some(text)
    }

    pub(super) fn boolean(&mut self) -> Option<bool> {
        self.rest = self.rest.trim_start();
        for (name, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(name) {
                self.rest = rest;
                return Some(value);
            }
        }
        None
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.rest = self.rest.trim_start();
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at_checked(digits)?;
        // Python 2 wrote long integers with an L.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        number.parse().ok()
    }

    pub(super) fn tuple(&mut self) -> Option<Vec<u64>> {
        self.expect('(')?;
        let mut numbers = Vec::new();
        while !self.take(')') {
            if numbers.len() >= MAX_ITEMS {
                return None;
            }
            numbers.push(self.number()?);
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Some(numbers)
    }
}
