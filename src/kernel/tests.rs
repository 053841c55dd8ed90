//! Every fast kernel against the portable one: random and extreme values, every boundary +-1.

use super::*;

use std::sync::{Mutex, PoisonError};

/// What is selected is the process's, so one check at a time.
static SELECTED: Mutex<()> = Mutex::new(());

/// Runs a check with each set of kernels that the processor has.
fn on_every_kernel(check: impl Fn()) {
    let _one = SELECTED.lock().unwrap_or_else(PoisonError::into_inner);
    let best = Kernel::current();
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.select()) {
        println!("{kernel}");
        check();
    }
    best.select();
}

struct Lcg(u32);

impl Lcg {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// Uniform, or with `extreme` one of the ends and 0.
    fn between(&mut self, low: i32, high: i32, extreme: bool) -> i32 {
        if extreme {
            [low, high, 0, low + 1, high - 1][self.next() as usize % 5]
        } else {
            low + (self.next() as i64 % (i64::from(high) - i64::from(low) + 1)) as i32
        }
    }

    fn vec<T>(&mut self, n: usize, low: i32, high: i32, extreme: bool, to: fn(i32) -> T) -> Vec<T> {
        (0..n)
            .map(|_| to(self.between(low, high, extreme)))
            .collect()
    }

    fn row(&mut self, extreme: bool) -> [i16; 256] {
        std::array::from_fn(|_| self.between(-32768, 32767, extreme) as i16)
    }
}

const LENGTHS: [usize; 16] = [
    2, 4, 14, 16, 18, 30, 32, 34, 46, 48, 62, 64, 66, 96, 128, 256,
];

fn cases() -> impl Iterator<Item = (usize, bool, Lcg)> {
    let both = LENGTHS.into_iter().flat_map(|n| [(n, false), (n, true)]);
    both.map(|(n, extreme)| (n, extreme, Lcg(n as u32 * 2 + u32::from(extreme))))
}

#[test]
fn products_agree() {
    on_every_kernel(|| {
        for (ins, extreme, mut random) in cases() {
            for outs in [16, 32, 176, 256] {
                let quads = ins.div_ceil(4);
                let mut w = random.vec(quads * 4 * outs, -127, 127, extreme, |v| v as i8);
                if ins % 4 > 0 {
                    let last = w.as_chunks_mut::<4>().0.chunks_exact_mut(BLOCK).enumerate();
                    for (_, row) in last.filter(|(row, _)| row % quads == quads - 1) {
                        row.iter_mut().for_each(|quad| quad[2..].fill(0));
                    }
                }
                let x = random.vec(ins, -127, 127, extreme, |v| v as i8);
                let mut sums = [vec![1; outs], vec![2; outs], vec![3; outs]];
                product(&w, &x, &mut sums[0]);
                portable::product(&w, &x, &mut sums[1]);
                for (o, sum) in sums[2].iter_mut().enumerate() {
                    let index = |i| ((o / BLOCK * quads + i / 4) * BLOCK + o % BLOCK) * 4 + i % 4;
                    *sum = (0..ins)
                        .map(|i| i32::from(w[index(i)]) * i32::from(x[i]))
                        .sum();
                }
                assert_eq!(sums[0], sums[2], "{ins} inputs, {outs} outputs");
                assert_eq!(sums[1], sums[2], "{ins} inputs, {outs} outputs");
            }
        }
    });
}

#[test]
fn requantised_sums_agree() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            let sums = random.vec(n, -(1 << 26) + 1, (1 << 26) - 1, extreme, |v| v);
            let bias = random.vec(n, -(1 << 29), 1 << 29, extreme, |v| v);
            let shift = random.vec(n, 1, 24, extreme, |v| v.max(1) as u8);
            let (mut fast, mut slow) = (vec![1; n], vec![2; n]);
            requantise(&sums, &bias, &shift, &mut fast);
            portable::requantise(&sums, &bias, &shift, &mut slow);
            assert_eq!(fast, slow, "{n} values");
        }
    });
}

