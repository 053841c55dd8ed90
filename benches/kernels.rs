//! Single kernels, by themselves and on data that stays in the nearest cache: `cargo bench --bench kernels`.
//!
//! What is counted a second are multiply-adds, where the kernel is made of them, else values: symbols of the frequencies, bytes of the column
//! coder, whose table is larger than that cache.

#[cfg(target_arch = "x86_64")]
use boa_constrictor::kernel::Sse2;
use boa_constrictor::kernel::{
    self, BLOCK, Frequencies, FrequencyKernel, Kernel, MAX_WEIGHT_SETS, NODES, NodeWeights,
    Portable, Rates, Row, Slot,
};
use boa_constrictor::layout::{Layout, Positions};
use boa_constrictor::model::{Config, columns};
use boa_constrictor::model_file::Model;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// The shape of the network of `-9`.
fn network() -> Config {
    *Model::built_in(1).expect("a built-in model").config()
}

/// Contexts and inputs of a mix at the default level.
const CONTEXTS: usize = 10;
const INPUTS: usize = 2 * CONTEXTS + 6;

fn kernels() -> impl Iterator<Item = Kernel> {
    Kernel::ALL.into_iter().filter(|kernel| kernel.is_here())
}

/// Numbers that are no pattern, within `most` of 0.
fn numbers<T>(count: usize, most: i32, to: fn(i32) -> T) -> Vec<T> {
    let number = |k: usize| (k as u32).wrapping_mul(2_654_435_761) >> 8;
    let within = |n: u32| (n % (2 * most as u32 + 1)) as i32 - most;
    (0..count).map(|k| to(within(number(k)))).collect()
}

/// Runs a kernel's calls, each of `items` multiply-adds or values.
fn time(bencher: Bencher, kernel: Kernel, items: usize, call: impl FnMut()) {
    let _ = kernel.select();
    bencher.counter(ItemsCount::new(items)).bench_local(call);
}

fn product(bencher: Bencher, kernel: Kernel, ins: usize, outs: usize) {
    let outs = outs.next_multiple_of(BLOCK);
    let weights = numbers(ins.next_multiple_of(4) * outs, 127, |v| v as i8);
    let x = numbers(ins, 127, |v| v as i8);
    let mut out = vec![0; outs];
    time(bencher, kernel, ins * outs, || {
        kernel::product(black_box(&weights), black_box(&x), &mut out);
        black_box(&mut out);
    });
}

#[divan::bench(args = kernels())]
fn product_into_a_block(bencher: Bencher, kernel: Kernel) {
    let network = network();
    product(bencher, kernel, network.dim.into(), network.projected());
}

#[divan::bench(args = kernels())]
fn product_out_of_a_block(bencher: Bencher, kernel: Kernel) {
    let network = network();
    product(bencher, kernel, network.inner(), network.dim.into());
}

#[divan::bench(args = kernels())]
fn product_of_the_head(bencher: Bencher, kernel: Kernel) {
    product(bencher, kernel, network().dim.into(), 256);
}

#[divan::bench(args = kernels())]
fn convolution(bencher: Bencher, kernel: Kernel) {
    let n = network().convolved();
    let mut history = numbers(3 * n, 4000, |v| v as i16);
    let weights = numbers(4 * n, 4000, |v| v as i16);
    let bias = numbers(n, 1 << 20, |v| v);
    let x = numbers(n, 4000, |v| v as i16);
    let mut out = vec![0; n];
    time(bencher, kernel, 4 * n, || {
        kernel::convolve(&mut history, &weights, &bias, black_box(&x), &mut out);
        black_box(&mut out);
    });
}

#[divan::bench(args = kernels())]
fn scan_of_a_block(bencher: Bencher, kernel: Kernel) {
    let network = network();
    let (n, states) = (network.inner(), usize::from(network.state));
    let mut state = vec![0; n * states];
    let [b, c] = [8000, 7000].map(|most| numbers(states, most, |v| v as i16));
    let input = numbers(n, 8000, |v| v as i16);
    let leak = numbers(n, 8000, |v| v as i16 + 8001);
    let mut y = vec![0; n];
    time(bencher, kernel, 3 * n * states, || {
        kernel::scan(&mut state, black_box(&b), &c, &input, &leak, &mut y);
        black_box(&mut y);
    });
}

#[divan::bench(args = kernels())]
fn norm(bencher: Bencher, kernel: Kernel) {
    let n = network().dim.into();
    let v = numbers(n, 20_000, |v| v as i16);
    let gain = numbers(n, 10_000, |v| v as i16 + 10_000);
    let mut out = vec![0; n];
    time(bencher, kernel, n, || {
        kernel::rms_norm(black_box(&v), &gain, &mut out);
        black_box(&mut out);
    });
}

#[divan::bench(args = kernels())]
fn softmax_and_tree(bencher: Bencher, kernel: Kernel) {
    let logits: [i16; 256] = std::array::from_fn(|k| -((k * k) as i32 % 9000) as i16);
    let (mut frequencies, mut sums) = ([0; 256], [0; 512]);
    time(bencher, kernel, 256, || {
        kernel::softmax(black_box(&logits), &mut frequencies);
        kernel::tree(&frequencies, &mut sums);
        black_box(&mut sums);
    });
}

/// The weights, inputs and weight sets of a mix.
fn mix() -> (Vec<NodeWeights>, Vec<Row>, [u32; MAX_WEIGHT_SETS]) {
    let weights = numbers(INPUTS * 64, 1 << 28, NodeWeights::all);
    let inputs = numbers(INPUTS * NODES, 2047 << 3, |v| v as i16);
    (weights, inputs.as_chunks().0.to_vec(), [3, 17, 40, 62])
}

