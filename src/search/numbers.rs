//! What numbers look like: kinds recognised from values, and whether bytes side by side are one number.
//!
//! A float begins with a byte of sign and exponent that takes few values, all for sizes that occur in practice; the bytes
//! below it first rise in entropy and then fall where precision ends. An integer begins with bytes of zeros or of its
//! sign, and its lowest byte varies most. Bytes that are neither stay alone.

use super::log2;
use crate::layout::Kind;

/// Bytes of the widest column.
pub(crate) const WIDEST: usize = 8;
/// Of floats, at most this share of the distinct values has an unlikely exponent.
const UNLIKELY: f64 = 0.1;
/// Bits of entropy that byte counts of a sample differ by for no reason.
const TOLERANCE: f64 = 0.7;
/// Where a float's precision ends, fewer bytes than this share are odd, of those that aren't zero.
const ODD: f64 = 0.4;
/// A lowest byte with as many bits of entropy belongs to a number of several bytes.
const VARIED: f64 = 6.0;
/// Values that show the kind of an integer that uses all its bytes.
const ENOUGH: usize = 256;
/// A byte with fewer bits of entropy takes few values.
const FEW: f64 = 3.0;
/// A byte within an integer has more bits of entropy than this, or twice as many as the one above.
const MIDDLE: f64 = 5.0;

impl Kind {
    /// The kind of numbers of `width` bytes. Values count once, however common: fill values are no majority.
    pub(crate) fn of(mut values: Vec<u64>, width: usize) -> Kind {
        values.sort_unstable();
        values.dedup();
        let (likely, unlikely) = exponents(&values, width);
        if likely > 0 && unlikely as f64 <= UNLIKELY * (likely + unlikely) as f64 {
            return Kind::Float;
        }
        let bits = 8 * width as u32;
        let high = values.partition_point(|&value| value >> (bits - 1) == 0);
        if high == values.len() {
            return Kind::Unsigned;
        }
        // The reading that keeps values closer together: distances from the middle one.
        let unsigned = spread(&values);
        values.rotate_left(high);
        let half = 1u64 << (bits - 1);
        let mask = if bits == 64 {
            u64::MAX
        } else {
            (1 << bits) - 1
        };
        values
            .iter_mut()
            .for_each(|value| *value = value.wrapping_add(half) & mask);
        if spread(&values) <= unsigned {
            Kind::Signed
        } else {
            Kind::Unsigned
        }
    }
}

/// How many values have an exponent that is likely in practice as floats, and how many one that isn't. Zeros,
/// infinities and plain NaNs show nothing.
fn exponents(values: &[u64], width: usize) -> (usize, usize) {
    // Bits of the mantissa, the exponent's mask and bias, and the likely sizes as powers of two. Small integers lie below
    // those of the narrow float, and times in seconds above.
    let (mantissa, mask, bias, least, most) = match width {
        4 => (23, 0xff, 127, -100, 50),
        8 => (52, 0x7ff, 1023, -200, 200),
        _ => return (0, values.len()),
    };
    let (mut likely, mut unlikely) = (0, 0);
    for value in values {
        let exponent = (value >> mantissa & mask) as i64;
        let fraction = value & ((1 << mantissa) - 1);
        if exponent == 0 && fraction == 0
            || exponent == mask as i64 && fraction & ((1 << (mantissa - 1)) - 1) == 0
        {
            continue;
        }
        if (least..=most).contains(&(exponent - bias)) {
            likely += 1;
        } else {
            unlikely += 1;
        }
    }
    (likely, unlikely)
}

/// The sum of the distances of sorted values from the middle one.
fn spread(values: &[u64]) -> f64 {
    let middle = values.get(values.len() / 2).copied().unwrap_or(0);
    let distances = values.iter().map(|value| value.abs_diff(middle) as f64);
    distances.sum()
}

/// A number that may begin at some position, and what it costs to see one there.
///
/// Costs have no unit; those of bytes and numbers have been weighed against each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberGuess {
    pub cost: f64,
    pub swap: bool,
    pub kind: Kind,
}

/// Statistics of the bytes at one position of a record.
#[derive(Clone, Copy)]
struct ByteStatistics {
    /// Bits.
    entropy: f64,
    /// The one value, if it is one.
    constant: Option<u8>,
    /// Of the values other than 0, the share of odd ones.
    odd: f64,
    /// Nearly all values are those of a float's first byte.
    top: bool,
    /// All values are printable.
    text: bool,
    /// Signed rather than unsigned, as a byte.
    signed: bool,
}

