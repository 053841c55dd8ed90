//! The program: files, pipes, names, refusals, exit codes.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};
use support::{boa, directory_with, names, noise, piped, records, run, stderr, succeeds, text};

/// Exit code and a single line on stderr that begins with `boa: ` and holds `what`.
#[track_caller]
fn fails(output: &Output, code: i32, what: &str) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(
        message.starts_with("boa: ") && message.lines().count() == 1,
        "{message}"
    );
    assert!(message.contains(what), "{message} does not say {what}");
}

#[test]
fn a_file_there_and_back() {
    let content = records(5000);
    let (dir, file) = directory_with("data.bin", &content);
    succeeds(&run(boa().arg("c").arg(&file)));
    assert_eq!(names(dir.path()), ["data.bin", "data.bin.boa"]);
    fs::remove_file(&file).unwrap();
    succeeds(&run(boa()
        .arg("decompress")
        .arg(dir.path().join("data.bin.boa"))));
    assert!(fs::read(&file).unwrap() == content);
    assert_eq!(names(dir.path()), ["data.bin", "data.bin.boa"]);
}

#[test]
fn pipes() {
    for content in [vec![], vec![1], records(3000), noise(100_000)] {
        for dash in [&[][..], &["-"]] {
            let coded = piped(&[&["c"], dash].concat(), &content);
            succeeds(&coded);
            let decoded = piped(&[&["d"], dash].concat(), &coded.stdout);
            succeeds(&decoded);
            assert!(decoded.stdout == content);
        }
    }
}

#[test]
fn a_pipe_and_a_file_give_the_same_bytes() {
    let content = text(20_000);
    let (dir, file) = directory_with("data", &content);
    succeeds(&run(boa().args(["c", "-T1"]).arg(&file)));
    let coded = piped(&["c", "-T7"], &content);
    assert!(fs::read(dir.path().join("data.boa")).unwrap() == coded.stdout);
}

#[test]
fn several_files_go_on_after_an_error_and_the_worst_code_wins() {
    let (dir, a) = directory_with("a", &records(100));
    let b = dir.path().join("b");
    let missing = dir.path().join("missing");
    fs::write(&b, noise(100)).unwrap();
    let output = run(boa().arg("c").args([&a, &missing, &b]));
    fails(&output, 1, "missing: no such file or directory");
    assert_eq!(names(dir.path()), ["a", "a.boa", "b", "b.boa"]);
    let garbage = dir.path().join("c.boa");
    fs::write(&garbage, "garbage").unwrap();
    let files = ["a.boa", "c.boa", "missing.boa", "b.boa"].map(|name| dir.path().join(name));
    let output = run(boa().arg("test").args(&files));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output).lines().count(), 2);
    succeeds(&run(boa().arg("d").arg("-f").args([&files[0], &files[3]])));
}

#[test]
fn several_files_to_stdout_decode_as_one() {
    let (dir, a) = directory_with("a", &records(100));
    let b = dir.path().join("b");
    fs::write(&b, noise(100)).unwrap();
    let coded = run(boa().args(["c", "-c"]).args([&a, &b]));
    let decoded = piped(&["d"], &coded.stdout);
    assert!(decoded.stdout == [records(100), noise(100)].concat());
    assert_eq!(names(dir.path()), ["a", "b"]);
}

#[test]
fn an_existing_output_is_kept_unless_forced() {
    let (dir, file) = directory_with("data", &records(100));
    let coded = dir.path().join("data.boa");
    fs::write(&coded, "precious").unwrap();
    fails(
        &run(boa().arg("c").arg(&file)),
        1,
        "data.boa: already exists",
    );
    assert_eq!(fs::read(&coded).unwrap(), b"precious");
    succeeds(&run(boa().args(["c", "-f"]).arg(&file)));
    fails(&run(boa().arg("d").arg(&coded)), 1, "data: already exists");
    succeeds(&run(boa().args(["d", "-f"]).arg(&coded)));
    assert_eq!(names(dir.path()), ["data", "data.boa"]);
    assert!(fs::read(&file).unwrap() == records(100));
}

