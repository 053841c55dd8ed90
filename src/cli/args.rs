//! The arguments of the command line.

use super::exit::Failure;
use super::level::LevelArgs;
use super::source::STDIN;
use clap::{Args, Parser, Subcommand};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Compressor for scientific data, lossless or within a bound on the error of every value: predictors that learn while they code, a small
/// neural network among them, all in integers.
///
/// `boa c FILE` writes FILE.boa, `boa d FILE.boa` brings FILE back. Without a FILE, or with `-`, they read stdin and
/// write stdout.
#[derive(Debug, Parser)]
#[command(
    name = "boa",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 success; 1 wrong usage, or a file cannot be read or written;\n\
                        2 the data is damaged, truncated or not supported; 130 interrupted."
)]
pub struct Cli {
    #[command(flatten)]
    pub talk: Talk,
    #[command(subcommand)]
    pub command: Command,
}

/// How much to print on stderr.
#[derive(Args, Clone, Copy, Debug)]
pub struct Talk {
    /// Print nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more.
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compress files: FILE becomes FILE.boa.
    #[command(visible_alias = "c")]
    Compress(CompressArgs),
    /// Decompress files: FILE.boa becomes FILE.
    #[command(visible_alias = "d")]
    Decompress(DecompressArgs),
    /// Decode files, check every hash, write nothing.
    #[command(visible_alias = "t")]
    Test(ReadArgs),
    /// Show what files hold, without decoding them.
    #[command(visible_alias = "l")]
    List(ListArgs),
    /// Report what files are made of and how small they would get, without compressing them.
    ///
    /// Prints the layout of each region and how it was found; for each column its type, range, distinct values, what an
    /// element is estimated to cost in bits, how many of these are noise, and the rule that the values follow; an
    /// estimate of ratio and time; and whether training or giving up noise is worth it. Of files beyond 32 MiB it reads
    /// the first 16 MiB and samples of the rest, of stdin (`-`) the first 64 MiB.
    Analyze(AnalyzeArgs),
    /// Compare two files of one layout number by number: what was lost of each column.
    ///
    /// Prints mean and root mean square of the residuals (B - A) and of the responses ((B - A) / A), the largest error, the range, the
    /// ratio of peak signal to noise in dB, and the root mean square over the range. With bounds, it also prints the largest error as a share
    /// of what they allow, and fails if a value breaks one; columns without a bound must then be equal.
    Compare(CompareArgs),
    /// Compress and decompress a file in a temporary directory and report how small and how fast.
    Bench(BenchArgs),
    /// Train a network on data of one's own, for `boa c -m`.
    #[cfg(feature = "train")]
    Train(TrainArgs),
}

/// Where the output goes.
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// Write to PATH; `-` is stdout. For one FILE only.
    #[arg(short, long, value_name = "PATH", conflicts_with = "stdout")]
    pub output: Option<PathBuf>,
    /// Write to stdout.
    #[arg(short = 'c', long)]
    pub stdout: bool,
    /// Keep FILE; this is the default.
    #[arg(short, long, conflicts_with = "rm")]
    pub keep: bool,
    /// Remove FILE once its output is complete, checked and on disk.
    #[arg(long, conflicts_with = "stdout")]
    pub rm: bool,
    /// Overwrite files, use the terminal for binary data, compress .boa files again.
    #[arg(short, long)]
    pub force: bool,
}

impl OutputArgs {
    /// Where the output of the file at `path` goes: to `usual`, unless something else was asked for; none is stdout.
    pub fn target(
        &self,
        path: &Path,
        usual: impl FnOnce() -> Result<PathBuf, Failure>,
    ) -> Result<Option<PathBuf>, Failure> {
        match &self.output {
            Some(output) if output == Path::new(STDIN) => Ok(None),
            Some(output) => Ok(Some(output.clone())),
            None if self.stdout || path == Path::new(STDIN) => Ok(None),
            None => usual().map(Some),
        }
    }
}

/// How many threads.
#[derive(Args, Debug)]
pub struct ThreadArgs {
    /// Threads; 0 takes all cores. The output does not depend on it.
    #[arg(short = 'T', long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=1024))]
    pub threads: u16,
}

impl ThreadArgs {
    /// The threads, started once for all files.
    pub fn pool(&self) -> Result<Arc<ThreadPool>, Failure> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(usize::from(self.threads))
            .thread_name(|n| format!("boa-{n}"))
            .build();
        let pool = pool.map_err(|e| Failure::io(Path::new("(threads)"), io::Error::other(e)))?;
        Ok(Arc::new(pool))
    }
}

