//! The order in which a field's values are coded, and the known neighbours that each is predicted from.
//!
//! A field is walked in passes, each over a lattice of points in raster order. Along an axis that is refined a coarse lattice comes
//! first, then the points between, level by level. Other axes are walked point by point: slice by slice, each complete before the
//! next, or within each pass.

use super::super::linear::MAX_INPUTS;
use super::method::{AXES, Axis, FieldMethod};

/// The most neighbours of a stencil.
pub const MAX_NEIGHBOURS: usize = MAX_INPUTS;
/// How far neighbours are sought along each axis, by the number of axes longer than 1.
const REACH: [i32; AXES + 1] = [0, 64, 6, 3, 2];
/// Weighted distances along an axis are limited to this.
const FARTHEST: u64 = 1 << 22;

/// The lengths of a field's axes, and how far apart neighbours along each are in memory.
#[derive(Clone, Copy)]
pub struct Extent {
    /// Lengths.
    pub shape: [usize; AXES],
    /// Values from one to the next along each axis.
    pub strides: [usize; AXES],
}

impl Extent {
    /// Of at most [`AXES`] axes, outermost first; before them come axes of length 1.
    pub fn new(lengths: &[usize]) -> Self {
        let mut shape = [1; AXES];
        for (own, &length) in shape.iter_mut().rev().zip(lengths.iter().rev()) {
            *own = length;
        }
        let mut strides = [1; AXES];
        for axis in (1..AXES).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Extent { shape, strides }
    }

    /// How many values there are.
    pub fn values(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many axes are longer than 1.
    pub fn long_axes(&self) -> usize {
        self.shape.iter().filter(|&&length| length > 1).count()
    }

    /// The index of a point's value.
    #[inline]
    pub fn index(&self, point: &[usize; AXES]) -> usize {
        { point.iter().zip(&self.strides) }
            .map(|(p, s)| p * s)
            .sum()
    }
}

/// A neighbour that every point of a pass has.
pub struct Neighbour {
    /// Along each axis, in units of the pass.
    pub offset: [i32; AXES],
    /// How much further its index is.
    pub distance: isize,
    /// Whether it belongs to the same pass, of this slice or another.
    pub alike: bool,
    /// How close it is: 256 for the closest.
    pub weight: u32,
}

/// A lattice of points, and what each is predicted from.
pub struct Pass {
    pub first: [usize; AXES],
    pub step: [usize; AXES],
    /// Points in a unit of the neighbours' offsets.
    pub unit: [usize; AXES],
    /// How many levels come after this one.
    pub level: u32,
    /// The closest first.
    pub neighbours: Vec<Neighbour>,
    /// How many neighbours are as close as the first.
    pub closest: usize,
    /// The largest offsets to both sides of each axis.
    pub below: [usize; AXES],
    pub above: [usize; AXES],
}

impl Pass {
    /// Whether a neighbour of a point lies in the field.
    #[inline]
    pub fn is_inside(&self, extent: &Extent, point: &[usize; AXES], neighbour: &Neighbour) -> bool {
        (0..AXES).all(|axis| {
            let along = neighbour.offset[axis] as isize * self.unit[axis] as isize;
            { point[axis].checked_add_signed(along) }.is_some_and(|p| p < extent.shape[axis])
        })
    }
}

/// What is known of a point of the same slice when another is coded.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    /// It is of a later pass.
    Later,
    /// Of the same pass: if it comes before.
    Alike,
    /// It is of an earlier pass.
    Earlier,
}

/// The passes of a slice, in their order.
pub fn passes(extent: &Extent, method: &FieldMethod) -> Vec<Pass> {
    let refined: Vec<usize> = (0..AXES)
        .filter(|&axis| method.axes[axis] == Axis::Refined && extent.shape[axis] > 1)
        .collect();
    let levels = if refined.is_empty() { 0 } else { method.levels };
    let along = |length: usize| {
        let mut all = [1; AXES];
        refined.iter().for_each(|&axis| all[axis] = length);
        all
    };
    let lattice = |first, step, unit, level| Lattice {
        extent,
        method,
        first,
        step,
        unit,
        level,
    };
    let coarsest = along(1 << levels);
    let mut passes = vec![lattice([0; AXES], coarsest, coarsest, levels).pass(|_| Known::Alike)];
    // The refined axes along which a pass has the points between: first one axis, then two, then all.
    let mut between: Vec<usize> = (1..1 << refined.len()).collect();
    between.sort_by_key(|axes| (axes.count_ones(), *axes));
    for level in (0..levels).rev() {
        for (rank, &axes) in between.iter().enumerate() {
            let mut first = [0; AXES];
            for (k, &axis) in refined.iter().enumerate() {
                first[axis] = (axes >> k & 1) << level;
            }
            if (0..AXES).any(|axis| first[axis] >= extent.shape[axis]) {
                continue;
            }
            let known = |offset: &[i32; AXES]| {
                let odd = |k: usize| ((offset[refined[k]] & 1) as usize) << k;
                let other = (0..refined.len()).fold(axes, |other, k| other ^ odd(k));
                match other {
                    0 => Known::Earlier,
                    _ if other == axes => Known::Alike,
                    _ if between[..rank].contains(&other) => Known::Earlier,
                    _ => Known::Later,
                }
            };
            let (step, unit) = (along(2 << level), along(1 << level));
            passes.push(lattice(first, step, unit, level).pass(known));
        }
    }
    passes
}

/// The points of a pass.
struct Lattice<'a> {
    extent: &'a Extent,
    method: &'a FieldMethod,
    first: [usize; AXES],
    step: [usize; AXES],
    unit: [usize; AXES],
    level: u32,
}

/// A neighbour that may be taken: squared distance, offset, whether it is alike.
type Candidate = (u64, [i32; AXES], bool);

