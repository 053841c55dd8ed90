//! One frame: its filters chosen and applied, its bytes coded, or stored where that takes no more.

use super::coding::Coding;
use super::divide::divide;
use super::lanes::lane_count;
use super::models::Chosen;
use crate::format::{EntropyModel, FrameHash, FrameHeader, Mix, Payload, frame_hash};
use crate::layout::Contexts;
use crate::layout::Layout;
use crate::level::Effort;
use crate::model::{columns, lempel_ziv};
use crate::structure::Structure;
use std::time::{Duration, Instant};

/// The least bytes of a stored frame's header.
const STORED_HEADER: usize = 28;

/// How a frame is to be coded.
#[derive(Clone, Debug)]
pub(super) struct FrameTask {
    pub chosen: Chosen,
    pub effort: Effort,
    pub layout: Layout,
    /// The content is a table stored column after column.
    pub transposed: bool,
    /// Its structure, references included, if that is known.
    pub structure: Option<Structure>,
    /// It may be divided into segments.
    pub may_divide: bool,
}

/// A frame ready to be written.
pub(super) struct EncodedFrame {
    pub header: FrameHeader,
    pub payload: Vec<u8>,
    /// Time that its structure took.
    pub structure: Duration,
}

impl EncodedFrame {
    fn plain(model: EntropyModel, hash: FrameHash, len: usize, payload: Vec<u8>) -> EncodedFrame {
        EncodedFrame {
            header: FrameHeader::plain(model, len as u32, hash),
            payload,
            structure: Duration::ZERO,
        }
    }

    fn bytes(&self) -> usize {
        self.header.to_bytes().len() + self.payload.len()
    }
}

impl FrameTask {
    /// Codes a content, which is not empty.
    pub fn encode(&self, content: Vec<u8>) -> EncodedFrame {
        let hash = frame_hash(&content);
        let len = content.len();
        if let Some(byte) = constant(&content) {
            return EncodedFrame::plain(EntropyModel::Constant(byte), hash, len, Vec::new());
        }
        let start = Instant::now();
        let (structure, coded, kept) = self.filtered(content);
        let took = start.elapsed();
        let frame = EncodedFrame {
            structure: took,
            ..self.coded(&structure, hash, &coded)
        };
        // A frame is never larger than its content and a header, rules and dictionaries counted.
        if frame.payload.len() < coded.len() && frame.bytes() < STORED_HEADER + coded.len() {
            return frame;
        }
        EncodedFrame {
            structure: took,
            ..EncodedFrame::plain(EntropyModel::Stored, hash, len, kept.unwrap_or(coded))
        }
    }

    /// The structure that pays most, the bytes to code, and the content where that is something else.
    fn filtered(&self, content: Vec<u8>) -> (Structure, Vec<u8>, Option<Vec<u8>>) {
        if let Some(structure) = &self.structure {
            let changed = structure.layout.swap || !structure.fields.is_empty();
            let kept = changed.then(|| content.clone());
            return (structure.clone(), structure.filter_rows(content), kept);
        }
        let budget = self.effort.settings().search;
        let plain = Structure {
            transposed: self.transposed,
            ..Structure::plain(self.layout)
        };
        let mut kept = self.transposed.then(|| content.clone());
        let rows = plain.in_rows(content);
        let stored_structure = self
            .chosen
            .model()
            .and_then(|model| model.stored_structure());
        let mut structure = plain.choose_in_rows(budget, stored_structure, &rows);
        if kept.is_none() && (structure.layout.swap || !structure.fields.is_empty()) {
            kept = Some(rows.clone());
        }
        let coded = structure.filter_rows(rows);
        structure.find_references_within(budget, &coded);
        (structure, coded, kept)
    }

    /// The bytes coded as the effort has it.
    fn coded(&self, structure: &Structure, hash: FrameHash, coded: &[u8]) -> EncodedFrame {
        match self.effort {
            Effort::Quick => quick(structure, hash, coded),
            _ => self.mixed(structure, hash, coded),
        }
    }

    /// The coded bytes by context mixing.
    fn mixed(&self, structure: &Structure, hash: FrameHash, coded: &[u8]) -> EncodedFrame {
        let positions = structure.positions();
        let network = self.chosen.of_frame(&positions, coded.len());
        let mix = Mix {
            effort: self.effort,
            network: network.map(|(_, reference)| reference),
            segments: match self.may_divide {
                true => divide(self.effort, positions.layout().period(), coded),
                false => None,
            },
        };
        let lanes = lane_count(self.effort, positions.contexts(), coded.len());
        let model = network.map(|(model, _)| model);
        let coding = Coding::of_mix(&mix, model, &positions, lanes);
        let streams = coding.encode(coded);
        let header = FrameHeader {
            content_len: coded.len() as u32,
            coded_len: coded.len() as u32,
            structure: structure.clone(),
            model: EntropyModel::Mix(mix),
            streams: streams.iter().map(|stream| stream.len() as u32).collect(),
            hash,
        };
        let words = streams.iter().flatten();
        EncodedFrame {
            header,
            payload: words.flat_map(|word| word.to_le_bytes()).collect(),
            structure: Duration::ZERO,
        }
    }
}

/// The coded bytes without mixing: numbers as byte columns, plain bytes as matches and literals.
fn quick(structure: &Structure, hash: FrameHash, coded: &[u8]) -> EncodedFrame {
    let positions = structure.positions();
    let (payload, model): (_, fn(Payload) -> EntropyModel) = match positions.contexts() {
        Contexts::Text => (lempel_ziv::encode(coded), EntropyModel::Matches),
        _ => (columns::encode(&positions, coded), EntropyModel::Columns),
    };
    let header = FrameHeader {
        content_len: coded.len() as u32,
        coded_len: coded.len() as u32,
        // The columns' headers say where their contexts are.
        structure: Structure {
            references: Vec::new(),
            ..structure.clone()
        },
        model: model(Payload {
            payload_len: payload.len() as u32,
        }),
        streams: Vec::new(),
        hash,
    };
    EncodedFrame {
        header,
        payload,
        structure: Duration::ZERO,
    }
}

/// The byte that all of `content` is, if there is one.
fn constant(content: &[u8]) -> Option<u8> {
    let (&first, rest) = content.split_first()?;
    rest.iter().all(|&byte| byte == first).then_some(first)
}
