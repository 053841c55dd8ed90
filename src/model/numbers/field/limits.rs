//! Sizes that everything about a field agrees on.

use super::super::linear::MAX_INPUTS;

/// The most axes of a field.
pub const AXES: usize = 4;
/// The most neighbours of a stencil.
pub const MAX_NEIGHBOURS: usize = MAX_INPUTS;
/// Positions along the last axis that have predictions of their own.
pub const CHANNELS: usize = 8;
/// Bits of a fine unit.
pub const FINE_BITS: u32 = 12;
/// Fine units of a step.
pub const FINE: i64 = 1 << FINE_BITS;
