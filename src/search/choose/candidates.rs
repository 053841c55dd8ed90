//! Which formulas of a table's columns predict another column, by a few rows: candidates, rough and many.

use super::formulas::{self, formula};
use crate::structure::{Formula, FormulaInput};

/// Rows that are compared first; all but a few have to fit.
pub(crate) const EARLY: usize = 16;
/// Rows that may not fit.
const MISSES: usize = 2;
/// What fits misses a column's value by less than this share of the column's spread.
const TOLERANCE: f64 = 0.02;
/// A root without its constant may miss by so much.
const ABOUT: f64 = 0.2;
/// The most columns by all that they may predict, pairs and triples that are tried: of wide tables, only columns close
/// to each other.
const SINGLES: usize = 1 << 16;
const PAIRS: usize = 1 << 11;
const TRIPLES: usize = 1 << 13;
/// The best so many formulas of each column are kept.
const KEPT: usize = 8;
/// Columns of one object follow one another at this distance at most.
const STRIDES: usize = 4;
/// The most objects of one shape.
const OBJECTS: usize = 16;

/// A column's numbers in the rows that are examined, [`EARLY`] of them spread over all.
pub(crate) struct Sample {
    /// Which column it is, and how it is read.
    pub input: FormulaInput,
    /// Whether it may be predicted.
    pub target: bool,
    /// All rows.
    pub values: Vec<f64>,
    /// A few.
    early: [f64; EARLY],
    tolerance: f64,
}

impl Sample {
    /// `None` if there are too few different numbers to take or to predict; at least [`EARLY`] rows.
    pub fn new(input: FormulaInput, target: bool, values: Vec<f64>) -> Option<Sample> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        if sorted.len() * 10 < values.len() * 9 {
            return None;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let distinct = 1 + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
        if distinct < EARLY {
            return None;
        }
        let at = |share: usize| sorted[(sorted.len() - 1) * share / 10];
        let (low, high) = if at(1) < at(9) {
            (at(1), at(9))
        } else {
            (at(0), at(10))
        };
        let mut early = [0.0; EARLY];
        for (k, value) in early.iter_mut().enumerate() {
            *value = values[k * values.len() / EARLY];
        }
        Some(Sample {
            input,
            target,
            early,
            tolerance: TOLERANCE * (high - low),
            values,
        })
    }
}

/// A formula that predicts a column in most of the rows, and how well: the mean logarithm of what it misses.
pub(crate) struct FormulaCandidate {
    /// The column's number among the samples.
    pub target: usize,
    pub formula: Formula,
    pub misses: f64,
}

/// All candidates of a table's columns.
pub(crate) fn candidates(samples: &[Sample]) -> Vec<FormulaCandidate> {
    let mut search = Search {
        samples,
        found: samples.iter().map(|_| Vec::new()).collect(),
    };
    if samples.iter().any(|sample| sample.target) {
        search.of_one();
        search.of_two();
        search.of_three();
        search.of_objects();
    }
    search.found.into_iter().flatten().collect()
}

struct Search<'a> {
    samples: &'a [Sample],
    found: Vec<Vec<FormulaCandidate>>,
}

