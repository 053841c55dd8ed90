//! What a caller can choose.

use crate::layout::SpecifiedLayout;
use crate::level::Level;
use crate::model_file::{Autoencoder, Model};
use rayon::ThreadPool;
use std::sync::Arc;

/// How to compress.
#[derive(Clone, Debug)]
pub struct EncodeOptions {
    /// How much work to spend.
    pub level: Level,
    /// The network; `None` takes the level's built-in one.
    pub model: Option<Arc<Model>>,
    /// The autoencoder that may predict tables of lossy files.
    pub autoencoder: Option<Arc<Autoencoder>>,
    /// With a model of one's own: embed its bytes (true) or name it by its id alone.
    pub embed_model: bool,
    /// What is known of the input's layout; the rest is detected.
    pub layout: SpecifiedLayout,
    /// Worker threads; 0 takes all cores. The output does not depend on it.
    pub threads: usize,
    /// The threads to work on, instead of some of its own.
    pub pool: Option<Arc<ThreadPool>>,
}

impl Default for EncodeOptions {
    /// What the command does without options: what it writes decodes without further files.
    fn default() -> Self {
        EncodeOptions {
            level: Level::default(),
            model: None,
            autoencoder: None,
            embed_model: true,
            layout: SpecifiedLayout::default(),
            threads: 0,
            pool: None,
        }
    }
}

/// How to decompress.
#[derive(Clone, Debug, Default)]
pub struct DecodeOptions {
    /// Models to look an id up in, beside the built-in ones.
    pub models: Vec<Arc<Model>>,
    /// Autoencoders to look an id up in.
    pub autoencoders: Vec<Arc<Autoencoder>>,
    /// Refuse lossy files.
    pub lossless: bool,
    /// Worker threads; 0 takes all cores.
    pub threads: usize,
    /// The threads to work on, instead of some of its own.
    pub pool: Option<Arc<ThreadPool>>,
}
