//! The names of the code are the field's: words that boa once had of its own do not come back as identifiers.
//!
//! `docs/glossary.md` says what the field's words mean here.

use std::path::{Path, PathBuf};

/// Words that are no part of a name, and what is said instead.
const PRIVATE: [(&[&str], &str); 22] = [
    (&["habit", "habits"], "run model"),
    (&["way", "ways"], "coding mode, path"),
    (
        &["question", "questions", "ask", "asks", "asked"],
        "decision",
    ),
    (&["surprise", "surprises"], "error level"),
    (&["chance", "chances"], "probability"),
    (&["curve", "curves"], "APM"),
    (&["hear", "hears", "heard", "listen", "listens"], "inputs"),
    (&["speak", "speaks", "spoken", "voice", "voices"], "logits"),
    (&["say", "says", "said"], "prediction, message"),
    (&["tell", "tells", "told"], "predict, report"),
    (&["loud", "loudness"], "gradient scale"),
    (&["situation", "situations"], "byte context"),
    (&["named"], "predicted"),
    (&["part", "parts"], "segment, trace, chunk"),
    (
        &["companion", "companions"],
        "reference, cross-column context",
    ),
    (&["look", "looks", "looked"], "reference, examine"),
    (&["place", "places", "placed"], "position, offset, index"),
    (&["carry", "carries", "carried", "carrying"], "store"),
    (
        &["rehearse", "rehearses", "rehearsed", "rehearsal"],
        "teacher forcing",
    ),
    (&["near"], "close, tolerance"),
    (&["given"], "specified, supplied"),
    (&["foretell", "foretells", "foretold"], "predict"),
];

/// Words that are private where they meant the hashed context slots and the mixers' weight sets.
const IN_THE_MODEL: [(&[&str], &str); 2] = [
    (&["line", "lines"], "slot"),
    (&["set", "sets"], "weight set"),
];

/// Names that have such a word in a meaning that everybody knows: of the standard library, of a crate, of instructions, of `analyze --json`,
/// of caches, of additions.
const STANDARD: [&str; 14] = [
    "CARRY",
    "carry",
    "no_carry",
    "from_raw_parts",
    "from_raw_parts_mut",
    "into_raw_parts",
    "NamedTempFile",
    "looked_at",
    "CacheLine",
    "lines_of_cache_begin_where_cache_lines_do",
    "weight_set",
    "weight_sets",
    "MAX_WEIGHT_SETS",
    "last_weight_set",
];

/// Identifiers of a Rust source, with their lines; what stands in comments, strings and characters is skipped.
fn identifiers(source: &str) -> Vec<(usize, String)> {
    let bytes = source.as_bytes();
    let (mut at, mut found) = (0, Vec::new());
    let line = |at: usize| 1 + bytes[..at].iter().filter(|&&byte| byte == b'\n').count();
    while at < bytes.len() {
        let rest = &source[at..];
        at += if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(len) = raw_string(rest) {
            len
        } else if rest.starts_with('"') {
            quoted(rest, b'"')
        } else if rest.starts_with('\'') {
            character(rest)
        } else if bytes[at].is_ascii_digit() {
            word(rest)
        } else if word(rest) > 0 {
            found.push((line(at), rest[..word(rest)].to_string()));
            word(rest)
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
    }
    found
}

/// The length of the letters, digits and underscores at the beginning.
fn word(rest: &str) -> usize {
    let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
    end.unwrap_or(rest.len())
}

/// The length of the string at the beginning, with both its quotes.
fn quoted(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (k, &byte) in rest.as_bytes().iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return k + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the raw string at the beginning, if there is one.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r').or(rest.strip_prefix("br"))?;
    let count = hashes.find('"')?;
    if !hashes[..count].bytes().all(|byte| byte == b'#') {
        return None;
    }
    let begin = rest.len() - hashes.len() + count + 1;
    let end = format!("\"{}", &hashes[..count]);
    Some(begin + rest[begin..].find(&end)? + end.len())
}

/// The length of the character at the beginning, or of a lifetime's quote.
fn character(rest: &str) -> usize {
    let mut after = rest[1..].chars();
    match (after.next(), after.next()) {
        (Some('\\'), _) => quoted(rest, b'\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}

/// The words of a name, in lower case: `LaneState`, `lane_state` and `LANE_STATE` have two.
fn words(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut before = '_';
    for c in name.chars() {
        if c == '_' || c.is_uppercase() && !before.is_uppercase() {
            all.push(String::new());
        }
        if let (true, Some(last)) = (c != '_', all.last_mut()) {
            last.extend(c.to_lowercase());
        }
        before = c;
    }
    all.retain(|word| !word.is_empty());
    all
}

/// What a name should say instead, if it has a private word.
fn better(path: &str, name: &str) -> Option<&'static str> {
    if STANDARD.contains(&name) || name.starts_with("_mm") {
        return None;
    }
    let in_model = path.starts_with("src/model/") || path.starts_with("src/kernel/");
    let local = if in_model { &IN_THE_MODEL[..] } else { &[] };
    let words = words(name);
    let is_constant = !name.chars().any(char::is_lowercase);
    if is_constant && words.iter().any(|word| word == "least" || word == "most") {
        return Some("MIN, MAX");
    }
    let mut all = PRIVATE.iter().chain(local);
    all.find(|(private, _)| words.iter().any(|word| private.contains(&word.as_str())))
        .map(|(_, instead)| *instead)
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_name_has_a_private_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for directory in ["src", "tests", "benches"] {
        sources(&root.join(directory), &mut files);
    }
    assert!(files.len() > 100, "{} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let path = file.strip_prefix(root).unwrap().to_string_lossy();
        let path = path.replace('\\', "/");
        let source = std::fs::read_to_string(&file).unwrap();
        for (line, name) in identifiers(&source) {
            if let Some(instead) = better(&path, &name) {
                wrong.push(format!("{path}:{line}: {name} (instead: {instead})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn private_words_are_seen_in_names_alone() {
    let source = r###"
        // habit
        fn hear_all<'way>(x: &'way str) -> char { /* ways */ let said = "told"; 'q' }
        let (a, b) = (r#"chance " near"#, '\'');
        const LEAST_WIDTH: u8 = 0x1f_u8; struct ByPlace;
    "###;
    let names = identifiers(source);
    let wrong = { names.iter() }
        .filter(|(_, name)| better("src/cli/x.rs", name).is_some())
        .map(|(line, name)| (*line, name.as_str()));
    let expected = [
        (3, "hear_all"),
        (3, "way"),
        (3, "way"),
        (3, "said"),
        (5, "LEAST_WIDTH"),
        (5, "ByPlace"),
    ];
    assert_eq!(wrong.collect::<Vec<_>>(), expected);
    assert!(names.iter().any(|(_, name)| name == "ByPlace"));
    assert_eq!(words("HTTPHead_of2"), ["httphead", "of2"]);
    assert!(better("src/model/x.rs", "line").is_some() && better("src/cli/x.rs", "line").is_none());
}
