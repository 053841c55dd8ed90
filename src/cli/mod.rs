//! The command line: one file a command, and what the commands share.

mod analyze;
mod args;
#[cfg(feature = "train")]
mod autoencoder;
mod bench;
mod bench_lossy;
mod compare;
mod compress;
mod compress_lossy;
mod decompress;
mod dtype;
mod each_file;
mod exit;
#[cfg(feature = "train")]
mod fit;
mod layout_option;
mod level;
mod list;
mod lossy;
#[cfg(feature = "report")]
mod lossy_report;
mod measured;
mod model_file;
mod numbers;
mod output;
mod progress;
#[cfg(feature = "report")]
mod report;
mod signals;
mod source;
mod stages;
mod stdout;
mod test;
#[cfg(feature = "train")]
mod train;
#[cfg(feature = "train")]
mod training_progress;
mod verify;

use args::{Cli, Command};
use boa_constrictor::kernel::Kernel;
use clap::Parser;
use exit::Failure;
use std::path::Path;
use std::process::ExitCode;

/// Parses the arguments and runs the command.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version go to stdout and are a success; if nobody reads them, so be it.
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { exit::USAGE } else { 0 });
        }
    };
    signals::install();
    let result = select_kernel().and_then(|()| run_command(&cli));
    ExitCode::from(result.unwrap_or_else(|failure| failure.report()))
}

/// The kernel that BOA_KERNEL chooses, if it is set.
fn select_kernel() -> Result<(), Failure> {
    let Some(name) = std::env::var_os("BOA_KERNEL") else {
        return Ok(());
    };
    let refused = |why: &str| {
        let names = Kernel::ALL.map(|kernel| kernel.to_string()).join(", ");
        Failure::usage(
            Path::new("BOA_KERNEL"),
            format!("{why}: {} (there are {names})", name.display()),
        )
    };
    match name.to_str().and_then(|name| name.parse::<Kernel>().ok()) {
        Some(kernel) if kernel.select() => Ok(()),
        Some(_) => Err(refused("this processor does not have")),
        None => Err(refused("no such kernel")),
    }
}

fn run_command(cli: &Cli) -> Result<u8, Failure> {
    match &cli.command {
        Command::Compress(args) => compress::run(args, &cli.talk),
        Command::Decompress(args) => decompress::run(args, &cli.talk),
        Command::Test(args) => test::run(args, &cli.talk),
        Command::List(args) => list::run(args, &cli.talk),
        Command::Analyze(args) => analyze::run(args, &cli.talk),
        Command::Compare(args) => compare::run(args),
        Command::Bench(args) => bench::run(args, &cli.talk),
        #[cfg(feature = "train")]
        Command::Train(args) if args.autoencoder => autoencoder::run(args, &cli.talk),
        #[cfg(feature = "train")]
        Command::Train(args) => train::run(args, &cli.talk),
    }
}
