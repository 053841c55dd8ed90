//! The header of NumPy's .npy files: it names the element, the byte order and the shape.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. The header is a Python literal;
//! only the form that NumPy writes is understood, and everything else is answered with `None`.

use super::announcement::{Announcement, Container, LayoutRange};
use crate::layout::{Finding, Layout};

/// The bytes every .npy file starts with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read; NumPy itself refuses more than 10,000 characters by default.
const MAX_HEADER: usize = 1 << 16;

/// The most fields and dimensions that are read; NumPy allows 64 dimensions.
const MAX_ITEMS: usize = 1 << 10;

/// NumPy's format.
#[derive(Debug)]
pub(crate) struct NpyFile;

impl Container for NpyFile {
    fn announce(&self, bytes: &[u8], _: u64) -> Option<Announcement> {
        let npy = parse(bytes)?;
        let header = LayoutRange {
            len: npy.header.min(bytes.len()) as u64,
            layout: Layout::BYTES,
            found: Finding::Header,
        };
        let array = LayoutRange {
            len: npy.content,
            layout: npy.layout,
            found: Finding::Npy,
        };
        Some(Announcement {
            stretches: [header, array],
            next: None,
        })
    }
}

/// What a .npy header gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Npy {
    /// Bytes from the start of the file to the first element.
    pub header: usize,
    /// Bytes of the array itself.
    pub content: u64,
    /// The layout of the array; its phase is 0.
    pub layout: Layout,
}

/// Reads the .npy header at the start of `bytes`, or gives `None` where there is none that boa understands.
///
/// The record is the fastest axis, the plane the two fastest axes of an array with three or more; a structured array has
/// its item as record and elements of one byte. A record or plane longer than [`Layout::MAX_LAG`] is left out.
pub fn parse(bytes: &[u8]) -> Option<Npy> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (major, rest) = (*rest.first()?, rest.get(2..)?);
    let (length, start) = match major {
        1 => (
            usize::from(u16::from_le_bytes(*rest.first_chunk()?)),
            MAGIC.len() + 4,
        ),
        2 | 3 => (
            usize::try_from(u32::from_le_bytes(*rest.first_chunk()?)).ok()?,
            MAGIC.len() + 6,
        ),
        _ => return None,
    };
    if length > MAX_HEADER {
        return None;
    }
    let header = start + length;
    let text = std::str::from_utf8(bytes.get(start..header)?).ok()?;
    let dictionary = HeaderEntries::read(text)?;
    let (element, item, swap) = dictionary.element;

    let content = dictionary
        .shape
        .iter()
        .try_fold(item, |size, &axis| size.checked_mul(axis))?;
    let mut axes = dictionary.shape;
    if dictionary.fortran {
        axes.reverse();
    }
    let layout = axes_layout(&axes, element, item, swap)?;
    Some(Npy {
        header,
        content,
        layout,
    })
}

/// The layout of an array whose last axis is the fastest.
fn axes_layout(axes: &[u64], element: u8, item: u64, swap: bool) -> Option<Layout> {
    let fits = |lag: u64| {
        if lag <= u64::from(Layout::MAX_LAG) {
            u32::try_from(lag).unwrap_or(0)
        } else {
            0
        }
    };
    // A lag of one element, or of none, adds nothing to the width.
    let useful = |lag: u32| if lag > u32::from(element) { lag } else { 0 };
    let fast = axes.iter().rev().copied();
    let row = fast.clone().next().unwrap_or(1).checked_mul(item)?;
    let record = match axes.len() {
        // One axis: the items of a structured or complex array are its only records.
        0 | 1 => useful(fits(item)),
        // An axis of length 1 makes the row an item.
        _ => useful(fits(row)),
    };
    let plane = match axes.len() {
        0..=2 => 0,
        _ => fits(fast.clone().nth(1).unwrap_or(1).checked_mul(row)?),
    };
    let plane = if record > 0 && plane > record {
        plane
    } else {
        0
    };
    Some(Layout {
        width: element,
        swap: swap && element > 1,
        record,
        plane,
        phase: 0,
    })
}

/// The three entries of the header.
struct HeaderEntries {
    /// Bytes of an element (of a complex number: of one component), bytes of an item, and whether it is little-endian.
    element: (u8, u64, bool),
    fortran: bool,
    shape: Vec<u64>,
}

