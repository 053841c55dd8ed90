//! The autoencoder that the frames of a lossy member may use: the encoder's, and whether it pays.

use crate::error::{Error, Result};
use crate::format::{BoundRun, ListedBound, MAX_FRAMES, ModelSection, runs};
use crate::lossy::grid::Extent;
use crate::lossy::plan::{FrameContent, LossyFrame, Plan};
use crate::lossy::source::Source;
use crate::lossy::table::{self, ColumnTask};
use crate::lossy::{Tolerance, latents};
use crate::model_file::{Autoencoder, AutoencoderKind};
use crate::options::EncodeOptions;
use std::sync::Arc;

/// Most bytes of a frame that are coded with and without to see whether an autoencoder pays.
const TRIAL: usize = 2 << 20;

/// The autoencoder that an encoder's frames may use.
#[derive(Clone, Debug)]
pub(super) struct ChosenAutoencoder {
    autoencoder: Arc<Autoencoder>,
    section: ModelSection,
}

impl ChosenAutoencoder {
    /// The user's, if there is one.
    ///
    /// # Errors
    /// `InvalidArgument` for one with a bottleneck, which predicts nothing.
    pub fn predicting(options: &EncodeOptions) -> Result<Option<ChosenAutoencoder>> {
        let Some(autoencoder) = &options.autoencoder else {
            return Ok(None);
        };
        match autoencoder.kind() {
            AutoencoderKind::Masked(_) => Ok(Some(ChosenAutoencoder {
                autoencoder: Arc::clone(autoencoder),
                section: section(autoencoder, options.embed_model),
            })),
            AutoencoderKind::Bottleneck(_) => Err(Error::InvalidArgument(
                "an autoencoder with a bottleneck keeps no bound: it is for latents alone".into(),
            )),
        }
    }

    /// The user's, which has latents and an encoder to them.
    ///
    /// # Errors
    /// `InvalidArgument` for any other, or none.
    pub fn with_latents(options: &EncodeOptions) -> Result<ChosenAutoencoder> {
        let invalid = |what: &str| Err(Error::InvalidArgument(what.into()));
        let Some(autoencoder) = &options.autoencoder else {
            return invalid("latents alone need an autoencoder with a bottleneck");
        };
        match autoencoder.kind() {
            AutoencoderKind::Bottleneck(whole) if !whole.encoder.layers.is_empty() => {
                let section = section(&autoencoder.decoder()?, options.embed_model);
                Ok(ChosenAutoencoder {
                    autoencoder: Arc::clone(autoencoder),
                    section,
                })
            }
            AutoencoderKind::Bottleneck(_) => invalid("the autoencoder has no encoder"),
            AutoencoderKind::Masked(_) => {
                invalid("a masked autoencoder has no latents: it is for files with a bound")
            }
        }
    }

    /// It.
    pub fn kind(&self) -> &AutoencoderKind {
        self.autoencoder.kind()
    }

    /// The member's model section.
    pub fn section(&self) -> &ModelSection {
        &self.section
    }

    /// The frames of an input of whose tables only latents are stored, and what its head lists.
    ///
    /// # Errors
    /// `InvalidArgument` without a table of its columns, or with too many frames.
    pub fn frames_of_latents(&self, source: &Source) -> Result<(Vec<LossyFrame>, Vec<BoundRun>)> {
        let invalid = |what: String| Err(Error::InvalidArgument(what));
        // Any bound: what counts is which numbers have one.
        let task = ColumnTask {
            tolerance: Some(Tolerance::Absolute(f64::MAX)),
            fill: Vec::new(),
            extent: Extent {
                largest: 0.0,
                smallest: 0.0,
            },
        };
        let columns = source.columns().len();
        let plan = Plan {
            tasks: vec![task; columns],
            bounds: vec![None; columns],
        };
        let mut listed = vec![ListedBound::Exact; columns];
        let mut frames = plan.frames(source);
        for frame in &mut frames {
            match (&frame.content, self.kind()) {
                (
                    FrameContent::Table { shape, first, .. },
                    AutoencoderKind::Bottleneck(bottleneck),
                ) if latents::knows(bottleneck, shape) => {
                    let own = listed.iter_mut().skip(*first).take(shape.columns.len());
                    own.for_each(|bound| *bound = ListedBound::Unbounded);
                }
                _ => frame.content = FrameContent::Exact,
            }
        }
        if !listed.contains(&ListedBound::Unbounded) {
            let columns = self.autoencoder.columns();
            return invalid(format!(
                "no table of {columns} columns, which is what the autoencoder is for, with not fewer columns than it has latents"
            ));
        }
        if frames.len() as u64 > MAX_FRAMES {
            return invalid(format!(
                "{} frames: a lossy file has at most {MAX_FRAMES}",
                frames.len()
            ));
        }
        Ok((frames, runs(listed.into_iter())))
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
        let AutoencoderKind::Masked(masked) = self.kind() else {
            return false;
        };
        let words = |masked| table::encode(shape, tasks, rows, masked).words.len() as f64;
        let saved = 4.0 * (words(None) - words(Some(masked)));
        let cost = self.section().to_bytes().len() as f64;
        saved * all as f64 / (rows.len() as f64).max(1.0) > cost
    }
}

fn section(autoencoder: &Autoencoder, embeds: bool) -> ModelSection {
    match embeds {
        true => ModelSection::Embedded(autoencoder.bytes().to_vec()),
        false => ModelSection::ById(autoencoder.id().0),
    }
}
