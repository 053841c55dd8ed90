//! Models from .boam files.

use super::exit::Failure;
use boa_constrictor::model_file::Autoencoder;
use boa_constrictor::{DecodeOptions, EncodeOptions, Error, Model};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = Model::MAX_BYTES as u64;
    let file = File::open(path).map_err(|e| Failure::io(path, e))?;
    let read = file
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::io(path, e))?;
    if read as u64 > limit {
        let error = Error::InvalidModel {
            what: "length",
            found: read as u64,
            allowed: limit,
        };
        return Err(Failure::of(path, error));
    }
    Ok(bytes)
}

/// Reads and checks the network in `path`.
pub fn load(path: &Path) -> Result<Arc<Model>, Failure> {
    let model = Model::from_bytes(&read(path)?);
    model.map(Arc::new).map_err(|e| Failure::of(path, e))
}

/// Reads and checks the autoencoder in `path`.
pub fn load_autoencoder(path: &Path) -> Result<Arc<Autoencoder>, Failure> {
    let autoencoder = Autoencoder::from_bytes(&read(path)?);
    autoencoder.map(Arc::new).map_err(|e| Failure::of(path, e))
}

/// Puts the model in `path` into the options: for a lossy file an autoencoder, else a network.
pub fn choose(
    path: Option<&Path>,
    is_lossy: bool,
    options: &mut EncodeOptions,
) -> Result<(), Failure> {
    match path {
        None => {}
        Some(path) if is_lossy => options.autoencoder = Some(load_autoencoder(path)?),
        Some(path) => options.model = Some(load(path)?),
    }
    Ok(())
}

/// Reads and checks the models in `paths`, of either kind.
pub fn load_all(paths: &[impl AsRef<Path>]) -> Result<DecodeOptions, Failure> {
    let mut options = DecodeOptions::default();
    for path in paths {
        let path = path.as_ref();
        match Autoencoder::is_one(&read(path)?) {
            true => options.autoencoders.push(load_autoencoder(path)?),
            false => options.models.push(load(path)?),
        }
    }
    Ok(options)
}

/// The options that decode what was written with these.
pub fn decode_options(options: &EncodeOptions) -> DecodeOptions {
    DecodeOptions {
        models: options.model.iter().cloned().collect(),
        autoencoders: options.autoencoder.iter().cloned().collect(),
        threads: options.threads,
        pool: options.pool.clone(),
        lossless: false,
    }
}
