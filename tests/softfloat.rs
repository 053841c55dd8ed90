//! Formulas give the bits that the format document describes: it is followed here in doubles made of integers, so that a
//! machine or a compiler that fuses operations, reorders them or computes them wider is found out.

#[path = "support/softfloat.rs"]
mod softfloat;

use boa_constrictor::layout::Kind;
use boa_constrictor::structure::{Formula, FormulaInput, Operation};
use softfloat::Soft;

const PI: Soft = Soft(0x4009_21fb_5444_2d18);
const HALF_PI: Soft = Soft(0x3ff9_21fb_5444_2d18);
const TWO_PI: Soft = Soft(0x4019_21fb_5444_2d18);
const LN_2: Soft = Soft(0x3fe6_2e42_fefa_39ef);
const SQRT_2: Soft = Soft(0x3ff6_a09e_667f_3bcd);
const HALF: Soft = Soft(0x3fe0 << 48);
const EIGHTH: Soft = Soft(0x3fc0 << 48);
/// P1, P2, P3.
const P: [Soft; 3] = [
    Soft(0x3ff9_21fb_5440_0000),
    Soft(0x3dd0_b461_1a60_0000),
    Soft(0x3ba3_198a_2e03_7073),
];
/// L1, L2.
const L: [Soft; 2] = [Soft(0x3fe6_2e42_fee0_0000), Soft(0x3dea_39ef_3579_3c76)];
/// atan(i/8).
const ARCS: [u64; 9] = [
    0,
    0x3fbf_d5ba_9aac_2f6e,
    0x3fcf_5b75_f92c_80dd,
    0x3fd6_f619_41e4_def1,
    0x3fdd_ac67_0561_bb4f,
    0x3fe1_e00b_abde_feb4,
    0x3fe4_978f_a326_9ee1,
    0x3fe7_00a7_c578_4634,
    0x3fe9_21fb_5444_2d18,
];

fn whole(n: i64) -> Soft {
    Soft::whole(n)
}

/// `S(c0, c1, ..., cn; z)`.
fn sum(coefficients: &[Soft], z: Soft) -> Soft {
    let (last, others) = coefficients.split_last().unwrap();
    others.iter().rev().fold(*last, |sum, &c| sum * z + c)
}

/// `1/n!` for each n, with alternating signs from minus on or all positive.
fn factorials(ns: impl Iterator<Item = i64>, alternates: bool) -> Vec<Soft> {
    terms(ns.map(|n| (1..=n).product()), alternates)
}

/// `1/n` for each n, likewise.
fn terms(ns: impl Iterator<Item = i64>, alternates: bool) -> Vec<Soft> {
    let term = |(k, n)| {
        let term = Soft::ONE / whole(n);
        if alternates && k % 2 == 0 {
            -term
        } else {
            term
        }
    };
    ns.enumerate().map(term).collect()
}

fn less(x: Soft, n: Soft) -> Soft {
    ((x - n * P[0]) - n * P[1]) - n * P[2]
}

fn has_no_sine(x: Soft) -> bool {
    x.is_nan() || x.abs().is_above(whole(1 << 20))
}

fn sine_and_cosine(x: Soft) -> [Soft; 2] {
    if has_no_sine(x) {
        return [Soft::NAN; 2];
    }
    let n = (x / HALF_PI).nearest_integer();
    let r = less(x, n);
    let z = r * r;
    let s = r + r * (z * sum(&factorials((3..=17).step_by(2), true), z));
    let c = Soft::ONE + z * sum(&factorials((2..=18).step_by(2), true), z);
    match n.integer().rem_euclid(4) {
        0 => [s, c],
        1 => [c, -s],
        2 => [-s, -c],
        _ => [-c, s],
    }
}

fn turn(x: Soft) -> Soft {
    match has_no_sine(x) {
        true => Soft::NAN,
        false => less(x, whole(4) * (x / TWO_PI).nearest_integer()),
    }
}

