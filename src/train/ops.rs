//! The pieces that candle lacks a gradient for, or a fast one: each a custom op with its backward pass.

use super::backward::backward;
use super::core::{self, BlockShape, Parameters, Peaks, TwinState};
use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape as Dims, Storage, Tensor, bail,
};
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

/// Runs `f` on a contiguous CPU tensor's values.
fn with_values<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(cpu) => Ok(f(values(cpu, layout)?)),
        _ => bail!("training runs on the CPU"),
    }
}

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("a custom op takes contiguous tensors"),
    }
}

/// The sum of a table's rows picked by each token's indices: `[rows, d] -> [tokens, d]`.
pub struct Embed {
    /// `[tokens][picks]`
    pub indices: Arc<Vec<u32>>,
    /// Rows picked for one token.
    pub picks: usize,
}

impl CustomOp1 for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Dims)> {
        let (_, dim) = l.shape().dims2()?;
        let table = values(s, l)?;
        let mut out = vec![0.0f32; self.indices.len() / self.picks * dim];
        for (out, picks) in out
            .chunks_exact_mut(dim)
            .zip(self.indices.chunks_exact(self.picks))
        {
            for &row in picks {
                out.iter_mut()
                    .zip(&table[row as usize * dim..])
                    .for_each(|(o, &v)| *o += v);
            }
        }
        let tokens = out.len() / dim;
        Ok((CpuStorage::F32(out), (tokens, dim).into()))
    }

    fn bwd(&self, table: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (rows, dim) = table.dims2()?;
        let mut out = vec![0.0f32; rows * dim];
        with_values(grad, |grad| {
            for (grad, picks) in grad
                .chunks_exact(dim)
                .zip(self.indices.chunks_exact(self.picks))
            {
                for &row in picks {
                    out[row as usize * dim..][..dim]
                        .iter_mut()
                        .zip(grad)
                        .for_each(|(o, &g)| *o += g);
                }
            }
        })?;
        Ok(Some(Tensor::from_vec(out, (rows, dim), table.device())?))
    }
}

/// `x / sqrt(mean(x^2) + eps) * gain` over the last dimension.
pub struct RmsNorm;

const EPSILON: f32 = 1e-6;

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Dims)> {
        let (x, gain) = (values(s1, l1)?, values(s2, l2)?);
        let dim = gain.len();
        let mut out = vec![0.0f32; x.len()];
        for (x, out) in x.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
            let scale = inverse_rms(x);
            out.iter_mut()
                .zip(x.iter().zip(gain))
                .for_each(|(o, (x, g))| *o = x * scale * g);
        }
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gain: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let dim = gain.elem_count();
        let mut d_x = vec![0.0f32; x.elem_count()];
        let mut d_gain = vec![0.0f32; dim];
        with_values(x, |x| {
            with_values(gain, |gain| {
                with_values(grad, |grad| {
                    for ((x, grad), d_x) in x
                        .chunks_exact(dim)
                        .zip(grad.chunks_exact(dim))
                        .zip(d_x.chunks_exact_mut(dim))
                    {
                        let scale = inverse_rms(x);
                        let mut dot = 0.0;
                        for j in 0..dim {
                            d_gain[j] += grad[j] * x[j] * scale;
                            dot += grad[j] * gain[j] * x[j];
                        }
                        let pull = dot * scale * scale * scale / dim as f32;
                        for j in 0..dim {
                            d_x[j] = grad[j] * gain[j] * scale - x[j] * pull;
                        }
                    }
                })
            })
        })???;
        let d_gain = Tensor::from_vec(d_gain, gain.shape(), gain.device())?;
        Ok((
            Some(Tensor::from_vec(d_x, x.shape(), x.device())?),
            Some(d_gain),
        ))
    }
}

fn inverse_rms(x: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for eight in x.chunks(8) {
        sums.iter_mut().zip(eight).for_each(|(s, v)| *s += v * v);
    }
    1.0 / (sums.iter().sum::<f32>() / x.len() as f32 + EPSILON).sqrt()
}

/// A block's core, see [`core`]: `(projected [lanes * steps, projected], parameters) -> gated [.., inner]`.
pub struct MambaCore {
    shape: BlockShape,
    /// Each lane's state at the window's start.
    start: Vec<TwinState>,
    /// Each lane's state at its end, for the next window.
    end: Arc<Mutex<Vec<TwinState>>>,
    peaks: Option<Arc<Mutex<Peaks>>>,
}

