//! Models from .boam files.

use super::exit::Failure;
use boa_constrictor::{Error, Model};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Reads and checks the model in `path`.
pub fn load(path: &Path) -> Result<Arc<Model>, Failure> {
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
    Model::from_bytes(&bytes)
        .map(Arc::new)
        .map_err(|e| Failure::of(path, e))
}

/// Reads and checks the models in `paths`.
pub fn load_all(paths: &[impl AsRef<Path>]) -> Result<Vec<Arc<Model>>, Failure> {
    paths.iter().map(|path| load(path.as_ref())).collect()
}
