//! The few loops that the predictor spends its time in.
//!
//! `portable` is the normative definition of each; `avx2` and `avx512` give the same numbers faster where the processor has them.
//! They never allocate: the caller brings every buffer, large ones as [`Pages`]. Qn means n fractional bits.

mod allocator;
mod arithmetic;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod choice;
mod frequencies;
mod pages;
mod portable;
mod shapes;
pub mod tables;
#[cfg(test)]
mod tests;

pub use allocator::keep_large_blocks_apart;
pub use arithmetic::{
    exp2_negative, log2_of_mantissa, mulhrs, saturate8, saturate16, sigmoid, silu, softplus,
};
pub use choice::Kernel;
#[cfg(target_arch = "x86_64")]
pub use frequencies::Sse2;
pub use frequencies::{Frequencies, FrequencyKernel, Mixed, Portable, Rates};
pub use pages::Pages;
pub use shapes::{BLOCK, HEADROOM, MAX_SEEN, MAX_WEIGHT_SETS, NODES, NodeWeights, Row, Slot};

/// Runs the AVX2 kernel where the processor has it, else the portable one.
macro_rules! dispatch {
    ($name:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        if Kernel::current() >= Kernel::Avx2 {
            // SAFETY: `current` gives only what the processor has: here AVX2, the only feature that the function needs.
            #[allow(unsafe_code)]
            return unsafe { avx2::$name($($argument),*) };
        }
        portable::$name($($argument),*)
    }};
}

/// Runs the AVX-512 kernel where the processor has it, else as [`dispatch`].
macro_rules! dispatch512 {
    ($name:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        if Kernel::current() == Kernel::Avx512 {
            // SAFETY: `current` gives only what the processor has: here all features that the function needs.
            #[allow(unsafe_code)]
            return unsafe { avx512::$name($($argument),*) };
        }
        dispatch!($name($($argument),*))
    }};
}

/// Returns what a function gives with the kernel that is selected.
macro_rules! with_frequency_kernel {
    ($function:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        if $crate::kernel::Kernel::current() > $crate::kernel::Kernel::Portable {
            return $function::<$crate::kernel::Sse2>($($argument),*);
        }
        $function::<$crate::kernel::Portable>($($argument),*)
    }};
}
pub(crate) use with_frequency_kernel;

/// Prefetches a value's cache lines, where the processor takes such requests. The tables are larger than the caches,
/// and all the lanes' slots in them are known before the first lane computes: prefetching made the whole path 1.2 times
/// faster.
#[inline]
pub fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    for offset in (0..size_of::<T>()).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let at = std::ptr::from_ref(value).cast::<i8>();
        // SAFETY: the address is within `value`; a prefetch reads and writes nothing.
        #[allow(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(at.add(offset));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// `out[o] = sum_i weight[o][i] * x[i]`.
///
/// `weights` holds blocks of [`BLOCK`] outputs; in a block, quads of inputs: `[out/16][in/4][16][4]`, the last quad filled up
/// with zeros. No weight or input is -128.
///
/// # Panics
/// Unless `out.len()` is a multiple of 16, `x.len()` even and `weights.len()` the product of `out.len()` and `x.len()` rounded up to
/// a multiple of 4.
pub fn product(weights: &[i8], x: &[i8], out: &mut [i32]) {
    assert!(
        out.len().is_multiple_of(BLOCK)
            && x.len().is_multiple_of(2)
            && weights.len() == x.len().next_multiple_of(4) * out.len()
    );
    #[cfg(target_arch = "x86_64")]
    if Kernel::current() == Kernel::AvxVnni {
        // SAFETY: `current` gives only what the processor has: here both features that the function needs.
        #[allow(unsafe_code)]
        return unsafe { avx2::product_vnni(weights, x, out) };
    }
    dispatch512!(product(weights, x, out))
}

/// `out = (16 * sum + bias + half) >> shift`, saturated to 16 bits, over the shortest of the slices.
///
/// `|sum| < 2^26`, `|bias| <= 2^29`, `1 <= shift <= 24`.
pub fn requantise(sums: &[i32], bias: &[i32], shift: &[u8], out: &mut [i16]) {
    dispatch!(requantise(sums, bias, shift, out))
}

/// The most inputs of [`wide_product`]: their sum fits 31 bits.
pub const MAX_WIDE: usize = 512;

/// `out[o] = sum_i weight[o][i] * x[i]` with inputs of 16 bits. `weights` is `[out][in]`, none of them -128.
///
/// # Panics
/// Unless there are 1 to [`MAX_WIDE`] inputs, and `weights.len()` is the product of `out.len()` and `x.len()`.
pub fn wide_product(weights: &[i8], x: &[i16], out: &mut [i32]) {
    assert!((1..=MAX_WIDE).contains(&x.len()) && weights.len() == x.len() * out.len());
    dispatch!(wide_product(weights, x, out))
}

/// `sum += weight * x`, wrapping, over the shorter of the slices.
pub fn add_scaled(sums: &mut [i32], weights: &[i8], x: i32) {
    dispatch!(add_scaled(sums, weights, x))
}

/// The head's logits: requantised without saturation, then the largest moved to 32767 and the others with it, saturated.
/// `sums` is used up.
pub fn head_logits(sums: &mut [i32], bias: &[i32], shift: &[u8], logits: &mut [i16; 256]) {
    dispatch!(head_logits(sums, bias, shift, logits))
}

/// One head's output: `y = (read >> shifts[0]) + ((skip * x) >> shifts[1])`, then `out = (y * silu(z)) >> shifts[2]`,
/// each rounded, `y` and `out` saturated to 16 bits. Slices as long as `out`, shifts 1..=24.
pub fn gate(read: &[i32], x: &[i16], z: &[i16], skip: i16, shifts: [u8; 3], out: &mut [i16]) {
    dispatch!(gate(read, x, z, skip, shifts, out))
}

