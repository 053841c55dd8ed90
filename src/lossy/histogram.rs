//! How often values of each size occur, without knowing their range before.

/// Bins on each side of the centre.
const HALF: i64 = 2048;
/// Values on each side that a picture may leave out, one of so many.
const TAIL: u64 = 1000;

/// Counts of values in equal bins, which grow as far as the values reach.
#[derive(Clone, Debug)]
pub struct Histogram {
    centre: f64,
    /// Of a bin; 0 until there is a value beside the centre.
    width: f64,
    counts: Vec<u64>,
    total: u64,
}

/// Some neighbouring bins taken together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Where it begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Values in it.
    pub count: u64,
}

impl Histogram {
    /// Without values; those near `centre` are told apart best.
    pub fn around(centre: f64) -> Histogram {
        Histogram {
            centre: if centre.is_finite() { centre } else { 0.0 },
            width: 0.0,
            counts: vec![0; 2 * HALF as usize],
            total: 0,
        }
    }

    /// Adds a value, unless it is not finite.
    pub fn add(&mut self, value: f64) {
        let distance = value - self.centre;
        if !distance.is_finite() {
            return;
        }
        let reach = HALF as f64;
        if self.width == 0.0 {
            let width = distance.abs() / (reach / 2.0);
            self.width = if width.is_normal() { width } else { 0.0 };
        }
        if self.width > 0.0 {
            while (distance / self.width).abs() >= reach - 1.0 {
                self.fold();
            }
        }
        let bin = match self.width > 0.0 {
            true => distance / self.width,
            false => 0.0,
        };
        self.counts[(bin.floor() as i64 + HALF) as usize] += 1;
        self.total += 1;
    }

    /// Makes bins twice as wide.
    fn fold(&mut self) {
        let mut counts = vec![0; self.counts.len()];
        for (at, count) in self.counts.iter().enumerate() {
            let wide = (at as i64 - HALF).div_euclid(2) + HALF;
            counts[wide as usize] += count;
        }
        self.counts = counts;
        self.width *= 2.0;
    }

    /// The bins that hold nearly all values, the rarest extremes left out: from where on, and how many.
    fn middle(&self) -> (usize, usize) {
        let beyond = |bins: &mut dyn Iterator<Item = &u64>| {
            let mut sum = 0;
            { bins }
                .take_while(|&&count| {
                    sum += count;
                    sum <= self.total / TAIL
                })
                .count()
        };
        let first = beyond(&mut self.counts.iter());
        let last = beyond(&mut self.counts.iter().rev());
        (first, self.counts.len().saturating_sub(first + last).max(1))
    }

    /// Nearly all values in at most about so many bins.
    pub fn bins(&self, most: usize) -> Vec<Bin> {
        let (first, count) = self.middle();
        self.grouped(first, count, count.div_ceil(most.max(1)))
    }

    fn grouped(&self, first: usize, count: usize, together: usize) -> Vec<Bin> {
        let edge = |at: usize| self.centre + (at as i64 - HALF) as f64 * self.width;
        let end = (first + count).min(self.counts.len());
        (first.min(end)..end)
            .step_by(together.max(1))
            .map(|at| {
                let behind = (at + together).min(self.counts.len());
                Bin {
                    low: edge(at),
                    high: edge(behind),
                    count: self.counts[at..behind].iter().sum(),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_where_they_are() {
        let mut histogram = Histogram::around(100.0);
        for k in 0..100_000 {
            histogram.add(90.0 + f64::from(k % 1000) / 50.0);
        }
        for odd in [f64::NAN, f64::INFINITY, 100.0] {
            histogram.add(odd);
        }
        let bins = histogram.bins(20);
        assert!((15..=21).contains(&bins.len()), "{bins:?}");
        assert!(bins[0].low < 90.1 && bins[bins.len() - 1].high > 109.9);
        for bin in &bins[1..bins.len() - 1] {
            let expected = (bin.high - bin.low) * 5000.0;
            assert!((bin.count as f64 / expected - 1.0).abs() < 0.1, "{bin:?}");
        }
    }

    #[test]
    fn extremes_are_left_out_of_the_picture() {
        let mut histogram = Histogram::around(0.0);
        (0..10_000).for_each(|k| histogram.add(f64::from(k % 100)));
        histogram.add(-1e9);
        let bins = histogram.bins(10);
        assert!(bins[0].low > -1e7, "{bins:?}");
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 10_000);
    }

    #[test]
    fn all_magnitudes_fit() {
        let mut histogram = Histogram::around(0.0);
        for value in [0.0, 5e-324, 1e-300, 1.0, 1.7e308, -1.7e308] {
            histogram.add(value);
        }
        let count: u64 = histogram.bins(4096).iter().map(|bin| bin.count).sum();
        assert_eq!(count, 6);
        assert!(Histogram::around(f64::NAN).bins(5).is_empty());
    }
}
