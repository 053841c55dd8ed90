//! One command for several files.

use super::exit::Failure;

/// Does `work` for every file, whatever happens to the others; reports each failure, and gives the worst exit code.
pub fn for_each<T>(files: &[T], mut work: impl FnMut(&T) -> Result<(), Failure>) -> u8 {
    let codes = files
        .iter()
        .map(|file| work(file).map_or_else(|failure| failure.report(), |()| 0));
    codes.max().unwrap_or(0)
}
