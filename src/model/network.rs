//! One step of the Mamba network for several lanes.

use super::config::Config;
use super::file::Model;
use super::weights::{Block, Embedding, Linear};
use crate::kernel::{self, BLOCK, saturate16};
use crate::layout::TAPS;

/// Limit of B and C, so that the scan's sums fit 32 bits.
const PROJECTION_LIMIT: i16 = 8191;

/// The recurrent state of every lane, and scratch space.
#[derive(Clone)]
pub struct Network<'m> {
    model: &'m Model,
    lanes: Vec<LaneState>,
    sums: Vec<i32>,
    convolved: Vec<i16>,
    input: Vec<i16>,
    leak: Vec<i16>,
    read: Vec<i32>,
    gated: Vec<i16>,
    change: Vec<i16>,
}

/// What a lane's step starts from.
#[derive(Clone, Copy)]
pub struct Heard {
    /// The tokens of the taps.
    pub tokens: [u16; TAPS],
    /// The phase of the byte to predict.
    pub phase: usize,
}

#[derive(Clone)]
struct LaneState {
    /// `[layers][3][convolved]`
    history: Vec<i16>,
    /// `[layers][state][inner]`
    scan: Vec<i32>,
    /// `[dim]`, of this step, as what follows.
    residual: Vec<i16>,
    quantised: Vec<i8>,
    projected: Vec<i16>,
}

impl<'m> Network<'m> {
    /// A network at rest.
    pub fn new(model: &'m Model, lanes: usize) -> Self {
        let c = model.config();
        let (dim, inner, layers) = (usize::from(c.dim), c.inner(), usize::from(c.layers));
        let lane = || LaneState {
            history: vec![0; layers * 3 * c.convolved()],
            scan: vec![0; layers * usize::from(c.state) * inner],
            residual: vec![0; dim],
            quantised: vec![0; dim.max(inner)],
            projected: vec![0; c.projected()],
        };
        Network {
            model,
            lanes: (0..lanes).map(|_| lane()).collect(),
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
    /// All lanes take a part of the step before any takes the next: its weights stay in the nearest cache, and one lane's
    /// work fills the gaps of the other's.
    pub fn step(&mut self, heard: &[Heard]) {
        let (config, weights) = (self.model.config(), self.model.weights());
        let active = heard.len();
        for (lane, heard) in self.lanes.iter_mut().zip(heard) {
            lane.residual.fill(0);
            for (embedding, &token) in weights.taps.iter().zip(&heard.tokens) {
                embedding.add(usize::from(token), &mut lane.residual);
            }
            weights.phase.add(heard.phase, &mut lane.residual);
        }
        for (layer, block) in weights.blocks.iter().enumerate() {
            self.block(active, layer, block, config);
        }
    }

    /// A lane's logits after its last step, in Q11 of log2, the largest at the top of the range.
    pub fn speak(&mut self, lane: usize, logits: &mut [i16; 256]) {
        let (config, weights) = (self.model.config(), self.model.weights());
        let (dim, lane) = (usize::from(config.dim), &mut self.lanes[lane]);
        kernel::rms_norm(&lane.residual, &weights.gain, &mut lane.quantised[..dim]);
        let sums = &mut self.sums[..256];
        kernel::product(&weights.head.packed, &lane.quantised[..dim], sums);
        kernel::head_logits(sums, &weights.head.bias, &weights.head.shift, logits);
    }

    fn block(&mut self, active: usize, layer: usize, block: &Block, config: &Config) {
        let (dim, inner) = (usize::from(config.dim), config.inner());
        for lane in &mut self.lanes[..active] {
            kernel::rms_norm(&lane.residual, &block.gain, &mut lane.quantised[..dim]);
            block
                .input
                .apply(&lane.quantised[..dim], &mut self.sums, &mut lane.projected);
        }
        for lane in 0..active {
            self.mix_steps(lane, layer, block, config);
        }
        for lane in &mut self.lanes[..active] {
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
        let lane = &mut self.lanes[lane];
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
