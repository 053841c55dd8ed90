//! What a user wants kept of which numbers.

use super::bound::Bound;
use crate::error::Error;
use crate::layout::{Column, Kind};

/// A column or an array of an input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// By its number among all columns and arrays of numbers, from 0.
    Number(usize),
    /// By its name. That of a field with several numbers (`position` of `position[0]`, `position[1]`) stands for them all.
    Name(String),
}

impl Selector {
    /// A text of digits is a number, any other a name.
    pub fn of(text: &str) -> Selector {
        match text.parse() {
            Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Selector::Number(number)
            }
            _ => Selector::Name(text.to_string()),
        }
    }

    fn selects(&self, number: usize, name: Option<&str>) -> bool {
        match (self, name) {
            (Selector::Number(wanted), _) => *wanted == number,
            (Selector::Name(wanted), Some(name)) => is_of(wanted, name),
            (Selector::Name(_), None) => false,
        }
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Selector::Number(number) => write!(f, "{number}"),
            Selector::Name(name) => f.write_str(name),
        }
    }
}

/// Whether a column of this name is the wanted one, or one number of a field with several.
fn is_of(wanted: &str, name: &str) -> bool {
    let rest = name.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
}

/// What is to be reached by a bound that is still to be found, relative to the range of each column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// The input's bytes for one of the compressed file.
    Ratio(f64),
    /// The ratio of peak signal to noise in dB, over the range of each column.
    Psnr(f64),
}

/// What a user wants of a lossy file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LossyRequest {
    /// The bound of all columns of floats that have none of their own; with none, they are exact.
    pub default: Option<Bound>,
    /// Bounds of single columns, of integers too.
    pub columns: Vec<(Selector, Bound)>,
    /// Columns that stay exact.
    pub exact: Vec<Selector>,
    /// Values that stand for missing ones and come back exactly.
    pub fill: Vec<f64>,
    /// What the default bound is to be chosen for.
    pub target: Option<Target>,
    /// Nothing but the latents of an autoencoder is stored, of the size that the target gives: no bound is kept.
    pub latents_only: bool,
}

/// A column of numbers, or an array of them, as a request sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selectable<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// Its elements.
    pub column: Column,
}

/// Why a request does not fit an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nothing has this name.
    #[error("no column is called {name}: {known}")]
    UnknownName {
        /// The name.
        name: String,
        /// Some names that there are, in words.
        known: String,
    },
    /// There are not so many columns.
    #[error("no column {number}: there are {columns}, counted from 0")]
    NumberOutOfRange {
        /// The number.
        number: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// Two options speak of one column.
    #[error("column {column} has two bounds: {first} and {second}")]
    SelectedTwice {
        /// Its name or number.
        column: String,
        /// What the first option wants.
        first: String,
        /// What the second wants.
        second: String,
    },
    /// A bound for what is no number.
    #[error("{name} holds no numbers, so it has no bound: it stays exact")]
    NoNumbers {
        /// The field's name.
        name: String,
    },
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Error {
        Error::InvalidArgument(error.to_string())
    }
}

