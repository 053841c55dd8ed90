//! The decoder in plain Python under `tests/reference`.
//!
//! Without python3 its tests are left out; `BOA_REQUIRE_PYTHON=1` makes that a failure.

use std::path::Path;
use std::process::{Command, Output};

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A script of the decoder.
pub fn python(script: &str, arguments: &[&Path]) -> Command {
    let mut command = Command::new("python3");
    command
        .arg("-B")
        .arg(root().join("tests/reference").join(script))
        .args(arguments);
    command
}

/// Whether there is a python3; the tests end early if there is none.
pub fn has_python() -> bool {
    let version = Command::new("python3").arg("--version").output();
    let found = version.is_ok_and(|it| it.status.success());
    if !found {
        let required = std::env::var_os("BOA_REQUIRE_PYTHON").is_some_and(|it| it == "1");
        assert!(!required, "BOA_REQUIRE_PYTHON is 1, but python3 is missing");
        println!("left out: python3 is missing");
    }
    found
}

/// What the decoder makes of a file.
pub fn decoded(file: &Path) -> Output {
    python("boa_decode.py", &[file]).output().unwrap()
}

/// The decoder refused a file, and did not merely fail.
#[track_caller]
pub fn is_refused(output: &Output, reason: &str) {
    let message = super::stderr(output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(output.stdout.is_empty(), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains(reason), "{message}");
}

/// Runs `check` for each item, on a few threads.
pub fn each<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) =
                    items.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    check(item);
                }
            });
        }
    });
}

/// Decodes each file of these bytes in Python and in the library: both give the same content, or both refuse it.
pub fn agrees(files: &[(String, Vec<u8>)]) {
    let directory = tempfile::tempdir().unwrap();
    each(files, |(name, file)| {
        let path = directory.path().join(name);
        std::fs::write(&path, file).unwrap();
        let output = decoded(&path);
        match super::decode(file) {
            Ok(content) => {
                super::succeeds(&output);
                assert!(output.stdout == content, "{name}");
            }
            Err(_) => is_refused(&output, ""),
        }
    });
}
