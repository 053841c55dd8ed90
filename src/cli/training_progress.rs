//! How far a training has come, on stderr.

use super::args::Talk;
use boa_constrictor::train::TrainingReport;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// Without a terminal, how often a line of progress is printed.
const LINE: Duration = Duration::from_secs(30);

/// Progress on stderr: a bar on a terminal, else a line now and then.
pub struct TrainingProgress {
    bar: Option<ProgressBar>,
    lines: bool,
    next: Instant,
}

impl TrainingProgress {
    /// What is done; without a terminal, `lines` decides whether lines are printed without --verbose.
    pub fn new(talk: &Talk, what: &str, lines: bool) -> Self {
        let bar = (!talk.quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
            let template = format!("{what} {{bar:30}} {{percent}}% {{msg}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style);
            }
            bar
        });
        TrainingProgress {
            bar,
            lines: !talk.quiet && (lines || talk.verbose),
            next: Instant::now(),
        }
    }

    pub fn show(&mut self, report: &TrainingReport) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        let held = report.held_out.map_or(String::new(), |bits| {
            format!(", held out {bits:.3} (ratio {:.3})", 8.0 / bits)
        });
        let line = format!(
            "{:.3} bits/byte, ratio {:.3}{held}, {:.0} s left",
            report.bits,
            8.0 / report.bits,
            report.left
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position((report.done * 1000.0) as u64);
                bar.set_message(line);
                self.next = now + Duration::from_millis(250);
            }
            None if self.lines => {
                eprintln!("boa: {:.0} %: {line}", 100.0 * report.done);
                self.next = now + LINE;
            }
            None => {}
        }
    }
}

impl Drop for TrainingProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
