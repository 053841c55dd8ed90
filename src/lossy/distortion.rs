//! What was lost of the numbers of a column: residuals, responses, the largest error, and the usual ratios.
//!
//! Residual is x' - x and response (x' - x) / x, as in Baler (arXiv:2305.02283). Values that are not finite and those that stand for missing
//! ones have neither: they are counted if they changed.

use super::bound::Tolerance;
use super::number;
use super::statistics::ColumnSummary;
use crate::layout::{Column, Kind};
use serde::Serialize;

/// What was lost of a column, while its values are added.
#[derive(Clone, Debug)]
pub struct ColumnDistortion {
    column: Column,
    tolerance: Option<Tolerance>,
    fill: Vec<u64>,
    range: f64,
    /// Residuals are added in this unit, so that their squares do not overflow: the power of two below the range.
    unit: f64,
    count: u64,
    changed: u64,
    changed_specials: u64,
    violations: u64,
    residual: Sums,
    response: Sums,
    max_error: f64,
    max_of_bound: f64,
}

/// What was lost of a column. In JSON, what is infinite or not known is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnLoss {
    /// All values.
    pub count: u64,
    /// Those whose bits are not as they were.
    pub changed: u64,
    /// Those among them that are not finite, stand for missing values, or came back as what is not finite.
    pub changed_specials: u64,
    /// Those that break the column's bound, if it has one.
    pub violations: Option<u64>,
    /// The mean of x' - x.
    pub residual_mean: f64,
    /// The root of the mean of its square.
    pub residual_rms: f64,
    /// The mean of (x' - x) / x, where x is not 0.
    pub response_mean: f64,
    /// The root of the mean of its square.
    pub response_rms: f64,
    /// The largest |x' - x|.
    pub max_error: f64,
    /// The largest |x' - x| as a share of what the bound allows, if the column has one.
    pub max_of_bound: Option<f64>,
    /// The range of the originals, as a bound relative to it takes it.
    pub range: f64,
    /// The range over the RMS of the residual, in dB; infinite where nothing was lost.
    pub psnr: f64,
    /// The RMS of the residual over the range; 0 where nothing was lost.
    pub nrmse: f64,
}

impl ColumnDistortion {
    /// Nothing lost yet of a column with these statistics. With a tolerance, errors are compared with it too.
    pub fn new(
        column: Column,
        summary: &ColumnSummary,
        tolerance: Option<Tolerance>,
    ) -> ColumnDistortion {
        let range = summary.range;
        ColumnDistortion {
            column,
            tolerance,
            fill: summary.fill.clone(),
            range,
            unit: power_of_two(range),
            count: 0,
            changed: 0,
            changed_specials: 0,
            violations: 0,
            residual: Sums::default(),
            response: Sums::default(),
            max_error: 0.0,
            max_of_bound: 0.0,
        }
    }

    /// Adds a value and what came back of it, by their bits.
    pub fn add(&mut self, original: u64, reconstructed: u64) {
        self.count += 1;
        if original != reconstructed {
            self.changed += 1;
            let tolerance = self.tolerance;
            let breaks =
                |tolerance: Tolerance| !tolerance.holds_bits(self.column, original, reconstructed);
            self.violations +=
                u64::from(tolerance.is_some_and(breaks) || self.fill.contains(&original));
        }
        let (before, after) = (self.value(original), self.value(reconstructed));
        if !before.is_finite() || !after.is_finite() || self.fill.contains(&original) {
            self.changed_specials += u64::from(original != reconstructed);
            return;
        }
        let (error, share) = self.error(original, reconstructed);
        self.residual.add(share);
        if before != 0.0 {
            self.response.add(error / before);
        }
        self.max_error = self.max_error.max(error.abs());
        if let Some(tolerance) = self.tolerance
            && error != 0.0
        {
            self.max_of_bound = self.max_of_bound.max(error.abs() / tolerance.limit(before));
        }
    }

    fn value(&self, bits: u64) -> f64 {
        number::to_f64(self.column, bits)
    }

    /// The error of a finite value, and as a share of the unit.
    fn error(&self, original: u64, reconstructed: u64) -> (f64, f64) {
        let error = match self.column.kind {
            Kind::Float => self.value(reconstructed) - self.value(original),
            Kind::Signed | Kind::Unsigned => {
                let value = |bits| number::to_i128(self.column, bits);
                (value(reconstructed) - value(original)) as f64
            }
        };
        if error.is_finite() {
            return (error, error / self.unit);
        }
        // The largest double is not larger than the range that a column can have, but twice that is.
        let share = self.value(reconstructed) / self.unit - self.value(original) / self.unit;
        (error, share)
    }

