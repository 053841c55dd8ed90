//! Finds the layout of bytes that say nothing about themselves.

use super::Layout;
use super::cost::{Cost, Window};
use super::lags;

/// Fewer bytes than this show no structure that would pay.
const LEAST: usize = 256;
/// Bytes coded to compare all candidates.
const QUICK: usize = 48 << 10;
/// Bytes coded to compare the best few.
const FULL: usize = 160 << 10;

/// The layout under which `bytes` are estimated to cost least; [`Layout::BYTES`] where none helps.
pub fn detect(bytes: &[u8]) -> Layout {
    if bytes.len() < LEAST {
        return Layout::BYTES;
    }
    let debug = std::env::var("LAYOUT_DEBUG").is_ok();
    let t0 = std::time::Instant::now();
    let quick = windows(bytes, QUICK);
    let full = windows(bytes, FULL);
    let mut cost = Cost::new();
    let plain = cost.bits(bytes, &quick, &Layout::BYTES);
    let mut records = vec![2, 3, 4, 6, 8];
    let found = lags::candidates(bytes);
    if debug { eprintln!("lags {:?} {:?}", t0.elapsed(), found); }
    records.extend(found);
    let mut ranked: Vec<(f64, Layout)> = records
        .iter()
        .map(|&record| {
            let layout = Layout { record: record as u32, ..Layout::BYTES };
            (cost.bits(bytes, &quick, &layout), layout)
        })
        .collect();
    ranked.push((plain, Layout::BYTES));
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    if debug {
        eprintln!("quick {:?}", t0.elapsed());
        for (bits, layout) in ranked.iter().take(6) { eprintln!("  {:.4} {}", bits, layout.record); }
    }
    let mut best: Vec<(f64, Layout)> = Vec::new();
    for (bits, layout) in ranked.iter().take(3) {
        let r = layout.record;
        best.push((*bits, *layout));
        for width in [2u8, 4, 8] {
            if r == 0 || r % u32::from(width) != 0 { continue; }
            for swap in [true, false] {
                for phase in 0..u32::from(width) {
                    let record = if r == u32::from(width) { 0 } else { r };
                    let l = Layout { width, swap, record, plane: 0, phase };
                    best.push((cost.bits(bytes, &quick, &l), l));
                }
            }
        }
    }
    best.sort_by(|a, b| a.0.total_cmp(&b.0));
    if debug {
        eprintln!("elements {:?}", t0.elapsed());
        for (bits, layout) in best.iter().take(12) { eprintln!("  {:.4} {:.4} {} w{} s{} p{}", bits, cost.bits(bytes, &full, layout), layout.record, layout.width, layout.swap, layout.phase); }
    }
    best[0].1
}

/// Up to four windows of `total` bytes together, spread over the input.
fn windows(bytes: &[u8], total: usize) -> Vec<Window> {
    if bytes.len() <= total {
        return vec![Window { start: 0, len: bytes.len() }];
    }
    let len = total / 4;
    // The first window leaves room for a long record before it.
    let first = lags::LONGEST.min(bytes.len() - total);
    let room = bytes.len() - len - first;
    (0..4).map(|k| Window { start: first + room * k / 3, len }).collect()
}
