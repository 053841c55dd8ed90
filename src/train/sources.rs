//! Where pieces are drawn from when the data is more than memory shall hold.

use super::augment;
use super::piece::Piece;
use crate::error::Result;
use crate::layout::SpecifiedLayout;
use crate::search::plan::{LOOKAHEAD, Planner};
use crate::structure::Structure;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Draws without a piece to learn from, after which a corpus stays as it is.
const DRAWS: usize = 64;

/// How data becomes pieces.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What is known of the files' layout.
    pub specified: SpecifiedLayout,
    /// The most bytes that are kept in memory, transformed.
    pub memory: u64,
    /// Pieces are cut, scaled, robbed of their layout, as unknown data might be.
    pub augment: bool,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// A file, or a stretch of it.
#[derive(Clone, Debug)]
pub struct TrainingFile {
    path: PathBuf,
    start: u64,
    end: u64,
}

impl TrainingFile {
    /// A whole file.
    ///
    /// # Errors
    /// `Io` if there is no such file.
    pub fn new(path: &Path) -> Result<TrainingFile> {
        Ok(TrainingFile {
            path: path.to_path_buf(),
            start: 0,
            end: std::fs::metadata(path)?.len(),
        })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes.
    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of its bytes.
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        self.bytes(0, self.len())
    }

    /// At most `len` of its bytes from `at` on.
    fn bytes(&self, at: u64, len: u64) -> Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start + at))?;
        let mut bytes = Vec::new();
        file.take(len.min(self.len() - at))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// All but the last share, and the last share.
    pub(super) fn split(self, share: f64) -> (TrainingFile, TrainingFile) {
        let middle = self.end - (self.len() as f64 * share) as u64;
        let first = TrainingFile {
            end: middle,
            ..self.clone()
        };
        let last = TrainingFile {
            start: middle,
            ..self
        };
        (first, last)
    }
}

/// Files that frames are drawn from, a byte as likely as another.
pub struct Sources {
    rules: Rules,
    files: Vec<TrainingFile>,
    /// What pieces keep to where it suits them about as well as their own structure.
    pub stored_structure: Option<Structure>,
    random: fastrand::Rng,
}

impl Sources {
    pub fn new(rules: Rules, files: Vec<TrainingFile>) -> Sources {
        Sources {
            rules,
            files,
            stored_structure: None,
            random: fastrand::Rng::with_seed(rules.seed ^ 0x50),
        }
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(TrainingFile::len).sum()
    }

    /// Draws pieces until there are so many bytes, or nothing more comes.
    pub fn fill(&mut self, pieces: &mut Vec<Piece>, bytes: u64) -> Result<()> {
        let mut have: u64 = pieces.iter().map(|piece| piece.content.len() as u64).sum();
        let mut failed = 0;
        while have < bytes && failed < DRAWS {
            match self.draw()? {
                Some(piece) => {
                    have += piece.content.len() as u64;
                    pieces.push(piece);
                    failed = 0;
                }
                None => failed += 1,
            }
        }
        Ok(())
    }

    /// The frame that would begin at a random position, if it is worth learning from.
    fn draw(&mut self) -> Result<Option<Piece>> {
        let mut at = self.random.u64(0..self.bytes().max(1));
        for file in &self.files {
            if at >= file.len() {
                at -= file.len();
                continue;
            }
            // A file that fits into a frame is taken from its beginning; a layout that was given begins with its record.
            let period = match self.rules.specified {
                SpecifiedLayout::Record(record) => u64::from(record),
                SpecifiedLayout::Layout(layout) => u64::from(layout.period()),
                SpecifiedLayout::Nothing => 1,
            };
            let at = match file.len() <= LOOKAHEAD as u64 {
                true => 0,
                false => at.min(file.len() - LOOKAHEAD as u64 / 2) / period * period,
            };
            let mut bytes = file.bytes(at, LOOKAHEAD as u64)?;
            let at_end = at + bytes.len() as u64 == file.len();
            let mut specified = self.rules.specified;
            if self.rules.augment {
                specified = augment::vary(&mut bytes, specified, &mut self.random);
            }
            let plan = Planner::new(specified, crate::level::Effort::Default.settings().search)
                .next(&bytes, at_end);
            bytes.truncate(plan.len);
            let structure = Structure::choose_or_adopt(
                self.stored_structure.as_ref(),
                plan.layout,
                plan.transposed,
                &bytes,
            );
            let piece = Piece::new(structure, bytes);
            return Ok(piece.is_enough().then_some(piece));
        }
        Ok(None)
    }
}

/// Takes some of the files away to be held out: as many as make up about a tenth of the bytes, none of which is more than a
/// fifth. None if there are no such files.
pub fn hold_out(files: &mut Vec<TrainingFile>, seed: u64) -> Vec<TrainingFile> {
    let all: u64 = files.iter().map(TrainingFile::len).sum();
    let mut order: Vec<usize> = (0..files.len()).collect();
    fastrand::Rng::with_seed(seed).shuffle(&mut order);
    let (mut held, mut bytes) = (Vec::new(), 0);
    for number in order {
        let len = files.get(number).map_or(0, TrainingFile::len);
        if bytes < all / 10 && bytes + len <= all / 5 && len > 0 {
            bytes += len;
            held.push(number);
        }
    }
    held.sort_unstable_by(|a, b| b.cmp(a));
    held.into_iter()
        .map(|number| files.remove(number))
        .collect()
}