/// Slots, and the index of each context's.
fn slots() -> (Vec<Slot>, Vec<u32>) {
    let slot = Slot {
        logits: [-5; NODES],
        counts: [9; NODES],
        probabilities: [9000; NODES],
    };
    let indices = (0..CONTEXTS as u32).map(|k| k * 37 % 64);
    (vec![slot; 64], indices.collect())
}

#[divan::bench(args = kernels())]
fn slot_inputs(bencher: Bencher, kernel: Kernel) {
    let (slots, indices) = slots();
    let mut inputs = vec![[0; NODES]; 2 * CONTEXTS];
    time(bencher, kernel, 2 * CONTEXTS * NODES, || {
        kernel::slot_inputs(black_box(&slots), &indices, &mut inputs);
        black_box(&mut inputs);
    });
}

#[divan::bench(args = kernels())]
fn count(bencher: Bencher, kernel: Kernel) {
    let (mut slots, indices) = slots();
    let logits = [5; 4096];
    time(bencher, kernel, 4 * CONTEXTS, || {
        kernel::count(black_box(&mut slots), &indices, 0b0110, &logits);
    });
}

#[divan::bench(args = kernels())]
fn blend(bencher: Bencher, kernel: Kernel) {
    let (weights, inputs, weight_sets) = mix();
    time(bencher, kernel, INPUTS * MAX_WEIGHT_SETS * NODES, || {
        black_box(kernel::blend(black_box(&weights), &weight_sets, &inputs));
    });
}

#[divan::bench(args = kernels())]
fn descend(bencher: Bencher, kernel: Kernel) {
    let (mut weights, inputs, weight_sets) = mix();
    let errors = [900, -1200, 30, -4].map(|error| [error; NODES]);
    time(bencher, kernel, INPUTS * MAX_WEIGHT_SETS * NODES, || {
        kernel::descend(&mut weights, &weight_sets, black_box(&inputs), &errors);
        black_box(&mut weights);
    });
}

/// What a table of frequencies is met with: half bytes, some more often than others, and rates.
fn symbols() -> (Vec<usize>, Rates) {
    let symbol = |v: i32| (v.unsigned_abs() as usize).isqrt() / 8;
    (numbers(4096, 16_383, symbol), Rates::new(60))
}

fn adapt<K: FrequencyKernel>(bencher: Bencher) {
    let (symbols, rates) = symbols();
    let mut table = Frequencies::UNIFORM;
    let symbols = black_box(&symbols);
    bencher
        .counter(ItemsCount::new(symbols.len()))
        .bench_local(|| {
            for &symbol in symbols {
                K::adapt(&mut table, symbol, &rates);
            }
            black_box(&mut table);
        });
}

/// As a decoder does: a symbol is found, and the table learns it.
fn find_and_adapt<K: FrequencyKernel>(bencher: Bencher) {
    let rates = symbols().1;
    let quantiles = numbers(4096, 16_383, |v| (v + 16_383) as u16);
    let mut table = Frequencies::UNIFORM;
    let quantiles = black_box(&quantiles);
    bencher
        .counter(ItemsCount::new(quantiles.len()))
        .bench_local(|| {
            for &quantile in quantiles {
                let symbol = K::find(&table, quantile);
                K::adapt(&mut table, symbol, &rates);
            }
            black_box(&mut table);
        });
}

#[divan::bench]
fn frequencies_adapt_portable(bencher: Bencher) {
    adapt::<Portable>(bencher);
}

#[cfg(target_arch = "x86_64")]
#[divan::bench]
fn frequencies_adapt_sse2(bencher: Bencher) {
    adapt::<Sse2>(bencher);
}

#[divan::bench]
fn frequencies_find_and_adapt_portable(bencher: Bencher) {
    find_and_adapt::<Portable>(bencher);
}

#[cfg(target_arch = "x86_64")]
#[divan::bench]
fn frequencies_find_and_adapt_sse2(bencher: Bencher) {
    find_and_adapt::<Sse2>(bencher);
}

/// The portable kernel and the best: the column coder has no others.
fn slowest_and_best() -> Vec<Kernel> {
    let mut all: Vec<Kernel> = kernels().collect();
    all.drain(1..all.len().max(2) - 1);
    all
}

/// Rows of 16 bytes, big-endian: a count, a smooth float, a float with noise in its lower half, few distinct values, a constant.
fn table() -> (Positions, Vec<u8>) {
    let noise = numbers(1 << 15, 1 << 15, |v| v);
    let mut bytes = Vec::new();
    for (row, &noise) in noise.iter().enumerate() {
        bytes.extend((row as u16).to_be_bytes());
        bytes.extend((row as f32 * 0.01).to_be_bytes());
        bytes.extend((noise as f32 * 1e-3 + 50.0).to_be_bytes());
        bytes.extend(((noise & 7) as i16).to_be_bytes());
        bytes.extend([0, 0, 0, 9]);
    }
    let layout = Layout {
        record: 16,
        ..Layout::BYTES
    };
    (Positions::uniform(&layout), bytes)
}

#[divan::bench(args = slowest_and_best())]
fn columns_encode(bencher: Bencher, kernel: Kernel) {
    let (positions, bytes) = table();
    time(bencher, kernel, bytes.len(), || {
        black_box(columns::encode(&positions, black_box(&bytes)));
    });
}

#[divan::bench(args = slowest_and_best())]
fn columns_decode(bencher: Bencher, kernel: Kernel) {
    let (positions, bytes) = table();
    let payload = columns::encode(&positions, &bytes);
    time(bencher, kernel, bytes.len(), || {
        let decoded = columns::decode(&positions, black_box(&payload), bytes.len());
        assert_eq!(decoded.map(|bytes| bytes.len()), Ok(bytes.len()));
    });
}
