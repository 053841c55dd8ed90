//! The plan of frames: where they end and which layout each has.

mod support;

use boa_constrictor::Layout;
use boa_constrictor::layout::{Finding, SpecifiedLayout};
use boa_constrictor::search::plan::{FRAME_TARGET, FramePlan, LOOKAHEAD, Planner};
use proptest::prelude::*;
use support::layouts::{Lcg, elements, npy_file, table};

/// All frames of an input, shown to the planner as a reader would show it.
fn frames(user: Option<Layout>, input: &[u8]) -> Vec<FramePlan> {
    let mut planner = Planner::new(
        user.map_or(SpecifiedLayout::Nothing, SpecifiedLayout::Layout),
        boa_constrictor::Effort::Default.settings().search,
    );
    let (mut start, mut frames) = (0, Vec::new());
    while start < input.len() {
        let end = input.len().min(start + LOOKAHEAD);
        let frame = planner.next(&input[start..end], end == input.len());
        assert!(
            (1..=FRAME_TARGET.min(end - start)).contains(&frame.len),
            "{frame:?} at {start}"
        );
        assert!(frame.layout.validate().is_ok());
        start += frame.len;
        frames.push(frame);
    }
    assert_eq!(start, input.len());
    frames
}

/// Each frame's phase continues that of the frame before.
fn assert_continuous(frames: &[FramePlan]) {
    for pair in frames.windows(2) {
        assert_eq!(pair[1].layout, pair[0].layout.advanced(pair[0].len as u64));
    }
}

#[test]
fn tiny_inputs_are_one_frame() {
    for len in 1..40 {
        assert_eq!(
            frames(None, &vec![7; len]),
            [FramePlan {
                len,
                layout: Layout::BYTES,
                transposed: false,
                found: Finding::Plain,
            }]
        );
    }
    assert_eq!(
        Planner::new(
            SpecifiedLayout::Nothing,
            boa_constrictor::Effort::Default.settings().search
        )
        .next(&[], true)
        .len,
        0
    );
}

#[test]
fn a_specified_layout_holds_for_all_frames() {
    let specified = Layout {
        width: 4,
        swap: true,
        record: 104,
        plane: 0,
        phase: 33,
    };
    let made = frames(Some(specified), &vec![1; 2 * FRAME_TARGET + 300_000]);
    assert_continuous(&made);
    assert_eq!(made[0].layout, specified);
    // Frames begin with a record, and the last two share what is left.
    assert!(made[1..].iter().all(|frame| frame.layout.phase == 0));
    assert_eq!(made.len(), 3);
    assert!(made[1].len.abs_diff(made[2].len) <= 2 * 104);
    // A record longer than a frame keeps its elements whole.
    let long = Layout {
        width: 8,
        swap: true,
        record: 8 << 20,
        plane: 0,
        phase: 3,
    };
    let made = frames(Some(long), &vec![1; 3 * FRAME_TARGET]);
    assert_continuous(&made);
    assert!(made[1..].iter().all(|frame| frame.layout.phase % 8 == 0));
}

#[test]
fn an_array_follows_its_header_and_ends() {
    let header = npy_file(
        1,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (50000, 30), }\n",
    );
    let array = table(50_000, 30, |bytes, value| {
        bytes.extend((value as f32).to_le_bytes())
    });
    let input = [header.as_slice(), &array, b"the end"].concat();
    let made = frames(None, &input);
    let rows = elements(4, true, 120, 0);
    assert_eq!(
        made[0],
        FramePlan {
            len: header.len(),
            layout: Layout::BYTES,
            transposed: false,
            found: Finding::Header,
        }
    );
    assert_continuous(&made[1..made.len() - 1]);
    assert!(
        made[1..made.len() - 1]
            .iter()
            .all(|frame| frame.layout == rows)
    );
    assert_eq!(
        made[1..made.len() - 1]
            .iter()
            .map(|frame| frame.len)
            .sum::<usize>(),
        array.len()
    );
    assert_eq!(
        made.last(),
        Some(&FramePlan {
            len: 7,
            layout: Layout::BYTES,
            transposed: false,
            found: Finding::Plain,
        })
    );
    // Cut short, the array ends where the input does.
    let made = frames(None, &input[..header.len() + 1001]);
    assert_eq!(
        made[1],
        FramePlan {
            len: 1001,
            layout: rows,
            transposed: false,
            found: Finding::Npy,
        }
    );
}

