//! A frame's header: the stages that its content goes through, how long everything is, and the content's hash.

use super::checksum::{FrameHash, check};
use super::cursor::{Cursor, put_varint};
use super::entropy_model::{self, EntropyModel, NetworkRef};
use super::{FRAME_MARK, MAX_FRAME, MAX_LANES, structure};
use crate::error::Result;
use crate::structure::Structure;
use std::io::BufRead;

/// Everything of a frame but its payload: a pipeline of filters, an entropy model, and the streams that it codes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Content bytes, 1 to `MAX_FRAME`.
    pub content_len: u32,
    /// Bytes behind the filters, which the entropy model codes. The filters of this version leave the length alone.
    pub coded_len: u32,
    /// The layout of the coded bytes, and the filters between them and the content.
    pub structure: Structure,
    /// What codes them.
    pub model: EntropyModel,
    /// Words of each coded stream; none where the payload is no range coder's.
    pub streams: Vec<u32>,
    /// Hash of the content.
    pub hash: FrameHash,
}

impl FrameHeader {
    /// The header of a frame that is stored as it is, or that is one byte repeated.
    pub fn plain(model: EntropyModel, content_len: u32, hash: FrameHash) -> FrameHeader {
        FrameHeader {
            content_len,
            coded_len: content_len,
            structure: Structure::plain(crate::layout::Layout::BYTES),
            model,
            streams: Vec::new(),
            hash,
        }
    }

    /// Whether the frame uses the network of the member's model section.
    pub fn uses_member_model(&self) -> bool {
        let network = self.model.mix().and_then(|mix| mix.network);
        network == Some(NetworkRef::Member)
    }

    /// Bytes of the payload that follows the header.
    pub fn payload_len(&self) -> u32 {
        match &self.model {
            EntropyModel::Stored => self.coded_len,
            EntropyModel::Constant(_) => 0,
            EntropyModel::Columns(payload) | EntropyModel::Matches(payload) => payload.payload_len,
            // Both the encoder and `read_from` keep the sum below the coded length.
            EntropyModel::Mix(_) => self.streams.iter().fold(0, |n, w| n + 4 * w),
            EntropyModel::Numbers(numbers) => {
                let words = self.streams.iter().sum::<u32>();
                numbers.inner_len + 4 * words
            }
        }
    }

    /// Lanes of each segment of the coded bytes; 0 if they are not predicted.
    pub fn lanes(&self) -> usize {
        match &self.model {
            EntropyModel::Stored
            | EntropyModel::Constant(_)
            | EntropyModel::Columns(_)
            | EntropyModel::Matches(_) => 0,
            EntropyModel::Numbers(_) => 1,
            EntropyModel::Mix(mix) => self.streams.len() / mix.segment_count(self.coded_len),
        }
    }

    /// The header's bytes, from the mark to the check.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = FRAME_MARK.to_vec();
        put_varint(&mut out, u64::from(self.content_len));
        let coded_len = match self.coded_len == self.content_len {
            true => 0,
            false => self.coded_len,
        };
        put_varint(&mut out, u64::from(coded_len));
        structure::write_to(&self.structure, &mut out);
        self.model.write_to(&self.structure, &mut out);
        match &self.model {
            EntropyModel::Mix(_) => {
                put_varint(&mut out, self.streams.len() as u64);
                for &words in &self.streams {
                    put_varint(&mut out, u64::from(words));
                }
            }
            EntropyModel::Numbers(_) => {
                let words = self.streams.iter().sum::<u32>();
                put_varint(&mut out, words.into());
            }
            EntropyModel::Stored
            | EntropyModel::Constant(_)
            | EntropyModel::Columns(_)
            | EntropyModel::Matches(_) => {}
        }
        out.extend(self.hash);
        let check = check(&out);
        out.extend(check);
        out
    }

    /// Reads a header whose mark has been read.
    ///
    /// # Errors
    /// `Damaged` for a check that differs or stages that contradict themselves, `Unknown` for a filter or an entropy model not known,
    /// `OutOfRange` for a length that the format does not allow.
    pub(super) fn read_from<R: BufRead>(cursor: &mut Cursor<R>) -> Result<FrameHeader> {
        let most = MAX_FRAME as u64;
        let content_len = cursor.varint(1..=most, "frame's content length")? as u32;
        let coded_len = match cursor.varint(0..=most, "frame's coded length")? as u32 {
            0 => content_len,
            // No filter of this version changes the length.
            other => cursor.bounded(
                other.into(),
                content_len.into()..=content_len.into(),
                "frame's coded length",
            )? as u32,
        };
        let mut structure = structure::read_from(cursor, coded_len)?;
        let model = entropy_model::read_from(cursor, &mut structure, coded_len)?;
        let streams = match &model {
            EntropyModel::Mix(mix) => {
                let segments = mix.segment_count(coded_len);
                read_streams(cursor, segments, coded_len)?
            }
            EntropyModel::Numbers(numbers) => {
                // Like every frame it is smaller than its content.
                let most = (coded_len - numbers.inner_len) / 4;
                let words = cursor.varint(0..=most.into(), "number of words in a stream")?;
                vec![words as u32]
            }
            EntropyModel::Stored
            | EntropyModel::Constant(_)
            | EntropyModel::Columns(_)
            | EntropyModel::Matches(_) => Vec::new(),
        };
        let hash = cursor.array("frame header")?;
        cursor.check("frame header's check")?;
        Ok(FrameHeader {
            content_len,
            coded_len,
            structure,
            model,
            streams,
            hash,
        })
    }
}

