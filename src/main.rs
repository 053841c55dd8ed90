//! `boa`: the command line of the lossless compressor for scientific data.

mod allocator;
mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: the first call of the process, before any other thread is started.
    #[allow(unsafe_code)]
    unsafe {
        allocator::keep_large_blocks_apart();
    }
    cli::run()
}
