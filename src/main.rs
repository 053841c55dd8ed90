//! `boa`: the command line of the lossless compressor for scientific data.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: it takes effect only while no other thread runs.
    boa_constrictor::kernel::keep_large_blocks_apart();
    cli::run()
}
