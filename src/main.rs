//! `boa`: the command line of the lossless compressor for scientific data.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
