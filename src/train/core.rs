//! The float twin of a block's core, lane by lane: convolution, selective scan, skip and gate, and its gradient.
//!
//! Follows `model::network` step for step; the matrix products around it are candle's.

use crate::model::{CONV, Config, HEAD};

/// Limit of B and C, as in the integer network.
const PROJECTION_LIMIT: f32 = 8191.0 / 1024.0;

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
fn silu_slope(x: f32) -> f32 {
    let t = (x * 0.25).clamp(-1.0, 1.0);
    sigmoid(x) + x * 0.25 * (1.0 - t.abs())
}

fn softplus(x: f32) -> f32 {
    if x > 16.0 { x } else { x.exp().ln_1p() }
}

/// What the backward pass needs of a lane's forward pass.
#[derive(Default)]
struct ScanTrace {
    /// `[steps][convolved]` before the activation.
    before: Vec<f32>,
    /// `[steps][convolved]` after it and the limit.
    after: Vec<f32>,
    /// `[steps][heads]`
    step: Vec<f32>,
    decay: Vec<f32>,
    /// `[steps + 1][state][inner]`
    scan: Vec<f32>,
    /// `[steps][inner]` read-out with skip, before the gate.
    y: Vec<f32>,
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

fn run(
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

/// The gradient of [`forward`] over one window, state at its start held fixed: fills `d_projected` and adds to
/// `d_parameters` (flat).
pub fn backward(
    shape: &BlockShape,
    flat: &[f32],
    projected: &[f32],
    state: &TwinState,
    d_gated: &[f32],
    d_projected: &mut [f32],
    d_parameters: &mut [f32],
) {
    let mut pass = Backward::new(shape, flat, projected, state, d_projected, d_parameters);
    for t in (0..pass.steps).rev() {
        pass.through_gate_and_skip(t, &d_gated[t * shape.inner..][..shape.inner]);
        pass.through_scan(t);
        pass.through_step_sizes(t);
        pass.through_activation(t);
    }
    pass.through_convolution(&state.history);
}

/// A backward pass: what the forward pass left, and the gradients so far.
struct Backward<'a> {
    shape: &'a BlockShape,
    p: Parameters<'a>,
    projected: &'a [f32],
    steps: usize,
    trace: ScanTrace,
    d_projected: &'a mut [f32],
    d_filter: &'a mut [f32],
    d_bias: &'a mut [f32],
    d_log_a: &'a mut [f32],
    d_step_bias: &'a mut [f32],
    d_skip: &'a mut [f32],
    /// What flows back through the state: `[state][inner]`.
    d_scan: Vec<f32>,
    /// What flows back through the convolution's outputs, before the activation: `[steps][convolved]`.
    d_before: Vec<f32>,
    /// Of the step at hand, `[inner]` each: the gradients, and the scan's input and decay.
    d_y: Vec<f32>,
    d_input: Vec<f32>,
    d_decay: Vec<f32>,
    input: Vec<f32>,
    decay: Vec<f32>,
}

impl<'a> Backward<'a> {
    /// Goes forward once more, to have the trace.
    fn new(
        shape: &'a BlockShape,
        flat: &'a [f32],
        projected: &'a [f32],
        state: &TwinState,
        d_projected: &'a mut [f32],
        d_parameters: &'a mut [f32],
    ) -> Self {
        let p = Parameters::new(shape, flat);
        let (inner, channels) = (shape.inner, shape.convolved());
        let steps = projected.len() / shape.projected();
        let mut trace = ScanTrace::default();
        let mut gated = vec![0.0; steps * inner];
        run(
            shape,
            &p,
            projected,
            &mut state.clone(),
            &mut gated,
            &mut trace,
            true,
        );
        let (d_filter, rest) = d_parameters.split_at_mut(CONV * channels);
        let (d_bias, rest) = rest.split_at_mut(channels);
        let (d_log_a, rest) = rest.split_at_mut(shape.heads);
        let (d_step_bias, d_skip) = rest.split_at_mut(shape.heads);
        Backward {
            shape,
            p,
            projected,
            steps,
            trace,
            d_projected,
            d_filter,
            d_bias,
            d_log_a,
            d_step_bias,
            d_skip,
            d_scan: vec![0.0; shape.state * inner],
            d_before: vec![0.0; steps * channels],
            d_y: vec![0.0; inner],
            d_input: vec![0.0; inner],
            d_decay: vec![0.0; inner],
            input: vec![0.0; inner],
            decay: vec![0.0; inner],
        }
    }

    /// The gate and the skip of step `t`; also what its scan took in.
    fn through_gate_and_skip(&mut self, t: usize, d_gated: &[f32]) {
        let (inner, channels, heads) = (self.shape.inner, self.shape.convolved(), self.shape.heads);
        let start = t * self.shape.projected();
        let z = &self.projected[start..][..inner];
        let x = &self.trace.after[t * channels..][..inner];
        let y = &self.trace.y[t * inner..][..inner];
        let step = &self.trace.step[t * heads..][..heads];
        let decay = &self.trace.decay[t * heads..][..heads];
        let d_z = &mut self.d_projected[start..][..inner];
        let d_x = &mut self.d_before[t * channels..][..inner];
        for j in 0..inner {
            let g = d_gated[j];
            self.d_y[j] = g * z[j] * sigmoid(z[j]);
            d_z[j] = g * y[j] * silu_slope(z[j]);
            d_x[j] = self.d_y[j] * self.p.skip[j / HEAD];
            self.d_skip[j / HEAD] += self.d_y[j] * x[j];
            self.input[j] = step[j / HEAD] * x[j];
            self.decay[j] = decay[j / HEAD];
        }
    }

