//! boa as it is used: whole processes, with their start, files and memory.

use crate::Failure;
use crate::rounds::{Round, Runs, Setting, same};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A level, on so many threads, and on the processor's best kernel unless one is asked for.
pub fn boa(level: u8, threads: u8, kernel: Option<&'static str>) -> Setting {
    let suffix = kernel.map_or(String::new(), |kernel| format!(" {kernel}"));
    Setting {
        name: format!("process boa -{level} -T{threads}{suffix}"),
        runs: Runs::Process,
        run: Box::new(move |input| {
            let directory = tempfile::tempdir()?;
            let [coded, decoded] = ["coded.boa", "decoded"].map(|name| directory.path().join(name));
            let threads = format!("-T{threads}");
            let level = format!("-{level}");
            let there = ["c", "-q", &level, &threads, "-o"];
            let back = ["d", "-q", &threads, "-o"];
            let compressed = watch(&there, &coded, &input.path, kernel)?;
            let decompressed = match compressed {
                Some(_) => watch(&back, &decoded, &coded, kernel)?,
                None => None,
            };
            let (Some(compressed), Some(decompressed)) = (compressed, decompressed) else {
                return Ok(None);
            };
            same(fs::read(&decoded)? == input.content)?;
            Ok(Some(Round {
                seconds: [compressed, decompressed].map(|(time, _)| time.as_secs_f64()),
                bytes: fs::metadata(&coded)?.len() as usize,
                peak: [compressed, decompressed].map(|(_, peak)| peak),
            }))
        }),
    }
}

/// How often a process is looked at.
const INTERVAL: Duration = Duration::from_millis(2);

/// Runs boa: its time, and the most memory it was seen to hold. None if the processor lacks the kernel.
fn watch(
    arguments: &[&str],
    to: &Path,
    from: &Path,
    kernel: Option<&str>,
) -> Result<Option<(Duration, Option<u64>)>, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boa"));
    command
        .args(arguments)
        .arg(to)
        .arg(from)
        .stdin(Stdio::null());
    command.env_remove("BOA_KERNEL");
    if let Some(kernel) = kernel {
        command.env("BOA_KERNEL", kernel).stderr(Stdio::null());
    }
    let start = Instant::now();
    let mut child = command.spawn()?;
    let process = child.id();
    let is_over = AtomicBool::new(false);
    let (status, time, peak) = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut peak = None;
            while !is_over.load(Ordering::Relaxed) {
                peak = peak.max(held(process));
                thread::sleep(INTERVAL);
            }
            peak
        });
        let status = child.wait();
        let time = start.elapsed();
        is_over.store(true, Ordering::Relaxed);
        (status, time, watcher.join().unwrap_or(None))
    });
    let status = status?;
    match (status.success(), kernel) {
        (true, _) => Ok(Some((time, peak))),
        (false, Some(_)) => Ok(None),
        (false, None) => Err(format!("boa {}: {status}", arguments.join(" ")).into()),
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
