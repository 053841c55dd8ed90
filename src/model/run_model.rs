//! The run model: whether the bytes at a position repeat, are noise, or are worth every effort.
//!
//! Records are full of bytes that hardly ever change and of bytes that nothing predicts. Neither gains by the whole
//! predictor: the one is coded by a single binary decision, the other as bypass (raw) bits.

use super::probability::Counter;
use crate::layout::{Contexts, ELEMENT_PHASES, Position};

/// Positions that have a state of their own; the columns of longer records share them.
const MAX_POSITIONS: usize = 1 << 16;

/// How a byte is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodingMode {
    /// Bit by bit, each a mix of all that is known.
    Mixed,
    /// By the binary decision whether the run of this byte goes on, which it does with this probability in 1/65536;
    /// where it does not, mixed.
    Run(u8, u16),
    /// As raw bits: of each, 0 and 1 are equally likely.
    Bypass,
}

/// What is known of a position.
#[derive(Clone, Copy, Default)]
struct RunState {
    /// The mean, over bytes that were mixed, of their bits' errors together: 1/16 of 1/65536.
    wrong: i32,
    /// How often the last byte came in a row, at most 65535.
    run: u16,
    /// Changes lately: one more with each, up to 3, one less with every [`CALM`] bytes in a row that were the same.
    changes: u8,
    last: u8,
    visits: u8,
}

/// A position whose mean is not below is noise: eight coin flips' errors, less one in 160.
const NOISE: i32 = (8 << 15 << 4) - (8 << 15 << 4) / 160;
/// Of that many bytes of a noisy position, one is mixed, to see whether it is noise still.
const PROBE: u8 = 17;
/// A byte that comes again with at least this probability, in 1/65536, is coded as a run: all but one in 128 do.
const SURE: u16 = u16::MAX - 511;
/// See [`RunState::changes`].
const CALM: u16 = 256;

/// Lengths of runs: by their octave.
const LENGTHS: usize = 16;

/// The run model of a frame's positions.
#[derive(Clone)]
pub struct RunModel {
    contexts: Contexts,
    positions: Vec<RunState>,
    /// For each length of run, after a change in the lane's last byte and without: does the last byte of a position
    /// without changes come again?
    same: [[Counter; LENGTHS]; 2],
    /// Of each lane: was its last byte another than the one before at its position?
    changed: Vec<bool>,
}

impl RunModel {
    /// For records of `period` bytes.
    pub fn new(contexts: Contexts, period: usize, lanes: usize) -> Self {
        let positions = match contexts {
            Contexts::Table => period.min(MAX_POSITIONS),
            Contexts::Text => lanes,
            Contexts::Array | Contexts::Residuals => ELEMENT_PHASES.into(),
        };
        RunModel {
            contexts,
            positions: vec![RunState::default(); positions.max(1)],
            same: [[Counter::FRESH; LENGTHS]; 2],
            changed: vec![false; lanes],
        }
    }

    #[inline]
    fn number(&self, position: Position, lane: usize) -> usize {
        match self.contexts {
            Contexts::Table => position.column as usize % MAX_POSITIONS,
            Contexts::Text => lane,
            Contexts::Array | Contexts::Residuals => position.phase.into(),
        }
    }

    /// How to code the byte of a lane at a position. `is_predicted`: whether a match predicts it, evaluated for noise
    /// in text.
    #[inline]
    pub fn mode(
        &self,
        position: Position,
        lane: usize,
        is_predicted: impl FnOnce() -> bool,
    ) -> CodingMode {
        let state = &self.positions[self.number(position, lane)];
        let same = self.same[usize::from(self.changed[lane])][length(state.run)].probability();
        let noise = state.wrong >= NOISE && !state.visits.is_multiple_of(PROBE);
        if state.changes == 0 && same >= SURE {
            CodingMode::Run(state.last, same)
        } else if noise && !(self.contexts == Contexts::Text && is_predicted()) {
            CodingMode::Bypass
        } else {
            CodingMode::Mixed
        }
    }

