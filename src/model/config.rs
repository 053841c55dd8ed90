//! The shape of a network, and the limits within which a decoder accepts one.

use crate::error::{Error, Result};
use crate::layout::{ELEMENT_PHASES, Position, TAPS};

/// Channels of a head: they share one decay.
pub const HEAD: usize = 16;

/// Steps that the convolution sees.
pub const CONV: usize = 4;

/// Shape of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Width of the residual stream.
    pub dim: u16,
    /// Mamba blocks.
    pub layers: u8,
    /// Heads of a block, of [`HEAD`] channels each.
    pub heads: u8,
    /// State values of a channel.
    pub state: u8,
    /// How many of the layout's taps the network takes.
    pub taps: u8,
    /// The record length whose columns the network knows, or 0: it knows bytes of an element only.
    pub record: u16,
}

impl Config {
    /// The longest record whose columns a network can know.
    pub const MAX_RECORD: u16 = 4096;

    /// Channels inside a block.
    pub fn inner(&self) -> usize {
        usize::from(self.heads) * HEAD
    }

    /// Channels that pass the convolution: x, B, C.
    pub fn convolved(&self) -> usize {
        self.inner() + 2 * usize::from(self.state)
    }

    /// Outputs of the input projection: z, x, B, C, dt.
    pub fn projected(&self) -> usize {
        self.inner() + self.convolved() + usize::from(self.heads)
    }

    /// Multiply-adds of a step without its head: projections, convolution, and the scan's decay, input and output.
    pub fn step_products(&self) -> u64 {
        let (dim, inner) = (usize::from(self.dim), self.inner());
        let projections = dim * (self.projected() + inner);
        let block = projections + CONV * self.convolved() + 3 * usize::from(self.state) * inner;
        (usize::from(self.layers) * block) as u64
    }

    /// Multiply-adds of the head: every byte's logit.
    pub fn head_products(&self) -> u64 {
        256 * u64::from(self.dim)
    }

    /// Rows of the phase embedding.
    pub fn phases(&self) -> usize {
        usize::from(if self.record > 0 {
            self.record
        } else {
            ELEMENT_PHASES
        })
    }

    /// The phase of a byte at a position. A network that knows a record's columns sees those of longer ones modulo its
    /// own.
    #[inline]
    pub fn phase(&self, position: Position) -> usize {
        if self.record > 0 {
            position.column as usize % usize::from(self.record)
        } else {
            usize::from(position.phase)
        }
    }

    /// Refuses shapes outside the limits of the format.
    pub fn check(&self) -> Result<()> {
        let rules = [
            ("width is not even", u64::from(self.dim % 2), 0),
            ("width below 2", u64::from(self.dim < 2), 0),
            ("width", u64::from(self.dim), 256),
            ("layers", u64::from(self.layers), 8),
            ("no heads", u64::from(self.heads == 0), 0),
            ("heads", u64::from(self.heads), 32),
            ("no state", u64::from(self.state == 0), 0),
            ("state", u64::from(self.state), 16),
            ("no taps", u64::from(self.taps == 0), 0),
            ("taps", u64::from(self.taps), TAPS as u64),
            (
                "record",
                u64::from(self.record),
                u64::from(Self::MAX_RECORD),
            ),
        ];
        check_limits(&rules)
    }
}

/// Refuses the first number that is above what is allowed: what it is, what was found, and the limit.
///
/// # Errors
/// `InvalidModel` names it.
pub fn check_limits(rules: &[(&'static str, u64, u64)]) -> Result<()> {
    match rules.iter().find(|(_, found, allowed)| found > allowed) {
        Some(&(what, found, allowed)) => Err(Error::InvalidModel {
            what,
            found,
            allowed,
        }),
        None => Ok(()),
    }
}
