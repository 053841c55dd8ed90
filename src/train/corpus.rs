//! Training data: files cut into pieces of one structure, transformed as for coding, each with a held-out end.

use crate::error::Result;
use crate::layout::plan::{LOOKAHEAD, Planner};
use crate::layout::{Given, Places};
use crate::transform::Structure;
use std::path::Path;

/// The share of each piece that is held out for validation.
const HELD_OUT: f64 = 0.1;
/// A piece shorter than this is left out: it would be all start-up.
const SHORTEST: usize = 1024;

/// A stretch of bytes of one structure, as a frame's content is coded.
pub struct Piece {
    /// Transformed content.
    pub content: Vec<u8>,
    /// Its structure; the layout's `phase` is that of the first byte.
    pub structure: Structure,
    /// Where its bytes are.
    pub places: Places,
    /// Training bytes come before this, held-out bytes from here.
    pub split: usize,
}

/// What to train on.
#[derive(Default)]
pub struct Corpus {
    /// The pieces of all files.
    pub pieces: Vec<Piece>,
}

impl Corpus {
    /// Adds a file, cut by its detected layout or the one given.
    pub fn add_file(&mut self, path: &Path, given: Given) -> Result<()> {
        self.add(&std::fs::read(path)?, given);
        Ok(())
    }

    /// Adds a file's bytes.
    pub fn add(&mut self, mut bytes: &[u8], given: Given) {
        let mut planner = Planner::new(given);
        let mut pieces: Vec<Piece> = Vec::new();
        while !bytes.is_empty() {
            let at_end = bytes.len() <= LOOKAHEAD;
            let plan = planner.next(&bytes[..bytes.len().min(LOOKAHEAD)], at_end);
            let (frame, rest) = bytes.split_at(plan.len);
            let structure = Structure::choose(plan.layout, plan.transposed, frame);
            let content = structure.forward(frame.to_vec());
            match pieces.last_mut() {
                // Frames of one array follow each other in phase: to the sampler they are one piece.
                Some(last) if continues(last, &structure) => last.content.extend(content),
                _ => pieces.push(Piece {
                    content,
                    places: structure.places(),
                    structure,
                    split: 0,
                }),
            }
            bytes = rest;
        }
        pieces.retain(|p| p.content.len() >= SHORTEST);
        for piece in &mut pieces {
            let period = (piece.structure.layout.record as usize).max(8);
            let held = (piece.content.len() as f64 * HELD_OUT) as usize;
            piece.split = (piece.content.len() - held) / period * period;
        }
        self.pieces.extend(pieces);
    }

    /// All bytes, held-out ones included.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|p| p.content.len()).sum()
    }

    /// Whether there is nothing to train on.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// Whether a structure is that of the piece, carried on.
fn continues(last: &Piece, structure: &Structure) -> bool {
    let layout = last.structure.layout.advanced(last.content.len() as u64);
    structure.layout == layout
        && structure.fields == last.structure.fields
        && structure.transposed == last.structure.transposed
}