impl Search<'_> {
    fn inputs(&self, columns: &[usize]) -> Vec<FormulaInput> {
        columns.iter().map(|&c| self.samples[c].input).collect()
    }

    /// The formula's value in one of the early rows.
    fn value(&self, formula: &Formula, columns: &[usize], row: usize) -> f64 {
        let mut numbers = [0.0; Formula::MAX_INPUTS];
        for (number, input) in numbers.iter_mut().zip(&formula.inputs) {
            let own = |&&c: &&usize| self.samples[c].input == *input;
            *number = columns
                .iter()
                .find(own)
                .map_or(0.0, |&c| self.samples[c].early[row]);
        }
        formula.value(&numbers)
    }

    fn values(&self, formula: &Formula, columns: &[usize]) -> [f64; EARLY] {
        std::array::from_fn(|row| self.value(formula, columns, row))
    }

    /// Tries a formula on all columns that it does not take.
    fn try_all(&mut self, text: &str, columns: &[usize], constants: &[f64]) {
        let formula = formula(text, &self.inputs(columns), constants);
        let first: [f64; 4] = std::array::from_fn(|row| self.value(&formula, columns, row));
        let mut values = None;
        for target in 0..self.samples.len() {
            let sample = &self.samples[target];
            let is_close = |row: usize| (first[row] - sample.early[row]).abs() <= sample.tolerance;
            if !sample.target
                || (0..4).filter(|&row| !is_close(row)).count() > 1
                || columns.contains(&target)
            {
                continue;
            }
            let values = values.get_or_insert_with(|| self.values(&formula, columns));
            if let Some(misses) = misses(sample, values) {
                let formula = formula.clone();
                self.keep(FormulaCandidate {
                    target,
                    formula,
                    misses,
                });
            }
        }
    }

    fn keep(&mut self, candidate: FormulaCandidate) {
        let list = &mut self.found[candidate.target];
        if list.iter().any(|other| other.formula == candidate.formula) {
            return;
        }
        let rank = list.partition_point(|other| other.misses <= candidate.misses);
        if rank < KEPT {
            list.insert(rank, candidate);
            list.truncate(KEPT);
        }
    }

    /// Scaled and shifted functions of one column.
    fn of_one(&mut self) {
        let count = self.samples.len();
        let reach = SINGLES / count;
        for text in formulas::OF_ONE {
            for a in 0..count {
                let bare = formula(text, &self.inputs(&[a]), &[1.0]);
                let x = self.values(&bare, &[a]);
                for target in a.saturating_sub(reach)..count.min(a + reach + 1) {
                    let sample = &self.samples[target];
                    if target == a || !sample.target {
                        continue;
                    }
                    let Some((scale, shift)) = linear_fit(&x, &sample.early) else {
                        continue;
                    };
                    let fitted = x.map(|x| x * scale + shift);
                    if misses(sample, &fitted).is_none() {
                        continue;
                    }
                    for (scale, shift) in self.linear_fits(&bare, a, target) {
                        let form = match (scale == 1.0, shift == 0.0) {
                            (true, true) => text.to_string(),
                            (true, false) => format!("{text}K+"),
                            (false, true) => format!("{text}K*"),
                            (false, false) => format!("{text}K*K+"),
                        };
                        let mut constants = vec![1.0; text.matches('K').count()];
                        constants.extend([scale].iter().filter(|_| scale != 1.0));
                        constants.push(shift);
                        self.try_all(&form, &[a], &constants);
                    }
                }
            }
        }
    }

    /// Lines through all rows: at best, through zero, with a short factor, of slope 1.
    fn linear_fits(&self, bare: &Formula, a: usize, target: usize) -> Vec<(f64, f64)> {
        let (from, to) = (&self.samples[a].values, &self.samples[target].values);
        let points: Vec<(f64, f64)> = { from.iter().zip(to) }
            .map(|(&x, &y)| (bare.value(&[x]), y))
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        let middle = |of: &dyn Fn(f64, f64) -> f64| {
            let mut all: Vec<f64> = points.iter().map(|&(x, y)| of(x, y)).collect();
            all.sort_unstable_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(0.0)
        };
        let ratio = middle(&|x, y| if x == 0.0 { 0.0 } else { y / x });
        let (low, high) = (middle(&|x, _| x), middle(&|_, y| y));
        let slope = middle(&|x, y| {
            let run = x - low;
            if run == 0.0 { 0.0 } else { (y - high) / run }
        });
        let mut linear_fits = vec![
            (slope, middle(&|x, y| y - slope * x)),
            (ratio, 0.0),
            (short(ratio), 0.0),
            (1.0, middle(&|x, y| y - x)),
            (short(slope), middle(&|x, y| y - short(slope) * x)),
            (short(slope), short(middle(&|x, y| y - short(slope) * x))),
        ];
        linear_fits
            .retain(|(scale, shift)| scale.is_finite() && shift.is_finite() && *scale != 0.0);
        linear_fits
    }

    fn of_two(&mut self) {
        let count = self.samples.len();
        let reach = (PAIRS / count).max(2);
        for a in 0..count {
            for b in a.saturating_sub(reach)..count.min(a + reach + 1) {
                if a == b {
                    continue;
                }
                for text in formulas::OF_TWO.into_iter().chain(formulas::ANGLES_OF_TWO) {
                    self.try_all(text, &[a, b], &[]);
                }
                for text in formulas::SQUARES_OF_TWO {
                    self.try_root(text, &[a, b]);
                }
                if a < b {
                    for text in formulas::EVEN_OF_TWO {
                        self.try_all(text, &[a, b], &[]);
                    }
                }
            }
            self.try_root(formulas::SQUARE_OF_ONE, &[a]);
        }
    }

    fn of_three(&mut self) {
        let count = self.samples.len();
        let reach = ((TRIPLES as f64 / count as f64).sqrt() as usize).max(4);
        for a in 0..count {
            for b in a + 1..count.min(a + reach) {
                for c in b + 1..count.min(a + reach) {
                    for text in formulas::EVEN_OF_THREE {
                        self.try_all(text, &[a, b, c], &[]);
                    }
                    for text in formulas::OF_THREE {
                        for columns in [[a, b, c], [a, c, b], [b, c, a]] {
                            self.try_all(text, &columns, &[]);
                        }
                    }
                    for text in formulas::SQUARES_OF_THREE {
                        self.try_root(text, &[a, b, c]);
                    }
                }
            }
        }
    }

    /// Tries the root of a square and a constant that is fitted.
    fn try_root(&mut self, text: &str, columns: &[usize]) {
        let square = formula(text, &self.inputs(columns), &[]);
        let first: [f64; 4] = std::array::from_fn(|row| self.value(&square, columns, row));
        if first.iter().filter(|&&square| square <= 0.0).count() > 1 {
            return;
        }
        let roots = first.map(|square| square.max(0.0).sqrt());
        let text = format!("{text}K+R");
        for target in 0..self.samples.len() {
            let sample = &self.samples[target];
            let about = ABOUT / TOLERANCE * sample.tolerance;
            let is_close = |row: &usize| (roots[*row] - sample.early[*row]).abs() <= about;
            if !sample.target || (0..4).filter(is_close).count() < 3 || columns.contains(&target) {
                continue;
            }
            let squares = self.values(&square, columns);
            let mut rests: Vec<(f64, f64)> = { squares.iter().zip(sample.early) }
                .map(|(square, value)| (value * value - square, value))
                .collect();
            let rough = weighted_middle(&mut rests);
            let rooted = squares.map(|square| (square + rough).max(0.0).sqrt());
            if misses(sample, &rooted).is_none() {
                continue;
            }
            let mut rests: Vec<(f64, f64)> = (0..sample.values.len())
                .map(|row| {
                    let mut numbers = [0.0; Formula::MAX_INPUTS];
                    for (number, &c) in numbers.iter_mut().zip(columns) {
                        *number = self.samples[c].values[row];
                    }
                    let value = sample.values[row];
                    (value * value - square.value(&numbers), value)
                })
                .collect();
            let fine = weighted_middle(&mut rests);
            // The constant of a particle, if one is close; else what was fitted, and none.
            let known = { formulas::MASSES.iter() }
                .flat_map(|mass| [mass * mass, mass * mass * 1e6])
                .filter(|square| (square - fine).abs() <= 0.05 * square);
            let constants: Vec<f64> = [fine, 0.0].into_iter().chain(known).collect();
            for constant in constants {
                self.try_all(&text, columns, &[constant]);
            }
        }
    }

    /// Formulas of objects: columns that follow one another at equal distances.
    fn of_objects(&mut self) {
        let count = self.samples.len();
        let of = |size: usize, stride: usize, is: &dyn Fn(&[usize]) -> bool| {
            let last = (size - 1) * stride;
            (0..count.saturating_sub(last))
                .map(|first| (0..size).map(|k| first + k * stride).collect::<Vec<_>>())
                .filter(|columns| is(columns))
                .take(OBJECTS)
                .collect::<Vec<_>>()
        };
        let samples = self.samples;
        let early = |c: usize| samples[c].early.iter();
        let positive = |c: usize| early(c).all(|&v| v >= 0.0);
        let angle = |c: usize| early(c).all(|v| v.abs() < 3.2) && early(c).any(|v| v.abs() > 1.6);
        let small = |c: usize| early(c).all(|v| v.abs() < 12.0);
        let signed = |c: usize| early(c).any(|&v| v < 0.0) && early(c).any(|&v| v > 0.0);
        let polar = |c: &[usize]| positive(c[0]) && small(c[1]) && angle(c[2]);
        let vector = |c: &[usize]| c.iter().all(|&c| signed(c));
        for stride in 1..=STRIDES {
            let polars = of(3, stride, &polar);
            let vectors = of(3, stride, &|c| vector(c) && !angle(c[2]));
            let four = of(4, stride, &|c| {
                positive(c[0]) && vector(&c[1..])
                    || positive(c[3]) && vector(&c[..3])
                    || polar(c) && positive(c[3])
            });
            for columns in &four {
                for text in formulas::OF_FOURVECTOR {
                    self.try_all(text, columns, &[]);
                }
            }
            self.pairs(&four, &|search, columns| {
                for text in formulas::OF_TWO_FOURVECTORS {
                    search.try_all(text, columns, &[]);
                }
            });
            self.pairs(&polars, &|search, columns| {
                for (text, constants) in formulas::OF_TWO_POLAR {
                    search.try_all(text, columns, constants);
                }
                search.masses(formulas::MASS_OF_POLAR, columns);
            });
            self.pairs(&vectors, &|search, columns| {
                search.masses(formulas::MASS_OF_CARTESIAN, columns);
            });
        }
    }
    /// Each two of the objects that share no column.
    fn pairs(&mut self, objects: &[Vec<usize>], with: &dyn Fn(&mut Self, &[usize])) {
        for (n, one) in objects.iter().enumerate() {
            let apart = |other: &&Vec<usize>| other.iter().all(|column| !one.contains(column));
            for other in objects[n + 1..].iter().filter(apart) {
                with(self, &[one.as_slice(), other].concat());
            }
        }
    }

    /// Tries the mass of two objects, each of which is some particle, in GeV and in MeV.
    fn masses(&mut self, text: &str, columns: &[usize]) {
        for unit in [1.0, 1e6] {
            for one in formulas::MASSES.map(|mass| mass * mass * unit) {
                for other in formulas::MASSES.map(|mass| mass * mass * unit) {
                    self.try_all(text, columns, &[one, other, one + other]);
                }
            }
        }
    }
}

