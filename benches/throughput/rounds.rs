//! Settings of compressors, their turns, and the best that each reached.

use crate::Failure;
use crate::inputs::Input;
use std::time::Instant;

/// What a turn takes.
#[derive(Clone, Copy)]
pub struct Round {
    /// Compressing and decompressing.
    pub seconds: [f64; 2],
    /// Of the compressed file.
    pub bytes: usize,
    /// Kilobytes that compressing and decompressing held at most, where that is known.
    pub peak: [Option<u64>; 2],
}

impl Round {
    /// The better of both.
    fn best(self, other: Round) -> Round {
        Round {
            seconds: [0, 1].map(|k| self.seconds[k].min(other.seconds[k])),
            peak: [0, 1].map(|k| self.peak[k].max(other.peak[k])),
            ..self
        }
    }
}

/// Whose setting it is, and how it runs.
#[derive(Clone, Copy, PartialEq)]
pub enum Runs {
    /// boa's, from memory to memory.
    Boa,
    /// Another compressor's, from memory to memory.
    Neighbour,
    /// boa's, as a process.
    Process,
}

/// Takes an input there and back; none if it is nothing that it compresses.
type Run = dyn Fn(&Input) -> Result<Option<Round>, Failure>;

/// One of those that take turns.
pub struct Setting {
    pub name: String,
    pub runs: Runs,
    pub run: Box<Run>,
}

/// What all settings made of an input.
pub struct Measured {
    pub name: String,
    pub group: String,
    pub bytes: usize,
    /// Whether its numbers are known.
    pub is_numeric: bool,
    /// The best of each setting, where it ran.
    pub rounds: Vec<Option<Round>>,
}

/// Lets all take turns, so many times.
///
/// # Errors
/// If something decodes to something else, or does not run at all.
pub fn measure(settings: &[Setting], input: &Input, rounds: u32) -> Result<Measured, Failure> {
    let mut best: Vec<Option<Round>> = vec![None; settings.len()];
    for _ in 0..rounds {
        for (setting, best) in settings.iter().zip(&mut best) {
            let round = (setting.run)(input)
                .map_err(|e| format!("{}: {}: {e}", input.name, setting.name))?;
            *best = match (*best, round) {
                (Some(best), Some(round)) => Some(round.best(best)),
                (best, round) => round.or(best),
            };
        }
    }
    Ok(Measured {
        name: input.name.clone(),
        group: input.group.clone(),
        bytes: input.content.len(),
        is_numeric: !input.numbers.is_empty(),
        rounds: best,
    })
}

/// A turn is not over before so many seconds.
const TURN: f64 = 0.05;

/// The seconds that a call takes, at best, and what it gives.
pub fn timed<T, E>(mut call: impl FnMut() -> Result<T, E>) -> Result<(f64, T), E> {
    let first = Instant::now();
    let mut best = f64::INFINITY;
    loop {
        let start = Instant::now();
        let result = call()?;
        best = best.min(start.elapsed().as_secs_f64());
        if first.elapsed().as_secs_f64() >= TURN {
            return Ok((best.max(1e-9), result));
        }
    }
}

/// Fails unless what was decoded is what was compressed.
pub fn same(is_same: bool) -> Result<(), Failure> {
    match is_same {
        true => Ok(()),
        false => Err("decodes to something else".into()),
    }
}
