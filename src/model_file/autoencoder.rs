//! An autoencoder as one piece of bytes: a .boam file of its own kind, or what a container holds of it.

use super::compact::{read_tensors, write_tensors};
use super::{BOTTLENECK, CHECK, DECODER, MAGIC, MASKED, Model, ModelId, invalid, take};
use crate::error::Result;
use crate::model::TensorBytes;
use crate::model::autoencoder::{Bottleneck, BottleneckShape, Masked, MaskedShape, MaskedWeights};

pub use crate::model::autoencoder::AutoencoderKind;

/// An autoencoder, its bytes and its name.
#[derive(Clone, Debug)]
pub struct Autoencoder {
    kind: AutoencoderKind,
    bytes: Vec<u8>,
    id: ModelId,
}

impl Autoencoder {
    /// Puts an autoencoder together.
    ///
    /// # Errors
    /// `InvalidModel` if a shape or value is outside the limits of the format.
    pub fn new(kind: AutoencoderKind) -> Result<Autoencoder> {
        let (plain, words, head) = match kind.clone() {
            AutoencoderKind::Masked(Masked { shape, mut weights }) => {
                shape.check()?;
                let plain = plain(|v| weights.visit(&shape, v))?;
                let words = write_tensors(None, |v| weights.visit(&shape, v))?;
                let mut head = vec![MASKED];
                head.extend(shape.columns.to_le_bytes());
                head.extend(shape.hidden.to_le_bytes());
                head.extend([shape.components, shape.previous]);
                (plain, words, head)
            }
            AutoencoderKind::Bottleneck(mut autoencoder) => {
                let shape = autoencoder.shape.clone();
                shape.check()?;
                let whole = !autoencoder.encoder.layers.is_empty();
                let plain = plain(|v| autoencoder.visit(whole, v))?;
                let words = write_tensors(None, |v| autoencoder.visit(whole, v))?;
                let mut head = vec![if whole { BOTTLENECK } else { DECODER }];
                head.extend(shape.columns.to_le_bytes());
                head.extend(shape.latents.to_le_bytes());
                head.extend([shape.latent_bits, shape.hidden.len() as u8]);
                head.extend(shape.hidden.iter().flat_map(|width| width.to_le_bytes()));
                (plain, words, head)
            }
        };
        let id = id(&head, &plain);
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(head);
        bytes.extend(id.0.iter().take(CHECK));
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        if bytes.len() > Model::MAX_BYTES {
            return Err(invalid("size", bytes.len() as u64, Model::MAX_BYTES as u64));
        }
        Ok(Autoencoder { kind, bytes, id })
    }

    /// Reads and checks an autoencoder.
    ///
    /// # Errors
    /// `InvalidModel` names the first field that breaks a rule.
    pub fn from_bytes(bytes: &[u8]) -> Result<Autoencoder> {
        if bytes.len() > Model::MAX_BYTES {
            return Err(invalid("size", bytes.len() as u64, Model::MAX_BYTES as u64));
        }
        let mut rest = bytes;
        let magic: [u8; 4] = take(&mut rest, bytes.len())?;
        if magic != MAGIC {
            let [found, allowed] = [magic, MAGIC].map(|magic| u32::from_le_bytes(magic).into());
            return Err(invalid("magic: not a boa model", found, allowed));
        }
        let begin = rest;
        let [kind] = take(&mut rest, bytes.len())?;
        let shape = match kind {
            MASKED => Shape::Masked(masked_shape(&mut rest, bytes.len())?),
            BOTTLENECK | DECODER => Shape::Bottleneck(bottleneck_shape(&mut rest, bytes.len())?),
            _ => {
                let what = "kind: a network for lossless compression, no autoencoder";
                return Err(invalid(what, kind.into(), MASKED.into()));
            }
        };
        let head = begin.get(..begin.len() - rest.len()).unwrap_or_default();
        let check: [u8; CHECK] = take(&mut rest, bytes.len())?;
        let (words, odd) = rest.as_chunks::<4>();
        if !odd.is_empty() {
            return Err(invalid("bytes after the last word", odd.len() as u64, 0));
        }
        let words: Vec<u32> = words.iter().map(|&word| u32::from_le_bytes(word)).collect();
        let (kind, plain) = shape.read(kind == BOTTLENECK, &words)?;
        let id = id(head, &plain);
        if !id.0.starts_with(&check) {
            return Err(invalid("check: damaged", check[0].into(), id.0[0].into()));
        }
        Ok(Autoencoder {
            kind,
            bytes: bytes.to_vec(),
            id,
        })
    }

    /// Whether bytes begin as those of an autoencoder do.
    pub fn is_one(bytes: &[u8]) -> bool {
        let kind = bytes.strip_prefix(&MAGIC).and_then(<[u8]>::first);
        kind.is_some_and(|kind| [MASKED, BOTTLENECK, DECODER].contains(kind))
    }

    /// What it is.
    pub fn kind(&self) -> &AutoencoderKind {
        &self.kind
    }

    /// As stored in a .boam file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// BLAKE3 of its shape and its tensors.
    pub fn id(&self) -> ModelId {
        self.id
    }

    /// All that a decoder needs: what is embedded in a container.
    ///
    /// # Errors
    /// None that a valid autoencoder gives.
    pub fn decoder(&self) -> Result<Autoencoder> {
        match &self.kind {
            AutoencoderKind::Masked(_) => Ok(self.clone()),
            AutoencoderKind::Bottleneck(whole) => {
                Autoencoder::new(AutoencoderKind::Bottleneck(whole.decoder_alone()))
            }
        }
    }

