//! `boa list`.

use super::args::{ListArgs, Talk};
use super::each_file::for_each;
use super::exit::{Failure, shown};
use super::source::{OpenInput, STDIN};
use super::stdout::print;
use boa_constrictor::format::{BoundRun, ListedBound, ModelSection, NetworkRef};
use boa_constrictor::model_file::Autoencoder;
use boa_constrictor::stream::{FrameInfo, Member, list};
use boa_constrictor::structure::description;
use std::io::BufReader;
use std::path::Path;

/// Lists every file; the exit code is the worst.
pub fn run(args: &ListArgs, talk: &Talk) -> Result<u8, Failure> {
    if !talk.verbose {
        let title = format!(
            "{:>14} {:>14} {:>8} {:>7}  {:<20} {:<20} file\n",
            "content", "compressed", "ratio", "frames", "layout", "model"
        );
        print(&title)?;
    }
    Ok(for_each(&args.files, |path| list_file(path, talk)))
}

fn list_file(path: &Path, talk: &Talk) -> Result<(), Failure> {
    let OpenInput::File(file, metadata) = OpenInput::open(path)? else {
        return Err(Failure::usage(Path::new(STDIN), "a list needs a file"));
    };
    if !metadata.is_file() {
        return Err(Failure::usage(path, "a list needs a regular file"));
    }
    let members = list(BufReader::new(file)).map_err(|e| Failure::of(path, e))?;
    print(&if talk.verbose {
        details(path, &members)
    } else {
        row(path, &members)
    })
}

fn row(path: &Path, members: &[Member]) -> String {
    let content: u64 = members.iter().map(|m| m.content).sum();
    let compressed: u64 = members.iter().map(|m| m.compressed).sum();
    let frames: usize = members.iter().map(|m| m.frames.len()).sum();
    let layouts = members.iter().flat_map(|m| &m.frames).map(layout);
    let models = members.iter().map(|m| model(m, 8));
    let mut text = format!(
        "{content:>14} {compressed:>14} {:>8.3} {frames:>7}  {:<20} {:<20} {}\n",
        ratio(content, compressed),
        the_only(layouts),
        the_only(models),
        shown(path)
    );
    for runs in members.iter().filter_map(|member| member.bounds.as_ref()) {
        text += &format!("    lossy   {}\n", bounds(runs));
    }
    text
}

/// What the errors of which columns are bounded by.
fn bounds(runs: &[BoundRun]) -> String {
    let mut first = 0u64;
    let described = runs.iter().map(|run| {
        let last = first.saturating_add(run.columns - 1);
        let columns = match last == first {
            true => format!("column {first}"),
            false => format!("columns {first} to {last}"),
        };
        first = last.saturating_add(1);
        format!("{columns} {}", bound(run.bound))
    });
    match runs {
        [] => "nothing rounded".into(),
        _ => described.collect::<Vec<_>>().join(", "),
    }
}

fn bound(bound: ListedBound) -> String {
    match bound {
        ListedBound::Exact => "exact".into(),
        ListedBound::Absolute(value) => format!("within {value:e}"),
        ListedBound::Relative(value) => format!("within {value:e} of the range"),
        ListedBound::PointwiseRelative(value) => format!("within {value:e} of each value"),
        ListedBound::Digits(digits) => format!("to {digits} digits"),
        ListedBound::Unbounded => "without any bound on the error".into(),
    }
}

fn details(path: &Path, members: &[Member]) -> String {
    let mut text = format!("{}\n", shown(path));
    for (number, member) in members.iter().enumerate() {
        let Member {
            offset,
            compressed,
            content,
            frames,
            ..
        } = member;
        text += &format!(
            "  member {}: at {offset}, content {content}, compressed {compressed}, ratio {:.3}, frames {}\n",
            number + 1,
            ratio(*content, *compressed),
            frames.len()
        );
        text += &format!("    model   {}\n", model(member, 64));
        if let Some(runs) = &member.bounds {
            text += &format!("    lossy   {}\n", bounds(runs));
        }
        text += &format!("    BLAKE3  {}\n", hex(&member.hash, 64));
        if !frames.is_empty() {
            text += &format!(
                "    {:>7} {:>14} {:>10} {:>10} {:>8}  {:<8} {:>5}  layout\n",
                "frame", "at", "content", "compressed", "ratio", "method", "lanes"
            );
        }
        for (number, frame) in frames.iter().enumerate() {
            let content = u64::from(frame.header.content_len);
            text += &format!(
                "    {:>7} {:>14} {content:>10} {:>10} {:>8.3}  {:<8} {:>5}  {}\n",
                number + 1,
                frame.offset,
                frame.frame_len,
                ratio(content, u64::from(frame.frame_len)),
                frame.header.model.name(),
                lanes(frame),
                layout(frame)
            );
            for line in description::fields(&frame.header.structure) {
                text += &format!("            {line}\n");
            }
        }
    }
    text
}

fn ratio(content: u64, compressed: u64) -> f64 {
    content as f64 / compressed as f64
}

/// The item that all are; what to show if there is none, or if they differ.
fn the_only(mut items: impl Iterator<Item = String>) -> String {
    let Some(first) = items.next() else {
        return "-".into();
    };
    if items.all(|item| item == first) {
        first
    } else {
        "several".into()
    }
}

fn lanes(frame: &FrameInfo) -> String {
    match frame.header.lanes() {
        0 => "-".into(),
        lanes => lanes.to_string(),
    }
}

fn layout(frame: &FrameInfo) -> String {
    match frame.header.model.has_structure() {
        true => description::structure(&frame.header.structure),
        false => "-".into(),
    }
}

/// The models that the frames use.
fn model(member: &Member, digits: usize) -> String {
    if let (Some(_), Some(section)) = (&member.bounds, &member.model) {
        return autoencoder(section, digits);
    }
    let networks = member.frames.iter().filter_map(|frame| {
        Some(match frame.header.model.mix()?.network? {
            NetworkRef::BuiltIn(number) => format!("built-in {number}"),
            NetworkRef::Member => member.model.as_ref().map_or_else(
                || "missing".to_string(),
                |section| match section {
                    ModelSection::Embedded(bytes) => {
                        let id = blake3::hash(bytes);
                        format!("embedded {}", hex(id.as_bytes(), digits))
                    }
                    ModelSection::ById(id) => format!("by id {}", hex(id, digits)),
                },
            ),
        })
    });
    match the_only(networks) {
        none if none == "-" => "none".into(),
        some => some,
    }
}

/// The autoencoder of a lossy member.
fn autoencoder(section: &ModelSection, digits: usize) -> String {
    match section {
        ModelSection::Embedded(bytes) => match Autoencoder::from_bytes(bytes) {
            Ok(autoencoder) => format!("embedded {}", hex(&autoencoder.id().0, digits)),
            Err(_) => "damaged".into(),
        },
        ModelSection::ById(id) => format!("by id {}", hex(id, digits)),
    }
}

fn hex(hash: &[u8; 32], digits: usize) -> String {
    blake3::Hash::from(*hash)
        .to_hex()
        .chars()
        .take(digits)
        .collect()
}
