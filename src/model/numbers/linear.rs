//! Least squares in integers: the moments of samples, collected batch by batch, and the weights that minimise the squared error,
//! from a factorisation without square roots.

/// The most inputs of a linear prediction.
pub const MAX_INPUTS: usize = 64;
/// Inputs of the short prediction.
const FEW: usize = 20;
/// Fraction bits of a weight.
const WEIGHT_BITS: u32 = 18;
/// Weights stay within +-16.
const WEIGHT_LIMIT: i128 = 16 << WEIGHT_BITS;
/// Samples whose products are added at once.
const BATCH: usize = 16;
/// Inputs and targets of a batch are shifted until so many bits and a sign hold them: the sum of their products then fits 31 bits.
const SAMPLE_BITS: u32 = 13;
/// Inputs and targets are limited to this magnitude: sums of 2^24 products fit 63 bits.
const SAMPLE_LIMIT: i64 = 1 << 19;

/// Fraction bits of scaled moments and of factors: a factor times a pivot is no larger than the diagonal, so that their products stay
/// within 62 bits.
const MOMENT_BITS: u32 = 36;
const FACTOR_BITS: u32 = 26;
/// Inverse pivots: `2^62 / pivot`.
const INVERSE_BITS: u32 = 62;
/// The least pivot, 2^-26 of the diagonal.
const MIN_PIVOT: i64 = 1 << (MOMENT_BITS - 26);

/// Sums of the products of inputs and target with each other: a lower triangle, row by row, the target's row last.
#[derive(Clone)]
pub struct Moments {
    sums: Vec<i64>,
    /// Samples, forgotten like the sums, in 1/256.
    count: i64,
}

impl Moments {
    /// Of no samples.
    pub fn new(inputs: usize) -> Self {
        Moments {
            sums: vec![0; (inputs + 1) * (inputs + 2) / 2],
            count: 0,
        }
    }

    fn add(&mut self, products: &[i64], samples: usize) {
        for (sum, &product) in self.sums.iter_mut().zip(products) {
            *sum = sum.wrapping_add(product);
        }
        self.count = self.count.saturating_add(256 * samples as i64);
    }

    /// Shrinks the sums by as many 1/2^`memory` as samples came.
    fn forget(&mut self, samples: u32, memory: u32) {
        let less = |sum: i64| sum.wrapping_sub(sum.wrapping_mul(samples.into()) >> memory);
        for sum in &mut self.sums {
            *sum = less(*sum);
        }
        self.count = less(self.count);
    }
}

/// What a linear prediction is learned with.
#[derive(Clone, Copy, Debug)]
pub struct Learning {
    /// Bits that inputs and targets are shifted down by.
    pub shift: u32,
    /// What is added to the diagonal of the moments.
    pub ridge: i64,
    /// How many samples of memory, as a power of two; 0 for all.
    pub memory: u32,
    /// Samples that weights serve.
    pub every: u32,
    /// How many samples a prior counts as.
    pub prior: i64,
}

/// A linear prediction that learns from the samples that come: one from all inputs, one from the first few.
pub struct LinearPrediction {
    batch: Vec<[i32; BATCH]>,
    batched: usize,
    moments: Moments,
    weights: Vec<i32>,
    few: Vec<i32>,
    /// Samples in all, and since the weights were solved for.
    seen: u32,
    since: u32,
    started: bool,
}

impl LinearPrediction {
    /// With all weights 0.
    pub fn new(inputs: usize) -> Self {
        LinearPrediction {
            batch: vec![[0; BATCH]; inputs + 1],
            batched: 0,
            moments: Moments::new(inputs),
            weights: vec![0; inputs],
            few: vec![0; inputs.min(FEW)],
            seen: 0,
            since: 0,
            started: false,
        }
    }

    /// The weighted sum of all inputs, and that of the first few.
    #[inline]
    pub fn predict(&self, inputs: &[i64]) -> [i64; 2] {
        [&self.weights, &self.few].map(|weights| {
            let half = 1i64 << (WEIGHT_BITS - 1);
            let terms = weights.iter().zip(inputs);
            let sum = terms.fold(half, |sum, (&weight, &input)| {
                sum.wrapping_add(input.wrapping_mul(weight.into()))
            });
            sum >> WEIGHT_BITS
        })
    }

    /// Takes the weights of a prior, if nothing came yet.
    pub fn start(&mut self, prior: &Moments, learning: &Learning) {
        if !self.started && prior.count > 0 {
            self.solve(Some(prior), learning);
        }
        self.started = true;
    }