/// The mean logarithm of what the values miss, in units of the tolerance; `None` if too many are not within it.
fn misses(sample: &Sample, values: &[f64; EARLY]) -> Option<f64> {
    let misses: [f64; EARLY] =
        std::array::from_fn(|row| (values[row] - sample.early[row]).abs() / sample.tolerance);
    // Also where the column's own value is not a number.
    let far = EARLY - misses.iter().filter(|&&miss| miss <= 1.0).count();
    let size = |miss: &f64| {
        if *miss <= 1.0 {
            (miss + 1e-9).log2()
        } else {
            0.0
        }
    };
    (far <= MISSES).then(|| misses.iter().map(size).sum::<f64>() / EARLY as f64)
}

/// The line through the points of the least and the greatest x.
fn linear_fit(x: &[f64; EARLY], y: &[f64; EARLY]) -> Option<(f64, f64)> {
    let finite = || (0..EARLY).filter(|&row| x[row].is_finite() && y[row].is_finite());
    let least = finite().min_by(|&a, &b| x[a].total_cmp(&x[b]))?;
    let most = finite().max_by(|&a, &b| x[a].total_cmp(&x[b]))?;
    let scale = (y[most] - y[least]) / (x[most] - x[least]);
    let usable = scale.is_finite() && scale != 0.0;
    usable.then(|| (scale, y[least] - scale * x[least]))
}

/// The middle of some numbers, each weighing as much as it is exact: its error grows with the square of the other number.
fn weighted_middle(numbers: &mut Vec<(f64, f64)>) -> f64 {
    numbers.retain(|(number, size)| number.is_finite() && *size != 0.0 && size.is_finite());
    numbers.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let weight = |size: f64| 1.0 / (size * size * size * size);
    let all: f64 = numbers.iter().map(|&(_, size)| weight(size)).sum();
    let mut sum = 0.0;
    for &(number, size) in numbers.iter() {
        sum += weight(size);
        if 2.0 * sum >= all {
            return number;
        }
    }
    0.0
}

/// The number to five significant digits, if it is as close as that.
fn short(number: f64) -> f64 {
    format!("{number:.4e}").parse().unwrap_or(number)
}
