//! A stretch of one layout, examined closely: its columns, and what a byte of it costs.

use super::column::{self, ColumnReport};
use super::examined::ExaminedFrame;
use super::sample::{LayoutStretch, Plan, read_at};
use crate::error::Result;
use crate::layout::Layout;
use crate::level::Effort;
use crate::search::Estimator;
use crate::structure::description;
use rayon::prelude::*;
use serde::Serialize;
use std::io::{Read, Seek};

/// Bytes that are examined closely, all stretches together.
const CLOSELY: u64 = 20 << 20;
/// Frames of one stretch that are.
const MAX_FRAMES_EACH: usize = 4;
/// The most stretches that are; what comes behind counts as what was seen.
const MAX_STRETCHES: usize = 256;

/// A layout as numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Form {
    /// Bytes of an element: 1, 2, 4 or 8. Records of mixed types have 1.
    pub width: u8,
    /// Elements are little-endian.
    pub little_endian: bool,
    /// Bytes from one record or row to the next; 0: none.
    pub record: u32,
    /// Bytes from one plane of a grid to the next; 0: none.
    pub plane: u32,
}

/// A stretch of an input with one layout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionReport {
    /// Where it begins.
    pub at: u64,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// How much of it was examined closely, in bytes.
    pub looked_at: u64,
    /// Its layout in words.
    pub layout: String,
    /// The same as numbers.
    pub form: Form,
    /// Why it has this layout, in words.
    pub found: String,
    /// What a byte is estimated to cost in bits; none where it was not examined closely.
    pub bits_per_byte: Option<f64>,
    /// Share of these bits that look like coin flips, from 0 to 1.
    pub noise: f64,
    /// The same for columns of floats alone.
    pub float_noise: f64,
    /// The columns of its records, or one for all elements; none for text and plain bytes, and where there are more
    /// than 1024.
    pub columns: Vec<ColumnReport>,
}

/// Examines the frames of a plan, the longest stretches first, as long as that takes no more than seconds.
pub(super) fn examine(input: &mut (impl Read + Seek), plan: &Plan) -> Result<Vec<RegionReport>> {
    let picked = pick(&plan.stretches);
    let mut examined = Vec::with_capacity(plan.stretches.len());
    let mut bytes = Vec::new();
    for (stretch, picked) in plan.stretches.iter().zip(picked) {
        let mut frames = Vec::with_capacity(picked.len());
        for frame in picked.iter().filter_map(|&k| stretch.frames.get(k)) {
            read_at(input, frame.at, frame.len, &mut bytes)?;
            frames.push((frame, std::mem::take(&mut bytes)));
        }
        let examined_frames: Vec<ExaminedFrame> = frames
            .into_par_iter()
            .map(|(frame, bytes)| ExaminedFrame::new(frame, bytes))
            .collect();
        examined.push(of_stretch(stretch, &examined_frames));
    }
    Ok(examined)
}

/// For each stretch, the numbers of its frames that are examined.
fn pick(stretches: &[LayoutStretch]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.sort_by_key(|&k| std::cmp::Reverse(stretches[k].len));
    order.truncate(MAX_STRETCHES);
    let mut picked = vec![Vec::new(); stretches.len()];
    let mut left = CLOSELY;
    for round in 0..MAX_FRAMES_EACH {
        for &k in &order {
            let frames = &stretches[k].frames;
            let last = frames.len().saturating_sub(1);
            let number = [0, last, last / 2, last / 4][round];
            let Some(frame) = frames.get(number) else {
                continue;
            };
            if frame.len as u64 <= left && !picked[k].contains(&number) {
                left -= frame.len as u64;
                picked[k].push(number);
            }
        }
    }
    picked
}

fn of_stretch(stretch: &LayoutStretch, examined_frames: &[ExaminedFrame]) -> RegionReport {
    let planned = stretch.frames.first();
    let layout = planned.map_or(Layout::BYTES, |frame| frame.layout);
    let mut region = RegionReport {
        at: stretch.at,
        bytes: stretch.len,
        looked_at: examined_frames
            .iter()
            .map(|seen| seen.rows.len() as u64)
            .sum(),
        layout: description::layout(&layout),
        form: Form {
            width: layout.width,
            little_endian: layout.swap,
            record: layout.record,
            plane: layout.plane,
        },
        found: planned.map_or(String::new(), |frame| frame.found.clone()),
        bits_per_byte: None,
        noise: 0.0,
        float_noise: 0.0,
        columns: Vec::new(),
    };
    let Some(first) = examined_frames.first() else {
        return region;
    };
    let cost: f64 = examined_frames
        .iter()
        .map(|seen| seen.bits * seen.rows.len() as f64)
        .sum();
    let bits = cost / (region.looked_at as f64).max(1.0);
    region.bits_per_byte = Some(bits);
    let positions = column::positions(&first.layout, &first.structure, &first.rows);
    let mut estimator = Estimator::new(Effort::Default.settings().search);
    region.columns = (0..positions.len())
        .map(|number| column::describe(&positions, number, examined_frames, &mut estimator))
        .collect();
    let noise = |columns: &mut dyn Iterator<Item = &ColumnReport>| {
        let flips = columns.fold(0.0, |sum, c| sum + c.noise_bits * c.count as f64);
        if cost > 0.0 {
            (flips / cost).min(1.0)
        } else {
            0.0
        }
    };
    region.noise = noise(&mut region.columns.iter());
    region.float_noise = noise(&mut region.columns.iter().filter(|c| c.is_float()));
    region
}
