//! Linear prediction of a column from those before it: terms chosen greedily (orthogonal matching pursuit), factors by least squares.

use crate::model::numbers::Regression;

/// Terms of a regression.
const MAX_TERMS: usize = 6;
/// Bits that a term has to save: those that it takes, and a share of a bit for each row.
const TERM_BITS: f64 = 60.0;
const SHARE: f64 = 0.003;
/// A factor of 1: Q16.
const ONE: f64 = 65536.0;
/// Variance of what rounding to cells leaves.
const ROUNDING: f64 = 1.0 / 12.0;

/// Values less their mean.
struct Centred {
    values: Vec<f64>,
    mean: f64,
}

impl Centred {
    fn new(mut values: Vec<f64>) -> Centred {
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        values.iter_mut().for_each(|x| *x -= mean);
        Centred { values, mean }
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The regression of a column on some of those `before` it and on the cell above, if one pays. `cells` are those of all columns, of
/// which the `sampled` rows are used; `rows` is how many there are.
pub fn fit(
    cells: &[&[i64]],
    column: usize,
    before: &[usize],
    sampled: &[usize],
    rows: usize,
) -> Option<Regression> {
    let terms: Vec<usize> = before.iter().copied().chain([column]).collect();
    let values: Vec<Centred> = { terms.iter() }
        .map(|&term| {
            let back = usize::from(term == column);
            let cell = |row: &usize| cells[term][row.saturating_sub(back)] as f64;
            Centred::new(sampled.iter().map(cell).collect())
        })
        .collect();
    let own = Centred::new(
        sampled
            .iter()
            .map(|&row| cells[column][row] as f64)
            .collect(),
    );
    let chosen = choose(&values, &own, rows);
    if chosen.is_empty() {
        return None;
    }
    let factors = solve(&values, &own, &chosen);
    let mut offset = own.mean;
    let mut regression = Regression::default();
    for (&k, factor) in chosen.iter().zip(factors) {
        let rounded = (factor * ONE).round();
        if rounded.is_nan() || rounded.abs() >= 1e9 {
            return None;
        }
        regression.terms.push((terms[k] as u32, rounded as i64));
        offset -= rounded / ONE * values[k].mean;
    }
    regression.offset = (offset * ONE).round() as i64;
    Some(regression)
}

/// Which values to take, one after the other those that explain most of what is left.
fn choose(values: &[Centred], own: &Centred, rows: usize) -> Vec<usize> {
    let count = own.values.len() as f64;
    let variance = |left: &[f64]| product(left, left) / count + ROUNDING;
    let mut left = own.values.clone();
    let mut remaining: Vec<Vec<f64>> = values.iter().map(|v| v.values.clone()).collect();
    let squares: Vec<f64> = remaining.iter().map(|x| product(x, x)).collect();
    let mut chosen = Vec::new();
    while chosen.len() < MAX_TERMS {
        let explained = |k: usize| {
            let square = product(&remaining[k], &remaining[k]);
            // What is left of a value that others explain is noise.
            match square < 1e-3 * squares[k] + 1e-9 {
                true => 0.0,
                false => product(&remaining[k], &left).powi(2) / square,
            }
        };
        let best = { (0..values.len()).filter(|k| !chosen.contains(k)) }
            .map(|k| (explained(k), k))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((gain, k)) = best else { break };
        if gain <= 0.0 {
            break;
        }
        let direction = remaining[k].clone();
        let square = product(&direction, &direction);
        let without = |from: &[f64]| -> Vec<f64> {
            let factor = product(from, &direction) / square;
            { from.iter().zip(&direction) }
                .map(|(a, b)| a - factor * b)
                .collect()
        };
        let next = without(&left);
        let saved = 0.5 * (variance(&left) / variance(&next)).log2() * rows as f64;
        if saved < TERM_BITS + SHARE * rows as f64 {
            break;
        }
        left = next;
        chosen.push(k);
        for (other, values) in remaining.iter_mut().enumerate() {
            if !chosen.contains(&other) {
                *values = without(values);
            }
        }
    }
    chosen
}

/// The factors of least squares: the normal equations by elimination.
fn solve(values: &[Centred], own: &Centred, chosen: &[usize]) -> Vec<f64> {
    let n = chosen.len();
    let mut rows: Vec<Vec<f64>> = { chosen.iter() }
        .map(|&p| {
            let row = { chosen.iter() }.map(|&q| product(&values[p].values, &values[q].values));
            row.chain([product(&values[p].values, &own.values)])
                .collect()
        })
        .collect();
    for p in 0..n {
        rows[p][p] += 1e-6;
        let pivot = rows[p].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            if r != p {
                let factor = row[p] / pivot[p];
                row.iter_mut()
                    .zip(&pivot)
                    .for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    (0..n).map(|p| rows[p][n] / rows[p][p]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_relation_is_found() {
        let x: Vec<i64> = (0..1000).map(|k| k * 7919 % 1009).collect();
        let noise: Vec<i64> = (0..1000).map(|k| k * 104_729 % 2003).collect();
        let y: Vec<i64> = x.iter().map(|x| 3 * x + 50).collect();
        let sampled: Vec<usize> = (0..1000).collect();
        let found = fit(&[&noise, &x, &y], 2, &[0, 1], &sampled, 1000).unwrap();
        assert_eq!(found.terms, [(1, 3 << 16)]);
        assert_eq!(found.offset, 50 << 16);
        assert_eq!(fit(&[&noise, &x], 1, &[0], &sampled, 1000), None);
    }
}