#[test]
fn norms_agree() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            for peak in [0, 1, 2, 255, 32767] {
                let v = random.vec(n, -peak - 1, peak, extreme, |v| v as i16);
                let gain = random.vec(n, 0, 32767, extreme, |v| v as i16);
                let (mut fast, mut slow) = (vec![1; n], vec![2; n]);
                rms_norm(&v, &gain, &mut fast);
                portable::rms_norm(&v, &gain, &mut slow);
                assert_eq!(fast, slow, "{n} values up to {peak}");
            }
        }
    });
}

#[test]
fn norms_are_norms() {
    // A constant vector of any size becomes 1 in Q11, within 1 in 1000, less the 1 added to the square.
    for n in [2usize, 15, 16, 17, 32, 48, 64, 255, 256, 512] {
        for v in [200i16, 1000, 32767, -32768] {
            let mut out = vec![0i8; n];
            portable::rms_norm(&vec![v; n], &vec![1280; n], &mut out);
            let expected = 80 * i8::from(v > 0) - 80 * i8::from(v < 0);
            assert!(out.iter().all(|&o| o == expected), "{n} times {v}: {out:?}");
        }
    }
}

#[test]
fn convolutions_agree() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            let reach = 16000;
            let history = random.vec(3 * n, -32768, 32767, extreme, |v| v as i16);
            let weights = random.vec(4 * n, -reach, reach, extreme, |v| v as i16);
            let bias = random.vec(n, -(1 << 20), 1 << 20, extreme, |v| v);
            let x = random.vec(n, -32768, 32767, extreme, |v| v as i16);
            let (mut h1, mut h2) = (history.clone(), history);
            let (mut fast, mut slow) = (vec![1; n], vec![2; n]);
            convolve(&mut h1, &weights, &bias, &x, &mut fast);
            portable::convolve(&mut h2, &weights, &bias, &x, &mut slow);
            assert_eq!((fast, h1), (slow, h2), "{n} channels");
        }
    });
}

#[test]
fn gates_agree() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            for shift in [1, 2, 12, 23, 24] {
                let reach = if extreme { i32::MAX } else { 1 << 23 };
                let read = random.vec(n, -reach - 1, reach, extreme, |v| v);
                let x = random.vec(n, -32768, 32767, extreme, |v| v as i16);
                let z = random.vec(n, -32768, 32767, extreme, |v| v as i16);
                let skip = random.between(-32768, 32767, extreme) as i16;
                let shifts = [shift, 1 + shift / 2, 25 - shift];
                let (mut fast, mut slow) = (vec![1; n], vec![2; n]);
                gate(&read, &x, &z, skip, shifts, &mut fast);
                portable::gate(&read, &x, &z, skip, shifts, &mut slow);
                assert_eq!(fast, slow, "{n} channels, shift {shift}");
            }
        }
    });
}

#[test]
fn every_gate_agrees() {
    on_every_kernel(|| {
        // The gate's sigmoid is written twice: all its inputs.
        let z: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let (read, x) = (vec![32767; z.len()], vec![0; z.len()]);
        let (mut fast, mut slow) = (vec![1; z.len()], vec![2; z.len()]);
        gate(&read, &x, &z, 0, [1, 1, 15], &mut fast);
        portable::gate(&read, &x, &z, 0, [1, 1, 15], &mut slow);
        assert_eq!(fast, slow);
    });
}

#[test]
fn head_logits_agree() {
    on_every_kernel(|| {
        for (_, extreme, mut random) in cases() {
            let sums = random.vec(256, -(1 << 26) + 1, (1 << 26) - 1, extreme, |v| v);
            let bias = random.vec(256, -(1 << 29), 1 << 29, extreme, |v| v);
            let shift = random.vec(256, 1, 24, extreme, |v| v.max(1) as u8);
            let mut logits = [[1; 256], [2; 256]];
            head_logits(&mut sums.clone(), &bias, &shift, &mut logits[0]);
            portable::head_logits(&mut sums.clone(), &bias, &shift, &mut logits[1]);
            assert_eq!(logits[0], logits[1]);
        }
    });
}

