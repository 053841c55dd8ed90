//! What goes to stdout as text.

use super::exit::Failure;
use std::io::{self, Write};
use std::path::Path;

/// Writes a report to stdout.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    written.map_err(|e| Failure::io(Path::new("(stdout)"), e))
}