    /// The scan of step `t`: its input, decay, B and C.
    fn through_scan(&mut self, t: usize) {
        let (inner, n) = (self.shape.inner, self.shape.state);
        let channels = self.shape.convolved();
        let (b, c) = self.trace.after[t * channels + inner..][..2 * n].split_at(n);
        let d_bc = &mut self.d_before[t * channels + inner..][..2 * n];
        let (d_y, input, decay) = (
            &self.d_y[..inner],
            &self.input[..inner],
            &self.decay[..inner],
        );
        let (d_input, d_decay) = (&mut self.d_input[..inner], &mut self.d_decay[..inner]);
        d_input.fill(0.0);
        d_decay.fill(0.0);
        for s in 0..n {
            let old = &self.trace.scan[(t * n + s) * inner..][..inner];
            let new = &self.trace.scan[((t + 1) * n + s) * inner..][..inner];
            let back = &mut self.d_scan[s * inner..][..inner];
            let (mut d_b, mut d_c) = ([0.0f32; HEAD], [0.0f32; HEAD]);
            for k in 0..self.shape.heads {
                for i in 0..HEAD {
                    let j = k * HEAD + i;
                    d_c[i] += d_y[j] * new[j];
                    let d_h = back[j] + d_y[j] * c[s];
                    d_decay[j] += d_h * old[j];
                    d_input[j] += d_h * b[s];
                    d_b[i] += d_h * input[j];
                    back[j] = d_h * decay[j];
                }
            }
            d_bc[s] = d_b.iter().sum();
            d_bc[n + s] = d_c.iter().sum();
        }
    }

    /// Each head's step size in step `t`, and the decay that it makes.
    fn through_step_sizes(&mut self, t: usize) {
        let (inner, channels, heads) = (self.shape.inner, self.shape.convolved(), self.shape.heads);
        let x = &self.trace.after[t * channels..][..inner];
        let step = &self.trace.step[t * heads..][..heads];
        let decay = &self.trace.decay[t * heads..][..heads];
        let d_x = &mut self.d_before[t * channels..][..inner];
        let start = t * self.shape.projected() + inner + channels;
        let dt = &self.projected[start..][..heads];
        let d_dt = &mut self.d_projected[start..][..heads];
        for (k, &dt) in dt.iter().enumerate() {
            let a = self.p.log_a[k].exp();
            let (mut d_step, mut d_exponent) = (0.0, 0.0);
            for j in k * HEAD..(k + 1) * HEAD {
                d_x[j] += self.d_input[j] * step[k];
                d_step += self.d_input[j] * x[j];
                d_exponent += self.d_decay[j];
            }
            // decay = exp(-step * A)
            d_exponent *= decay[k];
            d_step -= d_exponent * a;
            self.d_log_a[k] -= d_exponent * step[k] * a;
            let d_raw = d_step / (1.0 + (-(dt + self.p.step_bias[k])).exp());
            d_dt[k] = d_raw;
            self.d_step_bias[k] += d_raw;
        }
    }

    /// The activation of the convolution's outputs in step `t`, and its bias.
    fn through_activation(&mut self, t: usize) {
        let (inner, channels) = (self.shape.inner, self.shape.convolved());
        let before = &self.trace.before[t * channels..][..channels];
        let after = &self.trace.after[t * channels..][..channels];
        let d = &mut self.d_before[t * channels..][..channels];
        for j in 0..channels {
            let clipped = j >= inner && after[j].abs() >= PROJECTION_LIMIT;
            d[j] = if clipped {
                0.0
            } else {
                d[j] * silu_slope(before[j])
            };
            self.d_bias[j] += d[j];
        }
    }

    /// The convolution of all steps: the input of step t reaches steps t..t+3. `history` stands before the first.
    fn through_convolution(&mut self, history: &[f32]) {
        let (inner, channels) = (self.shape.inner, self.shape.convolved());
        let row = self.shape.projected();
        for t in 0..self.steps {
            let d_row = &mut self.d_projected[t * row + inner..][..channels];
            d_row.fill(0.0);
            for (lag, tap) in (0..CONV).rev().enumerate() {
                let filter = &self.p.filter[tap * channels..][..channels];
                if t + lag < self.steps {
                    let d = &self.d_before[(t + lag) * channels..][..channels];
                    for j in 0..channels {
                        d_row[j] += d[j] * filter[j];
                    }
                }
                let d = &self.d_before[t * channels..][..channels];
                let source = if t >= lag {
                    &self.projected[(t - lag) * row + inner..][..channels]
                } else {
                    &history[(3 + t - lag) * channels..][..channels]
                };
                let d_tap = &mut self.d_filter[tap * channels..][..channels];
                for j in 0..channels {
                    d_tap[j] += d[j] * source[j];
                }
            }
        }
    }
}