impl ByteStatistics {
    fn new(values: impl Iterator<Item = u8>) -> ByteStatistics {
        let mut counts = [0u32; 256];
        for value in values {
            counts[usize::from(value)] += 1;
        }
        let total = counts.iter().sum::<u32>().max(1);
        let seen = || (0..=255u8).filter(|&value| counts[usize::from(value)] > 0);
        let entropy = seen().map(|value| {
            let share = f64::from(counts[usize::from(value)]) / f64::from(total);
            -share * log2(share)
        });
        let first = seen().next();
        let tops = (0..=255u8).filter(|value| matches!(value & 0x7f, 0 | 0x14..=0x58 | 0x7f));
        let tops = tops.map(|value| counts[usize::from(value)]).sum::<u32>();
        ByteStatistics {
            entropy: entropy.sum(),
            constant: first.filter(|&first| seen().all(|value| value == first)),
            odd: f64::from((1..256).step_by(2).map(|odd| counts[odd]).sum::<u32>())
                / f64::from((total - counts[0]).max(1)),
            top: f64::from(tops) >= (1.0 - UNLIKELY) * f64::from(total),
            text: seen().all(|value| matches!(value, b' '..=b'~')),
            signed: Kind::of(seen().map(u64::from).collect(), 1) == Kind::Signed,
        }
    }
}

/// The positions of a record, as seen in a sample of rows.
pub(crate) struct RecordStatistics {
    positions: Vec<ByteStatistics>,
    rows: usize,
}

impl RecordStatistics {
    /// `starts` are where rows begin in `bytes`.
    pub fn new(bytes: &[u8], starts: &[usize], period: usize) -> RecordStatistics {
        let position =
            |position| ByteStatistics::new(starts.iter().map(|start| bytes[start + position]));
        RecordStatistics {
            positions: (0..period).map(position).collect(),
            rows: starts.len(),
        }
    }

    /// A byte of its own.
    pub fn byte(&self, position: usize) -> NumberGuess {
        let position = &self.positions[position];
        NumberGuess {
            cost: match position.constant {
                Some(_) => 0.6,
                None => 1.2 + position.entropy / 8.0,
            },
            swap: false,
            kind: if position.signed {
                Kind::Signed
            } else {
                Kind::Unsigned
            },
        }
    }

    /// The number of `width` bytes at `position`, if it looks like one; `values` gives those of all rows.
    pub fn number(
        &self,
        position: usize,
        width: usize,
        swap: bool,
        values: impl FnOnce() -> Vec<u64>,
    ) -> Option<NumberGuess> {
        if self.rows == 0 {
            return None;
        }
        // The most significant first.
        let mut statistics = [self.positions[position]; WIDEST];
        for (k, byte) in statistics.iter_mut().enumerate().take(width) {
            let offset = if swap { width - 1 - k } else { k };
            *byte = self.positions[(position + offset) % self.positions.len()];
        }
        let statistics = &statistics[..width];
        let float = width >= 4 && float(statistics);
        if !float && statistics[0].constant.is_none() && !integral(statistics) {
            // Neither can be: what most positions are, recognised before any value is read.
            return None;
        }
        let values = values();
        if float {
            let mut distinct = values.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let (likely, unlikely) = exponents(&distinct, width);
            if likely > 0 && unlikely as f64 <= UNLIKELY * (likely + unlikely) as f64 {
                // Sizes differ by some octaves, not by dozens.
                let sizes = (statistics[0].entropy - FEW).max(0.0);
                return Some(NumberGuess {
                    cost: 1.5 + 0.3 * sizes,
                    swap,
                    kind: Kind::Float,
                });
            }
        }
        integer(statistics, &values).map(|(cost, kind)| NumberGuess { cost, swap, kind })
    }
}

