//! The float twin: the same network as `model`, differentiable.

use super::core::{BlockShape, Peaks, TwinState};
use super::ops::{Embed, MambaCore, RmsNorm, Steer};
use super::window::Batch;
use crate::model::{CONV, Config, TOKENS};
use candle_core::{Device, Result, Tensor, Var};
use candle_nn::VarMap;
use std::f32::consts::TAU;
use std::sync::{Arc, Mutex};

/// Deviations of the first embeddings.
const TOKEN_SPREAD: f32 = 0.02;
const PHASE_SPREAD: f32 = 0.4;

/// Parameters of one block.
pub(super) struct TwinBlock {
    pub(super) gain: Var,
    pub(super) input: Var,
    pub(super) core: Var,
    pub(super) out_gain: Var,
    pub(super) output: Var,
}

/// The network's parameters.
pub struct Twin {
    pub(super) config: Config,
    /// Rows of tap 0's 257 tokens, of tap 1's, ..., then of the phases.
    pub(super) embedding: Var,
    pub(super) blocks: Vec<TwinBlock>,
    pub(super) gain: Var,
    pub(super) head: Var,
    pub(super) bias: Var,
    parameters: VarMap,
}

/// One forward pass over a window.
pub struct Pass {
    /// `[lanes * steps, 256]`, in nats, without the head's bias.
    pub logits: Tensor,
    /// The residual stream before each block and at the end, and each block's gated output: the inputs of the norms.
    pub norm_inputs: Vec<Tensor>,
    ends: Vec<Arc<Mutex<Vec<TwinState>>>>,
}

/// The states of all blocks: `[blocks][lanes]`.
pub type TwinStates = Vec<Vec<TwinState>>;

