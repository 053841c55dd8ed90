//! The arrows of docs/architecture.md: which room of `src` may import which. And no two files of `src` import each other, directly or around
//! others.

mod imports;

use imports::{circles, edges};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The room of a file: its folder under `src`, or its own name.
fn room(file: &Path) -> String {
    let first = file.iter().next().unwrap_or_default();
    Path::new(first)
        .with_extension("")
        .to_string_lossy()
        .into_owned()
}

/// The rooms of the table under "Arrows", each with those that it may import.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, table) = text.split_once("\n## Arrows\n").unwrap();
    let names = |cell: &str| -> Vec<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(str::to_string).collect()
    };
    let mut allowed = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split('|').map(names);
        let (own, others) = (cells.next().unwrap(), cells.next().unwrap());
        allowed.insert(own[0].clone(), others.into_iter().collect());
    }
    assert!(allowed.len() > 10, "{allowed:?}");
    allowed
}

#[test]
fn rooms_import_only_what_the_map_allows() {
    let allowed = allowed();
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut forbidden = Vec::new();
    for (file, targets) in edges(&root().join("src")) {
        let own = room(&file);
        if matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        let may = allowed
            .get(&own)
            .unwrap_or_else(|| panic!("docs/architecture.md has no room {own}"));
        for (target, name) in targets {
            let other = room(&target);
            if other == own || other == "lib" {
                continue;
            }
            used.entry(own.clone()).or_default().insert(other.clone());
            if !may.contains(&other) {
                let (file, target) = (file.display(), target.display());
                forbidden.push(format!("{file} takes {name} from {target}"));
            }
        }
    }
    assert!(forbidden.is_empty(), "{forbidden:#?}");
    // The map has no arrow that nobody needs.
    for (own, others) in &allowed {
        let used = used.remove(own).unwrap_or_default();
        let unused: Vec<_> = others.difference(&used).collect();
        assert!(unused.is_empty(), "{own} does not import {unused:?}");
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let edges = edges(&root().join("src"));
    let circles = circles(&edges);
    let circles: Vec<String> = { circles.iter() }
        .map(|circle| {
            let within = circle.iter().flat_map(|file| {
                let targets = edges[file].iter().filter(|(to, _)| circle.contains(*to));
                targets.map(move |(to, name)| {
                    format!("\n  {} takes {name} from {}", file.display(), to.display())
                })
            });
            within.collect()
        })
        .collect();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn unsafe_code_stands_in_the_kernel_only() {
    let files = edges(&root().join("src")).into_keys();
    let (within, outside): (Vec<PathBuf>, Vec<PathBuf>) = files
        .filter(|file| {
            let text = fs::read_to_string(root().join("src").join(file)).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            // The lint denies what is not allowed by name.
            code.into_iter().any(|line| line.contains("unsafe"))
        })
        .partition(|file| room(file) == "kernel");
    assert!(within.contains(&"kernel/pages.rs".into()), "{within:?}");
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn the_imports_are_seen() {
    let edges = edges(&root().join("src"));
    let takes = |from: &str, to: &str| edges[Path::new(from)].contains_key(Path::new(to));
    // By a `use` of a re-export, by one of a module, by a path in code, by a path within a macro.
    assert!(takes("format/frame.rs", "layout/mod.rs"));
    assert!(takes("stream/coding.rs", "stream/lanes.rs"));
    assert!(takes("stream/mod.rs", "format/mod.rs"));
    assert!(takes("stream/encode.rs", "level.rs"));
    let circle: BTreeMap<PathBuf, BTreeMap<PathBuf, String>> = [("a", "b"), ("b", "c"), ("c", "b")]
        .map(|(from, to)| (from.into(), [(to.into(), String::new())].into()))
        .into();
    assert_eq!(circles(&circle), [["b".into(), "c".into()].into()]);
}