/// Whether bytes, the most significant first, may be those of a float.
fn float(statistics: &[ByteStatistics]) -> bool {
    let width = statistics.len();
    if !statistics[0].top
        || statistics[0].constant == Some(0)
        || statistics[..3].iter().all(|byte| byte.text)
    {
        return false;
    }
    // Entropy rises, then falls, and doesn't rise again.
    let mut falling = false;
    for k in 1..width {
        let (above, here) = (&statistics[k - 1], &statistics[k]);
        if falling && here.entropy > above.entropy + TOLERANCE {
            return false;
        }
        falling |= k > 1 && here.entropy < above.entropy - TOLERANCE;
        // Precision ends once.
        if k > 2 && above.constant == Some(0) && here.constant != Some(0) {
            return false;
        }
        // It ends within a byte: lower bits are zero there, mostly so where it varies with the size.
        let ends = here.entropy < above.entropy - TOLERANCE;
        let last = if here.constant == Some(0) {
            above
        } else {
            here
        };
        if k >= 4 && ends && last.odd > ODD {
            return false;
        }
        // Of a narrow one the lowest byte may take few values, but not if the one above takes nearly all.
        if k == 3 && width == 4 && above.entropy >= VARIED && here.entropy < FEW && here.odd > ODD {
            return false;
        }
    }
    // A narrow float beside zeros rather than a wide one whose precision ends just there.
    width == 4 || statistics[4].constant != Some(0) || statistics[3].constant == Some(0)
}

/// Whether the entropies of bytes, the most significant first, may be those of an integer: the lowest varies, and those
/// above less the higher they are.
fn integral(statistics: &[ByteStatistics]) -> bool {
    statistics.windows(2).all(|pair| {
        let (above, here) = (pair[0].entropy, pair[1].entropy);
        here >= above - TOLERANCE && here >= above / 2.0
    })
}

/// What an integer costs, if the bytes may be one, and its kind.
fn integer(statistics: &[ByteStatistics], values: &[u64]) -> Option<(f64, Kind)> {
    let width = statistics.len();
    let shift = 64 - 8 * width as u32;
    // Values with their sign, and how many bytes the largest needs.
    let signed = || values.iter().map(|value| (value << shift) as i64 >> shift);
    let negative = signed().any(|value| value < 0);
    let size = signed().fold(0, |bits, value| bits | (value ^ value >> 63));
    let bits = 64 - size.leading_zeros() + u32::from(negative);
    let used = bits.div_ceil(8) as usize;
    let kind = if negative {
        Kind::Signed
    } else {
        Kind::Unsigned
    };
    if used == 0 {
        return Some((1.0, kind));
    }
    // Of a wide number half is unused: rather a narrow one and zeros, unless that is small too. Where more is used, it may
    // still be two numbers, each of which would cost half.
    let wide = match used {
        _ if width < 8 => 0.0,
        1 => 0.8,
        2..=4 => 1.1,
        _ => 1.5,
    };
    let low = &statistics[width - 1];
    if used < width {
        if used == 1 {
            return Some((1.4 + wide, kind));
        }
        let used = &statistics[width - used..];
        return (integral(used) && whole(used)).then_some((1.5 + wide, kind));
    }
    if !integral(statistics) || !whole(statistics) || low.constant.is_some() {
        return None;
    }
    // Numbers of all sizes: a few show the kind.
    let few = values.iter().take(ENOUGH).copied().collect();
    let kind = Kind::of(few, width);
    let kind = if kind == Kind::Float {
        Kind::Signed
    } else {
        kind
    };
    let cost = if width == 2 { 1.7 } else { 2.6 + wide / 2.0 };
    Some((cost, kind))
}

/// Whether bytes that vary belong together rather than being flags side by side: the lowest takes many values, or far more
/// than those above.
fn whole(statistics: &[ByteStatistics]) -> bool {
    // Right below the highest byte that varies, an integer varies more; the sign bytes of another one don't.
    let varying = statistics.iter().skip_while(|byte| byte.constant.is_some());
    let mut entropies = varying.map(|byte| byte.entropy);
    if let (Some(first), Some(second), Some(third)) =
        (entropies.next(), entropies.next(), entropies.next())
        && second < MIDDLE
        && (second < 2.0 * first || third < second + TOLERANCE)
    {
        return false;
    }
    let (above, low) = statistics.split_at(statistics.len() - 1);
    let (entropy, most) = (
        low[0].entropy,
        above.iter().map(|byte| byte.entropy).fold(0.0, f64::max),
    );
    entropy >= VARIED || entropy >= 3.0 && entropy >= 2.0 * most
}
