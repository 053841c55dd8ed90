//! `boa bench` with a bound.

use super::args::Talk;
use super::compress_lossy::{Compressed, compress_opened};
use super::exit::{Failure, shown};
use super::lossy::Wanted;
use super::progress::Meter;
use super::source::OpenInput;
use super::stdout::print;
use super::{model_file, numbers};
use boa_constrictor::{EncodeOptions, decompress};
use std::io::{self, BufReader, BufWriter, Seek};
use std::num::NonZero;
use std::path::Path;
use std::time::Instant;

/// Compresses a file to a temporary one and decodes it, and prints what was lost, sizes and speeds.
pub fn run(
    path: &Path,
    input: OpenInput,
    wanted: &Wanted,
    options: &EncodeOptions,
    talk: &Talk,
) -> Result<Compressed, Failure> {
    let io = |e| Failure::io(path, e);
    let failed = |e| Failure::of(path, e);
    let mut opened = numbers::open(path, input, &wanted.numbers)?;
    let mut coded = tempfile::tempfile().map_err(io)?;
    let start = Instant::now();
    let compressed = {
        let out = &mut BufWriter::new(&mut coded);
        compress_opened(path, &mut opened, wanted, options, out, talk)?
    };
    let compressing = start.elapsed().as_secs_f64();
    coded.rewind().map_err(io)?;
    let summary = compressed.summary;
    let label = format!("{}: decompress", shown(path));
    let bar = Meter::new(Some(summary.compressed), label, talk);
    let decode = model_file::decode_options(options);
    let start = Instant::now();
    // Its hash is that of what was measured.
    decompress(BufReader::new(&mut coded), io::sink(), &decode, &bar).map_err(failed)?;
    let decompressing = start.elapsed().as_secs_f64();
    drop(bar);
    let all = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = match options.threads {
        0 => all,
        threads => threads,
    };
    let busy = threads.min(all).min(summary.frames.max(1) as usize);
    let speed = |seconds: f64| {
        let total = summary.content as f64 / 1e6 / seconds.max(1e-9);
        format!("{total:.3} MB/s, {:.3} MB/s a core", total / busy as f64)
    };
    print(&format!(
        "{}compress    {}\ndecompress  {}\n{threads} threads, {} frames; every value is within its bound\n",
        compressed.text(path),
        speed(compressing),
        speed(decompressing),
        summary.frames
    ))?;
    Ok(compressed)
}
