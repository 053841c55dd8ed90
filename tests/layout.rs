//! Layouts: byte order, .npy headers, detection on made and on real data.

mod support;

use boa_constrictor::Layout;
use boa_constrictor::container::npy;
use boa_constrictor::search::detect::detect;
use boa_constrictor::search::plan::FRAME_TARGET;
use boa_constrictor::transform::swap;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use support::layouts::{Lcg, elements, npy_file, table};

// Byte order

proptest! {
    #[test]
    fn swap_is_undone(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        log in 0u32..4,
        swap in any::<bool>(),
        records in 0u32..5,
        phase in 0u32..64,
    ) {
        let width = 1u32 << log;
        let record = records * width;
        let layout = elements(width as u8, swap, record, phase % record.max(width));
        prop_assert!(layout.validate().is_ok());
        let mut coded = bytes.clone();
        swap::forward(&layout, &mut coded);
        // Byte for byte what the definition gives.
        let (w, p) = (width as usize, layout.phase as usize);
        for (i, &byte) in coded.iter().enumerate() {
            let position = (i + p) % w;
            let start = i as isize - position as isize;
            let whole = start >= 0 && start as usize + w <= bytes.len();
            let from = if swap && whole { start as usize + w - 1 - position } else { i };
            prop_assert_eq!(byte, bytes[from]);
        }
        swap::inverse(&layout, &mut coded);
        prop_assert_eq!(coded, bytes);
    }

    #[test]
    fn advancing_in_steps_is_advancing_at_once(record in 0u32..50, phase in 0u32..400, a in 0u64..1 << 40, b in 0u64..1 << 40) {
        let layout = elements(4, true, 4 * record, phase % (4 * record).max(4));
        prop_assert_eq!(layout.advanced(a).advanced(b), layout.advanced(a + b));
        prop_assert!(layout.advanced(a).validate().is_ok());
    }
}

#[test]
fn layouts_that_contradict_themselves_are_refused() {
    let good = Layout {
        width: 4,
        swap: true,
        record: 24,
        plane: 48,
        phase: 23,
    };
    assert!(good.validate().is_ok());
    assert!(Layout::BYTES.validate().is_ok());
    for bad in [
        Layout { width: 3, ..good },
        Layout { width: 0, ..good },
        Layout { record: 26, ..good },
        Layout { plane: 50, ..good },
        Layout {
            record: 0,
            phase: 0,
            ..good
        },
        Layout { phase: 24, ..good },
        Layout {
            record: 0,
            plane: 0,
            phase: 4,
            ..good
        },
        Layout {
            record: Layout::MAX_LAG + 4,
            plane: 0,
            ..good
        },
    ] {
        assert!(bad.validate().is_err(), "{bad:?}");
    }
}

// .npy headers

fn npy_layout(descr: &str, fortran: &str, shape: &str) -> Option<Layout> {
    let text = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}   \n");
    let file = npy_file(1, &text);
    let npy = npy::parse(&file)?;
    assert_eq!(npy.header, file.len());
    assert!(npy.layout.validate().is_ok());
    Some(npy.layout)
}

