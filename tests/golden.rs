//! The normative arithmetic, pinned: a hash over a million predicted distributions.
//!
//! The network, the data and the lanes are made here, so that no retrained model moves the hash. If this test fails, the
//! arithmetic has changed and existing files no longer decode: that needs a new format version.

mod support;

use boa_constrictor::Layout;
use boa_constrictor::coder::Distribution;
use boa_constrictor::model::{
    Block, CONV, Config, Embedding, Linear, Model, Predictor, TOKENS, Weights,
};

struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: i64) -> i64 {
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

    fn model(&mut self) -> Model {
        let c = Config {
            dim: 24,
            layers: 2,
            heads: 3,
            state: 16,
            taps: 4,
            record: 0,
        };
        let dim = usize::from(c.dim);
        let weights = Weights {
            taps: (0..c.taps).map(|_| self.embedding(TOKENS, dim)).collect(),
            phase: self.embedding(c.phases(), dim),
            blocks: (0..c.layers).map(|_| self.block(&c)).collect(),
            gain: self.vec(dim, 300, 700, |v| v as i16),
            head: self.linear(256, dim, (5, 7)),
        };
        Model::new(c, &weights).unwrap()
    }
}

/// Hash of all frequencies of `lanes` lanes over the content.
fn hash(model: &Model, layout: &Layout, lanes: usize, content: &[u8], hasher: &mut blake3::Hasher) {
    let lane_len = content.len().div_ceil(lanes);
    let mut predictor = Predictor::new(model, layout, content.len(), lanes, lane_len);
    let mut distribution = Distribution::default();
    for step in 0..lane_len {
        let active = (0..lanes)
            .take_while(|lane| lane * lane_len + step < content.len())
            .count();
        for lane in 0..active {
            predictor.predict(lane, step, content, &mut distribution);
            let bytes = distribution.frequencies().map(u32::to_le_bytes);
            hasher.update(bytes.as_flattened());
        }
        (0..active).for_each(|lane| predictor.update(lane, step, content));
    }
}

/// Rows of big-endian numbers: a counter, walks of several sizes, small integers. Integers only: no libm may differ.
fn table_rows(random: &mut Lcg, record: usize, len: usize) -> Vec<u8> {
    let mut walks = vec![1i64 << 28; record / 4];
    let mut out = Vec::with_capacity(len + record);
    while out.len() < len {
        for (column, walk) in walks.iter_mut().enumerate() {
            *walk += match column {
                0 => 1,
                1..6 => random.below(1 << (4 * column)) - (1 << (4 * column - 1)),
                _ => random.below(3) - 1,
            };
            out.extend((*walk as u32).to_be_bytes());
        }
    }
    out
}

#[test]
fn a_million_distributions() {
    let mut random = Lcg(7);
    let model = random.model();
    assert_eq!(&model.id().to_string()[..16], "ac6aeeeb22f5a872");
    let rows = table_rows(&mut random, 44, 400_000);
    let text = support::text(300_000);
    let noise = support::noise(100_000);
    let runs = support::text(3000).repeat(67);
    let mut hasher = blake3::Hasher::new();
    let table = Layout {
        width: 4,
        swap: false,
        record: 44,
        plane: 0,
        phase: 8,
    };
    let field = Layout {
        width: 8,
        swap: false,
        record: 800,
        plane: 8000,
        phase: 3,
    };
    let mut predictions = 0;
    for (layout, lanes, content) in [
        (table, 16, &rows[..400_000]),
        (Layout::BYTES, 16, &text[..300_000]),
        (field, 7, &noise[..100_000]),
        (Layout::BYTES, 1, &runs[..200_001]),
    ] {
        hash(&model, &layout, lanes, content, &mut hasher);
        predictions += content.len();
    }
    assert!(predictions > 1_000_000);
    assert_eq!(
        &hasher.finalize().to_hex()[..32],
        "94fe654c5d16948d0db574424af82a0c"
    );
}
