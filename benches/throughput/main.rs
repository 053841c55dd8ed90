//! `cargo bench --bench throughput -- FILE|DIR...`: how small boa makes files and how fast, both ways and level by level, beside xz -9e, zstd,
//! lz4 and, where a file's numbers are known, pcodec, in the same run. All take turns on one core, round after round, and the fastest
//! counts. What they write is decoded and compared.
//!
//! boa is measured twice: as a call, from memory to memory, as the others are, and as whole processes, with their start, with reading and
//! writing files, and with the most memory that each was seen to hold.
//!
//! - `--levels 1,3,5`: the levels of boa.
//! - `--mixed MB`: instead of each file, one input: the tables among them, one after the other until there are so many megabytes.
//! - `--rounds 3`: how often each has its turn.
//! - `--calls`: no processes.
//! - `--kernels`: also processes on the portable kernel and on AVX2.
//! - `--frontier OUT.svg`: a picture of ratio against speed, of means over the files.
//! - `--markdown`: tables in Markdown.

mod boa;
#[path = "../support/cells.rs"]
mod cells;
#[path = "../support/files.rs"]
mod files;
mod frontier;
mod inputs;
mod neighbours;
#[path = "../support/numbers.rs"]
mod numbers;
mod processes;
mod rounds;
mod table;

use inputs::Input;
use rounds::{Measured, Setting, measure};
use std::error::Error;
use std::fs;
use std::path::PathBuf;

type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage: cargo bench --bench throughput -- FILE|DIR... [--levels 1,3,5] [--mixed MB] [--rounds N] [--calls] [--kernels] \
                     [--frontier OUT.svg] [--markdown]";

/// What the command line asks for.
struct Options {
    paths: Vec<PathBuf>,
    levels: Vec<u8>,
    /// Bytes of the tables that are strung together.
    mixed: Option<usize>,
    rounds: u32,
    processes: bool,
    kernels: bool,
    frontier: Option<PathBuf>,
    markdown: bool,
}

fn options() -> Result<Options, Failure> {
    let mut options = Options {
        paths: Vec::new(),
        levels: vec![1, 3, 5],
        mixed: None,
        rounds: 3,
        processes: true,
        kernels: false,
        frontier: None,
        markdown: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--levels" => {
                let numbers = value()?;
                let numbers = numbers.split(',').map(str::parse);
                options.levels = numbers.collect::<Result<_, _>>()?;
            }
            "--mixed" => options.mixed = Some((value()?.parse::<f64>()? * 1e6) as usize),
            "--rounds" => options.rounds = value()?.parse()?,
            "--calls" => options.processes = false,
            "--kernels" => options.kernels = true,
            "--frontier" => options.frontier = Some(value()?.into()),
            "--markdown" => options.markdown = true,
            // cargo passes it.
            "--bench" => {}
            _ if argument.starts_with('-') => {
                return Err(format!("{argument}: unknown option\n{USAGE}").into());
            }
            _ => options.paths.push(argument.into()),
        }
    }
    match options.paths.is_empty() || options.rounds == 0 {
        true => Err(USAGE.into()),
        false => Ok(options),
    }
}

/// All that take turns. The first is the one that the others are compared with.
fn settings(options: &Options) -> Result<Vec<Setting>, Failure> {
    let mut settings = neighbours::all();
    for &level in &options.levels {
        settings.push(boa::call(level)?);
    }
    if options.processes {
        for &level in &options.levels {
            settings.extend([1, 2].map(|threads| processes::boa(level, threads, None)));
        }
    }
    if options.kernels {
        for &level in &options.levels {
            let kernels = ["portable", "avx2"];
            settings.extend(kernels.map(|kernel| processes::boa(level, 1, Some(kernel))));
        }
    }
    Ok(settings)
}

fn main() -> Result<(), Failure> {
    let options = options()?;
    let settings = settings(&options)?;
    let paths = inputs::paths(&options.paths)?;
    let mut all: Vec<Measured> = Vec::new();
    let mut of_input = |input: Input| -> Result<(), Failure> {
        let measured = measure(&settings, &input, options.rounds)?;
        println!("{}, {} bytes", measured.name, measured.bytes);
        println!("{}", table::of_file(&settings, &measured, options.markdown));
        all.push(measured);
        Ok(())
    };
    match options.mixed {
        Some(bytes) => of_input(Input::mixed(&paths, bytes)?)?,
        None => {
            for path in &paths {
                of_input(Input::read(path)?)?;
            }
        }
    }
    print!("{}", table::of_groups(&settings, &all, options.markdown));
    println!("of xz: times the speed at which xz -9e compresses");
    if let Some(path) = &options.frontier {
        fs::write(path, frontier::picture(&settings, &all)?)?;
    }
    Ok(())
}
