//! The mix of bits.

use super::{load_bytes, load16, load32, lower_halves, store_bytes, store16, store32};
use crate::kernel::portable;
use crate::kernel::shapes::{
    BLOCK, MAX_SEEN, MAX_WEIGHT_SETS, NODES, NodeWeights, RATES, Row, Slot,
};
use std::arch::x86_64::*;

#[target_feature(enable = "avx2")]
pub fn slot_inputs(slots: &[Slot], indices: &[u32], inputs: &mut [Row]) {
    let middle = _mm256_set1_epi16(i16::MIN);
    for (&index, [logits, probabilities]) in indices.iter().zip(inputs.as_chunks_mut().0) {
        let slot = &slots[index as usize];
        let x = _mm256_cvtepi8_epi16(load_bytes(&slot.logits));
        store16(logits, _mm256_slli_epi16::<7>(x));
        let y = _mm256_xor_si256(load16(&slot.probabilities), middle);
        store16(probabilities, _mm256_srai_epi16::<2>(y));
    }
}

/// Where half a byte's bits lead.
pub struct HalfPath {
    /// All bits at the four nodes; and at those whose bit is 1.
    pub on: [u16; NODES],
    pub ones: [u16; NODES],
    /// 1 at the four nodes.
    pub counts: [u8; NODES],
    /// Which bytes of the nodes up to 7, and of the others, make four numbers, in the order of the bits.
    pub picks: [[u8; 16]; 2],
}

pub static HALF_PATHS: [HalfPath; 16] = {
    const NONE: HalfPath = HalfPath {
        on: [0; NODES],
        ones: [0; NODES],
        counts: [0; NODES],
        picks: [[0x80; 16]; 2],
    };
    let mut paths = [NONE; 16];
    let mut half = 0;
    while half < 16 {
        let path = &mut paths[half];
        let mut k = 0;
        while k < 4 {
            let node = (16 | half) >> (4 - k);
            path.on[node] = 0xffff;
            path.ones[node] = (half >> (3 - k) & 1) as u16 * 0xffff;
            path.counts[node] = 1;
            path.picks[node / 8][2 * k] = (2 * (node % 8)) as u8;
            path.picks[node / 8][2 * k + 1] = (2 * (node % 8)) as u8 + 1;
            k += 1;
        }
        half += 1;
    }
    paths
};

/// [`RATES`]' lower bytes and upper bytes, for the shuffles of bytes that look up sixteen of them.
static RATE_BYTES: [[[u8; 16]; 4]; 2] = {
    let mut bytes = [[[0; 16]; 4]; 2];
    let mut n = 0;
    while n < 64 {
        bytes[0][n / 16][n % 16] = RATES[n] as u8;
        bytes[1][n / 16][n % 16] = (RATES[n] >> 8) as u8;
        n += 1;
    }
    bytes
};

/// All nodes of a slot at once; those that the bits do not lead through keep what they were.
#[target_feature(enable = "avx2")]
pub fn count(slots: &mut [Slot], indices: &[u32], half: u8, logits: &[i8; 4096]) {
    let half = usize::from(half % 16);
    let path = &HALF_PATHS[half];
    let (on, ones) = (load16(&path.on), load16(&path.ones));
    let (counts, most) = (load_bytes(&path.counts), _mm_set1_epi8(MAX_SEEN as i8));
    let picks = path.picks.each_ref().map(|picks| load_bytes(picks));
    let pair = |[a, b]: [&[u8; 16]; 2]| _mm256_set_m128i(load_bytes(b), load_bytes(a));
    let rates = RATE_BYTES
        .each_ref()
        .map(|[a, b, c, d]| [pair([a, b]), pair([c, d])]);
    // A count's number within each table: a shuffle makes nothing of those that are above 127.
    let tables = [[0, 0x10], [0x20, 0x30]]
        .map(|[a, b]| _mm256_set_m128i(_mm_set1_epi8(b), _mm_set1_epi8(a)));
    let beyond = _mm256_set1_epi8(0x70);
    for &index in indices {
        let slot = &mut slots[index as usize];
        let seen = load_bytes(&slot.counts);
        let twice = _mm256_broadcastsi128_si256(seen);
        let within = tables.map(|table| _mm256_adds_epu8(_mm256_xor_si256(twice, table), beyond));
        let [low, high] = rates.map(|[first, second]| {
            let found = _mm256_or_si256(
                _mm256_shuffle_epi8(first, within[0]),
                _mm256_shuffle_epi8(second, within[1]),
            );
            _mm_or_si128(
                _mm256_castsi256_si128(found),
                _mm256_extracti128_si256::<1>(found),
            )
        });
        let rate = _mm256_set_m128i(_mm_unpackhi_epi8(low, high), _mm_unpacklo_epi8(low, high));

        let probabilities = load16(&slot.probabilities);
        let learned = moved(probabilities, ones, rate);
        let learned = _mm256_max_epu16(learned, _mm256_set1_epi16(1));
        let probabilities = _mm256_blendv_epi8(probabilities, learned, on);
        store16(&mut slot.probabilities, probabilities);
        store_bytes(
            &mut slot.counts,
            _mm_min_epu8(_mm_add_epi8(seen, counts), most),
        );

        learn_logits(slot, probabilities, picks, half, logits);
    }
}

