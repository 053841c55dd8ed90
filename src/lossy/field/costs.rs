//! What bits would cost, without coding them.

use crate::coder::{AdaptiveBit, BadWords, BitCoder};

/// Adds up the cost of bits.
#[derive(Default)]
pub struct Costs {
    /// In bits.
    pub bits: f64,
}

impl BitCoder for Costs {
    fn bit(&mut self, _: &mut AdaptiveBit, bit: bool) -> Result<bool, BadWords> {
        // Residuals have no adaptive bits but those that nothing predicts.
        self.bits += 1.0;
        Ok(bit)
    }

    fn predicted_bit(&mut self, one: u16, bit: bool) -> Result<bool, BadWords> {
        let one = f32::from(one) / 65536.0;
        let probability = if bit { one } else { 1.0 - one };
        self.bits -= f64::from(probability.log2());
        Ok(bit)
    }
}
