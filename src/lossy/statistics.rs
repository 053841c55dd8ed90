//! What the numbers of a column are like: their range, their specials, and values that stand for missing ones.
//!
//! One pass, in any order and by several threads: counts, extremes and fill values are exact; only mean and spread depend on the order, by
//! rounding.

use super::bound::{difference_down, difference_of_integers};
use super::moments::Moments;
use super::number;
use super::pieces::Piece;
use super::source::Source;
use crate::layout::{Column, Kind};

/// So many of the smallest and of the largest different values are counted one by one.
const COUNTED: usize = 3;
/// At most so many of them, on each side, are taken for fill values.
const MAX_FILLS: usize = 2;
/// A fill value lies farther from all other values than so many times their range.
const FILL_DISTANCE: f64 = 4.0;
/// It is at least one in so many values.
const FILL_SHARE: u64 = 1000;
/// From here on nothing but fill values is usual; they need not be as frequent, nor the others different from each other.
const HUGE: f64 = 1e20;

/// Statistics of a column while its elements are added.
#[derive(Clone, Debug)]
pub struct ColumnStatistics {
    column: Column,
    /// The bits of fill values that the user named.
    fill: Vec<u64>,
    count: u64,
    filled: u64,
    nan: u64,
    infinite: u64,
    negative_zeros: u64,
    /// The keys of the smallest and largest different values in order, with how often they came.
    extremes: Vec<(i64, u64)>,
    /// The values between them.
    between: Moments,
}

/// Statistics of a column when all its elements are known.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSummary {
    /// All elements.
    pub count: u64,
    /// Those that are finite and no fill values.
    pub ordinary: u64,
    /// Those that are no numbers.
    pub nan: u64,
    /// Those that are infinite.
    pub infinite: u64,
    /// Those that are -0.
    pub negative_zeros: u64,
    /// The bits of the values that stand for missing ones: those that the user named, and those that were found.
    pub fill: Vec<u64>,
    /// The smallest of the ordinary values; 0 if there are none. Rounded if it is an integer of more than 53 bits.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The largest value less the smallest, rounded down; 0 if there are none. Fill values that were found count if they are below 1e20.
    pub range: f64,
    /// The mean of the ordinary values; 0 if there are none.
    pub mean: f64,
    /// Their standard deviation; infinite if their squares are.
    pub spread: f64,
    /// The smallest magnitude of one that is not 0; 0 if there are none.
    pub smallest: f64,
}

impl ColumnStatistics {
    /// Statistics of no elements yet. `fill` are values that stand for missing ones, beside those that are found.
    pub fn new(column: Column, fill: &[f64]) -> ColumnStatistics {
        let mut bits: Vec<u64> = fill
            .iter()
            .map(|&value| number::from_f64(column, value))
            .collect();
        bits.sort_unstable();
        bits.dedup();
        ColumnStatistics {
            column,
            fill: bits,
            count: 0,
            filled: 0,
            nan: 0,
            infinite: 0,
            negative_zeros: 0,
            extremes: Vec::with_capacity(2 * COUNTED + 1),
            between: Moments::default(),
        }
    }

    /// Adds an element with these bits.
    pub fn add(&mut self, bits: u64) {
        self.count += 1;
        if self.fill.contains(&bits) {
            self.filled += 1;
            return;
        }
        if self.column.kind == Kind::Float {
            let value = number::to_f64(self.column, bits);
            if value.is_nan() {
                self.nan += 1;
                return;
            }
            if value.is_infinite() {
                self.infinite += 1;
                return;
            }
            self.negative_zeros += u64::from(value == 0.0 && value.is_sign_negative());
        }
        self.add_key(number::to_key(self.column, bits), 1);
    }