/// The probabilities, moved by their share `rate` towards what came: where `ones` has all bits set, towards one, else
/// towards zero.
#[target_feature(enable = "avx2")]
#[inline]
pub fn moved(probabilities: __m256i, ones: __m256i, rate: __m256i) -> __m256i {
    let missing = _mm256_xor_si256(probabilities, ones);
    let rounded = _mm256_srli_epi16::<15>(_mm256_mullo_epi16(missing, rate));
    let taken = _mm256_add_epi16(_mm256_mulhi_epu16(missing, rate), rounded);
    _mm256_xor_si256(_mm256_sub_epi16(missing, taken), ones)
}

/// The logits of the probabilities at the nodes that half a byte's bits lead through.
#[target_feature(enable = "avx2")]
#[inline]
pub fn learn_logits(
    slot: &mut Slot,
    probabilities: __m256i,
    picks: [__m128i; 2],
    half: usize,
    logits: &[i8; 4096],
) {
    let steps = _mm256_srli_epi16::<4>(probabilities);
    let steps = _mm_or_si128(
        _mm_shuffle_epi8(_mm256_castsi256_si128(steps), picks[0]),
        _mm_shuffle_epi8(_mm256_extracti128_si256::<1>(steps), picks[1]),
    );
    let steps = _mm_cvtsi128_si64(steps) as u64;
    for k in 0..4 {
        let step = (steps >> (16 * k)) as usize % logits.len();
        slot.logits[(16 | half) >> (4 - k)] = logits[step];
    }
}

/// A node a lane.
#[target_feature(enable = "avx2")]
pub fn blend(
    weights: &[NodeWeights],
    weight_sets: &[u32],
    inputs: &[Row],
) -> [Row; MAX_WEIGHT_SETS] {
    let n = inputs.len();
    let row = |k: usize| &weights[weight_sets[k] as usize * n..][..n];
    let mut out = [[0; NODES]; MAX_WEIGHT_SETS];
    match weight_sets.len() {
        0 => {}
        1 => blend_some([row(0)], inputs, &mut out),
        2 => blend_some([row(0), row(1)], inputs, &mut out),
        3 => blend_some([row(0), row(1), row(2)], inputs, &mut out),
        _ => blend_some([row(0), row(1), row(2), row(3)], inputs, &mut out),
    }
    out
}

#[target_feature(enable = "avx2")]
#[inline]
fn blend_some<const N: usize>(
    rows: [&[NodeWeights]; N],
    inputs: &[Row],
    out: &mut [Row; MAX_WEIGHT_SETS],
) {
    let mut sums = [_mm256_setzero_si256(); N];
    for (k, x) in inputs.iter().enumerate() {
        let x = load16(x);
        for (sum, row) in sums.iter_mut().zip(rows) {
            let product = _mm256_mulhrs_epi16(x, load16(&row[k].high));
            *sum = _mm256_adds_epi16(*sum, product);
        }
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        store16(out, sum);
    }
}

/// Lower and higher half of each product, as AVX2 gives them; a sum without a sign that is not below its summand has no carry.
#[target_feature(enable = "avx2")]
pub fn descend(
    weights: &mut [NodeWeights],
    weight_sets: &[u32],
    inputs: &[Row],
    errors: &[Row; MAX_WEIGHT_SETS],
) {
    let n = inputs.len();
    let one = _mm256_set1_epi16(1);
    for (&weight_set, errors) in weight_sets.iter().zip(errors) {
        let errors = load16(errors);
        let weights = &mut weights[weight_set as usize * n..][..n];
        for (weights, x) in weights.iter_mut().zip(inputs) {
            let x = _mm256_srai_epi16::<4>(load16(x));
            let step = _mm256_mullo_epi16(x, errors);
            let low = _mm256_add_epi16(load16(&weights.low), step);
            let no_carry = _mm256_cmpeq_epi16(_mm256_max_epu16(low, step), low);
            let carry = _mm256_add_epi16(no_carry, one);
            let step = _mm256_add_epi16(_mm256_mulhi_epi16(x, errors), carry);
            let high = _mm256_adds_epi16(load16(&weights.high), step);
            store16(&mut weights.low, low);
            store16(&mut weights.high, high);
        }
    }
}