#[test]
fn a_found_layout_is_kept_until_it_no_longer_fits() {
    let rows = table(160_000, 7, |bytes, value| {
        bytes.extend((value as f32).to_le_bytes())
    });
    let mut random = Lcg(1);
    let noise: Vec<u8> = (0..FRAME_TARGET + 5_000_000)
        .map(|_| random.next() as u8)
        .collect();
    let tail = rows[rows.len() - FRAME_TARGET / 2..].to_vec();
    let input = [&rows[9..], &rows[..], &noise, &tail].concat();
    let made = frames(None, &input);
    assert_eq!(made[0].layout, elements(4, true, 28, 1));
    assert_eq!(made[1].layout, elements(4, true, 28, 0));
    assert!(made.iter().any(|frame| frame.layout == Layout::BYTES));
    assert_eq!(made, frames(None, &input));
}

#[test]
fn frames_that_go_on_alike_are_joined() {
    const MAX_FRAME: usize = 2 * FRAME_TARGET;
    let rows = |count| {
        table(count, 7, |bytes, value| {
            bytes.extend((value as f32).to_le_bytes())
        })
    };
    // Two frames of rows, then text, then rows again: what is alike is joined, and nothing else.
    let input = [rows(200_000), text(500_000), rows(400_000)].concat();
    let short = frames(None, &input);
    let mut planner = Planner::new(
        SpecifiedLayout::Nothing,
        boa_constrictor::Effort::Default.settings().search,
    );
    let (mut start, mut pieces) = (0, short.iter());
    let mut joined = 0;
    while start < input.len() {
        let end = input
            .len()
            .min(start + LOOKAHEAD + MAX_FRAME - FRAME_TARGET);
        let long = planner.next_long(&input[start..end], end == input.len(), MAX_FRAME);
        assert!((1..=MAX_FRAME).contains(&long.len));
        let first = pieces.next().unwrap();
        assert_eq!((long.layout, long.found), (first.layout, first.found));
        let mut len = first.len;
        while len < long.len {
            let piece = pieces.next().unwrap();
            assert_eq!(piece.layout, long.layout.advanced(len as u64));
            len += piece.len;
            joined += 1;
        }
        assert_eq!(len, long.len);
        start += long.len;
    }
    assert_eq!((start, pieces.next()), (input.len(), None));
    assert!(joined >= 3, "{short:?}");
}

/// Text of words, which has no columns.
fn text(words: usize) -> Vec<u8> {
    let known = [
        "event", "weight", "the", "of", "mass", "1.25", "0", "<", ">\n", "muon",
    ];
    let mut random = Lcg(2);
    let words = (0..words).map(|_| format!("{} ", known[random.next() as usize % known.len()]));
    words.collect::<String>().into_bytes()
}

#[test]
fn regions_get_frames_of_their_own() {
    let pieces = [
        table(9000, 7, |bytes, value| {
            bytes.extend((value as f32).to_le_bytes())
        }),
        text(40_000),
        table(6001, 5, |bytes, value| bytes.extend(value.to_le_bytes())),
        table(20_000, 7, |bytes, value| {
            bytes.extend(((value * 3.0) as i16).to_le_bytes())
        }),
        table(9001, 9, |bytes, value| {
            bytes.extend((value as f32).to_be_bytes())
        }),
    ];
    let truth = [
        (4, true, 28),
        (1, false, 0),
        (8, true, 40),
        (2, true, 14),
        (4, false, 36),
    ];
    let made = frames(None, &pieces.concat());
    let show = |frame: &FramePlan| (frame.layout.width, frame.layout.swap, frame.layout.record);
    let shown: Vec<_> = made.iter().map(show).collect();
    for frame in &made {
        println!("{} {:?} {}", frame.len, frame.layout, frame.found);
    }
    assert_eq!(shown, truth);
    for (frame, piece) in made.iter().zip(&pieces) {
        assert!(
            frame.len.abs_diff(piece.len()) < 8 << 10,
            "{} {}",
            frame.len,
            piece.len()
        );
    }
}

