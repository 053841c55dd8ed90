//! The prediction of a value from its neighbours.

use super::experts::{EXPERTS, Experts};
use super::limits::{AXES, CHANNELS, MAX_NEIGHBOURS};
use super::method::FieldMethod;
use super::stencil::{Extent, Pass};

/// Neighbours whose errors decide how much each expert counts.
const JUDGES: usize = 8;
/// Of these, those that may be of another pass.
const CLOSE: usize = 4;
/// Neighbours that leave something in the place of a special value.
const FILLING: i64 = 6;
/// Neighbours whose spread is a context.
const SPREAD: usize = 8;
/// Border classes along an axis: inside, at the low end, close to it, at the high end, close to it.
const CLASSES: usize = 5;

/// What is predicted of a value.
#[derive(Clone, Copy)]
pub struct Prediction {
    /// In fine units.
    pub centre: i64,
    /// The mean of the closest neighbours.
    pub base: i64,
    /// How far the experts' predictions are apart.
    pub disagreement: u64,
    /// How far the neighbours are apart.
    pub spread: u64,
    /// Which of [`CHANNELS`] it belongs to.
    pub channel: usize,
}

/// Predicts values, and learns from what they are.
pub struct Predictor<'a> {
    extent: Extent,
    method: &'a FieldMethod,
    experts: Experts,
    /// What each expert missed at each value by, limited.
    misses: Vec<[u32; EXPERTS]>,
    neighbourhood: Neighbourhood,
}

/// The neighbours of a point.
struct Neighbourhood {
    count: usize,
    present: [bool; MAX_NEIGHBOURS],
    values: [i64; MAX_NEIGHBOURS],
    indices: [usize; MAX_NEIGHBOURS],
    /// From the base; 0 for neighbours that are not there.
    differences: [i64; MAX_NEIGHBOURS],
    base: i64,
    filling: i64,
    /// The border class of the point.
    class: usize,
}

impl<'a> Predictor<'a> {
    /// Of a field's values, whose passes are supplied.
    pub fn new(extent: &Extent, method: &'a FieldMethod, passes: &[Pass]) -> Self {
        Predictor {
            extent: *extent,
            method,
            experts: Experts::new(extent, method, passes),
            misses: vec![[0; EXPERTS]; extent.values()],
            neighbourhood: Neighbourhood {
                count: 0,
                present: [false; MAX_NEIGHBOURS],
                values: [0; MAX_NEIGHBOURS],
                indices: [0; MAX_NEIGHBOURS],
                differences: [0; MAX_NEIGHBOURS],
                base: 0,
                filling: 0,
                class: 0,
            },
        }
    }

    /// Takes the neighbours of a point.
    #[inline]
    pub fn observe(&mut self, pass: &Pass, point: &[usize; AXES], values: &[i64], absent: &[bool]) {
        let at = self.extent.index(point);
        let class = self.class(pass, point);
        let own = &mut self.neighbourhood;
        (own.class, own.count) = (class, pass.neighbours.len());
        let (mut closest, mut filling) = ((0i64, 0), (0i64, 0));
        for (k, neighbour) in pass.neighbours.iter().enumerate() {
            own.present[k] = false;
            if class > 0 && !pass.is_inside(&self.extent, point, neighbour) {
                continue;
            }
            let there = at.wrapping_add_signed(neighbour.distance);
            let value = values[there];
            if filling.1 < FILLING {
                filling = (filling.0.saturating_add(value), filling.1 + 1);
            }
            if absent.get(there).is_some_and(|&absent| absent) {
                continue;
            }
            (own.present[k], own.values[k], own.indices[k]) = (true, value, there);
            if k < pass.closest {
                closest = (closest.0.saturating_add(value), closest.1 + 1);
            }
        }
        own.filling = match filling {
            (_, 0) => self.method.origin,
            (sum, count) => sum / count,
        };
        own.base = match closest {
            (_, 0) => own.first().unwrap_or(own.filling),
            (sum, count) => sum / count,
        };
        for k in 0..own.count {
            own.differences[k] = match own.present[k] {
                true => own.values[k].wrapping_sub(own.base),
                false => 0,
            };
        }
    }

