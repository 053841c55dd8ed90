//! Files of numbers whose parameters are an encoder's and whose other words are anything, by name.

use super::autoencoders::Filler;
use super::made::Lcg;
use super::number_frames::{code_type, file};
use super::numbers::{F4, F8, I2};
use boa_constrictor::coder::{AdaptiveBit, BitCoder, Integers, LaneEncoder};
use boa_constrictor::layout::Column;
use boa_constrictor::lossy::coded::Form;
use boa_constrictor::lossy::grid::Grid;
use boa_constrictor::lossy::numbers;
use boa_constrictor::model::TensorVisitor;
use boa_constrictor::model::autoencoder::{
    Bottleneck, BottleneckShape, Masked, MaskedShape, MaskedWeights, Normalisation,
    NormalisedColumn,
};
use boa_constrictor::model::numbers::field::{Axis, FieldMethod};
use boa_constrictor::model::numbers::{ColumnCode, Regression};
use boa_constrictor::model_file::{Autoencoder, AutoencoderKind};

const ROWS: usize = 60;
const TYPES: [Column; 5] = [I2, F4, F8, F8, F4];
const RECORD: usize = 2 + 4 + 8 + 8 + 4;

/// The words of parameters, and as many others as decoding then takes; and what it gives.
fn filled_up(
    parameters: impl FnOnce(&mut Integers<LaneEncoder>),
    len: usize,
    kind: Option<&AutoencoderKind>,
    random: &mut Lcg,
) -> Option<(Vec<u32>, Vec<u8>)> {
    let mut encoder = LaneEncoder::default();
    parameters(&mut Integers::new(&mut encoder));
    let mut words = encoder.finish();
    while 4 * words.len() < len {
        words.push((random.below(1 << 31) as u32) << 1 ^ random.below(1 << 31) as u32);
        if let Ok(content) = numbers::decode(&words, len, &[], kind) {
            return Some((words, content));
        }
    }
    None
}

/// Flags of specials whose bits follow one by one.
fn specials<C: BitCoder>(integers: &mut Integers<C>, width: u8) {
    integers.within(20, 1, 0, 1).unwrap();
    integers.within(21, 0, 0, 255).unwrap();
    let mut models = [AdaptiveBit::default(); 16];
    let mut past = 0;
    let special = |row: usize| row % 7 == 3 || row < 2;
    for row in 0..ROWS {
        let flag = special(row);
        integers.coder().bit(&mut models[past << 1], flag).unwrap();
        past = (past << 1 | usize::from(flag)) & 7;
    }
    for row in (0..ROWS).filter(|&row| special(row)) {
        for k in 0..8 * u32::from(width) {
            integers
                .coder()
                .even_bit(row as u32 >> (k % 6) & 1 == 1)
                .unwrap();
        }
    }
}

/// A relation: the first column times the second, and a constant.
fn relation<C: BitCoder>(integers: &mut Integers<C>, column: u64) {
    integers.within(29, 6, 0, 64).unwrap();
    for back in [column, column - 1] {
        integers.within(31, 0, 0, 16).unwrap();
        integers.within(23, back, 1, column).unwrap();
    }
    integers.within(31, 5, 0, 16).unwrap();
    integers.within(31, 1, 0, 16).unwrap();
    integers.bits(2.5f64.to_bits()).unwrap();
    // Plus, sine.
    integers.within(31, 3, 0, 16).unwrap();
    integers.within(31, 8, 0, 16).unwrap();
    let [gain, shift] = [60.0f64, 11.0].map(|x| x.to_bits() >> 32);
    integers.bits(gain << 32 | shift).unwrap();
}

