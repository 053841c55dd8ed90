//! What a byte's tables are selected by: bytes of columns before, or of rows before.

/// A byte that is known before the one to be coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// So many columns before; 0: the same column.
    pub back: usize,
    /// So many rows before, at least 1 in the same column.
    pub lag: usize,
}

/// The bytes that select a table: all eight bits of the first, and four of the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    pub first: Option<Source>,
    pub second: Option<Source>,
}

/// Contexts of a column with a second source.
const CONTEXTS: usize = 1 << 12;

/// Four bits of a byte: small numbers as they are, larger ones by their two highest bits.
#[inline(always)]
pub(super) fn folded(byte: u8) -> u8 {
    match byte {
        0..12 => byte,
        _ => 12 + (byte >> 6),
    }
}

impl Context {
    /// How many different contexts there are.
    pub fn count(&self) -> usize {
        match (self.first, self.second) {
            (_, Some(_)) => CONTEXTS,
            (Some(_), None) => 256,
            (None, None) => 1,
        }
    }

    /// What the columns before say of the rows in `range` of the column that begins at `columns[at..]`.
    pub fn from_others(
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
            for (index, &byte) in out[missing..].iter_mut().zip(bytes) {
                *index = byte.into();
            }
        }
        if let Some(source) = self.second.filter(|source| source.back > 0) {
            let (missing, bytes) = of(source);
            for (index, &byte) in out[missing..].iter_mut().zip(bytes) {
                *index |= u16::from(folded(byte)) << 8;
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
