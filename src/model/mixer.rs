//! The learned weights of the sum: how loud the network and each row speak.
//!
//! Weights start at 1 and follow their gradient, `row[byte] - E_p[row]`, damped for large errors.

use super::rows::ROWS;

/// Experts: the rows, then the network.
pub const EXPERTS: usize = ROWS + 1;

/// A weight of 1: Q29.
const ONE: i32 = 1 << 29;
const LIMIT: i32 = ONE / 2 * 5;

/// `0.003` a nat of gradient, for a gradient in Q11 of log2 and a weight in Q29.
const RATE: i64 = 545;

/// `1 / (1 + 0.1 g)`, g in nats, in steps of 1/8 bit: Q15.
const DAMPING: [i32; 256] = {
    let mut damping = [0; 256];
    let mut i = 0;
    while i < 256 {
        damping[i] = (32_768_000_000u64 / (1_000_000 + 8664 * i as u64)) as i32;
        i += 1;
    }
    damping
};

/// One set of weights for each phase.
pub struct Mixer {
    sets: Vec<[i32; EXPERTS]>,
}

impl Mixer {
    /// All weights 1.
    pub fn new(sets: usize) -> Self {
        Mixer {
            sets: vec![[ONE; EXPERTS]; sets],
        }
    }

    /// A set's weights in Q13.
    #[inline]
    pub fn weights(&self, set: usize) -> [i16; EXPERTS] {
        self.sets[set].map(|weight| (weight >> 16) as i16)
    }

    /// Moves a weight by an expert's gradient in Q11.
    #[inline]
    pub fn update(&mut self, set: usize, expert: usize, gradient: i32) {
        let damping = DAMPING[(gradient.unsigned_abs() >> 8).min(255) as usize];
        let change = (i64::from(gradient) * i64::from(damping) * RATE) >> 15;
        let weight = &mut self.sets[set][expert];
        *weight = (i64::from(*weight) + change).clamp(0, i64::from(LIMIT)) as i32;
    }
}
