//! Where the input comes from.

use super::exit::Failure;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

/// Stdin, as a path on the command line.
pub const STDIN: &str = "-";

/// The files of the command line, or stdin if there are none.
pub fn or_stdin(files: &[PathBuf]) -> Vec<PathBuf> {
    match files {
        [] => vec![PathBuf::from(STDIN)],
        files => files.to_vec(),
    }
}

/// An open input.
pub enum OpenInput {
    /// Standard input.
    Stdin,
    /// A file, and what it was like when it was opened.
    File(File, Metadata),
}

impl OpenInput {
    /// Opens `path`; `-` is stdin.
    pub fn open(path: &Path) -> Result<OpenInput, Failure> {
        if path == Path::new(STDIN) {
            return Ok(OpenInput::Stdin);
        }
        let file = File::open(path).map_err(|e| Failure::io(path, e))?;
        let metadata = file.metadata().map_err(|e| Failure::io(path, e))?;
        if metadata.is_dir() {
            return Err(Failure::io(path, io::ErrorKind::IsADirectory.into()));
        }
        Ok(OpenInput::File(file, metadata))
    }

    /// What a regular file was like when it was opened.
    pub fn metadata(&self) -> Option<&Metadata> {
        match self {
            OpenInput::File(_, metadata) if metadata.is_file() => Some(metadata),
            _ => None,
        }
    }

    /// Bytes of the input, if that can be known.
    pub fn len(&self) -> Option<u64> {
        self.metadata().map(Metadata::len)
    }

    /// The input as a reader of compressed data, which a terminal does not give unless `force` is set.
    pub fn into_compressed(self, path: &Path, force: bool) -> Result<Box<dyn BufRead>, Failure> {
        const BUFFER: usize = 1 << 16;
        match self {
            OpenInput::Stdin if io::stdin().is_terminal() && !force => Err(Failure::usage(
                path,
                "compressed data is not read from a terminal; -f reads it",
            )),
            OpenInput::Stdin => Ok(Box::new(BufReader::with_capacity(BUFFER, io::stdin()))),
            OpenInput::File(file, _) => Ok(Box::new(BufReader::with_capacity(BUFFER, file))),
        }
    }
}

/// Removes the file at `path` that `opened` describes, unless it was changed or replaced meanwhile.
pub fn remove(path: &Path, opened: &Metadata) -> Result<(), Failure> {
    let now = fs::symlink_metadata(path).map_err(|e| Failure::io(path, e))?;
    if now.is_symlink() {
        return Err(Failure::usage(path, "is a link, so it is not removed"));
    }
    let same = same_file(&now, opened)
        && now.len() == opened.len()
        && now.modified().ok() == opened.modified().ok();
    if !same {
        return Err(Failure::usage(
            path,
            "changed meanwhile, so it is not removed",
        ));
    }
    fs::remove_file(path).map_err(|e| Failure::io(path, e))
}

/// Whether two descriptions are of one file.
#[cfg(unix)]
pub fn same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Whether two descriptions are of one file: where files have no numbers, by all that is known of them.
#[cfg(not(unix))]
pub fn same_file(a: &Metadata, b: &Metadata) -> bool {
    a.len() == b.len() && a.created().ok() == b.created().ok() && a.is_file() == b.is_file()
}
