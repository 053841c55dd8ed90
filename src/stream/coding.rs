//! One frame's content coded by the predictor: the segments after the first in parallel.

use super::driver::Observer;
use super::lanes;
use crate::coder::BadWords;
use crate::format::{FrameHeader, Mix, Segments};
use crate::layout::Positions;
use crate::level::Effort;
use crate::model::Predictor;
use crate::model_file::Model;
use rayon::prelude::*;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// How a frame is coded.
#[derive(Clone, Copy)]
pub struct Coding<'m> {
    /// Whose network takes part.
    pub model: Option<&'m Model>,
    /// What the bytes are predicted with.
    pub effort: Effort,
    /// Their positions.
    pub positions: &'m Positions,
    /// Lanes (interleaved streams) of every segment, at least 1.
    pub lanes: usize,
    /// The segments, if there are several.
    pub segments: Option<Segments>,
}

/// Observes the segments of a frame while they are coded.
pub trait SegmentObserver<'m>: Observer<Predictor<'m>> {
    /// A segment begins whose bytes stand `offset` further on in the frame than in what its model knows.
    fn segment(&mut self, offset: usize);
}

impl<'m> Coding<'m> {
    /// A frame that is not divided.
    pub fn whole(
        model: Option<&'m Model>,
        effort: Effort,
        positions: &'m Positions,
        lanes: usize,
    ) -> Self {
        Coding {
            model,
            effort,
            positions,
            lanes,
            segments: None,
        }
    }

    /// As a frame's header describes it; `None` if its bytes are not predicted. The positions are those of its
    /// structure.
    pub fn of_frame(
        header: &FrameHeader,
        model: Option<&'m Model>,
        positions: &'m Positions,
    ) -> Option<Self> {
        let mix = header.model.mix()?;
        Some(Coding::of_mix(mix, model, positions, header.lanes()))
    }

    /// As an entropy model describes it, in so many lanes a segment.
    pub fn of_mix(
        mix: &Mix,
        model: Option<&'m Model>,
        positions: &'m Positions,
        lanes: usize,
    ) -> Self {
        Coding {
            segments: mix.segments,
            ..Coding::whole(model, mix.effort, positions, lanes)
        }
    }

    /// Range coder words of each lane, segment after segment. Lane `l` of `len` bytes holds those from `l * ceil(len /
    /// lanes)`.
    pub fn encode(&self, content: &[u8]) -> Vec<Vec<u32>> {
        let mut predictor = self.predictor(content.len());
        let Some((first, others)) = self.divided(content.len()) else {
            return lanes::encode(&mut predictor, self.lanes, content, 0, &mut ());
        };
        let begun = &content[..first];
        let mut words = lanes::encode(&mut predictor, self.lanes, begun, 0, &mut ());
        let coded = at_once(predictor, others, |mut predictor, range| {
            let bytes = [begun, &content[range]].concat();
            let words = lanes::encode(&mut predictor, self.lanes, &bytes, first, &mut ());
            Ok::<_, Infallible>(words)
        });
        let Ok(coded) = coded;
        words.extend(coded.into_iter().flatten());
        words
    }

    /// The inverse: `words` are exactly those of each lane, segment after segment.
    ///
    /// # Errors
    /// `BadWords` if a lane's words run out, are left over, or are no code of its bytes. Damaged words can also decode to
    /// wrong bytes: the frame's checksum decides.
    pub fn decode(&self, words: &[&[u32]], len: usize) -> Result<Vec<u8>, BadWords> {
        let mut predictor = self.predictor(len);
        let Some((first, others)) = self.divided(len) else {
            let mut content = vec![0; len];
            lanes::decode(&mut predictor, words, &mut content, 0)?;
            return Ok(content);
        };
        let mut words = words.chunks(self.lanes);
        let mut own = || words.next().ok_or(BadWords);
        let mut content = vec![0; first];
        lanes::decode(&mut predictor, own()?, &mut content, 0)?;
        let others = { others.into_iter() }
            .map(|range| Ok((range.len(), own()?)))
            .collect::<Result<Vec<_>, _>>()?;
        let decoded = at_once(predictor, others, |mut predictor, (len, words)| {
            let mut bytes = Vec::with_capacity(first + len);
            bytes.extend_from_slice(&content);
            bytes.resize(first + len, 0);
            lanes::decode(&mut predictor, words, &mut bytes, first)?;
            Ok(bytes.split_off(first))
        })?;
        content.reserve_exact(len - first);
        decoded
            .iter()
            .for_each(|segment| content.extend_from_slice(segment));
        Ok(content)
    }

    /// Codes a content segment by segment, for an observer, and throws the words away. Bytes of the segments after the
    /// first stand further on in the content than in what their models know: [`SegmentObserver::segment`] gets by how
    /// much.
    pub fn observe(&self, content: &[u8], observer: &mut impl SegmentObserver<'m>) {
        let mut predictor = self.predictor(content.len());
        let (first, others) = self
            .divided(content.len())
            .unwrap_or((content.len(), Vec::new()));
        let begun = &content[..first];
        observer.segment(0);
        lanes::encode(&mut predictor, self.lanes, begun, 0, observer);
        for range in others {
            observer.segment(range.start - first);
            let bytes = [begun, &content[range]].concat();
            let mut predictor = predictor.clone();
            lanes::encode(&mut predictor, self.lanes, &bytes, first, observer);
        }
    }

    /// Where a frame of `len` bytes is divided: the length of its first segment, and where the others lie.
    fn divided(&self, len: usize) -> Option<(usize, Vec<Range<usize>>)> {
        let segments = self.segments?;
        Some((segments.first as usize, segments.others(len).collect()))
    }

    /// The predictor of a frame of `len` bytes, at its beginning.
    fn predictor(&self, len: usize) -> Predictor<'m> {
        let Coding {
            model,
            effort,
            positions,
            lanes,
            ..
        } = *self;
        let network = model.map(Model::network);
        match self.segments {
            None => Predictor::new(network, effort, positions, len, lanes),
            Some(Segments { first, other }) => {
                let met = len.min(first as usize + other as usize);
                Predictor::of_segments(network, effort, positions, met, lanes)
            }
        }
    }
}

/// What becomes of each of `segments`, on as many threads as are free: each is given a predictor as it stands now.
/// There are at most three predictors at a time, or as many as threads.
fn at_once<P: Send, T: Send, E: Send>(
    predictor: Predictor,
    segments: Vec<P>,
    code: impl Fn(Predictor, P) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let chains = match rayon::current_num_threads() {
        threads if threads >= segments.len() || threads <= 2 => threads.min(segments.len()),
        // One that is not at work is kept for those to come.
        threads => threads - 1,
    };
    let waiting = Mutex::new((segments.into_iter().enumerate(), Some(predictor)));
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (segments, predictor) = &mut *waiting;
        let (number, segment) = segments.next()?;
        // The last takes the original over.
        let own = match segments.len() {
            0 => predictor.take(),
            _ => predictor.clone(),
        };
        Some((number, own?, segment))
    };
    let chain = |_| {
        let each = std::iter::from_fn(next);
        let each = each.map(|(number, own, segment)| Ok((number, code(own, segment)?)));
        each.collect::<Result<Vec<_>, E>>()
    };
    let done: Vec<_> = { (0..chains).into_par_iter() }
        .with_max_len(1)
        .map(chain)
        .collect::<Result<_, E>>()?;
    let mut done: Vec<_> = done.into_iter().flatten().collect();
    done.sort_by_key(|&(number, _)| number);
    Ok(done.into_iter().map(|(_, segment)| segment).collect())
}
