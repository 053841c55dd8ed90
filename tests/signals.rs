//! Ctrl-C and SIGTERM leave nothing behind.
#![cfg(unix)]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{boa, names};

fn interrupted_by(signal: &str) {
    interrupted(signal, boa());
}

fn interrupted(signal: &str, mut command: Command) {
    let dir = tempfile::tempdir().unwrap();
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
fn interrupted_from_the_keyboard() {
    // A background job inherits an ignored Ctrl-C, and boa leaves it so.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    if mask.unwrap_or(0) & 0b10 != 0 {
        println!("skipped: this process was started with Ctrl-C ignored");
        return;
    }
    interrupted_by("-INT");
}

#[test]
fn terminated_where_hangups_are_ignored() {
    let mut command = Command::new("nohup");
    command
        .arg(env!("CARGO_BIN_EXE_boa"))
        .stdout(Stdio::piped());
    interrupted("-TERM", command);
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