#[test]
fn suffixes() {
    let (dir, file) = directory_with("data.boa", &records(100));
    fails(&run(boa().arg("c").arg(&file)), 1, "already ends in .boa");
    succeeds(&run(boa().args(["c", "-f"]).arg(&file)));
    assert_eq!(names(dir.path()), ["data.boa", "data.boa.boa"]);
    let renamed = dir.path().join("renamed.bin");
    fs::rename(dir.path().join("data.boa.boa"), &renamed).unwrap();
    fails(
        &run(boa().arg("d").arg(&renamed)),
        1,
        "does not end in .boa",
    );
    let out = dir.path().join("out");
    succeeds(&run(boa().arg("d").arg(&renamed).arg("-o").arg(&out)));
    assert!(fs::read(&out).unwrap() == records(100));
    let to_stdout = run(boa().args(["d", "-c"]).arg(&renamed));
    assert!(to_stdout.stdout == records(100));
    let to_dash = run(boa().args(["d", "-o", "-"]).arg(&renamed));
    assert!(to_dash.stdout == records(100));
}

#[test]
fn refusals_of_the_surroundings() {
    let (dir, file) = directory_with("data", &records(100));
    fails(&run(boa().arg("c").arg(dir.path())), 1, "is a directory");
    let into_directory = run(boa().arg("c").arg(&file).arg("-o").arg(dir.path()));
    fails(&into_directory, 1, "is a directory");
    let nowhere = dir.path().join("no/such/place");
    let output = run(boa().arg("c").arg(&file).arg("-o").arg(&nowhere));
    fails(&output, 1, "place: no such file or directory");
    let itself = run(boa().args(["c", "-f"]).arg(&file).arg("-o").arg(&file));
    fails(&itself, 1, "is the input itself");
    let two = run(boa().arg("c").args([&file, &file]).args(["-o", "x"]));
    fails(&two, 1, "-o names one output, but there are 2 files");
    fails(&run(boa().arg("list").arg("-")), 1, "a list needs a file");
    assert_eq!(names(dir.path()), ["data"]);
    assert!(fs::read(&file).unwrap() == records(100));
    assert_eq!(
        run(boa().args(["c", "--no-such-flag"])).status.code(),
        Some(1)
    );
    assert_eq!(run(&mut boa()).status.code(), Some(1));
    assert_eq!(run(boa().arg("--version")).status.code(), Some(0));
    assert_eq!(run(boa().args(["c", "--help"])).status.code(), Some(0));
}

#[test]
fn damage_is_reported_by_name_and_code_and_leaves_nothing() {
    let (dir, file) = directory_with("data", &noise(1000));
    succeeds(&run(boa().args(["c", "--rm"]).arg(&file)));
    assert_eq!(names(dir.path()), ["data.boa"]);
    let coded = dir.path().join("data.boa");
    let good = fs::read(&coded).unwrap();
    let mut flipped = good.clone();
    flipped[500] ^= 1;
    let mut newer = good.clone();
    newer[7] = 9;
    let cases = [
        (good[..600].to_vec(), "truncated"),
        (vec![], "truncated"),
        (flipped, "frame 1, which begins at byte 13"),
        (
            newer,
            "made by a newer boa: format 9, this one reads up to 1",
        ),
        (b"just some text".to_vec(), "not a .boa file"),
        ([&good[..], b"more"].concat(), "followed by something else"),
    ];
    for (bytes, what) in cases {
        fs::write(&coded, bytes).unwrap();
        fails(&run(boa().arg("d").arg(&coded)), 2, what);
        fails(&run(boa().args(["d", "--rm"]).arg(&coded)), 2, what);
        fails(&run(boa().arg("test").arg(&coded)), 2, what);
        assert_eq!(names(dir.path()), ["data.boa"]);
    }
}

#[test]
fn rm_removes_after_success_only() {
    let (dir, file) = directory_with("data", &records(1000));
    succeeds(&run(boa().args(["c", "--rm"]).arg(&file)));
    assert_eq!(names(dir.path()), ["data.boa"]);
    succeeds(&run(boa()
        .args(["d", "--rm"])
        .arg(dir.path().join("data.boa"))));
    assert_eq!(names(dir.path()), ["data"]);
    assert!(fs::read(&file).unwrap() == records(1000));
    for conflict in ["-c", "-k"] {
        assert_eq!(
            run(boa().args(["c", "--rm", conflict]).arg(&file))
                .status
                .code(),
            Some(1)
        );
    }
    let device = run(boa().args(["c", "--rm", "-o", "/dev/null"]).arg(&file));
    fails(&device, 1, "--rm needs an output that is a regular file");
    assert_eq!(names(dir.path()), ["data"]);
}

#[cfg(unix)]
#[test]
fn mode_and_time_are_the_inputs() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, file) = directory_with("data", &records(100));
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(&file).unwrap().set_modified(time).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    succeeds(&run(boa().args(["c", "--rm"]).arg(&file)));
    let coded = dir.path().join("data.boa");
    for path in [&coded, &file] {
        if path == &file {
            succeeds(&run(boa().arg("d").arg(&coded)));
        }
        let metadata = fs::metadata(path).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o640);
        assert_eq!(metadata.modified().unwrap(), time);
    }
}

