//! NumPy's .npz files: zip archives of .npy files.
//!
//! A checksum of an archive changes with the numbers that it covers, and a deflated member cannot be changed at all. So an archive is brought
//! into one form: members stored, in their order, each followed by a data descriptor, and all else as short as it can be. Its checksums stand
//! behind what they cover.
//!
//! Format: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, version 6.3.10, sections 4.3.7 (local header), 4.3.9 (data
//! descriptor), 4.3.12 (central directory), 4.3.16 (its end).

use std::io::{Cursor, Read};
use std::ops::Range;
use zip::ZipArchive;

/// The most bytes of an archive without the extensions for larger ones.
const MAX_LEN: u64 = u32::MAX as u64 - 1;
/// The most members of such an archive.
const MAX_MEMBERS: usize = u16::MAX as usize - 1;
/// The first day that there is: 1 January 1980, as NumPy writes it.
const DATE: u16 = 0x21;
/// Versions that must be understood: 2.0, as for everything with a data descriptor.
const VERSION: u16 = 20;
/// Made on Unix, for the permissions.
const MADE_BY: u16 = 3 << 8 | VERSION;
/// A file that its owner may read and write.
const PERMISSIONS: u32 = 0o100_600 << 16;
/// A data descriptor follows the member.
const DESCRIPTOR: u16 = 1 << 3;
/// The name is UTF-8.
const UTF8: u16 = 1 << 11;

/// An archive in the form described above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArchive {
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// Its members in order.
    pub members: Vec<StoredMember>,
}

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMember {
    /// Its name.
    pub name: String,
    /// Where its content lies in the archive.
    pub content: Range<u64>,
    /// Where the CRC-32 of the content is stored, each time as four bytes, the lowest first.
    pub crcs: [u64; 2],
}

/// Why an archive cannot be brought into that form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NpzError {
    /// It is damaged, or compressed or encrypted in an unknown way.
    #[error("the archive cannot be read: {0}")]
    Unreadable(String),
    /// Two members have one name, so that one of them would get lost.
    #[error("the archive has several members of one name")]
    Duplicates,
    /// It or a member is larger than the format allows without extensions.
    #[error("the archive holds more than 4 GiB or 65534 members; unpack it and compress its files")]
    TooLarge,
    /// A member is not as long as the archive says.
    #[error("the member {0} of the archive is not as long as the archive says")]
    Length(String),
}

/// Whether a file begins as zip archives do.
pub fn is_npz(front: &[u8]) -> bool {
    front.starts_with(b"PK\x03\x04") || front.starts_with(b"PK\x05\x06")
}

/// Brings an archive into the stored form, which NumPy reads as it does the original.
///
/// # Errors
/// If it is damaged, or larger than that form can be.
pub fn stored(archive: &[u8]) -> Result<StoredArchive, NpzError> {
    let unreadable = |e: zip::result::ZipError| NpzError::Unreadable(e.to_string());
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    if zip.len() > MAX_MEMBERS {
        return Err(NpzError::TooLarge);
    }
    if entries(archive).is_some_and(|entries| entries != zip.len()) {
        return Err(NpzError::Duplicates);
    }
    let mut writer = Writer::default();
    for index in 0..zip.len() {
        let member = zip.by_index(index).map_err(unreadable)?;
        let name = member.name().map_err(unreadable)?.into_owned();
        writer.add(name, member.size(), member)?;
    }
    writer.finish()
}

/// How many members the end of the archive counts, if it has no extension for more.
fn entries(archive: &[u8]) -> Option<usize> {
    let end = archive.windows(4).rposition(|mark| mark == b"PK\x05\x06")?;
    let count = u16::from_le_bytes(*archive.get(end + 10..)?.first_chunk()?);
    (count != u16::MAX).then_some(count.into())
}

/// Writes an archive.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    members: Vec<Written>,
}

/// What the central directory repeats of a member.
struct Written {
    member: StoredMember,
    start: u32,
    crc: u32,
    len: u32,
}

impl Writer {
    /// Adds a member of `len` bytes.
    fn add(&mut self, name: String, len: u64, content: impl Read) -> Result<(), NpzError> {
        let name_len = u16::try_from(name.len()).map_err(|_| NpzError::TooLarge)?;
        if len > MAX_LEN {
            return Err(NpzError::TooLarge);
        }
        let start = self.position()?;
        self.put(&[b"PK\x03\x04"]);
        self.put(&[&VERSION.to_le_bytes(), &flags(&name).to_le_bytes()]);
        // Stored; no time of day; checksum and sizes are in the descriptor.
        self.put(&[&[0; 4], &DATE.to_le_bytes(), &[0; 12]]);
        self.put(&[&name_len.to_le_bytes(), &[0; 2], name.as_bytes()]);
        let content_start = self.position()?;
        let read = content.take(len + 1).read_to_end(&mut self.bytes);
        let read = read.map_err(|e| NpzError::Unreadable(e.to_string()))?;
        if read as u64 != len {
            return Err(NpzError::Length(name));
        }
        let end = self.position()?;
        let crc = crc32fast::hash(&self.bytes[content_start as usize..]);
        let len = end - content_start;
        self.put(&[b"PK\x07\x08", &crc.to_le_bytes()]);
        self.put(&[&len.to_le_bytes(), &len.to_le_bytes()]);
        self.members.push(Written {
            member: StoredMember {
                name,
                content: content_start.into()..end.into(),
                crcs: [u64::from(end) + 4; 2],
            },
            start,
            crc,
            len,
        });
        Ok(())
    }

