//! Rows and planes of smooth grids.
//!
//! Of a smooth field the elements one row apart are close, and those one more or less than a row apart are less so: the
//! mean logarithm of the difference has a notch at the row, and at the plane among the multiples of the row.

use super::floats::number;
use crate::layout::Layout;

/// The shortest row, in elements: what repeats sooner is a vibration or a vector's components.
const SHORTEST: usize = 16;
/// The lags searched, in elements, each group up to its longest lag with so many anchors and so many examined again.
const GROUPS: [(usize, usize, usize); 2] = [(1024, 3072, 24), (4096, 768, 12)];
/// Elements compared with the lags that stand out.
const FINE: usize = 16384;
/// How many bits closer than its neighbours a row must be, of slopes and bends together.
const NOTCH: f64 = 0.05;
/// The same for a plane, of which there are few to compare.
const PLANE_NOTCH: f64 = 0.3;
/// The share of the deepest notch that is deep too.
const SHARE: f64 = 0.5;
/// The share that a row's notch has of its plane's.
const OF_PLANE: f64 = 0.15;
/// Of more rows than these in what stands out most, not all can be expected among the notches that were examined.
const MANY: usize = 8;
/// How many bits closer than strangers neighbours in a row must be: the field is smooth.
const SMOOTH: f64 = 1.5;
/// How many bits closer the row above may be than the neighbour: in tables it is much closer.
const ALIKE: f64 = 3.0;

/// The row (and the plane, or 0) in bytes of a smooth grid of `layout`'s elements, and by how many bits the row is closer
/// than the lags beside it. The phase of `layout` is that of `bytes[0]`.
/// `thinned`: by how much fewer elements are compared.
pub(crate) fn find(bytes: &[u8], layout: &Layout, thinned: usize) -> Option<(u32, u32, f64)> {
    let field = heights(bytes, layout);
    let n = field.len;
    if n < 8 * SHORTEST {
        return None;
    }
    // Bounded by the size of the input, so that small files take little time.
    let fine = (FINE / thinned).min(n / 4);
    let next = field.distance(1, fine);
    let strangers = [7, 5, 3]
        .map(|divisor| field.distance(n / divisor, fine))
        .into_iter()
        .fold(0.0, f64::max);
    if next + SMOOTH > strangers {
        return None;
    }
    let record = layout.record as usize / usize::from(layout.width);
    if record > 0 && field.distance(record, fine) + ALIKE < next {
        return None;
    }
    // Their distances have sharper notches, because slopes vary faster than heights. Only they are kept: each of the three would take up to four times as much memory as the
    // bytes.
    let slopes: Vec<u64> = (1..n)
        .map(|i| (field.key)(i).wrapping_sub((field.key)(i - 1)))
        .collect();
    let bends = Keys {
        key: |i: usize| slopes[i + 1].wrapping_sub(slopes[i]),
        len: slopes.len() - 1,
        bits: field.bits,
    };
    let slopes = Keys {
        key: |i: usize| slopes[i],
        len: slopes.len(),
        bits: field.bits,
    };
    let mut again: Vec<(f64, usize)> = Vec::new();
    let mut shorter = 6;
    for (longest, anchors, count) in GROUPS {
        let longest = longest.min(n / 6);
        let anchors = (anchors / thinned).min(n / 16);
        if longest <= shorter {
            break;
        }
        let distances: Vec<f64> = (shorter - 3..longest + 4)
            .map(|lag| slopes.distance(lag, anchors))
            .collect();
        let mut ranked: Vec<(f64, usize)> = (shorter..longest)
            .map(|lag| (notch(|k| distances[k + 3 - shorter], lag), lag))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        again.extend(ranked.iter().take(count).map(|&(_, lag)| {
            let both =
                notch(|k| slopes.distance(k, fine), lag) + notch(|k| bends.distance(k, fine), lag);
            (both, lag)
        }));
        shorter = longest;
    }
    let (depth, row) = row(&again)?;
    if row < SHORTEST || field.distance(row, fine) + ALIKE < next {
        return None;
    }
    let width = usize::from(layout.width);
    let rows = (n / 2 / row).min(Layout::MAX_LAG as usize / (row * width));
    let anchors = (FINE / thinned).min(4 * bytes.len() / rows.max(1)).max(512);
    let of_rows: Vec<f64> = (0..=rows)
        .map(|k| field.distance(k.max(1) * row, anchors))
        .collect();
    // The second plane back is close as well, or it was coincidence.
    let planes: Vec<(f64, usize)> = (4..rows.saturating_sub(3) / 2)
        .map(|k| (notch(|k| of_rows[k], k), k))
        .filter(|&(depth, k)| notch(|k| of_rows[k], 2 * k) >= SHARE / 2.0 * depth)
        .collect();
    let plane = shortest(&planes).map_or(0, |(_, k)| k * row * width);
    Some(((row * width) as u32, plane as u32, depth))
}