    /// Numbers of a row that it takes.
    pub fn columns(&self) -> usize {
        match &self.kind {
            AutoencoderKind::Masked(masked) => masked.shape.columns.into(),
            AutoencoderKind::Bottleneck(autoencoder) => autoencoder.shape.columns.into(),
        }
    }
}

/// A shape that has been read.
enum Shape {
    Masked(MaskedShape),
    Bottleneck(BottleneckShape),
}

impl Shape {
    /// The autoencoder of this shape, and the plain form of its tensors.
    fn read(self, with_encoder: bool, words: &[u32]) -> Result<(AutoencoderKind, Vec<u8>)> {
        match self {
            Shape::Masked(shape) => {
                let mut weights = MaskedWeights::default();
                read_tensors(words, None, |v| weights.visit(&shape, v))?;
                let plain = plain(|v| weights.visit(&shape, v))?;
                Ok((AutoencoderKind::Masked(Masked { shape, weights }), plain))
            }
            Shape::Bottleneck(shape) => {
                let mut autoencoder = Bottleneck {
                    shape,
                    ..Bottleneck::default()
                };
                read_tensors(words, None, |v| autoencoder.visit(with_encoder, v))?;
                let plain = plain(|v| autoencoder.visit(with_encoder, v))?;
                Ok((AutoencoderKind::Bottleneck(autoencoder), plain))
            }
        }
    }
}

fn masked_shape(rest: &mut &[u8], size: usize) -> Result<MaskedShape> {
    let [c0, c1, h0, h1, components, previous]: [u8; 6] = take(rest, size)?;
    let shape = MaskedShape {
        columns: u16::from_le_bytes([c0, c1]),
        hidden: u16::from_le_bytes([h0, h1]),
        components,
        previous,
    };
    shape.check().map(|()| shape)
}

fn bottleneck_shape(rest: &mut &[u8], size: usize) -> Result<BottleneckShape> {
    let [c0, c1, l0, l1, latent_bits, layers]: [u8; 6] = take(rest, size)?;
    let mut shape = BottleneckShape {
        columns: u16::from_le_bytes([c0, c1]),
        latents: u16::from_le_bytes([l0, l1]),
        latent_bits,
        hidden: Vec::new(),
    };
    for _ in 0..layers {
        shape.hidden.push(u16::from_le_bytes(take(rest, size)?));
    }
    shape.check().map(|()| shape)
}

fn plain(visit: impl FnOnce(&mut TensorBytes) -> Result<()>) -> Result<Vec<u8>> {
    let mut plain = TensorBytes::default();
    visit(&mut plain)?;
    Ok(plain.bytes)
}

fn id(head: &[u8], plain: &[u8]) -> ModelId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head).update(plain);
    ModelId(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TensorVisitor, Value};

    /// Fills tensors with numbers that are allowed.
    struct Filler(u64);

    impl TensorVisitor for Filler {
        fn tensor<T: Value>(
            &mut self,
            _: &'static str,
            tensor: &mut Vec<T>,
            [rows, columns]: [usize; 2],
            low: i64,
            high: i64,
        ) -> Result<()> {
            let mut next = || {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                T::narrow(low + (self.0 >> 33) as i64 % (high - low + 1))
            };
            *tensor = (0..rows * columns).map(|_| next()).collect();
            Ok(())
        }
    }

    fn both() -> [Autoencoder; 2] {
        let shape = MaskedShape {
            columns: 5,
            hidden: 7,
            components: 2,
            previous: 1,
        };
        let mut weights = MaskedWeights::default();
        weights.visit(&shape, &mut Filler(1)).unwrap();
        let mut bottleneck = Bottleneck {
            shape: BottleneckShape {
                columns: 6,
                hidden: vec![9, 3],
                latents: 2,
                latent_bits: 6,
            },
            ..Bottleneck::default()
        };
        bottleneck.visit(true, &mut Filler(2)).unwrap();
        [
            Autoencoder::new(AutoencoderKind::Masked(Masked { shape, weights })).unwrap(),
            Autoencoder::new(AutoencoderKind::Bottleneck(bottleneck)).unwrap(),
        ]
    }

    #[test]
    fn autoencoders_come_back() {
        for autoencoder in both() {
            for one in [autoencoder.decoder().unwrap(), autoencoder] {
                let again = Autoencoder::from_bytes(one.bytes()).unwrap();
                assert!(again.kind() == one.kind() && again.id() == one.id());
                assert!(Autoencoder::is_one(one.bytes()));
            }
        }
    }

    #[test]
    fn each_kind_of_model_is_refused_for_the_other() {
        for autoencoder in both() {
            let error = Model::from_bytes(autoencoder.bytes()).unwrap_err();
            assert!(error.to_string().contains("an autoencoder"), "{error}");
        }
        let network = Model::built_in(2).unwrap().to_bytes();
        assert!(!Autoencoder::is_one(&network));
        let error = Autoencoder::from_bytes(&network).unwrap_err();
        assert!(error.to_string().contains("no autoencoder"), "{error}");
    }

    #[test]
    fn damage_is_an_error() {
        for autoencoder in both() {
            let bytes = autoencoder.bytes();
            for cut in 0..bytes.len() {
                assert!(
                    Autoencoder::from_bytes(&bytes[..cut]).is_err(),
                    "cut at {cut}"
                );
            }
            for at in 0..bytes.len() {
                let mut damaged = bytes.to_vec();
                damaged[at] ^= 1 << (at % 8);
                // The last word has bits that mean nothing.
                let same = |read: Autoencoder| read.kind() == autoencoder.kind();
                let last = at + 8 > bytes.len();
                let read = Autoencoder::from_bytes(&damaged);
                assert!(
                    read.map_or(true, |read| last && same(read)),
                    "damaged at {at}"
                );
            }
        }
    }
}