#[test]
fn scans_agree() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            for states in [1, 2, 7, 8, 15, 16] {
                let limit = (1 << 30) - 1;
                let state = random.vec(n * states, -limit, limit, extreme, |v| v);
                let b = random.vec(states, -8191, 8191, extreme, |v| v as i16);
                let c = random.vec(states, -8191, 8191, extreme, |v| v as i16);
                let input = random.vec(n, -32768, 32767, extreme, |v| v as i16);
                let leak = random.vec(n, 0, 32767, extreme, |v| v as i16);
                let (mut s1, mut s2) = (state.clone(), state);
                let (mut fast, mut slow) = (vec![1; n], vec![2; n]);
                for _ in 0..3 {
                    scan(&mut s1, &b, &c, &input, &leak, &mut fast);
                    portable::scan(&mut s2, &b, &c, &input, &leak, &mut slow);
                    assert_eq!((&fast, &s1), (&slow, &s2), "{n} channels, {states} states");
                }
            }
        }
    });
}

impl Lcg {
    fn nodes(&mut self, low: i32, high: i32, extreme: bool) -> Row {
        std::array::from_fn(|_| self.between(low, high, extreme) as i16)
    }

    fn slots(&mut self, n: usize, extreme: bool) -> Vec<Slot> {
        let most = MAX_SEEN.into();
        let slot = |_| Slot {
            logits: self.nodes(-128, 127, extreme).map(|x| x as i8),
            counts: self.nodes(0, most, extreme).map(|seen| seen as u8),
            probabilities: self.nodes(-32768, 32767, extreme).map(|p| p as u16),
        };
        (0..n).map(slot).collect()
    }

    fn weights(&mut self, n: usize, extreme: bool) -> Vec<NodeWeights> {
        let weights = |_| NodeWeights {
            high: self.nodes(-32768, 32767, extreme),
            low: self.nodes(-32768, 32767, extreme).map(|low| low as u16),
        };
        (0..n).map(weights).collect()
    }
}

fn every_weight(weights: &[NodeWeights]) -> Vec<i32> {
    let nodes = weights
        .iter()
        .flat_map(|w| (0..NODES).map(|node| w.at(node)));
    nodes.collect()
}

#[test]
fn slots_give_inputs_alike() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            let slots = random.slots(5, extreme);
            let indices: Vec<u32> = (0..n as u32).map(|k| k * 7 % 5).collect();
            let (mut fast, mut slow) = (vec![[1; NODES]; 2 * n], vec![[2; NODES]; 2 * n]);
            slot_inputs(&slots, &indices, &mut fast);
            portable::slot_inputs(&slots, &indices, &mut slow);
            assert_eq!(fast, slow);
            for (rows, &index) in fast.chunks(2).zip(&indices) {
                let slot = &slots[index as usize];
                let seen = slot.logits.iter().zip(&slot.probabilities);
                for ((&logit, &probability), node) in seen.zip(0..) {
                    assert_eq!(i32::from(rows[0][node]), i32::from(logit) * 128);
                    assert_eq!(
                        i32::from(rows[1][node]),
                        (i32::from(probability) - 32768) >> 2
                    );
                }
            }
        }
    });
}

#[test]
fn slots_learn_alike() {
    on_every_kernel(|| {
        // Any table does: what matters is which entry is taken.
        let logits: [i8; 4096] = std::array::from_fn(|step| (step % 251) as u8 as i8);
        for (n, extreme, mut random) in cases() {
            let slots = random.slots(5, extreme);
            let indices: Vec<u32> = (0..n as u32).map(|k| k * 7 % 5).collect();
            for half in 0..16 {
                let (mut fast, mut slow) = (slots.clone(), slots.clone());
                count(&mut fast, &indices, half, &logits);
                portable::count(&mut slow, &indices, half, &logits);
                for (fast, slow) in fast.iter().zip(&slow) {
                    assert_eq!(fast.probabilities, slow.probabilities, "{half}");
                    assert_eq!((fast.counts, fast.logits), (slow.counts, slow.logits));
                }
            }
        }
    });
}

