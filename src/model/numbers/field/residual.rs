//! Residuals: what a value differs from its prediction by, in steps, as binary decisions and their contexts.

use super::bits::{BitModel, Contexts, Decision};
use super::limits::{AXES, CHANNELS};
use super::prediction::Prediction;
use super::stencil::Pass;
use crate::coder::{BadWords, BitCoder};

/// Neighbours that contexts are made of.
const NEIGHBOURS: usize = 24;
/// Contexts' sizes, in their order.
const SIZES: Contexts = [
    48,
    768,
    243 * 8,
    125 * 16,
    512,
    1024,
    1024,
    1024,
    2048,
    1024,
];
/// What stands for the activity where no neighbour is known: 4 steps, in sixteenths.
const UNKNOWN: u64 = 64;

/// Numbers of the decisions.
mod node {
    /// The residual is not 0.
    pub const NONZERO: usize = 0;
    pub const NEGATIVE: usize = 1;
    /// The magnitude has more bits than these; the first decision compares with the length expected.
    pub const LONGER: usize = 2;
    pub const LONGER_COUNT: usize = 40;
    /// It has fewer.
    pub const SHORTER: usize = LONGER + LONGER_COUNT;
    /// The bit below the leading one, by length, and the next.
    pub const SECOND: usize = SHORTER + 32;
    pub const SECOND_COUNT: usize = 20;
    pub const THIRD: usize = SECOND + SECOND_COUNT + 1;
    pub const THIRD_COUNT: usize = 16;
    pub const ALL: usize = THIRD + 2 * THIRD_COUNT + 2;
}

/// The longest magnitude that is expected, in bits below the leading one.
const LONGEST_EXPECTED: u32 = 28;
/// The longest that there is.
const LONGEST: u32 = 62;

/// Models residuals.
pub struct Residuals {
    model: BitModel,
    decision: Decision,
    /// Bits below the leading one that the next magnitude is expected to have.
    expected: u32,
    /// Signs are coded relative to that of the prediction against its base.
    flip: bool,
    /// The mean magnitude of each pass and channel, in 1/256 of a step.
    means: Vec<i64>,
    mean: usize,
}

/// What the residuals of neighbours are like.
#[derive(Default)]
struct Activity {
    /// Weighted means of magnitudes in 1/16 of a step: of the same pass, of others.
    alike: u64,
    others: u64,
    /// The closest ones.
    close: [i32; 6],
}

impl Residuals {
    /// For a field of so many passes.
    pub fn new(passes: usize) -> Self {
        Residuals {
            model: BitModel::new(node::ALL, &SIZES, [16, 32], 32),
            decision: Decision::default(),
            expected: 0,
            flip: false,
            means: vec![256; passes * CHANNELS],
            mean: 0,
        }
    }

    /// Takes what is known of a point: its prediction, and the residuals of those neighbours that are there.
    #[inline]
    pub fn observe(
        &mut self,
        number: usize,
        pass: &Pass,
        point: &[usize; AXES],
        prediction: &Prediction,
        residual: impl Fn(usize) -> Option<i32>,
    ) {
        let activity = Activity::of(pass, residual);
        self.mean = number * CHANNELS + prediction.channel;
        let above = prediction.centre.wrapping_sub(prediction.base);
        self.flip = above < 0;
        let signed = |residual: i32| if self.flip { -residual } else { residual };
        let close = activity.close;
        let three = |x: i32| (signed(x).signum() + 1) as u32;
        let five = |x: i32| (signed(x).clamp(-2, 2) + 2) as u32;
        let magnitude = |x: i32| log(x.unsigned_abs().into(), 1).min(31);
        let signs = close[..5].iter().fold(0, |all, &x| all * 3 + three(x));
        let closest = close[..3].iter().fold(0, |all, &x| all * 5 + five(x));
        let largest = close[..3].iter().map(|&x| magnitude(x)).max().unwrap_or(0);
        let fine = log(activity.alike, 1).min(47);
        let coarse = log(activity.alike, 0).min(15);
        let others = log(activity.others, 1).min(31);
        let spread = log(prediction.spread >> 6, 0).min(15);
        let disagreement = log(prediction.disagreement >> 5, 1).min(31);
        let moved = log(above.unsigned_abs() >> 7, 1).min(15);
        let mean = log(self.means[self.mean] as u64 >> 4, 1).min(31);
        let pass_number = (number as u32).min(31);
        let [.., p2, p3] = point.map(|along| along.min(31) as u32);
        self.decision.contexts = [
            fine,
            fine * 16 + spread,
            signs * 8 + coarse.min(7),
            closest * 16 + others / 2,
            moved * 32 + fine.min(31),
            others * 32 + pass_number,
            magnitude(close[0]) * 32 + magnitude(close[1]),
            mean * 32 + disagreement,
            p3 * 32 + p2 + 1024 * u32::from(coarse > 0),
            largest * 32 + others,
        ];
        self.decision.weights = [coarse, pass_number];
        self.decision.apm = disagreement;
        let steps = (activity.alike >> 4) * 3 / 4;
        self.expected = steps.max(1).ilog2().min(LONGEST_EXPECTED);
    }

