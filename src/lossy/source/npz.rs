//! The numbers of an .npz file: those of the .npy files in it.

use super::error::SourceError;
use super::npy;
use super::regions::{CrcField, RegionContent, Source};
use crate::container::npy::{is_npy, read_header};
use crate::container::npz::{StoredArchive, StoredMember};
use crate::lossy::names::of_array;

/// Finds the numbers of an archive. The columns of a table are called by `names`, or without these by an array of texts in the archive that
/// has as many.
pub(super) fn find(archive: &StoredArchive, names: &[String]) -> Result<Source, SourceError> {
    let lists = if names.is_empty() {
        name_lists(archive)
    } else {
        vec![names.to_vec()]
    };
    let mut source = Source::default();
    let mut tables = 0;
    for member in &archive.members {
        let content = &archive.bytes[as_range(member)];
        let gap = member.content.start - source.len();
        source.push(gap, RegionContent::Exact);
        let names = fitting(content, &lists);
        tables += usize::from(!names.is_empty());
        source.append(of_member(member, content, names)?);
    }
    if tables == 0 && !names.is_empty() {
        return Err(SourceError::Names {
            columns: "no table with as many columns".into(),
            names: names.len(),
        });
    }
    source.push(
        archive.bytes.len() as u64 - source.len(),
        RegionContent::Exact,
    );
    for member in &archive.members {
        source.crcs.extend(member.crcs.map(|offset| CrcField {
            offset,
            covers: member.content.clone(),
        }));
    }
    source.crcs.sort_by_key(|crc| crc.offset);
    Ok(source)
}

fn as_range(member: &StoredMember) -> std::ops::Range<usize> {
    member.content.start as usize..member.content.end as usize
}

/// What a member holds; what is no array stays exact.
fn of_member(
    member: &StoredMember,
    content: &[u8],
    names: &[String],
) -> Result<Source, SourceError> {
    let len = content.len() as u64;
    if !is_npy(content) {
        let mut source = Source::default();
        source.push(len, RegionContent::Exact);
        return Ok(source);
    }
    let name = member.name.strip_suffix(".npy").unwrap_or(&member.name);
    npy::find(content, len, Some(name), names)
}

/// The texts of the arrays that are lists of different texts; a list called `names` or `columns` comes first.
fn name_lists(archive: &StoredArchive) -> Vec<Vec<String>> {
    let mut lists = Vec::new();
    for member in &archive.members {
        let content = &archive.bytes[as_range(member)];
        let list =
            read_header(content).and_then(|header| of_array(&header, content.get(header.len..)?));
        let Some(list) = list.filter(|list| all_differ(list)) else {
            continue;
        };
        let is_list_of_names = matches!(member.name.as_str(), "names.npy" | "columns.npy");
        lists.insert(if is_list_of_names { 0 } else { lists.len() }, list);
    }
    lists
}

fn all_differ(list: &[String]) -> bool {
    let mut sorted: Vec<&String> = list.iter().collect();
    sorted.sort();
    !list.is_empty() && sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// The first list that has a name for each column of an array of two axes; else none.
fn fitting<'a>(content: &[u8], lists: &'a [Vec<String>]) -> &'a [String] {
    let header = read_header(content);
    let columns = header.and_then(|header| match *header.shape.as_slice() {
        [_, columns] if npy::is_number(&header.element) => Some(columns),
        _ => None,
    });
    let mut all = lists.iter();
    let found = all.find(|list| columns == Some(list.len() as u64));
    found.map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::super::{RegionContent, SourceError, whole};
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// A .npy file.
    fn npy(descr: &str, shape: &str, content: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(content);
        bytes
    }

    fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in members {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn data() -> (&'static str, Vec<u8>) {
        ("data.npy", npy("<f4", "(2, 3)", &[1; 24]))
    }

    #[test]
    fn arrays_and_the_names_of_their_columns() {
        let names = ("names.npy", npy("|S3", "(3,)", b"pt\0etaphi"));
        let other = ("other.npy", npy("|S1", "(3,)", b"abc"));
        let line = ("line.npy", npy("<f8", "(2,)", &[2; 16]));
        let text = ("read me", b"text".to_vec());
        let bytes = archive(&[other, data(), line, text, names]);
        let (content, source) = whole(&bytes, None, &[]).unwrap();
        assert_eq!(source.len(), content.len() as u64);
        let columns: Vec<_> = source.columns().iter().map(|column| column.name).collect();
        assert_eq!(
            columns,
            [Some("pt"), Some("eta"), Some("phi"), Some("line")]
        );
        assert_eq!(source.unnumbered, ["other", "names"]);
        let mut end = 0;
        for region in &source.regions {
            assert_eq!(region.start, end);
            end += region.len;
            let bytes = &content[region.start as usize..end as usize];
            match &region.content {
                RegionContent::Table(table) => {
                    assert_eq!((table.rows, table.record), (2, 12));
                    assert!(bytes.iter().all(|&byte| byte == 1));
                }
                RegionContent::Array(array) => {
                    assert_eq!(array.shape, [2]);
                    assert!(bytes.iter().all(|&byte| byte == 2));
                }
                RegionContent::Exact => {}
            }
        }
        assert_eq!(source.crcs.len(), 10);
        for crc in &source.crcs {
            let covered = &content[crc.covers.start as usize..crc.covers.end as usize];
            let at = crc.offset as usize;
            assert_eq!(content[at..at + 4], crc32fast::hash(covered).to_le_bytes());
            assert!(crc.covers.end <= crc.offset);
        }
    }

    #[test]
    fn names_of_the_user_come_first() {
        let names = ("names.npy", npy("|S1", "(3,)", b"abc"));
        let bytes = archive(&[data(), names]);
        let own = ["x", "y", "z"].map(str::to_string);
        let (_, source) = whole(&bytes, None, &own).unwrap();
        assert_eq!(source.columns()[0].name, Some("x"));
        let error = whole(&bytes, None, &own[..2]).unwrap_err();
        assert!(matches!(error, SourceError::Names { names: 2, .. }));
    }

    #[test]
    fn archives_without_numbers_or_with_damaged_arrays() {
        let text = ("a.npy", npy("|S1", "(3,)", b"abc"));
        assert_eq!(
            whole(&archive(&[text]), None, &[]).unwrap_err(),
            SourceError::NoNumbers
        );
        let mut cut = data();
        cut.1.pop();
        let error = whole(&archive(&[cut]), None, &[]).unwrap_err();
        assert_eq!(
            error,
            SourceError::Truncated {
                announced: 24,
                found: 23
            }
        );
        assert!(matches!(
            whole(b"PK\x03\x04", None, &[]),
            Err(SourceError::Npz(_))
        ));
        let one = ("one.npy", npy("<f4", "(1,)", &[0; 4]));
        let (_, source) = whole(&archive(&[one]), None, &[]).unwrap();
        assert_eq!(source.columns()[0].name, Some("one"));
    }
}
