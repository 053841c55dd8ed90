//! From an error to one line and an exit code.

use boa_constrictor::Error;
use std::io;
use std::path::Path;

/// Wrong usage, or the surroundings failed.
pub const USAGE: u8 = 1;
/// The data is damaged, truncated or not supported.
pub const DATA: u8 = 2;
/// Ended by a signal.
pub const INTERRUPTED: i32 = 130;

/// Why a file was not done.
#[derive(Debug)]
pub enum Failure {
    /// An error's line and the exit code.
    Message { line: String, code: u8 },
    /// Nobody reads our output any more, which is their right.
    BrokenPipe,
}

impl Failure {
    /// `what` is wrong with `path`, which is nobody's data's fault.
    pub fn usage(path: &Path, what: impl std::fmt::Display) -> Failure {
        Failure::Message {
            line: format!("{}: {what}", shown(path)),
            code: USAGE,
        }
    }

    /// The library's error about `path`.
    pub fn of(path: &Path, error: Error) -> Failure {
        if error.is_broken_pipe() {
            return Failure::BrokenPipe;
        }
        let code = if error.is_data() { DATA } else { USAGE };
        let line = match error {
            Error::Io(e) => format!("{}: {}", shown(path), message(&e)),
            e => format!("{}: {e}", shown(path)),
        };
        Failure::Message { line, code }
    }

    /// An I/O error about `path`.
    pub fn io(path: &Path, error: io::Error) -> Failure {
        Failure::of(path, Error::Io(error))
    }

    /// Prints the line, and gives the exit code.
    pub fn report(self) -> u8 {
        match self {
            Failure::Message { line, code } => {
                eprintln!("boa: {line}");
                code
            }
            Failure::BrokenPipe => 0,
        }
    }
}

/// A path as messages show it, on one line.
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        return "(stdin)".into();
    }
    path.to_string_lossy()
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

/// An I/O error in words, without the system's number for the usual ones.
fn message(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "is a directory".into(),
        io::ErrorKind::NotADirectory => "a part of the path is not a directory".into(),
        io::ErrorKind::AlreadyExists => "already exists".into(),
        io::ErrorKind::StorageFull => "no space left".into(),
        _ => error.to_string(),
    }
}
