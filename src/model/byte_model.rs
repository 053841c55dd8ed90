//! What a byte model is: it predicts the bytes of interleaved streams as sequences of binary decisions.

/// A binary decision about a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Does the run of this byte go on?
    Same(u8),
    /// Its bit of this number, the most significant first.
    Bit(u8),
}

impl Decision {
    /// How the decision falls for a byte that is known.
    #[inline]
    pub fn of(self, byte: u8) -> bool {
        match self {
            Decision::Same(expected) => expected == byte,
            Decision::Bit(k) => byte >> (7 - k) & 1 == 1,
        }
    }
}

/// Takes a model's decisions one by one: an encoder that knows how they fall, a decoder that reads it.
pub trait Decide<M: ByteModel> {
    /// Why a decision cannot be read.
    type Error;

    /// How a decision about a lane's byte falls, whose probability of being a one is `one / 65536`.
    fn decide(&mut self, lane: usize, decision: Decision, one: u16) -> Result<bool, Self::Error>;

    /// Shows how half of a lane's byte was predicted, once it is coded and before the model learns it.
    #[inline]
    fn trace(&mut self, _lane: usize, _trace: M::Trace<'_>) {}
}

/// Predicts the bytes of a segment's lanes, one byte of each lane a step.
///
/// At every step: `find_contexts` and `run_network` with the lanes that still have bytes, `code` them, then `learn`
/// them. Of the bytes given to the first three only those that were coded before this step are examined.
pub trait ByteModel: Sized {
    /// What an observer can see of a prediction.
    type Trace<'t>;

    /// Goes on with as many lanes of `lane_len` bytes, of which the first begins at `start`; all bytes before are known.
    fn start_segment(&mut self, start: usize, lane_len: usize);

    /// Finds what the tables know of the first `active` lanes' next bytes.
    fn find_contexts(&mut self, step: usize, active: usize, bytes: &[u8]);

    /// Lets the network, if there is one, predict them.
    fn run_network(&mut self, step: usize, active: usize, bytes: &[u8]);

    /// Codes the bytes of the first lanes, as many as `coded` has room for, and leaves them there.
    ///
    /// # Errors
    /// Those of `decide`.
    fn code<D: Decide<Self>>(
        &mut self,
        step: usize,
        bytes: &[u8],
        coded: &mut [u8],
        decide: &mut D,
    ) -> Result<(), D::Error>;

    /// Ends the step: the first `active` lanes learn their bytes, which now stand in `bytes`.
    fn learn(&mut self, step: usize, active: usize, bytes: &[u8]);
}
