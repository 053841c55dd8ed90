//! AdamW with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101) and clipping by the global norm.
//!
//! candle-nn has an AdamW, but keeps its moments to itself; resuming a run exactly needs them.

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var};

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.98;
const EPSILON: f32 = 1e-8;
const WEIGHT_DECAY: f32 = 0.01;
const LARGEST_NORM: f32 = 1.0;

/// One parameter tensor and its moments.
pub struct Moments {
    pub name: String,
    var: Var,
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

/// The optimiser's state.
pub struct AdamW {
    pub moments_of_all: Vec<Moments>,
    pub steps: u64,
}

impl AdamW {
    /// Over the parameters in the order of their names.
    pub fn new(mut parameters: Vec<(String, Var)>) -> AdamW {
        parameters.sort_by(|a, b| a.0.cmp(&b.0));
        let moments = |(name, var): (String, Var)| {
            let n = var.elem_count();
            Moments {
                name,
                var,
                first: vec![0.0; n],
                second: vec![0.0; n],
            }
        };
        AdamW {
            moments_of_all: parameters.into_iter().map(moments).collect(),
            steps: 0,
        }
    }

    /// One step along the gradients.
    pub fn step(&mut self, gradients: &GradStore, rate: f32) -> Result<()> {
        let mut values = Vec::with_capacity(self.moments_of_all.len());
        for moments in &self.moments_of_all {
            let gradient = gradients
                .get(&moments.var)
                .map(|g| g.flatten_all()?.to_vec1::<f32>())
                .transpose()?;
            values.push(gradient.unwrap_or_else(|| vec![0.0; moments.first.len()]));
        }
        let norm = values
            .iter()
            .flatten()
            .map(|g| f64::from(*g) * f64::from(*g))
            .sum::<f64>()
            .sqrt() as f32;
        if !norm.is_finite() {
            // A step that overflowed has no direction; the next one is drawn from other data.
            return Ok(());
        }
        let clip = (LARGEST_NORM / (norm + 1e-6)).min(1.0);
        self.steps += 1;
        let steps = self.steps.min(100_000) as i32;
        let (unbias1, unbias2) = (1.0 - BETA1.powi(steps), 1.0 - BETA2.powi(steps));
        for (moments, gradient) in self.moments_of_all.iter_mut().zip(values) {
            let mut weights = moments.var.flatten_all()?.to_vec1::<f32>()?;
            for (((w, g), m), v) in weights
                .iter_mut()
                .zip(gradient)
                .zip(&mut moments.first)
                .zip(&mut moments.second)
            {
                let g = g * clip;
                *m = BETA1 * *m + (1.0 - BETA1) * g;
                *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                let change = (*m / unbias1) / ((*v / unbias2).sqrt() + EPSILON);
                *w -= rate * (change + WEIGHT_DECAY * *w);
            }
            moments.var.set(&Tensor::from_vec(
                weights,
                moments.var.shape(),
                &Device::Cpu,
            )?)?;
        }
        Ok(())
    }
}
