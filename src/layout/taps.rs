//! Taps: which earlier bytes the predictor sees.

use super::Layout;

/// How many taps a layout has.
pub const TAPS: usize = 4;

/// The token of a tap that reaches before the start of its lane, or that the layout does not have.
pub const NO_TAP: u16 = 256;

impl Layout {
    /// The lags of the taps in bytes, 0 where there is none: the last byte, one element back, one record back,
    /// then one plane back, or two records where there is no plane.
    pub fn lags(&self) -> [u32; TAPS] {
        let element = if self.width > 1 {
            u32::from(self.width)
        } else {
            0
        };
        let far = if self.plane > 0 {
            self.plane
        } else {
            self.record.saturating_mul(2)
        };
        [1, element, self.record, far]
    }
}
