//! A training run on disk: weights, moments and progress in one safetensors file.

use super::optimizer::AdamW;
use super::twin::Twin;
use candle_core::{Device, Result, Tensor, bail, safetensors};
use std::collections::HashMap;
use std::path::Path;

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CheckpointState {
    /// Optimiser steps.
    pub steps: u64,
    /// Seconds trained.
    pub seconds: f64,
    /// Seconds since the run began, those of other seeds included.
    pub total: f64,
    /// Best held-out bits a byte so far.
    pub best: f64,
    /// The network's seed.
    pub seed: u64,
}

/// Writes the run beside `path` and moves it there, so that an interrupted write leaves the old one.
pub fn save(
    path: &Path,
    twin: &Twin,
    best: &[(String, Tensor)],
    optimizer: &AdamW,
    progress: &CheckpointState,
) -> Result<()> {
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    for (name, var) in twin.parameters()? {
        tensors.insert(format!("weight.{name}"), var.as_tensor().clone());
    }
    for (name, tensor) in best {
        tensors.insert(format!("best.{name}"), tensor.clone());
    }
    for moments in &optimizer.moments_of_all {
        tensors.insert(
            format!("first.{}", moments.name),
            Tensor::from_slice(&moments.first, moments.first.len(), &Device::Cpu)?,
        );
        tensors.insert(
            format!("second.{}", moments.name),
            Tensor::from_slice(&moments.second, moments.second.len(), &Device::Cpu)?,
        );
    }
    let numbers = [
        progress.steps as f64,
        progress.seconds,
        progress.total,
        progress.best,
        progress.seed as f64,
    ];
    tensors.insert(
        "progress".into(),
        Tensor::from_slice(&numbers, numbers.len(), &Device::Cpu)?,
    );
    let temporary = path.with_extension("partial");
    safetensors::save(&tensors, &temporary)?;
    std::fs::rename(&temporary, path)?;
    Ok(())
}

/// Puts a run back; returns its best weights and its progress.
pub fn load(
    path: &Path,
    twin: &Twin,
    optimizer: &mut AdamW,
) -> Result<(Vec<(String, Tensor)>, CheckpointState)> {
    let tensors = safetensors::load(path, &Device::Cpu)?;
    let find = |name: String| match tensors.get(&name) {
        Some(tensor) => Ok(tensor),
        None => bail!("the checkpoint has no tensor {name}: another network's?"),
    };
    let mut best = Vec::new();
    for (name, var) in twin.parameters()? {
        var.set(find(format!("weight.{name}"))?)?;
        let kept = find(format!("best.{name}"))?.clone();
        best.push((name, kept));
    }
    for moments in &mut optimizer.moments_of_all {
        moments.first = find(format!("first.{}", moments.name))?.to_vec1()?;
        moments.second = find(format!("second.{}", moments.name))?.to_vec1()?;
    }
    let numbers = find("progress".into())?.to_vec1::<f64>()?;
    let &[steps, seconds, total, held, seed] = numbers.as_slice() else {
        bail!(
            "the checkpoint's progress has {} numbers, not 5",
            numbers.len()
        )
    };
    optimizer.steps = steps as u64;
    Ok((
        best,
        CheckpointState {
            steps: steps as u64,
            seconds,
            total,
            best: held,
            seed: seed as u64,
        },
    ))
}
