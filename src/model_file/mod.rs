//! A model as one piece of bytes: a .boam file, or a container's model section.

mod autoencoder;
mod compact;
mod stored_structure;

pub use autoencoder::{Autoencoder, AutoencoderKind};

use crate::error::{Error, Result};
use crate::model::{Config, NetworkParameters, Weights};
use crate::structure::Structure;
use std::fmt;
use std::sync::{Arc, OnceLock};

const MAGIC: [u8; 4] = [0xb0, b'a', b'm', 0x0a];
/// Tensors as they are.
const PLAIN: u8 = 1;
/// Tensors entropy coded, perhaps as differences from a built-in network.
const COMPACT: u8 = 2;
/// A structure, then the form of the network and all that comes behind it.
const STORING: u8 = 3;
/// A masked autoencoder, one with a bottleneck, and the decoder of such a one.
const MASKED: u8 = 4;
const BOTTLENECK: u8 = 5;
const DECODER: u8 = 6;
/// Dim u16, layers, heads, state, taps u8, record u16.
const SHAPE: usize = 8;
/// Bytes of a network's id by which the compact form is checked.
const CHECK: usize = 4;

/// The name of a network: BLAKE3 of its plain form, in whatever form it is stored.
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

/// A quantised network, and perhaps the structure of what it was trained on.
#[derive(Debug)]
pub struct Model {
    network: NetworkParameters,
    /// The network alone, as stored.
    bytes: Vec<u8>,
    id: ModelId,
    stored_structure: Option<Structure>,
    /// What a file has before the network's form.
    head: Vec<u8>,
}

impl Model {
    /// Largest model file accepted.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Puts a network together, in its plain form.
    ///
    /// # Errors
    /// `InvalidModel` if a shape or value is outside the limits of the format.
    pub fn new(config: Config, weights: &Weights) -> Result<Model> {
        config.check()?;
        Model::from_bytes(&plain(&config, weights)?)
    }

    /// The same network in the form that takes the fewest bytes: plain, compact, or as differences from the first
    /// built-in network if its shape allows that.
    ///
    /// # Errors
    /// None that a valid network gives.
    pub fn compacted(&self) -> Result<Model> {
        let mut least = plain(&self.network.config, &self.network.weights)?;
        for number in [None, Some(1)] {
            let differs = |base: &Arc<Model>| same_but_record(&self.network.config, base).is_err();
            if number.is_some() && Model::built_in(1).is_none_or(differs) {
                continue;
            }
            let bytes = compact(&self.network.config, &self.network.weights, number)?;
            if bytes.len() < least.len() {
                least = bytes;
            }
        }
        Model::from_bytes(&least)?.storing(self.stored_structure.clone())
    }

    /// The same network, storing the structure of the data that it was trained on, if there is one.
    ///
    /// # Errors
    /// `InvalidArgument` for a structure that contradicts itself, `InvalidModel` for one that
    /// [is no table's](Structure::is_table) or takes more than 64 KiB.
    pub fn storing(self, structure: Option<Structure>) -> Result<Model> {
        let mut head = Vec::from(MAGIC);
        if let Some(structure) = &structure {
            head.push(STORING);
            stored_structure::write_to(structure, &mut head)?;
        }
        Ok(Model {
            stored_structure: structure,
            head,
            ..self
        })
    }

    /// Whether a model may carry this structure.
    pub fn can_store(structure: &Structure) -> bool {
        stored_structure::write_to(structure, &mut Vec::new()).is_ok()
    }

