//! How an encoder chooses what a field is coded by.

use super::quantised::{Quantised, cost, to_whole};
use super::sample::{first_half, sample};
use crate::model::numbers::field::{AXES, Axis, FieldMethod};

/// Differences that are measured along an axis.
const SAMPLES: usize = 20_000;
/// Bits that differences mostly have once they are shifted.
const DIFFERENCE_BITS: u32 = 14;
/// Values are discrete if fewer than one of so many is new.
const DISCRETE: usize = 4;
/// Bits that each weight of a linear prediction saves in a field much larger than its sample, once it is learned better.
const LEARNING: f64 = 6.0;
/// The last axis is taken for one of channels, such as the components of vectors, up to this length.
const CHANNELS: usize = 8;
/// Neighbours: so many by default, fewer of elements of one or two bytes, more of eight, whose bytes cost less time, and along a single
/// axis.
const NEIGHBOURS: usize = 40;
const FEW_NEIGHBOURS: usize = 28;
const MANY_NEIGHBOURS: usize = 64;
/// The samples that a tile should have, and that it remembers, as a power of two.
const TILE: usize = 1000;
const MEMORY: u32 = 11;
/// The least points of a tile.
const MIN_TILE: usize = 100;
/// Tiles there are at most, about.
const MAX_TILES: usize = 1500;

/// What is measured of a field's values.
struct Measure {
    /// Root mean square difference of neighbours along each axis, in fine units; 0 for axes of length 1.
    rough: [f64; AXES],
    mean: i64,
    /// A value that more than half have.
    background: Option<i64>,
    /// Values come again and again.
    is_discrete: bool,
}

impl Measure {
    fn new(quantised: &Quantised) -> Measure {
        let shape = shape(quantised);
        let targets = &quantised.targets;
        let step = (targets.len() / SAMPLES).max(1);
        let sampled = || {
            (0..targets.len())
                .step_by(step)
                .filter(|&at| !quantised.specials.contains(at))
        };
        let mut rough = [0.0; AXES];
        let mut stride = targets.len();
        for axis in 0..AXES {
            stride /= shape[axis];
            if shape[axis] == 1 {
                continue;
            }
            let (mut sum, mut count) = (0.0, 0);
            for at in sampled() {
                let along = at / stride % shape[axis];
                if along > 0 && !quantised.specials.contains(at - stride) {
                    sum += (targets[at] as f64 - targets[at - stride] as f64).powi(2);
                    count += 1;
                }
            }
            rough[axis] = (sum / f64::from(count.max(1))).sqrt().max(1.0);
        }
        let mut sorted: Vec<i64> = sampled().map(|at| targets[at]).collect();
        sorted.sort_unstable();
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        let same = sorted.iter().filter(|&&value| value == middle).count();
        let mut distinct = sorted.clone();
        distinct.dedup();
        let sum: i128 = sorted.iter().map(|&value| i128::from(value)).sum();
        Measure {
            rough,
            mean: (sum / sorted.len().max(1) as i128) as i64,
            is_discrete: distinct.len() * DISCRETE < sorted.len(),
            background: (same * 2 > sorted.len()).then_some(middle),
        }
    }

    fn roughness(&self) -> [u16; AXES] {
        let long = self.rough.iter().copied().filter(|&rough| rough > 0.0);
        let least = long.fold(f64::INFINITY, f64::min);
        self.rough.map(|rough| match rough > 0.0 {
            true => (16.0 * rough / least).clamp(1.0, 4095.0) as u16,
            false => 16,
        })
    }

    fn shift(&self) -> u32 {
        let largest = self.rough.iter().copied().fold(1.0, f64::max);
        (largest.log2().ceil() as u32)
            .saturating_sub(DIFFERENCE_BITS)
            .min(40)
    }
}

/// A way to code a field.
#[derive(Clone)]
pub struct Choice {
    pub method: FieldMethod,
    pub whole: bool,
    /// What a sample costs, in bits.
    pub sample: f64,
}

/// A change of a choice that is tried.
type Change = fn(&mut Choice);