impl MambaCore {
    /// Over lanes that start in the given states; the states at the end and, if `peaks` is given, the magnitudes met are
    /// left there.
    pub fn new(shape: BlockShape, start: Vec<TwinState>, peaks: Option<Arc<Mutex<Peaks>>>) -> Self {
        MambaCore {
            shape,
            start,
            end: Arc::default(),
            peaks,
        }
    }

    /// Where the states at the window's end will stand after the forward pass.
    pub fn end(&self) -> Arc<Mutex<Vec<TwinState>>> {
        self.end.clone()
    }
}

impl CustomOp2 for MambaCore {
    fn name(&self) -> &'static str {
        "mamba-core"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Dims)> {
        let (projected, flat) = (values(s1, l1)?, values(s2, l2)?);
        let shape = &self.shape;
        let tokens = projected.len() / shape.projected();
        let steps = tokens / self.start.len();
        let mut gated = vec![0.0f32; tokens * shape.inner];
        let parameters = Parameters::new(shape, flat);
        let mut states = self.start.clone();
        if let Some(Ok(mut peaks)) = self.peaks.as_ref().map(|p| p.lock()) {
            for (projected, state) in projected
                .chunks_exact(steps * shape.projected())
                .zip(&states)
            {
                peaks.merge(&core::peaks(shape, &parameters, projected, state));
            }
        }
        projected
            .par_chunks(steps * shape.projected())
            .zip(gated.par_chunks_mut(steps * shape.inner))
            .zip(&mut states)
            .for_each(|((projected, gated), state)| {
                core::forward(shape, &parameters, projected, state, gated)
            });
        if let Ok(mut end) = self.end.lock() {
            *end = states;
        }
        Ok((CpuStorage::F32(gated), (tokens, shape.inner).into()))
    }

    fn bwd(
        &self,
        projected: &Tensor,
        flat: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let shape = &self.shape;
        let steps = projected.dim(0)? / self.start.len();
        let mut d_projected = vec![0.0f32; projected.elem_count()];
        // One gradient a lane, added in the lanes' order: the result does not depend on threads.
        let mut d_lanes = vec![0.0f32; self.start.len() * shape.parameters()];
        with_values(projected, |values| {
            with_values(flat, |flat| {
                with_values(grad, |grad| {
                    values
                        .par_chunks(steps * shape.projected())
                        .zip(grad.par_chunks(steps * shape.inner))
                        .zip(d_projected.par_chunks_mut(steps * shape.projected()))
                        .zip(d_lanes.par_chunks_mut(shape.parameters()))
                        .zip(&self.start)
                        .for_each(|((((projected, grad), d_projected), d_lane), state)| {
                            backward(shape, flat, projected, state, grad, d_projected, d_lane);
                        });
                })
            })
        })???;
        let mut d_flat = vec![0.0f32; shape.parameters()];
        for lane in d_lanes.chunks_exact(shape.parameters()) {
            d_flat.iter_mut().zip(lane).for_each(|(d, l)| *d += l);
        }
        let d_projected = Tensor::from_vec(d_projected, projected.shape(), projected.device())?;
        Ok((
            Some(d_projected),
            Some(Tensor::from_vec(d_flat, flat.shape(), flat.device())?),
        ))
    }
}

/// Hands logits their gradient, which is known before: `(logits [tokens, 256], bias [256]) -> []`, always 0.
///
/// The predictor that the network is a part of has computed each byte's distribution p already, the integer softmax of
/// a sum in which the network's logits are scaled: the gradient of the byte's cost is `scale * (p - onehot)`.
pub struct Steer {
    /// `[tokens][256]`
    pub gradient: Arc<Vec<[f32; 256]>>,
}

impl CustomOp2 for Steer {
    fn name(&self) -> &'static str {
        "steer"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Dims)> {
        Ok((CpuStorage::F32(vec![0.0]), Dims::from(())))
    }

    fn bwd(
        &self,
        logits: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let scale = grad.to_scalar::<f32>()? / self.gradient.len() as f32;
        let mut d_bias = vec![0.0f32; 256];
        let mut d_logits = self.gradient.as_flattened().to_vec();
        for token in d_logits.as_chunks_mut::<256>().0 {
            token.iter_mut().zip(&mut d_bias).for_each(|(d, b)| {
                *d *= scale;
                *b += *d;
            });
        }
        let d_logits = Tensor::from_vec(d_logits, logits.shape(), logits.device())?;
        let d_bias = Tensor::from_vec(d_bias, bias.shape(), bias.device())?;
        Ok((Some(d_logits), Some(d_bias)))
    }
}
