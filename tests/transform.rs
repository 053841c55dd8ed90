//! Transforms: exact for every bit pattern, whatever it is and however the elements lie.

mod support;

use boa_constrictor::Layout;
use boa_constrictor::layout::Kind;
use boa_constrictor::structure::{Field, Predict, Rule, Structure, Transform};
use proptest::prelude::*;
use support::made::Lcg;

fn all_bits(width: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(width))
}

fn to_bytes(elements: &[u64], width: u8, swap: bool) -> Vec<u8> {
    let one = |element: &u64| {
        let mut bytes = element.to_be_bytes()[8 - usize::from(width)..].to_vec();
        if swap {
            bytes.reverse();
        }
        bytes
    };
    elements.iter().flat_map(one).collect()
}

fn array(layout: Layout, swap: bool, transform: Transform) -> Structure {
    let field = Field {
        width: layout.width,
        swap,
        transform,
    };
    Structure {
        layout,
        transposed: false,
        fields: vec![field],
        references: Vec::new(),
    }
}

/// Both ways: what the content becomes, and what any coded bytes stand for.
fn check(structure: &Structure, content: &[u8]) {
    structure.validate(content.len()).unwrap();
    let coded = structure.forward(content.to_vec());
    assert_eq!(coded.len(), content.len());
    assert!(structure.inverse(coded) == content, "{structure:?}");
    let decoded = structure.inverse(content.to_vec());
    assert!(structure.forward(decoded) == content, "{structure:?}");
    let positions = structure.positions();
    for position in 0..content.len().min(40) {
        let position = positions.at(position);
        assert!(
            position.width <= 8
                && position.phase < 15
                && position.column < structure.layout.period()
        );
    }
}

/// Rules at their limits and in the middle, for all widths.
fn rules() -> Vec<Rule> {
    let mut rules = vec![Rule::Any];
    let terms = [1, 3, 10, 1000, 1 << 24, (1 << 53) + 1, 1 << 61, 1 << 62];
    for numerator in terms {
        rules.extend(terms.map(|denominator| Rule::Step {
            numerator,
            denominator,
        }));
    }
    for digits in 0..=16 {
        rules.extend([0, 1, 2, 6, 18, 19, 20].map(|decimals| Rule::Digits { digits, decimals }));
    }
    rules.extend((0..=53).map(|cut| Rule::Coarse { cut }));
    let most = [0xff, 0xffff, 0xffff_ffff, u64::MAX];
    for most in most {
        rules.push(Rule::Dictionary([most].into()));
        rules.push(Rule::Dictionary([0, 1, 2, 100, most - 1, most].into()));
    }
    rules.push(Rule::Dictionary((0..256).collect()));
    rules.push(Rule::Dictionary((0..1 << 16).collect()));
    rules.push(Rule::Dictionary(Vec::new().into()));
    rules
}

fn predictions() -> Vec<Predict> {
    let stencil = |shift, lags: &[u32], weights: &[i32]| Predict::Stencil {
        shift,
        lags: lags.to_vec(),
        weights: weights.to_vec(),
    };
    vec![
        Predict::Nothing,
        Predict::Differences([1, 0, 0]),
        Predict::Differences([0, 2, 1]),
        Predict::Differences([3, 3, 3]),
        stencil(0, &[1], &[]),
        stencil(20, &[1, 2], &[-4096]),
        stencil(1200, &[2, 1, 3, 3], &[32768, -32768, 1]),
        stencil(-1100, &[1, 5], &[32768]),
        stencil(0, &[1, 1 << 30], &[4096]),
        stencil(0, &[7; 32], &[32768; 31]),
    ]
}

/// Every kind with every rule that elements of this width can follow.
fn readings(width: u8) -> Vec<Transform> {
    let mut readings = Vec::new();
    for kind in [Kind::Unsigned, Kind::Signed, Kind::Float] {
        for rule in rules() {
            let transform = Transform {
                rule,
                ..Transform::of(kind)
            };
            if transform.validate(width).is_ok() {
                readings.push(transform);
            }
        }
    }
    readings
}

