//! A bar on the terminal for work that lasts.

use super::args::Talk;
use boa_constrictor::Progress;
use boa_constrictor::format::FrameHeader;
use boa_constrictor::layout::Finding;
use boa_constrictor::structure::description;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that appears on stderr after a second, if that is a terminal, and goes when dropped.
pub struct Meter {
    bar: ProgressBar,
    /// Frames are to be listed.
    verbose: bool,
    /// Dropped with the bar, which ends the thread that waits to show it.
    _done: Option<Sender<()>>,
}

impl Meter {
    /// A bar for an input of `len` bytes, if known.
    pub fn new(len: Option<u64>, label: String, talk: &Talk) -> Meter {
        let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::hidden());
        if talk.quiet || !io::stderr().is_terminal() {
            return Meter {
                bar,
                verbose: talk.verbose && !talk.quiet,
                _done: None,
            };
        }
        let template = match len {
            Some(_) => "{msg} {bar:30} {percent}% of {total_bytes}, {bytes_per_sec}, {eta} left",
            None => "{msg} {spinner} {bytes}, {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label);
        let (done, waiter) = channel();
        let shown = bar.clone();
        std::thread::spawn(move || {
            if waiter.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(250));
            }
        });
        Meter {
            bar,
            verbose: talk.verbose,
            _done: Some(done),
        }
    }
}

impl Progress for Meter {
    fn advance(&self, read: u64, _written: u64) {
        self.bar.inc(read);
    }

    fn frame(&self, offset: u64, header: &FrameHeader, written: u64, found: &Finding) {
        if !self.verbose {
            return;
        }
        let content = u64::from(header.content_len);
        let ratio = content as f64 / written as f64;
        let (layout, fields) = match header.model.has_structure() {
            true => (
                description::structure(&header.structure),
                description::fields(&header.structure),
            ),
            false => (header.model.name().to_string(), Vec::new()),
        };
        self.bar.suspend(|| {
            eprintln!("  at {offset}: {content} bytes, ratio {ratio:.3}, {layout} ({found})");
            for line in fields {
                eprintln!("    {line}");
            }
        });
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