/// How a field is to be coded, whose elements have so many bytes.
pub fn choose(quantised: &Quantised, width: u8) -> Choice {
    let measure = Measure::new(quantised);
    let raster = raster(quantised, &measure, width);
    let refined = refined(&raster, quantised);
    let mut best = Choice {
        method: raster,
        whole: quantised.whole,
        sample: 0.0,
    };
    let trial = Trial::new(quantised);
    let mut least;
    (best.sample, least) = trial.cost(&best);
    let mut consider = |mut choice: Choice, best: &mut Choice| {
        if choice.whole {
            choice.method.background = choice.method.background.map(to_whole);
        }
        let found;
        (choice.sample, found) = trial.cost(&choice);
        if found < least {
            (least, *best) = (found, choice);
        }
    };
    let refined = Choice {
        method: refined,
        ..best.clone()
    };
    consider(refined, &mut best);
    let channels = quantised.lengths.len() > 1 && shape(quantised)[AXES - 1] <= CHANNELS;
    let variants: [(bool, Change); 2] = [
        (channels, |choice| choice.method.channels = true),
        (!quantised.whole && measure.is_discrete, |choice| {
            choice.whole = true
        }),
    ];
    for (possible, change) in variants {
        if possible {
            let mut choice = best.clone();
            change(&mut choice);
            consider(choice, &mut best);
        }
    }
    best
}

/// A sample, and the first half of it.
struct Trial {
    half: Quantised,
    all: Quantised,
    /// How many values the field has for each that only the whole sample has.
    others: f64,
}

impl Trial {
    fn new(quantised: &Quantised) -> Trial {
        let all = sample(quantised);
        let half = first_half(&all);
        let more = all.targets.len() - half.targets.len();
        Trial {
            others: (quantised.targets.len() - all.targets.len()) as f64 / more.max(1) as f64,
            half,
            all,
        }
    }

    /// What the sample costs, and what the field would, in bits: what the sample does, and for the others what its second half does, after
    /// learning from the first.
    fn cost(&self, choice: &Choice) -> (f64, f64) {
        let [half, all] =
            [&self.half, &self.all].map(|values| cost(values, &choice.method, choice.whole));
        let method = &choice.method;
        let refined = method.axes.iter().filter(|&&axis| axis == Axis::Refined);
        let passes = method.levels * ((1 << refined.count()) - 1);
        let weights = passes as usize * method.neighbours;
        let saved = match self.others > 0.0 {
            true => LEARNING * weights as f64,
            false => 0.0,
        };
        (all, all + self.others * (all - half) - saved)
    }
}

/// All axes with those of length 1 that come before.
fn shape(quantised: &Quantised) -> [usize; AXES] {
    let mut shape = [1usize; AXES];
    for (own, &length) in shape.iter_mut().rev().zip(quantised.lengths.iter().rev()) {
        *own = length;
    }
    shape
}

/// The axes that are walked within a slice: the last two, but not channels.
fn inner(shape: &[usize; AXES]) -> Vec<usize> {
    let long = (0..AXES).filter(|&axis| shape[axis] > 1);
    let mut inner: Vec<usize> = long.collect();
    if inner.len() > 1 && shape[AXES - 1] <= CHANNELS {
        inner.pop();
    }
    inner.split_off(inner.len().saturating_sub(2))
}

/// Point by point.
fn raster(quantised: &Quantised, measure: &Measure, width: u8) -> FieldMethod {
    let shape = shape(quantised);
    let inner = inner(&shape);
    let slice: usize = inner.iter().map(|&axis| shape[axis]).product();
    let values = quantised.targets.len();
    let mut method = FieldMethod {
        roughness: measure.roughness(),
        shift: measure.shift(),
        origin: measure.mean,
        background: measure.background,
        neighbours: match (width, shape.iter().filter(|&&length| length > 1).count()) {
            (1 | 2, _) => FEW_NEIGHBOURS,
            (8, _) | (_, 0 | 1) => MANY_NEIGHBOURS,
            _ => NEIGHBOURS,
        },
        memory: MEMORY,
        ..FieldMethod::default()
    };
    if let &[along, across] = inner.as_slice() {
        let points = (TILE * slice).div_ceil(values);
        let points = points.max(MIN_TILE).max(slice.div_ceil(MAX_TILES));
        // A little longer along the faster axis.
        let length = (points.isqrt() * 3 / 4).clamp(1, shape[along]);
        method.tile[along] = length;
        method.tile[across] = points.div_ceil(length).min(shape[across]);
    }
    method
}

/// Coarse lattices first, in each slice.
fn refined(raster: &FieldMethod, quantised: &Quantised) -> FieldMethod {
    let shape = shape(quantised);
    let inner = inner(&shape);
    let mut method = raster.clone();
    for axis in 0..AXES {
        method.axes[axis] = match inner.contains(&axis) {
            true => Axis::Refined,
            false if inner.iter().all(|&inner| axis > inner) => Axis::Inner,
            false => Axis::Outer,
        };
    }
    let longest = inner.iter().map(|&axis| shape[axis]).max().unwrap_or(1);
    method.levels = longest.max(1).ilog2().saturating_sub(2).clamp(1, 6);
    method
}
