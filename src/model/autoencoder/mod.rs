//! Autoencoders in integers: what they predict of a table's rows, the same on every machine.
//!
//! Two kinds share normalisation and layers. The *masked* one (Germain 2015; with the shared hidden sums of Larochelle and
//! Murray 2011) needs no latents: it predicts the distribution of each column from the columns before it and from those
//! of the row before, up to its own, so what it knows is never paid for twice. The *bottleneck* one is Baler's: an encoder to a few latents and a
//! decoder from them. Training them is the business of `train::autoencoder`; no floating-point number occurs here.

mod bottleneck;
mod dense;
mod masked;
mod mixture;
mod normalisation;

pub use bottleneck::{Bottleneck, BottleneckShape, ENTRY_BITS, Stack};
pub use dense::Dense;
pub use masked::{
    Contributions, FEATURES, Masked, MaskedRows, MaskedShape, MaskedWeights, Scratch,
};
pub use mixture::{MAX_COMPONENTS, Mixture};
pub use normalisation::{NORMAL_BITS, Normalisation, NormalisedColumn, Scale, companded, expanded};

/// An autoencoder of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutoencoderKind {
    /// It predicts a table's columns from those before.
    Masked(Masked),
    /// It has latents; without an encoder it only decodes.
    Bottleneck(Bottleneck),
}

/// Fractional bits of the last layer's outputs, of either kind: few enough that weights of 8 bits reach them with a shift down.
pub const OUTPUT_BITS: u32 = 13;

/// The largest magnitude of a normalised number that a network is given, whole.
pub const INPUT_LIMIT: i32 = 8;