    /// Takes a sample. What comes is also added to the moments of a prior that is supplied.
    #[inline]
    pub fn learn(
        &mut self,
        inputs: &[i64],
        target: i64,
        prior: Option<&mut Moments>,
        learning: &Learning,
    ) {
        let limited = |x: i64| (x >> learning.shift).clamp(-SAMPLE_LIMIT, SAMPLE_LIMIT) as i32;
        let at = self.batched;
        for (row, &x) in self.batch.iter_mut().zip(inputs.iter().chain([&target])) {
            row[at] = limited(x);
        }
        self.batched += 1;
        self.seen = self.seen.saturating_add(1);
        // The first samples are used at once.
        if self.batched >= BATCH.min(1 + self.seen as usize / 8) {
            self.update(prior, learning);
        }
    }

    /// Adds the batch to the moments, and solves for the weights when it is time.
    fn update(&mut self, prior: Option<&mut Moments>, learning: &Learning) {
        let products = products(&mut self.batch);
        let samples = std::mem::take(&mut self.batched);
        self.moments.add(&products, samples);
        let prior = prior.map(|prior| {
            prior.add(&products, samples);
            &*prior
        });
        self.since += samples as u32;
        if self.since >= learning.every.min(self.seen / 4) {
            self.solve(prior, learning);
            if learning.memory > 0 {
                self.moments.forget(self.since, learning.memory);
            }
            self.since = 0;
        }
    }

    fn solve(&mut self, prior: Option<&Moments>, learning: &Learning) {
        let mut sums = self.moments.sums.clone();
        if let Some(prior) = prior {
            // Q16 of a sample of the prior.
            let factor = i128::from((learning.prior << 24) / prior.count.max(256));
            for (sum, &prior) in sums.iter_mut().zip(&prior.sums) {
                *sum = sum.wrapping_add(((i128::from(prior) * factor) >> 16) as i64);
            }
        }
        let factors = Factors::new(&mut sums, self.weights.len(), learning.ridge);
        factors.solve(&mut self.weights);
        factors.solve(&mut self.few);
    }
}

/// The sums of products of a batch, in the order of [`Moments`]; the batch is empty then.
fn products(batch: &mut [[i32; BATCH]]) -> Vec<i64> {
    let largest = batch.iter().flatten().map(|x| x.unsigned_abs()).max();
    let bits = u32::BITS - largest.unwrap_or(0).leading_zeros();
    let shift = bits.saturating_sub(SAMPLE_BITS);
    let half = (1 << shift) >> 1;
    let limit = (1 << SAMPLE_BITS) - 1;
    let short = |x: &i32| ((x + half) >> shift).clamp(-limit, limit) as i16;
    let rows: Vec<[i16; BATCH]> = { batch.iter() }
        .map(|row| std::array::from_fn(|k| short(&row[k])))
        .collect();
    batch.fill([0; BATCH]);
    let mut products = Vec::with_capacity(rows.len() * (rows.len() + 1) / 2);
    for (i, row) in rows.iter().enumerate() {
        let with = |other| i64::from(dot(row, other)) << (2 * shift);
        products.extend(rows[..=i].iter().map(with));
    }
    products
}

#[inline]
fn dot(a: &[i16; BATCH], b: &[i16; BATCH]) -> i32 {
    { a.iter().zip(b) }
        .map(|(&a, &b)| i32::from(a) * i32::from(b))
        .sum()
}

#[inline]
fn shifted(x: i64, by: i32) -> i64 {
    match by >= 0 {
        true => x.wrapping_shl(by as u32),
        false => x >> (-by).min(63),
    }
}

#[inline]
fn product(a: i64, b: i64, shift: u32) -> i64 {
    ((i128::from(a) * i128::from(b)) >> shift) as i64
}

/// Moments as the product of a lower triangle with ones on its diagonal, the pivots, and the triangle transposed. Sums that no samples
/// have give factors of no meaning, but nothing that stops.
struct Factors {
    inputs: usize,
    /// Bits that each row is scaled up by: its diagonal has [`MOMENT_BITS`] bits or one less.
    scale: [i32; MAX_INPUTS + 1],
    /// Row by row, [`MAX_INPUTS`] apart; the target's row last.
    rows: Vec<i64>,
}

