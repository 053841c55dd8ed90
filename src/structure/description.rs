//! Descriptions of layouts and transforms, for people.

use super::{Field, Formula, Operation, Predict, Rule, Structure, Transform};
use crate::layout::{Kind, Layout};

/// The type of elements as NumPy writes it: `<f4`, `>i2`, `u1`.
pub fn type_name(width: u8, swap: bool, kind: Kind) -> String {
    let order = match (width, swap) {
        (1, _) => "",
        (_, true) => "<",
        (_, false) => ">",
    };
    let letter = match kind {
        Kind::Unsigned => 'u',
        Kind::Signed => 'i',
        Kind::Float => 'f',
    };
    format!("{order}{letter}{width}")
}

/// A layout in a few words.
pub fn layout(layout: &Layout) -> String {
    let elements = match (layout.width, layout.swap) {
        (1, _) if layout.record == 0 => return "bytes".into(),
        (1, _) => "bytes".to_string(),
        (width, true) => format!("{width}-byte le"),
        (width, false) => format!("{width}-byte be"),
    };
    match (layout.record, layout.plane) {
        (0, _) => elements,
        (record, 0) => format!("{elements}, record {record}"),
        (record, plane) => format!("{elements}, record {record}, plane {plane}"),
    }
}

/// The layout of a structure in a few words.
pub fn structure(structure: &Structure) -> String {
    let swap = match structure.fields.first() {
        Some(field) => field.swap,
        None => structure.layout.swap,
    };
    let text = layout(&Layout {
        swap,
        ..structure.layout
    });
    if structure.transposed {
        format!("{text}, stored in columns")
    } else {
        text
    }
}

/// The fields of a structure that are transformed, a line for each run of equal ones: where it begins in the record,
/// its elements, and what is done to them; then how many have references to other columns.
pub fn fields(structure: &Structure) -> Vec<String> {
    let mut offset = 0;
    let mut lines = Vec::new();
    for run in structure.fields.chunk_by(|a, b| a == b) {
        let Field {
            width,
            swap,
            transform: how,
        } = &run[0];
        if let Some(described) = transform(how, &structure.fields) {
            let name = type_name(*width, *swap, how.kind);
            let elements = match run.len() {
                1 => name,
                many => format!("{many} {name}"),
            };
            lines.push(format!("{offset}: {elements}: {described}"));
        }
        offset += run.len() * usize::from(*width);
    }
    lines.extend(references(structure));
    lines
}

/// What is done to the elements of one of the fields, or nothing. Several are columns, whose elements follow row after row.
pub fn transform(transform: &Transform, fields: &[Field]) -> Option<String> {
    let rule = rule(&transform.rule);
    let predict = predict(&transform.predict, fields);
    match (rule, predict) {
        (Some(rule), Some(predict)) => Some(format!("{rule}; {predict}")),
        (rule, predict) => rule.or(predict),
    }
}

/// How many columns have references, if any do.
fn references(structure: &Structure) -> Option<String> {
    let references = &structure.references;
    let some = references
        .iter()
        .filter(|references| references[0].is_some())
        .count();
    (some > 0).then(|| {
        let of = references.len();
        format!("{some} of {of} columns have references to others")
    })
}

/// The longest formula that is written out.
const LONGEST: usize = 200;

/// A formula whose inputs are written as where they begin in the record: `close to sqrt(@12*@12 + @16*@16)`.
fn formula(formula: &Formula, fields: &[Field]) -> String {
    let offsets: Vec<usize> = { formula.inputs.iter() }
        .map(|input| {
            let before = &fields[..fields.len().min(input.field.into())];
            before.iter().map(|field| usize::from(field.width)).sum()
        })
        .collect();
    if let Some(text) = infix(formula, &offsets) {
        return format!("close to {text}");
    }
    let names: Vec<String> = offsets.iter().map(|offset| format!("@{offset}")).collect();
    format!("close to a formula of {}", names.join(", "))
}

/// None if it is too long.
fn infix(formula: &Formula, offsets: &[usize]) -> Option<String> {
    // Each with what binds its terms: 0 sums, 1 products, 2 nothing.
    let mut stack: Vec<(String, u8)> = Vec::new();
    let within = |(text, binds): (String, u8), least: u8| match binds < least {
        true => format!("({text})"),
        false => text,
    };
    for operation in &formula.operations {
        let mut next = || stack.pop();
        let joined = match operation {
            Operation::Input(number) => (format!("@{}", offsets.get(usize::from(*number))?), 2),
            Operation::Constant(pattern) => {
                let value = f64::from_bits(*pattern);
                (format!("{value}"), if value < 0.0 { 0 } else { 2 })
            }
            Operation::Again => {
                let top = next()?;
                stack.push(top.clone());
                top
            }
            Operation::Add => {
                let (y, x) = (next()?, next()?);
                (format!("{} + {}", x.0, within(y, 1)), 0)
            }
            Operation::Subtract => {
                let (y, x) = (next()?, next()?);
                (format!("{} - {}", x.0, within(y, 1)), 0)
            }
            Operation::Multiply => {
                let (y, x) = (next()?, next()?);
                (format!("{}*{}", within(x, 1), within(y, 2)), 1)
            }
            Operation::Divide => {
                let (y, x) = (next()?, next()?);
                (format!("{}/{}", within(x, 1), within(y, 2)), 1)
            }
            Operation::Angle => {
                let (y, x) = (next()?, next()?);
                (format!("atan2({}, {})", x.0, y.0), 2)
            }
            function => {
                let name = match function {
                    Operation::Root => "sqrt",
                    Operation::Sine => "sin",
                    Operation::Cosine => "cos",
                    Operation::Sinh => "sinh",
                    Operation::Cosh => "cosh",
                    Operation::Asinh => "asinh",
                    Operation::Exp => "exp",
                    Operation::Log => "log",
                    _ => "turn",
                };
                (format!("{name}({})", next()?.0), 2)
            }
        };
        if joined.0.len() > LONGEST {
            return None;
        }
        stack.push(joined);
    }
    stack.pop().map(|top| top.0)
}

