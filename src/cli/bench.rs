//! `boa bench`.

use super::args::{BenchArgs, Talk};
use super::exit::{Failure, shown};
#[cfg(feature = "report")]
use super::lossy_report::lossy_page;
use super::measured::Measured;
use super::progress::Meter;
#[cfg(feature = "report")]
use super::report::{PendingPage, page};
use super::source::OpenInput;
use super::stdout::print;
use super::verify::Comparison;
use super::{bench_lossy, layout_option, lossy, model_file, stages};
use boa_constrictor::kernel::Kernel;
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::{EncodeOptions, Error, Input, compress, decompress};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek};
use std::num::NonZero;
use std::path::Path;
use std::time::Instant;

/// Compresses a file to a temporary one and back, compares, and prints sizes and speeds.
pub fn run(args: &BenchArgs, talk: &Talk) -> Result<u8, Failure> {
    let wanted = lossy::wanted(&args.lossy, &args.layout, args.report.is_wanted())?;
    let mut options = EncodeOptions {
        level: args.level.level(),
        model: None,
        autoencoder: None,
        embed_model: true,
        layout: match wanted {
            Some(_) => SpecifiedLayout::default(),
            None => layout_option::layout(&args.layout)?,
        },
        threads: usize::from(args.threads.threads),
        pool: Some(args.threads.pool()?),
    };
    model_file::choose(args.model.as_deref(), wanted.is_some(), &mut options)?;
    let path = &args.file;
    let OpenInput::File(file, metadata) = OpenInput::open(path)? else {
        return Err(Failure::usage(path, "bench needs a file"));
    };
    if !metadata.is_file() {
        return Err(Failure::usage(path, "bench needs a regular file"));
    }
    #[cfg(feature = "report")]
    let report = { args.report.path.as_deref() }
        .map(|to| PendingPage::create(to, Some(&metadata), args.force))
        .transpose()?;
    if let Some(wanted) = wanted {
        if args.kernels || args.stages {
            let line = "--kernels and --stages are of lossless coding: leave out the bound";
            return Err(Failure::usage(path, line));
        }
        let input = OpenInput::File(file, metadata);
        let compressed = bench_lossy::run(path, input, &wanted, &options, talk)?;
        #[cfg(feature = "report")]
        if let Some(report) = report {
            report.write(&lossy_page(path, &wanted, compressed, &options, talk)?)?;
        }
        #[cfg(not(feature = "report"))]
        drop(compressed);
        return Ok(0);
    }
    let failed = |e| Failure::of(path, e);
    if args.kernels {
        let best = Kernel::current();
        for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.select()) {
            let again = file.try_clone().map_err(|e| failed(Error::Io(e)))?;
            let measured = measure(path, again, &options, talk).map_err(failed)?;
            print(&measured.speeds(kernel))?;
        }
        best.select();
    }
    let mut measured = measure(path, file, &options, talk).map_err(failed)?;
    print(&measured.text(path))?;
    if args.stages {
        let supplied: Vec<_> = options.model.iter().cloned().collect();
        print(&stages::table(path, &mut measured, &supplied).map_err(failed)?)?;
    }
    #[cfg(feature = "report")]
    if let Some(report) = report {
        report.write(&page(path, measured, &options, talk).map_err(failed)?)?;
    }
    Ok(0)
}

fn measure(
    path: &Path,
    file: File,
    options: &EncodeOptions,
    talk: &Talk,
) -> Result<Measured, Error> {
    let len = file.metadata()?.len();
    let mut coded = tempfile::tempfile()?;

    let bar = Meter::new(Some(len), format!("{}: compress", shown(path)), talk);
    let start = Instant::now();
    let input = Input::from_file(file)?;
    let summary = compress(input, BufWriter::new(&mut coded), options, &bar)?;
    let compressing = start.elapsed().as_secs_f64();
    drop(bar);

    coded.rewind()?;
    let bar = Meter::new(
        Some(summary.compressed),
        format!("{}: decompress", shown(path)),
        talk,
    );
    let decode = model_file::decode_options(options);
    let mut comparison = Comparison::new(BufReader::new(File::open(path)?));
    let start = Instant::now();
    decompress(BufReader::new(&mut coded), &mut comparison, &decode, &bar)?;
    let decompressing = start.elapsed().as_secs_f64();
    drop(bar);
    if !comparison.finish()? {
        return Err(io::Error::other("decodes to less than the original").into());
    }

    let all = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = match options.threads {
        0 => all,
        threads => threads,
    };
    Ok(Measured {
        summary,
        seconds: [compressing, decompressing],
        threads,
        // More threads than frames or cores cannot all work.
        busy: threads.min(all).min(summary.frames.max(1) as usize),
        coded,
    })
}