/// What is known of the content.
#[derive(Args, Debug)]
pub struct LayoutArgs {
    /// Type of the numbers in FILE, instead of detecting it: f4, f8, i2, u1, '>i2', float32, ... Or the types of a row's columns:
    /// f4*3,i2,V6 has three floats, an integer and six bytes that are no numbers.
    #[arg(long, value_name = "TYPE,...")]
    pub dtype: Option<String>,
    /// Shape of the array in FILE, the fastest dimension last: 60,50,50.
    #[arg(
        long,
        value_name = "N,N,...",
        requires = "dtype",
        value_delimiter = ','
    )]
    pub shape: Vec<u64>,
    /// Bytes from one record (a row of a table) to the next.
    #[arg(long, value_name = "BYTES", conflicts_with = "shape")]
    pub record: Option<u32>,
}

/// Bounds on the error of each value.
#[derive(Args, Debug)]
#[command(next_help_heading = "Lossy")]
pub struct BoundArgs {
    /// No value changes by more than E. Integers stay exact, unless --bound selects them.
    #[arg(long, value_name = "E", group = "default_bound")]
    pub abs: Option<f64>,
    /// No value changes by more than E times the range of its column or array.
    #[arg(long, value_name = "E", group = "default_bound")]
    pub rel: Option<f64>,
    /// No value changes by more than E times itself; 0 and signs stay.
    #[arg(long, value_name = "E", group = "default_bound")]
    pub pw_rel: Option<f64>,
    /// No value changes by more than half a unit of its N-th significant decimal digit.
    #[arg(long, value_name = "N", group = "default_bound")]
    pub digits: Option<u8>,
    /// The bound of one column or array, by its number from 0 or its name: pt=0.01:pw-rel. Without a kind it is absolute.
    #[arg(long, value_name = "NAME=E[:abs|rel|pw-rel|digits]")]
    pub bound: Vec<String>,
    /// A column or array that stays exact, by its number or name.
    #[arg(long, value_name = "NAME")]
    pub exact: Vec<String>,
    /// A value that stands for missing ones: it stays exact and is no end of a range. Frequent extremes far from all else are found without.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub fill: Vec<f64>,
    /// Names of the columns: a file with one a line, or with commas or spaces between them.
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// The columns of a table lie one after the other, instead of its rows.
    #[arg(long, requires = "dtype")]
    pub column_major: bool,
}

/// What a lossy file is to be like.
#[derive(Args, Debug)]
#[command(next_help_heading = "Lossy")]
pub struct LossyArgs {
    #[command(flatten)]
    pub bounds: BoundArgs,
    /// Find the bound relative to each column's range that makes the file R times smaller than FILE.
    #[arg(long, value_name = "R", group = "default_bound")]
    pub ratio: Option<f64>,
    /// Find the bound relative to each column's range that gives a ratio of peak signal to noise of DB decibels.
    #[arg(long, value_name = "DB", group = "default_bound")]
    pub psnr: Option<f64>,
    /// Store nothing but the latents of an autoencoder, R times smaller than FILE, as Baler does: there is no bound on the error.
    ///
    /// The autoencoder is that of --model, or is trained on FILE, for 5 minutes or those of --fit.
    #[arg(long, requires = "ratio")]
    pub latents_only: bool,
}

/// Where a page of pictures goes.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// Write a page of pictures to PATH: with a bound, what was lost and what other bounds would give; else, of bench, where the bits go,
    /// beside xz and zstd. For one FILE only.
    #[cfg(feature = "report")]
    #[arg(long = "report", value_name = "PATH")]
    pub path: Option<PathBuf>,
}

impl ReportArgs {
    /// Whether there is to be one.
    pub fn is_wanted(&self) -> bool {
        #[cfg(feature = "report")]
        return self.path.is_some();
        #[cfg(not(feature = "report"))]
        return false;
    }
}

#[derive(Args, Debug)]
pub struct CompareArgs {
    /// The original.
    #[arg(value_name = "A")]
    pub before: PathBuf,
    /// What came back of it, or any other file of the same layout.
    #[arg(value_name = "B")]
    pub after: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub layout: LayoutArgs,
    #[command(flatten)]
    pub bounds: BoundArgs,
}

#[derive(Args, Debug)]
pub struct CompressArgs {
    /// Files to compress.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub level: LevelArgs,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Use the model in this .boam file, and embed it: a network, or for a lossy file an autoencoder.
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Train a network on each FILE for so many minutes (5) before compressing it, and embed it if FILE.boa gets smaller.
    ///
    /// With a bound it is an autoencoder, which predicts the columns of a table. Worth it from about a megabyte of numbers on. What comes from a pipe is first kept in a temporary file.
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "5", conflicts_with = "model")]
    pub fit: Option<f64>,
    /// Store only the model's id: whoever decompresses needs its file.
    #[arg(long, requires = "model")]
    pub no_embed_model: bool,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub layout: LayoutArgs,
    #[command(flatten)]
    pub lossy: LossyArgs,
}

#[derive(Args, Debug)]
pub struct DecompressArgs {
    /// Files to decompress.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// A model that the files may refer to without holding it.
    #[arg(short, long = "model", value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    /// Refuse files that are lossy.
    #[arg(long)]
    pub lossless: bool,
}