impl Lattice<'_> {
    fn pass(&self, known: impl Fn(&[i32; AXES]) -> Known) -> Pass {
        let mut candidates = self.candidates(known);
        candidates.sort_unstable();
        candidates.truncate(self.method.neighbours);
        let least = candidates.first().map_or(1, |candidate| candidate.0);
        let side = |axis: usize, sign: i32| {
            let along = candidates.iter().map(|(_, offset, _)| sign * offset[axis]);
            along.max().unwrap_or(0).max(0) as usize
        };
        Pass {
            first: self.first,
            step: self.step,
            unit: self.unit,
            level: self.level,
            closest: candidates
                .iter()
                .filter(|candidate| candidate.0 == least)
                .count(),
            below: std::array::from_fn(|axis| side(axis, -1)),
            above: std::array::from_fn(|axis| side(axis, 1)),
            neighbours: { candidates.iter() }
                .map(|candidate| self.neighbour(candidate, least))
                .collect(),
        }
    }

    fn neighbour(&self, &(squared, offset, alike): &Candidate, least: u64) -> Neighbour {
        let along = |axis: usize| {
            offset[axis] as isize * (self.unit[axis] * self.extent.strides[axis]) as isize
        };
        Neighbour {
            offset,
            distance: (0..AXES).map(along).sum(),
            alike,
            weight: ((least << 16) / squared.max(1)).isqrt().clamp(1, 256) as u32,
        }
    }

    /// All neighbours within reach that are known.
    fn candidates(&self, known: impl Fn(&[i32; AXES]) -> Known) -> Vec<Candidate> {
        let reach = REACH[self.extent.long_axes()];
        let span = 2 * reach as usize + 1;
        let lengths = self
            .extent
            .shape
            .map(|length| if length > 1 { span } else { 1 });
        let outer = |offset: &[i32; AXES]| {
            (0..AXES)
                .filter(|&axis| self.method.axes[axis] == Axis::Outer)
                .map(|axis| offset[axis])
                .find(|&along| along != 0)
        };
        (0..lengths.iter().product())
            .filter_map(|number: usize| {
                let mut rest = number;
                let mut offset = [0; AXES];
                for axis in (0..AXES).rev() {
                    offset[axis] = (rest % lengths[axis]) as i32 - (lengths[axis] / 2) as i32;
                    rest /= lengths[axis];
                    let points = offset[axis].unsigned_abs() as usize * self.unit[axis];
                    if points >= self.extent.shape[axis] {
                        return None;
                    }
                }
                let first = offset.iter().find(|&&along| along != 0)?;
                let pass = known(&offset);
                let is_known = match outer(&offset) {
                    Some(slice) => slice < 0,
                    None => pass == Known::Earlier || pass == Known::Alike && *first < 0,
                };
                is_known.then(|| (self.squared(&offset), offset, pass == Known::Alike))
            })
            .collect()
    }

    /// The squared distance, each axis weighted by how rough the field is along it.
    fn squared(&self, offset: &[i32; AXES]) -> u64 {
        (0..AXES)
            .map(|axis| {
                let points = u64::from(offset[axis].unsigned_abs()) * self.unit[axis] as u64;
                let along = points * u64::from(self.method.roughness[axis]);
                along.min(FARTHEST).pow(2)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(axes: [Axis; AXES], levels: u32) -> FieldMethod {
        FieldMethod {
            axes,
            levels,
            ..FieldMethod::default()
        }
    }

    /// Every point is visited once, and all its neighbours before it.
    fn assert_causal(lengths: &[usize], method: &FieldMethod) {
        let extent = Extent::new(lengths);
        let passes = passes(&extent, method);
        let mut known = vec![false; extent.values()];
        super::super::walk(&extent, method, &passes, |_, pass, point| {
            let at = extent.index(point);
            assert!(!std::mem::replace(&mut known[at], true), "{point:?}");
            for neighbour in &pass.neighbours {
                if pass.is_inside(&extent, point, neighbour) {
                    let there = at.wrapping_add_signed(neighbour.distance);
                    assert!(
                        known[there] && there != at,
                        "{point:?} {:?}",
                        neighbour.offset
                    );
                }
            }
            Ok::<(), ()>(())
        })
        .unwrap();
        assert!(known.iter().all(|&known| known), "{lengths:?} {method:?}");
    }

    #[test]
    fn every_point_comes_once_and_after_its_neighbours() {
        use Axis::{Inner as I, Outer as O, Refined as R};
        let all = [
            [I, I, I, I],
            [O, O, R, R],
            [R, R, R, R],
            [R, I, I, I],
            [O, I, R, I],
            [I, R, O, R],
            [R, O, I, R],
        ];
        for axes in all {
            for levels in [0, 1, 3, 6] {
                for lengths in [
                    &[17][..],
                    &[1],
                    &[5, 9],
                    &[4, 1, 6],
                    &[3, 7, 5],
                    &[2, 3, 4, 5],
                ] {
                    assert_causal(lengths, &method(axes, levels));
                }
            }
        }
    }

    #[test]
    fn the_closest_along_the_smoothest_axis_come_first() {
        let mut method = method([Axis::Inner; AXES], 0);
        method.roughness = [16, 16, 16, 64];
        method.neighbours = 6;
        let passes = passes(&Extent::new(&[8, 8]), &method);
        let offsets: Vec<_> = { passes[0].neighbours.iter() }
            .map(|n| &n.offset[2..])
            .collect();
        assert_eq!(
            offsets,
            [[-1, 0], [-2, 0], [-3, 0], [-4, 0], [0, -1], [-1, -1]]
        );
        assert_eq!(
            (passes[0].closest, passes[0].below, passes[0].above),
            (1, [0, 0, 4, 1], [0; 4])
        );
    }
}
