//! One step of the Mamba network for several lanes.

use super::config::Config;
use super::weights::{Block, Embedding, Linear, NetworkParameters};
use crate::kernel::{self, BLOCK, saturate16};
use crate::layout::TAPS;

/// Limit of B and C, so that the scan's sums fit 32 bits.
const PROJECTION_LIMIT: i16 = 8191;

/// The recurrent state of every lane, and scratch space.
#[derive(Clone)]
pub struct Network<'m> {
    parameters: &'m NetworkParameters,
    states: States,
    sums: Vec<i32>,
    convolved: Vec<i16>,
    input: Vec<i16>,
    leak: Vec<i16>,
    read: Vec<i32>,
    gated: Vec<i16>,
    change: Vec<i16>,
}

/// The network's inputs at a lane's step.
#[derive(Clone, Copy)]
pub struct NetworkInputs {
    /// The tokens of the taps.
    pub tokens: [u16; TAPS],
    /// The phase of the byte to predict.
    pub phase: usize,
}

/// The states of all lanes, each array flat, lane after lane.
#[derive(Clone)]
struct States {
    /// `[lanes][layers][3][convolved]`
    history: Vec<i16>,
    /// `[lanes][layers][state][inner]`
    scan: Vec<i32>,
    /// `[lanes][dim]`, of this step, as what follows.
    residual: Vec<i16>,
    /// `[lanes][dim or inner, the larger]`
    quantised: Vec<i8>,
    /// `[lanes][projected]`
    projected: Vec<i16>,
    /// Elements of a lane in each of them.
    sizes: [usize; 5],
}

/// A lane's part of them.
struct LaneState<'s> {
    history: &'s mut [i16],
    scan: &'s mut [i32],
    residual: &'s mut [i16],
    quantised: &'s mut [i8],
    projected: &'s mut [i16],
}

impl States {
    fn new(c: &Config, lanes: usize) -> States {
        let (dim, inner, layers) = (usize::from(c.dim), c.inner(), usize::from(c.layers));
        let sizes = [
            layers * 3 * c.convolved(),
            layers * usize::from(c.state) * inner,
            dim,
            dim.max(inner),
            c.projected(),
        ];
        let [history, scan, residual, quantised, projected] = sizes.map(|size| size * lanes);
        States {
            history: vec![0; history],
            scan: vec![0; scan],
            residual: vec![0; residual],
            quantised: vec![0; quantised],
            projected: vec![0; projected],
            sizes,
        }
    }

    #[inline]
    fn lane(&mut self, lane: usize) -> LaneState<'_> {
        let [history, scan, residual, quantised, projected] = self.sizes;
        LaneState {
            history: &mut self.history[lane * history..][..history],
            scan: &mut self.scan[lane * scan..][..scan],
            residual: &mut self.residual[lane * residual..][..residual],
            quantised: &mut self.quantised[lane * quantised..][..quantised],
            projected: &mut self.projected[lane * projected..][..projected],
        }
    }
}

impl<'m> Network<'m> {
    /// A network at rest.
    pub fn new(parameters: &'m NetworkParameters, lanes: usize) -> Self {
        let c = &parameters.config;
        let (dim, inner) = (usize::from(c.dim), c.inner());
        Network {
            parameters,
            states: States::new(c, lanes),
            sums: vec![0; c.projected().max(256).next_multiple_of(BLOCK)],
            convolved: vec![0; c.convolved()],
            input: vec![0; inner],
            leak: vec![0; inner],
            read: vec![0; inner],
            gated: vec![0; inner],
            change: vec![0; dim],
        }
    }

    /// Takes a step of the first lanes.
    ///
    /// All lanes take a stage of the step before any takes the next: its weights stay in the nearest cache, and one
    /// lane's work fills the gaps of the other's.
    pub fn step(&mut self, inputs: &[NetworkInputs]) {
        let (config, weights) = (&self.parameters.config, &self.parameters.weights);
        let active = inputs.len();
        for (lane, inputs) in inputs.iter().enumerate() {
            let lane = self.states.lane(lane);
            lane.residual.fill(0);
            for (embedding, &token) in weights.taps.iter().zip(&inputs.tokens) {
                embedding.add(usize::from(token), lane.residual);
            }
            weights.phase.add(inputs.phase, lane.residual);
        }
        for (layer, block) in weights.blocks.iter().enumerate() {
            self.block(active, layer, block, config);
        }
    }

