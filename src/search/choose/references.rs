//! Which columns predict a column's next value best.
//!
//! Of every column the upper bits, up to 80 values, are coded adaptively given those of each other column; what takes
//! fewest bits is the first reference, what takes fewest together with it the second and the third.

use crate::layout::{Layout, MAX_REFERENCES};
use crate::level::ReferenceBudget;
use crate::search::log2;
use crate::structure::references::before;
use crate::structure::{Reference, References};

/// Elements that are examined: of many columns fewer rows.
const ELEMENTS: usize = 1 << 18;
/// The least rows there must be.
const FEWEST: usize = 256;
/// Values that are distinguished: of a column that predicts or is predicted, of one of two, and to find candidates.
const FINE: usize = 80;
const ROUGH: u8 = 2;
const COARSE: usize = 32;
/// One row in so many is counted to find candidates.
const SPARSE: usize = 2;
/// A reference must save so many bits of a frame's column, and this share of what is examined.
const SAVES: f64 = 100.0;
const SHARE: f64 = 0.005;
/// How many occurrences a context's own counts are held against.
const PRIOR: f64 = 6.0;

/// A column's elements in the sampled rows and in the rows before them.
struct ColumnSamples {
    shift: u8,
    fine: [Vec<u8>; 2],
    rough: [Vec<u8>; 2],
    coarse: [Vec<u8>; 2],
    /// Different values of each.
    kinds: [usize; 3],
}

/// The references of a table's columns, from the bytes that are coded, their layout and the columns' widths; none if no
/// column predicts another.
pub(crate) fn choose(
    coded: &[u8],
    layout: &Layout,
    widths: &[u8],
    budget: ReferenceBudget,
) -> Vec<References> {
    let record = layout.record as usize;
    let first = (record - layout.phase as usize) % record;
    let rows = coded.len().saturating_sub(first) / record;
    if rows < FEWEST || widths.len() < 2 {
        return Vec::new();
    }
    let sampled = (rows - 1).min(budget.rows).min(ELEMENTS / widths.len());
    let row = |k: usize| 1 + k * (rows - 1) / sampled;
    let mut offset = 0;
    let columns: Vec<ColumnSamples> = { widths.iter() }
        .map(|&width| {
            let start = first + offset;
            offset += usize::from(width);
            let value = |row: usize| {
                let bytes = &coded[start + row * record..][..width.into()];
                bytes.iter().fold(0, |v, &byte| v << 8 | u64::from(byte))
            };
            let now = (0..sampled).map(|k| value(row(k))).collect();
            let above = (0..sampled).map(|k| value(row(k) - 1)).collect();
            ColumnSamples::new([now, above])
        })
        .collect();
    let scale = rows as f64 / sampled as f64;
    let weights: Vec<f64> = (0..=sampled.div_ceil(SPARSE)).map(weight).collect();
    let references =
        (0..columns.len()).map(|target| of_column(&columns, target, scale, &weights, budget));
    let references: Vec<References> = references.collect();
    match references.iter().any(|references| references[0].is_some()) {
        true => references,
        false => Vec::new(),
    }
}

/// `scale`: rows of the frame for each that is examined; `weights`: those of all numbers of rows.
fn of_column(
    columns: &[ColumnSamples],
    target: usize,
    scale: f64,
    weights: &[f64],
    budget: ReferenceBudget,
) -> References {
    let own = &columns[target];
    if own.kinds[0] < 2 {
        return References::default();
    }
    let other = |back: usize| {
        let column = before(columns.len(), target, back);
        (&columns[column], usize::from(back > target))
    };
    let mut candidates: Vec<(f64, usize)> = (1..=columns.len().min(budget.distance))
        .filter(|&back| other(back).0.kinds[0] > 1)
        .map(|back| {
            let (column, row) = other(back);
            let sizes = [own.kinds[2], column.kinds[2]];
            let gain = information(&own.coarse[0], &column.coarse[row], sizes, weights);
            (gain, back)
        })
        .collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    candidates.truncate(budget.candidates);

    let alone = vec![0; own.fine[0].len()];
    let values = (own.fine[0].as_slice(), own.kinds[0]);
    let alone = bits(values, &alone, 1, f64::INFINITY);
    // What is not below this is no reference.
    let most = alone - (SAVES / scale).max(SHARE * alone);
    let (mut least, mut best) = (most, None);
    for &(_, back) in &candidates {
        let (column, row) = other(back);
        let context: Vec<u16> = column.fine[row].iter().map(|&v| v.into()).collect();
        let cost = bits(values, &context, column.kinds[0], least);
        if cost < least {
            (least, best) = (cost, Some(back));
        }
    }
    let Some(best) = best else {
        return References::default();
    };
    let (one, one_row) = other(best);
    // The best two of the others.
    let mut pairs: Vec<(f64, usize)> = Vec::new();
    for &(_, back) in candidates.iter().filter(|&&(_, back)| back != best) {
        let (column, row) = other(back);
        let sizes = column.kinds[1];
        let both = one.rough[one_row].iter().zip(&column.rough[row]);
        let context: Vec<u16> = both
            .map(|(&a, &b)| u16::from(a) * sizes as u16 + u16::from(b))
            .collect();
        let least = pairs.get(MAX_REFERENCES - 2).map_or(most, |last| last.0);
        let cost = bits(values, &context, sizes * one.kinds[1], least);
        if cost < least {
            pairs.insert(pairs.partition_point(|pair| pair.0 <= cost), (cost, back));
            pairs.truncate(MAX_REFERENCES - 1);
        }
    }
    let mut references = References::default();
    let backs = std::iter::once(best).chain(pairs.into_iter().map(|(_, back)| back));
    for (reference, back) in references.iter_mut().zip(backs) {
        *reference = Some(Reference {
            back: back as u16,
            shift: other(back).0.shift,
        });
    }
    references
}

