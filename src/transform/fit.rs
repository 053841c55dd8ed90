//! Weights of a stencil that fit a sample.

use super::stencil::Stencil;

/// Passes of reweighting: a residual's bits grow with its logarithm, so large ones count less.
const PASSES: usize = 3;

/// The weights that predict `values[i]` from its neighbours `lags` before, the first being the reference, at the positions
/// given.
pub fn weights(values: &[i64], lags: &[u32], positions: &[usize]) -> Vec<i32> {
    let terms = lags.len() - 1;
    let rows: Vec<(Vec<f64>, f64)> = positions
        .iter()
        .map(|&i| {
            let reference = values[i - lags[0] as usize];
            let difference = |value: i64| value.wrapping_sub(reference) as f64;
            (
                lags[1..]
                    .iter()
                    .map(|&lag| difference(values[i - lag as usize]))
                    .collect(),
                difference(values[i]),
            )
        })
        .collect();
    let mut weights = vec![0.0; terms];
    for _ in 0..PASSES {
        let residuals: Vec<f64> = rows
            .iter()
            .map(|(x, y)| (y - x.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>()).abs())
            .collect();
        let mut sorted = residuals.clone();
        sorted.sort_by(f64::total_cmp);
        let scale = sorted[sorted.len() / 2].max(0.5);
        // The normal equations, the right side as the last column.
        let mut normal = vec![vec![0.0; terms + 1]; terms];
        for ((x, y), residual) in rows.iter().zip(&residuals) {
            // The logarithm's derivative, squared.
            let weight = 1.0 / (scale + residual) / (scale + residual);
            for (row, &a) in normal.iter_mut().zip(x) {
                for (sum, &b) in row.iter_mut().zip(x.iter().chain([y])) {
                    *sum += weight * a * b;
                }
            }
        }
        // A little less than the data say, so that neighbours that always agree share the weight.
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
            (rounded as i32).clamp(-Stencil::MOST_WEIGHT, Stencil::MOST_WEIGHT)
        })
        .collect()
}

/// Solves a symmetric positive definite system, its right side as the last column.
fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let terms = system.len();
    for pivot in 0..terms {
        let (above, below) = system.split_at_mut(pivot + 1);
        let row = &above[pivot];
        for other in below {
            let factor = other[pivot] / row[pivot];
            for k in pivot..=terms {
                other[k] -= factor * row[k];
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
