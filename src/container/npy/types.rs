//! The types of .npy files: `'<f4'`, or a list of fields.

use super::literal::{LiteralReader, MAX_ITEMS};

/// How deep types may lie in each other.
const MAX_DEPTH: usize = 8;

/// The type of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NpyType {
    /// One number, one text, or some bytes.
    Simple(SimpleType),
    /// Fields one after the other.
    Fields(Vec<NpyField>),
}

/// A type such as `<f4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimpleType {
    /// The order of its bytes, if it has one.
    pub little_endian: bool,
    /// NumPy's letter: `f`, `i`, `u`, `c`, `b`, `U`, `S`, `V`, `M`, `m`.
    pub kind: char,
    /// NumPy's count: bytes, but characters of `U`.
    pub count: u64,
}

/// A field of a structured type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpyField {
    /// Its name; empty for what only fills up.
    pub name: String,
    /// The type of an item of it.
    pub element: NpyType,
    /// The axes of a field that is an array, in C order; empty for a single item.
    pub shape: Vec<u64>,
}

impl SimpleType {
    /// Bytes of an item.
    pub fn size(&self) -> Option<u64> {
        match self.kind {
            'U' => self.count.checked_mul(4),
            _ => Some(self.count),
        }
    }
}

impl NpyType {
    /// Bytes of an item; `None` for more than there can be.
    pub fn size(&self) -> Option<u64> {
        match self {
            NpyType::Simple(simple) => simple.size(),
            NpyType::Fields(fields) => fields
                .iter()
                .try_fold(0u64, |sum, field| sum.checked_add(field.size()?)),
        }
    }
}

impl NpyField {
    /// Bytes of all its items; `None` for more than there can be.
    pub fn size(&self) -> Option<u64> {
        let item = self.element.size()?;
        let mut axes = self.shape.iter();
        axes.try_fold(item, |size, &axis| size.checked_mul(axis))
    }
}

/// Reads a type.
pub(super) fn descr(reader: &mut LiteralReader<'_>) -> Option<NpyType> {
    let mut left = MAX_ITEMS;
    within(reader, MAX_DEPTH, &mut left)
}

/// Reads a type of at most `depth` within each other and `left` fields.
fn within(reader: &mut LiteralReader<'_>, depth: usize, left: &mut usize) -> Option<NpyType> {
    if !reader.take('[') {
        return simple(reader.string()?).map(NpyType::Simple);
    }
    let depth = depth.checked_sub(1)?;
    let mut fields = Vec::new();
    while !reader.take(']') {
        *left = left.checked_sub(1)?;
        reader.expect('(')?;
        let name = field_name(reader)?;
        reader.expect(',')?;
        let element = within(reader, depth, left)?;
        let shape = if reader.take(',') {
            reader.tuple()?
        } else {
            Vec::new()
        };
        reader.expect(')')?;
        fields.push(NpyField {
            name,
            element,
            shape,
        });
        if !reader.take(',') {
            reader.expect(']')?;
            break;
        }
    }
    Some(NpyType::Fields(fields))
}

/// A name, or a title and a name.
fn field_name(reader: &mut LiteralReader<'_>) -> Option<String> {
    if !reader.take('(') {
        return reader.string().map(str::to_string);
    }
    reader.string()?;
    reader.expect(',')?;
    let name = reader.string()?;
    reader.expect(')')?;
    Some(name.to_string())
}

/// Splits a simple type into byte order, kind and count.
fn simple(descr: &str) -> Option<SimpleType> {
    let mut letters = descr.chars();
    let order = letters.next().filter(|order| "<>|=".contains(*order))?;
    let kind = letters
        .next()
        .filter(|&kind| "biufcMmVSaU".contains(kind))?;
    // A time names its unit behind the size: '<M8[ns]'.
    let rest = letters.as_str();
    let rest = match kind {
        'M' | 'm' => rest.split('[').next()?,
        _ => rest,
    };
    if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(SimpleType {
        // '=' never comes from NumPy; as it would mean the writer's order, take the common one.
        little_endian: order == '<' || order == '=',
        kind,
        count: rest.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<NpyType> {
        let mut reader = LiteralReader { rest: text };
        let read = descr(&mut reader)?;
        reader.rest.is_empty().then_some(read)
    }

    #[test]
    fn types_within_each_other() {
        let text = "[('a', '<f4'), (('A title', 'b'), [('x', '>i2', (2, 3)), ('y', '|S5')], (4,)), ('', '|V3')]";
        let NpyType::Fields(fields) = read(text).unwrap() else {
            panic!("no fields");
        };
        let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["a", "b", ""]);
        assert_eq!(fields[1].shape, [4]);
        assert_eq!(fields[1].size(), Some(4 * (12 + 5)));
        assert_eq!(read(text).unwrap().size(), Some(4 + 68 + 3));
    }

    #[test]
    fn types_too_deep_or_too_large() {
        let nested = |depth: usize| {
            let (open, close) = ("[('a', ".repeat(depth), ")]".repeat(depth));
            read(&format!("{open}'<f4'{close}"))
        };
        assert!(nested(8).is_some() && nested(9).is_none());
        let huge = format!("[('a', '<f4', ({}, {}))]", u64::MAX, 2);
        assert_eq!(read(&huge).unwrap().size(), None);
        let many = "('a', '|u1'),".repeat(MAX_ITEMS);
        assert!(read(&format!("[{many}]")).is_some());
        assert!(read(&format!("[{many}('a', '|u1')]")).is_none());
    }
}
