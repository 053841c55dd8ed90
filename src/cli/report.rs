//! `--report`: where the page goes, and what stands on it of the command line.

use super::args::Talk;
use super::exit::{Failure, shown};
use super::measured::Measured;
use super::output::Output;
use super::progress::Meter;
use boa_constrictor::report::{Measurement, peers, survey};
use boa_constrictor::stream::Member;
use boa_constrictor::{EncodeOptions, Error, Model, list};
use std::fs::{File, Metadata};
use std::io::{BufReader, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A page that is still to be written.
pub struct PendingPage {
    path: PathBuf,
    output: Output,
}

impl PendingPage {
    /// Opens the page at `path`, so that it fails before the work begins, if it does. `input` must not be overwritten.
    pub fn create(
        path: &Path,
        input: Option<&Metadata>,
        force: bool,
    ) -> Result<PendingPage, Failure> {
        Ok(PendingPage {
            path: path.to_path_buf(),
            output: Output::create(path, input, force)?,
        })
    }

    /// Writes the page.
    pub fn write(mut self, html: &str) -> Result<(), Failure> {
        self.output
            .write_all(html.as_bytes())
            .map_err(|e| Failure::io(&self.path, e))?;
        self.output.commit(None)
    }
}

/// The page about a file that was measured: its frames are predicted again, and other compressors take the same file.
pub fn page(
    path: &Path,
    measured: Measured,
    options: &EncodeOptions,
    talk: &Talk,
) -> Result<String, Error> {
    let Measured {
        summary,
        seconds,
        busy,
        mut coded,
        ..
    } = measured;
    let waiting = Meter::new(None, format!("{}: report", shown(path)), talk);
    coded.rewind()?;
    let members = list(BufReader::new(coded))?;
    let supplied: Vec<Arc<Model>> = options.model.iter().cloned().collect();
    let description = model_description(&members, &supplied)?;
    let mut again = File::open(path)?;
    let mut examine = || survey(&mut again, &members, &supplied);
    let survey = match &options.pool {
        Some(pool) => pool.install(examine)?,
        None => examine()?,
    };
    let peers = peers(|| File::open(path))?;
    drop(waiting);
    let run = Measurement {
        name: name(path),
        command: command_line(),
        model: description,
        summary,
        seconds,
        threads: busy,
        survey,
        peers,
    };
    Ok(run.to_html())
}

/// The first model that a frame uses.
fn model_description(members: &[Member], supplied: &[Arc<Model>]) -> Result<String, Error> {
    for member in members {
        let mut models = member.models(supplied);
        for frame in &member.frames {
            if let Some(model) = models.of_frame(&frame.header)? {
                let id: String = model.id().to_string().chars().take(16).collect();
                let origin = match frame.header.uses_member_model() {
                    true => "given",
                    false => "built in",
                };
                return Ok(format!("{origin}, id {id}\u{2026}"));
            }
        }
    }
    Ok("none".into())
}

/// A file's name without its directories.
pub fn name(path: &Path) -> String {
    shown(path.file_name().map_or(path, Path::new))
}

/// The command line as a shell takes it.
pub fn command_line() -> String {
    let mut arguments = std::env::args_os();
    let program = arguments.next().map(PathBuf::from);
    let program = program.as_deref().and_then(Path::file_name);
    let program = program.map_or("boa".into(), |name| name.to_string_lossy().into_owned());
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let all: Vec<String> = [program].into_iter().chain(arguments).collect();
    { all.iter().map(|word| quoted(word)) }
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn arguments_are_quoted_for_a_shell() {
        assert_eq!(quoted("-T2"), "-T2");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