    /// Writes the central directory.
    fn finish(mut self) -> Result<StoredArchive, NpzError> {
        let directory = self.position()?;
        let mut members = Vec::new();
        for written in std::mem::take(&mut self.members) {
            let Written {
                mut member,
                start,
                crc,
                len,
            } = written;
            self.put(&[b"PK\x01\x02", &MADE_BY.to_le_bytes()]);
            self.put(&[&VERSION.to_le_bytes(), &flags(&member.name).to_le_bytes()]);
            self.put(&[&[0; 4], &DATE.to_le_bytes()]);
            member.crcs[1] = self.bytes.len() as u64;
            self.put(&[&crc.to_le_bytes(), &len.to_le_bytes(), &len.to_le_bytes()]);
            self.put(&[&(member.name.len() as u16).to_le_bytes(), &[0; 8]]);
            self.put(&[&PERMISSIONS.to_le_bytes(), &start.to_le_bytes()]);
            self.put(&[member.name.as_bytes()]);
            members.push(member);
        }
        let len = self.position()? - directory;
        let count = (members.len() as u16).to_le_bytes();
        self.put(&[b"PK\x05\x06", &[0; 4], &count, &count]);
        self.put(&[&len.to_le_bytes(), &directory.to_le_bytes(), &[0; 2]]);
        self.position()?;
        Ok(StoredArchive {
            bytes: self.bytes,
            members,
        })
    }

    fn put(&mut self, pieces: &[&[u8]]) {
        pieces
            .iter()
            .for_each(|piece| self.bytes.extend_from_slice(piece));
    }

    fn position(&self) -> Result<u32, NpzError> {
        let len = self.bytes.len() as u64;
        let len = u32::try_from(len).ok().filter(|_| len <= MAX_LEN);
        len.ok_or(NpzError::TooLarge)
    }
}

fn flags(name: &str) -> u16 {
    if name.is_ascii() {
        DESCRIPTOR
    } else {
        DESCRIPTOR | UTF8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    const MEMBERS: [(&str, &[u8]); 4] = [
        (
            "data.npy",
            b"some content that is long enough to be deflated, deflated, deflated",
        ),
        ("empty", b""),
        ("n\u{e9}.npy", b"x"),
        ("names.npy", b"a b c"),
    ];

    fn archive() -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (n, (name, content)) in MEMBERS.iter().enumerate() {
            let methods = [CompressionMethod::Deflated, CompressionMethod::Stored];
            let options = SimpleFileOptions::default().compression_method(methods[n % 2]);
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_stored_form_is_an_archive_of_the_same_members() {
        let stored_once = stored(&archive()).unwrap();
        let mut zip = ZipArchive::new(Cursor::new(&stored_once.bytes[..])).unwrap();
        assert_eq!(zip.len(), MEMBERS.len());
        for (index, (name, content)) in MEMBERS.iter().enumerate() {
            let mut read = Vec::new();
            let mut member = zip.by_index(index).unwrap();
            assert_eq!(member.name().unwrap(), *name);
            member.read_to_end(&mut read).unwrap();
            assert_eq!(read, *content);
            let StoredMember {
                content: range,
                crcs,
                ..
            } = &stored_once.members[index];
            assert_eq!(
                &stored_once.bytes[range.start as usize..range.end as usize],
                *content
            );
            for crc in crcs.map(|at| at as usize) {
                let expected = crc32fast::hash(content).to_le_bytes();
                assert_eq!(stored_once.bytes[crc..crc + 4], expected);
            }
        }
        assert_eq!(stored(&stored_once.bytes), Ok(stored_once));
        let empty = ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap();
        assert_eq!(stored(&empty.into_inner()).unwrap().bytes.len(), 22);
    }

    #[test]
    fn damaged_archives_are_refused() {
        let whole = archive();
        for cut in (0..whole.len()).step_by(7) {
            assert!(stored(&whole[..cut]).is_err(), "{cut}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x41;
            // Whatever it is now, it is read or refused.
            let _ = stored(&damaged);
        }
        let mut stored_form = stored(&whole).unwrap();
        stored_form.bytes[stored_form.members[0].content.start as usize] ^= 1;
        assert!(matches!(
            stored(&stored_form.bytes),
            Err(NpzError::Unreadable(_))
        ));
    }

    #[test]
    fn members_that_are_not_as_long_as_they_are_called() {
        for len in [4, 6] {
            let error = Writer::default().add("x".into(), len, &b"12345"[..]);
            assert_eq!(error, Err(NpzError::Length("x".into())));
        }
        let error = Writer::default().add("x".into(), 1 << 32, std::io::empty());
        assert_eq!(error, Err(NpzError::TooLarge));
    }

    #[test]
    fn members_of_one_name_are_refused() {
        let mut writer = Writer::default();
        writer.add("a".into(), 1, &b"1"[..]).unwrap();
        writer.add("a".into(), 1, &b"2"[..]).unwrap();
        let bytes = writer.finish().unwrap().bytes;
        assert_eq!(stored(&bytes), Err(NpzError::Duplicates));
    }
}
