//! The normative operations on tables of frequencies.

use super::{Frequencies, FrequencyKernel, Rates, TARGETS};

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
    fn mix(low: &Frequencies, high: &Frequencies, weight: u16) -> Frequencies {
        let mut mixed = *low;
        for (entry, &high) in mixed.0.iter_mut().zip(&high.0) {
            let difference = i32::from(high) - i32::from(*entry);
            let step = (difference * i32::from(weight & 0x7fff)) >> 15;
            *entry = (i32::from(*entry) + step) as u16;
        }
        mixed
    }
}
