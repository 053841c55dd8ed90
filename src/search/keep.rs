//! A structure that is kept from frame to frame as long as the frames stay alike.

use super::cost::{Cost, Window};
use super::plan::FramePlan;
use crate::layout::Layout;
use crate::level::SearchBudget;
use crate::structure::{Predict, Structure};
use crate::transform::swap;
use std::ops::Range;

/// Bytes of a frame that are coded to compare it with the first, and in how many runs.
const CODED: usize = 8 << 10;
const RUNS: usize = 4;
/// Bytes before a run that are transformed with it, so that its predictions have what they refer to; of grids with larger planes the first
/// elements are seen as they are.
const HISTORY: usize = 256 << 10;
/// What a structure may cost more than on the frame that it was chosen for: as it is, or by share of what plain elements cost.
const DEARER: f64 = 1.04;
/// Between these shares of what it cost there, the share of plain elements counts: beyond, it is other data.
const ALIKE: Range<f64> = 0.7..1.3;
/// Fewer bits a byte are as good as none.
const LEAST: f64 = 1e-3;
/// Rows that references are found in, and in how many runs.
const ROWS: usize = 2048;
const ROW_RUNS: usize = 8;

/// The structure of a run of frames, each of which has the layout of the one before with its phase advanced.
///
/// It depends on the first frame and the layouts alone, so that what is written does not depend on which thread codes which frame.
#[derive(Clone, Debug)]
pub struct KeptStructure {
    /// What was planned for the first frame: the structure's own layout may begin its records elsewhere.
    planned: Layout,
    structure: Structure,
    cost: SampleCost,
}

/// Bits a byte of a sample, transformed and as it is.
#[derive(Clone, Copy, Debug)]
struct SampleCost {
    coded: f64,
    plain: f64,
}

impl KeptStructure {
    /// Chooses the structure of the first frame of a run, references included. `planned` is the layout that the planner found; none for
    /// content that is stored column after column, whose rows are of other columns in each frame.
    pub fn choose(
        planned: Layout,
        content: &[u8],
        stored: Option<&Structure>,
        budget: SearchBudget,
    ) -> KeptStructure {
        let mut structure = Structure::plain(planned).choose_in_rows(budget, stored, content);
        structure.references_of_sample(content, budget);
        let cost = sample_cost(&structure, &planned, content, budget);
        KeptStructure {
            planned,
            structure,
            cost,
        }
    }

    /// The structure of the first frame.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// The structure of a later frame of this layout and content, if it is the one that was chosen: the layout goes on, and a sample costs
    /// hardly more than it did then.
    pub fn still_fits(
        &self,
        planned: &Layout,
        content: &[u8],
        budget: SearchBudget,
    ) -> Option<Structure> {
        let at_start = |layout: &Layout| Layout {
            phase: 0,
            ..*layout
        };
        if at_start(planned) != at_start(&self.planned) {
            return None;
        }
        let mut structure = self.structure.clone();
        let period = planned.period();
        let later = u64::from((planned.phase + period - self.planned.phase) % period);
        structure.layout = structure.layout.advanced(later);
        let now = sample_cost(&structure, planned, content, budget);
        let then = self.cost;
        let as_cheap = now.coded <= DEARER * then.coded;
        let saves_as_much = now.coded * then.plain <= DEARER * then.coded * now.plain;
        let alike = ALIKE.contains(&(now.coded / then.coded.max(LEAST)));
        (alike && (as_cheap || saves_as_much)).then_some(structure)
    }
}

/// The structures of an input's frames, one after the other: each is kept as long as it fits.
#[derive(Clone, Debug, Default)]
pub struct KeptStructures(Option<KeptStructure>);

impl KeptStructures {
    /// The structure of the next frame, of which `content` is all: that of the frame before with its phase advanced if it still fits, else
    /// one that is chosen for it. `None` for content that is stored column after column: its rows are of other columns in each frame.
    pub fn next(
        &mut self,
        plan: &FramePlan,
        content: &[u8],
        stored: Option<&Structure>,
        budget: SearchBudget,
    ) -> Option<Structure> {
        if plan.transposed {
            self.0 = None;
            return None;
        }
        let kept = self.0.as_ref();
        if let Some(structure) =
            kept.and_then(|kept| kept.still_fits(&plan.layout, content, budget))
        {
            return Some(structure);
        }
        let chosen = KeptStructure::choose(plan.layout, content, stored, budget);
        let structure = chosen.structure.clone();
        self.0 = Some(chosen);
        Some(structure)
    }
}