    /// Reads and checks a model.
    ///
    /// # Errors
    /// `InvalidModel` names the first field that breaks a rule, `UnknownModel` a built-in network that this library
    /// does not have; of a stored structure `Truncated`, `Damaged` or `OutOfRange`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(invalid("size", bytes.len() as u64, Self::MAX_BYTES as u64));
        }
        let form = MAGIC.len();
        if !bytes.starts_with(&MAGIC) || bytes.get(form) != Some(&STORING) {
            return Model::read_network(bytes);
        }
        let (structure, end) = stored_structure::read_from(bytes, form + 1)?;
        let network = bytes.get(end..).unwrap_or_default();
        Model::read_network(&[&MAGIC[..], network].concat())?.storing(Some(structure))
    }

    /// A network without a stored structure.
    fn read_network(bytes: &[u8]) -> Result<Model> {
        let mut rest = bytes;
        let magic: [u8; 4] = take(&mut rest, bytes.len())?;
        if magic != MAGIC {
            return Err(invalid(
                "magic: not a boa model",
                u32::from_le_bytes(magic).into(),
                u32::from_le_bytes(MAGIC).into(),
            ));
        }
        let [version] = take(&mut rest, bytes.len())?;
        let mut check = None;
        let (config, weights) = match version {
            PLAIN => {
                let config = shape(&mut rest, bytes.len())?;
                (config, Weights::read(&config, rest)?)
            }
            COMPACT => {
                let number = u16::from_le_bytes(take(&mut rest, bytes.len())?);
                let base = match number {
                    0 => None,
                    number => Some(base(number)?),
                };
                check = Some(take::<CHECK>(&mut rest, bytes.len())?);
                let config = shape(&mut rest, bytes.len())?;
                if let Some(base) = base {
                    same_but_record(&config, base)?;
                }
                let (words, odd) = rest.as_chunks::<4>();
                if !odd.is_empty() {
                    return Err(invalid("bytes after the last word", odd.len() as u64, 0));
                }
                let words: Vec<u32> = words.iter().map(|&w| u32::from_le_bytes(w)).collect();
                let base = base
                    .map(|model| compact::Base::new(&model.network.config, &model.network.weights));
                let base = base.transpose()?;
                (config, compact::read(&config, &words, base.as_ref())?)
            }
            MASKED | BOTTLENECK | DECODER => {
                let what = "kind: an autoencoder, which is for lossy compression";
                return Err(invalid(what, version.into(), COMPACT.into()));
            }
            _ => return Err(invalid("version", version.into(), COMPACT.into())),
        };
        let id = ModelId(*blake3::hash(&plain(&config, &weights)?).as_bytes());
        if let Some(check) = check.filter(|check| !id.0.starts_with(check)) {
            let [found, allowed] = [&id.0, &check[..]].map(|id| {
                let first = id.iter().take(CHECK);
                first.fold(0, |sum, &byte| sum << 8 | u64::from(byte))
            });
            return Err(invalid(
                "check: damaged, or made with another built-in model",
                found,
                allowed,
            ));
        }
        Ok(Model {
            network: NetworkParameters { config, weights },
            bytes: bytes.to_vec(),
            id,
            stored_structure: None,
            head: MAGIC.into(),
        })
    }

    /// The model as stored in a .boam file.
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            &self.head,
            self.bytes.get(MAGIC.len()..).unwrap_or_default(),
        ]
        .concat()
    }

    /// The network alone, as stored: all that a decoder needs, and what is embedded in a container.
    pub fn network_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The structure of most of the data that the network was trained on, if it stores one.
    pub fn stored_structure(&self) -> Option<&Structure> {
        self.stored_structure.as_ref()
    }

    /// BLAKE3 of the network's plain form: it does not depend on how the network is stored, nor on the structure that
    /// is stored with it.
    pub fn id(&self) -> ModelId {
        self.id
    }

    /// The network: its shape and its tensors.
    pub fn network(&self) -> &NetworkParameters {
        &self.network
    }

    /// The network's shape.
    pub fn config(&self) -> &Config {
        &self.network.config
    }

    /// The network's tensors.
    pub fn weights(&self) -> &Weights {
        &self.network.weights
    }

    /// The built-in model of this number, if there is one. Number 1 is that of the best levels, 2 of all others.
    pub fn built_in(number: u16) -> Option<&'static Arc<Model>> {
        const BYTES: [&[u8]; 2] = [
            include_bytes!("pretrained/large.boam"),
            include_bytes!("pretrained/small.boam"),
        ];
        static READ: [OnceLock<Option<Arc<Model>>>; 2] = [const { OnceLock::new() }; 2];
        let position = usize::from(number).checked_sub(1)?;
        // The bytes are part of the program: a test reads them, so they cannot be invalid in a release.
        let read = || Model::from_bytes(BYTES[position]).ok().map(Arc::new);
        READ.get(position)?.get_or_init(read).as_ref()
    }
}

fn invalid(what: &'static str, found: u64, allowed: u64) -> Error {
    Error::InvalidModel {
        what,
        found,
        allowed,
    }
}

/// The next `N` bytes of a model of `size` bytes.
fn take<const N: usize>(rest: &mut &[u8], size: usize) -> Result<[u8; N]> {
    match rest.split_first_chunk::<N>() {
        Some((head, after)) => {
            *rest = after;
            Ok(*head)
        }
        None => Err(invalid("size", size as u64, (size - rest.len() + N) as u64)),
    }
}

fn shape(rest: &mut &[u8], size: usize) -> Result<Config> {
    let [d0, d1, layers, heads, state, taps, r0, r1]: [u8; SHAPE] = take(rest, size)?;
    let config = Config {
        dim: u16::from_le_bytes([d0, d1]),
        layers,
        heads,
        state,
        taps,
        record: u16::from_le_bytes([r0, r1]),
    };
    config.check()?;
    Ok(config)
}

fn shape_bytes(config: &Config) -> Vec<u8> {
    let mut bytes = config.dim.to_le_bytes().to_vec();
    bytes.extend([config.layers, config.heads, config.state, config.taps]);
    bytes.extend(config.record.to_le_bytes());
    bytes
}

/// Form 1: the tensors as they are.
fn plain(config: &Config, weights: &Weights) -> Result<Vec<u8>> {
    let mut bytes = Vec::from(MAGIC);
    bytes.push(PLAIN);
    bytes.extend(shape_bytes(config));
    bytes.extend(weights.write(config)?);
    Ok(bytes)
}

/// Form 2: entropy coded, as differences from a built-in network if its number is there.
fn compact(config: &Config, weights: &Weights, number: Option<u16>) -> Result<Vec<u8>> {
    let mut bytes = Vec::from(MAGIC);
    bytes.push(COMPACT);
    bytes.extend(number.unwrap_or(0).to_le_bytes());
    let base = number.map(base).transpose()?;
    if let Some(base) = base {
        same_but_record(config, base)?;
    }
    let id = blake3::hash(&plain(config, weights)?);
    bytes.extend(id.as_bytes().iter().take(CHECK));
    bytes.extend(shape_bytes(config));
    let base = base.map(|model| compact::Base::new(&model.network.config, &model.network.weights));
    let words = compact::write(config, weights, base.transpose()?.as_ref())?;
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    Ok(bytes)
}

fn base(number: u16) -> Result<&'static Model> {
    match Model::built_in(number) {
        Some(model) => Ok(model),
        None => Err(Error::UnknownModel {
            id: format!("built in as number {number}"),
        }),
    }
}

fn same_but_record(config: &Config, base: &Model) -> Result<()> {
    let other = Config {
        record: config.record,
        ..base.network.config
    };
    match *config == other {
        true => Ok(()),
        false => Err(invalid(
            "width, which the built-in network gives",
            config.dim.into(),
            base.network.config.dim.into(),
        )),
    }
}
