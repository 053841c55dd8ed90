//! How an encoder chooses what a field is coded by.

use super::Quantised;
use crate::model::numbers::field::{AXES, Axis, FieldMethod};

/// Differences that are measured along an axis.
const SAMPLES: usize = 20_000;
/// Bits that differences mostly have once they are shifted.
const DIFFERENCE_BITS: u32 = 14;

/// What is measured of a field's values.
struct Measure {
    /// Root mean square difference of neighbours along each axis, in fine units; 0 for axes of length 1.
    rough: [f64; AXES],
    mean: i64,
    /// A value that more than half have.
    background: Option<i64>,
}

impl Measure {
    fn new(quantised: &Quantised) -> Measure {
        let mut shape = [1usize; AXES];
        for (own, &length) in shape.iter_mut().rev().zip(quantised.lengths.iter().rev()) {
            *own = length;
        }
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
        let sum: i128 = sorted.iter().map(|&value| i128::from(value)).sum();
        Measure {
            rough,
            mean: (sum / sorted.len().max(1) as i128) as i64,
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

/// The method that a field is to be coded by.
pub fn method(quantised: &Quantised) -> FieldMethod {
    let measure = Measure::new(quantised);
    let mut method = FieldMethod {
        roughness: measure.roughness(),
        shift: measure.shift(),
        origin: measure.mean,
        background: measure.background,
        neighbours: 24,
        ..FieldMethod::default()
    };
    if let Ok(text) = std::env::var("FM") {
        experiment(&mut method, &text);
    }
    method
}

fn experiment(method: &mut FieldMethod, text: &str) {
    for item in text.split(';').filter(|item| !item.is_empty()) {
        let (name, value) = item.split_once('=').unwrap();
        let numbers: Vec<i64> = value.split(',').filter_map(|v| v.parse().ok()).collect();
        match name {
            "axes" => {
                for (axis, c) in method.axes.iter_mut().rev().zip(value.chars().rev()) {
                    *axis = match c {
                        'o' => Axis::Outer,
                        'r' => Axis::Refined,
                        _ => Axis::Inner,
                    };
                }
            }
            "l" => method.levels = numbers[0] as u32,
            "t" => method.tightening = numbers[0] as u32,
            "n" => method.neighbours = numbers[0] as usize,
            "s" => method.shift = numbers[0] as u32,
            "m" => method.memory = numbers[0] as u32,
            "c" => method.channels = numbers[0] == 1,
            "b" => method.background = None,
            "r" => {
                for (own, &v) in method.roughness.iter_mut().rev().zip(numbers.iter().rev()) {
                    *own = v as u16;
                }
            }
            "tile" => {
                for (own, &v) in method.tile.iter_mut().rev().zip(numbers.iter().rev()) {
                    *own = v as usize;
                }
            }
            _ => panic!("{name}"),
        }
    }
}