fn exp(x: Soft) -> Soft {
    if x.is_nan() {
        return x;
    }
    let limit = whole(1000);
    let x = match x.is_above(limit) {
        true => limit,
        false if x.is_below(-limit) => -limit,
        false => x,
    };
    let n = (x / LN_2).nearest_integer();
    let r = (x - n * L[0]) - n * L[1];
    let n = n.integer() as i32;
    let h = n.div_euclid(2);
    (sum(&factorials(0..=13, false), r) * Soft::power_of_two(h)) * Soft::power_of_two(n - h)
}

fn log(x: Soft) -> Soft {
    if x.is_nan() || x.is_below(Soft::ZERO) {
        return Soft::NAN;
    }
    if x.is_zero() {
        return -(Soft::ONE / Soft::ZERO);
    }
    if x.is_infinite() {
        return x;
    }
    let is_subnormal = x.0 >> 52 == 0;
    let x = if is_subnormal {
        x * Soft::power_of_two(54)
    } else {
        x
    };
    let mut n = (x.0 >> 52) as i64 - 1023 - if is_subnormal { 54 } else { 0 };
    let mut m = Soft(x.0 % (1 << 52) + (1023 << 52));
    if m.is_above(SQRT_2) {
        m = m * HALF;
        n += 1;
    }
    let n = whole(n);
    n * L[0] + (a((m - Soft::ONE) / (m + Soft::ONE)) + n * L[1])
}

/// `A(s)`.
fn a(s: Soft) -> Soft {
    let (two, z) = (whole(2) * s, s * s);
    two + two * (z * sum(&terms((3..=21).step_by(2), false), z))
}

fn with_sign_of(x: Soft, size: Soft) -> Soft {
    if x.is_below(Soft::ZERO) { -size } else { size }
}

fn sinh(x: Soft) -> Soft {
    if x.abs().is_below(Soft::ONE) {
        let z = x * x;
        return x + x * (z * sum(&factorials((3..=19).step_by(2), false), z));
    }
    let e = exp(x.abs());
    with_sign_of(x, HALF * (e - Soft::ONE / e))
}

fn cosh(x: Soft) -> Soft {
    let e = exp(x.abs());
    HALF * (e + Soft::ONE / e)
}

fn asinh(x: Soft) -> Soft {
    let size = x.abs();
    if size.is_above(whole(1 << 28)) {
        return with_sign_of(x, log(size) + LN_2);
    }
    let q = size * size;
    let u = size + q / (Soft::ONE + (Soft::ONE + q).sqrt());
    let size = if u.is_below(Soft(0x3fd8 << 48)) {
        a(u / (whole(2) + u))
    } else {
        log(Soft::ONE + u)
    };
    with_sign_of(x, size)
}

fn atan2(y: Soft, x: Soft) -> Soft {
    let (a, b) = (y.abs(), x.abs());
    let steep = a.is_above(b);
    let t = match a.is_zero() && b.is_zero() {
        true => Soft::ZERO,
        false if steep => b / a,
        false => a / b,
    };
    if t.is_nan() {
        return t;
    }
    let i = (whole(8) * t).nearest_integer();
    let c = i * EIGHTH;
    let r = (t - c) / (Soft::ONE + t * c);
    let z = r * r;
    let mut w = Soft(ARCS[i.integer() as usize])
        + (r + r * (z * sum(&terms((3..=13).step_by(2), true), z)));
    if steep {
        w = HALF_PI - w;
    }
    if x.is_below(Soft::ZERO) {
        w = PI - w;
    }
    with_sign_of(y, w)
}

/// What an operation makes of x and y.
fn wanted(operation: Operation, x: Soft, y: Soft) -> Soft {
    let value = match operation {
        Operation::Add => x + y,
        Operation::Subtract => x - y,
        Operation::Multiply => x * y,
        Operation::Divide => x / y,
        Operation::Root => y.sqrt(),
        Operation::Sine => sine_and_cosine(y)[0],
        Operation::Cosine => sine_and_cosine(y)[1],
        Operation::Sinh => sinh(y),
        Operation::Cosh => cosh(y),
        Operation::Asinh => asinh(y),
        Operation::Exp => exp(y),
        Operation::Log => log(y),
        Operation::Angle => atan2(x, y),
        Operation::Turn => turn(y),
        other => panic!("{other:?} takes nothing"),
    };
    match value.is_nan() || value.is_infinite() {
        true => Soft::ZERO,
        false => value,
    }
}

