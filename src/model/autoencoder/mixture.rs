//! A mixture of logistic distributions, and the probabilities of intervals under it.
//!
//! All in powers of two: a component's distribution function is `1 / (1 + 2^-((u - mean) / spread))`.

use super::{NORMAL_BITS, OUTPUT_BITS};
use crate::kernel::exp2_negative;

/// The most components of a mixture.
pub const MAX_COMPONENTS: usize = 4;
/// Fractional bits of weights and of the distribution function.
const BITS: u32 = 30;
const ONE: u64 = 1 << BITS;
/// What every interval has at least, so that nothing is impossible.
const FLOOR: u64 = 1 << 8;
/// Fractional bits of logarithms.
const LOG_BITS: u32 = 16;
/// The least and the largest logarithm of a spread, whole.
const SPREAD: (i32, i32) = (-16, 6);
/// Limit of a mean, whole.
const MEAN: i32 = 256;

/// A distribution of a normalised number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mixture {
    components: [Component; MAX_COMPONENTS],
    count: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Component {
    /// Q30; those of all components sum to 1 or a little less.
    weight: u64,
    /// In units of a normalised number.
    mean: i64,
    /// log2, Q16.
    spread: i32,
    /// `2^-spread`: a mantissa in Q30 and what the product is shifted down by to be Q16.
    inverse: (u64, u32),
}

impl Mixture {
    /// Of a network's outputs, with [`OUTPUT_BITS`]: so many logits to the base 2, as many means, as many base-2 logarithms of the spreads. Outputs
    /// above the fourth of each are not taken.
    pub fn new(outputs: &[i32]) -> Mixture {
        let count = outputs.len() / 3;
        let [logits, means, spreads] =
            [0, 1, 2].map(|k| outputs.get(k * count..(k + 1) * count).unwrap_or_default());
        let top = logits.iter().copied().max().unwrap_or(0);
        let mut mixture = Mixture {
            count: count.min(MAX_COMPONENTS),
            ..Mixture::default()
        };
        let mut sum = 0;
        for (k, component) in mixture.components[..mixture.count].iter_mut().enumerate() {
            let below = (i64::from(top) - i64::from(logits[k])) << (LOG_BITS - OUTPUT_BITS);
            component.weight = exp2_negative(below.min(u32::MAX.into()) as u32).into();
            sum += component.weight;
            let mean = means[k].clamp(-MEAN << OUTPUT_BITS, MEAN << OUTPUT_BITS);
            component.mean = i64::from(mean) << (NORMAL_BITS - OUTPUT_BITS);
            let (low, high) = (SPREAD.0 << OUTPUT_BITS, SPREAD.1 << OUTPUT_BITS);
            component.spread = spreads[k].clamp(low, high) << (LOG_BITS - OUTPUT_BITS);
            let fraction = component.spread & ((1 << LOG_BITS) - 1);
            let mantissa = exp2_negative(fraction as u32);
            // Q20 times Q30 to Q16, and the whole of the logarithm.
            let shift = 34 + (component.spread >> LOG_BITS);
            component.inverse = (mantissa.into(), shift as u32);
        }
        for component in &mut mixture.components[..mixture.count] {
            component.weight = (component.weight << BITS) / sum.max(1);
        }
        mixture
    }

    /// The probability of a number below `normal`, Q30.
    pub fn below(&self, normal: i32) -> u32 {
        let mut sum = 0;
        for component in &self.components[..self.count] {
            let distance = i64::from(normal) - component.mean;
            let (mantissa, shift) = component.inverse;
            // 32 bits times 31 bits.
            let spreads = (distance.unsigned_abs() * mantissa) >> shift;
            let power = u64::from(exp2_negative(spreads.min(u32::MAX.into()) as u32));
            let tail = (power << BITS) / (ONE + power);
            let below = if distance < 0 { tail } else { ONE - tail };
            sum += (component.weight * below) >> BITS;
        }
        sum.min(ONE) as u32
    }

    /// Of a number known to lie between the first and the last of three edges: the probability, in 1/65536, that it lies above the second.
    /// An edge is the probability of a number [below](Mixture::below) it.
    pub fn upper_share(below: [u32; 3]) -> u16 {
        let [low, middle, high] = below.map(u64::from);
        let upper = high.saturating_sub(middle) + FLOOR;
        let both = upper + middle.saturating_sub(low) + FLOOR;
        ((upper << 16) / both).clamp(1, 65535) as u16
    }