impl HeaderEntries {
    fn read(text: &str) -> Option<HeaderEntries> {
        let mut cursor = LiteralReader { rest: text };
        let (mut element, mut fortran, mut shape) = (None, None, None);
        cursor.expect('{')?;
        while !cursor.take('}') {
            let key = cursor.string()?;
            cursor.expect(':')?;
            match key {
                "descr" if element.is_none() => element = Some(cursor.descr()?),
                "fortran_order" if fortran.is_none() => fortran = Some(cursor.boolean()?),
                "shape" if shape.is_none() => shape = Some(cursor.tuple()?),
                _ => return None,
            }
            if !cursor.take(',') {
                cursor.expect('}')?;
                break;
            }
        }
        if !cursor.rest.trim().is_empty() {
            return None;
        }
        Some(HeaderEntries {
            element: element?,
            fortran: fortran?,
            shape: shape?,
        })
    }
}

/// Reads the few Python literals that a header is made of.
struct LiteralReader<'a> {
    rest: &'a str,
}

impl<'a> LiteralReader<'a> {
    fn take(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, mark: char) -> Option<()> {
        self.take(mark).then_some(())
    }

    fn string(&mut self) -> Option<&'a str> {
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

    fn boolean(&mut self) -> Option<bool> {
        self.rest = self.rest.trim_start();
        for (name, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(name) {
                self.rest = rest;
                return Some(value);
            }
        }
        None
    }

    fn number(&mut self) -> Option<u64> {
        self.rest = self.rest.trim_start();
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at_checked(digits)?;
        // Python 2 wrote long integers with an L.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        number.parse().ok()
    }

    fn tuple(&mut self) -> Option<Vec<u64>> {
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

    /// A dtype: `'<f4'`, or a list of fields. Bytes of an element, bytes of an item, little-endian.
    fn descr(&mut self) -> Option<(u8, u64, bool)> {
        if !self.take('[') {
            return simple(self.string()?);
        }
        let item = self.fields()?;
        (item > 0).then_some((1, item, false))
    }

    /// Bytes of the fields of a structured dtype after its opening bracket.
    fn fields(&mut self) -> Option<u64> {
        let mut item = 0u64;
        let mut count = 0;
        while !self.take(']') {
            count += 1;
            if count > MAX_ITEMS {
                return None;
            }
            self.expect('(')?;
            self.string()?;
            self.expect(',')?;
            // A field that is itself structured is rare, and reading it would need recursion: not understood.
            let mut size = size(self.string()?)?;
            if self.take(',') {
                for axis in self.tuple()? {
                    size = size.checked_mul(axis)?;
                }
            }
            self.expect(')')?;
            item = item.checked_add(size)?;
            if !self.take(',') {
                self.expect(']')?;
                break;
            }
        }
        Some(item)
    }
}

/// Splits a simple dtype into byte order, kind and count, such as `<`, `f`, 4.
fn split(descr: &str) -> Option<(char, char, u64)> {
    let mut letters = descr.chars();
    let order = letters.next().filter(|order| "<>|=".contains(*order))?;
    let kind = letters.next()?;
    // A time names its unit behind the size: '<M8[ns]'.
    let rest = letters.as_str();
    let rest = match kind {
        'M' | 'm' => rest.split('[').next()?,
        _ => rest,
    };
    if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((order, kind, rest.parse().ok()?))
}

/// Bytes of one item of a simple dtype.
fn size(descr: &str) -> Option<u64> {
    let (_, kind, count) = split(descr)?;
    match kind {
        'b' | 'i' | 'u' | 'f' | 'c' | 'M' | 'm' | 'V' | 'S' | 'a' => Some(count),
        'U' => count.checked_mul(4),
        _ => None,
    }
}

/// Bytes of an element, bytes of an item, little-endian.
fn simple(descr: &str) -> Option<(u8, u64, bool)> {
    let (order, kind, count) = split(descr)?;
    let item = size(descr)?;
    // '=' never comes from NumPy; as it would mean the writer's order, take the common one.
    let little = order == '<' || order == '=';
    let element = match (kind, count) {
        ('b' | 'i' | 'u', 1) => 1,
        ('i' | 'u' | 'f', 2) => 2,
        ('i' | 'u' | 'f', 4) | ('c', 8) => 4,
        ('i' | 'u' | 'f' | 'M' | 'm', 8) | ('c', 16) => 8,
        // Long doubles, of which 10 of 16 bytes count.
        ('f', 16) | ('c', 32) => 1,
        ('U', 1..) => 4,
        ('S' | 'a' | 'V', 1..) => 1,
        _ => return None,
    };
    (item > 0).then_some((element, item, little && element > 1))
}
