//! Round trips of real files, where the public data stands beside the project.
//!
//! The first 200 kB of each: `cargo bench --bench ratio` does it with whole files.

mod support;

use boa_constrictor::Model;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

const HEAD: usize = 200_000;

fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if !path.extension().is_some_and(|e| e == "json" || e == "md") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn every_file_comes_back() {
    let Some(data) = data() else { return };
    let files = files(&data);
    assert!(files.len() > 30, "{} files", files.len());
    files.par_iter().for_each(|path| {
        let mut content = fs::read(path).unwrap();
        content.truncate(HEAD);
        let file = support::encode(&content);
        assert!(
            support::decode(&file).unwrap() == content,
            "{}",
            path.display()
        );
        println!(
            "{:60} {:.3}",
            path.strip_prefix(&data).unwrap().display(),
            content.len() as f64 / file.len() as f64
        );
        assert!(
            file.len() < content.len() + content.len() / 1000 + 120,
            "{}",
            path.display()
        );
    });
}

#[test]
fn the_built_in_models_are_whole() {
    let sizes: Vec<usize> = (1..=2)
        .map(|number| Model::built_in(number).unwrap().to_bytes().len())
        .collect();
    assert!(sizes.iter().sum::<usize>() <= 1_500_000, "{sizes:?} bytes");
    assert!(sizes[1] < sizes[0], "{sizes:?}");
    assert!(Model::built_in(0).is_none() && Model::built_in(3).is_none());
}
