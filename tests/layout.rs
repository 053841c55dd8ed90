//! Layouts.
use boa_constrictor::layout::detect::detect;
use std::path::Path;
#[test]
fn real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let want = std::env::var("FILE").unwrap_or_default();
    let mut files = Vec::new();
    for dir in std::fs::read_dir(&root).unwrap() {
        let dir = dir.unwrap().path(); if !dir.is_dir() { continue; }
        for f in std::fs::read_dir(dir).unwrap() {
            let p = f.unwrap().path();
            if p.extension().is_some_and(|e| e == "json") || !p.is_file() { continue; }
            if p.to_string_lossy().contains(&want) { files.push(p); }
        }
    }
    files.sort();
    for p in files {
        let mut b = std::fs::read(&p).unwrap();
        if p.extension().is_some_and(|e| e == "npy") { b.drain(..128); }
        b.truncate(4 << 20);
        for cut in [0, 1237] {
        let t = std::time::Instant::now();
        let l = detect(&b[cut..]);
        println!("{:40} {:5} {:6} KB {:5.1} ms w{} s{} r{} p{}", p.file_name().unwrap().to_string_lossy(), cut, b.len() / 1000, t.elapsed().as_secs_f64() * 1e3, l.width, l.swap as u8, l.record, l.phase);
        }
    }
}
