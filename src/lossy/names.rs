//! Names of columns: from a text, and from arrays of texts.

use crate::container::npy::{NpyHeader, NpyType};

/// The names in a text: separated by commas and ends of lines if there are commas, one a line if there are several lines, and otherwise by
/// spaces. Quotes around a name are no part of it.
pub fn parse(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let is_list = text.contains(',');
    let separates = |c: char| match c {
        '\n' | '\r' => true,
        ',' => is_list,
        c if is_list || text.contains('\n') => c == '\0',
        c => c.is_whitespace(),
    };
    text.split(separates)
        .map(unquoted)
        .filter(|name| !name.is_empty())
        .map(str::to_string)
        .collect()
}

/// A name without the spaces and quotes around it.
fn unquoted(name: &str) -> &str {
    let name = name.trim();
    let inner = ['"', '\'']
        .iter()
        .find_map(|&quote| name.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(name)
}

/// The texts of a .npy file's array, if it is one of texts along a single axis; `content` is what lies behind its header.
pub fn of_array(header: &NpyHeader, content: &[u8]) -> Option<Vec<String>> {
    let (NpyType::Simple(simple), &[count]) = (&header.element, header.shape.as_slice()) else {
        return None;
    };
    let size = usize::try_from(simple.size()?)
        .ok()
        .filter(|&size| size > 0)?;
    let len = usize::try_from(count).ok()?.checked_mul(size)?;
    let items = content.get(..len)?.chunks_exact(size);
    match simple.kind {
        'S' | 'a' => items
            .map(|item| String::from_utf8(item.to_vec()).ok())
            .map(padded)
            .collect(),
        'U' => {
            let character = |bytes: &[u8; 4]| {
                let code = match simple.little_endian {
                    true => u32::from_le_bytes(*bytes),
                    false => u32::from_be_bytes(*bytes),
                };
                char::from_u32(code)
            };
            let text = |item: &[u8]| item.as_chunks().0.iter().map(character).collect();
            items.map(text).map(padded).collect()
        }
        _ => None,
    }
}

/// A text without the zeros that fill it up.
fn padded(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim_end_matches('\0').to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::npy::SimpleType;

    #[test]
    fn names_of_all_files() {
        let three = ["pt", "eta", "phi"];
        for text in [
            "pt eta phi",
            "pt\neta\nphi\n",
            "pt,eta,phi",
            " pt, 'eta',\r\n\"phi\",\n",
            "\u{feff}pt\teta\tphi",
        ] {
            assert_eq!(parse(text), three, "{text:?}");
        }
        assert_eq!(parse("muon pt\nmuon eta"), ["muon pt", "muon eta"]);
        assert_eq!(parse("muon pt,muon eta"), ["muon pt", "muon eta"]);
        assert_eq!(parse(" \n"), [""; 0]);
    }

    #[test]
    fn names_of_arrays() {
        let header = |kind, count, little_endian, shape: &[u64]| NpyHeader {
            len: 0,
            element: NpyType::Simple(SimpleType {
                little_endian,
                kind,
                count,
            }),
            fortran: false,
            shape: shape.to_vec(),
        };
        let bytes = b"pt\0eta";
        let expected = Some(vec!["pt".to_string(), "eta".to_string()]);
        assert_eq!(of_array(&header('S', 3, false, &[2]), bytes), expected);
        for little in [false, true] {
            let wide: Vec<u8> = { bytes.iter() }
                .flat_map(|&byte| match little {
                    true => u32::from(byte).to_le_bytes(),
                    false => u32::from(byte).to_be_bytes(),
                })
                .collect();
            assert_eq!(of_array(&header('U', 3, little, &[2]), &wide), expected);
            assert_eq!(of_array(&header('U', 3, little, &[3]), &wide), None);
            assert_eq!(of_array(&header('U', 3, little, &[1, 2]), &wide), None);
        }
        assert_eq!(of_array(&header('U', 1, true, &[1]), &[0xFF; 4]), None);
        assert_eq!(of_array(&header('S', u64::MAX, false, &[2]), bytes), None);
        assert_eq!(of_array(&header('f', 3, true, &[2]), bytes), None);
    }
}
