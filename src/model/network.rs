//! One step of the Mamba network for one lane.

use super::config::Config;
use super::file::Model;
use super::weights::{Block, Embedding, Linear};
use crate::kernel::{self, BLOCK, saturate16};
use crate::layout::TAPS;

/// Limit of B and C, so that the scan's sums fit 32 bits.
const PROJECTION_LIMIT: i16 = 8191;

/// The recurrent state of every lane, and scratch space.
pub struct Network<'m> {
    model: &'m Model,
    lanes: Vec<LaneState>,
    residual: Vec<i16>,
    quantised: Vec<i8>,
    sums: Vec<i32>,
    projected: Vec<i16>,
    convolved: Vec<i16>,
    input: Vec<i16>,
    leak: Vec<i16>,
    read: Vec<i32>,
    gated: Vec<i16>,
    change: Vec<i16>,
}

struct LaneState {
    /// `[layers][3][convolved]`
    history: Vec<i16>,
    /// `[layers][state][inner]`
    scan: Vec<i32>,
}

impl<'m> Network<'m> {
    /// A network at rest.
    pub fn new(model: &'m Model, lanes: usize) -> Self {
        let c = model.config();
        let (dim, inner, layers) = (usize::from(c.dim), c.inner(), usize::from(c.layers));
        let lane = || LaneState {
            history: vec![0; layers * 3 * c.convolved()],
            scan: vec![0; layers * usize::from(c.state) * inner],
        };
        Network {
            model,
            lanes: (0..lanes).map(|_| lane()).collect(),
            residual: vec![0; dim],
            quantised: vec![0; dim.max(inner)],
            sums: vec![0; c.projected().max(256).next_multiple_of(BLOCK)],
            projected: vec![0; c.projected()],
            convolved: vec![0; c.convolved()],
            input: vec![0; inner],
            leak: vec![0; inner],
            read: vec![0; inner],
            gated: vec![0; inner],
            change: vec![0; dim],
        }
    }

    /// Takes the tokens of the taps and the phase of the byte to predict; gives its logits in Q11 of log2, the
    /// largest at the top of the range.
    pub fn step(
        &mut self,
        lane: usize,
        tokens: &[u16; TAPS],
        phase: usize,
        logits: &mut [i16; 256],
    ) {
        let (config, weights) = (self.model.config(), self.model.weights());
        let dim = usize::from(config.dim);
        self.residual.fill(0);
        for (embedding, &token) in weights.taps.iter().zip(tokens) {
            embedding.add(usize::from(token), &mut self.residual);
        }
        weights.phase.add(phase, &mut self.residual);
        for (layer, block) in weights.blocks.iter().enumerate() {
            self.block(lane, layer, block, config);
        }
        kernel::rms_norm(&self.residual, &weights.gain, &mut self.quantised[..dim]);
        let sums = &mut self.sums[..256];
        kernel::product(&weights.head.packed, &self.quantised[..dim], sums);
        kernel::head_logits(sums, &weights.head.bias, &weights.head.shift, logits);
    }

    fn block(&mut self, lane: usize, layer: usize, block: &Block, config: &Config) {
        let (dim, inner, heads) = (
            usize::from(config.dim),
            config.inner(),
            usize::from(config.heads),
        );
        let (state, channels) = (usize::from(config.state), config.convolved());
        let lane = &mut self.lanes[lane];

        kernel::rms_norm(&self.residual, &block.gain, &mut self.quantised[..dim]);
        block
            .input
            .apply(&self.quantised[..dim], &mut self.sums, &mut self.projected);
        let (z, rest) = self.projected.split_at(inner);
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
        kernel::rms_norm(&self.gated, &block.out_gain, &mut self.quantised[..inner]);
        block
            .output
            .apply(&self.quantised[..inner], &mut self.sums, &mut self.change);
        for (r, &o) in self.residual.iter_mut().zip(&self.change) {
            *r = r.saturating_add(o);
        }
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
