//! Ratios that others reach, from a CSV.

use crate::Failure;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The best ratio of SZ3 by file and bound.
#[derive(Default)]
pub struct Peers {
    best: HashMap<(String, u64), f64>,
}

impl Peers {
    /// Reads the rows whose codec is `sz3-best`.
    pub fn read(path: &Path) -> Result<Peers, Failure> {
        let text = fs::read_to_string(path)?;
        let mut rows = text.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let head = rows.next().unwrap_or_default();
        let column = |name: &str| {
            let found = head.iter().position(|title| *title == name);
            found.ok_or_else(|| format!("{}: no column {name}", path.display()))
        };
        let (file, bound, codec, ratio) = (
            column("file")?,
            column("rel_bound")?,
            column("codec")?,
            column("ratio")?,
        );
        let mut best = HashMap::new();
        for row in rows.filter(|row| row.get(codec) == Some(&"sz3-best")) {
            let cell = |at: usize| row.get(at).copied().unwrap_or_default();
            let (Ok(bound), Ok(ratio)) = (cell(bound).parse::<f64>(), cell(ratio).parse()) else {
                continue;
            };
            best.insert((cell(file).to_string(), bound.to_bits()), ratio);
        }
        Ok(Peers { best })
    }

    /// The best ratio for a file within a bound.
    pub fn best(&self, file: &Path, bound: f64) -> Option<f64> {
        let key = (file.display().to_string(), bound.to_bits());
        self.best.get(&key).copied()
    }
}