const OPERATIONS: [Operation; 14] = [
    Operation::Add,
    Operation::Subtract,
    Operation::Multiply,
    Operation::Divide,
    Operation::Root,
    Operation::Sine,
    Operation::Cosine,
    Operation::Sinh,
    Operation::Cosh,
    Operation::Asinh,
    Operation::Exp,
    Operation::Log,
    Operation::Angle,
    Operation::Turn,
];

/// The formula that applies one operation to its inputs.
fn formula(operation: Operation) -> Formula {
    let input = |field| FormulaInput {
        field,
        kind: Kind::Float,
    };
    let takes_two = matches!(
        operation,
        Operation::Add
            | Operation::Subtract
            | Operation::Multiply
            | Operation::Divide
            | Operation::Angle
    );
    let operations = match takes_two {
        true => vec![Operation::Input(0), Operation::Input(1), operation],
        false => vec![Operation::Input(1), operation],
    };
    let formula = Formula {
        inputs: vec![input(0), input(1)],
        operations,
    };
    formula.validate().unwrap();
    formula
}

#[track_caller]
fn check(operation: Operation, x: u64, y: u64) {
    let inputs = [f64::from_bits(x), f64::from_bits(y)];
    let found = formula(operation).value(&inputs).to_bits();
    let wanted = wanted(operation, Soft(x), Soft(y)).0;
    assert_eq!(found, wanted, "{operation:?} of {inputs:?}");
}

/// Bit patterns in turn: any at all; two that are close to each other; numbers of a physicist's size.
struct Patterns(u64);

impl Patterns {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn pair(&mut self, turn: usize) -> (u64, u64) {
        let (x, y) = (self.next(), self.next());
        let sized = |bits: u64, low: u64, count: u64| {
            let exponent = low + (bits >> 52 & 0x3ff) % count;
            bits & (1 << 63) | exponent << 52 | bits & ((1 << 52) - 1)
        };
        match turn % 4 {
            0 => (x, y),
            1 => (x, x ^ (y & 1 << 63) ^ (y >> (y % 63))),
            // Down to subnormal results.
            2 => (sized(x, 0, 60), sized(y, 0, 60)),
            _ => (sized(x, 1013, 30), sized(y, 1013, 30)),
        }
    }
}

#[test]
fn operations_give_the_bits_of_exact_arithmetic() {
    let mut patterns = Patterns(0x9e37_79b9_7f4a_7c15);
    for turn in 0..50_000 {
        let (x, y) = patterns.pair(turn);
        for operation in OPERATIONS {
            check(operation, x, y);
        }
    }
}

#[test]
fn so_do_they_at_their_ends() {
    let mut ends = vec![0, 1, 2, (1 << 52) - 1, 1 << 52, 0x7fef << 48, 0x7ff0 << 48];
    // Around 1, 2, a quarter turn, what sinh, asinh, exp and log change at, what has no sine; not a number.
    for around in [
        1.0f64,
        2.0,
        0.375,
        0.5,
        1.5,
        709.78,
        745.1,
        1000.0,
        268435456.0,
        1048576.0,
    ] {
        ends.extend([around.to_bits() - 1, around.to_bits(), around.to_bits() + 1]);
    }
    ends.extend([
        HALF_PI.0,
        PI.0,
        SQRT_2.0,
        SQRT_2.0 + 1,
        (1 << 62) - 1,
        f64::MAX.to_bits(),
        Soft::NAN.0,
    ]);
    let signed: Vec<u64> = ends.iter().flat_map(|&end| [end, end | 1 << 63]).collect();
    for &x in &signed {
        for &y in &signed {
            for operation in OPERATIONS {
                check(operation, x, y);
            }
        }
    }
}
