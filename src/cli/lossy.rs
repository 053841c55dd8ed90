//! The options of lossy coding as a request.

use super::args::{BoundArgs, LayoutArgs, LossyArgs};
use super::exit::{Failure, USAGE};
use super::layout_option;
use boa_constrictor::lossy::source::SpecifiedNumbers;
use boa_constrictor::lossy::{Bound, BoundKind, LossyRequest, Selector, Target, names};
use std::fs;

/// What the options say of an input's numbers.
#[derive(Debug)]
pub struct Numbers {
    /// Types and shape of raw bytes.
    pub specified: Option<SpecifiedNumbers>,
    /// The names of its columns.
    pub names: Vec<String>,
}

/// What a user wants of a lossy file, and says of its input's numbers.
pub struct Wanted {
    pub request: LossyRequest,
    pub numbers: Numbers,
    /// A report is to have pictures.
    pub pictures: bool,
}

/// What the options say of an input's numbers.
pub fn numbers(layout: &LayoutArgs, bounds: &BoundArgs) -> Result<Numbers, Failure> {
    let names = match &bounds.names {
        None => Vec::new(),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|e| Failure::io(path, e))?;
            let names = names::parse(&text);
            if names.is_empty() {
                return Err(Failure::usage(path, "holds no names"));
            }
            names
        }
    };
    let specified = layout_option::numbers(layout, names.len(), bounds.column_major)?;
    Ok(Numbers { specified, names })
}

/// The lossy file that the options ask for; none without a bound, a ratio or a PSNR.
pub fn request(args: &LossyArgs) -> Result<Option<LossyRequest>, Failure> {
    let refused = |line: String| Failure::Message { line, code: USAGE };
    let target = match (args.ratio, args.psnr) {
        (Some(ratio), _) if ratio.is_finite() && ratio > 1.0 => Some(Target::Ratio(ratio)),
        (Some(ratio), _) => return Err(refused(format!("--ratio {ratio}: must be above 1"))),
        (None, Some(psnr)) if psnr.is_finite() && psnr > 0.0 => Some(Target::Psnr(psnr)),
        (None, Some(psnr)) => return Err(refused(format!("--psnr {psnr}: must be above 0"))),
        (None, None) => None,
    };
    let request = LossyRequest {
        target,
        latents_only: args.latents_only,
        ..bounds(&args.bounds)?
    };
    if request.default.is_some() || request.target.is_some() || !request.columns.is_empty() {
        return Ok(Some(request));
    }
    let only = [
        (!request.exact.is_empty(), "--exact"),
        (!request.fill.is_empty(), "--fill"),
        (args.bounds.names.is_some(), "--names"),
        (args.bounds.column_major, "--column-major"),
    ];
    match only.iter().find(|(is_used, _)| *is_used) {
        Some((_, option)) => Err(refused(format!(
            "{option} needs a bound: --abs, --rel, --pw-rel, --digits, --bound, --ratio or --psnr"
        ))),
        None => Ok(None),
    }
}

/// What the options want of a lossy file, and say of its input's numbers; none without a bound.
pub fn wanted(
    args: &LossyArgs,
    layout: &LayoutArgs,
    pictures: bool,
) -> Result<Option<Wanted>, Failure> {
    let Some(request) = request(args)? else {
        return Ok(None);
    };
    let numbers = numbers(layout, &args.bounds)?;
    Ok(Some(Wanted {
        request,
        numbers,
        pictures,
    }))
}

