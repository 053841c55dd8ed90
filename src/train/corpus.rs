//! Training data: files cut into pieces of one structure, transformed as for coding, some of it held out.

use super::piece::Piece;
use super::sources::{Rules, Sources, TrainingFile};
use super::stored_structure::stored_structure;
use crate::error::{Error, Result};
use crate::layout::SpecifiedLayout;
use crate::search::plan::{LOOKAHEAD, Planner};
use crate::stream::Input;
use crate::structure::Structure;
use std::fs::File;

/// The share of the data that is held out for validation.
const HELD_OUT: f64 = 0.1;
/// Bytes of an input that a network is fitted to.
const FITTED: usize = 64 << 20;
/// One piece in this many is drawn anew at a time, after as large a share of the bytes was learned from.
const RENEWED: usize = 8;

/// What to train on.
#[derive(Default)]
pub struct Corpus {
    /// What is learned from.
    pub pieces: Vec<Piece>,
    /// What is held out.
    pub held: Vec<Piece>,
    /// The structure that is stored with a network trained here: all pieces keep to it where it suits them about as
    /// well as their own.
    pub stored_structure: Option<Structure>,
    /// Where more comes from, if not all of the data is here.
    sources: Option<Sources>,
}

impl Corpus {
    /// The data of files: all of it, or what is drawn from them if it is more than the rules let into memory. Held out are
    /// the files that the rules name or choose, else the ends of the pieces.
    ///
    /// # Errors
    /// `Io` if a file cannot be read.
    pub fn of_files(
        rules: Rules,
        files: Vec<TrainingFile>,
        held: Vec<TrainingFile>,
    ) -> Result<Corpus> {
        let mut corpus = Corpus::default();
        let bytes: u64 = files.iter().chain(&held).map(TrainingFile::len).sum();
        if rules.memory < bytes || rules.augment {
            // Some of a single file must be held out before anything is drawn from it.
            let (files, held) = match held.is_empty() {
                true => files.into_iter().map(|file| file.split(HELD_OUT)).unzip(),
                false => (files, held),
            };
            let share = (rules.memory as f64 * HELD_OUT) as u64;
            let plain = Rules {
                augment: false,
                ..rules
            };
            let mut sources = Sources::new(rules, files);
            let room = sources.bytes().min(rules.memory - share);
            sources.fill(&mut corpus.pieces, room)?;
            corpus.stored_structure = stored_structure(&corpus.pieces);
            // Pieces that are here already keep their own structure until others are drawn in their places.
            sources.stored_structure = corpus.stored_structure.clone();
            corpus.sources = Some(sources);
            let mut held = Sources::new(plain, held);
            held.stored_structure = corpus.stored_structure.clone();
            held.fill(&mut corpus.held, held.bytes().min(share))?;
            return Ok(corpus);
        }
        let all = |files: &[TrainingFile], stored_structure: Option<&Structure>| {
            let mut all = Vec::new();
            for file in files {
                all.extend(pieces(&file.read()?, rules.specified, stored_structure));
            }
            Ok::<_, Error>(all)
        };
        corpus.pieces = all(&files, None)?;
        corpus.stored_structure = stored_structure(&corpus.pieces);
        if corpus.differs() {
            corpus.pieces = all(&files, corpus.stored_structure.as_ref())?;
        }
        corpus.held = all(&held, corpus.stored_structure.as_ref())?;
        if corpus.held.is_empty() {
            corpus.hold_out_ends();
        }
        Ok(corpus)
    }

    /// The data of one file's bytes; the ends of its pieces are held out.
    pub fn of_bytes(bytes: &[u8], specified: SpecifiedLayout) -> Corpus {
        let mut corpus = Corpus {
            pieces: pieces(bytes, specified, None),
            ..Corpus::default()
        };
        corpus.stored_structure = stored_structure(&corpus.pieces);
        if corpus.differs() {
            corpus.pieces = pieces(bytes, specified, corpus.stored_structure.as_ref());
        }
        corpus.hold_out_ends();
        corpus
    }

