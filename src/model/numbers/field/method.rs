//! How a field is coded: the record that its stream begins with.

use super::limits::{AXES, MAX_NEIGHBOURS};
use crate::coder::{BadWords, BitCoder, Integers};

/// The most levels: axes are halved so often.
const MAX_LEVELS: u64 = 20;
/// The largest roughness of an axis.
const MAX_ROUGHNESS: u64 = 4095;
/// The most points of a tile along an axis.
const MAX_TILE: u64 = 1 << 20;

/// How an axis is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Slice by slice, each complete before the next.
    Outer,
    /// A coarse lattice first, then the points between, level by level.
    Refined,
    /// Point by point within each pass.
    Inner,
}

/// All that a decoder has to know of how a field is coded, but its shape and which values are special.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMethod {
    /// How each axis is walked, outermost first.
    pub axes: [Axis; AXES],
    /// How often refined axes are halved, at most 20.
    pub levels: u32,
    /// Bits that the step of a level is finer by than that of the next level, in halves; at most 7.
    pub tightening: u32,
    /// The field's root mean square difference along each axis, in sixteenths of that along the smoothest: 1 to 4095.
    pub roughness: [u16; AXES],
    /// Neighbours that a value is predicted from, 1 to 64.
    pub neighbours: usize,
    /// What stands for a neighbour where none is known, in fine units.
    pub origin: i64,
    /// A value that many points have, in fine units: which points do is coded first.
    pub background: Option<i64>,
    /// Bits that differences are shifted down by for least squares, at most 40.
    pub shift: u32,
    /// Points of a pass in a tile along each axis, at most 2^20; 0 for all. A tile has a linear prediction of its own.
    pub tile: [usize; AXES],
    /// The samples that a tile's prediction remembers, as a power of two of at most 20; 0 for all.
    pub memory: u32,
    /// Whether positions along the last axis have predictions of their own.
    pub channels: bool,
}

impl Default for FieldMethod {
    /// In raster order, from 20 neighbours.
    fn default() -> Self {
        FieldMethod {
            axes: [Axis::Inner; AXES],
            levels: 0,
            tightening: 0,
            roughness: [16; AXES],
            neighbours: 20,
            origin: 0,
            background: None,
            shift: 0,
            tile: [0; AXES],
            memory: 0,
            channels: false,
        }
    }
}

/// Contexts of the parameters.
mod context {
    pub const KIND: usize = 11;
    pub const SIZE: usize = 12;
    pub const ROUGHNESS: usize = 13;
    pub const VALUE: usize = 14;
    pub const TILE: usize = 15;
}

impl FieldMethod {
    /// Codes the method as parameters; a decoder supplies any.
    ///
    /// # Errors
    /// Those of the coder; [`BadWords`] for a method that there cannot be.
    pub fn code<C: BitCoder>(&self, integers: &mut Integers<C>) -> Result<FieldMethod, BadWords> {
        let mut method = FieldMethod::default();
        for (found, &axis) in method.axes.iter_mut().zip(&self.axes) {
            *found = match integers.within(context::KIND, axis as u64, 0, 2)? {
                0 => Axis::Outer,
                1 => Axis::Refined,
                _ => Axis::Inner,
            };
        }
        for (found, &roughness) in method.roughness.iter_mut().zip(&self.roughness) {
            let roughness = u64::from(roughness);
            *found = integers.within(context::ROUGHNESS, roughness, 1, MAX_ROUGHNESS)? as u16;
        }
        for (found, &tile) in method.tile.iter_mut().zip(&self.tile) {
            *found = integers.within(context::TILE, tile as u64, 0, MAX_TILE)? as usize;
        }
        let mut size =
            |value: u64, least: u64, most: u64| integers.within(context::SIZE, value, least, most);
        method.levels = size(self.levels.into(), 0, MAX_LEVELS)? as u32;
        method.tightening = size(self.tightening.into(), 0, 7)? as u32;
        method.neighbours = size(self.neighbours as u64, 1, MAX_NEIGHBOURS as u64)? as usize;
        method.shift = size(self.shift.into(), 0, 40)? as u32;
        method.memory = size(self.memory.into(), 0, 20)? as u32;
        method.channels = size(self.channels.into(), 0, 1)? == 1;
        let has_background = size(self.background.is_some().into(), 0, 1)? == 1;
        method.origin = integers.integer(context::VALUE, self.origin)?;
        if has_background {
            let background = self.background.unwrap_or_default();
            method.background = Some(integers.integer(context::VALUE, background)?);
        }
        Ok(method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coder::{LaneDecoder, LaneEncoder};

    fn decoded(method: &FieldMethod) -> Result<FieldMethod, BadWords> {
        let mut encoder = LaneEncoder::default();
        let written = method.code(&mut Integers::new(&mut encoder));
        let words = encoder.finish();
        let mut decoder = LaneDecoder::new(&words)?;
        let read = FieldMethod::default().code(&mut Integers::new(&mut decoder));
        assert_eq!(written, read);
        read
    }

    #[test]
    fn methods_come_back_and_impossible_ones_are_refused() {
        let method = FieldMethod {
            axes: [Axis::Outer, Axis::Refined, Axis::Inner, Axis::Refined],
            levels: 5,
            tightening: 3,
            roughness: [1, 4095, 16, 99],
            neighbours: 64,
            origin: i64::MIN,
            background: Some(-7),
            shift: 40,
            tile: [0, 1, 10, 1 << 20],
            memory: 9,
            channels: true,
        };
        assert_eq!(decoded(&method), Ok(method.clone()));
        assert_eq!(decoded(&FieldMethod::default()), Ok(FieldMethod::default()));
        let wrong: [fn(&mut FieldMethod); 6] = [
            |m| m.neighbours = 0,
            |m| m.neighbours = 65,
            |m| m.levels = 21,
            |m| m.roughness[2] = 0,
            |m| m.shift = 41,
            |m| m.tile[0] = (1 << 20) + 1,
        ];
        for spoil in wrong {
            let mut method = method.clone();
            spoil(&mut method);
            assert_eq!(decoded(&method), Err(BadWords), "{method:?}");
        }
    }
}
