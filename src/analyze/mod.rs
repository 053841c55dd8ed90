//! What an input is made of, and what compressing it would give: estimated in seconds, from a sample, without coding
//! it.
//!
//! ```
//! let rows: Vec<u8> = (0..5000i32).flat_map(|n| [n, n % 7, 1000]).flat_map(i32::to_le_bytes).collect();
//! let report = boa_constrictor::analyze::analyze(std::io::Cursor::new(&rows))?;
//! assert_eq!(report.bytes, 60_000);
//! assert_eq!(report.regions[0].columns.len(), 3);
//! assert!(report.estimate.ratio > 10.0);
//! # Ok::<(), boa_constrictor::Error>(())
//! ```
//!
//! Every number that [`Report`] calls an estimate comes from coding samples with adaptive counts, as layouts and
//! transforms are chosen; everything else is counted in what was examined.

mod advice;
mod bits;
mod column;
mod estimate;
mod examined;
mod noise;
mod region;
mod repeats;
mod sample;

pub use advice::{Advice, Verdict};
pub use column::{ColumnReport, Number};
pub use estimate::Estimate;
pub use region::{Form, RegionReport};

use crate::error::Result;
use serde::Serialize;
use std::io::{Cursor, Read, Seek};

/// How much [`analyze_reader`] reads: what cannot be sought in is examined from its beginning only.
pub const MAX_READ: u64 = 64 << 20;

/// What an input is made of. Serialised, it is the object that `boa analyze --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Bytes of the input; where it was not read to its end, those that were read.
    pub bytes: u64,
    /// The input ends there.
    pub complete: bool,
    /// Bytes that columns, rules and estimates come from.
    pub looked_at: u64,
    /// What compressing it would give.
    pub estimate: Estimate,
    /// What would make it smaller.
    pub advice: Advice,
    /// Stretches of one layout each, in order; together they are the input.
    pub regions: Vec<RegionReport>,
}

/// Examines an input: all of it up to 32 MiB, else its first 16 MiB and samples of the rest. Memory is bounded: some
/// 160 MB with two threads.
///
/// # Errors
/// `Io` if reading or seeking fails.
pub fn analyze(input: impl Read + Seek) -> Result<Report> {
    examine(input, true)
}

/// Examines the first [`MAX_READ`] bytes of an input that is read only once.
///
/// # Errors
/// `Io` if reading fails.
pub fn analyze_reader(mut reader: impl Read) -> Result<Report> {
    let mut bytes = Vec::new();
    reader.by_ref().take(MAX_READ).read_to_end(&mut bytes)?;
    let complete = reader.read(&mut [0])? == 0;
    examine(Cursor::new(bytes), complete)
}

fn examine(mut input: impl Read + Seek, complete: bool) -> Result<Report> {
    let plan = sample::plan(&mut input)?;
    let regions = region::examine(&mut input, &plan)?;
    let looked_at = regions.iter().map(|region| region.looked_at).sum();
    let estimate = Estimate::of(plan.len, &regions);
    let advice = Advice::of(plan.len, &estimate, &regions);
    Ok(Report {
        bytes: plan.len,
        complete,
        looked_at,
        estimate,
        advice,
        regions,
    })
}