/// Every probability and every count, at the nodes of one half: towards the bit by the count's share of what is missing, rounded.
#[test]
fn counters_learn_by_what_is_missing() {
    on_every_kernel(|| {
        let logits: [i8; 4096] = std::array::from_fn(|step| (step >> 5) as i8);
        let path = [(1, 1), (3, 0), (6, 1), (13, 0)];
        for seen in 0..=MAX_SEEN {
            let rate = 65536 / (2 * u64::from(seen) + 3);
            for p in 0..=u16::MAX {
                let mut slots = [Slot {
                    logits: [99; NODES],
                    counts: [seen; NODES],
                    probabilities: [p; NODES],
                }];
                count(&mut slots, &[0], 0b1010, &logits);
                let [slot] = &slots;
                for (node, bit) in path {
                    let missing = u64::from(if bit == 1 { 65535 - p } else { p });
                    let left = missing - ((missing * rate + (1 << 14)) >> 15);
                    let expected = if bit == 1 { 65535 - left } else { left.max(1) };
                    assert_eq!(
                        u64::from(slot.probabilities[node]),
                        expected,
                        "{seen}, {p}, {node}"
                    );
                    assert_eq!(slot.counts[node], (seen + 1).min(MAX_SEEN));
                    assert_eq!(u64::from(slot.logits[node] as u8), expected >> 9);
                }
                for node in [0, 2, 4, 5, 7, 8, 9, 10, 11, 12, 14, 15] {
                    let kept = (
                        slot.probabilities[node],
                        slot.counts[node],
                        slot.logits[node],
                    );
                    assert_eq!(kept, (p, seen, 99), "{node}");
                }
            }
        }
    });
}

#[test]
fn blends_agree() {
    on_every_kernel(|| {
        for inputs in [1, 2, 15, 16, 17, 46] {
            for (n, extreme, mut random) in cases() {
                let mut weights = random.weights(7 * inputs, extreme);
                let x: Vec<Row> = (0..inputs)
                    .map(|_| random.nodes(-32768, 32767, extreme))
                    .collect();
                let weight_sets = [6, 0, n as u32 % 7, 3];
                for weight_sets in (0..=MAX_WEIGHT_SETS).map(|used| &weight_sets[..used]) {
                    let blended = blend(&weights, weight_sets, &x);
                    assert_eq!(blended, portable::blend(&weights, weight_sets, &x));
                    for (&weight_set, blended) in weight_sets.iter().zip(blended) {
                        let weights = &weights[weight_set as usize * inputs..][..inputs];
                        for (node, blended) in blended.into_iter().enumerate() {
                            let sum = { weights.iter().zip(&x) }.fold(0, |sum: i32, (w, x)| {
                                let product = i32::from(x[node]) * (w.at(node) >> 16);
                                let product = ((product + (1 << 14)) >> 15) as i16;
                                (sum + i32::from(product)).clamp(-32768, 32767)
                            });
                            assert_eq!(i32::from(blended), sum);
                        }
                    }
                    let errors =
                        [[0; NODES]; MAX_WEIGHT_SETS].map(|_| random.nodes(-32768, 32767, extreme));
                    let mut slow = weights.clone();
                    descend(&mut weights, weight_sets, &x, &errors);
                    portable::descend(&mut slow, weight_sets, &x, &errors);
                    assert_eq!(every_weight(&weights), every_weight(&slow));
                }
            }
        }
    });
}