    /// Adds `count` values of a key.
    fn add_key(&mut self, key: i64, count: u64) {
        let is_full = self.extremes.len() == 2 * COUNTED;
        if is_full && self.extremes[COUNTED - 1].0 < key && key < self.extremes[COUNTED].0 {
            self.between.add(number::key_value(self.column, key), count);
            return;
        }
        match self
            .extremes
            .binary_search_by_key(&key, |extreme| extreme.0)
        {
            Ok(at) => self.extremes[at].1 += count,
            Err(at) => {
                self.extremes.insert(at, (key, count));
                // What is in the middle has as many below as above: it never becomes an extreme again, so that all counts are exact.
                if is_full {
                    let (key, count) = self.extremes.remove(COUNTED);
                    self.between.add(number::key_value(self.column, key), count);
                }
            }
        }
    }

    /// Adds the elements of other statistics of the same column.
    pub fn merge(&mut self, other: &ColumnStatistics) {
        self.count += other.count;
        self.filled += other.filled;
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.negative_zeros += other.negative_zeros;
        for &(key, count) in &other.extremes {
            self.add_key(key, count);
        }
        self.between.merge(&other.between);
    }

    /// The statistics of all that was added.
    pub fn finish(&self) -> ColumnSummary {
        let (low, high) = self.fills();
        let all = self.extremes.as_slice();
        let ordinary = &all[low..all.len() - high];
        let mut moments = self.between;
        for &(key, count) in ordinary {
            moments.add(self.value(key), count);
        }
        let mut fill = self.fill.clone();
        let found = all[..low].iter().chain(&all[all.len() - high..]);
        fill.extend(found.map(|&(key, _)| number::from_key(self.column, key)));
        let ends = ordinary.first().zip(ordinary.last());
        let (min, max) = ends.map_or((0, 0), |(first, last)| (first.0, last.0));
        let is_empty = ends.is_none();
        // A fill value that was only guessed counts: what a bound means must not hang on a guess.
        let counts = |&&(key, _): &&(i64, u64)| self.value(key).abs() < HUGE;
        let lowest = all[..low].iter().find(counts).map_or(min, |found| found.0);
        let highest = all[all.len() - high..]
            .iter()
            .rfind(counts)
            .map_or(max, |found| found.0);
        ColumnSummary {
            count: self.count,
            ordinary: moments.count,
            nan: self.nan,
            infinite: self.infinite,
            negative_zeros: self.negative_zeros,
            fill,
            min: if is_empty { 0.0 } else { self.value(min) },
            max: if is_empty { 0.0 } else { self.value(max) },
            range: self.range(lowest, highest),
            mean: moments.mean,
            spread: moments.spread(),
            smallest: if moments.smallest.is_finite() {
                moments.smallest
            } else {
                0.0
            },
        }
    }

    fn value(&self, key: i64) -> f64 {
        number::key_value(self.column, key)
    }

    /// The difference of two keys' values, rounded down.
    fn range(&self, min: i64, max: i64) -> f64 {
        match self.column.kind {
            Kind::Float => difference_down(self.value(max), self.value(min)),
            // Keys of integers are as far from each other as they are.
            Kind::Signed | Kind::Unsigned => difference_of_integers(max.into(), min.into()),
        }
    }

    /// How many of the smallest and of the largest values are fill values: as many as can be.
    fn fills(&self) -> (usize, usize) {
        let pairs = (0..=MAX_FILLS).flat_map(|low| (0..=MAX_FILLS).map(move |high| (low, high)));
        let possible = pairs.filter(|&(low, high)| self.are_fills(low, high));
        possible
            .max_by_key(|(low, high)| low + high)
            .unwrap_or((0, 0))
    }

