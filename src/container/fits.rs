//! FITS files: headers of 80-character cards in blocks of 2880 bytes, each followed by its data.
//!
//! Format: <https://fits.gsfc.nasa.gov/fits_standard.html>, version 4.0. Only what gives sizes and types is read; a
//! header that lacks any of it, or contradicts itself, is answered with `None`.

use super::announcement::{Announcement, Container, LayoutRange};
use crate::layout::{Column, Finding, Kind, Layout};

/// Headers and data are padded to a multiple of this.
const BLOCK: usize = 2880;
/// One line of a header.
const CARD: usize = 80;
/// The longest header that is read: 900 cards hold a table with the most columns at a few cards each.
const MAX_CARDS: usize = 36 * 400;
/// The most axes and columns that the standard allows.
const MAX_ITEMS: u64 = 999;
/// The most columns that are listed: repeat counts may ask for any number.
const MAX_COLUMNS: u64 = 1 << 16;

/// The format.
#[derive(Debug)]
pub(crate) struct FitsFile;

impl Container for FitsFile {
    fn announce(&self, bytes: &[u8], skip: u64) -> Option<Announcement> {
        let (headers, data) = walk(bytes, skip);
        if headers == 0 {
            return None;
        }
        let mut stretches = [(headers, Layout::BYTES), (0, Layout::BYTES)];
        if let Some(hdu) = &data {
            stretches[1] = (hdu.data.len, hdu.data.layout);
        }
        let found = [Finding::FitsHeaders, Finding::Fits];
        Some(Announcement {
            stretches: std::array::from_fn(|k| LayoutRange {
                len: stretches[k].0,
                layout: stretches[k].1,
                found: found[k],
            }),
            next: data.map(|hdu| hdu.heap_and_padding),
        })
    }
}

/// A stretch of a file with one layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataUnit {
    /// Bytes.
    pub len: u64,
    /// Its phase is 0.
    pub layout: Layout,
    /// The columns of a record, big-endian; empty where all elements are alike, or where nothing is known.
    pub columns: Vec<Column>,
}

/// A header and the data that it announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hdu {
    /// Bytes of the header with its padding.
    pub header: usize,
    /// The array or table; of length 0 if there is none.
    pub data: DataUnit,
    /// Bytes of what follows up to the next header: a table's heap, a gap before it, and padding.
    pub heap_and_padding: u64,
}

/// Reads the header at the start of `bytes`, which is where a FITS file or one of its extensions begins; `None` where there
/// is none, or not the whole of one.
///
/// An image has its fastest axis as record and its two fastest as plane. A binary table has elements of one byte, unless
/// all its columns have the same width.
pub fn parse(bytes: &[u8]) -> Option<Hdu> {
    if !(bytes.starts_with(b"SIMPLE  = ") || bytes.starts_with(b"XTENSION= ")) {
        return None;
    }
    let cards = bytes.as_chunks::<CARD>().0;
    let end = cards
        .iter()
        .take(MAX_CARDS)
        .position(|card| card.starts_with(b"END") && card[3..].iter().all(|&byte| byte == b' '))?;
    let header = Header {
        cards: &cards[..end],
    };
    let length = ((end + 1) * CARD).next_multiple_of(BLOCK);
    if length > bytes.len() {
        return None;
    }

    let bits = header.integer("BITPIX")?;
    if !matches!(bits, 8 | 16 | 32 | 64 | -32 | -64) {
        return None;
    }
    let width = bits.unsigned_abs() / 8;
    let axes = header.axes()?;
    // Random groups, which no one writes any more, count their elements in another way.
    if bytes.starts_with(b"SIMPLE") && axes.len() > 1 && axes[0] == 0 {
        return None;
    }
    let elements = if axes.is_empty() {
        0
    } else {
        axes.iter()
            .try_fold(1u64, |count, &axis| count.checked_mul(axis))?
    };
    let main = elements.checked_mul(width)?;
    let heap = header.count("PCOUNT", 0)?.checked_mul(width)?;
    let groups = header.count("GCOUNT", 1)?;
    let whole = main.checked_add(heap)?.checked_mul(groups)?;
    let padded = whole.checked_next_multiple_of(BLOCK as u64)?;
    // No file is longer.
    i64::try_from(padded).ok()?;
    // More than one group is not used with images and tables: its data are plain bytes.
    let (len, layout, columns) = match header.text("XTENSION") {
        _ if groups != 1 => (main, Layout::BYTES, Vec::new()),
        Some("BINTABLE" | "A3DTABLE") => {
            let (layout, columns) = header.table(&axes, bits)?;
            (main, layout, columns)
        }
        Some("TABLE") => (main, record_of(1, *axes.first()?), Vec::new()),
        None | Some("IMAGE" | "IUEIMAGE") => (main, image(&axes, width as u8), Vec::new()),
        // What an unknown extension holds is not known.
        Some(_) => (main, Layout::BYTES, Vec::new()),
    };
    Some(Hdu {
        header: length,
        data: DataUnit {
            len: len.min(padded),
            layout,
            columns,
        },
        heap_and_padding: padded - len.min(padded),
    })
}