/// The words of each stream of so many segments, which have as many lanes each.
fn read_streams<R: BufRead>(
    cursor: &mut Cursor<R>,
    segments: usize,
    coded_len: u32,
) -> Result<Vec<u32>> {
    let most = (MAX_LANES * segments) as u64;
    let count = cursor.varint(1..=most, "number of streams")? as usize;
    if !count.is_multiple_of(segments) {
        return Err(cursor.damaged("streams that are not as many in each segment"));
    }
    // The payload is shorter than the coded bytes, so this many words are left for the streams.
    let mut left = (u64::from(coded_len) - 1) / 4;
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let words = cursor.varint(0..=left, "number of words in a stream")?;
        left -= words;
        streams.push(words as u32);
    }
    Ok(streams)
}

#[cfg(test)]
mod tests {
    use super::super::Section;
    use super::super::entropy_model::Mix;
    use super::*;
    use crate::error::Error;
    use crate::layout::Layout;
    use crate::level::Effort;

    fn header(layout: Layout) -> FrameHeader {
        FrameHeader {
            content_len: 5000,
            coded_len: 5000,
            structure: Structure::plain(layout),
            model: EntropyModel::Mix(Mix::new(Effort::Best)),
            streams: vec![0, 1, 200],
            hash: [7; 16],
        }
    }

    fn read(bytes: &[u8]) -> Result<Section> {
        Section::read_from(&mut Cursor::new(bytes))
    }

    #[test]
    fn headers_return() {
        let table = Layout {
            width: 4,
            swap: true,
            record: 104,
            plane: 1040,
            phase: 103,
        };
        let numbers = Layout {
            width: 8,
            swap: true,
            record: 0,
            plane: 0,
            phase: 7,
        };
        for layout in [Layout::BYTES, table, numbers] {
            let header = header(layout);
            assert_eq!(read(&header.to_bytes()).unwrap(), Section::Frame(header));
        }
    }

    #[test]
    fn plain_layout_takes_one_byte() {
        let plain = header(Layout::BYTES).to_bytes().len();
        let record = header(Layout {
            record: 3,
            ..Layout::BYTES
        })
        .to_bytes()
        .len();
        // The record, and that no column has cross-column contexts.
        assert_eq!(plain + 2, record);
    }

    #[test]
    fn layouts_that_contradict_themselves_are_refused() {
        let bad = [
            Layout {
                swap: true,
                ..Layout::BYTES
            },
            Layout {
                width: 4,
                record: 6,
                ..Layout::BYTES
            },
            Layout {
                record: 6,
                plane: 8,
                ..Layout::BYTES
            },
            Layout {
                plane: 8,
                ..Layout::BYTES
            },
            Layout {
                phase: 1,
                ..Layout::BYTES
            },
            Layout {
                record: 5,
                phase: 5,
                ..Layout::BYTES
            },
            Layout {
                record: Layout::MAX_LAG + 1,
                ..Layout::BYTES
            },
        ];
        for layout in bad {
            assert!(read(&header(layout).to_bytes()).is_err(), "{layout:?}");
        }
    }

    #[test]
    fn a_coded_length_that_the_filters_do_not_give_is_refused() {
        let mut header = header(Layout::BYTES);
        header.coded_len = 4999;
        assert!(matches!(
            read(&header.to_bytes()),
            Err(Error::OutOfRange { .. })
        ));
    }

    #[test]
    fn payload_as_long_as_the_content_is_refused() {
        let mut header = header(Layout::BYTES);
        (header.content_len, header.coded_len) = (4 * 201 + 1, 4 * 201 + 1);
        assert!(read(&header.to_bytes()).is_ok());
        (header.content_len, header.coded_len) = (4 * 201, 4 * 201);
        assert!(matches!(
            read(&header.to_bytes()),
            Err(Error::OutOfRange { .. })
        ));
    }
}
