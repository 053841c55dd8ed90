//! Weights of a stencil that fit a sample.

use crate::structure::Predict;
use crate::transform::Stencil;

/// Passes of reweighting: a residual's bits grow with its logarithm, so large ones count less.
const PASSES: usize = 3;

/// The weights that predict `values[i]` from its neighbours `lags` before, the first being the reference, at the positions
/// given.
pub fn weights(values: &[i64], lags: &[u32], positions: &[usize]) -> Vec<i32> {
    let terms = lags.len() - 1;
    // Of each position the neighbours, then the value itself, less the reference.
    let mut rows = Vec::with_capacity(positions.len() * (terms + 1));
    for &i in positions {
        let reference = values[i - lags[0] as usize];
        let difference = |lag: u32| values[i - lag as usize].wrapping_sub(reference) as f64;
        rows.extend(lags[1..].iter().chain([&0]).map(|&lag| difference(lag)));
    }
    let mut weights = vec![0.0; terms];
    for _ in 0..PASSES {
        let residuals: Vec<f64> = rows
            .chunks_exact(terms + 1)
            .map(|row| {
                let predicted: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
                (row[terms] - predicted).abs()
            })
            .collect();
        let mut sorted = residuals.clone();
        sorted.sort_by(f64::total_cmp);
        let scale = sorted[sorted.len() / 2].max(0.5);
        // The normal equations, the right side as the last column: they are symmetric, and only what stands from the
        // diagonal on is needed.
        let mut normal = vec![vec![0.0; terms + 1]; terms];
        for (x, residual) in rows.chunks_exact(terms + 1).zip(&residuals) {
            // The logarithm's derivative, squared.
            let weight = 1.0 / (scale + residual) / (scale + residual);
            for (a, row) in normal.iter_mut().enumerate() {
                let weighted = weight * x[a];
                for (sum, &b) in row[a..].iter_mut().zip(&x[a..]) {
                    *sum += weighted * b;
                }
            }
        }
        // A little less than the data suggest, so that neighbours that always agree share the weight.
        let trace: f64 = normal.iter().enumerate().map(|(a, row)| row[a]).sum();
        for (a, row) in normal.iter_mut().enumerate() {
            row[a] += 1e-7 * trace / terms as f64 + 1e-30;
        }
        weights = solve(normal);
    }
    let one = f64::from(1 << Stencil::WEIGHT_BITS);
    weights
        .iter()
        .map(|w| {
            let scaled = w * one;
            let rounded = if scaled < 0.0 {
                scaled - 0.5
            } else {
                scaled + 0.5
            };
            (rounded as i32).clamp(-Predict::MAX_WEIGHT, Predict::MAX_WEIGHT)
        })
        .collect()
}

/// Solves a symmetric positive definite system, its right side as the last column. What stands before the diagonal is
/// not read.
fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let terms = system.len();
    for pivot in 0..terms {
        let (above, below) = system.split_at_mut(pivot + 1);
        let row = &above[pivot];
        for (a, other) in (pivot + 1..).zip(below) {
            let factor = row[a] / row[pivot];
            for (other, row) in other[a..].iter_mut().zip(&row[a..]) {
                *other -= factor * row;
            }
        }
    }
    let mut solution = vec![0.0; terms];
    for a in (0..terms).rev() {
        let known: f64 = (a + 1..terms).map(|b| system[a][b] * solution[b]).sum();
        solution[a] = (system[a][terms] - known) / system[a][a];
    }
    solution
}