/// Data of fewer bytes don't get a frame of their own.
const MIN_OWN_FRAME: u64 = 32 << 10;

/// Goes through a FITS file from `skip` bytes on, where a header begins: how many bytes come before the next data of at
/// least 32 KiB, and what these are. Without such data, or where its header is not wholly in the buffer, the bytes before
/// the header that was not read are counted.
pub fn walk(bytes: &[u8], skip: u64) -> (u64, Option<Hdu>) {
    let mut at = skip;
    while let Some(hdu) = usize::try_from(at)
        .ok()
        .and_then(|at| bytes.get(at..))
        .and_then(parse)
    {
        at += hdu.header as u64;
        if hdu.data.len >= MIN_OWN_FRAME && hdu.data.layout != Layout::BYTES {
            return (at, Some(hdu));
        }
        at = at.saturating_add(hdu.data.len + hdu.heap_and_padding);
    }
    (at, None)
}

/// Elements of `width` bytes in records of `record` bytes, big-endian, if the record is not too long.
fn record_of(width: u8, record: u64) -> Layout {
    let fits = record > u64::from(width) && record <= u64::from(Layout::MAX_LAG);
    Layout {
        width,
        record: if fits { record as u32 } else { 0 },
        ..Layout::BYTES
    }
}

/// The layout of an array, the fastest axis first.
fn image(axes: &[u64], width: u8) -> Layout {
    let lag = |axes: &[u64]| {
        let bytes = axes
            .iter()
            .try_fold(u64::from(width), |bytes, &axis| bytes.checked_mul(axis));
        bytes.unwrap_or(u64::MAX)
    };
    if axes.len() < 2 {
        return record_of(width, 0);
    }
    let layout = record_of(width, lag(&axes[..1]));
    let plane = lag(&axes[..2]);
    let fits = axes.len() > 2
        && layout.record > 0
        && plane > u64::from(layout.record)
        && plane <= u64::from(Layout::MAX_LAG);
    Layout {
        plane: if fits { plane as u32 } else { 0 },
        ..layout
    }
}

/// The cards before END.
struct Header<'a> {
    cards: &'a [[u8; CARD]],
}

