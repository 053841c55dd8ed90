//! The autoencoder that the frames of a lossy member may use: the encoder's, and whether it pays.

use crate::error::{Error, Result};
use crate::format::ModelSection;
use crate::lossy::plan::{FrameContent, LossyFrame};
use crate::lossy::table;
use crate::model::autoencoder::Masked;
use crate::model_file::{Autoencoder, AutoencoderKind};
use crate::options::EncodeOptions;
use std::sync::Arc;

/// Most bytes of a frame that are coded with and without to see whether an autoencoder pays.
const TRIAL: usize = 2 << 20;

/// The autoencoder that an encoder's frames may use.
#[derive(Clone, Debug)]
pub(super) struct ChosenAutoencoder {
    autoencoder: Arc<Autoencoder>,
    embeds: bool,
}

impl ChosenAutoencoder {
    /// The user's, if there is one.
    ///
    /// # Errors
    /// `InvalidArgument` for one with a bottleneck, which predicts nothing.
    pub fn new(options: &EncodeOptions) -> Result<Option<ChosenAutoencoder>> {
        let Some(autoencoder) = &options.autoencoder else {
            return Ok(None);
        };
        let chosen = ChosenAutoencoder {
            autoencoder: Arc::clone(autoencoder),
            embeds: options.embed_model,
        };
        match chosen.masked() {
            Some(_) => Ok(Some(chosen)),
            None => Err(Error::InvalidArgument(
                "an autoencoder with a bottleneck keeps no bound: it is for latents alone".into(),
            )),
        }
    }

    /// What predicts.
    pub fn masked(&self) -> Option<&Masked> {
        match self.autoencoder.kind() {
            AutoencoderKind::Masked(masked) => Some(masked),
            AutoencoderKind::Bottleneck(_) => None,
        }
    }

    /// The member's model section.
    pub fn section(&self) -> ModelSection {
        match self.embeds {
            true => ModelSection::Embedded(self.autoencoder.bytes().to_vec()),
            false => ModelSection::ById(self.autoencoder.id().0),
        }
    }

    /// Whether it saves more bytes than it takes, by what it saves in the first rows of a frame, if `all` bytes are like these.
    pub fn pays(&self, frame: &LossyFrame, content: &[u8], all: u64) -> bool {
        let FrameContent::Table { shape, tasks, .. } = &frame.content else {
            return false;
        };
        let rows = match shape.column_major {
            true => content,
            false => {
                let record = shape.record.max(1);
                let len = content.len().min((TRIAL / record).max(1) * record);
                content.get(..len).unwrap_or(content)
            }
        };
        let words = |masked| table::encode(shape, tasks, rows, masked).words.len() as f64;
        let saved = 4.0 * (words(None) - words(self.masked()));
        let cost = self.section().to_bytes().len() as f64;
        saved * all as f64 / (rows.len() as f64).max(1.0) > cost
    }
}