#[test]
fn joined_real_files_are_cut_where_they_join() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    // The file, where it starts and ends, and the record.
    let files = [
        ("hep_tables/alice_v0_a_row.bin", 0, 339_840, 96),
        ("hep_text/cms_peakdata4.csv", 500, 400_500, 0),
        ("fields_climate/coads_slp_f4.npy", 128, 777_728, 720),
        ("hep_hdf5/nanoaod_jets_a.h5", 10_001, 500_000, 141),
        ("hep_tables/na62_lkr_hits_f64_row.bin", 3, 451_392, 24),
    ];
    let mut input = Vec::new();
    let mut joints = Vec::new();
    for (name, start, end, record) in files {
        let Ok(bytes) = std::fs::read(root.join(name)) else {
            println!("skipped: no {name}");
            return;
        };
        input.extend(&bytes[start..end]);
        joints.push((input.len(), record));
    }
    let (made, mut end) = (frames(None, &input), 0);
    for (frame, (joint, _)) in made.iter().zip(&joints) {
        end += frame.len;
        println!(
            "{} to {end}, joint {joint}: {:?} {}",
            frame.len, frame.layout, frame.found
        );
    }
    assert_eq!(made.len(), joints.len());
    end = 0;
    for (frame, (joint, record)) in made.iter().zip(joints) {
        end += frame.len;
        assert_eq!(frame.layout.record, record, "{frame:?}");
        assert!(end.abs_diff(joint) < 8 << 10, "{end} {joint}");
    }
}

#[test]
fn real_files_alone_are_hardly_cut() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folders = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut files: Vec<_> = folders
        .flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten())
        .flatten()
        .map(|file| file.path())
        .collect();
    files.sort();
    if files.is_empty() {
        println!("skipped: no ../shared/data beside the repository");
    }
    for path in files {
        let extension = path.extension().unwrap_or_default();
        let uniform = ["bin", "npy", "csv", "lhe", "hepmc"]
            .iter()
            .any(|&kind| extension == kind);
        let Ok(input) = std::fs::read(&path) else {
            continue;
        };
        let skipped = if extension == "npy" {
            129.min(input.len())
        } else {
            0
        };
        let begin = std::time::Instant::now();
        let made = frames(None, &input[skipped..]);
        println!(
            "{} {} bytes {:.0} ms",
            path.display(),
            input.len(),
            begin.elapsed().as_secs_f64() * 1e3
        );
        for frame in &made {
            println!("    {} {:?} {}", frame.len, frame.layout, frame.found);
        }
        if uniform {
            let most = input.len().div_ceil(FRAME_TARGET);
            assert!(
                made.len() <= most + 1,
                "{}: {} frames",
                path.display(),
                made.len()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn frames_cover_any_input(len in 1usize..3 * FRAME_TARGET, record in 0u32..3_000_000, log in 0u32..4, phase in any::<u32>()) {
        let width = 1u32 << log;
        let record = record / width * width;
        let specified = elements(width as u8, true, record, phase % record.max(width));
        let made = frames(Some(specified), &vec![0; len]);
        assert_continuous(&made);
        // No last frame is tiny unless the input is.
        let last = made.last().map_or(0, |frame| frame.len);
        prop_assert!(made.len() == 1 || last > FRAME_TARGET / 32, "{:?}", made);
    }
}