fn rule(rule: &Rule) -> Option<String> {
    Some(match rule {
        Rule::Any => return None,
        Rule::Step {
            numerator,
            denominator,
        } => step(*numerator, *denominator),
        Rule::Digits { digits, .. } => format!("{digits} significant digits"),
        Rule::Coarse { cut } => format!("mantissa cut by {cut} bits"),
        Rule::Dictionary(values) => format!("dictionary of {} values", values.len()),
    })
}

fn step(numerator: u64, denominator: u64) -> String {
    match (numerator, denominator) {
        (1, 1) => "integers".into(),
        (_, 1) => format!("multiples of {numerator}"),
        _ => {
            let share = numerator as f64 / denominator as f64;
            let decimal = format!("{share}");
            if decimal.len() <= 8 {
                format!("multiples of {decimal}")
            } else if denominator.is_power_of_two() && numerator == 1 {
                format!("multiples of 2^-{}", denominator.trailing_zeros())
            } else if numerator == 1 {
                format!("multiples of {share:e}")
            } else {
                format!("multiples of {numerator}/{denominator}")
            }
        }
    }
}

fn predict(predict: &Predict, fields: &[Field]) -> Option<String> {
    match predict {
        Predict::Nothing => None,
        Predict::Relation(relation) => Some(formula(relation, fields)),
        Predict::Stencil { lags, .. } => Some(format!("stencil of {} neighbours", lags.len())),
        Predict::Differences(times) => {
            let axes = [
                if fields.len() > 1 {
                    "from row to row"
                } else {
                    "along rows"
                },
                "across rows",
                "across planes",
            ];
            let mut pieces = Vec::new();
            for (times, axis) in times.iter().zip(axes) {
                match times {
                    0 => {}
                    1 => pieces.push(axis.to_string()),
                    2 => pieces.push(format!("{axis} (twice)")),
                    times => pieces.push(format!("{axis} ({times} times)")),
                }
            }
            Some(format!("differences {}", pieces.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::FormulaInput;

    fn described(rule: Rule) -> String {
        let with_rule = Transform {
            rule,
            ..Transform::NONE
        };
        transform(&with_rule, &[]).unwrap_or_default()
    }

    #[test]
    fn rules_read_like_sentences() {
        let step = |numerator, denominator| {
            let rule = Rule::Step {
                numerator,
                denominator,
            };
            described(rule)
        };
        assert_eq!(step(1, 1), "integers");
        assert_eq!(step(4, 1), "multiples of 4");
        assert_eq!(step(1, 100), "multiples of 0.01");
        assert_eq!(step(1, 8), "multiples of 0.125");
        assert_eq!(step(1, 1 << 20), "multiples of 2^-20");
        assert_eq!(described(Rule::Any), "");
        assert_eq!(described(Rule::Coarse { cut: 9 }), "mantissa cut by 9 bits");
        let dictionary = Rule::Dictionary([3, 5].into());
        assert_eq!(described(dictionary), "dictionary of 2 values");
    }

    #[test]
    fn predictions_name_their_axes() {
        let differences = |times, count| {
            let predict_of = Predict::Differences(times);
            predict(&predict_of, &vec![plain(); count]).unwrap_or_default()
        };
        assert_eq!(differences([1, 0, 0], 2), "differences from row to row");
        assert_eq!(
            differences([2, 0, 1], 1),
            "differences along rows (twice), across planes"
        );
    }

    fn plain() -> Field {
        Field {
            width: 4,
            swap: true,
            transform: Transform::NONE,
        }
    }

    #[test]
    fn formulas_read_like_those_on_paper() {
        use Operation::*;
        let described = |operations: &[Operation]| {
            let input = |field| FormulaInput {
                field,
                kind: Kind::Float,
            };
            let made = Formula {
                inputs: vec![input(1), input(3)],
                operations: operations.to_vec(),
            };
            formula(&made, &vec![plain(); 4])
        };
        assert_eq!(
            described(&[Input(0), Input(1), Sinh, Multiply]),
            "close to @4*sinh(@12)"
        );
        let leg = [
            Input(1),
            Again,
            Multiply,
            Input(0),
            Constant(0.5f64.to_bits()),
            Subtract,
            Subtract,
            Root,
        ];
        assert_eq!(described(&leg), "close to sqrt(@12*@12 - (@4 - 0.5))");
        let product = [Input(0), Input(1), Add, Input(0), Input(1), Angle, Divide];
        assert_eq!(described(&product), "close to (@4 + @12)/atan2(@4, @12)");
        let doubled = [vec![Input(0)], [Again, Add].repeat(30)].concat();
        assert_eq!(described(&doubled), "close to a formula of @4, @12");
    }
}