#[cfg(unix)]
#[test]
fn devices_are_written_and_links_are_kept() {
    let (dir, file) = directory_with("data", &records(100));
    succeeds(&run(boa().args(["c", "-o", "/dev/null"]).arg(&file)));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    let real = dir.path().join("real");
    let link = dir.path().join("link");
    fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    succeeds(&run(boa()
        .args(["c", "-f"])
        .arg(&file)
        .arg("-o")
        .arg(&link)));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(
        fs::read(&real)
            .unwrap()
            .starts_with(&[0xB0, b'B', b'O', b'A'])
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let (_dir, file) = directory_with("data", &noise(3_000_000));
    let mut command = boa();
    command
        .args(["c", "-c"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    succeeds(&output);
}

#[test]
fn list_and_test() {
    let (dir, file) = directory_with("data", &vec![0; 5 << 20]);
    succeeds(&run(boa().arg("c").arg(&file)));
    let coded = dir.path().join("data.boa");
    let list = run(boa().arg("list").arg(&coded));
    let listed = String::from_utf8(list.stdout).unwrap();
    assert!(
        listed.lines().count() == 2 && listed.contains("5242880"),
        "{listed}"
    );
    let list = run(boa().args(["list", "-v"]).arg(&coded));
    let listed = String::from_utf8(list.stdout).unwrap();
    assert!(
        listed.contains("constant") && !listed.contains("built-in"),
        "{listed}"
    );
    succeeds(&run(boa().arg("test").arg(&coded)));
    let message = stderr(&run(boa().args(["test", "-v"]).arg(&coded)));
    assert!(message.ends_with("data.boa: ok\n"), "{message}");
    fails(&run(boa().arg("list").arg(&file)), 2, "not a .boa file");
}

#[test]
fn layouts_by_option() {
    let content = records(2400);
    let (_dir, file) = directory_with("data", &content);
    let options: [&[&str]; 4] = [
        &["--record", "12"],
        &["--dtype", "<f4", "--shape", "200,3"],
        &["--dtype", ">i2"],
        &["--dtype", "float32", "--shape", "10,20,3"],
    ];
    for options in options {
        let coded = run(boa().args(["c", "-c"]).args(options).arg(&file));
        succeeds(&coded);
        assert!(piped(&["d"], &coded.stdout).stdout == content);
    }
    let wrong: [(&[&str], &str); 3] = [
        (&["--dtype", "f5"], "--dtype f5: not a type"),
        (
            &["--dtype", "f8", "--record", "12"],
            "no multiple of the 8 bytes",
        ),
        (&["--dtype", "f4", "--shape", "3,0"], "a dimension is 0"),
    ];
    for (options, what) in wrong {
        fails(
            &run(boa().args(["c", "-c"]).args(options).arg(&file)),
            1,
            what,
        );
    }
    assert_eq!(
        run(boa().args(["c", "-c", "--shape", "3,4"]).arg(&file))
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn bench_reports() {
    let (dir, file) = directory_with("data", &records(20_000));
    let output = run(boa().args(["bench", "-T1"]).arg(&file));
    succeeds(&output);
    let report = String::from_utf8(output.stdout).unwrap();
    for piece in [
        "20000 bytes ->",
        "ratio",
        "compress ",
        "decompress ",
        "same bytes",
    ] {
        assert!(report.contains(piece), "{report}");
    }
    assert_eq!(names(dir.path()), ["data"]);
}

#[test]
fn a_model_that_is_none_is_refused() {
    let (dir, file) = directory_with("data", &records(100));
    let missing = dir.path().join("missing.boam");
    fails(
        &run(boa().arg("c").arg(&file).arg("-m").arg(&missing)),
        1,
        "missing.boam: no such file",
    );
    let huge = dir.path().join("huge.boam");
    fs::File::create(&huge).unwrap().set_len(1 << 32).unwrap();
    fails(
        &run(boa().arg("c").arg(&file).arg("-m").arg(&huge)),
        2,
        "invalid model: length",
    );
    assert_eq!(names(dir.path()), ["data", "huge.boam"]);
}

#[test]
fn a_model_is_embedded_or_referenced() {
    let content = records(2000);
    let (dir, file) = directory_with("data", &content);
    let model = dir.path().join("my.boam");
    fs::write(&model, support::other_model()).unwrap();
    let embedded = run(boa().args(["c", "-c"]).arg(&file).arg("-m").arg(&model));
    succeeds(&embedded);
    assert!(piped(&["d"], &embedded.stdout).stdout == content);

    let coded = dir.path().join("data.boa");
    succeeds(&run(boa()
        .args(["c", "--no-embed-model", "--rm"])
        .arg(&file)
        .arg("-m")
        .arg(&model)));
    let id = boa_constrictor::Model::from_bytes(&support::other_model())
        .unwrap()
        .id();
    fails(
        &run(boa().arg("d").arg(&coded)),
        2,
        &format!("needs the model {id}"),
    );
    assert_eq!(names(dir.path()), ["data.boa", "my.boam"]);
    let list = run(boa().args(["list", "-v"]).arg(&coded));
    assert!(
        String::from_utf8(list.stdout)
            .unwrap()
            .contains(&format!("by id {id}"))
    );
    succeeds(&run(boa().arg("test").arg(&coded).arg("-m").arg(&model)));
    succeeds(&run(boa().arg("d").arg(&coded).arg("-m").arg(&model)));
    assert!(fs::read(&file).unwrap() == content);
}

#[cfg(target_os = "linux")]
#[test]
fn forged_lengths_do_not_take_memory() {
    // A head that declares a model of 4 GiB, in an address space of 2 GiB.
    use boa_constrictor::format::{Head, ModelSection, check};
    let mut section = ModelSection::Embedded(vec![]).to_bytes();
    let end = section.len() - 4;
    section[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
    let check = check(&section[..end]);
    section[end..].copy_from_slice(&check);
    let forged = [Head::default().to_bytes(), section].concat();
    let (_dir, file) = directory_with("forged.boa", &forged);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "ulimit -v 2000000; exec \"$0\" test -T1 \"$1\""]);
    let output = run(shell.arg(env!("CARGO_BIN_EXE_boa")).arg(&file));
    fails(
        &output,
        2,
        "embedded model's length is 4294967295, allowed are 0 to 16777216",
    );
}

#[cfg(unix)]
#[test]
fn an_output_that_cannot_be_written_is_reported() {
    let (_dir, file) = directory_with("data", &noise(100_000));
    if Path::new("/dev/full").exists() {
        fails(
            &run(boa().args(["c", "-o", "/dev/full"]).arg(&file)),
            1,
            "no space left",
        );
    }
}

#[test]
fn a_fit_needs_a_time_and_no_model() {
    let (_dir, file) = directory_with("data.bin", &records(10));
    for (time, what) in [
        ("--fit=0", "needs a time above 0"),
        ("--fit=-1", "needs a time"),
    ] {
        fails(&run(boa().args(["c", "-c", time]).arg(&file)), 1, what);
    }
    let both = run(boa().args(["c", "-c", "--fit", "-m", "x.boam"]).arg(&file));
    assert_eq!(both.status.code(), Some(1));
    assert!(stderr(&both).contains("cannot be used with"));
    if cfg!(not(feature = "train")) {
        let fitted = run(boa().args(["c", "-c", "--fit"]).arg(&file));
        fails(&fitted, 1, "needs a boa that was built with training");
    }
}

#[test]
fn kernels_by_name_give_the_same_bytes() {
    let (_dir, file) = directory_with("data.bin", &records(20_000));
    let coded = |kernel: Option<&str>, level: &str| {
        let mut command = boa();
        command.env_remove("BOA_KERNEL");
        if let Some(kernel) = kernel {
            command.env("BOA_KERNEL", kernel);
        }
        run(command.args(["c", "-c", level]).arg(&file))
    };
    for level in ["-1", "-3", "-5", "-9"] {
        let best = coded(None, level);
        let portable = coded(Some("portable"), level);
        assert!(best.status.success() && portable.status.success());
        assert!(best.stdout == portable.stdout, "{level}");
    }
    fails(&coded(Some("sse9"), "-1"), 1, "no such kernel: sse9");
}

#[test]
fn bench_reports_kernels_and_stages() {
    let (_dir, file) = directory_with("data.bin", &records(20_000));
    let output = run(boa()
        .args(["bench", "-T1", "--kernels", "--stages"])
        .arg(&file));
    let message = String::from_utf8(output.stdout).unwrap();
    assert!(message.contains("portable  compress "), "{message}");
    let shares = message.lines().filter_map(|line| {
        let share = line.strip_suffix(" %")?;
        share.split_whitespace().last()?.parse::<f64>().ok()
    });
    let sum: f64 = shares.sum();
    assert!((99.0..101.0).contains(&sum), "{message}");
}
