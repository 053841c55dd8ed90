//! The value of a formula: IEEE 754 doubles, in the order of its operations.

use super::functions;
use crate::layout::Kind;
use crate::structure::{Formula, Operation};

impl Formula {
    /// The value of a [valid](Formula::validate) formula; 0 where it is none, or not finite.
    pub fn value(&self, inputs: &[f64]) -> f64 {
        let mut stack = [0.0; Self::DEPTH];
        // Numbers on the stack.
        let mut depth = 0;
        for &operation in &self.operations {
            let (takes, leaves) = operation.arity();
            let under = depth - takes;
            let (x, y) = match takes {
                0 => (0.0, 0.0),
                1 => (0.0, stack[under]),
                _ => (stack[under], stack[under + 1]),
            };
            stack[under] = match operation {
                Operation::Input(n) => inputs[usize::from(n)],
                Operation::Constant(bits) => f64::from_bits(bits),
                Operation::Again => y,
                Operation::Add => x + y,
                Operation::Subtract => x - y,
                Operation::Multiply => x * y,
                Operation::Divide => x / y,
                Operation::Root => y.sqrt(),
                Operation::Sine => functions::sine_and_cosine(y).0,
                Operation::Cosine => functions::sine_and_cosine(y).1,
                Operation::Sinh => functions::sinh(y),
                Operation::Cosh => functions::cosh(y),
                Operation::Asinh => functions::asinh(y),
                Operation::Exp => functions::exp(y),
                Operation::Log => functions::log(y),
                Operation::Angle => functions::atan2(x, y),
                Operation::Turn => functions::turn(y),
            };
            depth = under + leaves;
            if leaves == 2 {
                stack[under + 1] = y;
            }
        }
        let value = stack[0];
        if value.is_finite() { value } else { 0.0 }
    }
}

impl Kind {
    /// The number that a bit pattern of `bits` bits stands for.
    pub(crate) fn number(self, pattern: u64, bits: u32) -> f64 {
        match self {
            Kind::Unsigned => pattern as f64,
            Kind::Signed => ((pattern << (64 - bits)) as i64 >> (64 - bits)) as f64,
            Kind::Float if bits == 32 => f64::from(f32::from_bits(pattern as u32)),
            Kind::Float => f64::from_bits(pattern),
        }
    }

    /// The bit pattern nearest to a finite number, of two the even one; zero is positive.
    pub(crate) fn nearest(self, number: f64, bits: u32) -> u64 {
        let whole = number.round_ties_even();
        match self {
            Kind::Unsigned => (whole as u64).min(super::order::mask(bits)),
            Kind::Signed => {
                let most = i64::MAX >> (64 - bits);
                (whole as i64).clamp(-most - 1, most) as u64 & super::order::mask(bits)
            }
            Kind::Float if bits == 32 => u64::from((number as f32 + 0.0).to_bits()),
            Kind::Float => (number + 0.0).to_bits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::FormulaInput;

    fn formula(inputs: usize, operations: &[Operation]) -> Formula {
        let input = |field| FormulaInput {
            field,
            kind: Kind::Float,
        };
        Formula {
            inputs: (0..inputs as u16).map(input).collect(),
            operations: operations.to_vec(),
        }
    }

    #[test]
    fn every_operation_does_what_its_name_promises() {
        use Operation::*;
        let (a, b) = (0.7f64, -2.5f64);
        let cases: [(&[Operation], f64); 13] = [
            (&[Input(0), Input(1), Add], a + b),
            (&[Input(0), Input(1), Subtract], a - b),
            (&[Input(0), Input(1), Multiply], a * b),
            (&[Input(0), Input(1), Divide], a / b),
            (&[Input(1), Again, Multiply, Root], 2.5),
            (&[Input(0), Sine, Input(0), Cosine, Divide], a.tan()),
            (&[Input(1), Sinh, Input(1), Cosh, Divide], b.tanh()),
            (&[Input(0), Asinh], a.asinh()),
            (&[Input(0), Exp, Log], a),
            (&[Input(0), Input(1), Angle], a.atan2(b)),
            (
                &[Constant(10f64.to_bits()), Turn],
                10.0 - 4.0 * std::f64::consts::PI,
            ),
            (&[Input(1), Root], 0.0),
            (&[Input(0), Input(0), Input(0), Subtract, Divide], 0.0),
        ];
        for (operations, wanted) in cases {
            let made = formula(2, operations);
            made.validate().unwrap();
            let found = made.value(&[a, b]);
            assert!((found - wanted).abs() < 1e-14, "{operations:?}: {found}");
        }
    }

    #[test]
    fn formulas_that_cannot_be_computed_are_refused() {
        use Operation::*;
        let long = [vec![Input(0)], vec![Root; 64]].concat();
        let bad: [(usize, &[Operation]); 10] = [
            (1, &[]),
            (0, &[Constant(0)]),
            (9, &[Input(0)]),
            (1, &[Input(1)]),
            (1, &[Again]),
            (1, &[Input(0), Add]),
            (1, &[Input(0), Again]),
            (1, &[Constant(f64::NAN.to_bits())]),
            (1, &[Input(0); 9]),
            (1, &long),
        ];
        for (inputs, operations) in bad {
            assert!(
                formula(inputs, operations).validate().is_err(),
                "{operations:?}"
            );
        }
        let deepest = [[Input(0); 8].as_slice(), &[Add; 7]].concat();
        formula(1, &deepest).validate().unwrap();
    }

    #[test]
    fn numbers_go_to_the_nearest_pattern() {
        let cases = [
            (Kind::Unsigned, 8, 300.0, 255),
            (Kind::Unsigned, 8, -3.0, 0),
            (Kind::Unsigned, 16, 2.5, 2),
            (Kind::Signed, 8, -300.0, 0x80),
            (Kind::Signed, 32, -1.0, 0xffff_ffff),
            (Kind::Signed, 64, 1e30, i64::MAX as u64),
            (Kind::Float, 32, -0.0, 0),
            (Kind::Float, 64, -0.0, 0),
            (Kind::Float, 32, 0.1, u64::from(0.1f32.to_bits())),
            (Kind::Float, 64, -0.1, (-0.1f64).to_bits()),
        ];
        for (kind, bits, number, pattern) in cases {
            assert_eq!(kind.nearest(number, bits), pattern, "{kind:?} {number}");
        }
        for kind in [Kind::Unsigned, Kind::Signed, Kind::Float] {
            for pattern in [0u64, 1, 77, 0x3f80_0000, 0xbf99_999a] {
                let number = kind.number(pattern, 32);
                assert_eq!(kind.nearest(number, 32), pattern, "{kind:?}");
            }
        }
    }
}
