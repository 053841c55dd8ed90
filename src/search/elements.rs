//! Element width, byte order and alignment, given a distance at which numbers are close.
//!
//! Numbers that are close agree in their most significant bytes. Under the right width, order and alignment the bytes
//! that agree come first and carry information; under a wrong one a low, random byte ends the agreement at once. Coding
//! cost alone can't decide: by the chain rule both orders of two bytes cost about the same.

use super::cost::Window;
use super::log2;
use crate::layout::Layout;

/// Parts of numbers show less than this share of the rise in entropy that whole numbers begin with.
const WITHIN: f64 = 0.3;
/// Little-endian elements win over others unless these agree better by this factor: where only the top byte ever agrees, it
/// does so read either way.
const LITTLE: f64 = 1.03;
/// The same for elements that start with the input.
const ALIGNED: f64 = 1.02;
/// A wider element may agree less by this factor.
const WIDER: f64 = 0.99;
/// The share by which the entropies of an element's bytes differ. Text has up to 0.02, sparse numbers 0.2, others more.
const DIFFERENT: f64 = 0.08;
/// In records of up to this length each column has its own entropy.
const MAX_POSITIONS: usize = 512;
/// Bits a byte that must agree before there are elements at all.
const MIN_AGREEMENT: f64 = 0.02;

/// The width, order and alignment of elements that are close to those `lag` bytes before, if there are any. The layout has
/// no record; its phase is that of `bytes[0]`.
pub(crate) fn find(bytes: &[u8], windows: &[Window], lag: usize) -> Option<Layout> {
    let entropy = entropies(bytes, windows, if lag <= MAX_POSITIONS { lag } else { 8 });
    let widths = [2u8, 4, 8]
        .into_iter()
        .filter(|&width| lag.is_multiple_of(width.into()));
    let mut best = (MIN_AGREEMENT, None);
    for width in widths.clone() {
        let orders = [true, false]
            .into_iter()
            .flat_map(|swap| (0..u32::from(width)).map(move |phase| (swap, phase)));
        let of_width = orders.map(|(swap, phase)| {
            let layout = Layout {
                width,
                swap,
                record: 0,
                plane: 0,
                phase,
            };
            let usual = if swap { LITTLE } else { 1.0 } * if phase == 0 { ALIGNED } else { 1.0 };
            (
                agreement(bytes, windows, &layout, lag, &entropy) * usual,
                Some(layout),
            )
        });
        // Of equals the first, little-endian and aligned.
        let of_width = of_width.reduce(|best, other| if other.0 > best.0 { other } else { best });
        if let Some(guess) =
            of_width.filter(|guess| guess.0 >= MIN_AGREEMENT && guess.0 >= WIDER * best.0)
        {
            best = guess;
        }
    }
    // Some bytes of a number agree as well as the whole.
    let mut layout = best.1?;
    for width in widths {
        if width <= layout.width {
            continue;
        }
        layout = wider(&layout, width, &entropy).unwrap_or(layout);
    }
    differ(layout.width.into(), &entropy).then_some(layout)
}

/// How much the elements of `layout` share with those `lag` bytes before, in bits a byte.
pub(crate) fn shared(bytes: &[u8], windows: &[Window], layout: &Layout, lag: usize) -> f64 {
    let entropy = entropies(bytes, windows, if lag <= MAX_POSITIONS { lag } else { 8 });
    agreement(bytes, windows, layout, lag, &entropy)
}

/// Whether the positions in an element differ in their entropy. In numbers they do, in text they don't.
fn differ(width: usize, entropy: &[Vec<f64>]) -> bool {
    let of_position = |position| {
        entropy
            .iter()
            .flat_map(move |entropy| entropy.iter().skip(position).step_by(width))
            .sum::<f64>()
    };
    let (least, most) = (0..width)
        .map(of_position)
        .fold((f64::INFINITY, 0.0f64), |(least, most), bits| {
            (least.min(bits), most.max(bits))
        });
    most - least > DIFFERENT * most
}