    /// Whether the `low` smallest and `high` largest values can all be fill values.
    fn are_fills(&self, low: usize, high: usize) -> bool {
        let all = self.extremes.as_slice();
        if low + high >= all.len() {
            return false;
        }
        let rest = &all[low..all.len() - high];
        let (min, max) = (rest[0].0, rest[rest.len() - 1].0);
        let range = self.range(min, max);
        let finite = self.between.count + all.iter().map(|extreme| extreme.1).sum::<u64>();
        let is_fill = |&(key, count): &(i64, u64), distance: f64| {
            let value = self.value(key);
            let huge = value.abs() >= HUGE;
            let usual = value != 0.0 && range > 0.0 && count >= finite.div_ceil(FILL_SHARE);
            count >= 2 && (huge || usual) && distance > FILL_DISTANCE * range
        };
        let below = |extreme: &(i64, u64)| is_fill(extreme, self.range(extreme.0, min));
        let above = |extreme: &(i64, u64)| is_fill(extreme, self.range(max, extreme.0));
        all[..low].iter().all(below) && all[all.len() - high..].iter().all(above)
    }
}

/// Statistics of all columns of an input while its pieces are added.
#[derive(Clone, Debug)]
pub struct Statistics {
    columns: Vec<ColumnStatistics>,
}

impl Statistics {
    /// Statistics of no elements yet of all columns and arrays of `source`; `fill` as in [`ColumnStatistics::new`].
    pub fn new(source: &Source, fill: &[f64]) -> Statistics {
        let columns = source.columns().into_iter();
        Statistics {
            columns: columns
                .map(|column| ColumnStatistics::new(column.column, fill))
                .collect(),
        }
    }

    /// Adds the numbers of a piece of the source, whose bytes these are.
    pub fn add(&mut self, piece: &Piece<'_>, bytes: &[u8]) {
        piece.numbers(bytes, |column, bits| self.columns[column].add(bits));
    }

    /// Adds the elements of other statistics of the same source.
    pub fn merge(&mut self, other: &Statistics) {
        let pairs = self.columns.iter_mut().zip(&other.columns);
        pairs.for_each(|(own, other)| own.merge(other));
    }