/// Zeros, infinities, not-a-numbers, the largest and the least of every kind, and their neighbours.
fn specials(width: u8) -> Vec<u64> {
    let most = all_bits(width);
    let sign = most ^ most >> 1;
    let mut bases = vec![0, sign, most];
    match width {
        4 => {
            let floats = [
                f32::INFINITY,
                f32::NAN,
                f32::MIN_POSITIVE,
                f32::MAX,
                1.0,
                1e19,
            ];
            bases.extend(floats.map(|f| u64::from(f.to_bits())));
            bases.extend([0x7f80_0001, 0x7fbf_ffff, 0x7fff_ffff, 0x007f_ffff]);
        }
        8 => {
            let floats = [
                f64::INFINITY,
                f64::NAN,
                f64::MIN_POSITIVE,
                f64::MAX,
                1.0,
                1e19,
                1e-320,
            ];
            bases.extend(floats.map(f64::to_bits));
            bases.extend([0x7ff0_0000_0000_0001, 0x7ff7_ffff_ffff_ffff, sign >> 1]);
        }
        _ => {}
    }
    // Powers of two: the limit of every step is one.
    match width {
        4 => bases.extend((0..255).step_by(7).map(|e| e << 23)),
        8 => bases.extend((900..1150).step_by(7).map(|e| e << 52)),
        _ => {}
    }
    let around = |base: u64| [base.wrapping_sub(1), base, base.wrapping_add(1)];
    let positive: Vec<u64> = bases.into_iter().flat_map(around).collect();
    let negative = positive.iter().map(|p| p ^ sign);
    let all = positive.iter().copied().chain(negative);
    all.map(|p| p & most).collect()
}

/// Patterns that follow the reading's rule, by its own inverse: the least codes and those around zero and the last.
fn followers(reading: &Transform, width: u8) -> Vec<u64> {
    let structure = array(uniform(width, [0; 3]), false, reading.clone());
    let sign = all_bits(width) / 2 + 1;
    let mut codes: Vec<u64> = (0..40).collect();
    codes.extend((0..40).map(|k| (1 << 24) - 20 + k));
    codes.extend((0..40).map(|k| sign.wrapping_sub(20 + k)));
    codes.extend([sign, sign + 1, all_bits(width)]);
    codes.iter_mut().for_each(|code| *code &= all_bits(width));
    let decoded = structure.inverse(to_bytes(&codes, width, false));
    decoded
        .chunks(width.into())
        .map(|e| e.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
        .collect()
}

fn uniform(width: u8, [record, plane, phase]: [u32; 3]) -> Layout {
    Layout {
        width,
        swap: false,
        record: record * u32::from(width),
        plane: plane * u32::from(width),
        phase,
    }
}

fn random(random: &mut Lcg, len: usize) -> Vec<u8> {
    (0..len).map(|_| random.below(256) as u8).collect()
}

fn every_reading_returns(width: u8) {
    let mut lcg = Lcg(u64::from(width));
    let positions = [(0, 0), (all_bits(width) / 3, width - 1), (1, width / 2)];
    let noise = random(&mut lcg, 130 * usize::from(width) + 3);
    let special = specials(width);
    for (n, reading) in readings(width).into_iter().enumerate() {
        let mut elements = followers(&reading, width);
        elements.extend(&special);
        for (m, predict) in predictions().into_iter().enumerate() {
            let (offset, rotate) = positions[(n + m) % 3];
            let transform = Transform {
                predict,
                offset,
                rotate,
                ..reading.clone()
            };
            let swap = width > 1 && (n + m) % 2 == 0;
            let cases = [[0, 0, 0], [3, 0, u32::from(width) / 2], [5, 15, 1]];
            let case = cases[(n + m / 2) % 3].map(|n| if width == 1 && n == 1 { 0 } else { n });
            let structure = array(uniform(width, case), swap, transform);
            check(&structure, &to_bytes(&elements, width, swap));
            check(&structure, &noise);
            if n % 8 == m % 8 {
                for len in 0..=3 * usize::from(width) + 1 {
                    check(&structure, &noise[..len]);
                }
            }
        }
    }
}

#[test]
fn every_reading_of_bytes_returns() {
    every_reading_returns(1);
}

#[test]
fn every_reading_of_2_bytes_returns() {
    every_reading_returns(2);
}

#[test]
fn every_reading_of_4_bytes_returns() {
    every_reading_returns(4);
}

#[test]
fn every_reading_of_8_bytes_returns() {
    every_reading_returns(8);
}

/// All patterns at once: a bijection of a width is one that misses none.
#[test]
fn readings_of_short_elements_are_permutations() {
    for (width, step) in [(1, 1), (2, 5)] {
        let all: Vec<u64> = (0..=all_bits(width)).collect();
        for reading in readings(width).into_iter().step_by(step) {
            let structure = array(uniform(width, [0; 3]), false, reading);
            let coded = structure.forward(to_bytes(&all, width, false));
            let mut coded: Vec<&[u8]> = coded.chunks(width.into()).collect();
            coded.sort_unstable();
            coded.dedup();
            assert_eq!(coded.len(), all.len(), "{structure:?}");
        }
    }
}

fn a_width() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![1u8, 2, 4, 8])
}

fn extreme(most: u64) -> impl Strategy<Value = u64> {
    prop_oneof![
        0..=most.min(4),
        0..=most,
        (0..64u32).prop_map(move |bits| (1 << bits) & most),
        (0..=most.min(4)).prop_map(move |below| most - below),
    ]
}