impl Structure {
    /// Finds the references in runs of rows that are spread over the content: their cost does not grow with it.
    fn references_of_sample(&mut self, content: &[u8], budget: SearchBudget) {
        let record = self.layout.record as usize;
        if self.widths_of_table().is_none() || record == 0 {
            return;
        }
        let first = (record - self.layout.phase as usize) % record;
        let rows = content.len().saturating_sub(first) / record;
        let at_row = Structure {
            layout: Layout {
                phase: 0,
                ..self.layout
            },
            ..self.clone()
        };
        let mut coded = Vec::new();
        for range in spread(rows, ROWS, ROW_RUNS) {
            let bytes = &content[first + range.start * record..first + range.end * record];
            coded.extend(at_row.filter_rows(bytes.to_vec()));
        }
        let mut sampled = at_row;
        sampled.find_references_within(budget, &coded);
        self.references = sampled.references;
    }

    /// How many bytes before an element its prediction refers to.
    fn reach(&self) -> usize {
        let [field] = self.fields.as_slice() else {
            return 2 * self.layout.record as usize;
        };
        let Layout { record, plane, .. } = self.layout;
        match &field.transform.predict {
            Predict::Differences([once, rows, planes]) => {
                let steps = [u32::from(field.width), record, plane];
                let times = [once, rows, planes].map(|&times| u32::from(times));
                let bytes = steps.iter().zip(times).map(|(step, times)| step * times);
                bytes.sum::<u32>() as usize
            }
            Predict::Stencil { lags, .. } => {
                lags.iter().max().map_or(0, |&lag| lag as usize) * usize::from(field.width)
            }
            _ => 0,
        }
    }
}

/// `runs` ranges of `most` in all, spread over `count`; one of all if there are no more.
fn spread(count: usize, most: usize, runs: usize) -> Vec<Range<usize>> {
    let (run, runs) = match count <= most {
        true => (count, 1),
        false => (most / runs, runs),
    };
    (0..runs)
        .map(|k| {
            let start = (count - run) * k / (runs - 1).max(1);
            start..start + run
        })
        .collect()
}

