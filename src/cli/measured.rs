//! What a round trip took, and how `boa bench` says it.

use super::exit::shown;
use boa_constrictor::Summary;
use boa_constrictor::kernel::Kernel;
use std::fs::File;
use std::path::Path;

/// A file there and back.
pub struct Measured {
    pub summary: Summary,
    /// Seconds that compressing and decompressing took.
    pub seconds: [f64; 2],
    /// Threads chosen, and those that had work.
    pub threads: usize,
    pub busy: usize,
    /// The compressed file.
    pub coded: File,
}

impl Measured {
    /// A line of what a kernel takes.
    pub fn speeds(&self, kernel: Kernel) -> String {
        let speed = |seconds: f64| self.summary.content as f64 / 1e6 / seconds.max(1e-9);
        let [compressing, decompressing] = self.seconds.map(speed);
        format!(
            "{kernel:<9} compress {compressing:.3} MB/s, decompress {decompressing:.3} MB/s, {} bytes\n",
            self.summary.compressed
        )
    }

    pub fn text(&self, path: &Path) -> String {
        let (summary, busy) = (&self.summary, self.busy);
        let [compressing, decompressing] = self.seconds;
        let speed = |seconds: f64| {
            let total = summary.content as f64 / 1e6 / seconds.max(1e-9);
            format!("{total:.3} MB/s, {:.3} MB/s a core", total / busy as f64)
        };
        format!(
            "{}: {} bytes -> {} bytes, ratio {:.3}\n\
             compress    {}\ndecompress  {}\n\
             structure   {:.3} s, {:.1} % of the work of compressing\n\
             {} threads, {} frames; the round trip gave the same bytes\n",
            shown(path),
            summary.content,
            summary.compressed,
            summary.content as f64 / summary.compressed as f64,
            speed(compressing),
            speed(decompressing),
            summary.structure.as_secs_f64(),
            100.0 * summary.structure.as_secs_f64() / (compressing * busy as f64).max(1e-9),
            self.threads,
            summary.frames
        )
    }
}