    /// The statistics of each column, in the order of [`Source::columns`].
    pub fn finish(&self) -> Vec<ColumnSummary> {
        self.columns.iter().map(ColumnStatistics::finish).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const F4: Column = Column {
        width: 4,
        swap: true,
        kind: Kind::Float,
    };
    const F8: Column = Column { width: 8, ..F4 };

    fn of(values: &[f64]) -> ColumnSummary {
        with(values, &[])
    }

    fn with(values: &[f64], fill: &[f64]) -> ColumnSummary {
        let mut statistics = ColumnStatistics::new(F8, fill);
        values
            .iter()
            .for_each(|value| statistics.add(value.to_bits()));
        statistics.finish()
    }

    fn ramp(count: usize) -> Vec<f64> {
        (0..count).map(|n| n as f64 / count as f64 + 1.0).collect()
    }

    #[test]
    fn range_and_specials() {
        let values = [
            3.0,
            f64::NAN,
            -0.0,
            0.25,
            f64::NEG_INFINITY,
            -1.0,
            2.0,
            2.0,
            f64::INFINITY,
        ];
        let summary = of(&values);
        let counts = (
            summary.count,
            summary.ordinary,
            summary.nan,
            summary.infinite,
        );
        assert_eq!((counts, summary.negative_zeros), ((9, 6, 1, 2), 1));
        assert_eq!((summary.min, summary.max, summary.range), (-1.0, 3.0, 4.0));
        assert_eq!((summary.smallest, summary.fill), (0.25, vec![]));
        assert!((summary.mean - 6.25 / 6.0).abs() < 1e-12);
        let square = (9.0 + 0.0625 + 1.0 + 8.0) / 6.0 - summary.mean * summary.mean;
        assert!((summary.spread - square.sqrt()).abs() < 1e-12);
        let none = of(&[f64::NAN]);
        assert_eq!(
            (none.ordinary, none.min, none.max, none.range),
            (0, 0.0, 0.0, 0.0)
        );
        let one = of(&[-5.0]);
        assert_eq!(
            (one.min, one.max, one.range, one.smallest),
            (-5.0, -5.0, 0.0, 5.0)
        );
    }

    #[test]
    fn fill_values_are_found() {
        for fills in [
            &[-999.0][..],
            &[1e20, -1e20],
            &[-9999.0, -8888.0, 1e36],
            &[77.0],
        ] {
            let mut values = ramp(500);
            for (n, fill) in fills.iter().enumerate() {
                (0..2 + n).for_each(|k| values.insert(7 * (k + n), *fill));
            }
            let summary = of(&values);
            let mut found: Vec<f64> = summary
                .fill
                .iter()
                .map(|&bits| f64::from_bits(bits))
                .collect();
            let mut expected = fills.to_vec();
            found.sort_by(f64::total_cmp);
            expected.sort_by(f64::total_cmp);
            assert_eq!(found, expected);
            assert_eq!(
                (summary.min, summary.max, summary.ordinary),
                (1.0, 1.998, 500)
            );
            assert!(summary.mean < 2.0 && summary.spread < 1.0 && summary.smallest == 1.0);
        }
    }

    #[test]
    fn what_is_no_fill_value() {
        // Once; close; zero; one of two values; rare.
        let cases: [(Vec<f64>, &[f64]); 5] = [
            (ramp(500), &[-999.0]),
            (ramp(500), &[4.0, 4.0, 4.0]),
            (ramp(500).iter().map(|x| x + 10.0).collect(), &[0.0; 50]),
            (vec![1.0; 50], &[-999.0; 50]),
            (ramp(9000), &[-999.0; 5]),
        ];
        for (mut values, more) in cases {
            values.extend(more);
            assert_eq!(of(&values).fill, [0u64; 0], "{more:?}");
        }
        let mut constant = vec![1.0; 50];
        constant.extend([1e20, 1e20]);
        assert_eq!(of(&constant).fill, [1e20f64.to_bits()]);
    }

    #[test]
    fn fill_values_that_the_user_names() {
        let mut values = ramp(10);
        values.push(0.0);
        let summary = with(&values, &[0.0, 1.5, 1.5]);
        assert_eq!(
            (summary.fill.len(), summary.ordinary, summary.min),
            (2, 9, 1.0)
        );
        let mut narrow = ColumnStatistics::new(F4, &[0.1]);
        narrow.add(u64::from(0.1f32.to_bits()));
        assert_eq!(narrow.finish().ordinary, 0);
    }

    #[test]
    fn neither_order_nor_division_matters() {
        let mut values: Vec<f64> = (0..997).map(|n| f64::from((n * n) % 89) - 7.0).collect();
        values.extend([-999.0, f64::NAN, -999.0, 1e5, 1e5, -0.0]);
        let whole = of(&values);
        for step in [2, 3, 7, 500] {
            let mut merged = ColumnStatistics::new(F8, &[]);
            for first in (0..step).rev() {
                let mut piece = ColumnStatistics::new(F8, &[]);
                let some = values.iter().skip(first).step_by(step);
                some.for_each(|value| piece.add(value.to_bits()));
                merged.merge(&piece);
            }
            let merged = merged.finish();
            assert!((merged.mean - whole.mean).abs() < 1e-9);
            assert!((merged.spread - whole.spread).abs() < 1e-9);
            let exact = ColumnSummary {
                mean: whole.mean,
                spread: whole.spread,
                ..merged
            };
            assert_eq!(exact, whole, "{step}");
        }
    }

    #[test]
    fn integers_beyond_doubles_and_huge_ranges() {
        let mut statistics = ColumnStatistics::new(
            Column {
                kind: Kind::Signed,
                ..F8
            },
            &[],
        );
        statistics.add((i64::MAX - 10) as u64);
        statistics.add(i64::MAX as u64);
        assert_eq!(statistics.finish().range, 10.0);
        let huge = of(&[f64::MAX, -f64::MAX, 1.0]);
        assert_eq!(huge.range, f64::MAX);
        assert!(huge.mean.is_finite());
    }
}
