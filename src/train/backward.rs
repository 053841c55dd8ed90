//! The gradient of a block's core, lane by lane.

use super::core::{
    BlockShape, PROJECTION_LIMIT, Parameters, ScanTrace, TwinState, run, sigmoid, silu_slope,
};
use crate::model::{CONV, HEAD};

/// The gradient of [`forward`](super::core::forward) over one window, state at its start held fixed: fills `d_projected` and adds to
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