fn a_rule() -> impl Strategy<Value = Rule> {
    let term = || extreme(1 << 62);
    prop_oneof![
        Just(Rule::Any),
        (term(), term()).prop_map(|(numerator, denominator)| Rule::Step {
            numerator,
            denominator
        }),
        (0..17u8, 0..21u8).prop_map(|(digits, decimals)| Rule::Digits { digits, decimals }),
        (0..54u8).prop_map(|cut| Rule::Coarse { cut }),
        (0..4u32, prop::collection::btree_set(any::<u64>(), 1..40)).prop_map(|(k, values)| {
            let values: std::collections::BTreeSet<u64> = values
                .iter()
                .map(|v| v & all_bits([1u8, 2, 4, 8][k as usize]))
                .collect();
            Rule::Dictionary(values.into_iter().collect())
        }),
    ]
}

fn a_prediction() -> impl Strategy<Value = Predict> {
    let lag = prop_oneof![1..8u32, 1..400u32, 1..=u32::MAX];
    let weight = prop_oneof![
        -32768..=32768i32,
        Just(4096),
        Just(-4096),
        Just(32768),
        Just(-32768)
    ];
    let neighbours = prop::collection::vec((lag, weight), 1..33);
    prop_oneof![
        Just(Predict::Nothing),
        prop::array::uniform3(0..4u8).prop_map(Predict::Differences),
        (-1100..=1200i16, neighbours).prop_map(|(shift, neighbours)| Predict::Stencil {
            shift,
            lags: neighbours.iter().map(|n| n.0).collect(),
            weights: neighbours[1..].iter().map(|n| n.1).collect(),
        }),
    ]
}

fn a_field() -> impl Strategy<Value = Field> {
    let kind = prop::sample::select(vec![Kind::Unsigned, Kind::Signed, Kind::Float, Kind::Float]);
    let reading = (a_width(), any::<bool>(), kind, a_rule(), a_prediction());
    let field = (reading, extreme(u64::MAX), 0..8u8).prop_map(|(reading, offset, rotate)| {
        let (width, swap, kind, rule, predict) = reading;
        Field {
            width,
            swap: swap && width > 1,
            transform: Transform {
                kind,
                rule,
                predict,
                offset: offset & all_bits(width),
                rotate: rotate % width,
            },
        }
    });
    field.prop_filter("not valid", |f| f.transform.validate(f.width).is_ok())
}

/// Patterns of any sort: noise, runs, specials, and numbers that are decimals or halves.
fn a_content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        (any::<u8>(), 0..100usize).prop_map(|(byte, len)| vec![byte; len]),
        (a_width(), 0..10usize).prop_map(|(width, skip)| {
            let elements: Vec<u64> = specials(width).into_iter().skip(skip).step_by(3).collect();
            to_bytes(&elements, width, skip % 2 == 0)
        }),
        prop::collection::vec((-2000..2000i32, any::<bool>()), 0..60).prop_map(|numbers| {
            let half = |(n, cents): (i32, bool)| f64::from(n) / if cents { 100.0 } else { 2.0 };
            numbers
                .into_iter()
                .flat_map(|n| half(n).to_le_bytes())
                .collect()
        }),
        prop::collection::vec(-2000..2000i16, 0..60).prop_map(|numbers| {
            let hundredth = |n: i16| (f32::from(n) / 100.0).to_be_bytes();
            numbers.into_iter().flat_map(hundredth).collect()
        }),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn any_array_returns(
        field in a_field(),
        record in prop_oneof![Just(0), 1..9u32, 1..100u32],
        planes in 0..4u32,
        phase in any::<u32>(),
        content in a_content(),
    ) {
        let mut layout = uniform(field.width, [record, record * planes, 0]);
        layout.phase = phase % layout.period();
        let structure = array(layout, field.swap, field.transform);
        check(&structure, &content);
    }

    #[test]
    fn any_table_returns(
        fields in prop::collection::vec(a_field(), 2..7),
        phase in any::<u32>(),
        transposed in any::<bool>(),
        content in a_content(),
    ) {
        let width = fields[0].width;
        let alike = fields.iter().all(|field| field.width == width);
        let record = fields.iter().map(|field| u32::from(field.width)).sum::<u32>();
        let layout = Layout {
            width: if alike { width } else { 1 },
            swap: false,
            record,
            plane: 0,
            phase: if transposed { 0 } else { phase % record },
        };
        let structure = Structure { layout, transposed, fields, references: Vec::new() };
        let whole = content.len() - content.len() % record as usize;
        check(&structure, if transposed { &content[..whole] } else { &content });
    }
}
