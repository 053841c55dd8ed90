//! Autoencoders made by hand: nothing trained moves them.

use boa_constrictor::model::autoencoder::{
    FEATURES, Masked, MaskedShape, MaskedWeights, Normalisation, NormalisedColumn,
};
use boa_constrictor::model::{TensorVisitor, Value};

/// Fills tensors with what a function gives from the least to the largest number allowed.
pub struct Filler<F>(pub F);

impl<F: FnMut(i64, i64) -> i64> TensorVisitor for Filler<F> {
    fn tensor<T: Value>(
        &mut self,
        _: &'static str,
        tensor: &mut Vec<T>,
        [rows, columns]: [usize; 2],
        low: i64,
        high: i64,
    ) -> boa_constrictor::Result<()> {
        let next = || T::narrow((self.0)(low, high));
        *tensor = std::iter::repeat_with(next).take(rows * columns).collect();
        Ok(())
    }
}

/// Numbers of magnitude 1; those of the third column are companded.
pub fn normalisation(columns: usize) -> Normalisation {
    let mut all = Normalisation::default();
    for k in 0..columns {
        all.push(NormalisedColumn {
            centre: (0, 0),
            scale: (1 << 20, -20),
            log: k == 2,
        });
    }
    all
}

/// Knows that the second column is the magnitude of the first in the row before, which no formula of a row says.
pub fn knowing() -> Masked {
    let shape = MaskedShape {
        columns: 2,
        hidden: 1,
        components: 1,
        previous: 1,
    };
    let mut weights = MaskedWeights {
        normalisation: normalisation(2),
        start: vec![0],
        hidden_shift: vec![6],
        ..MaskedWeights::default()
    };
    // The magnitude of column 0 in the row before, and nothing else.
    for contributions in [&mut weights.input, &mut weights.previous] {
        contributions.weights = vec![0; 2 * FEATURES];
        contributions.shift = vec![6; 2 * FEATURES];
    }
    weights.previous.weights[1] = 64;
    // A hidden unit is the magnitude in Q14, an output in Q13: logit, mean and spread of each column.
    weights.output.weights = vec![0, 0, 0, 0, 64, 0];
    weights.output.bias = vec![0, 0, 0, 0, 0, -11 << 20];
    weights.output.shift = vec![7; 6];
    Masked { shape, weights }
}