/// The bounds and what goes with them.
pub fn bounds(args: &BoundArgs) -> Result<LossyRequest, Failure> {
    let refused = |option: &str, what: String| Failure::Message {
        line: format!("{option}: {what}"),
        code: USAGE,
    };
    let defaults = [
        ("--abs", BoundKind::Absolute, args.abs),
        ("--rel", BoundKind::Relative, args.rel),
        ("--pw-rel", BoundKind::PointwiseRelative, args.pw_rel),
        ("--digits", BoundKind::Digits, args.digits.map(f64::from)),
    ];
    let mut request = LossyRequest {
        exact: args.exact.iter().map(|name| Selector::of(name)).collect(),
        fill: args.fill.clone(),
        ..LossyRequest::default()
    };
    for (option, kind, value) in defaults {
        if let Some(value) = value {
            let bound = Bound::new(kind, value).map_err(|e| refused(option, e.to_string()))?;
            request.default = Some(bound);
        }
    }
    for text in &args.bound {
        let option = format!("--bound {text}");
        let Some((name, bound)) = text.rsplit_once('=') else {
            return Err(refused(&option, "must be NAME=E, as in pt=0.01:rel".into()));
        };
        let bound: Bound = bound
            .parse()
            .map_err(|e: boa_constrictor::Error| refused(&option, e.to_string()))?;
        request.columns.push((Selector::of(name), bound));
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser;

    fn parsed(options: &[&str]) -> Result<Option<LossyRequest>, String> {
        let arguments = [&["boa", "c"][..], options, &["file"]].concat();
        let cli = Cli::try_parse_from(arguments).map_err(|e| e.to_string())?;
        let Command::Compress(args) = cli.command else {
            return Err("another command".into());
        };
        request(&args.lossy).map_err(|failure| match failure {
            Failure::Message { line, .. } => line,
            Failure::BrokenPipe => "broken pipe".into(),
        })
    }

    #[test]
    fn options_become_a_request() {
        assert_eq!(parsed(&[]), Ok(None));
        let request = parsed(&[
            "--rel",
            "1e-3",
            "--bound",
            "a=b=2:digits",
            "--bound",
            "3=0.5",
            "--exact",
            "id",
            "--fill",
            "-999",
        ]);
        let bound = |kind, value| Bound::new(kind, value).unwrap();
        let expected = LossyRequest {
            default: Some(bound(BoundKind::Relative, 1e-3)),
            columns: vec![
                (Selector::Name("a=b".into()), bound(BoundKind::Digits, 2.0)),
                (Selector::Number(3), bound(BoundKind::Absolute, 0.5)),
            ],
            exact: vec![Selector::Name("id".into())],
            fill: vec![-999.0],
            ..LossyRequest::default()
        };
        assert_eq!(request, Ok(Some(expected)));
        for (option, kind) in [
            ("--abs", BoundKind::Absolute),
            ("--pw-rel", BoundKind::PointwiseRelative),
        ] {
            let request = parsed(&[option, "0.25"]).unwrap().unwrap();
            assert_eq!(request.default, Some(bound(kind, 0.25)));
        }
        let digits = parsed(&["--digits", "4"]).unwrap().unwrap();
        assert_eq!(digits.default, Some(bound(BoundKind::Digits, 4.0)));
        let latents = parsed(&["--ratio", "6", "--latents-only"])
            .unwrap()
            .unwrap();
        assert_eq!(
            (latents.target, latents.latents_only),
            (Some(Target::Ratio(6.0)), true)
        );
        let psnr = parsed(&["--psnr", "60"]).unwrap().unwrap();
        assert_eq!(psnr.target, Some(Target::Psnr(60.0)));
    }

    #[test]
    fn options_that_do_not_go_together() {
        for (options, message) in [
            (&["--rel", "1e-3", "--abs", "1"][..], "cannot be used with"),
            (&["--rel", "1e-3", "--ratio", "5"], "cannot be used with"),
            (&["--latents-only"], "--ratio"),
            (&["--column-major"], "--dtype"),
            (&["--exact", "pt"], "--exact needs a bound"),
            (&["--fill", "0"], "--fill needs a bound"),
            (&["--rel", "0"], "--rel: bound 0: must be"),
            (&["--pw-rel", "1"], "must be below 1"),
            (&["--digits", "18"], "significant digits"),
            (&["--bound", "pt"], "must be NAME=E"),
            (&["--bound", "pt=x"], "x is no number"),
            (&["--ratio", "1"], "above 1"),
            (&["--psnr", "nan"], "above 0"),
        ] {
            let error = parsed(options).unwrap_err();
            assert!(error.contains(message), "{options:?}: {error}");
        }
    }
}