impl ColumnSamples {
    /// Of the elements in the sampled rows and in the rows before these.
    fn new(values: [Vec<u64>; 2]) -> ColumnSamples {
        let mut sorted = values.concat();
        sorted.sort_unstable();
        sorted.dedup();
        // Where neighbours differ first says how many values there are above each bit.
        let mut differ = [0; 65];
        for pair in sorted.windows(2) {
            differ[64 - (pair[0] ^ pair[1]).leading_zeros() as usize] += 1;
        }
        let shift_to = |most: usize| {
            let (mut kinds, mut shift) = (1, 64);
            while shift > 0 && kinds + differ[shift] <= most {
                kinds += differ[shift];
                shift -= 1;
            }
            // A shift of all bits of a word would not be one.
            (shift as u8).min(63)
        };
        let shift = shift_to(FINE);
        let mut kinds: Vec<u64> = sorted.iter().map(|&v| v >> shift).collect();
        kinds.dedup();
        let number = |&v: &u64| kinds.partition_point(|&kind| kind < v >> shift) as u8;
        let fine = [0, 1].map(|k: usize| values[k].iter().map(number).collect::<Vec<u8>>());
        // What is shifted by more is known from what is shifted by less.
        let numbered = |further: u8| {
            let shifted = |&kind: &u64| kind >> (further - shift).min(63);
            let (mut numbers, mut count) = (Vec::with_capacity(kinds.len()), 0u8);
            for pair in [&kinds[..1], &kinds].concat().windows(2) {
                count += u8::from(shifted(&pair[0]) != shifted(&pair[1]));
                numbers.push(count);
            }
            let of = |fine: &Vec<u8>| fine.iter().map(|&n| numbers[usize::from(n)]).collect();
            ([of(&fine[0]), of(&fine[1])], usize::from(count) + 1)
        };
        let (rough, rough_kinds) = numbered((shift + ROUGH).min(63));
        let (coarse, coarse_kinds) = numbered(shift_to(COARSE));
        let fine_kinds = kinds.len();
        ColumnSamples {
            shift,
            fine,
            rough,
            coarse,
            kinds: [fine_kinds, rough_kinds, coarse_kinds],
        }
    }
}

/// n log2 n.
fn weight(n: usize) -> f64 {
    n as f64 * log2(n.max(1) as f64)
}

/// The information of a context about a value in bits, in one row in [`SPARSE`], less about what coincidence would
/// give. `weights`: those of all numbers of rows.
fn information(values: &[u8], context: &[u8], sizes: [usize; 2], weights: &[f64]) -> f64 {
    let mut counts = [[0u32; COARSE]; COARSE];
    for (&v, &c) in values.iter().zip(context).step_by(SPARSE) {
        counts[usize::from(c)][usize::from(v)] += 1;
    }
    let weight = |n: u32| weights[n as usize];
    let (mut gain, mut by_value) = (0.0, [0; COARSE]);
    for row in &counts {
        for (sum, &n) in by_value.iter_mut().zip(row) {
            gain += weight(n);
            *sum += n;
        }
        gain -= weight(row.iter().sum());
    }
    gain -= by_value.iter().map(|&n| weight(n)).sum::<f64>();
    gain + weight(by_value.iter().sum()) - ((sizes[0] - 1) * (sizes[1] - 1)) as f64 / 2.0
}

/// Bits that values of so many kinds take, coded adaptively in their contexts; infinity as soon as they are at least `most`.
fn bits((values, kinds): (&[u8], usize), context: &[u16], contexts: usize, most: f64) -> f64 {
    let mut counts = vec![0u16; kinds * contexts];
    let mut sums = vec![0u16; contexts];
    let mut all = vec![0.3; kinds];
    let mut total = 0.3 * kinds as f64;
    let (mut bits, mut product) = (0.0, 1.0);
    for (&v, &c) in values.iter().zip(context) {
        let (v, c) = (usize::from(v), usize::from(c));
        let count = &mut counts[c * kinds + v];
        let p = (f64::from(*count) + PRIOR * all[v] / total) / (f64::from(sums[c]) + PRIOR);
        // A logarithm now and then will do.
        product *= p;
        if product < 1e-200 {
            bits -= log2(product);
            product = 1.0;
            if bits >= most {
                return f64::INFINITY;
            }
        }
        *count += 1;
        sums[c] += 1;
        all[v] += 1.0;
        total += 1.0;
    }
    bits - log2(product)
}
