//! Adaptive probabilities: how often something was a one, lately.

use super::logistic::squash;

/// A probability in 1/65536 that follows what comes: by 1/128 of the difference each time.
#[derive(Clone, Copy)]
pub struct Chance(u16);

impl Chance {
    /// A probability, 1 to 65535.
    pub const fn new(p: u16) -> Self {
        Chance(p)
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
        self.0 = (i32::from(self.0) + (difference >> 7)).clamp(1, 65535) as u16;
    }
}

/// Knots of a curve, 176 (0.69 nats) apart.
const KNOTS: usize = 33;
const SPACING: i32 = 176;
/// The logit of the first knot.
const FIRST: i32 = -16 * SPACING;

/// Curves from logits to probabilities, one a context: what a prediction has been worth there.
pub struct Curves(Vec<[Chance; KNOTS]>);

/// A point on a curve: of which, and at which knot it learns.
#[derive(Clone, Copy, Default)]
pub struct Point(u32, u8);

impl Curves {
    /// Straight ones: every logit is worth its probability.
    pub fn new(contexts: usize) -> Self {
        let line = std::array::from_fn(|k| Chance(squash(FIRST + k as i32 * SPACING)));
        Curves(vec![line; contexts])
    }

    /// The probability on a curve at a logit within `logistic::LIMIT`, and where it is.
    #[inline]
    pub fn at(&self, context: usize, logit: i32) -> (u16, Point) {
        let curve = &self.0[context];
        let (knot, past) = ((logit - FIRST) / SPACING, (logit - FIRST) % SPACING);
        let (low, high) = (curve[knot as usize].0, curve[knot as usize + 1].0);
        let p = (i32::from(low) * (SPACING - past) + i32::from(high) * past) / SPACING;
        let nearest = knot + i32::from(past >= SPACING / 2);
        (p as u16, Point(context as u32, nearest as u8))
    }

    /// Moves the knot nearest to a point.
    #[inline]
    pub fn learn(&mut self, Point(context, knot): Point, came: bool) {
        self.0[context as usize][usize::from(knot)].learn(came);
    }
}
