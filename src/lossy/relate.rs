//! Which formulas predict which columns: those of `search` are tried on a few rows, the best of them on more. What is chosen is written as
//! parameters, so that the estimates here may be rough.

use super::formula::{Relation, Typed, number_of, stored};
use super::grid::Grid;
use crate::layout::Kind;
use crate::model::numbers::{ColumnCode, NUMERIC};
use crate::search::formulas::{
    ANGLES_OF_TWO, EVEN_OF_THREE, EVEN_OF_TWO, MASSES, OF_FOURVECTOR, OF_ONE, OF_THREE, OF_TWO,
    OF_TWO_POLAR, SQUARE_OF_ONE, SQUARES_OF_THREE, SQUARES_OF_TWO, formula,
};
use crate::structure::FormulaInput;
use std::f64::consts::PI;

/// Rows of the first glance, of the first choice and of the last.
const GLANCE: usize = 6;
const FIRST: usize = 24;
const LAST: usize = 512;
/// Tables of fewer rows, or of more columns, have no formulas: finding them takes as long as all the rest.
const FEWEST_ROWS: usize = 1000;
const MAX_COLUMNS: usize = 256;
/// Columns before a column that formulas of up to two columns take, those of three, and objects of several.
const BACK: usize = 24;
const BACK_THREE: usize = 9;
/// How many are compared at last.
const FINALISTS: usize = 12;
/// Bits of a row that a formula has to save, and bits that it takes.
const SAVED: f64 = 0.15;
const TAKEN: f64 = 300.0;

/// More formulas of one, two and three columns: an angle turned, y of x and phi, z of x, y and eta.
const TURNED: &str = "aK+W";
const ALONG: &str = "abSbC/*";
const BESIDE: &str = "aa*bb*+RcH*";

/// The columns of a table on sampled rows.
struct Sample {
    /// Numbers, column by column.
    numbers: Vec<Vec<f64>>,
    cells: Vec<Vec<f64>>,
}

/// One column that is to be predicted.
struct Target<'s> {
    sample: &'s Sample,
    column: usize,
    /// A cell more is this much more.
    step: f64,
    /// Cells that 0 lies below the first.
    offset: f64,
    /// What each row costs without a formula.
    plain: Vec<f64>,
    /// The first rows, their cells, and what those of the first glance and all of them cost without a formula.
    rows: Vec<usize>,
    own: Vec<f64>,
    glance_cost: f64,
    first_cost: f64,
    found: Vec<(f64, Relation)>,
}

/// What a row costs whose prediction is so far off, roughly.
fn bits(error: f64) -> f64 {
    (1.0 + 2.0 * error.abs()).log2()
}

/// For each column what predicts it from those before, if that pays.
pub(super) fn relations(
    columns: &[Typed],
    cells: &[&[i64]],
    codes: &[ColumnCode],
    sampled: &[usize],
    rows: usize,
) -> Vec<Option<Relation>> {
    let varying: Vec<usize> = (0..codes.len()).filter(|&k| codes[k].largest > 0).collect();
    if rows < FEWEST_ROWS || varying.len() > MAX_COLUMNS {
        return vec![None; codes.len()];
    }
    let chosen: Vec<usize> = { sampled.iter().copied() }
        .step_by((sampled.len() / LAST).max(1))
        .collect();
    let number = |k: usize, row: usize| number_of(&columns[k], cells[k][row]).0;
    let sample = Sample {
        numbers: (0..codes.len())
            .map(|k| chosen.iter().map(|&row| number(k, row)).collect())
            .collect(),
        cells: { cells.iter() }
            .map(|cells| chosen.iter().map(|&row| cells[row] as f64).collect())
            .collect(),
    };
    let mut relations = vec![None; codes.len()];
    for (at, &column) in varying.iter().enumerate() {
        let (step, offset) = match columns[column].1 {
            Grid::Uniform { step, offset } => (step, f64::from(offset) / 16.0),
            Grid::Integer { step } => (step as f64, 0.0),
            _ => continue,
        };
        if codes[column].largest < NUMERIC {
            continue;
        }
        let plain = plain(&codes[column], column, cells, &chosen);
        let first = first(chosen.len());
        let cost = |rows: &[usize]| rows.iter().map(|&row| plain[row]).sum::<f64>();
        let mut target = Target {
            sample: &sample,
            column,
            step,
            offset,
            own: first.iter().map(|&row| sample.cells[column][row]).collect(),
            glance_cost: cost(&first[..GLANCE]),
            first_cost: cost(&first),
            rows: first,
            plain,
            found: Vec::new(),
        };
        target.tried(&varying[at.saturating_sub(BACK)..at]);
        relations[column] = target.best(rows);
    }
    relations
}

/// The rows of the first choice among so many, in an order in which the first few are spread too.
fn first(count: usize) -> Vec<usize> {
    let step = (count / FIRST).max(1);
    let spread = (0..FIRST).map(|k| k * 7 % FIRST * step);
    spread.map(|row| row.min(count.saturating_sub(1))).collect()
}

