//! What the bytes of a place have been like: the same again and again, noise, or worth every effort.
//!
//! Records are full of bytes that hardly ever change and of bytes that nothing foretells. Neither gains by the whole
//! predictor: the one is settled by a single question, the other by none.

use super::chance::Counter;
use crate::layout::{Contexts, ELEMENT_PHASES, Place};

/// Places that have habits of their own; the columns of longer records share them.
const MOST: usize = 1 << 16;

/// How a byte is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Bit by bit, each a mix of all that is known.
    Mixed,
    /// By the question whether it is this byte, whose answer is yes with this probability in 1/65536; after a no, mixed.
    Asked(u8, u16),
    /// Bits of which none is more likely than the other.
    Plain,
}

/// A place's habit.
#[derive(Clone, Copy, Default)]
struct Habit {
    /// The mean, over bytes that were mixed, of their bits' errors together: 1/16 of 1/65536.
    wrong: i32,
    /// How often the last byte came in a row, at most 65535.
    run: u16,
    /// Changes lately: one more with each, up to 3, one less with every [`CALM`] bytes in a row that were the same.
    changes: u8,
    last: u8,
    visits: u8,
}

/// A place whose mean is not below is noise: eight coin flips' errors, less a part in 160.
const NOISE: i32 = (8 << 15 << 4) - (8 << 15 << 4) / 160;
/// Of that many bytes of a noisy place, one is mixed, to see whether it is noise still.
const PROBE: u8 = 17;
/// A byte that comes again with at least this probability, in 1/65536, is asked for: all but one in 128 do.
const SURE: u16 = u16::MAX - 511;
/// See [`Habit::changes`].
const CALM: u16 = 256;

/// Lengths of runs: by their octave.
const LENGTHS: usize = 16;

/// The habits of a frame's places.
#[derive(Clone)]
pub struct Habits {
    contexts: Contexts,
    places: Vec<Habit>,
    /// For each length of run, after a change in the lane's last byte and without: does the last byte of a place without changes come again?
    same: [[Counter; LENGTHS]; 2],
    /// Of each lane: was its last byte another than the one before at its place?
    changed: Vec<bool>,
}

impl Habits {
    /// For records of `period` bytes.
    pub fn new(contexts: Contexts, period: usize, lanes: usize) -> Self {
        let places = match contexts {
            Contexts::Table => period.min(MOST),
            Contexts::Text => lanes,
            Contexts::Array | Contexts::Residuals => ELEMENT_PHASES.into(),
        };
        Habits {
            contexts,
            places: vec![Habit::default(); places.max(1)],
            same: [[Counter::FRESH; LENGTHS]; 2],
            changed: vec![false; lanes],
        }
    }

    #[inline]
    fn number(&self, place: Place, lane: usize) -> usize {
        match self.contexts {
            Contexts::Table => place.column as usize % MOST,
            Contexts::Text => lane,
            Contexts::Array | Contexts::Residuals => place.phase.into(),
        }
    }

    /// How to code the byte of a lane at a place. `named`: whether a match says what comes, asked of noise in text.
    #[inline]
    pub fn way(&self, place: Place, lane: usize, named: impl FnOnce() -> bool) -> Way {
        let habit = &self.places[self.number(place, lane)];
        let same = self.same[usize::from(self.changed[lane])][length(habit.run)].probability();
        let noise = habit.wrong >= NOISE && !habit.visits.is_multiple_of(PROBE);
        if habit.changes == 0 && same >= SURE {
            Way::Asked(habit.last, same)
        } else if noise && !(self.contexts == Contexts::Text && named()) {
            Way::Plain
        } else {
            Way::Mixed
        }
    }

    /// Learns a byte, and its bits' errors together, in 1/65536, if it was mixed.
    #[inline]
    pub fn learn(&mut self, place: Place, lane: usize, byte: u8, wrong: Option<i32>) {
        let number = self.number(place, lane);
        let habit = &mut self.places[number];
        let same = byte == habit.last;
        if habit.changes == 0 {
            self.same[usize::from(self.changed[lane])][length(habit.run)].learn(same);
        }
        self.changed[lane] = !same;
        if same {
            habit.run = habit.run.saturating_add(1);
            let calm = habit.run.is_multiple_of(CALM);
            habit.changes = habit.changes.saturating_sub(calm.into());
        } else {
            habit.run = 0;
            habit.changes = (habit.changes + 1).min(3);
            habit.last = byte;
        }
        habit.visits = habit.visits.wrapping_add(1);
        if let Some(wrong) = wrong {
            habit.wrong += ((wrong << 4) - habit.wrong) >> 7;
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

    const PLACE: Place = Place {
        column: 5,
        phase: 0,
        width: 1,
    };

    fn learned(bytes: impl Iterator<Item = u8>, wrong: i32) -> Habits {
        let mut habits = Habits::new(Contexts::Table, 8, 1);
        bytes.for_each(|byte| habits.learn(PLACE, 0, byte, Some(wrong)));
        habits
    }

    #[test]
    fn what_comes_again_is_asked_for_until_it_changes() {
        let mut habits = learned((0..1000).map(|_| 7), 10);
        let Way::Asked(7, sure) = habits.way(PLACE, 0, || true) else {
            panic!("{:?}", habits.way(PLACE, 0, || true));
        };
        assert!(sure >= SURE);
        habits.learn(PLACE, 0, 8, None);
        assert_eq!(habits.way(PLACE, 0, || false), Way::Mixed);
        (1..CALM).for_each(|_| habits.learn(PLACE, 0, 8, None));
        assert_eq!(habits.way(PLACE, 0, || false), Way::Mixed);
        habits.learn(PLACE, 0, 8, None);
        assert!(matches!(habits.way(PLACE, 0, || false), Way::Asked(8, _)));
    }

    #[test]
    fn noise_is_left_alone_but_for_probes() {
        let noise = (0..=255u8).cycle().map(|k| k.wrapping_mul(201));
        let mut habits = learned(noise.clone().take(2000), 8 << 15);
        let ways: Vec<Way> = noise
            .take(64)
            .map(|byte| {
                let way = habits.way(PLACE, 0, || true);
                habits.learn(PLACE, 0, byte, (way == Way::Mixed).then_some(8 << 15));
                way
            })
            .collect();
        let mixed = ways.iter().filter(|&&way| way == Way::Mixed).count();
        let plain = ways.iter().filter(|&&way| way == Way::Plain).count();
        assert_eq!((mixed, plain), (4, 60));
    }

    #[test]
    fn a_seventh_of_a_bit_is_no_noise() {
        // A bit that is 0 three times of five, beside seven coin flips.
        let wrong = (7 << 15) + (48 << 16) / 100;
        let habits = learned((0..=255).cycle().take(5001), wrong);
        assert_eq!(habits.way(PLACE, 0, || false), Way::Plain);
        let wrong = (7 << 15) + (37 << 16) / 100;
        let habits = learned((0..=255).cycle().take(5001), wrong);
        assert_eq!(habits.way(PLACE, 0, || false), Way::Mixed);
    }

    #[test]
    fn noise_in_text_that_stood_before_is_mixed() {
        let mut habits = Habits::new(Contexts::Text, 1, 2);
        (0..5001).for_each(|k| habits.learn(PLACE, 1, (k * 37) as u8, Some(8 << 15)));
        assert_eq!(habits.way(PLACE, 1, || true), Way::Mixed);
        assert_eq!(habits.way(PLACE, 1, || false), Way::Plain);
        assert_eq!(habits.way(PLACE, 0, || false), Way::Mixed);
    }
}