    /// Adds what was lost of other values of the same column.
    pub fn merge(&mut self, other: &ColumnDistortion) {
        self.count += other.count;
        self.changed += other.changed;
        self.changed_specials += other.changed_specials;
        self.violations += other.violations;
        self.residual.merge(&other.residual);
        self.response.merge(&other.response);
        self.max_error = self.max_error.max(other.max_error);
        self.max_of_bound = self.max_of_bound.max(other.max_of_bound);
    }

    /// What was lost of all values.
    pub fn finish(&self) -> ColumnLoss {
        let share = self.residual.rms();
        let nrmse = share * (self.unit / self.range);
        ColumnLoss {
            count: self.count,
            changed: self.changed,
            changed_specials: self.changed_specials,
            violations: self.tolerance.map(|_| self.violations),
            residual_mean: self.residual.mean() * self.unit,
            residual_rms: share * self.unit,
            response_mean: self.response.mean(),
            response_rms: self.response.rms(),
            max_error: self.max_error,
            max_of_bound: self.tolerance.map(|_| self.max_of_bound),
            range: self.range,
            psnr: if share == 0.0 {
                f64::INFINITY
            } else {
                -20.0 * nrmse.log10()
            },
            nrmse: if share == 0.0 { 0.0 } else { nrmse },
        }
    }
}

/// The largest power of two that is not above a number; 1 for 0 and denormals.
fn power_of_two(x: f64) -> f64 {
    let power = f64::from_bits(x.to_bits() & 0x7FF << 52);
    if power > 0.0 { power } else { 1.0 }
}

/// Sums of numbers and of their squares.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: u64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, x: f64) {
        self.count += 1;
        self.sum += x;
        self.squares += x * x;
    }

    fn merge(&mut self, other: &Sums) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    fn rms(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }
}

/// The longest name of a column in a table.
const NAME: usize = 16;

/// A table of what was lost, a row a column; lines have at most 100 characters.
pub fn table<'a>(columns: impl IntoIterator<Item = (&'a str, &'a ColumnLoss)>) -> String {
    let mut text = format!(
        "{:<NAME$}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}{:>9}{:>8}{:>8}\n",
        "column",
        "residual",
        "RMS",
        "response",
        "RMS",
        "largest",
        "of bound",
        "range",
        "PSNR",
        "NRMSE"
    );
    for (name, loss) in columns {
        text += &format!("{:<NAME$}", shortened(name));
        text += &if loss.changed == 0 {
            "     exact\n".into()
        } else {
            loss.row()
        };
    }
    text
}

impl ColumnLoss {
    fn row(&self) -> String {
        let of_bound = match self.max_of_bound {
            None => "-".into(),
            Some(share) if share < 1e4 => format!("{share:.4}"),
            Some(share) => format!("{share:.1e}"),
        };
        let psnr = if self.psnr.is_finite() {
            format!("{:.2}", self.psnr)
        } else {
            "-".into()
        };
        let mut row = String::new();
        let measures = [
            self.residual_mean,
            self.residual_rms,
            self.response_mean,
            self.response_rms,
            self.max_error,
        ];
        for measure in measures {
            row += &format!("{:>10}", exponential(measure, 9));
        }
        row += &format!(
            "{of_bound:>9}{:>9}{psnr:>8}{:>8}\n",
            exponential(self.range, 8),
            exponential(self.nrmse, 7)
        );
        row
    }
}

/// A number with as many digits, at most two behind the point, as make it not longer than `width`.
fn exponential(x: f64, width: usize) -> String {
    let all = [2, 1, 0].map(|digits| format!("{x:.digits$e}"));
    let [.., shortest] = &all;
    all.iter()
        .find(|text| text.len() <= width)
        .unwrap_or(shortest)
        .clone()
}