impl Factors {
    fn new(sums: &mut [i64], inputs: usize, ridge: i64) -> Self {
        let mut scale = [0i32; MAX_INPUTS + 1];
        let mut at = 0;
        for (i, scale) in scale[..=inputs].iter_mut().enumerate() {
            let diagonal = &mut sums[at + i];
            if i < inputs {
                *diagonal = diagonal.wrapping_add(ridge);
            }
            let bits = i64::BITS - (*diagonal).max(1).leading_zeros();
            *scale = (MOMENT_BITS as i32 - bits as i32) >> 1;
            at += i + 1;
        }
        let mut rows = vec![0i64; (inputs + 1) * MAX_INPUTS];
        let mut inverses = [0i64; MAX_INPUTS];
        // A row of factors times pivots.
        let mut row = [0i64; MAX_INPUTS];
        let mut at = 0;
        for i in 0..=inputs {
            for j in 0..i {
                let terms = row[..j].iter().zip(&rows[j * MAX_INPUTS..]);
                let before = terms.fold(0i64, |sum, (&m, &l)| sum.wrapping_add(m.wrapping_mul(l)));
                let own = shifted(sums[at + j], scale[i] + scale[j]);
                row[j] = own.wrapping_sub(before >> FACTOR_BITS);
            }
            let mut pivot = shifted(sums[at + i], 2 * scale[i]);
            let factors = rows[i * MAX_INPUTS..][..i].iter_mut();
            for ((factor, &m), &inverse) in factors.zip(&row).zip(&inverses) {
                *factor = product(m, inverse, INVERSE_BITS - FACTOR_BITS);
                pivot = pivot.wrapping_sub(product(m, *factor, FACTOR_BITS));
            }
            if i < inputs {
                inverses[i] =
                    (1i64 << INVERSE_BITS) / pivot.max(MIN_PIVOT).saturating_add(MIN_PIVOT);
            }
            at += i + 1;
        }
        Factors {
            inputs,
            scale,
            rows,
        }
    }

    /// The weights of the first inputs, as many as there are weights.
    fn solve(&self, weights: &mut [i32]) {
        // The target's factors are what forward substitution gives.
        let target = self.inputs;
        let mut solution = [0i64; MAX_INPUTS];
        for i in (0..weights.len()).rev() {
            let mut x = self.rows[target * MAX_INPUTS + i];
            for (k, &known) in solution.iter().enumerate().take(weights.len()).skip(i + 1) {
                x = x.wrapping_sub(product(self.rows[k * MAX_INPUTS + i], known, FACTOR_BITS));
            }
            solution[i] = x;
            let up = self.scale[i] - self.scale[target] - (FACTOR_BITS - WEIGHT_BITS) as i32;
            let weight = match up >= 0 {
                true => i128::from(x) << up.min(60),
                false => i128::from(x) >> (-up).min(100),
            };
            weights[i] = weight.clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT) as i32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEARNING: Learning = Learning {
        shift: 0,
        ridge: 1,
        memory: 0,
        every: 32,
        prior: 1,
    };

    fn random(seed: u64) -> impl FnMut(u32) -> i64 {
        let mut state = seed;
        move |bits| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            (state >> 20) as i64 % (1 << bits) - (1 << (bits - 1))
        }
    }

    #[test]
    fn weights_of_a_linear_relation_are_found() {
        let mut next = random(1);
        for bits in [6u32, 12, 18, 28, 40] {
            let learning = Learning {
                shift: bits.saturating_sub(17),
                ..LEARNING
            };
            let mut linear = LinearPrediction::new(5);
            for _ in 0..4000 {
                let base = next(bits);
                let inputs: Vec<i64> = (0..5).map(|_| base + next(bits - 2)).collect();
                let target = inputs[0] * 2 - inputs[1] + inputs[3] / 2;
                linear.learn(&inputs, target, None, &learning);
            }
            let [all, few] = linear.predict(&[1 << 20, 1 << 20, 0, 2 << 20, 0]);
            assert!((all - (2 << 20)).abs() < 1 << 15, "{bits}: {all}");
            assert_eq!(all, few);
        }
    }

    #[test]
    fn a_prior_is_what_the_first_prediction_comes_from() {
        let mut next = random(2);
        let mut prior = Moments::new(2);
        let mut teacher = LinearPrediction::new(2);
        for _ in 0..1000 {
            let inputs = [next(12), next(12)];
            let target = inputs[0] - 3 * inputs[1];
            teacher.learn(&inputs, target, Some(&mut prior), &LEARNING);
        }
        let mut student = LinearPrediction::new(2);
        assert_eq!(student.predict(&[1000, 0]), [0, 0]);
        student.start(&prior, &LEARNING);
        assert!((student.predict(&[1000, 0])[0] - 1000).abs() < 10);
        assert!((student.predict(&[0, 1000])[0] + 3000).abs() < 10);
    }

    #[test]
    fn equal_inputs_and_extremes_do_no_harm() {
        let mut next = random(3);
        let mut linear = LinearPrediction::new(MAX_INPUTS);
        for k in 0..500 {
            let x = if k % 7 == 0 { i64::MIN } else { next(40) };
            linear.learn(&[x; MAX_INPUTS], x, None, &LEARNING);
        }
        linear.predict(&[i64::MAX; MAX_INPUTS]);
        let [all, _] = linear.predict(&[1 << 18; MAX_INPUTS]);
        assert!((all - (1 << 18)).abs() < 1 << 14, "{all}");
    }
}