#[test]
fn npy_headers_name_the_layout() {
    let grid = Layout {
        width: 4,
        swap: true,
        record: 480 * 4,
        plane: 241 * 480 * 4,
        phase: 0,
    };
    assert_eq!(npy_layout("'<f4'", "False", "(2, 3, 241, 480)"), Some(grid));
    assert_eq!(npy_layout("'<f4'", "True", "(480, 241, 3, 2)"), Some(grid));
    assert_eq!(
        npy_layout("'>f4'", "False", "(3, 241, 480)"),
        Some(Layout {
            swap: false,
            ..grid
        })
    );
    assert_eq!(
        npy_layout("'<f8'", "False", "(131072,)"),
        Some(elements(8, true, 0, 0))
    );
    assert_eq!(
        npy_layout("'>i2'", "False", "(325000, 2)"),
        Some(elements(2, false, 4, 0))
    );
    assert_eq!(
        npy_layout("'|u1'", "False", "(10, 20)"),
        Some(elements(1, false, 20, 0))
    );
    assert_eq!(
        npy_layout("'|b1'", "False", "()"),
        Some(elements(1, false, 0, 0))
    );
    assert_eq!(
        npy_layout("'<c16'", "False", "(100,)"),
        Some(elements(8, true, 16, 0))
    );
    assert_eq!(
        npy_layout("'<M8[ns]'", "False", "(7,)"),
        Some(elements(8, true, 0, 0))
    );
    assert_eq!(
        npy_layout(
            "[('a', '<f4'), ('b', '|u1', (3,)), ('c', '>i8')]",
            "False",
            "(9,)"
        ),
        Some(elements(1, false, 15, 0))
    );
    // Too long for a lag, and rows of a single element.
    assert_eq!(
        npy_layout("'<f4'", "False", "(2, 100000000)"),
        Some(elements(4, true, 0, 0))
    );
    assert_eq!(
        npy_layout("'<f4'", "False", "(100, 1)"),
        Some(elements(4, true, 0, 0))
    );
    assert_eq!(
        npy_layout("'<f4'", "False", "(0, 0, 0)"),
        Some(elements(4, true, 0, 0))
    );
}

#[test]
fn npy_versions_differ_in_the_length_field() {
    let text = "{\"descr\": \"<i4\", \"fortran_order\": False, \"shape\": (5L, 6L)}";
    for version in 1..=3 {
        let file = npy_file(version, text);
        let found = npy::parse(&file).map(|npy| (npy.header, npy.content, npy.layout));
        assert_eq!(
            found,
            Some((file.len(), 120, elements(4, true, 24, 0))),
            "version {version}"
        );
        for cut in 0..file.len() {
            assert_eq!(npy::parse(&file[..cut]), None, "cut at {cut}");
        }
    }
    assert_eq!(npy::parse(&npy_file(4, text)), None);
}

#[test]
fn odd_npy_headers_are_not_understood() {
    for (descr, fortran, shape) in [
        ("'|O'", "False", "(3,)"),
        ("'<f3'", "False", "(3,)"),
        ("'<f'", "False", "(3,)"),
        ("'f4'", "False", "(3,)"),
        ("'<é4'", "False", "(3,)"),
        ("'<V0'", "False", "(3,)"),
        ("'<f99999999999999999999'", "False", "(3,)"),
        ("'<f4'", "Maybe", "(3,)"),
        ("'<f4'", "False", "(3"),
        ("'<f4'", "False", "(-3,)"),
        ("'<f4'", "False", "(3 4)"),
        ("'<f4'", "False", "(18446744073709551615, 2)"),
        ("'<f4'", "False", "(99999999999999999999999,)"),
        ("[]", "False", "(3,)"),
        ("[('a', [('b', '<f4')])]", "False", "(3,)"),
        ("[('a', '<f4'", "False", "(3,)"),
        ("'<f4", "False", "(3,)"),
    ] {
        assert_eq!(
            npy_layout(descr, fortran, shape),
            None,
            "{descr} {fortran} {shape}"
        );
    }
    assert_eq!(
        npy::parse(&npy_file(1, "{'descr': '<f4', 'shape': (3,)}")),
        None
    );
    assert_eq!(
        npy::parse(&npy_file(
            1,
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x"
        )),
        None
    );
    assert_eq!(
        npy::parse(&npy_file(
            1,
            "{'other': '<f4', 'fortran_order': False, 'shape': (3,)}"
        )),
        None
    );
}

proptest! {
    #[test]
    fn no_npy_header_panics(text in "[\\[\\](){}',:<>f4i2 descrshapFlTtuo_n0-9]{0,80}", noise in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = npy::parse(&npy_file(1, &text));
        let _ = npy::parse(&npy_file(2, &format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {text}}}")));
        let _ = npy::parse(&[b"\x93NUMPY\x01\x00".as_slice(), &noise].concat());
    }
}

// Detection on made data

