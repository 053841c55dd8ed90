//! The predictor in integers: the normative definition.

use crate::error::Result;

/// The name of a model: BLAKE3 of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModelId(pub [u8; 32]);

/// A quantised network.
#[derive(Debug)]
pub struct Model {
    bytes: Vec<u8>,
}

impl Model {
    /// Largest model file accepted.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Reads and checks a model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model> {
        Ok(Model { bytes: bytes.to_vec() })
    }

    /// The model as stored in a .boam file or embedded in a container.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// BLAKE3 of `to_bytes`.
    pub fn id(&self) -> ModelId {
        ModelId(*blake3::hash(&self.bytes).as_bytes())
    }

    /// The built-in model of this number, if there is one. Number 1 is the default.
    pub fn built_in(number: u16) -> Option<&'static std::sync::Arc<Model>> {
        static DEFAULT: std::sync::OnceLock<std::sync::Arc<Model>> = std::sync::OnceLock::new();
        (number == 1).then(|| DEFAULT.get_or_init(|| std::sync::Arc::new(Model { bytes: vec![] })))
    }
}
