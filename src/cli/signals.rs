//! Ctrl-C and SIGTERM: the unfinished output is removed, and the exit code shows it.

use super::exit::INTERRUPTED;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The output that is not complete yet.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Installs the handler.
///
/// A signal that the parent process had ignored stays so: `nohup` does that with hangups, a shell with the Ctrl-C of its
/// background jobs. If the system refuses a handler, signals end the process as they do anyway.
#[cfg(unix)]
pub fn install() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let ignored = ignored();
    let received = [SIGHUP, SIGINT, SIGTERM]
        .into_iter()
        .filter(|signal| ignored & (1 << (signal - 1)) == 0);
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(received) {
        std::thread::spawn(move || {
            if signals.forever().next().is_some() {
                clean_up_and_exit();
            }
        });
    }
}

/// Installs the handler.
#[cfg(not(unix))]
pub fn install() {
    let _ = ctrlc::set_handler(|| clean_up_and_exit());
}

fn clean_up_and_exit() -> ! {
    let unfinished = lock();
    if let Some(path) = unfinished.as_deref() {
        let _ = fs::remove_file(path);
    }
    // The lock is held to the end, so that no file is completed or begun meanwhile.
    std::process::exit(INTERRUPTED);
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

/// The signals that were ignored when the process began, as a mask from signal 1 up; none where the system does not
/// show them.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