/// A name in at most so many characters that a space follows: what does not fit is left out of its middle, as ends differ.
fn shortened(name: &str) -> String {
    let letters: Vec<char> = name
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    if letters.len() < NAME {
        return letters.into_iter().collect();
    }
    let half = (NAME - 2) / 2;
    let (begin, end) = (&letters[..half], &letters[letters.len() - half..]);
    begin.iter().chain(&['~']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lossy::statistics::ColumnStatistics;

    const F8: Column = Column {
        width: 8,
        swap: true,
        kind: Kind::Float,
    };

    fn of(pairs: &[(f64, f64)], tolerance: Option<Tolerance>) -> ColumnDistortion {
        let mut statistics = ColumnStatistics::new(F8, &[]);
        pairs
            .iter()
            .for_each(|pair| statistics.add(pair.0.to_bits()));
        let mut distortion = ColumnDistortion::new(F8, &statistics.finish(), tolerance);
        pairs
            .iter()
            .for_each(|(x, y)| distortion.add(x.to_bits(), y.to_bits()));
        distortion
    }

    #[test]
    fn residual_and_response() {
        let pairs = [
            (2.0, 2.5),
            (-4.0, -5.0),
            (0.0, 0.5),
            (4.0, 4.0),
            (f64::NAN, f64::NAN),
        ];
        let loss = of(&pairs, Some(Tolerance::Absolute(2.0))).finish();
        assert_eq!((loss.count, loss.changed, loss.changed_specials), (5, 3, 0));
        assert_eq!(loss.residual_mean, 0.0);
        assert!((loss.residual_rms - (1.5f64 / 4.0).sqrt()).abs() < 1e-15);
        assert_eq!(loss.response_mean, 0.5 / 3.0);
        assert!((loss.response_rms - (0.125f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(
            (loss.max_error, loss.max_of_bound, loss.range),
            (1.0, Some(0.5), 8.0)
        );
        assert!((loss.nrmse - loss.residual_rms / 8.0).abs() < 1e-15);
        assert!((loss.psnr - 20.0 * (8.0 / loss.residual_rms).log10()).abs() < 1e-9);
        assert_eq!(loss.violations, Some(0));
    }

    #[test]
    fn specials_and_violations_are_counted() {
        let mut pairs: Vec<_> = (0..100).map(|n| (f64::from(n), f64::from(n))).collect();
        pairs.extend([(-9999.0, -9999.0), (-9999.0, -9998.0)]);
        pairs.extend([
            (f64::NAN, 1.0),
            (f64::INFINITY, f64::INFINITY),
            (5.0, f64::NAN),
            (-0.0, 0.0),
        ]);
        let loss = of(&pairs, Some(Tolerance::Absolute(1.0))).finish();
        assert_eq!(
            (loss.changed, loss.changed_specials, loss.violations),
            (4, 3, Some(4))
        );
        assert_eq!((loss.residual_rms, loss.range), (0.0, 10098.0));
        assert_eq!(of(&pairs, None).finish().violations, None);
    }

    #[test]
    fn integers_and_extremes() {
        let column = Column {
            kind: Kind::Signed,
            ..F8
        };
        let mut statistics = ColumnStatistics::new(column, &[]);
        let values = [i64::MAX, i64::MAX - 8];
        values.iter().for_each(|&n| statistics.add(n as u64));
        let mut distortion = ColumnDistortion::new(column, &statistics.finish(), None);
        values
            .iter()
            .for_each(|&n| distortion.add(n as u64, n as u64 - 2));
        let loss = distortion.finish();
        assert_eq!(
            (loss.max_error, loss.residual_mean, loss.nrmse),
            (2.0, -2.0, 0.25)
        );
        let loss = of(&[(f64::MAX, -f64::MAX), (-f64::MAX, f64::MAX)], None).finish();
        assert_eq!(loss.max_error, f64::INFINITY);
        assert!((loss.nrmse - 2.0).abs() < 1e-12);
        let constant = of(&[(3.0, 3.0)], None).finish();
        assert_eq!((constant.nrmse, constant.psnr), (0.0, f64::INFINITY));
    }

    #[test]
    fn pieces_add_up() {
        let pair = |n: u32| (f64::from(n), f64::from(n) + f64::from(n % 7) / 8.0);
        let pairs: Vec<_> = (0..50).map(pair).collect();
        let mut statistics = ColumnStatistics::new(F8, &[]);
        pairs
            .iter()
            .for_each(|pair| statistics.add(pair.0.to_bits()));
        let tolerance = Some(Tolerance::PointwiseRelative(0.1));
        let nothing = ColumnDistortion::new(F8, &statistics.finish(), tolerance);
        let mut merged = nothing.clone();
        for chunk in pairs.chunks(13) {
            let mut piece = nothing.clone();
            { chunk.iter() }.for_each(|(x, y)| piece.add(x.to_bits(), y.to_bits()));
            merged.merge(&piece);
        }
        let (merged, whole) = (merged.finish(), of(&pairs, tolerance).finish());
        assert!((merged.response_rms - whole.response_rms).abs() < 1e-15);
        let rounded = ColumnLoss {
            response_rms: whole.response_rms,
            response_mean: whole.response_mean,
            ..merged
        };
        assert_eq!(rounded, whole);
    }

    #[test]
    fn tables_fit_the_page() {
        let loss = of(
            &[(1e-300, 2.5e-300), (1.0, 3.0), (-1e5, -1e5)],
            Some(Tolerance::Absolute(1e-9)),
        )
        .finish();
        let exact = of(&[(1.0, 1.0)], None).finish();
        let name = "a_very_long_name_of_a_column[17]";
        let text = table([(name, &loss), ("pt", &exact)]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.len() <= 100), "{text}");
        assert!(lines[1].starts_with("a_very_~umn[17]  "), "{text}");
        assert_eq!(lines[2], "pt                   exact");
        let json = serde_json::to_string(&exact).unwrap();
        assert!(
            json.contains("\"psnr\":null") && json.contains("\"changed\":0"),
            "{json}"
        );
    }
}