impl LossyRequest {
    /// The bound of each column; none for those that stay exact. `unnumbered` are the names of fields that hold no numbers, which `exact`
    /// may name too.
    ///
    /// # Errors
    /// A selector that selects nothing, or two that select the same column.
    pub fn resolve(
        &self,
        columns: &[Selectable<'_>],
        unnumbered: &[String],
    ) -> Result<Vec<Option<Bound>>, RequestError> {
        let mut chosen: Vec<Option<Option<Bound>>> = vec![None; columns.len()];
        let bounds = self
            .columns
            .iter()
            .map(|(selector, bound)| (selector, Some(*bound)));
        let exact = self.exact.iter().map(|selector| (selector, None));
        for (selector, bound) in bounds.chain(exact) {
            let other = unnumbered
                .iter()
                .find(|name| matches!(selector, Selector::Name(wanted) if is_of(wanted, name)));
            let mut found = false;
            for (number, column) in columns.iter().enumerate() {
                if !selector.selects(number, column.name) {
                    continue;
                }
                found = true;
                if let Some(first) = chosen[number].replace(bound) {
                    return Err(RequestError::SelectedTwice {
                        column: column.name.map_or(number.to_string(), str::to_string),
                        first: shown(first),
                        second: shown(bound),
                    });
                }
            }
            match other {
                Some(name) if !found && bound.is_some() => {
                    return Err(RequestError::NoNumbers { name: name.clone() });
                }
                None if !found => return Err(unknown(selector, columns)),
                _ => {}
            }
        }
        let resolved = chosen
            .into_iter()
            .zip(columns)
            .map(|(chosen, column)| match chosen {
                Some(bound) => bound,
                None if column.column.kind == Kind::Float => self.default,
                None => None,
            });
        Ok(resolved.collect())
    }

    /// The same with another default bound, and no target: for the search of the bound that reaches it.
    pub fn with_default(&self, bound: Bound) -> LossyRequest {
        LossyRequest {
            default: Some(bound),
            target: None,
            ..self.clone()
        }
    }
}

fn shown(bound: Option<Bound>) -> String {
    bound.map_or("exact".into(), |bound| bound.to_string())
}

fn unknown(selector: &Selector, columns: &[Selectable<'_>]) -> RequestError {
    /// As many names as a message shows.
    const SHOWN: usize = 12;
    let name = match selector {
        Selector::Number(number) => {
            return RequestError::NumberOutOfRange {
                number: *number,
                columns: columns.len(),
            };
        }
        Selector::Name(name) => name.clone(),
    };
    let names: Vec<&str> = columns.iter().filter_map(|column| column.name).collect();
    let known = match names.len() {
        0 => format!(
            "the {} here have no names; select them by number, or name them with --names",
            columns.len()
        ),
        count if count > SHOWN => {
            format!(
                "there are {}, ... and {} more",
                names[..SHOWN].join(", "),
                count - SHOWN
            )
        }
        _ => format!("there are {}", names.join(", ")),
    };
    RequestError::UnknownName { name, known }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lossy::bound::BoundKind;

    fn columns() -> Vec<Selectable<'static>> {
        let column = |kind, width| Column {
            width,
            swap: true,
            kind,
        };
        let (float, integer) = (column(Kind::Float, 4), column(Kind::Signed, 4));
        let all = [
            ("pt", float),
            ("eta", float),
            ("n", integer),
            ("x[0]", float),
            ("x[1]", float),
        ];
        all.map(|(name, column)| Selectable {
            name: Some(name),
            column,
        })
        .to_vec()
    }

    fn bound(value: f64) -> Bound {
        Bound::new(BoundKind::Absolute, value).unwrap()
    }

    fn name(text: &str) -> Selector {
        Selector::of(text)
    }

    #[test]
    fn integers_are_exact_unless_selected() {
        let mut request = LossyRequest {
            default: Some(bound(0.1)),
            ..LossyRequest::default()
        };
        let default = Some(bound(0.1));
        let resolve = |request: &LossyRequest| request.resolve(&columns(), &["id".to_string()]);
        assert_eq!(
            resolve(&request).unwrap(),
            [default, default, None, default, default]
        );
        request.columns = vec![(Selector::of("2"), bound(5.0)), (name("x"), bound(7.0))];
        request.exact = vec![name("pt"), name("id")];
        let five = Some(bound(5.0));
        let seven = Some(bound(7.0));
        assert_eq!(
            resolve(&request).unwrap(),
            [None, default, five, seven, seven]
        );
    }

    #[test]
    fn selectors_that_do_not_fit() {
        let fails = |columns: Vec<(Selector, Bound)>, exact: Vec<Selector>| {
            let request = LossyRequest {
                columns,
                exact,
                ..LossyRequest::default()
            };
            let unnumbered = ["id".to_string()];
            request.resolve(&self::columns(), &unnumbered).unwrap_err()
        };
        let message = fails(vec![(name("PT"), bound(1.0))], vec![]).to_string();
        assert_eq!(
            message,
            "no column is called PT: there are pt, eta, n, x[0], x[1]"
        );
        let error = fails(vec![], vec![Selector::Number(5)]);
        assert_eq!(
            error,
            RequestError::NumberOutOfRange {
                number: 5,
                columns: 5
            }
        );
        let message = fails(vec![(name("x"), bound(1.0))], vec![name("x[1]")]).to_string();
        assert_eq!(message, "column x[1] has two bounds: 1:abs and exact");
        let error = fails(vec![(name("id"), bound(1.0))], vec![]);
        assert_eq!(error, RequestError::NoNumbers { name: "id".into() });
        assert!(matches!(
            Selector::of("99999999999999999999999"),
            Selector::Name(_)
        ));
    }

    #[test]
    fn columns_without_names() {
        let unnamed = Selectable {
            name: None,
            ..columns()[0]
        };
        let request = LossyRequest {
            exact: vec![name("pt")],
            ..LossyRequest::default()
        };
        let message = request.resolve(&[unnamed; 3], &[]).unwrap_err().to_string();
        assert!(message.contains("the 3 here have no names"), "{message}");
    }
}