    /// The mean of the component with most weight.
    pub fn centre(&self) -> i32 {
        let limit = i64::from(i32::MAX);
        self.heaviest().mean.clamp(-limit, limit) as i32
    }

    /// The spread of that component, as a base-2 logarithm in Q16 of normalised numbers.
    pub fn spread(&self) -> i32 {
        self.heaviest().spread
    }

    fn heaviest(&self) -> Component {
        let all = self.components[..self.count].iter().rev();
        all.max_by_key(|component| component.weight)
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number in Q8 as an output.
    fn fixed(x: i32) -> i32 {
        x << (OUTPUT_BITS - 8)
    }

    /// The probability, in 1/65536, that a number known to lie from `low` to `high` is at least `middle`; the extremes stand for no limit.
    fn at_least(mixture: &Mixture, low: i32, middle: i32, high: i32) -> u16 {
        let below = |edge| match edge {
            i32::MIN => 0,
            i32::MAX => ONE as u32,
            edge => mixture.below(edge),
        };
        Mixture::upper_share([low, middle, high].map(below))
    }

    #[test]
    fn distribution_functions_are_those_of_the_formula() {
        // Weights 2^0.296875 and 2^-1, means 0.5 and -2, spreads 2^-3.5 and 2^0.25.
        let outputs = [76, -256, 128, -512, -896, 64].map(fixed);
        let mixture = Mixture::new(&outputs);
        // Eighths, and sum of w / (1 + 2^(-(u - mean) / spread)) over sum of w, in Q30.
        for (eighths, expected) in [
            (-64, 9_129_329),
            (-40, 46_038_948),
            (-24, 111_280_796),
            (-20, 132_830_288),
            (-16, 155_301_407),
            (-12, 177_772_640),
            (-8, 199_327_957),
            (-4, 219_473_182),
            (-2, 230_408_968),
            (0, 251_626_894),
            (2, 338_858_824),
            (3, 456_598_571),
            (4, 633_498_917),
            (5, 810_242_140),
            (6, 927_511_220),
            (8, 1_012_870_967),
            (16, 1_046_231_766),
            (32, 1_064_612_495),
            (64, 1_072_830_697),
        ] {
            let found = mixture.below(eighths << (NORMAL_BITS - 3));
            // Within a ten-thousandth.
            let off = found.abs_diff(expected);
            assert!(off < ONE as u32 / 10_000, "{eighths}: {found} {expected}");
        }
        assert_eq!(mixture.centre(), 1 << (NORMAL_BITS - 1));
        assert_eq!(mixture.spread(), -7 << (LOG_BITS - 1));
    }

    #[test]
    fn extreme_outputs_give_probabilities() {
        let ends = [i32::MIN, -1, 0, 1, i32::MAX];
        for k in 0..5usize.pow(3) {
            let outputs = [ends[k % 5], ends[k / 5 % 5], ends[k / 25]];
            for outputs in [
                &outputs[..],
                &[outputs, outputs].concat(),
                &outputs.repeat(7),
            ] {
                let mixture = Mixture::new(outputs);
                let mut before = 0;
                for u in [
                    i32::MIN + 1,
                    -1 << 28,
                    -1000,
                    0,
                    1000,
                    1 << 28,
                    i32::MAX - 1,
                ] {
                    let below = mixture.below(u);
                    assert!(below >= before && u64::from(below) <= ONE);
                    before = below;
                    assert!(at_least(&mixture, i32::MIN, u, i32::MAX) > 0);
                    assert!(at_least(&mixture, u, u, u) > 0);
                }
            }
        }
        assert_eq!(Mixture::new(&[]).below(7), 0);
    }

    #[test]
    fn intervals_have_their_share() {
        let mixture = Mixture::new(&[0, 0, fixed(-512)]);
        let one = 1 << NORMAL_BITS;
        assert_eq!(at_least(&mixture, i32::MIN, 0, i32::MAX), 1 << 15);
        assert_eq!(at_least(&mixture, -one, 0, one), 1 << 15);
        assert!(at_least(&mixture, 0, one, i32::MAX) < 9000);
        // Where the distribution has nothing left, both halves are as likely.
        assert_eq!(at_least(&mixture, 90 * one, 95 * one, 100 * one), 1 << 15);
    }
}
