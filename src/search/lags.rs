//! Which distances repeat: candidates for the record length.
//!
//! For each lag, how often a byte equals the one that far back, a rare byte counting for more than a common one. A record
//! shows as a peak above the lags beside it. The peaks are only candidates: [`super::cost`] decides.

use super::cost::Window;

/// The longest record that is looked for. Longer ones are rare, and every lag costs time.
pub(crate) const LONGEST: usize = 1 << 15;
/// Up to this lag all of the anchors are compared, beyond it a few.
const SHORT: usize = 1 << 10;
/// Anchors for lags up to `SHORT`, and for the peaks beyond.
const FINE: usize = 1 << 15;
/// Anchors for a first pass over the lags beyond.
const COARSE: usize = 1 << 11;
/// Peaks of the first pass that are examined again.
const RECHECKED: usize = 96;
/// Candidates returned for each criterion of a peak.
const KEPT: usize = 4;

/// Anchors that are compared at once.
const LANES: usize = 16;
/// The most that a match weighs.
const HEAVIEST: u8 = 15;
/// Anchors are compared in runs of this many, so that the sum of a lane fits its byte.
const RUN: usize = LANES * (u8::MAX / HEAVIEST) as usize;

/// Record lengths worth a closer look, best first and without repeats; lengths of 8 and less are left to the caller.
/// `thinned`: by how much fewer anchors are compared.
pub(crate) fn candidates(bytes: &[u8], thinned: usize) -> Vec<usize> {
    // An anchor needs a lag's worth of bytes before it; a record that comes fewer than three times is none.
    let longest = LONGEST.min(bytes.len() / 3);
    let information = information(bytes);
    let fine = Anchors::new(
        bytes,
        &information,
        longest,
        (FINE / thinned).min(bytes.len() / 8),
    );
    let coarse = Anchors::new(
        bytes,
        &information,
        longest,
        (COARSE / thinned.min(2)).min(bytes.len() / 64),
    );

    let mut scores = vec![0f32; longest + 1];
    for (lag, score) in scores.iter_mut().enumerate().skip(1) {
        *score = if lag <= SHORT {
            fine.agreement(lag)
        } else {
            coarse.agreement(lag)
        };
    }
    let mut long: Vec<(f32, usize)> = (SHORT + 1..=longest)
        .map(|lag| (scores[lag] - around(&scores, lag, 1), lag))
        .collect();
    if long.len() > RECHECKED {
        long.select_nth_unstable_by(RECHECKED, better);
    }
    let mut found = Vec::new();
    let rechecked: Vec<usize> = long.iter().take(RECHECKED).map(|&(_, lag)| lag).collect();
    let mut long: Vec<(f32, usize)> = rechecked
        .iter()
        .map(|&lag| {
            let score = fine.agreement(lag);
            let beside = [lag - 8, lag - 16].map(|lag| fine.agreement(lag));
            (score - beside.iter().sum::<f32>() / 2.0, lag)
        })
        .collect();
    best_first(&mut long);
    keep(&long, &scores, &mut found);

    // A narrow peak is a table's; a smooth field's is as wide as its features are.
    for reach in [1, 8] {
        let mut short: Vec<(f32, usize)> = (9..=SHORT.min(longest))
            .map(|lag| (scores[lag] - around(&scores, lag, reach), lag))
            .collect();
        best_first(&mut short);
        keep(&short, &scores, &mut found);
    }
    found
}

/// Adds the best of a ranking, and their divisors that agree nearly as well: a multiple of a record agrees too.
fn keep(ranking: &[(f32, usize)], scores: &[f32], found: &mut Vec<usize>) {
    let mut kept = 0;
    for &(peak, lag) in ranking {
        if kept == KEPT || peak <= 0.0 {
            break;
        }
        if found.iter().any(|&known| lag.is_multiple_of(known)) {
            continue;
        }
        kept += 1;
        let divisor = (9..lag).find(|&d| lag.is_multiple_of(d) && scores[d] >= 0.97 * scores[lag]);
        found.extend(divisor);
        found.push(lag);
    }
}

