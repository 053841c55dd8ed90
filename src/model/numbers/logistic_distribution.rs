//! A number as a prediction's logistic distribution sees it: the logit of each bit of its binary tree.
//!
//! Of an interval halved in the middle, the logistic distribution of mean m and scale s gives its upper half
//! `cosh((low - m) / 2s) / cosh((high - m) / 2s)` times the probability of its lower half: the logit of the bit is the difference of two
//! values of `ln cosh`.

use super::super::logistic::squash_at;

/// Steps of the table: 1/128, from 0 to 8.
const STEPS: usize = 1024;
/// ln 2 in Q8.
const LN_2: i64 = 177;

/// `ln cosh x`, Q8: the integral of `tanh x = 2 squash(2 x) - 1` by midpoints.
static LN_COSH: [u16; STEPS + 1] = {
    let mut table = [0; STEPS + 1];
    let mut sum = 0u64;
    let mut k = 0;
    while k < STEPS {
        sum += 2 * squash_at(2 * (2 * k as i32 + 1)) as u64 - 65536;
        k += 1;
        table[k] = ((sum / 128 + 128) / 256) as u16;
    }
    table
};

/// `ln cosh` of a number in Q7, in Q8.
#[inline]
fn ln_cosh(x: i64) -> i64 {
    let x = x.unsigned_abs();
    match LN_COSH.get(x.min(u64::from(u32::MAX)) as usize) {
        Some(&y) => y.into(),
        None => 2 * x.min(1 << 40) as i64 - LN_2,
    }
}

/// A logistic distribution over integers.
#[derive(Clone, Copy, Debug)]
pub struct Logistic {
    /// Mean, Q8.
    mean: i64,
    /// What a distance from the mean in Q8 is multiplied by to be one in scales, halved, Q7: 64 over the scale in Q8, times a power of 2.
    factor: i64,
    shift: u32,
}

impl Logistic {
    /// From a mean error, Q8: the scale is that over 2 ln 2.
    pub fn new(mean: i64, error: i64) -> Logistic {
        let scale = (error.clamp(0, 1 << 40) * 10 / 16).max(24);
        let shift = 16 + scale.ilog2();
        Logistic {
            mean: mean.clamp(-(1 << 44), 1 << 44),
            // The dividend has 24 to 63 bits, the quotient 22 or 23.
            factor: (64 << shift) / scale,
            shift,
        }
    }

    /// `ln cosh` at the lower edge of an integer.
    #[inline]
    pub fn edge(&self, integer: i64) -> i64 {
        let edge = (integer << 8) - 128;
        let product = i128::from(edge - self.mean) * i128::from(self.factor);
        ln_cosh((product >> self.shift) as i64)
    }
}