/// What a sample of a content costs. The runs are the same for all contents of a length but for where a record begins.
fn sample_cost(
    structure: &Structure,
    planned: &Layout,
    content: &[u8],
    budget: SearchBudget,
) -> SampleCost {
    let mut cost = Cost::new(budget.thinned > 1);
    let (mut coded, mut plain, mut windows) = (Vec::new(), Vec::new(), Vec::new());
    let period = structure.layout.period() as usize;
    let phase = structure.layout.phase as usize;
    let history = structure.reach().min(HISTORY);
    for range in spread(content.len(), CODED, RUNS) {
        // From the beginning of a record on, so that the runs follow one another as records do.
        let from = range.start.saturating_sub(history);
        let from = (from + (period - (from + phase) % period) % period).min(range.start);
        let here = |layout: &Layout| layout.advanced(from as u64);
        let bytes = &content[from..range.end];
        let run = Structure {
            layout: here(&structure.layout),
            ..structure.clone()
        };
        // Of a record longer than the run, elements alone are kept where they were.
        let unit = match period <= CODED {
            true => period,
            false => usize::from(structure.layout.width),
        };
        let position = run.layout.phase as usize % unit;
        let fill = (position + unit - coded.len() % unit) % unit;
        coded.resize(coded.len() + fill, 0);
        plain.resize(coded.len(), 0);
        coded.extend(run.filter_rows(bytes.to_vec()));
        let mut as_it_is = bytes.to_vec();
        swap::forward(&here(planned), &mut as_it_is);
        plain.extend(as_it_is);
        windows.push(Window {
            start: coded.len() - range.len(),
            len: range.len(),
        });
    }
    let layout = Layout {
        swap: false,
        phase: 0,
        ..structure.layout
    };
    SampleCost {
        coded: cost.bits(&coded, &windows, &layout),
        plain: cost.bits(&plain, &windows, &layout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Finding;
    use crate::level::QUICK_SEARCH;

    const ROWS_OF_A_FRAME: usize = 6000;

    /// Rows of a counter, of decimals of about `size`, of noise, and of the decimals once more.
    fn rows(first: usize, size: u32, decimals: f32) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1du64 ^ first as u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as u32
        };
        let row = |n: usize| {
            let decimal = (random() % size) as f32 / decimals;
            let noise = random() as f32 * 1e-5;
            [(first + n) as f32, decimal, noise, decimal].map(f32::to_le_bytes)
        };
        (0..ROWS_OF_A_FRAME).flat_map(row).flatten().collect()
    }

    fn planned(phase: u32) -> Layout {
        Layout {
            width: 4,
            swap: true,
            record: 16,
            plane: 0,
            phase,
        }
    }

    #[test]
    fn a_structure_is_kept_while_frames_are_alike() {
        let kept = KeptStructure::choose(planned(0), &rows(0, 5000, 100.0), None, QUICK_SEARCH);
        assert!(!kept.structure().fields.is_empty());
        assert!(!kept.structure().references.is_empty());
        for phase in [0, 4, 12] {
            let content = &rows(ROWS_OF_A_FRAME, 5000, 100.0)[phase..];
            let fits = kept.still_fits(&planned(phase as u32), content, QUICK_SEARCH);
            let structure = fits.unwrap();
            assert_eq!(structure.layout.phase, phase as u32);
            assert_eq!(structure.fields, kept.structure().fields);
            structure.validate(content.len()).unwrap();
            let coded = structure.forward(content.to_vec());
            assert!(structure.inverse(coded) == content);
        }
    }

    #[test]
    fn other_values_or_another_layout_are_not_kept() {
        let kept = KeptStructure::choose(planned(0), &rows(0, 5000, 100.0), None, QUICK_SEARCH);
        let fits = |layout: &Layout, content: &[u8]| {
            kept.still_fits(layout, content, QUICK_SEARCH).is_some()
        };
        // Thirds are no decimals, and many of them are no few values.
        assert!(!fits(&planned(0), &rows(7, 1 << 22, 3.0)));
        // What is far cheaper may have a better structure.
        assert!(!fits(&planned(0), &rows(7, 2, 100.0)));
        let wider = Layout {
            record: 32,
            ..planned(0)
        };
        assert!(!fits(&wider, &rows(7, 5000, 100.0)));
    }

    #[test]
    fn frames_are_those_of_the_first_until_they_differ() {
        let plan = |transposed| FramePlan {
            len: 16 * ROWS_OF_A_FRAME,
            layout: planned(0),
            transposed,
            found: Finding::Kept,
        };
        let mut kept = KeptStructures::default();
        let mut next = |content: Vec<u8>, transposed| {
            kept.next(&plan(transposed), &content, None, QUICK_SEARCH)
        };
        let first = next(rows(0, 5000, 100.0), false);
        assert!(first.is_some());
        assert_eq!(next(rows(6000, 5000, 100.0), false), first);
        let other = next(rows(12000, 1 << 22, 3.0), false);
        assert_ne!(other, first);
        assert_eq!(next(rows(18000, 1 << 22, 3.0), false), other);
        assert_eq!(next(rows(18000, 1 << 22, 3.0), true), None);
    }

    #[test]
    fn an_array_is_kept_with_its_plane() {
        let value = |n: usize| {
            let [x, y, z] = [n % 64, n / 64 % 64, n / 4096].map(|n| n as f64);
            (1000.0 * (x / 9.0).sin() * (y / 7.0).cos() + 300.0 * (z / 5.0).sin()) as i16
        };
        let bytes: Vec<u8> = (0..1 << 18).flat_map(|n| value(n).to_le_bytes()).collect();
        let (front, rest) = bytes.split_at(bytes.len() / 2);
        let layout = Layout {
            width: 2,
            swap: true,
            record: 128,
            plane: 8192,
            phase: 0,
        };
        let kept = KeptStructure::choose(layout, front, None, QUICK_SEARCH);
        assert!(!kept.structure().fields.is_empty());
        let structure = kept.still_fits(&layout, rest, QUICK_SEARCH).unwrap();
        assert!(structure.inverse(structure.forward(rest.to_vec())) == rest);
        let mut other = rest.to_vec();
        let mut state = 1u32;
        for byte in &mut other {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
        assert!(kept.still_fits(&layout, &other, QUICK_SEARCH).is_none());
    }
}
