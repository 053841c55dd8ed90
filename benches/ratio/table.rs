//! The table and what follows from it, as plain text or as Markdown.

use crate::cells::{geometric_mean, layout};
use crate::peers::PEERS;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Compressed sizes of a file, in bytes.
pub struct Row {
    pub name: PathBuf,
    pub bytes: usize,
    /// Those of [`PEERS`].
    pub peers: Vec<usize>,
    /// None where the numbers are not known.
    pub pcodec: Option<usize>,
    /// One for each setting.
    pub boa: Vec<usize>,
}

impl Row {
    fn xz(&self) -> usize {
        self.peers[0]
    }

    fn best_peer(&self) -> usize {
        let all = self.peers.iter().copied().chain(self.pcodec);
        all.min().unwrap_or(usize::MAX)
    }

    fn directory(&self) -> String {
        let parent = self.name.parent().unwrap_or(Path::new(""));
        match parent.as_os_str().is_empty() {
            true => ".".into(),
            false => parent.display().to_string(),
        }
    }
}

/// All files, and the names of boa's settings.
pub struct Table {
    pub settings: Vec<String>,
    pub rows: Vec<Row>,
}

/// boa's gain over another compressor in a directory, for each setting: geometric mean of (its bytes / boa's bytes).
type Gains = BTreeMap<String, Vec<Vec<f64>>>;

impl Table {
    /// The whole summary.
    pub fn text(&self, markdown: bool) -> String {
        let mut text = self.files(markdown);
        text += &self.means(markdown);
        for (number, name) in self.settings.iter().enumerate() {
            text += "\n";
            text += &self.wins(number, name);
            text += &self.losses(number, name);
        }
        text
    }

    fn files(&self, markdown: bool) -> String {
        let mut head = vec!["file".to_string(), "bytes".into()];
        head.extend(PEERS.iter().map(|peer| peer.0.to_string()));
        head.push("pcodec 12".into());
        head.extend(self.settings.iter().map(|name| name.to_string()));
        head.push(format!("{}/xz", self.settings[0]));
        let mut lines = vec![head];
        for row in &self.rows {
            let ratio = |size: &usize| format!("{:.3}", row.bytes as f64 / *size as f64);
            let mut line = vec![row.name.display().to_string(), row.bytes.to_string()];
            line.extend(row.peers.iter().map(ratio));
            line.push(row.pcodec.as_ref().map_or("-".into(), ratio));
            line.extend(row.boa.iter().map(ratio));
            line.push(format!("{:.3}", row.xz() as f64 / row.boa[0] as f64));
            lines.push(line);
        }
        layout(&lines, markdown)
    }

    fn means(&self, markdown: bool) -> String {
        let xz = self.gains(|row| Some(row.xz()));
        let pcodec = self.gains(|row| row.pcodec);
        let mut head = vec!["geometric means".to_string(), "files".into()];
        for peer in ["xz", "pcodec"] {
            head.extend(self.settings.iter().map(|name| format!("{name}/{peer}")));
        }
        let mut lines = vec![head];
        let mean = |gains: &Vec<f64>| format!("{:.3}", geometric_mean(gains));
        for (directory, gains) in &xz {
            let mut line = vec![directory.clone(), gains[0].len().to_string()];
            line.extend(gains.iter().map(mean));
            match pcodec.get(directory) {
                Some(gains) => line.extend(gains.iter().map(mean)),
                None => line.extend(self.settings.iter().map(|_| "-".to_string())),
            }
            lines.push(line);
        }
        "\n".to_string() + &layout(&lines, markdown)
    }

    /// By directory, and `all`.
    fn gains(&self, peer: impl Fn(&Row) -> Option<usize>) -> Gains {
        let mut gains = Gains::new();
        for row in &self.rows {
            let Some(other) = peer(row) else { continue };
            for directory in [row.directory(), "all".into()] {
                let gains = gains.entry(directory).or_default();
                gains.resize(self.settings.len(), Vec::new());
                for (gains, &boa) in gains.iter_mut().zip(&row.boa) {
                    gains.push(other as f64 / boa as f64);
                }
            }
        }
        gains
    }

    fn wins(&self, setting: usize, name: &str) -> String {
        let count = |numeric: bool| {
            let rows = self
                .rows
                .iter()
                .filter(|row| !numeric || row.pcodec.is_some());
            let rows: Vec<&Row> = rows.collect();
            let wins = rows
                .iter()
                .filter(|row| row.boa[setting] <= row.best_peer());
            format!("{} of {}", wins.count(), rows.len())
        };
        format!(
            "{name} is at least as small as the best of the others on {} files, and on {} of known numbers\n",
            count(false),
            count(true)
        )
    }

    /// Files that are larger than xz's by more than headers and hashes explain.
    fn losses(&self, setting: usize, name: &str) -> String {
        let lost = |row: &&Row| row.boa[setting] > row.xz() + (row.xz() / 1000).max(64);
        let rows: Vec<&Row> = self.rows.iter().filter(lost).collect();
        let mut text = format!(
            "{name} is larger than xz by more than 0.1 % and 64 bytes on {} files\n",
            rows.len()
        );
        for row in rows {
            let (boa, xz) = (row.boa[setting], row.xz());
            let more = 100.0 * (boa as f64 / xz as f64 - 1.0);
            text += &format!(
                "- {}: {boa} bytes, xz {xz}: {more:+.2} %\n",
                row.name.display()
            );
        }
        text
    }
}
