//! Which model a frame uses: the one rule for encoding, decoding and whoever reads a file.

use crate::error::{Error, Result};
use crate::format::{EntropyModel, FrameHeader, ModelSection, NetworkRef};
use crate::layout::{Contexts, Positions};
use crate::level::BuiltIn;
use crate::model_file::{Autoencoder, Model, ModelId};
use crate::options::EncodeOptions;
use std::sync::Arc;

/// The models that the frames of a member can refer to. A model is looked up, and read, when a frame needs it.
#[derive(Debug)]
pub struct Models<'a> {
    supplied: &'a [Arc<Model>],
    autoencoders: &'a [Arc<Autoencoder>],
    section: Option<ModelSection>,
    read: Option<Arc<Model>>,
    read_autoencoder: Option<Arc<Autoencoder>>,
}

impl<'a> Models<'a> {
    /// For a member that has no model section yet. `supplied` are models to look an id up in, beside the built-in ones.
    pub fn new(supplied: &'a [Arc<Model>]) -> Self {
        Models {
            supplied,
            autoencoders: &[],
            section: None,
            read: None,
            read_autoencoder: None,
        }
    }

    /// Adds autoencoders to look an id up in.
    pub fn with_autoencoders(self, autoencoders: &'a [Arc<Autoencoder>]) -> Self {
        Models {
            autoencoders,
            ..self
        }
    }

    /// Takes the member's model section.
    pub fn set_section(&mut self, section: ModelSection) {
        self.section = Some(section);
        self.read = None;
        self.read_autoencoder = None;
    }

    /// The model whose network a frame uses; `None` if it uses none.
    ///
    /// # Errors
    /// `UnknownModel` if the model is neither here nor built in, `Damaged` if the member has no model section, and those of
    /// [`Model::from_bytes`] for an embedded model.
    pub fn of_frame(&mut self, header: &FrameHeader) -> Result<Option<Arc<Model>>> {
        let EntropyModel::Mix(mix) = &header.model else {
            return Ok(None);
        };
        match mix.network {
            None => Ok(None),
            Some(NetworkRef::BuiltIn(number)) => match Model::built_in(number) {
                Some(model) => Ok(Some(Arc::clone(model))),
                None => Err(Error::UnknownModel {
                    id: format!("built in as number {number}"),
                }),
            },
            Some(NetworkRef::Member) => {
                if self.read.is_none() {
                    self.read = Some(self.of_section()?);
                }
                Ok(self.read.clone())
            }
        }
    }

    /// The autoencoder that a frame of numbers may use: the member's, if it has one.
    ///
    /// # Errors
    /// `UnknownModel` if the autoencoder is not here, and those of [`Autoencoder::from_bytes`] for an embedded one.
    pub fn autoencoder_of(&mut self, header: &FrameHeader) -> Result<Option<Arc<Autoencoder>>> {
        let (EntropyModel::Numbers(_), Some(section)) = (&header.model, &self.section) else {
            return Ok(None);
        };
        if self.read_autoencoder.is_none() {
            self.read_autoencoder = Some(match section {
                ModelSection::Embedded(bytes) => Arc::new(Autoencoder::from_bytes(bytes)?),
                ModelSection::ById(id) => {
                    let mut all = self.autoencoders.iter();
                    // The decoder alone is what a file refers to, and a whole one has it.
                    let has = |autoencoder: &&Arc<Autoencoder>| {
                        let decoder = autoencoder.decoder();
                        autoencoder.id().0 == *id || decoder.is_ok_and(|it| it.id().0 == *id)
                    };
                    match all.find(has) {
                        Some(autoencoder) => Arc::clone(autoencoder),
                        None => {
                            let id = blake3::Hash::from(*id).to_hex().to_string();
                            return Err(Error::UnknownModel { id });
                        }
                    }
                }
            });
        }
        Ok(self.read_autoencoder.clone())
    }

    fn of_section(&self) -> Result<Arc<Model>> {
        match &self.section {
            None => Err(Error::InvalidModel {
                what: "a frame uses the member's model, but the member has none",
                found: 0,
                allowed: 1,
            }),
            Some(ModelSection::Embedded(bytes)) => Ok(Arc::new(Model::from_bytes(bytes)?)),
            Some(ModelSection::ById(id)) => {
                let id = ModelId(*id);
                let supplied = self.supplied.iter().find(|model| model.id() == id);
                match supplied.or_else(|| built_in(id).map(|(_, model)| model)) {
                    Some(model) => Ok(Arc::clone(model)),
                    None => Err(Error::UnknownModel {
                        id: blake3::Hash::from(id.0).to_hex().to_string(),
                    }),
                }
            }
        }
    }
}

/// The built-in model of this id, and its number.
fn built_in(id: ModelId) -> Option<(u16, &'static Arc<Model>)> {
    (1..)
        .map_while(|number| Some((number, Model::built_in(number)?)))
        .find(|(_, model)| model.id() == id)
}

/// The model that an encoder's frames may use.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    model: Option<Arc<Model>>,
    reference: NetworkRef,
    /// Where frames name the member's model: what that is.
    pub section: Option<ModelSection>,
    /// In tables of few rows only.
    few_rows: bool,
}

impl Chosen {
    /// The user's model, or that of the effort.
    ///
    /// # Errors
    /// `InvalidArgument` if this library lacks a built-in model.
    pub fn new(options: &EncodeOptions) -> Result<Chosen> {
        let Some(supplied) = &options.model else {
            let (number, few_rows) = match options.level.effort().settings().network {
                BuiltIn::Never => (None, false),
                BuiltIn::FewRows(number) => (Some(number), true),
                BuiltIn::Always(number) => (Some(number), false),
            };
            let model = match number {
                None => None,
                Some(number) => Some(Model::built_in(number).cloned().ok_or_else(|| {
                    Error::InvalidArgument("this boa has no built-in model".into())
                })?),
            };
            return Ok(Chosen {
                model,
                reference: NetworkRef::BuiltIn(number.unwrap_or(0)),
                section: None,
                few_rows,
            });
        };
        let id = supplied.id();
        let (reference, section) = match built_in(id) {
            Some((number, _)) => (NetworkRef::BuiltIn(number), None),
            None if options.embed_model => {
                let bytes = supplied.network_bytes().to_vec();
                (NetworkRef::Member, Some(ModelSection::Embedded(bytes)))
            }
            None => (NetworkRef::Member, Some(ModelSection::ById(id.0))),
        };
        Ok(Chosen {
            model: Some(Arc::clone(supplied)),
            reference,
            section,
            few_rows: false,
        })
    }

    /// No model: only counters predict.
    pub fn nothing() -> Chosen {
        Chosen {
            model: None,
            reference: NetworkRef::BuiltIn(0),
            section: None,
            few_rows: false,
        }
    }

    /// The model, for the structure that it may bring along.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_deref()
    }

    /// The model whose network a frame of `len` coded bytes uses, and how the frame names it.
    pub fn of_frame(&self, positions: &Positions, len: usize) -> Option<(&Model, NetworkRef)> {
        const FEW_ROWS: usize = 1024;
        let rows = len / positions.layout().period().max(1) as usize;
        let few = positions.contexts() == Contexts::Table && rows < FEW_ROWS;
        let model = self.model().filter(|_| !self.few_rows || few)?;
        Some((model, self.reference))
    }
}
