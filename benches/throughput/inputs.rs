//! What is compressed: files, or tables strung together.

use crate::Failure;
use crate::files::collect;
use crate::numbers::{self, Numbers};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Content, and what is known of it.
pub struct Input {
    pub name: String,
    /// Its folder's name.
    pub group: String,
    /// Where a process finds it.
    pub path: PathBuf,
    pub content: Vec<u8>,
    /// Those of each table or array in it; empty if any is not known.
    pub numbers: Vec<Numbers>,
    /// What holds tables strung together.
    _file: Option<NamedTempFile>,
}

/// Files as they are, directories as the files in and under them.
pub fn paths(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for path in arguments {
        match path.is_dir() {
            true => collect(path, &mut paths)?,
            false => paths.push(path.clone()),
        }
    }
    match paths.is_empty() {
        true => Err("no files".into()),
        false => Ok(paths),
    }
}

impl Input {
    pub fn read(path: &Path) -> Result<Input, Failure> {
        let failed = |e: Failure| format!("{}: {e}", path.display());
        let content = fs::read(path).map_err(|e| failed(e.into()))?;
        if content.is_empty() {
            return Err(failed("is empty".into()).into());
        }
        let numbers = numbers::find(path, &content).map_err(failed)?;
        let folder = path.parent().and_then(Path::file_name);
        Ok(Input {
            name: path.display().to_string(),
            group: folder.map_or(".".into(), |folder| folder.to_string_lossy().into()),
            path: path.into(),
            content,
            numbers: numbers.into_iter().collect(),
            _file: None,
        })
    }

    /// Whole tables, one after the other, until there are so many bytes or no more tables.
    pub fn mixed(paths: &[PathBuf], bytes: usize) -> Result<Input, Failure> {
        let (mut content, mut numbers) = (Vec::new(), Vec::new());
        for path in paths {
            let input = Input::read(path)?;
            let is_table = |numbers: &Numbers| numbers.columns.len() > 1;
            if content.len() < bytes && input.numbers.iter().any(is_table) {
                content.extend(input.content);
                numbers.extend(input.numbers);
            }
        }
        if content.is_empty() {
            return Err("none of the files has a sidecar that says it is a table".into());
        }
        let file = NamedTempFile::new()?;
        fs::write(file.path(), &content)?;
        Ok(Input {
            name: format!("{} tables strung together", numbers.len()),
            group: "mixed".into(),
            path: file.path().into(),
            content,
            numbers,
            _file: Some(file),
        })
    }
}