impl<'a> Header<'a> {
    /// The value of a keyword, without the comment behind it.
    fn value(&self, keyword: &str) -> Option<&'a str> {
        let card = self.cards.iter().find(|card| {
            let (name, rest) = card.split_at(8);
            name.trim_ascii_end() == keyword.as_bytes() && rest.starts_with(b"= ")
        })?;
        Some(std::str::from_utf8(&card[10..]).ok()?.trim_start())
    }

    /// The value of a keyword whose value is text, without trailing spaces.
    fn text(&self, keyword: &str) -> Option<&'a str> {
        let rest = self.value(keyword)?.strip_prefix('\'')?;
        // A quote within text is doubled, which no type or size is.
        Some(rest.split_once('\'')?.0.trim_end())
    }

    fn integer(&self, keyword: &str) -> Option<i64> {
        let value = self.value(keyword)?;
        let value = value.split('/').next()?.trim_end();
        value.strip_prefix('+').unwrap_or(value).parse().ok()
    }

    /// A size, or what it is if the keyword isn't there.
    fn count(&self, keyword: &str, usual: u64) -> Option<u64> {
        if self.value(keyword).is_none() {
            return Some(usual);
        }
        self.integer(keyword)?.try_into().ok()
    }

    /// The lengths of all axes, the fastest first.
    fn axes(&self) -> Option<Vec<u64>> {
        let count: u64 = self.integer("NAXIS")?.try_into().ok()?;
        if count > MAX_ITEMS {
            return None;
        }
        (1..=count)
            .map(|axis| self.integer(&format!("NAXIS{axis}"))?.try_into().ok())
            .collect()
    }

    /// The layout of a binary table and the columns of its rows.
    fn table(&self, axes: &[u64], bits: i64) -> Option<(Layout, Vec<Column>)> {
        let &[row, rows] = axes else { return None };
        let fields: u64 = self.integer("TFIELDS")?.try_into().ok()?;
        if fields > MAX_ITEMS || bits != 8 {
            return None;
        }
        // Repeat counts are small numbers in a card, but many columns in a row: listed only if need be.
        let mut runs = Vec::new();
        let (mut sum, mut count) = (0u64, 0u64);
        for field in 1..=fields {
            let (repeat, column) = format(self.text(&format!("TFORM{field}"))?)?;
            sum = sum.checked_add(repeat.checked_mul(u64::from(column.width))?)?;
            // Beyond the row, the header contradicts itself.
            if sum > row {
                return None;
            }
            count += repeat;
            if repeat > 0 {
                runs.push((repeat, column));
            }
        }
        let plain = record_of(1, row);
        let Some(&(_, first)) = runs.first().filter(|_| sum == row) else {
            return Some((plain, Vec::new()));
        };
        if runs.iter().all(|run| run.1.width == first.width) {
            // A single row is no record: nothing repeats.
            let layout = record_of(first.width, if rows > 1 { row } else { 0 });
            if layout.record == 0 || runs.iter().all(|run| run.1 == first) {
                return Some((layout, Vec::new()));
            }
            return Some((layout, listed(&runs, count)));
        }
        let columns = if plain.record > 0 {
            listed(&runs, count)
        } else {
            Vec::new()
        };
        Some((plain, columns))
    }
}

/// The columns one by one, unless there are too many.
fn listed(runs: &[(u64, Column)], count: u64) -> Vec<Column> {
    if count > MAX_COLUMNS {
        return Vec::new();
    }
    runs.iter()
        .flat_map(|&(repeat, column)| std::iter::repeat_n(column, repeat as usize))
        .collect()
}

/// How many numbers a column's format such as `96E` makes of it, and which.
fn format(form: &str) -> Option<(u64, Column)> {
    let digits = form.bytes().take_while(u8::is_ascii_digit).count();
    let (repeat, rest) = form.split_at_checked(digits)?;
    let repeat: u64 = if repeat.is_empty() {
        1
    } else {
        repeat.parse().ok()?
    };
    let (each, width, kind) = match rest.bytes().next()? {
        b'X' => (1, 1, Kind::Unsigned),
        b'L' | b'B' | b'A' => (1, 1, Kind::Unsigned),
        b'I' => (1, 2, Kind::Signed),
        b'J' => (1, 4, Kind::Signed),
        b'K' => (1, 8, Kind::Signed),
        b'E' => (1, 4, Kind::Float),
        b'D' => (1, 8, Kind::Float),
        b'C' => (2, 4, Kind::Float),
        b'M' => (2, 8, Kind::Float),
        // Length and position of an array in the heap.
        b'P' => (2, 4, Kind::Signed),
        b'Q' => (2, 8, Kind::Signed),
        _ => return None,
    };
    let count = if rest.starts_with('X') {
        repeat.div_ceil(8)
    } else {
        repeat.checked_mul(each)?
    };
    let column = Column {
        width,
        swap: false,
        kind,
    };
    Some((count, column))
}