#[derive(Args, Debug)]
pub struct ReadArgs {
    /// Files to test.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// A model that the files may refer to without holding it.
    #[arg(short, long = "model", value_name = "MODEL")]
    pub models: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct ListArgs {
    /// Files to list.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct AnalyzeArgs {
    /// Files to analyze; `-` is stdin.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Print one JSON object a file, each on a line; docs/analyze.md lists its fields.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct BenchArgs {
    /// File to compress.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub level: LevelArgs,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Use the model in this .boam file, and count it.
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Time every kernel that the processor has, one after the other.
    #[arg(long)]
    pub kernels: bool,
    /// Report where the time of coding goes.
    #[arg(long)]
    pub stages: bool,
    #[command(flatten)]
    pub report: ReportArgs,
    /// Overwrite the report.
    #[cfg(feature = "report")]
    #[arg(short, long, requires = "path")]
    pub force: bool,
    #[command(flatten)]
    pub layout: LayoutArgs,
    #[command(flatten)]
    pub lossy: LossyArgs,
}

#[cfg(feature = "train")]
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Files and directories to train on.
    #[arg(value_name = "DATA", required = true)]
    pub data: Vec<PathBuf>,
    /// Write the model to PATH.
    #[arg(short, long, value_name = "PATH", default_value = "model.boam")]
    pub output: PathBuf,
    /// Overwrite the output, and the report.
    #[arg(short, long)]
    pub force: bool,
    /// Minutes to train; the learning rate falls over them.
    #[arg(long, value_name = "N", default_value_t = 5.0)]
    pub minutes: f64,
    /// How much the network can learn, and how slow it is.
    #[arg(long, value_enum, value_name = "SIZE", default_value_t = NetworkSize::Default)]
    pub size: NetworkSize,
    /// Files that are not learned from but checked on; without it some of several DATA files, or the end of a single one.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub hold_out: Vec<PathBuf>,
    /// Begin N networks with different first weights and go on with the best.
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=32))]
    pub seeds: u8,
    /// Seed of the first weights and of the order of the data.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Data kept in memory, in MiB; of more, chunks are drawn anew while training.
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    #[arg(value_parser = clap::value_parser!(u64).range(16..=1 << 24))]
    pub memory: u64,
    /// Train an autoencoder for lossy compression of tables instead of a network for lossless compression.
    ///
    /// Without --latents it is a masked one, which predicts each column from those before it; with them one with a bottleneck.
    #[arg(long, conflicts_with_all = ["size", "seeds", "augment", "checkpoint"])]
    pub autoencoder: bool,
    /// Hidden units of the autoencoder (64), or of each hidden layer to its bottleneck (200,100,50).
    #[arg(
        long,
        value_name = "N,N,...",
        value_delimiter = ',',
        requires = "autoencoder"
    )]
    pub hidden: Vec<u16>,
    /// Components of the distribution that a masked autoencoder predicts of each number.
    #[arg(long, value_name = "N", default_value_t = 3, requires = "autoencoder")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=4))]
    pub components: u8,
    /// Give the autoencoder a bottleneck of N latents.
    #[arg(long, value_name = "N", requires = "autoencoder")]
    pub latents: Option<u16>,
    /// Bits of a latent.
    #[arg(long, value_name = "N", default_value_t = 8, requires = "latents")]
    #[arg(value_parser = clap::value_parser!(u8).range(2..=16))]
    pub latent_bits: u8,
    /// Weight of the L1 term of the loss: the mean magnitude of hidden activations.
    #[arg(long, value_name = "X", default_value_t = 0.0, requires = "latents")]
    pub l1: f64,
    /// Checks on the held-out rows without a gain before the training of an autoencoder stops: 12, or 100 with --latents.
    #[arg(long, value_name = "N", requires = "autoencoder")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..))]
    pub patience: Option<u8>,
    /// For models for unknown data: pieces are also cut, scaled and robbed of their layout.
    #[arg(long, hide = true)]
    pub augment: bool,
    /// Keep the run in PATH, to go on from with --resume.
    #[arg(long, value_name = "PATH")]
    pub checkpoint: Option<PathBuf>,
    /// Go on from the checkpoint, if it exists; --minutes counts what was done before.
    #[arg(long, requires = "checkpoint")]
    pub resume: bool,
    /// Write a page of pictures to PATH: how the loss fell.
    #[cfg(feature = "report")]
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub layout: LayoutArgs,
}

/// Shapes of networks.
#[cfg(feature = "train")]
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum NetworkSize {
    /// One layer of width 16 that sees two bytes: some 10 kB.
    Small,
    /// Two layers of width 32 that see three bytes: some 40 kB.
    Default,
    /// Two layers of width 64 that see four bytes: some 120 kB.
    Large,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