fn best_first(ranking: &mut [(f32, usize)]) {
    ranking.sort_by(better);
}

fn better(a: &(f32, usize), b: &(f32, usize)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// The mean score beside a lag, at distances that keep the position in an element of up to 8 bytes.
fn around(scores: &[f32], lag: usize, reach: usize) -> f32 {
    let (mut sum, mut count) = (0.0, 0);
    for step in [8 * reach, 16 * reach, 24 * reach] {
        for beside in [lag.checked_sub(step), lag.checked_add(step)]
            .into_iter()
            .flatten()
        {
            if let Some(score) = scores.get(beside).filter(|_| beside > 0) {
                sum += score;
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { sum / count as f32 }
}

/// What a match of each byte weighs, 0 to `HEAVIEST`: the less, the more common the byte is.
fn information(bytes: &[u8]) -> [u8; 256] {
    let mut counts = [0u32; 256];
    let step = bytes.len() / FINE + 1;
    // An odd step visits all columns of records of even length.
    for &byte in bytes.iter().step_by(step | 1) {
        counts[usize::from(byte)] += 1;
    }
    let total: u32 = counts.iter().sum();
    counts.map(|count| {
        let share = f64::from(count) / f64::from(total.max(1));
        (f64::from(HEAVIEST) * (1.0 - share) * (1.0 - share)) as u8
    })
}

/// Bytes that are compared with earlier ones, in four runs spread over the input.
struct Anchors<'a> {
    bytes: &'a [u8],
    runs: Vec<Window>,
    /// What each anchor's match weighs, run after run.
    weights: Vec<u8>,
}

impl<'a> Anchors<'a> {
    /// About `count` anchors, each with `longest` bytes before it.
    fn new(bytes: &'a [u8], information: &[u8; 256], longest: usize, count: usize) -> Anchors<'a> {
        let room = bytes.len() - longest;
        let len = (count / 4).min(room / 4);
        let runs: Vec<Window> = (0..4)
            .map(|k| Window {
                start: longest + (room - len) * k / 3,
                len,
            })
            .collect();
        let anchored = runs
            .iter()
            .flat_map(|run| &bytes[run.start..run.start + len]);
        let weights = anchored
            .map(|&byte| information[usize::from(byte)])
            .collect();
        Anchors {
            bytes,
            runs,
            weights,
        }
    }

    /// The mean weight of the anchors that equal the byte `lag` before them.
    fn agreement(&self, lag: usize) -> f32 {
        let mut sum = 0u64;
        for (run, weights) in self
            .runs
            .iter()
            .zip(self.weights.chunks(self.runs[0].len.max(1)))
        {
            let here = &self.bytes[run.start..run.start + run.len];
            let there = &self.bytes[run.start - lag..run.start - lag + run.len];
            for ((here, there), weights) in here
                .chunks(RUN)
                .zip(there.chunks(RUN))
                .zip(weights.chunks(RUN))
            {
                let (here, there, weights) = (
                    here.as_chunks().0,
                    there.as_chunks().0,
                    weights.as_chunks().0,
                );
                sum += u64::from(matches(here, there, weights));
            }
        }
        sum as f32 / self.weights.len().max(1) as f32
    }
}

/// The weights of the bytes that agree; at most `RUN` of them, so that the sum of a lane fits its byte.
fn matches(here: &[[u8; LANES]], there: &[[u8; LANES]], weights: &[[u8; LANES]]) -> u32 {
    // Written so that vector instructions do all lanes at once.
    let mut sums = [0u8; LANES];
    for ((here, there), weights) in here.iter().zip(there).zip(weights) {
        for k in 0..LANES {
            let mask = u8::from(here[k] == there[k]).wrapping_neg();
            sums[k] = sums[k].wrapping_add(weights[k] & mask);
        }
    }
    sums.into_iter().map(u32::from).sum()
}
