//! Networks and numbers made from integers alone, so that nothing trained and no libm moves them.

use boa_constrictor::model::{Block, CONV, Config, Embedding, Linear, TOKENS, Weights};
use boa_constrictor::model_file::Model;

/// Random numbers, the same everywhere and for ever.
pub struct Lcg(pub u64);

impl Lcg {
    pub fn below(&mut self, n: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % n
    }

    fn vec<T>(&mut self, n: usize, low: i64, high: i64, to: fn(i64) -> T) -> Vec<T> {
        (0..n)
            .map(|_| to(low + self.below(high - low + 1)))
            .collect()
    }

    fn embedding(&mut self, rows: usize, dim: usize) -> Embedding {
        Embedding {
            table: self.vec(rows * dim, -127, 127, |v| v as i8),
            scale: self.vec(dim, 2, 12, |v| v as i16),
        }
    }

    fn linear(&mut self, outs: usize, ins: usize, shift: (i64, i64)) -> Linear {
        Linear {
            weights: self.vec(outs * ins, -90, 90, |v| v as i8),
            bias: self.vec(outs, -20_000, 20_000, |v| v as i32),
            shift: self.vec(outs, shift.0, shift.1, |v| v as u8),
            ..Linear::default()
        }
    }

    fn block(&mut self, c: &Config) -> Block {
        let (dim, inner, heads) = (usize::from(c.dim), c.inner(), usize::from(c.heads));
        Block {
            gain: self.vec(dim, 300, 700, |v| v as i16),
            input: self.linear(c.projected(), dim, (7, 9)),
            filter: self.vec(CONV * c.convolved(), -2500, 2500, |v| v as i16),
            filter_bias: self.vec(c.convolved(), -400_000, 400_000, |v| v as i32),
            decay: self.vec(heads, 200, 8000, |v| v as u16),
            step_shift: self.vec(heads, 3, 6, |v| v as u8),
            input_shift: self.vec(heads, 9, 12, |v| v as u8),
            read_shift: self.vec(heads, 6, 9, |v| v as u8),
            skip: self.vec(heads, -4096, 4096, |v| v as i16),
            skip_gate_shift: vec![12, 11],
            out_gain: self.vec(inner, 300, 700, |v| v as i16),
            output: self.linear(dim, inner, (8, 10)),
        }
    }

    /// A small valid network with moderate random weights.
    pub fn model(&mut self) -> Model {
        let c = Config {
            dim: 24,
            layers: 2,
            heads: 3,
            state: 16,
            taps: 4,
            record: 0,
        };
        self.model_of(c, 127)
    }

    /// A network of a shape, with 8-bit weights no larger than `reach`.
    pub fn model_of(&mut self, c: Config, reach: i8) -> Model {
        let dim = usize::from(c.dim);
        let mut weights = Weights {
            taps: (0..c.taps).map(|_| self.embedding(TOKENS, dim)).collect(),
            phase: self.embedding(c.phases(), dim),
            blocks: (0..c.layers).map(|_| self.block(&c)).collect(),
            gain: self.vec(dim, 300, 700, |v| v as i16),
            head: self.linear(256, dim, (5, 7)),
        };
        weights_within(&mut weights, reach);
        Model::new(c, &weights).unwrap()
    }
}

fn weights_within(weights: &mut Weights, reach: i8) {
    let embeddings = weights.taps.iter_mut().chain([&mut weights.phase]);
    let tables = embeddings.map(|embedding| &mut embedding.table);
    let tables = tables.chain([&mut weights.head.weights]);
    tables
        .flatten()
        .for_each(|w| *w = (*w).clamp(-reach, reach));
}