/// The layout with elements of `width` bytes, if these rather than narrower ones begin where numbers begin: at a byte
/// of low entropy before one of high.
fn wider(layout: &Layout, width: u8, entropy: &[Vec<f64>]) -> Option<Layout> {
    let step = usize::from(layout.width);
    // Bits by which entropy rises from the first byte to the second, in the narrower elements that begin at a phase.
    let rise_in = |entropy: &Vec<f64>, phase: usize| {
        let starts =
            (0..entropy.len().max(8)).filter(|start| (start + phase).is_multiple_of(width.into()));
        let bits = starts.map(|start| {
            let (first, second) = if layout.swap {
                (start + step - 1, start + step - 2)
            } else {
                (start, start + 1)
            };
            (entropy[second % entropy.len()] - entropy[first % entropy.len()]).max(0.0)
        });
        bits.sum::<f64>()
    };
    let rise = |phase: usize| {
        entropy
            .iter()
            .map(|entropy| rise_in(entropy, phase))
            .sum::<f64>()
    };
    // All phases that keep the narrower elements where they are, with the rises of their most significant one.
    let phases = (layout.phase as usize..usize::from(width)).step_by(step);
    let top = if layout.swap {
        usize::from(width) - step
    } else {
        0
    };
    let rises: Vec<(f64, usize)> = phases
        .map(|phase| {
            (
                rise((phase + usize::from(width) - top) % usize::from(width)),
                phase,
            )
        })
        .collect();
    let best = rises.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let others = rises.iter().map(|rise| rise.0).sum::<f64>() - best.0;
    (others < WITHIN * best.0).then_some(Layout {
        width,
        phase: best.1 as u32,
        ..*layout
    })
}

/// Bits per byte that whole elements share with those `lag` bytes before, from the most significant byte on.
///
/// A byte that agrees counts its entropy, so that constant zeros count nothing; the first that differs counts a share
/// for its leading bits that agree, less what random bytes would.
fn agreement(
    bytes: &[u8],
    windows: &[Window],
    layout: &Layout,
    lag: usize,
    entropy: &[Vec<f64>],
) -> f64 {
    let width = usize::from(layout.width);
    let (mut agreed, mut count) = (0.0, 0usize);
    for (window, entropy) in windows.iter().zip(entropy) {
        let phase = (window.start + layout.phase as usize) % width;
        let first = window.start + (width - phase) % width;
        count += window.len;
        for from in (first..(window.start + window.len).saturating_sub(width - 1)).step_by(width) {
            if from < lag {
                continue;
            }
            for k in 0..width {
                let at = if layout.swap {
                    from + width - 1 - k
                } else {
                    from + k
                };
                let entropy = entropy[at % entropy.len()];
                let differ = bytes[at] ^ bytes[at - lag];
                // The sign of a float has nothing to do with its size.
                let size = if k == 0 { differ << 1 } else { differ };
                if size != 0 {
                    // Two random bytes that differ agree in 0.97 leading bits.
                    agreed += entropy * (f64::from(size.leading_zeros()) - 0.97) / 8.0;
                    break;
                }
                agreed += if differ == 0 {
                    entropy
                } else {
                    (entropy - 1.0).max(0.0)
                };
            }
        }
    }
    agreed / count.max(1) as f64
}

/// For each window, the entropy in bits of the bytes at each position modulo `positions`.
///
/// Each window has its own where the positions are few: it may lie in another column or array than the next. The
/// columns of a record are the same in all windows, and too many to count in one.
fn entropies(bytes: &[u8], windows: &[Window], positions: usize) -> Vec<Vec<f64>> {
    let groups = if positions <= 8 { 1 } else { windows.len() };
    let of_group = |group: &[Window]| {
        let mut counts = vec![[0u32; 256]; positions];
        for window in group {
            for i in window.start..window.start + window.len {
                counts[i % positions][usize::from(bytes[i])] += 1;
            }
        }
        let entropy = counts.iter().map(entropy_of).collect::<Vec<f64>>();
        std::iter::repeat_n(entropy, group.len())
    };
    windows.chunks(groups.max(1)).flat_map(of_group).collect()
}

/// The entropy in bits of counted bytes.
fn entropy_of(counts: &[u32; 256]) -> f64 {
    let total = f64::from(counts.iter().sum::<u32>().max(1));
    let bits = |&count: &u32| f64::from(count) * log2(total / f64::from(count.max(1)));
    counts.iter().map(bits).sum::<f64>() / total
}
