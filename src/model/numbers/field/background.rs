//! Fields that mostly have one value: whether a point has it is coded before anything else.

use super::bits::{BitModel, Contexts, Decision};
use super::limits::{AXES, FINE};
use super::stencil::{Extent, Pass};
use crate::coder::{BadWords, BitCoder};

/// Neighbours that contexts are made of.
const NEIGHBOURS: usize = 24;
/// Contexts' sizes, in their order.
const SIZES: Contexts = [4096, 1024, 1024, 1024, 1024, 2048, 1024, 4096, 1024, 1024];

/// Which points have the background's value.
pub struct Background {
    value: i64,
    model: BitModel,
    decision: Decision,
    /// How many points lately did not, in 1/65536: of some 16, of some 256.
    densities: [i32; 2],
}

impl Background {
    /// Of this value, in fine units.
    pub fn new(value: i64) -> Self {
        Background {
            value,
            model: BitModel::new(1, &SIZES, [16, 16], 32),
            decision: Decision::default(),
            densities: [0; 2],
        }
    }

    /// The background's value.
    pub fn value(&self) -> i64 {
        self.value
    }

    /// Takes the neighbours of a point; those that are background are absent.
    pub fn observe(
        &mut self,
        extent: &Extent,
        pass: &Pass,
        point: &[usize; AXES],
        absent: &[bool],
        values: &[i64],
    ) {
        let at = extent.index(point);
        // Which neighbours are none, which of those right along an axis, and how far the closest is from the background.
        let (mut others, mut along, mut height) = (0u32, 0u32, None);
        for (k, neighbour) in pass.neighbours.iter().take(NEIGHBOURS).enumerate() {
            let there = at.wrapping_add_signed(neighbour.distance);
            if !pass.is_inside(extent, point, neighbour) || absent[there] {
                continue;
            }
            others |= 1 << k;
            height
                .get_or_insert_with(|| values[there].wrapping_sub(self.value).unsigned_abs() >> 12);
            let mut off = (0..AXES).filter(|&axis| neighbour.offset[axis] != 0);
            if let (Some(axis), None) = (off.next(), off.next()) {
                along |= 1 << (2 * axis + usize::from(neighbour.offset[axis].unsigned_abs() > 1));
            }
        }
        let count = others.count_ones().min(15);
        let height = height.map_or(0, |height| (height + 1).ilog2() + 1).min(15);
        let [fast, slow] = self.densities.map(|density| density.max(1).ilog2().min(15));
        let first = |bits: u32| others & ((1 << bits) - 1);
        let [_, p1, p2, p3] = point.map(|along| along.min(31) as u32);
        let channel = p3 & 1;
        self.decision.contexts = [
            first(11) * 2 + channel,
            (along & 255) * 4 + channel,
            first(6) * 16 + fast,
            p2 * 32 + p3,
            p1 * 32 + p2,
            first(7) * 16 + slow,
            fast * 16 + slow,
            count * 256 + first(4) * 16 + slow,
            height * 64 + count * 4 + first(2),
            others >> 1 & 1023,
        ];
        self.decision.weights = [fast, count];
        self.decision.apm = slow * 2 + channel;
    }

    /// Codes whether the point observed last has the background's value, as its target decides, or decodes it.
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        target: Option<i64>,
    ) -> Result<bool, BadWords> {
        let differs = target.is_some_and(|target| target.abs_diff(self.value) > FINE as u64 / 2);
        let differs = self.model.decide(coder, &self.decision, 0, differs)?;
        for (density, rate) in self.densities.iter_mut().zip([4, 8]) {
            *density += (i32::from(differs) * 65535 - *density) >> rate;
        }
        Ok(!differs)
    }
}