    /// Learns a byte, and its bits' errors together, in 1/65536, if it was mixed.
    #[inline]
    pub fn learn(&mut self, position: Position, lane: usize, byte: u8, wrong: Option<i32>) {
        let number = self.number(position, lane);
        let state = &mut self.positions[number];
        let same = byte == state.last;
        if state.changes == 0 {
            self.same[usize::from(self.changed[lane])][length(state.run)].learn(same);
        }
        self.changed[lane] = !same;
        if same {
            state.run = state.run.saturating_add(1);
            let calm = state.run.is_multiple_of(CALM);
            state.changes = state.changes.saturating_sub(calm.into());
        } else {
            state.run = 0;
            state.changes = (state.changes + 1).min(3);
            state.last = byte;
        }
        state.visits = state.visits.wrapping_add(1);
        if let Some(wrong) = wrong {
            state.wrong += ((wrong << 4) - state.wrong) >> 7;
        }
    }
}

/// The octave of a run's length, those from 16384 on together.
#[inline]
fn length(run: u16) -> usize {
    ((u16::BITS - run.leading_zeros()) as usize).min(LENGTHS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSITION: Position = Position {
        column: 5,
        phase: 0,
        width: 1,
    };

    fn learned(bytes: impl Iterator<Item = u8>, wrong: i32) -> RunModel {
        let mut run_model = RunModel::new(Contexts::Table, 8, 1);
        bytes.for_each(|byte| run_model.learn(POSITION, 0, byte, Some(wrong)));
        run_model
    }

    #[test]
    fn a_run_is_coded_as_one_until_it_ends() {
        let mut run_model = learned((0..1000).map(|_| 7), 10);
        let CodingMode::Run(7, sure) = run_model.mode(POSITION, 0, || true) else {
            panic!("{:?}", run_model.mode(POSITION, 0, || true));
        };
        assert!(sure >= SURE);
        run_model.learn(POSITION, 0, 8, None);
        assert_eq!(run_model.mode(POSITION, 0, || false), CodingMode::Mixed);
        (1..CALM).for_each(|_| run_model.learn(POSITION, 0, 8, None));
        assert_eq!(run_model.mode(POSITION, 0, || false), CodingMode::Mixed);
        run_model.learn(POSITION, 0, 8, None);
        assert!(matches!(
            run_model.mode(POSITION, 0, || false),
            CodingMode::Run(8, _)
        ));
    }

    #[test]
    fn noise_is_left_alone_but_for_probes() {
        let noise = (0..=255u8).cycle().map(|k| k.wrapping_mul(201));
        let mut run_model = learned(noise.clone().take(2000), 8 << 15);
        let modes: Vec<CodingMode> = noise
            .take(64)
            .map(|byte| {
                let mode = run_model.mode(POSITION, 0, || true);
                run_model.learn(
                    POSITION,
                    0,
                    byte,
                    (mode == CodingMode::Mixed).then_some(8 << 15),
                );
                mode
            })
            .collect();
        let mixed = modes
            .iter()
            .filter(|&&mode| mode == CodingMode::Mixed)
            .count();
        let bypass = modes
            .iter()
            .filter(|&&mode| mode == CodingMode::Bypass)
            .count();
        assert_eq!((mixed, bypass), (4, 60));
    }

    #[test]
    fn a_seventh_of_a_bit_is_no_noise() {
        // A bit that is 0 three times of five, beside seven coin flips.
        let wrong = (7 << 15) + (48 << 16) / 100;
        let run_model = learned((0..=255).cycle().take(5001), wrong);
        assert_eq!(run_model.mode(POSITION, 0, || false), CodingMode::Bypass);
        let wrong = (7 << 15) + (37 << 16) / 100;
        let run_model = learned((0..=255).cycle().take(5001), wrong);
        assert_eq!(run_model.mode(POSITION, 0, || false), CodingMode::Mixed);
    }

    #[test]
    fn noise_in_text_that_a_match_predicts_is_mixed() {
        let mut run_model = RunModel::new(Contexts::Text, 1, 2);
        (0..5001).for_each(|k| run_model.learn(POSITION, 1, (k * 37) as u8, Some(8 << 15)));
        assert_eq!(run_model.mode(POSITION, 1, || true), CodingMode::Mixed);
        assert_eq!(run_model.mode(POSITION, 1, || false), CodingMode::Bypass);
        assert_eq!(run_model.mode(POSITION, 0, || false), CodingMode::Mixed);
    }
}
