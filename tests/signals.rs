//! Ctrl-C and SIGTERM leave nothing behind.
#![cfg(unix)]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{boa, names};

fn interrupted_by(signal: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = boa();
    command.args(["c", "-o"]).arg(dir.path().join("out.boa"));
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The input stays open, so that the output stays unfinished.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"the beginning").unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while names(dir.path()).is_empty() {
        assert!(Instant::now() < deadline, "no temporary file");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(names(dir.path())[0].starts_with(".boa-"));
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(names(dir.path()).is_empty());
    drop(stdin);
}

#[test]
fn terminated() {
    interrupted_by("-TERM");
}

#[test]
fn interrupted() {
    interrupted_by("-INT");
}

#[test]
fn an_unfinished_output_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, file) = support::directory_with("fifo-source", b"");
    std::fs::remove_file(&file).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    let mut child = boa()
        .arg("c")
        .arg(&file)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
    pipe.write_all(b"some").unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while names(dir.path()).len() < 2 {
        assert!(Instant::now() < deadline, "no temporary file");
        std::thread::sleep(Duration::from_millis(10));
    }
    let temporary = names(dir.path())
        .into_iter()
        .find(|name| name.starts_with(".boa-"))
        .unwrap();
    let mode = std::fs::metadata(dir.path().join(temporary))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    drop(pipe);
    assert!(child.wait().unwrap().success());
    assert_eq!(names(dir.path()), ["fifo-source", "fifo-source.boa"]);
    let complete = std::fs::metadata(dir.path().join("fifo-source.boa"))
        .unwrap()
        .permissions();
    std::fs::write(dir.path().join("usual"), "").unwrap();
    let usual = std::fs::metadata(dir.path().join("usual"))
        .unwrap()
        .permissions();
    assert_eq!(complete.mode(), usual.mode());
}
