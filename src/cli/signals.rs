//! Ctrl-C and SIGTERM: the unfinished output is removed, and the exit code says so.

use super::exit::INTERRUPTED;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The output that is not complete yet.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Installs the handler.
///
/// Under `nohup` it is left out: the handler cannot tell a hangup, which is to be ignored then, from the others. If
/// the system refuses a handler, signals end the process as they do anyway.
pub fn install() {
    if !hangup_is_ignored() {
        let _ = ctrlc::set_handler(|| {
            let unfinished = lock();
            if let Some(path) = unfinished.as_deref() {
                let _ = fs::remove_file(path);
            }
            // The lock is held to the end, so that no file is completed or begun meanwhile.
            std::process::exit(INTERRUPTED);
        });
    }
}

/// Runs `create`, which creates a file and gives its path, so that no signal comes between creation and note.
pub fn guarded<T>(create: impl FnOnce() -> io::Result<(T, PathBuf)>) -> io::Result<T> {
    let mut unfinished = lock();
    let (file, path) = create()?;
    *unfinished = Some(path);
    Ok(file)
}

/// Runs `complete`, which renames or removes the noted file, so that no signal comes between this and the note.
pub fn released<T>(complete: impl FnOnce() -> T) -> T {
    let mut unfinished = lock();
    let result = complete();
    *unfinished = None;
    result
}

fn lock() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the parent process had SIGHUP ignored, where the system tells.
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}