/// Sixteen mantissas at a time: every factor fits 16 bits without a sign, and a high product of a doubled one is a shift by 15.
#[target_feature(enable = "avx2")]
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    let rows = logits.as_chunks::<BLOCK>().0;
    let mut top = _mm256_set1_epi16(i16::MIN);
    for row in rows {
        top = _mm256_max_epi16(top, load16(row));
    }
    // `phminposuw` finds the least number without a sign: of how far they are below 32767.
    let from_most = _mm256_sub_epi16(_mm256_set1_epi16(i16::MAX), top);
    let most = _mm_min_epu16(
        _mm256_castsi256_si128(from_most),
        _mm256_extracti128_si256::<1>(from_most),
    );
    let most = i16::MAX.wrapping_sub(_mm_cvtsi128_si32(_mm_minpos_epu16(most)) as i16);
    let top = _mm256_set1_epi16(most);
    let mut sums = _mm256_setzero_si256();
    for (row, frequencies) in rows.iter().zip(frequencies.as_chunks_mut::<BLOCK>().0) {
        let below = _mm256_sub_epi16(top, load16(row));
        let below = _mm256_min_epu16(below, _mm256_set1_epi16(24 * 512 + 511));
        let x = _mm256_slli_epi16::<6>(_mm256_and_si256(below, _mm256_set1_epi16(511)));
        let cubic = _mm256_mulhi_epu16(x, _mm256_set1_epi16(2 * 1295));
        let cubic = _mm256_sub_epi16(_mm256_set1_epi16(7570), cubic);
        let cubic = _mm256_mulhi_epu16(x, _mm256_add_epi16(cubic, cubic));
        let cubic = _mm256_sub_epi16(_mm256_set1_epi16(22661), cubic);
        let cubic = _mm256_mulhi_epu16(x, _mm256_add_epi16(cubic, cubic));
        let mantissas = _mm256_sub_epi16(_mm256_set1_epi16(i16::MIN), cubic);
        let [m0, m1] = lower_halves(mantissas);
        let [e0, e1] = lower_halves(_mm256_srli_epi16::<9>(below));
        let low = _mm256_srlv_epi32(_mm256_slli_epi32::<8>(m0), e0);
        let high = _mm256_srlv_epi32(_mm256_slli_epi32::<8>(m1), e1);
        sums = _mm256_add_epi32(sums, _mm256_add_epi32(low, high));
        store32(frequencies, [low, high]);
    }
    let scale = portable::softmax_scale(total(sums));
    let scale = _mm256_set1_epi64x(scale as i64);
    let mut assigned = _mm256_setzero_si256();
    for frequencies in frequencies.as_chunks_mut::<BLOCK>().0 {
        let [low, high] = load32(frequencies);
        let (low, high) = (scaled(low, scale), scaled(high, scale));
        assigned = _mm256_add_epi32(assigned, _mm256_add_epi32(low, high));
        store32(frequencies, [low, high]);
    }
    let first = logits.iter().position(|&l| l == most).unwrap_or(0);
    frequencies[first] += (1 << 24) - total(assigned);
}

/// `1 + ((f * scale) >> 31)`, which fits 32 bits; so does the scale.
#[target_feature(enable = "avx2")]
#[inline]
fn scaled(f: __m256i, scale: __m256i) -> __m256i {
    let even = _mm256_srli_epi64::<31>(_mm256_mul_epu32(f, scale));
    let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(f), scale);
    let both = _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<1>(odd));
    _mm256_add_epi32(both, _mm256_set1_epi32(1))
}

#[target_feature(enable = "avx2")]
#[inline]
fn total(sums: __m256i) -> u32 {
    let sums = _mm_add_epi32(
        _mm256_castsi256_si128(sums),
        _mm256_extracti128_si256::<1>(sums),
    );
    let sums = _mm_hadd_epi32(sums, sums);
    _mm_cvtsi128_si32(_mm_hadd_epi32(sums, sums)) as u32
}
