//! An array's values on a grid, and what coding them by a method costs.

use super::costs::Costs;
use crate::layout::Column;
use crate::lossy::bound::Tolerance;
use crate::lossy::grid::{FINE_BITS, Grid};
use crate::lossy::specials::Specials;
use crate::lossy::table::ColumnTask;
use crate::model::numbers::field::{Field, FieldMethod, code};

/// An array's values on a grid.
pub struct Quantised {
    pub lengths: Vec<usize>,
    pub grid: Grid,
    /// Only whole cells have values.
    pub whole: bool,
    pub specials: Specials,
    /// In fine units; of specials any.
    pub targets: Vec<i64>,
}

impl Quantised {
    /// Along one axis.
    pub fn new(
        column: Column,
        task: &ColumnTask,
        tolerance: Tolerance,
        grid: Grid,
        whole: bool,
        bits: &[u64],
    ) -> Quantised {
        let mut specials = Specials::default();
        let mut last = 0;
        let mut targets = Vec::with_capacity(bits.len());
        for (at, &bits_here) in bits.iter().enumerate() {
            let fine = grid.to_fine(column, bits_here).map(|fine| match whole {
                true => to_whole(fine),
                false => fine,
            });
            let holds = |fine: &i64| {
                let after = grid.to_bits(column, *fine);
                tolerance.holds_bits(column, bits_here, after)
            };
            match fine.filter(holds) {
                Some(fine) if !task.fill.contains(&bits_here) => last = fine,
                _ => specials.push(at, bits.len(), bits_here),
            }
            targets.push(last);
        }
        Quantised {
            lengths: vec![bits.len()],
            grid,
            whole,
            specials,
            targets,
        }
    }

    /// Makes values special that are not yet.
    pub fn exclude(&mut self, more: &[usize], bits: &[u64]) {
        let mut flags = std::mem::take(&mut self.specials.flags);
        flags.resize(bits.len(), false);
        more.iter().for_each(|&at| flags[at] = true);
        self.specials.bits = (0..bits.len())
            .filter(|&at| flags[at])
            .map(|at| bits[at])
            .collect();
        self.specials.flags = flags;
    }
}

/// Bits that values take by a method, about.
pub fn cost(quantised: &Quantised, method: &FieldMethod, whole: bool) -> f64 {
    let mut costs = Costs::default();
    let field = Field {
        lengths: &quantised.lengths,
        whole,
        special: &quantised.specials.flags,
    };
    let rounded: Vec<i64>;
    let targets = match whole && !quantised.whole {
        false => &quantised.targets,
        true => {
            let targets = quantised.targets.iter();
            rounded = targets.map(|&target| to_whole(target)).collect();
            &rounded
        }
    };
    // Costs have no bad words.
    let _ = code(&mut costs, method, field, Some(targets));
    costs.bits
}

/// The closest whole cell.
pub fn to_whole(fine: i64) -> i64 {
    fine.saturating_add(1 << (FINE_BITS - 1)) >> FINE_BITS << FINE_BITS
}
