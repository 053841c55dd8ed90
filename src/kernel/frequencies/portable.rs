//! The normative operations on tables of frequencies.

use super::{Frequencies, FrequencyKernel, Mixed, Rates, TARGETS, TOTAL};

/// In plain loops.
pub struct Portable;

impl FrequencyKernel for Portable {
    #[inline(always)]
    fn find(table: &Frequencies, quantile: u16) -> usize {
        let entries = table.0[1..].iter();
        entries.map(|&entry| usize::from(entry <= quantile)).sum()
    }

    #[inline(always)]
    fn adapt(table: &mut Frequencies, symbol: usize, rates: &Rates) {
        let count = usize::from(table.0[0]) % rates.steps.len();
        let (rate, counted) = &rates.steps[count];
        let target = &TARGETS[symbol & 15];
        for s in 1..16 {
            let difference = i32::from(target.0[s]) - i32::from(table.0[s]);
            let step = (difference * i32::from(rate.0[s])) >> 16;
            let rises = i32::from(difference > 0);
            table.0[s] = (i32::from(table.0[s]) + step + rises) as u16;
        }
        table.0[0] += counted.0[0];
    }

    #[inline(always)]
    fn mix(low: &Frequencies, high: &Frequencies, weight: u16) -> Mixed {
        let mut mixed = Mixed {
            table: Frequencies([0; 16]),
            differences: [0; 32],
            entries: [0; 32],
        };
        for s in 1..16 {
            let difference = i32::from(high.0[s]) - i32::from(low.0[s]);
            let step = (difference * i32::from(weight & 0x7fff)) >> 15;
            mixed.differences[s] = difference as i16;
            mixed.entries[s] = (i32::from(low.0[s]) + step) as u16;
            mixed.table.0[s] = mixed.entries[s];
        }
        mixed.entries[16] = TOTAL;
        mixed
    }
}
