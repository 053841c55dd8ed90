//! The float twin of a block's core, lane by lane: convolution, selective scan, skip and gate.
//!
//! Follows `model::network` step for step; the matrix products around it are candle's.

use crate::model::{CONV, Config, HEAD};

/// Limit of B and C, as in the integer network.
pub(super) const PROJECTION_LIMIT: f32 = 8191.0 / 1024.0;

/// Sizes of a block's core.
#[derive(Clone, Copy, Debug)]
pub struct BlockShape {
    pub inner: usize,
    pub heads: usize,
    pub state: usize,
}

impl BlockShape {
    pub fn of(config: &Config) -> BlockShape {
        BlockShape {
            inner: config.inner(),
            heads: usize::from(config.heads),
            state: usize::from(config.state),
        }
    }

    pub fn convolved(&self) -> usize {
        self.inner + 2 * self.state
    }

    pub fn projected(&self) -> usize {
        self.inner + self.convolved() + self.heads
    }

    /// Length of the flat parameter vector: filter `[4][convolved]`, filter bias, then `[heads]` each of ln A, step bias, D.
    pub fn parameters(&self) -> usize {
        (CONV + 1) * self.convolved() + 3 * self.heads
    }
}

/// Views into the flat parameter vector.
#[derive(Clone, Copy)]
pub struct Parameters<'a> {
    pub filter: &'a [f32],
    pub bias: &'a [f32],
    pub log_a: &'a [f32],
    pub step_bias: &'a [f32],
    pub skip: &'a [f32],
}

impl<'a> Parameters<'a> {
    pub fn new(shape: &BlockShape, flat: &'a [f32]) -> Self {
        let (filter, rest) = flat.split_at(CONV * shape.convolved());
        let (bias, rest) = rest.split_at(shape.convolved());
        let (log_a, rest) = rest.split_at(shape.heads);
        let (step_bias, skip) = rest.split_at(shape.heads);
        Parameters {
            filter,
            bias,
            log_a,
            step_bias,
            skip,
        }
    }
}

/// A lane's state between windows.
#[derive(Clone, Debug)]
pub struct TwinState {
    /// `[3][convolved]`, oldest first.
    pub history: Vec<f32>,
    /// `[state][inner]`
    pub scan: Vec<f32>,
}

impl TwinState {
    pub fn new(shape: &BlockShape) -> Self {
        TwinState {
            history: vec![0.0; 3 * shape.convolved()],
            scan: vec![0.0; shape.state * shape.inner],
        }
    }

    pub fn reset(&mut self) {
        self.history.fill(0.0);
        self.scan.fill(0.0);
    }
}

/// The largest magnitudes met, by head: what the export scales by.
#[derive(Clone, Debug, Default)]
pub struct Peaks {
    pub step: Vec<f32>,
    pub input: Vec<f32>,
    pub scan: Vec<f32>,
    pub read: Vec<f32>,
    pub gated: f32,
}

impl Peaks {
    pub fn merge(&mut self, other: &Peaks) {
        for (mine, theirs) in [
            (&mut self.step, &other.step),
            (&mut self.input, &other.input),
            (&mut self.scan, &other.scan),
            (&mut self.read, &other.read),
        ] {
            mine.resize(theirs.len(), 0.0);
            mine.iter_mut()
                .zip(theirs)
                .for_each(|(m, t)| *m = m.max(*t));
        }
        self.gated = self.gated.max(other.gated);
    }
}

/// `1/2 + t - t|t|/2`, t = clamp(x/4, -1, 1): see [`crate::kernel::sigmoid`].
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    let t = (x * 0.25).clamp(-1.0, 1.0);
    0.5 + t - 0.5 * t * t.abs()
}

/// Derivative of `x * sigmoid(x)`.
#[inline(always)]
pub(super) fn silu_slope(x: f32) -> f32 {
    let t = (x * 0.25).clamp(-1.0, 1.0);
    sigmoid(x) + x * 0.25 * (1.0 - t.abs())
}

fn softplus(x: f32) -> f32 {
    if x > 16.0 { x } else { x.exp().ln_1p() }
}

/// What the backward pass needs of a lane's forward pass.
#[derive(Default)]
pub(super) struct ScanTrace {
    /// `[steps][convolved]` before the activation.
    pub before: Vec<f32>,
    /// `[steps][convolved]` after it and the limit.
    pub after: Vec<f32>,
    /// `[steps][heads]`
    pub step: Vec<f32>,
    pub decay: Vec<f32>,
    /// `[steps + 1][state][inner]`
    pub scan: Vec<f32>,
    /// `[steps][inner]` read-out with skip, before the gate.
    pub y: Vec<f32>,
}

/// `gated[t] = y[t] * silu(z[t])` for `projected[t] = (z, x, B, C, dt)`; moves `state` on.
pub fn forward(
    shape: &BlockShape,
    p: &Parameters,
    projected: &[f32],
    state: &mut TwinState,
    gated: &mut [f32],
) {
    run(
        shape,
        p,
        projected,
        state,
        gated,
        &mut ScanTrace::default(),
        false,
    );
}

