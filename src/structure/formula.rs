//! Formulas: how the numbers of a row make another one. Their operations stand in postfix order and work on a stack.

use crate::error::{Error, Result};
use crate::layout::Kind;

/// One operation of a formula, on doubles. `y` is the top of the stack, `x` what lies below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Pushes the input of this number.
    Input(u8),
    /// Pushes the double of this pattern, a finite one.
    Constant(u64),
    /// Pushes y once more.
    Again,
    /// x + y.
    Add,
    /// x - y.
    Subtract,
    /// x y.
    Multiply,
    /// x / y.
    Divide,
    /// The square root of y.
    Root,
    /// The sine of y.
    Sine,
    /// The cosine of y.
    Cosine,
    /// The hyperbolic sine of y.
    Sinh,
    /// The hyperbolic cosine of y.
    Cosh,
    /// The number whose hyperbolic sine is y.
    Asinh,
    /// e to the power of y.
    Exp,
    /// The natural logarithm of y.
    Log,
    /// The angle of the direction whose sine is to its cosine as x to y.
    Angle,
    /// The angle y less whole turns.
    Turn,
}

impl Operation {
    /// Those that stand for themselves, in the order of their codes in files.
    pub(crate) const PLAIN: [Operation; 15] = [
        Operation::Again,
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

    /// How many numbers it takes from the stack, how many it leaves.
    pub(crate) fn arity(self) -> (usize, usize) {
        use Operation::*;
        match self {
            Input(_) | Constant(_) => (0, 1),
            Again => (1, 2),
            Add | Subtract | Multiply | Divide | Angle => (2, 1),
            Root | Sine | Cosine | Sinh | Cosh | Asinh | Exp | Log | Turn => (1, 1),
        }
    }
}

/// A column of the same row that a formula takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FormulaInput {
    /// The number of its field.
    pub field: u16,
    /// How its bits are read here, whatever is done to it there.
    pub kind: Kind,
}

/// A formula and the columns that it takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Formula {
    /// 1 to 8 columns.
    pub inputs: Vec<FormulaInput>,
    /// 1 to 64 operations that leave one number on a stack of at most 8.
    pub operations: Vec<Operation>,
}

impl Formula {
    /// The most columns.
    pub const MAX_INPUTS: usize = 8;
    /// The most operations.
    pub const MAX_OPERATIONS: usize = 64;
    /// The most numbers on the stack.
    pub const DEPTH: usize = 8;

    /// Says whether the formula can be computed.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] saying what is wrong.
    pub fn validate(&self) -> Result<()> {
        let refuse = |what: &str| Err(Error::InvalidArgument(format!("formula: {what}")));
        if !(1..=Self::MAX_INPUTS).contains(&self.inputs.len()) {
            return refuse("1 to 8 inputs");
        }
        if !(1..=Self::MAX_OPERATIONS).contains(&self.operations.len()) {
            return refuse("1 to 64 operations");
        }
        let mut depth = 0;
        for &operation in &self.operations {
            match operation {
                Operation::Input(n) if usize::from(n) >= self.inputs.len() => {
                    return refuse("an input that there is not");
                }
                Operation::Constant(bits) if !f64::from_bits(bits).is_finite() => {
                    return refuse("constants are finite");
                }
                _ => {}
            }
            let (takes, leaves) = operation.arity();
            if takes > depth {
                return refuse("an operation on nothing");
            }
            depth = depth - takes + leaves;
            if depth > Self::DEPTH {
                return refuse("more than 8 numbers at once");
            }
        }
        if depth != 1 {
            return refuse("one number is left at last");
        }
        Ok(())
    }
}