/// Asserts the layout, with as many bytes as may be cut off the front.
fn assert_found(what: &str, bytes: &[u8], truth: Layout) {
    for cut in [0, 1, 2, 3, 7, 94, 1001] {
        let found = detect(&bytes[cut..]);
        let width = u32::from(truth.width);
        // Where a record begins is free; where its elements begin is not.
        assert_eq!(
            Layout { phase: 0, ..found },
            Layout { phase: 0, ..truth },
            "{what} cut by {cut}: {found:?}"
        );
        assert_eq!(
            found.phase % width,
            cut as u32 % width,
            "{what} cut by {cut}: {found:?}"
        );
        assert!(found.validate().is_ok());
    }
}

#[test]
fn tables_of_floats() {
    let bytes = table(9000, 7, |bytes, value| {
        bytes.extend((value as f32).to_le_bytes())
    });
    assert_found("f4 little-endian", &bytes, elements(4, true, 28, 0));
    let bytes = table(9000, 7, |bytes, value| {
        bytes.extend((value as f32).to_be_bytes())
    });
    assert_found("f4 big-endian", &bytes, elements(4, false, 28, 0));
    let bytes = table(5000, 5, |bytes, value| bytes.extend(value.to_le_bytes()));
    assert_found("f8", &bytes, elements(8, true, 40, 0));
    let bytes = table(5000, 5, |bytes, value| {
        bytes.extend(f64::from(value as f32).to_le_bytes())
    });
    assert_found("f8 of f4 precision", &bytes, elements(8, true, 40, 0));
}

#[test]
fn tables_of_integers() {
    let bytes = table(20000, 7, |bytes, value| {
        bytes.extend(((value * 3.0) as i16).to_le_bytes())
    });
    assert_found("i2", &bytes, elements(2, true, 14, 0));
}

#[test]
fn records_of_mixed_fields() {
    let mut random = Lcg(3);
    let mut bytes = Vec::new();
    for row in 0..1500u32 {
        let start = bytes.len();
        bytes.extend((row / 7).to_le_bytes());
        bytes.push((random.next() % 3) as u8);
        for field in 0..31 {
            bytes.extend((random.normal() * f64::from(field)).to_le_bytes());
            bytes.extend(((random.normal() * 20.0) as i16).to_le_bytes());
            bytes.extend([0, (random.next() % 5) as u8]);
        }
        bytes.resize(start + 381, 0);
    }
    assert_found("mixed records", &bytes, elements(1, false, 381, 0));
}

#[test]
fn smooth_signals_have_elements() {
    let mut random = Lcg(5);
    let mut level = 0.0;
    let mut signal = || {
        level = 0.999 * level + random.normal();
        (1000.0 + 30.0 * level) as f32
    };
    let bytes: Vec<u8> = (0..60000).flat_map(|_| signal().to_le_bytes()).collect();
    assert_found("a signal", &bytes, elements(4, true, 0, 0));
}