    /// A lane's logits after its last step, in Q11 of log2, the largest at the top of the range.
    pub fn logits(&mut self, lane: usize, logits: &mut [i16; 256]) {
        let (config, weights) = (&self.parameters.config, &self.parameters.weights);
        let (dim, lane) = (usize::from(config.dim), self.states.lane(lane));
        kernel::rms_norm(lane.residual, &weights.gain, &mut lane.quantised[..dim]);
        let sums = &mut self.sums[..256];
        kernel::product(&weights.head.packed, &lane.quantised[..dim], sums);
        kernel::head_logits(sums, &weights.head.bias, &weights.head.shift, logits);
    }

    fn block(&mut self, active: usize, layer: usize, block: &Block, config: &Config) {
        let (dim, inner) = (usize::from(config.dim), config.inner());
        for lane in 0..active {
            let lane = self.states.lane(lane);
            kernel::rms_norm(lane.residual, &block.gain, &mut lane.quantised[..dim]);
            block
                .input
                .apply(&lane.quantised[..dim], &mut self.sums, lane.projected);
        }
        for lane in 0..active {
            self.mix_steps(lane, layer, block, config);
        }
        for lane in 0..active {
            let lane = self.states.lane(lane);
            block
                .output
                .apply(&lane.quantised[..inner], &mut self.sums, &mut self.change);
            for (r, &o) in lane.residual.iter_mut().zip(&self.change) {
                *r = r.saturating_add(o);
            }
        }
    }

    /// What a block does with a lane's earlier steps: from the input projection to what the output projection takes.
    fn mix_steps(&mut self, lane: usize, layer: usize, block: &Block, config: &Config) {
        let (inner, heads) = (config.inner(), usize::from(config.heads));
        let (state, channels) = (usize::from(config.state), config.convolved());
        let lane = self.states.lane(lane);
        let (z, rest) = lane.projected.split_at(inner);
        let (xbc, steps) = rest.split_at(channels);

        let history = &mut lane.history[layer * 3 * channels..][..3 * channels];
        kernel::convolve(
            history,
            &block.filter,
            &block.filter_bias,
            xbc,
            &mut self.convolved,
        );
        let (x, bc) = self.convolved.split_at_mut(inner);
        bc.iter_mut()
            .for_each(|v| *v = (*v).clamp(-PROJECTION_LIMIT, PROJECTION_LIMIT));
        let (b, c) = bc.split_at(state);

        let per_head = inner / heads;
        for (h, &step) in steps.iter().enumerate() {
            let step = kernel::softplus(step);
            let exponent = (u64::from(step) * u64::from(block.decay[h])) >> 10;
            let decay = kernel::exp2_negative(exponent.min(u64::from(u32::MAX)) as u32);
            let leak = (((1u32 << 30) - decay + (1 << 14)) >> 15).min(32767) as i16;
            let step = (step >> block.step_shift[h]).min(32767) as i32;
            let shift = block.input_shift[h];
            let channels = h * per_head..(h + 1) * per_head;
            self.leak[channels.clone()].fill(leak);
            for (i, &x) in self.input[channels.clone()].iter_mut().zip(&x[channels]) {
                *i = saturate16((step * i32::from(x) + (1 << (shift - 1))) >> shift);
            }
        }
        let scan = &mut lane.scan[layer * state * inner..][..state * inner];
        kernel::scan(scan, b, c, &self.input, &self.leak, &mut self.read);

        for (h, &skip) in block.skip.iter().enumerate() {
            let channels = h * per_head..(h + 1) * per_head;
            kernel::gate(
                &self.read[channels.clone()],
                &x[channels.clone()],
                &z[channels.clone()],
                skip,
                [
                    block.read_shift[h],
                    block.skip_gate_shift[0],
                    block.skip_gate_shift[1],
                ],
                &mut self.gated[channels],
            );
        }
        kernel::rms_norm(&self.gated, &block.out_gain, &mut lane.quantised[..inner]);
    }
}

impl Embedding {
    #[inline]
    fn add(&self, row: usize, residual: &mut [i16]) {
        let dim = residual.len();
        for ((r, &e), &s) in residual
            .iter_mut()
            .zip(&self.table[row * dim..])
            .zip(&self.scale)
        {
            // |e| <= 127 and s <= 256: the product fits 16 bits.
            *r = r.saturating_add(i16::from(e) * s);
        }
    }
}

impl Linear {
    #[inline]
    fn apply(&self, x: &[i8], sums: &mut [i32], out: &mut [i16]) {
        let sums = &mut sums[..self.shift.len().next_multiple_of(BLOCK)];
        kernel::product(&self.packed, x, sums);
        kernel::requantise(sums, &self.bias, &self.shift, out);
    }
}
