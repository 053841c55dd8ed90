//! Codes frames of a file once more and observes it.

use super::observers::{BitSum, Collector};
use super::statistics::{FrameStatistics, Survey};
use crate::error::Result;
use crate::format::EntropyModel;
use crate::model_file::Model;
use crate::stream::{Coding, FrameInfo, Member};
use rayon::prelude::*;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

/// How much of a file is examined, in bytes: all of a shorter one, else whole frames spread evenly.
pub const MAX_EXAMINED: u64 = 16 << 20;
/// Stretches that the course along a file has at most.
const STRETCHES: u64 = 240;

/// A frame that the network coded.
struct Coded<'a> {
    offset: u64,
    info: &'a FrameInfo,
    model: Option<Arc<Model>>,
}

/// Examines the frames of a .boa file, described by its `members`, while the models that they use predict them again,
/// of which `models` may be some: `content` is what they decode to. A second time they are predicted without a network.
/// At most [`MAX_EXAMINED`] and a frame are examined, by the threads of the rayon pool that this is called in.
///
/// # Errors
/// `Io` if the content cannot be read, and those of [`Models::of_frame`](crate::stream::Models::of_frame).
pub fn survey(
    content: &mut (impl Read + Seek),
    members: &[Member],
    models: &[Arc<Model>],
) -> Result<Survey> {
    let all: u64 = members.iter().map(|member| member.content).sum();
    let mut survey = Survey::new(all.div_ceil(STRETCHES).max(1));
    let mut frames = Vec::new();
    let mut offset = 0;
    for member in members {
        let mut around = member.compressed;
        let mut models_of_member = member.models(models);
        for info in &member.frames {
            let payload = u64::from(info.header.payload_len());
            around -= payload.min(around);
            match &info.header.model {
                EntropyModel::Mix(_) => frames.push(Coded {
                    offset,
                    info,
                    model: models_of_member.of_frame(&info.header)?,
                }),
                EntropyModel::Stored => survey.stored += payload,
                EntropyModel::Columns(_) | EntropyModel::Matches(_) => survey.columns += payload,
                EntropyModel::Constant(_) | EntropyModel::Numbers(_) => {}
            }
            offset += u64::from(info.header.content_len);
        }
        survey.around += around;
    }
    let picked = pick(&frames);
    survey.frames = (frames.len(), picked.len());
    let payload = |frame: &&Coded| u64::from(frame.info.header.payload_len());
    survey.coded = picked.iter().map(|&k| payload(&&frames[k])).sum();
    survey.other_coded = frames.iter().map(|f| payload(&f)).sum::<u64>() - survey.coded;

    let mut contents = Vec::with_capacity(picked.len());
    for frame in picked.iter().filter_map(|&k| frames.get(k)) {
        let mut bytes = vec![0; frame.info.header.content_len as usize];
        content.seek(SeekFrom::Start(frame.offset))?;
        content.read_exact(&mut bytes)?;
        contents.push((frame, bytes));
    }
    let stretch = usize::try_from(survey.stretch).unwrap_or(usize::MAX);
    let style = |(frame, bytes): (&Coded, Vec<u8>)| {
        let header = &frame.info.header;
        let coded = header.structure.forward(bytes);
        let mut seen = FrameStatistics::new(&header.structure, coded.len(), stretch);
        let positions = header.structure.positions();
        if let Some(coding) = Coding::of_frame(header, frame.model.as_deref(), &positions) {
            coding.observe(&coded, &mut Collector::new(&mut seen, coding.lanes));
            let alone = Coding {
                model: None,
                ..coding
            };
            let mut sum = BitSum::default();
            alone.observe(&coded, &mut sum);
            seen.region.costs.adaptive += sum.0;
        }
        (frame.offset, seen)
    };
    let seen: Vec<(u64, FrameStatistics)> = contents.into_par_iter().map(style).collect();
    for (offset, frame) in seen {
        survey.add(offset, frame);
    }
    let bits = |region: &super::RegionStatistics| region.total.bits;
    survey.regions.sort_by(|a, b| bits(b).total_cmp(&bits(a)));
    Ok(survey)
}

/// The numbers of the frames to examine: as many as [`MAX_EXAMINED`] allow, spread evenly, but at least one.
fn pick(frames: &[Coded]) -> Vec<usize> {
    let len = |frame: &Coded| u64::from(frame.info.header.content_len);
    let all: u64 = frames.iter().map(len).sum();
    if all <= MAX_EXAMINED {
        return (0..frames.len()).collect();
    }
    let (mut picked, mut left) = (Vec::new(), MAX_EXAMINED);
    let (mut passed, mut next) = (0, 0);
    for (number, frame) in frames.iter().enumerate() {
        // A frame is due as often as the share to be examined requires.
        if passed >= next && (len(frame) <= left || picked.is_empty()) {
            picked.push(number);
            left -= len(frame).min(left);
            next += len(frame).saturating_mul(all / MAX_EXAMINED + 1);
        }
        passed += len(frame);
    }
    picked
}
