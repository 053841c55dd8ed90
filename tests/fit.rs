//! `boa compress --fit` and `boa train`, as they are used.

#![cfg(feature = "train")]

mod support;

use std::fs;
use support::{boa, directory_with, piped, records, run, stderr, succeeds};

#[test]
fn a_fitted_network_never_makes_it_larger() {
    let content = records(4000);
    let (dir, file) = directory_with("data.bin", &content);
    succeeds(&run(boa().arg("c").arg(&file)));
    let usual = fs::read(dir.path().join("data.bin.boa")).unwrap();
    let fitted = run(boa().args(["c", "-c", "-v", "--fit=0.03"]).arg(&file));
    assert!(fitted.status.success(), "{}", stderr(&fitted));
    let message = format!("{} bytes with the built-in network", usual.len());
    assert!(stderr(&fitted).contains(&message), "{}", stderr(&fitted));
    assert!(fitted.stdout.len() <= usual.len());
    assert!(piped(&["d"], &fitted.stdout).stdout == content);
    // A pipe is kept until it has ended.
    let fitted = piped(&["c", "--fit=0.01"], &content);
    succeeds(&fitted);
    assert!(fitted.stdout.len() <= usual.len());
    assert!(piped(&["d"], &fitted.stdout).stdout == content);
    // Nothing, and next to nothing.
    for little in [&b""[..], b"abc"] {
        let fitted = piped(&["c", "--fit=0.01"], little);
        succeeds(&fitted);
        assert!(piped(&["d"], &fitted.stdout).stdout == little);
    }
}

#[test]
fn training_reports_what_it_holds_out() {
    let (dir, file) = directory_with("data.bin", &records(2000));
    let other = dir.path().join("other.bin");
    fs::write(&other, records(900)).unwrap();
    let model = dir.path().join("my.boam");
    let train = |more: &[&std::ffi::OsStr]| {
        let mut command = boa();
        command.args(["train", "--minutes", "0.01", "--size", "small", "-f", "-o"]);
        let output = run(command.arg(&model).arg(&file).args(more));
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    assert!(train(&[]).contains("the last tenth of each piece is held out"));
    let message = train(&["--hold-out".as_ref(), other.as_ref()]);
    assert!(
        message.contains("other.bin") && message.contains("1 files"),
        "{message}"
    );
    let message = train(&["--seeds".as_ref(), "2".as_ref()]);
    assert!(message.contains("boa: seed "), "{message}");
    assert!(fs::metadata(&model).unwrap().len() < 25_000);
    let coded = run(boa().args(["c", "-c", "-m"]).arg(&model).arg(&file));
    succeeds(&coded);
    assert!(piped(&["d"], &coded.stdout).stdout == fs::read(&file).unwrap());
}