    /// The class of points that lack the same neighbours, roughly: 0 if none.
    #[inline]
    fn class(&self, pass: &Pass, point: &[usize; AXES]) -> usize {
        (0..AXES).fold(0, |class, axis| {
            let before = point[axis] / pass.unit[axis];
            let after = (self.extent.shape[axis] - 1 - point[axis]) / pass.unit[axis];
            let own = match before < pass.below[axis] {
                true => 1 + before.min(1),
                false if after < pass.above[axis] => 3 + after.min(1),
                false => 0,
            };
            class * CLASSES + own
        })
    }

    /// Whether a neighbour of the point is there.
    #[inline]
    pub fn is_present(&self, neighbour: usize) -> bool {
        self.neighbourhood.present[neighbour]
    }

    /// What a special value leaves to others.
    pub fn filling(&self) -> i64 {
        self.neighbourhood.filling
    }

    /// Predicts the value at the point.
    #[inline]
    pub fn predict(&mut self, number: usize, pass: &Pass, point: &[usize; AXES]) -> Prediction {
        let own = &self.neighbourhood;
        let channel = match self.method.channels {
            true => point[AXES - 1] % CHANNELS,
            false => 0,
        };
        let mut penalties = [1u64; EXPERTS];
        let judges = { pass.neighbours.iter().enumerate() }
            .filter(|(k, neighbour)| own.present[*k] && (neighbour.alike || *k < CLOSE))
            .take(JUDGES);
        for (k, neighbour) in judges {
            for (penalty, &missed) in penalties.iter_mut().zip(&self.misses[own.indices[k]]) {
                *penalty += u64::from(missed).pow(2) * u64::from(neighbour.weight);
            }
        }
        let (mut low, mut high) = (0, 0);
        for &difference in &own.differences[..own.count.min(SPREAD)] {
            (low, high) = (difference.min(low), difference.max(high));
        }
        let differences = &own.differences[..own.count];
        self.experts
            .predict(number, point, (own.class, channel), differences);
        let predictions = self.experts.predictions();
        let least = predictions.iter().copied().min().unwrap_or(0);
        let most = predictions.iter().copied().max().unwrap_or(0);
        Prediction {
            centre: own.base.saturating_add(blend(predictions, &penalties)),
            base: own.base,
            disagreement: most.wrapping_sub(least) as u64,
            spread: high.wrapping_sub(low) as u64,
            channel,
        }
    }

    /// Takes the value at the point, once it was predicted.
    #[inline]
    pub fn learn(&mut self, number: usize, at: usize, value: i64) {
        let own = &self.neighbourhood;
        let target = value.wrapping_sub(own.base);
        for (missed, &prediction) in self.misses[at].iter_mut().zip(self.experts.predictions()) {
            // So that the sums of squares that weigh the experts fit.
            *missed = (target.wrapping_sub(prediction).unsigned_abs() >> 4).min(1 << 25) as u32;
        }
        self.experts
            .learn(number, &own.differences[..own.count], target);
    }
}

impl Neighbourhood {
    /// The value of the closest neighbour that is there.
    fn first(&self) -> Option<i64> {
        let first = self.present[..self.count]
            .iter()
            .position(|&present| present)?;
        Some(self.values[first])
    }
}

/// The mean of predictions, each weighted by the squared inverse of its penalty.
#[inline]
fn blend(predictions: &[i64; EXPERTS], penalties: &[u64; EXPERTS]) -> i64 {
    let least = penalties.iter().copied().min().unwrap_or(1);
    let shift = (u64::BITS - least.leading_zeros()).saturating_sub(47);
    let (mut sum, mut weights) = (0i128, 0i128);
    for (&prediction, &penalty) in predictions.iter().zip(penalties) {
        let ratio = ((least >> shift) << 16) / (penalty >> shift);
        let weight = i128::from((ratio * ratio) >> 16);
        sum += weight * i128::from(prediction);
        weights += weight;
    }
    (sum / weights.max(1)) as i64
}
