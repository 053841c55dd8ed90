//! A model as one piece of bytes: a .boam file, or a container's model section.

use super::config::Config;
use super::weights::Weights;
use crate::error::{Error, Result};
use std::fmt;
use std::sync::{Arc, OnceLock};

const MAGIC: [u8; 4] = [0xb0, b'a', b'm', 0x0a];
const VERSION: u8 = 1;
/// Magic, version, then dim u16, layers, heads, state, taps u8, record u16.
const HEADER: usize = 4 + 1 + 8;

/// The name of a model: BLAKE3 of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModelId(pub [u8; 32]);

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelId({self})")
    }
}

/// A quantised network.
#[derive(Debug)]
pub struct Model {
    config: Config,
    weights: Weights,
    bytes: Vec<u8>,
}

impl Model {
    /// Largest model file accepted.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Puts a network together.
    ///
    /// # Errors
    /// `InvalidModel` if a shape or value is outside the limits of the format.
    pub fn new(config: Config, weights: &Weights) -> Result<Model> {
        config.check()?;
        let mut bytes = Vec::from(MAGIC);
        bytes.push(VERSION);
        bytes.extend(config.dim.to_le_bytes());
        bytes.extend([config.layers, config.heads, config.state, config.taps]);
        bytes.extend(config.record.to_le_bytes());
        bytes.extend(weights.write(&config)?);
        Model::from_bytes(&bytes)
    }

    /// Reads and checks a model.
    ///
    /// # Errors
    /// `InvalidModel` names the first field that breaks a rule.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model> {
        let invalid = |what, found: u64, allowed: u64| Error::InvalidModel {
            what,
            found,
            allowed,
        };
        if bytes.len() > Self::MAX_BYTES {
            return Err(invalid("size", bytes.len() as u64, Self::MAX_BYTES as u64));
        }
        let Some((
            &[
                m0,
                m1,
                m2,
                m3,
                version,
                d0,
                d1,
                layers,
                heads,
                state,
                taps,
                r0,
                r1,
            ],
            rest,
        )) = bytes.split_first_chunk::<HEADER>()
        else {
            return Err(invalid("size", bytes.len() as u64, HEADER as u64));
        };
        if [m0, m1, m2, m3] != MAGIC {
            return Err(invalid(
                "magic: not a boa model",
                u32::from_le_bytes([m0, m1, m2, m3]).into(),
                u32::from_le_bytes(MAGIC).into(),
            ));
        }
        if version != VERSION {
            return Err(invalid("version", version.into(), VERSION.into()));
        }
        let config = Config {
            dim: u16::from_le_bytes([d0, d1]),
            layers,
            heads,
            state,
            taps,
            record: u16::from_le_bytes([r0, r1]),
        };
        config.check()?;
        let weights = Weights::read(&config, rest)?;
        Ok(Model {
            config,
            weights,
            bytes: bytes.to_vec(),
        })
    }

    /// The model as stored in a .boam file or embedded in a container.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// BLAKE3 of `to_bytes`.
    pub fn id(&self) -> ModelId {
        ModelId(*blake3::hash(&self.bytes).as_bytes())
    }

    /// The network's shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The network's tensors.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The built-in model of this number, if there is one. Number 1 is the default.
    pub fn built_in(number: u16) -> Option<&'static Arc<Model>> {
        static DEFAULT: OnceLock<Option<Arc<Model>>> = OnceLock::new();
        // The bytes are part of the program: a test reads them, so they cannot be invalid in a release.
        let read = || {
            Model::from_bytes(include_bytes!("pretrained/default.boam"))
                .ok()
                .map(Arc::new)
        };
        if number == 1 {
            DEFAULT.get_or_init(read).as_ref()
        } else {
            None
        }
    }
}