    /// The frames that a file is coded in, each a piece, none held out; of large files every second, fourth, ...
    ///
    /// # Errors
    /// `Io` if the file cannot be read, `InputChanged` if its length changes.
    pub fn of_frames(file: File, specified: SpecifiedLayout) -> Result<Corpus> {
        let mut planner = Planner::new(specified, crate::level::Effort::Default.settings().search);
        let mut input = Input::from_file(file)?;
        let mut corpus = Corpus::default();
        let mut stride = 1;
        for number in 0.. {
            let (window, at_end) = input.window(LOOKAHEAD)?;
            if window.is_empty() {
                break;
            }
            let plan = planner.next(window, at_end);
            let frame = window.get(..plan.len).unwrap_or(window);
            let len = frame.len();
            if number % stride == 0 {
                let structure = Structure::choose(plan.layout, plan.transposed, frame);
                corpus.pieces.push(Piece::new(structure, frame.to_vec()));
            }
            if corpus.len() > FITTED {
                let mut number = 0;
                corpus.pieces.retain(|_| {
                    number += 1;
                    number % 2 == 1
                });
                stride *= 2;
            }
            input.consume(len);
        }
        let constant = |piece: &Piece| piece.content.windows(2).all(|two| two[0] == two[1]);
        corpus
            .pieces
            .retain(|piece| piece.is_enough() && !constant(piece));
        Ok(corpus)
    }

    /// Draws some pieces anew, if not all of the data is here; whether it did.
    ///
    /// # Errors
    /// `Io` if a file cannot be read.
    pub fn renew(&mut self) -> Result<bool> {
        let full = self.len() as u64;
        let Some(sources) = &mut self.sources else {
            return Ok(false);
        };
        self.pieces.drain(..self.pieces.len().div_ceil(RENEWED));
        sources.fill(&mut self.pieces, full)?;
        Ok(true)
    }

    /// Bytes to learn from before some are drawn anew.
    pub fn lasting(&self) -> usize {
        match self.sources {
            Some(_) => self.len() / RENEWED,
            None => usize::MAX,
        }
    }

    /// Bytes to learn from.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|p| p.content.len()).sum()
    }

    /// Whether there is nothing to learn from.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether some piece might adopt the stored structure, and does not.
    fn differs(&self) -> bool {
        let Some(stored_structure) = &self.stored_structure else {
            return false;
        };
        let tables = self.pieces.iter().filter_map(|p| p.structure.table());
        let mut alike = tables.filter(|table| table.has_columns_of(stored_structure));
        alike.any(|table| table != *stored_structure)
    }

    fn hold_out_ends(&mut self) {
        for piece in &mut self.pieces {
            let period = (piece.structure.layout.record as usize).max(8);
            let held = (piece.content.len() as f64 * HELD_OUT) as usize;
            let split = (piece.content.len() - held) / period * period;
            let mut structure = piece.structure.clone();
            structure.layout = structure.layout.advanced(split as u64);
            self.held.push(Piece {
                content: piece.content.split_off(split),
                positions: structure.positions(),
                structure,
            });
        }
        self.pieces.retain(|piece| !piece.content.is_empty());
    }
}

/// A file's pieces.
fn pieces(
    mut bytes: &[u8],
    specified: SpecifiedLayout,
    stored_structure: Option<&Structure>,
) -> Vec<Piece> {
    let mut planner = Planner::new(specified, crate::level::Effort::Default.settings().search);
    let mut pieces: Vec<Piece> = Vec::new();
    while !bytes.is_empty() {
        let at_end = bytes.len() <= LOOKAHEAD;
        let plan = planner.next(&bytes[..bytes.len().min(LOOKAHEAD)], at_end);
        let (frame, rest) = bytes.split_at(plan.len);
        let structure =
            Structure::choose_or_adopt(stored_structure, plan.layout, plan.transposed, frame);
        match pieces.last_mut() {
            // Frames of one array follow each other in phase: they are one piece.
            Some(last) if continues(last, &structure) => {
                last.content.extend(structure.forward(frame.to_vec()));
            }
            _ => pieces.push(Piece::new(structure, frame.to_vec())),
        }
        bytes = rest;
    }
    pieces.retain(Piece::is_enough);
    pieces
}

/// Whether a structure is that of the piece, continued.
fn continues(last: &Piece, structure: &Structure) -> bool {
    let layout = last.structure.layout.advanced(last.content.len() as u64);
    structure.layout == layout
        && structure.fields == last.structure.fields
        && structure.transposed == last.structure.transposed
}
