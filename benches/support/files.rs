//! The data files of a directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files in and under a directory, in the order of their names, without what describes them.
pub fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut paths = fs::read_dir(directory)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else if !path.extension().is_some_and(|e| e == "json" || e == "md") {
            files.push(path);
        }
    }
    Ok(())
}
