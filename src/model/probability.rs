//! Adaptive probabilities: how often something was a one, lately.

use super::logistic::squash;
use crate::kernel::{self, Pages};

/// A probability in 1/65536 that follows what comes: by 1/128 of the difference each time.
#[derive(Clone, Copy)]
pub struct Probability(u16);

impl Probability {
    /// A probability, 1 to 65535.
    pub const fn new(p: u16) -> Self {
        Probability(p)
    }

    /// The probability, 1 to 65535.
    #[inline]
    pub fn get(self) -> u16 {
        self.0
    }

    /// Moves towards what came.
    #[inline]
    pub fn learn(&mut self, came: bool) {
        let difference = i32::from(came) * 65535 - i32::from(self.0);
        // A 1 would become 0; 65535 stays by itself.
        self.0 = (i32::from(self.0) + (difference >> 7)).max(1) as u16;
    }
}

/// Bits after which a counter's rate stays.
const MAX_COUNT: u32 = 250;

/// `65536 / (n + 3/2)`.
const RATE: [u32; 256] = {
    let mut rate = [0; 256];
    let mut n = 0;
    while n <= MAX_COUNT as usize {
        rate[n] = 131_072 / (2 * n as u32 + 3);
        n += 1;
    }
    rate
};

/// The mean of the bits that came: the probability of a one (22 bits), and in the lowest 8 bits their number.
#[derive(Clone, Copy)]
pub struct Counter(u32);

impl Counter {
    /// Before any bit.
    pub const FRESH: Counter = Counter(1 << 31);

    /// The probability of a one in 1/65536.
    #[inline]
    pub fn probability(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Takes the next bit.
    #[inline]
    pub fn learn(&mut self, bit: bool) {
        let (p, count) = ((self.0 >> 10) as i32, self.0 & 255);
        let target = i32::from(bit) * ((1 << 22) - 1);
        let step = (i64::from(target - p) * i64::from(RATE[count as usize])) >> 16;
        let p = (p + step as i32) as u32;
        self.0 = p << 10 | (count + u32::from(count < MAX_COUNT));
    }
}

/// Knots of an APM row, 176 (0.69 nats) apart.
const KNOTS: usize = 33;
const SPACING: i32 = 176;
/// The logit of the first knot.
const FIRST: i32 = -16 * SPACING;

/// An APM (adaptive probability map, also called SSE stage): for each context a row of knots from logits to
/// probabilities, which learn what a prediction has been worth there.
#[derive(Clone)]
pub struct Apm {
    knots: Pages<ApmKnots>,
    /// The last knot of each.
    ends: Vec<Probability>,
}

/// All knots of a row but the last: one cache line.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct ApmKnots([Probability; KNOTS - 1]);

/// A point on a row: of which, and at which knot it learns.
#[derive(Clone, Copy, Default)]
pub struct ApmPoint(u32, u8);

impl Apm {
    /// Every logit is worth its probability at first.
    pub fn new(contexts: usize) -> Self {
        let knot = |k: usize| Probability(squash(FIRST + k as i32 * SPACING));
        Apm {
            knots: Pages::new(contexts, ApmKnots(std::array::from_fn(knot))),
            ends: vec![knot(KNOTS - 1); contexts],
        }
    }

    /// Prefetches a row.
    #[inline]
    pub fn prefetch(&self, context: usize) {
        if let Some(knots) = self.knots.get(context) {
            kernel::prefetch(knots);
        }
    }

    /// The probability on a row at a logit within `logistic::LIMIT`, and where it is.
    #[inline]
    pub fn at(&self, context: usize, logit: i32) -> (u16, ApmPoint) {
        let knots = &self.knots[context].0;
        let from_first = (logit - FIRST) as u32;
        let (knot, past) = (from_first / SPACING as u32, from_first % SPACING as u32);
        let low = knots[knot as usize];
        let high = match knots.get(knot as usize + 1) {
            Some(&high) => high,
            None => self.ends[context],
        };
        let p = (u32::from(low.0) * (SPACING as u32 - past) + u32::from(high.0) * past)
            / SPACING as u32;
        let nearest = knot + u32::from(past >= SPACING as u32 / 2);
        (p as u16, ApmPoint(context as u32, nearest as u8))
    }

    /// Moves the knot nearest to a point.
    #[inline]
    pub fn learn(&mut self, ApmPoint(context, knot): ApmPoint, came: bool) {
        match self.knots[context as usize].0.get_mut(usize::from(knot)) {
            Some(knot) => knot.learn(came),
            None => self.ends[context as usize].learn(came),
        }
    }
}