/// The shortest lag whose notch is deep enough for a plane, of pairs of depth and lag.
fn shortest(notches: &[(f64, usize)]) -> Option<(f64, usize)> {
    let deepest = notches.iter().map(|notch| notch.0).fold(0.0, f64::max);
    let least = PLANE_NOTCH.max(SHARE * deepest);
    notches
        .iter()
        .filter(|notch| notch.0 >= least)
        .min_by_key(|notch| notch.1)
        .copied()
}

/// The row, of pairs of depth and lag: the deepest notch, or the shortest divisor of it that is a clear notch too. None
/// where other deep notches are no multiples of it, as with sums of vibrations, and in noise.
fn row(notches: &[(f64, usize)]) -> Option<(f64, usize)> {
    let deepest = notches.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let row = notches
        .iter()
        .filter(|(depth, lag)| {
            *depth >= OF_PLANE * deepest.0
                && deepest.1.is_multiple_of(*lag)
                && repeats(notches, *depth, *lag, deepest.1)
        })
        .min_by_key(|notch| notch.1)
        .copied()?;
    let strays = notches
        .iter()
        .filter(|(depth, lag)| {
            // A slanting pattern has notches just beside the multiples.
            let beside = (lag % row.1).min(row.1 - lag % row.1);
            *depth >= SHARE * deepest.0 && beside > 2 + row.1 / 100
        })
        .count();
    (row.0 >= NOTCH && strays == 0).then_some(row)
}

/// Whether the multiples of `lag` below `longest`, if they are few, are notches too, as those of a row are.
fn repeats(notches: &[(f64, usize)], depth: f64, lag: usize, longest: usize) -> bool {
    let times = longest / lag;
    let seen = (2..times).filter(|k| {
        let at_multiple = notches.iter().find(|notch| notch.1 == k * lag);
        at_multiple.is_some_and(|notch| notch.0 >= SHARE * depth)
    });
    !(3..=MANY).contains(&times) || 2 * seen.count() >= times - 2
}

/// By how many bits `lag` is closer than those beside it, up to 3 away.
fn notch(distance: impl Fn(usize) -> f64, lag: usize) -> f64 {
    let here = distance(lag);
    (1..=3)
        .map(|k| (distance(lag - k) + distance(lag + k)) / 2.0 - here)
        .fold(f64::INFINITY, f64::min)
}

/// Numbers of a field, one for each element.
struct Keys<K> {
    /// The number of an element.
    key: K,
    len: usize,
    /// Bits of a number.
    bits: u32,
}

/// The elements of a sample, as integers in the order of the numbers.
fn heights<'a>(bytes: &'a [u8], layout: &Layout) -> Keys<impl Fn(usize) -> u64 + use<'a>> {
    let (width, swap) = (usize::from(layout.width), layout.swap);
    let first = (width - layout.phase as usize % width) % width;
    let bytes = bytes.get(first..).unwrap_or(&[]);
    let bits = 8 * u32::from(layout.width);
    let top = 1u64 << (bits - 1);
    let key = move |i: usize| {
        let number = number(&bytes[i * width..(i + 1) * width], swap);
        // Floats are stored as sign and magnitude; integers of 2 bytes and less as they count.
        match width > 2 && number & top != 0 {
            true => top - (number & (top - 1)),
            false => number ^ top,
        }
    };
    Keys {
        key,
        len: bytes.len() / width,
        bits,
    }
}

impl<K: Fn(usize) -> u64> Keys<K> {
    /// The mean of the bits in which elements `lag` apart differ, over about `anchors` of them in 16 runs.
    fn distance(&self, lag: usize, anchors: usize) -> f64 {
        const RUNS: usize = 16;
        let n = self.len;
        let run = (anchors / RUNS).min(n / 2 / RUNS).max(1);
        if lag + run > n {
            return f64::from(self.bits);
        }
        // The same anchors for all the lags that are compared, unless they are too long.
        let from = (n / 4 + 4).max(lag);
        let room = (n - run).saturating_sub(from);
        let shift = 64 - self.bits;
        let mut sum = 0u64;
        for k in 0..RUNS {
            let start = from.min(n - run) + room * k / (RUNS - 1);
            for i in start..start + run {
                let apart = (self.key)(i).wrapping_sub((self.key)(i - lag));
                let apart = (apart << shift) as i64 >> shift;
                // The logarithm in eighths of a bit, its fraction by the bits behind the first.
                let size = (apart.unsigned_abs() << 3) + 8;
                let log = 63 - size.leading_zeros();
                sum += u64::from(8 * log) + (size >> (log - 3)) - 8;
            }
        }
        sum as f64 / (8 * RUNS * run) as f64 - 3.0
    }
}
