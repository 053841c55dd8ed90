//! The range coders of a segment's lanes.

use super::driver::{Coder, Lanes, Observer, drive};
use crate::coder::{BadWords, LaneDecoder, LaneEncoder};
use crate::layout::Contexts;
use crate::level::Effort;
use crate::model::ByteModel;
use std::convert::Infallible;

/// Most lanes in a segment.
pub const MAX_LANES: usize = 64;

/// The number of lanes that a frame of `len` bytes, or each of its segments, is split into: a rule of the encoder,
/// recorded in the frame. Fewer lanes see more of the frame before them, which text gains most by; with more, what a
/// byte needs from memory comes while others are coded.
pub fn lane_count(effort: Effort, kind: Contexts, len: usize) -> usize {
    let settings = effort.settings();
    match kind {
        _ if len < 0x2000 => 1,
        Contexts::Text => settings.lanes.text,
        _ if len > 0xffff => settings.long_lanes,
        _ => settings.lanes.numbers,
    }
}

/// Range coder words of each of so many lanes of `bytes[start..]`; those before are known.
pub(super) fn encode<M: ByteModel>(
    model: &mut M,
    count: usize,
    mut bytes: &[u8],
    start: usize,
    observer: &mut impl Observer<M>,
) -> Vec<Vec<u32>> {
    let lanes = Lanes::new(count, start, bytes.len());
    model.start_segment(start, lanes.lane_len);
    let mut encoders = Encoders((0..count).map(|_| LaneEncoder::default()).collect());
    let steps = lanes.steps();
    let Ok(()) = drive(model, &lanes, steps, &mut bytes, &mut encoders, observer);
    encoders.0.into_iter().map(LaneEncoder::finish).collect()
}

/// The inverse: fills in `bytes[start..]`; `words` are exactly those of each lane.
///
/// # Errors
/// `BadWords` if a lane's words run out, are left over, or are no code of its bytes.
pub(super) fn decode<M: ByteModel>(
    model: &mut M,
    words: &[&[u32]],
    mut bytes: &mut [u8],
    start: usize,
) -> Result<(), BadWords> {
    let lanes = Lanes::new(words.len(), start, bytes.len());
    model.start_segment(start, lanes.lane_len);
    let decoders = words.iter().map(|w| LaneDecoder::new(w));
    let mut decoders = Decoders(decoders.collect::<Result<Vec<_>, _>>()?);
    let steps = lanes.steps();
    drive(model, &lanes, steps, &mut bytes, &mut decoders, &mut ())?;
    decoders.0.into_iter().try_for_each(LaneDecoder::finish)
}

struct Encoders(Vec<LaneEncoder>);

impl Coder for Encoders {
    type Error = Infallible;

    #[inline]
    fn code(
        &mut self,
        lane: usize,
        one: u16,
        known: impl FnOnce() -> bool,
    ) -> Result<bool, Infallible> {
        let yes = known();
        self.0[lane].encode(yes, one);
        Ok(yes)
    }
}

struct Decoders<'w>(Vec<LaneDecoder<'w>>);

impl Coder for Decoders<'_> {
    type Error = BadWords;

    #[inline]
    fn code(
        &mut self,
        lane: usize,
        one: u16,
        _known: impl FnOnce() -> bool,
    ) -> Result<bool, BadWords> {
        self.0[lane].decode(one)
    }
}
