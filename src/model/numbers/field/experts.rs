//! Linear predictions of a field's values: those of border classes, and those of tiles.

use super::super::linear::{Learning, LinearPrediction, Moments};
use super::limits::{AXES, CHANNELS, FINE};
use super::method::{Axis, FieldMethod};
use super::stencil::{Extent, Pass};

/// Predictions of a value: from all neighbours and from few, of its class and of its tile.
pub const EXPERTS: usize = 4;
/// How many linear predictions there may be in all. Classes and tiles after that share the first of their pass.
const MAX_LINEAR: usize = 4096;
/// Samples that weights serve.
const EVERY: u32 = 64;
/// Samples that a class's prediction remembers, as a power of two.
const CLASS_MEMORY: u32 = 11;
/// How many samples what all tiles know counts as in each of them.
const PRIOR: i64 = 1;

/// The linear predictions of all passes.
pub struct Experts {
    passes: Vec<PassExperts>,
    count: usize,
    classes: Learning,
    tiles: Learning,
    /// Those of the point predicted last.
    class: usize,
    tile: Option<usize>,
    predictions: [i64; EXPERTS],
}

/// The linear predictions of a pass.
struct PassExperts {
    classes: Vec<Option<Box<LinearPrediction>>>,
    tiles: Vec<Option<Box<LinearPrediction>>>,
    /// What all tiles know, for each channel.
    shared: Vec<Moments>,
    /// How many tiles there are along each axis, and how long they are.
    counts: [usize; AXES],
    lengths: [usize; AXES],
}

impl Experts {
    /// Before any value.
    pub fn new(extent: &Extent, method: &FieldMethod, passes: &[Pass]) -> Self {
        let classes = Learning {
            shift: method.shift,
            // The variance of what rounding to steps adds.
            ridge: { (FINE * FINE / 12).checked_shr(2 * method.shift) }
                .unwrap_or(0)
                .max(1),
            memory: CLASS_MEMORY,
            every: EVERY,
            prior: PRIOR,
        };
        let of_pass = |pass: &Pass| {
            let length = |axis: usize| match (method.tile[axis], method.axes[axis]) {
                (0, _) => usize::MAX,
                (tile, Axis::Refined) => tile * pass.step[axis],
                (tile, _) => tile,
            };
            let lengths = std::array::from_fn(length);
            let shared = Moments::new(pass.neighbours.len());
            PassExperts {
                classes: Vec::new(),
                tiles: Vec::new(),
                shared: vec![shared; CHANNELS],
                counts: std::array::from_fn(|axis| extent.shape[axis].div_ceil(lengths[axis])),
                lengths,
            }
        };
        Experts {
            passes: passes.iter().map(of_pass).collect(),
            count: 0,
            tiles: Learning {
                memory: method.memory,
                ..classes
            },
            classes,
            class: 0,
            tile: None,
            predictions: [0; EXPERTS],
        }
    }

    /// Predicts a value from its neighbours' differences.
    #[inline]
    pub fn predict(
        &mut self,
        number: usize,
        point: &[usize; AXES],
        (class, channel): (usize, usize),
        differences: &[i64],
    ) {
        let pass = &mut self.passes[number];
        self.class = class * CHANNELS + channel;
        let linear = slot(
            &mut pass.classes,
            &mut self.class,
            &mut self.count,
            differences.len(),
        );
        let [all, few] = linear.predict(differences);
        self.predictions = [all, few, all, few];
        self.tile = None;
        // What lies at a border differs from what is behind it.
        if class == 0 {
            let mut tile = pass.tile(point) * CHANNELS + channel;
            let linear = slot(
                &mut pass.tiles,
                &mut tile,
                &mut self.count,
                differences.len(),
            );
            linear.start(&pass.shared[channel], &self.tiles);
            let [all, few] = linear.predict(differences);
            self.predictions[2..].copy_from_slice(&[all, few]);
            self.tile = Some(tile);
        }
    }

    /// What was predicted last.
    pub fn predictions(&self) -> &[i64; EXPERTS] {
        &self.predictions
    }

    /// Takes what came where was predicted last.
    #[inline]
    pub fn learn(&mut self, number: usize, differences: &[i64], target: i64) {
        let pass = &mut self.passes[number];
        if let Some(linear) = &mut pass.classes[self.class] {
            linear.learn(differences, target, None, &self.classes);
        }
        if let Some(tile) = self.tile {
            let shared = &mut pass.shared[tile % CHANNELS];
            if let Some(linear) = &mut pass.tiles[tile] {
                linear.learn(differences, target, Some(shared), &self.tiles);
            }
        }
    }
}

impl PassExperts {
    #[inline]
    fn tile(&self, point: &[usize; AXES]) -> usize {
        (0..AXES).fold(0, |tile, axis| {
            tile * self.counts[axis] + point[axis] / self.lengths[axis]
        })
    }
}

/// The linear prediction at an index, made if there is none; once there are too many, that at index 0, which the index then is.
#[inline]
fn slot<'l>(
    slots: &'l mut Vec<Option<Box<LinearPrediction>>>,
    index: &mut usize,
    count: &mut usize,
    inputs: usize,
) -> &'l mut LinearPrediction {
    if slots.get(*index).is_none_or(Option::is_none) {
        match *count < MAX_LINEAR {
            true => *count += 1,
            false => *index = 0,
        }
    }
    if slots.len() <= *index {
        slots.resize_with(*index + 1, || None);
    }
    slots[*index].get_or_insert_with(|| Box::new(LinearPrediction::new(inputs)))
}
