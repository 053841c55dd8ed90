//! The operations in vectors of eight entries, with the instructions of every x86-64 processor.

use super::{Frequencies, FrequencyKernel, Mixed, Rates, TARGETS, TOTAL};
use std::arch::x86_64::{
    __m128i, _mm_add_epi16, _mm_cmpgt_epi16, _mm_insert_epi16, _mm_load_si128, _mm_movemask_epi8,
    _mm_mulhi_epi16, _mm_mullo_epi16, _mm_or_si128, _mm_packs_epi16, _mm_set1_epi16,
    _mm_setzero_si128, _mm_slli_epi16, _mm_srli_epi16, _mm_store_si128, _mm_sub_epi16,
};

/// In vectors.
pub struct Sse2;

#[inline(always)]
fn load(table: &Frequencies) -> [__m128i; 2] {
    let at = table.0.as_ptr().cast::<__m128i>();
    // SAFETY: the table is 32 bytes, aligned to 32, and SSE2 is there.
    #[allow(unsafe_code)]
    unsafe {
        [_mm_load_si128(at), _mm_load_si128(at.add(1))]
    }
}

#[inline(always)]
fn store(table: &mut Frequencies, entries: [__m128i; 2]) {
    let at = table.0.as_mut_ptr().cast::<__m128i>();
    // SAFETY: the table is 32 bytes, aligned to 32, and SSE2 is there.
    #[allow(unsafe_code)]
    unsafe {
        _mm_store_si128(at, entries[0]);
        _mm_store_si128(at.add(1), entries[1]);
    }
}

impl FrequencyKernel for Sse2 {
    #[inline(always)]
    fn find(table: &Frequencies, quantile: u16) -> usize {
        let [low, high] = load(table);
        // SAFETY: every x86-64 processor has SSE2.
        #[allow(unsafe_code)]
        let above = unsafe {
            let quantile = _mm_set1_epi16(quantile as i16);
            let low = _mm_cmpgt_epi16(low, quantile);
            let high = _mm_cmpgt_epi16(high, quantile);
            _mm_movemask_epi8(_mm_packs_epi16(low, high)) as u32
        };
        // The first entry is a count; behind the last the sum of all is above every quantile.
        (above & !1 | 1 << 16).trailing_zeros() as usize - 1
    }

    #[inline(always)]
    fn adapt(table: &mut Frequencies, symbol: usize, rates: &Rates) {
        let count = usize::from(table.0[0]) % rates.steps.len();
        let (rate, counted) = &rates.steps[count];
        let (entries, targets, rates) = (load(table), load(&TARGETS[symbol & 15]), load(rate));
        let counted = load(counted);
        let half = |half: usize| {
            // SAFETY: every x86-64 processor has SSE2.
            #[allow(unsafe_code)]
            unsafe {
                let difference = _mm_sub_epi16(targets[half], entries[half]);
                let step = _mm_mulhi_epi16(difference, rates[half]);
                let rises = _mm_cmpgt_epi16(difference, _mm_setzero_si128());
                let moved = _mm_sub_epi16(_mm_add_epi16(entries[half], step), rises);
                _mm_add_epi16(moved, counted[half])
            }
        };
        let moved = [half(0), half(1)];
        store(table, moved);
    }

    #[inline(always)]
    fn mix(low: &Frequencies, high: &Frequencies, weight: u16) -> Mixed {
        let (lows, highs) = (load(low), load(high));
        let half = |half: usize| {
            // SAFETY: every x86-64 processor has SSE2.
            #[allow(unsafe_code)]
            unsafe {
                let weight = _mm_set1_epi16(weight as i16);
                let difference = _mm_sub_epi16(highs[half], lows[half]);
                let above = _mm_slli_epi16::<1>(_mm_mulhi_epi16(difference, weight));
                let below = _mm_srli_epi16::<15>(_mm_mullo_epi16(difference, weight));
                let mixed = _mm_add_epi16(lows[half], _mm_or_si128(above, below));
                match half {
                    // The first entries are counts.
                    0 => (
                        _mm_insert_epi16::<0>(difference, 0),
                        _mm_insert_epi16::<0>(mixed, 0),
                    ),
                    _ => (difference, mixed),
                }
            }
        };
        let [(difference, mixed), (upper_difference, upper_mixed)] = [half(0), half(1)];
        let mut out = std::mem::MaybeUninit::<Mixed>::uninit();
        let at = out.as_mut_ptr().cast::<__m128i>();
        // SAFETY: these are all the 160 bytes, aligned to 32, and SSE2 is there.
        #[allow(unsafe_code)]
        unsafe {
            let zero = _mm_setzero_si128();
            let total = _mm_insert_epi16::<0>(zero, TOTAL as i32);
            let all = [
                mixed,
                upper_mixed,
                difference,
                upper_difference,
                zero,
                zero,
                mixed,
                upper_mixed,
                total,
                zero,
            ];
            for (k, eight) in all.into_iter().enumerate() {
                _mm_store_si128(at.add(k), eight);
            }
            out.assume_init()
        }
    }
}