#[test]
fn weights_move_by_the_product_and_stop_at_their_limit() {
    on_every_kernel(|| {
        for start in [0, 1, -1, 65535, 65536, -65536, i32::MAX - 5, i32::MIN + 5] {
            for input in [-32768, -16, -1, 0, 15, 16, 32767] {
                for error in [-24576, -1, 0, 1, 24576] {
                    let mut weights = [NodeWeights::all(start)];
                    descend(
                        &mut weights,
                        &[0],
                        &[[input; NODES]],
                        &[[error; NODES]; MAX_WEIGHT_SETS],
                    );
                    let step = i64::from(input >> 4) * i64::from(error);
                    let far = i64::from(start) + step;
                    let limit = far.clamp(i32::MIN.into(), i32::MAX.into());
                    // Of what is beyond the limit only the upper half stops there.
                    let weight = i64::from(weights[0].at(3));
                    assert_eq!(weight >> 16, limit >> 16, "{start} {input} {error}");
                    assert!(weight == far || far != limit, "{start} {input} {error}");
                }
            }
        }
    });
}

#[test]
fn trees_agree() {
    on_every_kernel(|| {
        for (_, extreme, mut random) in cases() {
            let leaves = std::array::from_fn(|_| random.between(1, (1 << 16) - 1, extreme) as u32);
            let (mut sums, mut slow) = ([1; 512], [2; 512]);
            tree(&leaves, &mut sums);
            portable::tree(&leaves, &mut slow);
            assert_eq!(sums, slow);
            assert_eq!(sums[256..], leaves);
            assert_eq!((sums[0], sums[1]), (0, leaves.iter().sum()));
            for node in 1..256 {
                assert_eq!(sums[node], sums[2 * node] + sums[2 * node + 1]);
            }
        }
    });
}

#[test]
fn softmaxes_agree() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            let row = random.row(extreme);
            let logits: [i16; 256] =
                std::array::from_fn(|k| if k < n { row[k] } else { row[k] >> 6 });
            let mut frequencies = [[0u32; 256]; 2];
            softmax(&logits, &mut frequencies[0]);
            portable::softmax(&logits, &mut frequencies[1]);
            assert_eq!(frequencies[0], frequencies[1]);
            assert_eq!(frequencies[0].iter().sum::<u32>(), 1 << 24);
            assert!(frequencies[0].iter().all(|&f| f > 0));
        }
    });
}

#[test]
fn softmaxes_agree_at_edges() {
    on_every_kernel(|| {
        // Where the exponent's fraction turns over, and where a logit no longer counts.
        let edges = [0, 1, 511, 512, 513, 24 * 512, 24 * 512 + 511, 65534];
        for below in edges
            .into_iter()
            .flat_map(|edge: i32| [edge - 1, edge, edge + 1])
        {
            let Ok(other) = i16::try_from(32767 - below.max(0)) else {
                continue;
            };
            let mut logits = [other; 256];
            for top in [0, 9, 255] {
                logits[top] = i16::MAX;
                let mut frequencies = [[0u32; 256]; 2];
                softmax(&logits, &mut frequencies[0]);
                portable::softmax(&logits, &mut frequencies[1]);
                assert_eq!(frequencies[0], frequencies[1], "{below} below");
            }
        }
    });
}

#[test]
fn softmax_of_extremes() {
    on_every_kernel(|| {
        let mut f = [0u32; 256];
        softmax(&[i16::MIN; 256], &mut f);
        assert_eq!(f, [1 << 16; 256]);
        let mut logits = [i16::MIN; 256];
        logits[7] = i16::MAX;
        softmax(&logits, &mut f);
        assert_eq!((f[7], f[8]), ((1 << 24) - 255, 1));
    });
}

#[test]
fn wide_products_agree() {
    on_every_kernel(|| {
        for (n, extreme, mut random) in cases() {
            let outs = 1 + n % 9;
            let weights = random.vec(outs * n, -127, 127, extreme, |v| v as i8);
            let x = random.vec(n, -32768, 32767, extreme, |v| v as i16);
            let mut out = vec![7; outs];
            wide_product(&weights, &x, &mut out);
            let mut expected = vec![0; outs];
            portable::wide_product(&weights, &x, &mut expected);
            assert_eq!(out, expected, "{n} inputs");
            let factor = random.between(i32::MIN, i32::MAX, extreme);
            add_scaled(&mut out, &weights, factor);
            portable::add_scaled(&mut expected, &weights, factor);
            assert_eq!(out, expected, "{n} inputs");
        }
    });
}