    /// Codes a residual in what was observed last.
    #[inline]
    pub fn code<C: BitCoder>(&mut self, coder: &mut C, residual: i64) -> Result<i64, BadWords> {
        let residual = match self.decide(coder, node::NONZERO, residual != 0)? {
            true => self.code_nonzero(coder, residual)?,
            false => 0,
        };
        let mean = &mut self.means[self.mean];
        let magnitude = residual.unsigned_abs().min(1 << 19) as i64;
        *mean += (256 * magnitude - *mean) >> 5;
        Ok(residual)
    }

    fn code_nonzero<C: BitCoder>(&mut self, coder: &mut C, residual: i64) -> Result<i64, BadWords> {
        let negative = self.decide(coder, node::NEGATIVE, (residual < 0) != self.flip)?;
        let magnitude = residual.unsigned_abs().max(1);
        let below = self.code_length(coder, magnitude.ilog2())?;
        let mut found = 1u64;
        for k in (0..below).rev() {
            let bit = magnitude >> k & 1 == 1;
            let length = below as usize;
            let bit = match below - k {
                1 => self.decide(coder, node::SECOND + length.min(node::SECOND_COUNT), bit)?,
                2 => {
                    let third = 2 * length.min(node::THIRD_COUNT) + (found & 1) as usize;
                    self.decide(coder, node::THIRD + third, bit)?
                }
                _ => coder.even_bit(bit)?,
            };
            found = found << 1 | u64::from(bit);
        }
        let found = found as i64;
        Ok(if negative != self.flip { -found } else { found })
    }

    /// Codes how many bits a magnitude has below its leading one: up or down from what is expected.
    fn code_length<C: BitCoder>(&mut self, coder: &mut C, length: u32) -> Result<u32, BadWords> {
        let expected = self.expected;
        let longer = |length: u32| node::LONGER + (length as usize).min(node::LONGER_COUNT - 1);
        let mut found = expected;
        if expected == 0 || self.decide(coder, longer(expected), length >= expected)? {
            while found < LONGEST && self.decide(coder, longer(found + 1), length > found)? {
                found += 1;
            }
        } else {
            found -= 1;
            while found > 0 && self.decide(coder, node::SHORTER + found as usize, length < found)? {
                found -= 1;
            }
        }
        Ok(found)
    }

    fn decide<C: BitCoder>(
        &mut self,
        coder: &mut C,
        node: usize,
        bit: bool,
    ) -> Result<bool, BadWords> {
        self.model.decide(coder, &self.decision, node, bit)
    }
}

impl Activity {
    #[inline]
    fn of(pass: &Pass, residual: impl Fn(usize) -> Option<i32>) -> Self {
        let mut activity = Activity::default();
        let (mut alike, mut others) = ((0u64, 0u64), (0u64, 0u64));
        let mut close = 0;
        for (k, neighbour) in pass.neighbours.iter().take(NEIGHBOURS).enumerate() {
            let Some(residual) = residual(k) else {
                continue;
            };
            let weight = u64::from(neighbour.weight);
            let sums = if neighbour.alike {
                &mut alike
            } else {
                &mut others
            };
            sums.0 += u64::from(residual.unsigned_abs().min(1 << 24)) * 16 * weight;
            sums.1 += weight;
            if close < activity.close.len() && (neighbour.alike || k < 3) {
                activity.close[close] = residual;
                close += 1;
            }
        }
        activity.alike = alike.0.checked_div(alike.1).unwrap_or(UNKNOWN);
        activity.others = others.0.checked_div(others.1).unwrap_or(UNKNOWN);
        activity
    }
}

/// 0 for 0, else 1 and the binary logarithm, with so many bits of its fraction.
#[inline]
fn log(x: u64, fraction: u32) -> u32 {
    let Some(bits) = x.checked_ilog2() else {
        return 0;
    };
    let below = match bits >= fraction {
        true => x >> (bits - fraction),
        false => x << (fraction - bits),
    };
    1 + (bits << fraction) + (below as u32 & ((1 << fraction) - 1))
}
