//! Element width, byte order and alignment, given a distance at which numbers are close.
//!
//! Numbers that are close agree in their most significant bytes. Under the right width, order and alignment the bytes
//! that agree come first and carry information; under a wrong one a low, random byte ends the agreement at once. Coding
//! cost alone can't tell: by the chain rule both orders of two bytes cost about the same.

use super::Layout;
use super::cost::Window;

/// The share of the best width's agreement that another must reach: numbers of 8 bytes look like pairs of 4 of which one
/// half agrees, and agree as well as a whole.
const NEARLY: f64 = 0.85;
/// An aligned little-endian element wins over others unless they agree better by this factor.
const USUAL: f64 = 1.03;
/// In records of up to this length each column has its own entropy.
const MOST_PLACES: usize = 512;
/// Bits a byte that must agree before there are elements at all.
const LEAST: f64 = 0.02;

/// Guesses of width, order and alignment of elements that are close to those `lag` bytes before (or to the last one), the
/// widest first; none where nothing agrees. The layouts have no record; their phase is that of `bytes[0]`.
pub(super) fn find(bytes: &[u8], windows: &[Window], lag: Option<usize>) -> Vec<Layout> {
    let places = lag.filter(|&lag| lag <= MOST_PLACES).unwrap_or(8);
    let entropy = entropies(bytes, windows, places);
    let mut found: Vec<(f64, Layout)> = Vec::new();
    for width in [8u8, 4, 2] {
        let lag = lag.unwrap_or(width.into());
        if !lag.is_multiple_of(usize::from(width)) {
            continue;
        }
        let mut best = (f64::NEG_INFINITY, 0.0, Layout::BYTES);
        for swap in [true, false] {
            for phase in 0..u32::from(width) {
                let layout = Layout { width, swap, record: 0, plane: 0, phase };
                let agreed = agreement(bytes, windows, &layout, lag, &entropy);
                let usual = if swap && phase == 0 { USUAL } else { 1.0 };
                if agreed * usual > best.0 {
                    best = (agreed * usual, agreed, layout);
                }
            }
        }
        found.push((best.1, best.2));
    }
    if std::env::var("LAYOUT_DEBUG").is_ok() {
        eprintln!("  H {:.1?} lag {:?}", entropy, lag);
        for (a, l) in &found { eprintln!("  S {a:.4} w{} s{} p{}", l.width, l.swap, l.phase); }
    }
    let most = found.iter().map(|guess| guess.0).fold(0.0, f64::max);
    found.retain(|guess| guess.0 >= LEAST && guess.0 >= NEARLY * most);
    found.into_iter().map(|guess| guess.1).collect()
}

/// Bits per byte that whole elements share with those `lag` bytes before, from the most significant byte on.
///
/// A byte that agrees counts its entropy, so that constant zeros count nothing; the first that differs counts a part for
/// its leading bits that agree, less what random bytes would.
fn agreement(bytes: &[u8], windows: &[Window], layout: &Layout, lag: usize, entropy: &[f64]) -> f64 {
    let width = usize::from(layout.width);
    let (mut agreed, mut count) = (0.0, 0usize);
    for window in windows {
        let phase = (window.start + layout.phase as usize) % width;
        let first = window.start + (width - phase) % width;
        count += window.len;
        for from in (first..(window.start + window.len).saturating_sub(width - 1)).step_by(width) {
            if from < lag {
                continue;
            }
            for k in 0..width {
                let at = if layout.swap { from + width - 1 - k } else { from + k };
                let differ = bytes[at] ^ bytes[at - lag];
                if differ != 0 {
                    // Two random bytes that differ agree in 0.97 leading bits.
                    agreed += entropy[at % entropy.len()] * (f64::from(differ.leading_zeros()) - 0.97) / 8.0;
                    break;
                }
                agreed += entropy[at % entropy.len()];
            }
        }
    }
    agreed / count.max(1) as f64
}

/// The entropy in bits of the bytes at each place modulo `places`.
fn entropies(bytes: &[u8], windows: &[Window], places: usize) -> Vec<f64> {
    let mut counts = vec![[0u32; 256]; places];
    for window in windows {
        for i in window.start..window.start + window.len {
            counts[i % places][usize::from(bytes[i])] += 1;
        }
    }
    let entropy = |counts: &[u32; 256]| {
        let total = f64::from(counts.iter().sum::<u32>().max(1));
        let bits = |&count: &u32| f64::from(count) * (total / f64::from(count.max(1))).log2();
        counts.iter().map(bits).sum::<f64>() / total
    };
    counts.iter().map(entropy).collect()
}