impl Twin {
    /// A network with random weights, the same for the same seed, whose logits are all alike yet: it learns within a
    /// sum.
    ///
    /// Tokens that are seldom seen stay close to 0 from the small start on: they neither disturb nor take bytes.
    pub fn new(config: &Config, seed: u64) -> Result<Twin> {
        let mut random = fastrand::Rng::with_seed(seed);
        let shape = BlockShape::of(config);
        let (dim, heads) = (usize::from(config.dim), shape.heads);
        let parameters = VarMap::new();
        let var = |name: &str, values: Vec<f32>, dims: &[usize]| -> Result<Var> {
            let var = Var::from_tensor(&Tensor::from_vec(values, dims, &Device::Cpu)?)?;
            parameters
                .data()
                .lock()
                .map_err(|e| candle_core::Error::Msg(e.to_string()))?
                .insert(name.into(), var.clone());
            Ok(var)
        };
        let taps = usize::from(config.taps);
        let rows = taps * TOKENS + config.phases();
        let mut table = normal(&mut random, taps * TOKENS * dim, TOKEN_SPREAD);
        table.extend(normal(&mut random, config.phases() * dim, PHASE_SPREAD));
        let embedding = var("embedding", table, &[rows, dim])?;
        let blocks = (0..config.layers)
            .map(|k| {
                let reach = 1.0 / (dim as f32).sqrt();
                let mut core = uniform(&mut random, (CONV + 1) * shape.convolved(), 0.5);
                core.extend((0..heads).map(|_| (1.0 + 7.0 * random.f32()).ln()));
                // softplus(step bias) spread evenly in the logarithm between 0.001 and 0.5
                core.extend(
                    (0..heads).map(|_| (0.001f32 * 500f32.powf(random.f32())).exp_m1().ln()),
                );
                core.extend(std::iter::repeat_n(1.0, heads));
                let name = |tensor: &str| format!("block{k}.{tensor}");
                Ok(TwinBlock {
                    gain: var(&name("gain"), vec![1.0; dim], &[dim])?,
                    input: var(
                        &name("input"),
                        uniform(&mut random, shape.projected() * dim, reach),
                        &[shape.projected(), dim],
                    )?,
                    core: var(&name("core"), core, &[shape.parameters()])?,
                    out_gain: var(&name("out_gain"), vec![1.0; shape.inner], &[shape.inner])?,
                    output: var(
                        &name("output"),
                        uniform(
                            &mut random,
                            dim * shape.inner,
                            0.5 / (shape.inner as f32).sqrt(),
                        ),
                        &[dim, shape.inner],
                    )?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let gain = var("gain", vec![1.0; dim], &[dim])?;
        let head = var("head", vec![0.0; 256 * dim], &[256, dim])?;
        let bias = var("bias", vec![0.0; 256], &[256])?;
        Ok(Twin {
            config: *config,
            embedding,
            blocks,
            gain,
            head,
            bias,
            parameters,
        })
    }

    /// The parameters by name.
    pub fn parameters(&self) -> Result<Vec<(String, Var)>> {
        let data = { self.parameters.data().lock() };
        let data = data.map_err(|e| candle_core::Error::Msg(e.to_string()))?;
        let each = data.iter().map(|(name, var)| (name.clone(), var.clone()));
        Ok(each.collect())
    }

    /// Copies of their values.
    pub fn values(&self) -> Result<Vec<(String, Tensor)>> {
        let copy = |(name, var): (String, Var)| Ok((name, var.as_tensor().copy()?));
        self.parameters()?.into_iter().map(copy).collect()
    }

    /// Puts values back.
    pub fn set(&self, values: &[(String, Tensor)]) -> Result<()> {
        for (name, var) in self.parameters()? {
            if let Some((_, tensor)) = values.iter().find(|(n, _)| *n == name) {
                var.set(tensor)?;
            }
        }
        Ok(())
    }

    /// States at rest.
    pub fn states(&self, lanes: usize) -> TwinStates {
        vec![vec![TwinState::new(&BlockShape::of(&self.config)); lanes]; self.blocks.len()]
    }

    /// Runs a window of `batch.lanes` lanes from the given states.
    pub fn forward(&self, batch: &Batch, states: &TwinStates) -> Result<Pass> {
        self.observed_forward(batch, states, &[])
    }

    /// The same, leaving the magnitudes met in each block behind the given handles.
    pub fn observed_forward(
        &self,
        batch: &Batch,
        states: &TwinStates,
        peaks: &[Arc<Mutex<Peaks>>],
    ) -> Result<Pass> {
        let picks = usize::from(self.config.taps) + 1;
        let embed = Embed {
            indices: batch.indices.clone(),
            picks,
        };
        let mut residual = self.embedding.as_tensor().apply_op1(embed)?;
        let (mut norm_inputs, mut ends) = (Vec::new(), Vec::new());
        for (k, (block, start)) in self.blocks.iter().zip(states).enumerate() {
            let core = MambaCore::new(
                BlockShape::of(&self.config),
                start.clone(),
                peaks.get(k).cloned(),
            );
            ends.push(core.end());
            norm_inputs.push(residual.clone());
            let normed = residual.apply_op2(&block.gain, RmsNorm)?;
            let gated = normed
                .matmul(&block.input.t()?)?
                .apply_op2(&block.core, core)?;
            norm_inputs.push(gated.clone());
            let normed = gated.apply_op2(&block.out_gain, RmsNorm)?;
            residual = (residual + normed.matmul(&block.output.t()?)?)?;
        }
        norm_inputs.push(residual.clone());
        let logits = residual
            .apply_op2(&self.gain, RmsNorm)?
            .matmul(&self.head.t()?)?;
        Ok(Pass {
            logits,
            norm_inputs,
            ends,
        })
    }

    /// What to go back from so that the logits of a pass get these gradients, `[tokens][256]`.
    pub fn steer(&self, pass: &Pass, gradient: Arc<Vec<[f32; 256]>>) -> Result<Tensor> {
        pass.logits.apply_op2(&self.bias, Steer { gradient })
    }
}

impl Pass {
    /// The states at the window's end.
    pub fn end_states(&self) -> Result<TwinStates> {
        let lock = |e: &Arc<Mutex<Vec<TwinState>>>| {
            e.lock()
                .map(|s| s.clone())
                .map_err(|e| candle_core::Error::Msg(e.to_string()))
        };
        self.ends.iter().map(lock).collect()
    }
}

fn uniform(random: &mut fastrand::Rng, n: usize, reach: f32) -> Vec<f32> {
    (0..n).map(|_| (2.0 * random.f32() - 1.0) * reach).collect()
}

/// Box and Muller 1958.
fn normal(random: &mut fastrand::Rng, n: usize, deviation: f32) -> Vec<f32> {
    (0..n)
        .map(|_| (-2.0 * (1.0 - random.f32()).ln()).sqrt() * (TAU * random.f32()).cos() * deviation)
        .collect()
}