/// Bits of each row with what predicts the column already.
fn plain(code: &ColumnCode, column: usize, cells: &[&[i64]], chosen: &[usize]) -> Vec<f64> {
    let median = code.cell(code.median);
    let own = cells[column];
    let costs = |predicted: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let cost = |&row: &usize| bits(predicted(row) - own[row] as f64);
        chosen.iter().map(cost).collect()
    };
    let alone = costs(&|_| median as f64);
    let regression = code.regression.as_ref().map(|regression| {
        costs(&|row| {
            let above = own[row.saturating_sub(1)];
            regression.value(column, row, above, cells) as f64 / 256.0
        })
    });
    match regression {
        Some(costs) if costs.iter().sum::<f64>() < alone.iter().sum() => costs,
        _ => alone,
    }
}

impl Target<'_> {
    /// Tries all formulas of the columns before.
    fn tried(&mut self, before: &[usize]) {
        for &a in before {
            OF_ONE.iter().for_each(|text| self.glance(text, &[a], &[]));
            ["aS", "aC"]
                .iter()
                .for_each(|text| self.glance(text, &[a], &[]));
            self.glance(TURNED, &[a], &[PI]);
            self.squares(SQUARE_OF_ONE, &[a]);
            for &b in before.iter().filter(|&&b| b != a) {
                OF_TWO
                    .iter()
                    .for_each(|text| self.glance(text, &[a, b], &[]));
                ANGLES_OF_TWO
                    .iter()
                    .for_each(|text| self.glance(text, &[a, b], &[]));
                self.glance(ALONG, &[a, b], &[]);
                if a < b {
                    EVEN_OF_TWO
                        .iter()
                        .for_each(|text| self.glance(text, &[a, b], &[]));
                }
                if a.abs_diff(b) < BACK_THREE {
                    SQUARES_OF_TWO
                        .iter()
                        .for_each(|text| self.squares(text, &[a, b]));
                }
            }
        }
        let close = &before[before.len().saturating_sub(BACK_THREE)..];
        for &a in close {
            for &b in close.iter().filter(|&&b| b > a) {
                for &c in close.iter().filter(|&&c| c != a && c != b) {
                    OF_THREE
                        .iter()
                        .for_each(|text| self.glance(text, &[a, b, c], &[]));
                    self.glance(BESIDE, &[a, b, c], &[]);
                    if b < c {
                        EVEN_OF_THREE
                            .iter()
                            .for_each(|text| self.glance(text, &[a, b, c], &[]));
                    }
                }
            }
        }
        self.objects(before);
    }

    /// Tries formulas of columns that lie together.
    fn objects(&mut self, before: &[usize]) {
        for (k, three) in before.windows(3).enumerate() {
            SQUARES_OF_THREE
                .iter()
                .for_each(|text| self.squares(text, three));
            for other in before.windows(3).skip(k + 3) {
                let both = [three, other].concat();
                for (text, constants) in OF_TWO_POLAR {
                    self.glance(text, &both, constants);
                }
            }
        }
        for four in before.windows(4) {
            OF_FOURVECTOR
                .iter()
                .for_each(|text| self.glance(text, four, &[]));
        }
    }

    /// Tries the root of squares, with that of a mass if there is one.
    fn squares(&mut self, text: &str, columns: &[usize]) {
        self.glance(&format!("{text}R"), columns, &[]);
        for mass in &MASSES[3..] {
            self.glance(&format!("{text}K+R"), columns, &[mass * mass]);
        }
    }

    /// Keeps a formula if it predicts a few rows better than what there is.
    fn glance(&mut self, text: &str, columns: &[usize], constants: &[f64]) {
        let inputs: Vec<FormulaInput> = { columns.iter() }
            .map(|&column| FormulaInput {
                field: column as u16,
                kind: Kind::Float,
            })
            .collect();
        let mut relation = Relation {
            formula: formula(text, &inputs, constants),
            gain: stored(1.0 / self.step),
            shift: stored(-self.offset),
        };
        // Most formulas are far off on the first rows already.
        let mut values = [0.0; FIRST];
        for (value, &row) in values.iter_mut().zip(&self.rows).take(GLANCE) {
            *value = self.value(&relation, row);
        }
        let gains = [Some(relation.gain), self.gain(&values[..GLANCE])];
        let gains = gains
            .map(|gain| gain.filter(|&gain| self.cost(&values[..GLANCE], gain) < self.glance_cost));
        if gains == [None; 2] {
            return;
        }
        for (value, &row) in values.iter_mut().zip(&self.rows).skip(GLANCE) {
            *value = self.value(&relation, row);
        }
        for gain in [gains[0], gains[1].and_then(|_| self.gain(&values))] {
            let Some(gain) = gain else { continue };
            let cost = self.cost(&values, gain);
            if cost < self.first_cost {
                relation.gain = gain;
                self.found.push((cost, relation.clone()));
            }
        }
    }

    fn value(&self, relation: &Relation, row: usize) -> f64 {
        let mut values = [0.0; crate::structure::Formula::MAX_INPUTS];
        let inputs = &relation.formula.inputs;
        for (value, input) in values.iter_mut().zip(inputs) {
            *value = self.sample.numbers[usize::from(input.field)][row];
        }
        relation.formula.value(&values[..inputs.len()])
    }

    /// Bits of the first rows, where a formula has these values.
    fn cost(&self, values: &[f64], gain: f64) -> f64 {
        let errors = { values.iter().zip(&self.own) }
            .map(|(value, own)| bits(gain * value - self.offset - own));
        errors.sum()
    }

    /// Bits of all rows.
    fn whole_cost(&self, relation: &Relation) -> f64 {
        let own = &self.sample.cells[self.column];
        { own.iter().enumerate() }
            .map(|(row, own)| {
                bits(relation.gain * self.value(relation, row) + relation.shift - own)
            })
            .sum()
    }

    /// The median of what values of the first rows would have to be multiplied by.
    fn gain(&self, values: &[f64]) -> Option<f64> {
        let mut gains = [0.0; FIRST];
        let mut count = 0;
        for (value, own) in values.iter().zip(&self.own) {
            let gain = (own + self.offset) / value;
            if gain.is_finite() && gain != 0.0 {
                gains[count] = gain;
                count += 1;
            }
        }
        if 2 * count < values.len() {
            return None;
        }
        let (_, gain, _) = gains[..count].select_nth_unstable_by(count / 2, f64::total_cmp);
        Some(stored(*gain))
    }

    /// The best of what was found.
    fn best(mut self, rows: usize) -> Option<Relation> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.truncate(FINALISTS);
        let count = self.plain.len() as f64;
        let plain = self.plain.iter().sum::<f64>() / count;
        { found.into_iter() }
            .map(|(_, relation)| (self.whole_cost(&relation) / count, relation))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(cost, _)| cost + SAVED + TAKEN / (rows as f64) < plain)
            .map(|(_, relation)| relation)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bound::Tolerance;
    use super::super::cells::TableShape;
    use super::super::grid::Extent;
    use super::super::table::{ColumnTask, decode, encode};
    use crate::layout::{Column, Kind};

    const FLOAT: Column = Column {
        width: 4,
        swap: true,
        kind: Kind::Float,
    };
    const ROWS: usize = 3000;

    /// Momenta, and what is or is not the transverse one.
    fn content(related: bool) -> Vec<u8> {
        let mut state = 12345u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            (state >> 40) as f32 / (1 << 24) as f32 * 100.0 - 50.0
        };
        let row = |_| {
            let (x, y, z) = (random(), random(), random());
            let other = random() + 50.0;
            [x, y, z, if related { x.hypot(y) } else { other }]
        };
        let values = (0..ROWS).flat_map(row);
        values.flat_map(f32::to_le_bytes).collect()
    }

    fn coded(content: &[u8]) -> Vec<u32> {
        let shape = TableShape {
            record: 16,
            column_major: false,
            columns: (0..4).map(|k| (4 * k, FLOAT)).collect(),
        };
        let task = ColumnTask {
            tolerance: Some(Tolerance::Absolute(0.05)),
            fill: Vec::new(),
            extent: Extent {
                largest: 100.0,
                smallest: 1e-6,
            },
        };
        let coded = encode(&shape, &vec![task; 4], content, None);
        let decoded = decode(&coded.words, content.len(), &coded.exact, None).unwrap();
        assert_eq!(decoded, coded.reconstructed);
        let floats = |bytes: &[u8]| -> Vec<f32> {
            let words = bytes.as_chunks().0.iter();
            words.map(|&bytes| f32::from_le_bytes(bytes)).collect()
        };
        for (a, b) in floats(content).into_iter().zip(floats(&decoded)) {
            assert!((f64::from(a) - f64::from(b)).abs() <= 0.05, "{a} {b}");
        }
        coded.words
    }

    #[test]
    fn a_column_that_others_make_costs_little() {
        let [related, free] = [true, false].map(|related| 32 * coded(&content(related)).len());
        // 1000 cells or 700 are ten bits; of a sum of squares known to a cell two or three remain.
        assert!(related + 6 * ROWS < free, "{related} {free}");
    }

    #[test]
    fn broken_words_do_no_harm() {
        let content = content(true);
        let words = coded(&content);
        for k in 0..300 {
            let mut broken = words.clone();
            // Parameters stand first.
            let at = (k * k) % 600 % broken.len();
            broken[at] ^= 0x9e37_79b9u32.rotate_left(k as u32);
            let _ = decode(&broken, content.len(), &[], None);
            broken[at] = 0;
            broken.truncate(at + 30);
            let _ = decode(&broken, 1600, &[], None);
        }
    }
}