#[test]
fn unstructured_bytes_stay_bytes() {
    let mut random = Lcg(1);
    let noise: Vec<u8> = (0..300_000).map(|_| random.next() as u8).collect();
    let words = [
        "event", "weight", "the", "of", "mass", "1.25", "0", "<", ">\n", "muon",
    ];
    let text: String = (0..60_000)
        .map(|_| format!("{} ", words[random.next() as usize % words.len()]))
        .collect();
    for (what, bytes) in [
        ("noise", noise),
        ("text", text.into_bytes()),
        ("zeros", vec![0; 300_000]),
        ("constant", vec![65; 70_000]),
    ] {
        for cut in [0, 1, 94] {
            assert_eq!(detect(&bytes[cut..]), Layout::BYTES, "{what} cut by {cut}");
        }
    }
    for len in 0..600 {
        assert!(detect(&vec![b'x'; len]).validate().is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_is_found_is_valid(bytes in prop::collection::vec(0u8..4, 0..5000), repeat in 1usize..4) {
        prop_assert!(detect(&bytes.repeat(repeat)).validate().is_ok());
    }
}

// Detection on real data

/// What a file's .json sidecar or its .npy header gives, and the bytes themselves.
fn real_files() -> Vec<(PathBuf, Vec<u8>, Option<Layout>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in std::fs::read_dir(root).into_iter().flatten().flatten() {
        files.extend(
            std::fs::read_dir(folder.path())
                .into_iter()
                .flatten()
                .flatten()
                .map(|file| file.path()),
        );
    }
    files.sort();
    let mut real = Vec::new();
    for path in files {
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or("")
            .to_owned();
        if extension == "json" || extension == "md" {
            continue;
        }
        let Ok(mut bytes) = std::fs::read(&path) else {
            continue;
        };
        let truth = match extension.as_str() {
            "npy" => {
                let npy = npy::parse(&bytes).expect("a header written by NumPy");
                assert_eq!(
                    npy.content as usize + npy.header,
                    bytes.len(),
                    "{}",
                    path.display()
                );
                bytes.drain(..npy.header);
                Some(npy.layout)
            }
            "bin" => sidecar(&path),
            "h5" if path.to_string_lossy().contains("photon_pairs") => {
                Some(elements(1, false, 382, 0))
            }
            "h5" => Some(elements(1, false, 141, 0)),
            "csv" | "lhe" | "hepmc" => Some(Layout::BYTES),
            _ => None,
        };
        bytes.truncate(FRAME_TARGET);
        real.push((path, bytes, truth));
    }
    real
}

/// The layout that a sidecar gives: {dtype, columns: [...] or cols, rows, order}.
fn sidecar(path: &Path) -> Option<Layout> {
    let text = std::fs::read_to_string(path.with_extension("json")).ok()?;
    let width = if text.contains("<f8") { 8 } else { 4 };
    let columns = match text.split_once("\"cols\": ") {
        Some((_, count)) => count[..count.find(',')?].parse().ok()?,
        None => {
            let names = text.split_once("\"columns\"")?.1;
            names[..names.find(']')?].matches(',').count() as u32 + 1
        }
    };
    let record = if path.to_string_lossy().ends_with("_col.bin") {
        0
    } else {
        columns * u32::from(width)
    };
    Some(elements(width, true, record, 0))
}

/// Rows of smooth grids, where the element before predicts as much as the row before: any record will do.
fn smooth(path: &Path) -> bool {
    ["fields_", "astro", "hep_calo"]
        .iter()
        .any(|folder| path.to_string_lossy().contains(folder))
}

/// Nearly all zeros, or with the lowest byte always zero: any alignment reads about the same.
fn sparse(path: &Path) -> bool {
    ["alice_hypertriton_col", "nanoaod_v5_padded"]
        .iter()
        .any(|name| path.to_string_lossy().contains(name))
}

#[test]
fn real_data() {
    let files = real_files();
    if files.is_empty() {
        println!("skipped: no ../shared/data beside the repository");
        return;
    }
    let mut wrong = Vec::new();
    println!("{:36} {:>5}  {:22}  {:22}", "file", "cut", "truth", "found");
    for (path, bytes, truth) in files {
        for cut in [0usize, 1237] {
            let start = std::time::Instant::now();
            let found = detect(&bytes[cut..]);
            let time = start.elapsed();
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy())
                .unwrap_or_default();
            let show = |layout: Layout| {
                let order = if layout.swap { "<" } else { ">" };
                format!(
                    "{order}{} record {} at {}",
                    layout.width, layout.record, layout.phase
                )
            };
            let truth = truth.map(|truth| truth.advanced(cut as u64));
            println!(
                "{name:36} {cut:5}  {:22}  {:22} {:6.1} ms",
                truth.map_or("-".into(), show),
                show(found),
                time.as_secs_f64() * 1e3
            );
            if let Some(truth) = truth {
                let elements = found.width == truth.width && found.swap == truth.swap;
                let aligned =
                    found.phase % u32::from(found.width) == truth.phase % u32::from(found.width);
                let aligned = aligned || cut > 0 && sparse(&path);
                if !(elements && aligned && (smooth(&path) || found.record == truth.record)) {
                    wrong.push(format!("{name} cut by {cut}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