/// Columns of every grid, with references, regressions, dictionaries and a relation; the fourth has symbols of `depth` bits.
fn table<C: BitCoder>(integers: &mut Integers<C>, learned: bool, depth: u32) {
    Form::Table.code(integers).unwrap();
    integers.within(24, RECORD as u64, 1, u64::MAX).unwrap();
    integers.within(25, u64::from(depth % 2), 0, 1).unwrap();
    integers.within(26, TYPES.len() as u64, 0, 99).unwrap();
    for column in TYPES {
        integers.within(27, 0, 0, 99).unwrap();
        code_type(column, integers);
    }
    integers.within(30, learned.into(), 0, 1).unwrap();
    let grids = [
        Grid::Integer { step: 3 },
        Grid::Uniform {
            step: 0.125,
            offset: 5,
        },
        Grid::Logarithmic {
            step: 0.0625,
            first: -30,
        },
        Grid::Uniform {
            step: 2f64.powi(-20),
            offset: 0,
        },
        Grid::Decimal {
            digits: 3,
            first: -2,
        },
    ];
    let regression = |terms: &[(u32, i64)]| {
        Some(Regression {
            terms: terms.to_vec(),
            offset: 123_456,
        })
    };
    let codes = [
        ColumnCode {
            least: -50,
            largest: 200,
            median: 70,
            ..ColumnCode::default()
        },
        ColumnCode {
            least: -7,
            largest: 1000,
            median: 600,
            references: vec![0],
            regression: regression(&[(0, 1 << 16), (1, -30_000)]),
            ..ColumnCode::default()
        },
        ColumnCode {
            least: -40,
            largest: 11,
            median: 5,
            dictionary: vec![-40, -39, -20, -3, 0, 1, 2, 9, 10, 44, 45, 500],
            references: vec![1, 0],
            regression: regression(&[(1, 5000), (0, 40_000)]),
        },
        ColumnCode {
            least: i64::from(depth) - 3,
            largest: u32::MAX >> (32 - depth),
            median: 99,
            references: vec![2, 0],
            ..ColumnCode::default()
        },
        ColumnCode {
            least: 17,
            ..ColumnCode::default()
        },
    ];
    for (k, (grid, code)) in grids.into_iter().zip(codes).enumerate() {
        Grid::code(Some(grid), integers).unwrap();
        match k {
            1 => specials(integers, TYPES[k].width),
            _ => assert_eq!(integers.within(20, 0, 0, 1), Ok(0)),
        }
        match k {
            3 => relation(integers, 3),
            _ => assert_eq!(integers.within(29, 0, 0, 64), Ok(0)),
        }
        code.code(integers, k, ROWS).unwrap();
    }
}

/// Tables whose symbols are anything, also such as no column has.
pub fn tables() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (seed, depth) in [7, 14, 25, 32].into_iter().enumerate() {
        let mut random = Lcg(100 + seed as u64);
        let parameters = |integers: &mut Integers<LaneEncoder>| table(integers, false, depth);
        if let Some((words, content)) = filled_up(parameters, ROWS * RECORD, None, &mut random) {
            files.push((format!("table-{depth}"), file(&words, &content, None)));
        }
    }
    files
}

/// Fills tensors with numbers that are allowed.
fn filler(seed: u64) -> impl TensorVisitor {
    let mut random = Lcg(seed);
    Filler(move |low, high| low + random.below(high - low + 1))
}

fn normalisation() -> Normalisation {
    let mut all = Normalisation::default();
    for k in 0..TYPES.len() as i32 {
        all.push(NormalisedColumn {
            centre: (3 * k + 1, -1),
            scale: (5 + k, k as i16),
            log: k % 2 == 1,
        });
    }
    all
}

fn masked(previous: u8, seed: u64) -> Masked {
    let shape = MaskedShape {
        columns: TYPES.len() as u16,
        hidden: 9,
        components: 1 + 2 * previous,
        previous,
    };
    let mut weights = MaskedWeights::default();
    weights.visit(&shape, &mut filler(seed)).unwrap();
    weights.normalisation = normalisation();
    // Not so large that every distribution is at its limits.
    weights.start.iter_mut().for_each(|start| *start >>= 8);
    weights.hidden_shift.fill(12);
    weights.output.bias.iter_mut().for_each(|bias| *bias >>= 10);
    weights.output.shift.fill(9);
    Masked { shape, weights }
}

