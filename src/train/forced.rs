//! A predictor whose network is another one, tried out, and what training sees of it.

use crate::model::{ByteModel, Decide, Decision, MixedHalf, Predictor};
use crate::stream::{Lanes, Observer};
use std::marker::PhantomData;
use std::result::Result;

/// A predictor whose network's logits come from elsewhere: those of `(lane, step)`.
pub(super) struct Forced<'w, 'm, L> {
    pub predictor: &'w mut Predictor<'m>,
    pub lanes: usize,
    pub logits: L,
}

impl<L: Fn(usize, usize) -> [i16; 256]> ByteModel for Forced<'_, '_, L> {
    type Trace<'t> = MixedHalf<'t>;

    fn start_segment(&mut self, start: usize, lane_len: usize) {
        self.predictor.start_segment(start, lane_len);
    }

    fn find_contexts(&mut self, step: usize, active: usize, bytes: &[u8]) {
        self.predictor.find_contexts(step, active, bytes);
    }

    fn run_network(&mut self, step: usize, active: usize, _bytes: &[u8]) {
        for lane in 0..active.min(self.lanes) {
            let logits = (self.logits)(lane, step);
            self.predictor.force_logits(lane, logits);
        }
    }

    fn code<D: Decide<Self>>(
        &mut self,
        step: usize,
        bytes: &[u8],
        coded: &mut [u8],
        decide: &mut D,
    ) -> Result<(), D::Error> {
        let mut decide = Through(decide, PhantomData::<Self>);
        self.predictor.code(step, bytes, coded, &mut decide)
    }

    fn learn(&mut self, step: usize, active: usize, bytes: &[u8]) {
        self.predictor.learn(step, active, bytes);
    }
}

/// Hands the decisions of the predictor within a model on as that model's.
struct Through<'d, D, M>(&'d mut D, PhantomData<M>);

impl<'p, D, M> Decide<Predictor<'p>> for Through<'_, D, M>
where
    M: for<'t> ByteModel<Trace<'t> = MixedHalf<'t>>,
    D: Decide<M>,
{
    type Error = D::Error;

    fn decide(&mut self, lane: usize, decision: Decision, one: u16) -> Result<bool, D::Error> {
        self.0.decide(lane, decision, one)
    }

    fn trace(&mut self, lane: usize, half: MixedHalf<'_>) {
        self.0.trace(lane, half);
    }
}

/// How the bits of a mixed byte were predicted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MixedByte {
    /// The probability of a one, in 1/65536.
    pub one: [u16; 8],
    /// The gradient of the mix's logit in the network's: Q13.
    pub gradients: [i32; 8],
}

/// Adds up the bits of all decisions, and shows every byte that was mixed: its lane, its step, how it was predicted, and the byte.
pub(super) struct MixWatch<F> {
    pub bits: f64,
    lanes: Vec<(MixedByte, bool)>,
    mixed: F,
}

impl<F> MixWatch<F> {
    /// For so many lanes.
    pub fn new(lanes: usize, mixed: F) -> Self {
        MixWatch {
            bits: 0.0,
            lanes: vec![Default::default(); lanes],
            mixed,
        }
    }
}

impl<M, F> Observer<M> for MixWatch<F>
where
    M: for<'t> ByteModel<Trace<'t> = MixedHalf<'t>>,
    F: FnMut(usize, usize, &MixedByte, u8),
{
    fn decision(&mut self, lane: usize, decision: Decision, one: u16, yes: bool) {
        self.bits += cost(one, yes);
        if let Decision::Bit(k) = decision {
            self.lanes[lane].0.one[usize::from(k)] = one;
        }
    }

    fn trace(&mut self, lane: usize, half: MixedHalf<'_>) {
        let (byte, mixed) = &mut self.lanes[lane];
        let gradients = &mut byte.gradients[4 * half.number()..][..4];
        gradients.copy_from_slice(&half.network_gradients());
        *mixed = true;
    }

    fn coded(&mut self, _model: &M, _lanes: &Lanes, step: usize, coded: &[u8]) {
        for (lane, &byte) in coded.iter().enumerate() {
            let (seen, mixed) = &mut self.lanes[lane];
            // Where nothing was mixed, the network has nothing to learn.
            if std::mem::take(mixed) {
                (self.mixed)(lane, step, seen, byte);
            }
        }
    }
}

/// Bits of a decision whose probability of being a one is `one / 65536`.
pub(super) fn cost(one: u16, yes: bool) -> f64 {
    let p = f64::from(one) / 65536.0;
    -if yes { p } else { 1.0 - p }.log2()
}