/// Root-mean-square norm with a gain, to 8 bits (Zhang and Sennrich 2019, arXiv:1910.07467).
///
/// `n = v / sqrt(mean(v^2) + 1)` in Q11, then `out = clamp((n * gain) >> 15, -127, 127)`, both rounded.
/// `v` is not empty; `gain` and `out` are as long, gains not negative.
pub fn rms_norm(v: &[i16], gain: &[i16], out: &mut [i8]) {
    dispatch!(rms_norm(v, gain, out))
}

/// The causal convolution over four steps, one filter a channel, and [`silu`]: Q10 in, Q10 out, weights Q12, bias Q22.
///
/// `history` holds the last three inputs, oldest first, and moves on by one. `weights` is `[4][channels]`, oldest
/// first; their sums are bounded so that no product sum exceeds 31 bits.
///
/// # Panics
/// Unless `history.len()` is 3 and `weights.len()` 4 times `x.len()`, and `bias` and `out` are as long as `x`.
pub fn convolve(history: &mut [i16], weights: &[i16], bias: &[i32], x: &[i16], out: &mut [i16]) {
    let n = x.len();
    assert!(history.len() == 3 * n && weights.len() == 4 * n && bias.len() == n && out.len() == n);
    dispatch!(convolve(history, weights, bias, x, out))
}

/// One step of the selective scan (Dao and Gu 2024, arXiv:2405.21060, scalar decay a head):
/// `h = h - leak*h + b*input`, `y = sum_n h*c`.
///
/// `leak` is `1 - decay` in Q15 and acts on the state's upper 16 bits; `y` sums the upper 16 bits too. The state stays
/// within `2^30`. `b` and `c` are at most 8191 in magnitude, and there are at most 16 of them.
///
/// # Panics
/// Unless `input` and `leak` are as long as `y`, `c` as `b`, and `state.len()` is `b.len() * y.len()`.
pub fn scan(state: &mut [i32], b: &[i16], c: &[i16], input: &[i16], leak: &[i16], y: &mut [i32]) {
    let n = y.len();
    assert!(
        input.len() == n
            && leak.len() == n
            && b.len() == c.len()
            && b.len() <= portable::MAX_STATES
            && state.len() == n * b.len()
    );
    dispatch512!(scan(state, b, c, input, leak, y))
}

/// Two inputs of a mix for each slot: `logits << 7`, Q11, and `(probabilities - 32768) >> 2`.
///
/// # Panics
/// Unless every index is one of a slot, and `inputs.len()` is twice that of `indices`.
pub fn slot_inputs(slots: &[Slot], indices: &[u32], inputs: &mut [Row]) {
    assert!(inputs.len() == 2 * indices.len());
    dispatch!(slot_inputs(slots, indices, inputs))
}

/// Each slot's counters learn half a byte, at the nodes that its four bits lead through: of what is missing to the bit,
/// `q = 65535 - p` or `p`, goes `(q * rate + 32768) >> 16`, the rate being the count's; p stays above 0. `logits` holds
/// the logit of each `p >> 4`.
///
/// # Panics
/// Unless every index is one of a slot.
pub fn count(slots: &mut [Slot], indices: &[u32], half: u8, logits: &[i8; 4096]) {
    dispatch512!(count(slots, indices, half, logits))
}

/// Weighted sums of the same inputs at each node: for each weight set, whose weights begin at `weight_set *
/// inputs.len()`, the sum over the inputs of `mulhrs(input, weight >> 16)`, saturated to 16 bits at each step. Unused
/// ones give 0.
///
/// # Panics
/// Unless there are at most [`MAX_WEIGHT_SETS`] weight sets, and weights for all.
pub fn blend(
    weights: &[NodeWeights],
    weight_sets: &[u32],
    inputs: &[Row],
) -> [Row; MAX_WEIGHT_SETS] {
    assert!(weight_sets.len() <= MAX_WEIGHT_SETS);
    dispatch!(blend(weights, weight_sets, inputs))
}

/// Moves the weights of each weight set by `(input >> 4) * error`. The lower halves wrap; the higher ones, to which the
/// product's higher half and the carry are added together, saturate.
///
/// `|error| < 32768`.
///
/// # Panics
/// As [`blend`].
pub fn descend(
    weights: &mut [NodeWeights],
    weight_sets: &[u32],
    inputs: &[Row],
    errors: &[Row; MAX_WEIGHT_SETS],
) {
    assert!(weight_sets.len() <= MAX_WEIGHT_SETS);
    dispatch512!(descend(weights, weight_sets, inputs, errors))
}

/// The sums of frequencies below each node of a byte's binary tree: node 1, then `2 node + bit`; a byte is node 256 + byte. 0 at 0.
pub fn tree(frequencies: &[u32; 256], sums: &mut [u32; 512]) {
    dispatch!(tree(frequencies, sums))
}

/// Frequencies of sum 2^24, each at least 1, proportional to `2^(logits/512)`.
///
/// A logit `d` below the largest weighs `e = floor(2^23 * 2^(-d/512))`, the fraction of the exponent by a cubic
/// (relative error 1e-4), nothing from `d = 24.999 * 512` on. `frequency = 1 + floor(e * R / 2^31)` with
/// `R = floor((2^24 - 256) * 2^31 / sum(e))`; the first of the largest takes what is left.
pub fn softmax(logits: &[i16; 256], frequencies: &mut [u32; 256]) {
    dispatch512!(softmax(logits, frequencies))
}
