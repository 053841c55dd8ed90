//! The checksums among an input's exact bytes, computed anew of what decoding gives.

use super::source::Source;
use crc32fast::Hasher;
use std::collections::BTreeMap;

/// Computes the checksums of a [`Source`] while its decoded bytes pass.
#[derive(Clone, Debug)]
pub struct Checksums {
    /// Of each range, by its first and the byte behind its last: the checksum of what has passed.
    sums: BTreeMap<(u64, u64), Hasher>,
    /// Where they are stored, in order, and of which range.
    fields: Vec<(u64, (u64, u64))>,
    position: u64,
}

impl Checksums {
    /// At the first byte of a source.
    pub fn new(source: &Source) -> Checksums {
        let range = |covers: &std::ops::Range<u64>| (covers.start, covers.end);
        let fields: Vec<_> = { source.crcs.iter() }
            .map(|crc| (crc.offset, range(&crc.covers)))
            .collect();
        Checksums {
            sums: fields
                .iter()
                .map(|field| (field.1, Hasher::new()))
                .collect(),
            fields,
            position: 0,
        }
    }

    /// Whether bytes of a checksum are among so many from `start` on.
    pub fn lie_in(&self, start: u64, len: u64) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|&(offset, _)| offset < start + len && offset + 4 > start)
    }

    /// Takes the next bytes that decoding gives, and writes the checksums that lie among them.
    pub fn pass(&mut self, bytes: &mut [u8]) {
        let (start, end) = (self.position, self.position + bytes.len() as u64);
        self.position = end;
        let within = |at: u64| (at.clamp(start, end) - start) as usize;
        for ((first, behind), sum) in &mut self.sums {
            let covered = within(*first)..within(*behind);
            if !covered.is_empty() {
                sum.update(&bytes[covered]);
            }
        }
        for (offset, range) in &self.fields {
            let Some(sum) = self.sums.get(range) else {
                continue;
            };
            let sum = sum.clone().finalize().to_le_bytes();
            for (at, byte) in (*offset..).zip(sum) {
                if (start..end).contains(&at) {
                    bytes[within(at)] = byte;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lossy::source::{CrcField, RegionContent};

    #[test]
    fn checksums_are_of_what_passes() {
        let mut source = Source::default();
        source.push(40, RegionContent::Exact);
        source.crcs = [(10, 2..9), (22, 14..20), (30, 2..9), (34, 14..20)]
            .map(|(offset, covers)| CrcField { offset, covers })
            .to_vec();
        let original: Vec<u8> = (0..40).collect();
        let mut expected = original.clone();
        for (at, covered) in [(10, 2..9), (22, 14..20), (30, 2..9), (34, 14..20)] {
            expected[at..at + 4]
                .copy_from_slice(&crc32fast::hash(&original[covered]).to_le_bytes());
        }
        for step in [1, 3, 7, 40] {
            let mut bytes = original.clone();
            let mut checksums = Checksums::new(&source);
            bytes
                .chunks_mut(step)
                .for_each(|chunk| checksums.pass(chunk));
            assert_eq!(bytes, expected, "{step}");
        }
    }
}
