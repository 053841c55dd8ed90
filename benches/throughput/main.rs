//! `cargo bench --bench throughput -- FILE... [--rounds N]`: how fast boa is, by level, threads and kernel, beside xz -9e and zstd -19 on the same
//! files in the same run. All take turns, round after round; the fastest round counts. Speeds are those of whole processes (boa) or calls (the others), reading and
//! writing included. boa's peak memory is the most that a process was seen to hold.

use liblzma::stream::{Check, Stream};
use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn Error + Send + Sync>;

/// What a round takes.
#[derive(Clone, Copy)]
struct Round {
    /// Compressing and decompressing.
    seconds: [f64; 2],
    bytes: usize,
    /// Kilobytes that compressing and decompressing held at most, where that can be known.
    peak: [Option<u64>; 2],
}

/// Takes a file, whose content is given too, there and back.
type Run = dyn Fn(&Path, &[u8]) -> Result<Round, Failure>;

/// One of those that take turns.
struct Runner {
    name: String,
    run: Box<Run>,
}

fn main() -> Result<(), Failure> {
    let (mut files, mut rounds) = (Vec::new(), 3u32);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().ok_or("--rounds N")?.parse()?,
            // cargo passes it.
            "--bench" => {}
            _ if argument.starts_with('-') => {
                return Err(format!("{argument}: unknown option").into());
            }
            _ => files.push(PathBuf::from(argument)),
        }
    }
    if files.is_empty() || rounds == 0 {
        return Err("usage: cargo bench --bench throughput -- FILE... [--rounds N]".into());
    }
    let mut runners = vec![
        peer("xz -9e", xz, unxz),
        peer("zstd -19", zstd, |coded| ::zstd::decode_all(coded)),
    ];
    for level in [1, 5, 9] {
        runners.push(boa(level, 1, None));
    }
    runners.push(boa(5, 2, None));
    runners.push(boa(5, 1, Some("portable")));
    runners.push(boa(5, 1, Some("avx2")));
    for file in &files {
        let content = fs::read(file)?;
        println!("{}, {} bytes", file.display(), content.len());
        println!(
            "{:<24} {:>7} {:>9} {:>8} {:>9} {:>8} {:>13}",
            "", "ratio", "MB/s", "of xz", "back", "of xz", "peak MB"
        );
        let mut best: Vec<Option<Round>> = vec![None; runners.len()];
        for _ in 0..rounds {
            for (runner, best) in runners.iter().zip(&mut best) {
                let round = match (runner.run)(file, &content) {
                    Ok(round) => round,
                    // A processor may lack a kernel.
                    Err(e) => {
                        eprintln!("{}: {e}", runner.name);
                        continue;
                    }
                };
                *best = Some(match *best {
                    None => round,
                    Some(other) => Round {
                        seconds: [0, 1].map(|k| round.seconds[k].min(other.seconds[k])),
                        peak: [0, 1].map(|k| round.peak[k].max(other.peak[k])),
                        ..round
                    },
                });
            }
        }
        let xz = best[0].ok_or("xz failed")?.seconds;
        for (runner, best) in runners.iter().zip(best) {
            let Some(best) = best else { continue };
            let speed = |k: usize| content.len() as f64 / 1e6 / best.seconds[k].max(1e-9);
            let peaks = best.peak.map(|peak| {
                peak.map_or("-".to_string(), |kb| format!("{:.0}", kb as f64 / 1024.0))
            });
            println!(
                "{:<24} {:>7.3} {:>9.3} {:>8.3} {:>9.3} {:>8.3} {:>13}",
                runner.name,
                content.len() as f64 / best.bytes as f64,
                speed(0),
                xz[0] / best.seconds[0],
                speed(1),
                xz[0] / best.seconds[1],
                peaks.join(" / ")
            );
        }
    }
    println!("of xz: times the speed at which xz compresses");
    Ok(())
}

fn peer(
    name: &str,
    there: fn(&[u8]) -> io::Result<Vec<u8>>,
    back: fn(&[u8]) -> io::Result<Vec<u8>>,
) -> Runner {
    let run = move |_: &Path, content: &[u8]| {
        let start = Instant::now();
        let coded = there(content)?;
        let compressing = start.elapsed();
        let start = Instant::now();
        let decoded = back(&coded)?;
        let seconds = [compressing, start.elapsed()].map(|time| time.as_secs_f64());
        same(&decoded, content)?;
        Ok(Round {
            seconds,
            bytes: coded.len(),
            peak: [None; 2],
        })
    };
    Runner {
        name: name.into(),
        run: Box::new(run),
    }
}

fn xz(content: &[u8]) -> io::Result<Vec<u8>> {
    // `LZMA_PRESET_EXTREME`: the e in -9e.
    let preset = Stream::new_easy_encoder(9 | 1 << 31, Check::Crc64)?;
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), preset);
    encoder.write_all(content)?;
    encoder.finish()
}

fn unxz(coded: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    liblzma::read::XzDecoder::new(coded).read_to_end(&mut content)?;
    Ok(content)
}

fn zstd(content: &[u8]) -> io::Result<Vec<u8>> {
    ::zstd::encode_all(content, 19)
}

/// boa itself, as it is used.
fn boa(level: u8, threads: u8, kernel: Option<&'static str>) -> Runner {
    let suffix = kernel.map_or(String::new(), |kernel| format!(" {kernel}"));
    let run = move |file: &Path, content: &[u8]| {
        let directory = tempfile::tempdir()?;
        let [coded, decoded] = ["coded.boa", "decoded"].map(|name| directory.path().join(name));
        let threads = format!("-T{threads}");
        let level = format!("-{level}");
        let there = ["c", "-q", &level, &threads, "-o"];
        let (compressing, first) = watch(&there, &coded, file, kernel)?;
        let back = ["d", "-q", &threads, "-o"];
        let (decompressing, second) = watch(&back, &decoded, &coded, kernel)?;
        same(&fs::read(&decoded)?, content)?;
        Ok(Round {
            seconds: [compressing, decompressing].map(|time| time.as_secs_f64()),
            bytes: fs::metadata(&coded)?.len() as usize,
            peak: [first, second],
        })
    };
    Runner {
        name: format!("boa -{level} -T{threads}{suffix}"),
        run: Box::new(run),
    }
}

/// Runs boa, and reads its memory every few milliseconds.
fn watch(
    arguments: &[&str],
    to: &Path,
    from: &Path,
    kernel: Option<&str>,
) -> Result<(Duration, Option<u64>), Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boa"));
    command
        .args(arguments)
        .arg(to)
        .arg(from)
        .stdin(Stdio::null());
    command.env_remove("BOA_KERNEL");
    if let Some(kernel) = kernel {
        command.env("BOA_KERNEL", kernel);
    }
    let start = Instant::now();
    let mut child = command.spawn()?;
    let mut peak = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak.max(held(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    };
    let time = start.elapsed();
    match status.success() {
        true => Ok((time, peak)),
        false => Err(format!("boa {}: {status}", arguments.join(" ")).into()),
    }
}

/// The most memory that a process has held so far, in kilobytes, where Linux gives it.
fn held(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn same(decoded: &[u8], content: &[u8]) -> Result<(), Failure> {
    match decoded == content {
        true => Ok(()),
        false => Err("decodes to something else".into()),
    }
}