/// The magnitudes that [`forward`] meets on the same arguments; leaves the state alone.
pub fn peaks(shape: &BlockShape, p: &Parameters, projected: &[f32], state: &TwinState) -> Peaks {
    let (inner, heads) = (shape.inner, shape.heads);
    let mut trace = ScanTrace::default();
    let mut gated = vec![0.0; projected.len() / shape.projected() * inner];
    run(
        shape,
        p,
        projected,
        &mut state.clone(),
        &mut gated,
        &mut trace,
        true,
    );
    let largest =
        |values: &mut dyn Iterator<Item = f32>| values.fold(0.0f32, |a, v| a.max(v.abs()));
    // Arrays of `[..][inner]`, seen head by head.
    let by_head = |array: &[f32]| -> Vec<f32> {
        let head = |h: usize| {
            largest(
                &mut array
                    .chunks_exact(inner)
                    .flat_map(|row| row[h * HEAD..(h + 1) * HEAD].iter().copied()),
            )
        };
        (0..heads).map(head).collect()
    };
    let steps: Vec<&[f32]> = trace.step.chunks_exact(heads).collect();
    let mut input = vec![0.0f32; heads];
    for (step, after) in steps
        .iter()
        .zip(trace.after.chunks_exact(shape.convolved()))
    {
        for (h, peak) in input.iter_mut().enumerate() {
            *peak = after[h * HEAD..(h + 1) * HEAD]
                .iter()
                .fold(*peak, |a, x| a.max((step[h] * x).abs()));
        }
    }
    Peaks {
        step: (0..heads)
            .map(|h| largest(&mut steps.iter().map(|s| s[h])))
            .collect(),
        input,
        scan: by_head(&trace.scan),
        read: by_head(&trace.y),
        gated: largest(&mut gated.iter().copied()),
    }
}

/// A pass over a window; the trace holds all of its steps, or only the last.
pub(super) fn run(
    shape: &BlockShape,
    p: &Parameters,
    projected: &[f32],
    state: &mut TwinState,
    gated: &mut [f32],
    trace: &mut ScanTrace,
    keep: bool,
) {
    let (inner, channels, heads, n) = (shape.inner, shape.convolved(), shape.heads, shape.state);
    let steps = projected.len() / shape.projected();
    let kept = if keep { steps } else { 1 };
    trace.before.resize(kept * channels, 0.0);
    trace.after.resize(kept * channels, 0.0);
    trace.step.resize(kept * heads, 0.0);
    trace.decay.resize(kept * heads, 0.0);
    trace.y.resize(kept * inner, 0.0);
    if keep {
        trace.scan.clear();
        trace.scan.reserve((steps + 1) * n * inner);
        trace.scan.extend_from_slice(&state.scan);
    }
    let mut input = vec![0.0f32; inner];
    let mut decay_of = vec![0.0f32; inner];
    for t in 0..steps {
        let kept = if keep { t } else { 0 };
        let row = &projected[t * shape.projected()..][..shape.projected()];
        let (z, rest) = row.split_at(inner);
        let (xbc, dt) = rest.split_at(channels);
        let before = &mut trace.before[kept * channels..][..channels];
        let after = &mut trace.after[kept * channels..][..channels];
        let h = &mut state.history;
        for j in 0..channels {
            before[j] = p.bias[j]
                + h[j] * p.filter[j]
                + h[channels + j] * p.filter[channels + j]
                + h[2 * channels + j] * p.filter[2 * channels + j]
                + xbc[j] * p.filter[3 * channels + j];
            after[j] = before[j] * sigmoid(before[j]);
        }
        after[inner..]
            .iter_mut()
            .for_each(|v| *v = v.clamp(-PROJECTION_LIMIT, PROJECTION_LIMIT));
        h.copy_within(channels.., 0);
        h[2 * channels..].copy_from_slice(xbc);

        let (x, bc) = after.split_at(inner);
        let (b, c) = bc.split_at(n);
        for (k, &dt) in dt.iter().enumerate() {
            let step = softplus(dt + p.step_bias[k]);
            let decay = (-step * p.log_a[k].exp()).exp();
            trace.step[kept * heads + k] = step;
            trace.decay[kept * heads + k] = decay;
            for j in k * HEAD..(k + 1) * HEAD {
                input[j] = step * x[j];
                decay_of[j] = decay;
            }
        }
        let y = &mut trace.y[kept * inner..][..inner];
        y.fill(0.0);
        for (states, (&b, &c)) in state.scan.chunks_exact_mut(inner).zip(b.iter().zip(c)) {
            for j in 0..inner {
                states[j] = states[j] * decay_of[j] + input[j] * b;
                y[j] += states[j] * c;
            }
        }
        if keep {
            trace.scan.extend_from_slice(&state.scan);
        }
        for j in 0..inner {
            y[j] += p.skip[j / HEAD] * x[j];
            gated[t * inner + j] = y[j] * z[j] * sigmoid(z[j]);
        }
    }
}
