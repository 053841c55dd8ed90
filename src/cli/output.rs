//! Where the output goes: it appears whole under its name, or not at all.

use super::exit::Failure;
use super::{signals, source};
use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// An open output.
pub enum Output {
    /// Standard output.
    Stdout(io::Stdout),
    /// A device or a pipe: written as it comes.
    Direct(File),
    /// A regular file, under a temporary name until it is complete.
    File(Pending),
}

/// A file that is not complete yet. Dropped, it is removed.
pub struct Pending {
    temp: NamedTempFile,
    target: PathBuf,
    force: bool,
}

impl Output {
    /// Standard output. `binary` data does not go to a terminal, unless `force` is set.
    pub fn stdout(binary: bool, force: bool) -> Result<Output, Failure> {
        let stdout = io::stdout();
        if binary && stdout.is_terminal() && !force {
            let what = "compressed data is not written to a terminal; -f writes it";
            return Err(Failure::usage(Path::new("(stdout)"), what));
        }
        Ok(Output::Stdout(stdout))
    }

    /// A file at `target`, made of the file that `input` describes. An existing one is replaced only with `force`.
    pub fn create(target: &Path, input: Option<&Metadata>, force: bool) -> Result<Output, Failure> {
        let failed = |e| Failure::io(target, e);
        let mut target_path = target.to_path_buf();
        if let Ok(existing) = fs::metadata(target) {
            if existing.is_dir() {
                return Err(failed(io::ErrorKind::IsADirectory.into()));
            }
            if input.is_some_and(|input| source::same_file(input, &existing)) {
                return Err(Failure::usage(target, "is the input itself"));
            }
            if !existing.is_file() {
                let device = OpenOptions::new()
                    .write(true)
                    .open(target)
                    .map_err(failed)?;
                return Ok(Output::Direct(device));
            }
            if !force {
                return Err(Failure::usage(target, "already exists; -f overwrites it"));
            }
            // A link stays, and what it points to is replaced.
            target_path = fs::canonicalize(target).map_err(failed)?;
        }
        let temp = signals::guarded(|| {
            // Mode 0600 until it is complete.
            let mut builder = tempfile::Builder::new();
            let temp = builder
                .prefix(".boa-")
                .suffix(".tmp")
                .tempfile_in(directory(&target_path))?;
            let path = temp.path().to_path_buf();
            Ok((temp, path))
        });
        Ok(Output::File(Pending {
            temp: temp.map_err(failed)?,
            target: target_path,
            force,
        }))
    }

    /// The pending file's temporary path.
    pub fn temporary_path(&self) -> Option<&Path> {
        match self {
            Output::File(pending) => Some(pending.temp.path()),
            _ => None,
        }
    }

    /// Completes the output: a file gets the mode and the time of `input`, goes to disk and gets its name.
    pub fn commit(self, input: Option<&Metadata>) -> Result<(), Failure> {
        match self {
            Output::Stdout(mut stdout) => stdout
                .flush()
                .map_err(|e| Failure::io(Path::new("(stdout)"), e)),
            Output::Direct(_) => Ok(()),
            Output::File(pending) => {
                let target = pending.target.clone();
                pending.commit(input).map_err(|e| Failure::io(&target, e))
            }
        }
    }
}

impl Pending {
    fn commit(self, input: Option<&Metadata>) -> io::Result<()> {
        let Pending {
            temp,
            target,
            force,
        } = self;
        if let Some(modified) = input.and_then(|input| input.modified().ok()) {
            temp.as_file()
                .set_times(FileTimes::new().set_modified(modified))?;
        }
        let permissions = match input {
            Some(input) => plain_permissions(input),
            None => usual_permissions(directory(&target))?,
        };
        // After the time: the mode may forbid to write.
        temp.as_file().set_permissions(permissions)?;
        temp.as_file().sync_all()?;
        signals::released(|| {
            let persisted = if force {
                temp.persist(&target)
            } else {
                temp.persist_noclobber(&target)
            };
            persisted.map(drop).map_err(|e| e.error)
        })?;
        sync_directory(directory(&target))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Output::Stdout(stdout) => stdout.write(bytes),
            Output::Direct(file) => file.write(bytes),
            Output::File(pending) => pending.temp.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Output::Stdout(stdout) => stdout.flush(),
            Output::Direct(file) => file.flush(),
            Output::File(pending) => pending.temp.flush(),
        }
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// The permissions of any new file in `directory`, for an output without an input file to take them from. Only making a
/// file shows what the umask leaves of them.
fn usual_permissions(directory: &Path) -> io::Result<fs::Permissions> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".boa-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    Ok(builder
        .tempfile_in(directory)?
        .as_file()
        .metadata()?
        .permissions())
}

/// The input's permissions without set-user-id and the like.
fn plain_permissions(input: &Metadata) -> fs::Permissions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(input.permissions().mode() & 0o777)
    }
    #[cfg(not(unix))]
    input.permissions()
}

/// Puts the new name on disk.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        match File::open(path)?.sync_all() {
            // Some file systems do not sync directories; there is nothing more to be done there.
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            result => result,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}