/// Tables that a masked autoencoder predicts.
pub fn with_autoencoder() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for seed in 0..6 {
        let masked = masked((seed % 2) as u8, 200 + seed);
        let kind = AutoencoderKind::Masked(masked);
        let model = Autoencoder::new(kind.clone()).unwrap();
        let depth = 8 + 8 * (seed as u32 % 4);
        let parameters = |integers: &mut Integers<LaneEncoder>| table(integers, true, depth);
        let mut random = Lcg(seed);
        let found = filled_up(parameters, ROWS * RECORD, Some(&kind), &mut random);
        if let Some((words, content)) = found {
            let file = file(&words, &content, Some(model.bytes()));
            files.push((format!("masked-{seed}"), file));
        }
    }
    files
}

/// Tables of which only latents are stored.
pub fn latents() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (seed, hidden) in [vec![7], vec![], vec![4, 6]].into_iter().enumerate() {
        let mut whole = Bottleneck {
            shape: BottleneckShape {
                columns: TYPES.len() as u16,
                hidden,
                latents: 2,
                latent_bits: 6,
            },
            ..Bottleneck::default()
        };
        whole.visit(true, &mut filler(seed as u64)).unwrap();
        whole.normalisation = normalisation();
        let kind = AutoencoderKind::Bottleneck(match seed {
            0 => whole,
            _ => whole.decoder_alone(),
        });
        let model = Autoencoder::new(kind.clone()).unwrap();
        let parameters = |integers: &mut Integers<LaneEncoder>| {
            Form::Latents.code(integers).unwrap();
            integers.within(24, RECORD as u64, 1, u64::MAX).unwrap();
            integers.within(25, 0, 0, 1).unwrap();
            integers.within(26, TYPES.len() as u64, 0, 99).unwrap();
            for column in TYPES {
                integers.within(27, 0, 0, 99).unwrap();
                code_type(column, integers);
            }
            integers.within(30, 0, 0, 1).unwrap();
            for k in 0..2 {
                Grid::code(Some(Grid::INTEGERS), integers).unwrap();
                integers.within(20, 0, 0, 1).unwrap();
                integers.within(29, 0, 0, 64).unwrap();
                let code = ColumnCode {
                    least: -33,
                    largest: 63,
                    median: 32,
                    ..ColumnCode::default()
                };
                code.code(integers, k, ROWS).unwrap();
            }
        };
        let mut random = Lcg(seed as u64 + 50);
        let found = filled_up(parameters, ROWS * RECORD, Some(&kind), &mut random);
        if let Some((words, content)) = found {
            let file = file(&words, &content, Some(model.bytes()));
            files.push((format!("latents-{seed}"), file));
        }
    }
    files
}

/// Arrays whose residuals are anything.
pub fn fields() -> Vec<(String, Vec<u8>)> {
    let lengths = [5u64, 6, 9];
    let mut files = Vec::new();
    for seed in 0..6u64 {
        let (i, o, r) = (Axis::Inner, Axis::Outer, Axis::Refined);
        let method = FieldMethod {
            axes: [[i, i, i, i], [i, o, r, r], [o, r, r, i]][seed as usize % 3],
            levels: 2,
            tightening: seed as u32,
            neighbours: 8 * (1 + seed as usize),
            background: (seed % 2 == 1).then_some(4096),
            shift: 8 * seed as u32,
            tile: [0, 3, 2, 4],
            memory: 5,
            channels: seed < 2,
            ..FieldMethod::default()
        };
        let parameters = |integers: &mut Integers<LaneEncoder>| {
            Form::Array.code(integers).unwrap();
            code_type(F8, integers);
            integers.within(30, 3, 1, 4).unwrap();
            for length in lengths {
                integers.within(30, length, 1, 999).unwrap();
            }
            let grid = Grid::Uniform {
                step: 0.25,
                offset: 1,
            };
            Grid::code(Some(grid), integers).unwrap();
            integers.within(31, seed % 2, 0, 1).unwrap();
            integers.within(20, 0, 0, 1).unwrap();
            method.code(integers).unwrap();
        };
        let len = 8 * lengths.iter().product::<u64>() as usize;
        let mut random = Lcg(seed + 70);
        if let Some((words, content)) = filled_up(parameters, len, None, &mut random) {
            files.push((format!("field-{seed}"), file(&words, &content, None)));
        }
    }
    files
}
