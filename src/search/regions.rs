//! Where a region of the input ends that has one layout.
//!
//! Short probes, spread over the frame to be, are each detected alone. Where one costs far less under its own layout than
//! under the frame's, another region has begun, and bisection finds where. Uniform input is never cut.

use super::cost::{Cost, Window};
use super::detect::{self, Fit};
use crate::layout::Layout;
use std::ops::Range;

/// From one probe to the next.
const STEP: usize = 96 << 10;
/// Bytes of a probe.
const PROBE: usize = 48 << 10;
/// Bytes of a probe that are coded to compare two layouts.
const CODED: usize = 12 << 10;
/// Regions shorter than this are not worth a frame, which learns everything anew.
pub(crate) const MIN_REGION: usize = 24 << 10;
/// A probe that costs by less than this share more or less than the last that was detected is not detected anew, nor one
/// that costs more and less than others that were, up to so many in a row of the one and the other.
const AS_USUAL: f64 = 0.04;
const PASSED: [usize; 2] = [8, 3];
/// How many times as much a probe must cost under a layout that is not its own.
const WORSE: f64 = 1.08;
/// The same where the exponents of floats contradict the layout, which the cost hardly shows.
const WORSE_FLOATS: f64 = 1.01;
/// The same for a multiple of the probe's own record: the records of two regions have one in common.
const WORSE_MULTIPLE: f64 = 1.02;
/// Bytes in which a new region is confirmed.
const CONFIRMED: usize = 128 << 10;
/// Bytes that each layout has learnt from when the boundary is looked for, and how finely it is.
const TAUGHT: usize = 24 << 10;
const SHARP: usize = 256;

/// The end of the region of `layout` that `bytes` begin with, if they hold another region: at least [`MIN_REGION`], with as
/// much left. 0: the front itself has another layout. `layout`'s phase is that of `bytes[0]`.
///
/// `thinned`: by how much fewer probes there are. If there are fewer, one that costs about what the layout costs in all of `bytes` is not
/// detected either.
pub(crate) fn end(bytes: &[u8], fit: &Fit, thinned: usize) -> Option<usize> {
    let layout = &fit.table;
    if bytes.len() < 2 * PROBE {
        return None;
    }
    let mut cost = Cost::new(thinned > 1);
    let last = bytes.len() - PROBE;
    let starts = (0..last).step_by(STEP * thinned).chain(Some(last));
    let mut good = 0;
    // What the last probe cost that was detected, and how many were not since.
    let (mut usual, mut passed, as_usual) = match thinned {
        1 => (f64::INFINITY, 0, AS_USUAL),
        _ => (fit.bits, 0, 2.0 * AS_USUAL),
    };
    let (mut least, mut most) = (f64::INFINITY, 0.0f64);
    for start in starts {
        let bits = cost.bits(bytes, &coded(start), layout);
        if passed < PASSED[0] && (bits - usual).abs() < as_usual * usual {
            passed += 1;
            good = start;
            continue;
        }
        if passed < PASSED[1] && least < bits && bits < most {
            passed += 1;
            continue;
        }
        (usual, passed) = (bits, 0);
        (least, most) = (least.min(bits), most.max(bits));
        if !breaks(&mut cost, bytes, (start, layout, bits), thinned) {
            good = start;
            continue;
        }
        if start == 0 {
            return Some(0);
        }
        // The probe may hold the joint itself: what follows its middle shows what comes.
        let from = start + PROBE / 2;
        let next = &bytes[from..bytes.len().min(from + PROBE)];
        let other = before(&detect::rough(next, thinned).layout, from);
        if !contradicts(&other, layout) {
            good = start;
            continue;
        }
        let cut = turn(&mut cost, bytes, good..start + PROBE, layout, &other);
        let cut = aligned(layout, cut);
        if cut < MIN_REGION || cut + MIN_REGION > bytes.len() {
            return None;
        }
        // More must agree: a probe of text may find words that repeat.
        let more = &bytes[cut..bytes.len().min(cut + CONFIRMED)];
        if contradicts(&before(&detect::rough(more, thinned).layout, cut), layout) {
            return Some(cut);
        }
        good = start;
    }
    None
}

/// What is coded of the probe at `start`.
fn coded(start: usize) -> [Window; 4] {
    std::array::from_fn(|k| Window {
        start: start + (PROBE - CODED / 4) * k / 3,
        len: CODED / 4,
    })
}

/// Whether the layout of the probe at `start` contradicts `layout`, under which it takes `theirs` bits a byte, and costs far less.
fn breaks(
    cost: &mut Cost,
    bytes: &[u8],
    (start, layout, theirs): (usize, &Layout, f64),
    thinned: usize,
) -> bool {
    let probe = &bytes[start..start + PROBE];
    let rough = detect::rough(probe, thinned);
    let own = before(&rough.layout, start);
    if !contradicts(&own, layout) {
        return false;
    }
    let mine = cost.bits(bytes, &coded(start), &own);
    let multiple = own.record > 0 && layout.record > own.record;
    let worse = if rough.sure && !same_elements(&own, layout) {
        WORSE_FLOATS
    } else if multiple && layout.record.is_multiple_of(own.record) {
        WORSE_MULTIPLE
    } else {
        WORSE
    };
    theirs > worse * mine
}

/// Whether two layouts have different elements or records; where a record begins makes no difference.
fn contradicts(one: &Layout, other: &Layout) -> bool {
    one.record != other.record || !same_elements(one, other)
}

fn same_elements(one: &Layout, other: &Layout) -> bool {
    one.width == other.width
        && one.swap == other.swap
        && one.phase % u32::from(one.width) == other.phase % u32::from(one.width)
}

/// Where in `range` the bytes turn from `one` layout to the `other`: what lies before is coded under the one, what
/// follows under the other, in the fewest bits.
fn turn(cost: &mut Cost, bytes: &[u8], range: Range<usize>, one: &Layout, other: &Layout) -> usize {
    // Each has learnt from bytes that are surely its own.
    let head = range.start.saturating_sub(TAUGHT)..range.start;
    let tail = range.end..bytes.len().min(range.end + TAUGHT);
    let before = cost.profile(bytes, head, range.clone(), SHARP, one);
    let after = cost.profile(bytes, tail, range.clone(), SHARP, other);
    let (mut best, mut least, mut sum) = (0, 0.0, 0.0);
    for (k, (before, after)) in before.iter().zip(&after).enumerate() {
        sum += before - after;
        if sum < least {
            (best, least) = (k + 1, sum);
        }
    }
    (range.start + best * SHARP).min(range.end)
}

/// The last start of a record, or else of an element, up to `cut`.
fn aligned(layout: &Layout, cut: usize) -> usize {
    let period = match layout.record as usize {
        record @ 1..=4096 => record,
        _ => usize::from(layout.width),
    };
    cut.saturating_sub((cut + layout.phase as usize % period) % period)
}

/// The layout of bytes `start` before those of `layout`.
fn before(layout: &Layout, start: usize) -> Layout {
    let period = u64::from(layout.period());
    layout.advanced(period - start as u64 % period)
}
