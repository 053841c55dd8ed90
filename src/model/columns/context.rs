//! What a byte's tables are selected by: bytes of columns before, or of rows before.

/// A byte that is known before the one to be coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// So many columns before; 0: the same column.
    pub back: usize,
    /// So many rows before, at least 1 in the same column.
    pub lag: usize,
}

/// The bytes that select a table: the first as it is or its size, and the second's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    pub first: Option<Source>,
    pub second: Option<Source>,
    /// Only the size of the first counts.
    pub sizes: bool,
}

/// Of each byte its size, 0 to 15: two for each power of two from 4 on.
pub(super) static SIZE: [u8; 256] = {
    let (mut sizes, mut byte) = ([0; 256], 1usize);
    while byte < 256 {
        let log = byte.ilog2();
        sizes[byte] = match log {
            0 | 1 => byte as u8,
            _ => (2 * log + (byte >> (log - 1) & 1) as u32) as u8,
        };
        byte += 1;
    }
    sizes
};

/// Every byte as it is.
static WHOLE: [u8; 256] = {
    let (mut all, mut byte) = ([0; 256], 1);
    while byte < 256 {
        all[byte] = byte as u8;
        byte += 1;
    }
    all
};

impl Context {
    /// How many different contexts there are.
    pub fn count(&self) -> usize {
        match (self.first, self.second) {
            (_, Some(_)) => 16 << self.shift(),
            (Some(_), None) => 1 << self.shift(),
            (None, None) => 1,
        }
    }

    /// Bits of the first source.
    pub fn shift(&self) -> u32 {
        if self.sizes { 4 } else { 8 }
    }

    /// What becomes of the first source's bytes.
    pub fn map(&self) -> &'static [u8; 256] {
        if self.sizes { &SIZE } else { &WHOLE }
    }

    /// What the columns before say of the rows in `range` of the column that begins at `columns[at..]`.
    pub fn of_others(
        &self,
        columns: &[u8],
        rows: usize,
        range: std::ops::Range<usize>,
        out: &mut Vec<u16>,
    ) {
        out.clear();
        out.resize(range.len(), 0);
        let at = columns.len();
        let of = |source: Source| {
            let column = &columns[at - source.back * rows..][..rows];
            // The first rows have none before them.
            let missing = source.lag.saturating_sub(range.start).min(range.len());
            let from = (range.start + missing).saturating_sub(source.lag);
            (missing, &column[from..from + range.len() - missing])
        };
        if let Some(source) = self.first.filter(|source| source.back > 0) {
            let (missing, bytes) = of(source);
            let map = self.map();
            for (index, &byte) in out[missing..].iter_mut().zip(bytes) {
                *index = map[usize::from(byte)].into();
            }
        }
        if let Some(source) = self.second.filter(|source| source.back > 0) {
            let (missing, bytes) = of(source);
            for (index, &byte) in out[missing..].iter_mut().zip(bytes) {
                *index |= u16::from(SIZE[usize::from(byte)]) << self.shift();
            }
        }
    }

    /// The lags of the sources in the same column; 0 for a source elsewhere, or none.
    pub fn own_lags(&self) -> [usize; 2] {
        [self.first, self.second].map(|source| match source {
            Some(Source { back: 0, lag }) => lag,
            _ => 0,
        })
    }
}
