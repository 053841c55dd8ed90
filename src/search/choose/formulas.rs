//! The formulas that are tried on a table, each written as its operations: `a` to `h` are inputs, `K` the next constant.
//!
//! `R` is a root, `S C H G I E L` are sin, cos, sinh, cosh, asinh, exp, log, `T` is an angle, `W` takes whole turns away and
//! `D` repeats the top of the stack: `D*` squares it.

use crate::structure::{Formula, FormulaInput, Operation};

/// Of one column, to be scaled and shifted.
pub(crate) const OF_ONE: [&str; 6] = ["a", "aa*", "aR", "Ka/", "aE", "aL"];

/// Of two columns in either order.
pub(crate) const OF_TWO: [&str; 10] = [
    "ab-",      // a difference
    "ab/",      // a ratio
    "aa*bb*-R", // the other leg of a right triangle
    "abC*",     // px
    "abS*",     // py
    "abH*",     // pz
    "abG*",     // p
    "abG/",     // pt of p or E
    "abHbG/*",  // pz of p and eta
    "abT",      // phi
];

/// More of two columns in either order: what comes out are angles.
pub(crate) const ANGLES_OF_TWO: [&str; 2] = ["ab/I", "ab-W"];

/// Of two columns that may be swapped.
pub(crate) const EVEN_OF_TWO: [&str; 3] = ["ab+", "ab*", "aa*bb*+R"];

/// Of three columns, the last of which is another than the first two, which may be swapped.
pub(crate) const OF_THREE: [&str; 3] = ["ab+c-", "ab*c/", "caa*bb*+R/I"];

/// Of three columns that may be swapped.
pub(crate) const EVEN_OF_THREE: [&str; 2] = ["ab+c+", "ab*c*"];

/// Squares to which a constant, that of a mass, is added before the root is taken: of one, two and three columns.
pub(crate) const SQUARE_OF_ONE: &str = "aa*";
pub(crate) const SQUARES_OF_TWO: [&str; 3] = ["aa*bb*+", "aa*bb*-", "abG*D*"];
pub(crate) const SQUARES_OF_THREE: [&str; 1] = ["aa*bb*+cc*+"];

/// Of two objects of three columns, pt, eta and phi: the mass of both if they have none, the distance, the transverse mass,
/// the pt of both.
pub(crate) const OF_TWO_POLAR: [(&str, &[f64]); 4] = [
    ("ad*be-Gcf-C-*D+R", &[]),
    ("be-D*cf-WD*+R", &[]),
    ("ad*D+Kcf-C-*R", &[1.0]),
    ("aa*dd*+ad*D+cf-C*+R", &[]),
];
/// The mass of both: the constants are the masses' squares and their sum.
pub(crate) const MASS_OF_POLAR: &str = "abG*D*K+RdeG*D*K+R*ad*cf-CbHeH*+*-D+K+R";
/// The same of px, py and pz.
pub(crate) const MASS_OF_CARTESIAN: &str = "aa*bb*+cc*+K+Rdd*ee*+ff*+K+R*ad*-be*-cf*-D+K+R";

/// Of two objects of four columns: E, px, py and pz; or px, py, pz and E; or pt, eta, phi and m.
pub(crate) const OF_TWO_FOURVECTORS: [&str; 3] = [
    "ae+D*bf+D*-cg+D*-dh+D*-R",
    "dh+D*ae+D*-bf+D*-cg+D*-R",
    "abG*D*dd*+RefG*D*hh*+R*ae*cg-CbHfH*+*-D+dd*+hh*+R",
];
/// Of one such object: its mass, or its energy.
pub(crate) const OF_FOURVECTOR: [&str; 3] = ["aa*bb*-cc*-dd*-R", "dd*aa*-bb*-cc*-R", "abG*D*dd*+R"];

/// Masses of particles in GeV: none, electron, muon, pion, kaon, proton.
pub(crate) const MASSES: [f64; 6] = [0.0, 0.000510999, 0.1056584, 0.1395704, 0.493677, 0.938272];

/// The formula that a text names, of these columns; those that it does not take are left out.
pub(crate) fn formula(text: &str, inputs: &[FormulaInput], constants: &[f64]) -> Formula {
    let mut made = Formula {
        inputs: Vec::new(),
        operations: Vec::with_capacity(text.len()),
    };
    let mut constants = constants.iter();
    for letter in text.chars() {
        let operation = match letter {
            '+' => Operation::Add,
            '-' => Operation::Subtract,
            '*' => Operation::Multiply,
            '/' => Operation::Divide,
            'R' => Operation::Root,
            'S' => Operation::Sine,
            'C' => Operation::Cosine,
            'H' => Operation::Sinh,
            'G' => Operation::Cosh,
            'I' => Operation::Asinh,
            'E' => Operation::Exp,
            'L' => Operation::Log,
            'T' => Operation::Angle,
            'W' => Operation::Turn,
            'D' => Operation::Again,
            'K' => Operation::Constant(constants.next().copied().unwrap_or(1.0).to_bits()),
            letter => {
                let input = inputs[(letter as u8 - b'a') as usize];
                let known = made.inputs.iter().position(|other| *other == input);
                let number = known.unwrap_or_else(|| {
                    made.inputs.push(input);
                    made.inputs.len() - 1
                });
                Operation::Input(number as u8)
            }
        };
        made.operations.push(operation);
    }
    made
}
