//! The autoencoder with a bottleneck, as Baler has it: an encoder to a few latents, a decoder from them, both fully connected.
//!
//! A field's blocks are rows like any others: then a layer is a convolution whose kernel is as wide as its stride.

use super::OUTPUT_BITS;
use super::dense::{Dense, leaky};
use super::normalisation::{NORMAL_BITS, Normalisation};
use crate::error::Result;
use crate::kernel::saturate16;
use crate::model::{TensorVisitor, check_limits};

/// Normalised numbers enter the first layer with so many fractional bits: +-8.
pub const ENTRY_BITS: u32 = 12;

/// The shape of an autoencoder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BottleneckShape {
    /// Numbers of a row, 1..=512.
    pub columns: u16,
    /// Widths of the encoder's hidden layers, at most 8, each 1..=512; the decoder's are the same backwards.
    pub hidden: Vec<u16>,
    /// Latents of a row, 1..=512.
    pub latents: u16,
    /// Bits of a latent, 2..=16: it lies within `2^(bits - 1) - 1`.
    pub latent_bits: u8,
}

impl BottleneckShape {
    /// The most hidden layers of an encoder.
    pub const MAX_LAYERS: usize = 8;

    /// Refuses shapes outside the limits of the format.
    ///
    /// # Errors
    /// `InvalidModel` names the number that breaks a rule.
    pub fn check(&self) -> Result<()> {
        let bits = u64::from(self.latent_bits);
        let mut rules = vec![
            (
                "hidden layers",
                self.hidden.len() as u64,
                Self::MAX_LAYERS as u64,
            ),
            ("bits of a latent below 2", u64::from(bits < 2), 0),
            ("bits of a latent", bits, 16),
        ];
        for width in self.widths() {
            rules.push(("width of no units", u64::from(width == 0), 0));
            rules.push(("width", width as u64, Dense::MAX_INPUTS as u64));
        }
        check_limits(&rules)
    }

    /// The largest magnitude of a latent.
    pub fn latent_limit(&self) -> i16 {
        ((1u32 << (self.latent_bits.clamp(2, 16) - 1)) - 1) as i16
    }

    /// Widths of the encoder's layers, from the columns to the latents.
    pub fn widths(&self) -> Vec<usize> {
        let hidden = self.hidden.iter().copied();
        let all = std::iter::once(self.columns).chain(hidden);
        all.chain([self.latents]).map(usize::from).collect()
    }
}

/// Layers one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// In the order in which they are applied.
    pub layers: Vec<Dense>,
}

impl Stack {
    /// Visits the layers between these widths.
    ///
    /// # Errors
    /// What the visitor gives.
    pub fn visit(&mut self, widths: &[usize], v: &mut impl TensorVisitor) -> Result<()> {
        let count = widths.len().saturating_sub(1);
        self.layers.resize_with(count, Dense::default);
        for (layer, ends) in self.layers.iter_mut().zip(widths.windows(2)) {
            layer.visit(ends[1], ends[0], v)?;
        }
        Ok(())
    }

    /// What the last layer gives, without its activation.
    fn apply(&self, x: &[i16], out: &mut [i32]) {
        let (mut x, mut sums) = (x.to_vec(), Vec::new());
        let Some((last, first)) = self.layers.split_last() else {
            return;
        };
        for layer in first {
            let mut wide = vec![0; layer.shift.len()];
            sums.resize(wide.len(), 0);
            layer.apply(0, &x, &mut sums, &mut wide);
            x = wide.into_iter().map(leaky).collect();
        }
        sums.resize(out.len(), 0);
        last.apply(0, &x, &mut sums, out);
    }
}

/// An autoencoder with a bottleneck: its shape and its tensors. A decoder alone has an empty encoder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bottleneck {
    /// Its shape.
    pub shape: BottleneckShape,
    /// How its columns are normalised.
    pub normalisation: Normalisation,
    /// From normalised numbers to latents, which are whole numbers.
    pub encoder: Stack,
    /// From latents to normalised numbers.
    pub decoder: Stack,
}

impl Bottleneck {
    /// Visits the decoder, and the encoder if it is there or wanted.
    ///
    /// # Errors
    /// What the visitor gives.
    pub fn visit(&mut self, with_encoder: bool, v: &mut impl TensorVisitor) -> Result<()> {
        let mut widths = self.shape.widths();
        self.normalisation.visit(self.shape.columns.into(), v)?;
        if with_encoder {
            self.encoder.visit(&widths, v)?;
        }
        widths.reverse();
        self.decoder.visit(&widths, v)
    }

    /// The same without its encoder.
    pub fn decoder_alone(&self) -> Bottleneck {
        Bottleneck {
            encoder: Stack::default(),
            ..self.clone()
        }
    }

    /// The latents of a row of normalised numbers.
    ///
    /// # Panics
    /// Unless the row has all columns and the encoder is there.
    pub fn encode(&self, normal: &[i32]) -> Vec<i16> {
        let down = NORMAL_BITS - ENTRY_BITS;
        let entry = |&x: &i32| saturate16(x.saturating_add(1 << (down - 1)) >> down);
        let mut out = vec![0; self.shape.latents.into()];
        let entries: Vec<i16> = normal.iter().map(entry).collect();
        self.encoder.apply(&entries, &mut out);
        let limit = self.shape.latent_limit();
        out.into_iter()
            .map(|latent| saturate16(latent).clamp(-limit, limit))
            .collect()
    }

    /// The normalised numbers of rows of latents, `[rows][latents]` to `[rows][columns]`. An incomplete row is not decoded.
    pub fn decode(&self, latents: &[i16]) -> Vec<i32> {
        let columns = usize::from(self.shape.columns);
        let rows = latents.chunks_exact(self.shape.latents.max(1).into());
        let mut out = vec![0; rows.len() * columns];
        for (latents, out) in rows.zip(out.chunks_exact_mut(columns.max(1))) {
            self.decoder.apply(latents, out);
            let limit = i32::MAX >> (NORMAL_BITS - OUTPUT_BITS);
            for out in out {
                *out = (*out).clamp(-limit, limit) << (NORMAL_BITS - OUTPUT_BITS);
            }
        }
        out
    }
}
