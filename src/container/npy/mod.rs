//! The header of NumPy's .npy files: it names the element, the byte order and the shape.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. The header is a Python literal;
//! only the form that NumPy writes is understood, and everything else is answered with `None`.

mod literal;
mod types;

use super::announcement::{Announcement, Container, LayoutRange};
use crate::layout::{Finding, Layout};
use literal::LiteralReader;

pub use types::{NpyField, NpyType, SimpleType};

/// The bytes every .npy file starts with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read; NumPy itself refuses more than 10,000 characters by default.
const MAX_HEADER: usize = 1 << 16;

/// The first bytes of a file that are enough for every header that is read.
pub const MAX_FRONT: usize = MAX_HEADER + 12;

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
    let header = read_header(bytes)?;
    let (element, item, swap) = element(&header.element)?;
    let content = header.content()?;
    let mut axes = header.shape;
    if header.fortran {
        axes.reverse();
    }
    let layout = axes_layout(&axes, element, item, swap)?;
    Some(Npy {
        header: header.len,
        content,
        layout,
    })
}

/// All that a .npy header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpyHeader {
    /// Bytes from the start of the file to the first element.
    pub len: usize,
    /// The type of an item.
    pub element: NpyType,
    /// The first axis is the fastest.
    pub fortran: bool,
    /// Items along each axis.
    pub shape: Vec<u64>,
}

impl NpyHeader {
    /// Bytes of the array itself; `None` for more than there can be.
    pub fn content(&self) -> Option<u64> {
        let item = self.element.size()?;
        let mut axes = self.shape.iter();
        axes.try_fold(item, |size, &axis| size.checked_mul(axis))
    }
}

/// Whether `bytes` begin as every .npy file does.
pub fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads the whole header at the start of `bytes`, the fields of a structured type too; `None` where there is none in the form that NumPy
/// writes, or not all of it.
pub fn read_header(bytes: &[u8]) -> Option<NpyHeader> {
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
    let len = start + length;
    let text = std::str::from_utf8(bytes.get(start..len)?).ok()?;
    let mut reader = LiteralReader { rest: text };
    let (mut element, mut fortran, mut shape) = (None, None, None);
    reader.expect('{')?;
    while !reader.take('}') {
        let key = reader.string()?;
        reader.expect(':')?;
        match key {
            "descr" if element.is_none() => element = Some(types::descr(&mut reader)?),
            "fortran_order" if fortran.is_none() => fortran = Some(reader.boolean()?),
            "shape" if shape.is_none() => shape = Some(reader.tuple()?),
            _ => return None,
        }
        if !reader.take(',') {
            reader.expect('}')?;
            break;
        }
    }
    if !reader.rest.trim().is_empty() {
        return None;
    }
    Some(NpyHeader {
        len,
        element: element?,
        fortran: fortran?,
        shape: shape?,
    })
}

/// Bytes of an element (of a complex number: of one component), bytes of an item, and whether it is little-endian.
fn element(item: &NpyType) -> Option<(u8, u64, bool)> {
    let size = item.size().filter(|&size| size > 0)?;
    let simple = match item {
        // The layout of a type within another was never read from headers, but detected.
        NpyType::Fields(fields) => {
            let mut all = fields.iter();
            let is_flat = all.all(|field| matches!(field.element, NpyType::Simple(_)));
            return is_flat.then_some((1, size, false));
        }
        NpyType::Simple(simple) => simple,
    };
    let width = match (simple.kind, simple.count) {
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
    Some((width, size, simple.little_endian && width > 1))
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
