//! Inputs that are cut by what they are: column-major tables and FITS files, planned and coded.

#[path = "support/layouts.rs"]
#[allow(dead_code)]
mod layouts;

use boa_constrictor::layout::{Finding, SpecifiedLayout};
use boa_constrictor::search::plan::{FramePlan, LOOKAHEAD, Planner};
use boa_constrictor::{DecodeOptions, EncodeOptions, Input, compress, decompress};
use layouts::table;

fn frames(input: &[u8]) -> Vec<FramePlan> {
    let mut planner = Planner::new(
        SpecifiedLayout::Nothing,
        boa_constrictor::Effort::Default.settings().search,
    );
    let (mut start, mut frames) = (0, Vec::new());
    while start < input.len() {
        let end = input.len().min(start + LOOKAHEAD);
        let frame = planner.next(&input[start..end], end == input.len());
        assert!(
            frame.len > 0 && frame.layout.validate().is_ok(),
            "{frame:?}"
        );
        start += frame.len;
        frames.push(frame);
    }
    assert_eq!(start, input.len());
    frames
}

fn round_trip(content: &[u8]) -> usize {
    let (mut file, mut decoded) = (Vec::new(), Vec::new());
    let input = Input::from_reader(content);
    compress(input, &mut file, &EncodeOptions::default(), &()).unwrap();
    decompress(&file[..], &mut decoded, &DecodeOptions::default(), &()).unwrap();
    assert!(decoded == content);
    file.len()
}

/// A made table of 4-byte floats, its columns one after the other.
fn columns(rows: usize, count: usize) -> Vec<u8> {
    let rowwise = table(rows, count, |bytes, value| {
        bytes.extend((value as f32).to_le_bytes());
    });
    let mut columnwise = Vec::with_capacity(rowwise.len());
    for column in 0..count {
        for row in 0..rows {
            let at = 4 * (row * count + column);
            columnwise.extend_from_slice(&rowwise[at..at + 4]);
        }
    }
    columnwise
}

#[test]
fn columns_are_framed_whole_and_seen_as_rows() {
    let input = columns(20_000, 21);
    let frames = frames(&input);
    assert_eq!(frames.len(), 1);
    assert!(frames[0].transposed);
    assert_eq!(frames[0].layout.record, 84);
    assert_eq!(frames[0].found, Finding::Columns(80_000));
}

#[test]
fn columns_that_are_cut_or_too_many_for_a_frame_keep_their_bounds() {
    let input = columns(20_000, 70);
    for cut in [0, 12_345, 80_000, 100_002] {
        let mut start = cut;
        let mut whole = 0;
        for frame in frames(&input[cut..]) {
            if frame.transposed {
                assert_eq!(start % 80_000, 0, "cut at {cut}");
                assert_eq!(frame.len, 20_000 * frame.layout.record as usize);
                whole += frame.len / 80_000;
            }
            start += frame.len;
        }
        assert_eq!(whole, (input.len() - cut) / 80_000, "cut at {cut}");
    }
}

#[test]
fn row_and_column_form_code_alike() {
    let rows = table(6_000, 12, |bytes, value| {
        bytes.extend((value as f32).to_le_bytes());
    });
    let (row, column) = (round_trip(&rows), round_trip(&columns(6_000, 12)));
    assert!(column.abs_diff(row) * 20 < row, "{row} and {column} bytes");
}

/// A header unit of FITS, padded.
fn cards(cards: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for card in cards.iter().map(String::as_str).chain(["END"]) {
        bytes.extend(format!("{card:80}").bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(2880), b' ');
    bytes
}

fn card(key: &str, value: i64) -> String {
    format!("{key:8}= {value:20}")
}

#[test]
fn fits_images_get_the_layout_of_their_header() {
    let (width, height) = (300usize, 200usize);
    let mut file = cards(&[
        format!("{:8}= {:>20}", "SIMPLE", "T"),
        card("BITPIX", 16),
        card("NAXIS", 2),
        card("NAXIS1", width as i64),
        card("NAXIS2", height as i64),
    ]);
    let header = file.len();
    for y in 0..height {
        for x in 0..width {
            let value = 1000.0 + 500.0 * (x as f64 / 40.0).sin() * (y as f64 / 30.0).cos();
            file.extend((value as i16).to_be_bytes());
        }
    }
    file.resize(file.len().next_multiple_of(2880), 0);
    let found = frames(&file);
    let layouts: Vec<(usize, u8, bool, u32)> = found
        .iter()
        .map(|f| (f.len, f.layout.width, f.layout.swap, f.layout.record))
        .collect();
    assert_eq!(layouts[0], (header, 1, false, 0));
    assert_eq!(layouts[1], (2 * width * height, 2, false, 600));
    assert_eq!(found[1].found, Finding::Fits);
    assert!(round_trip(&file) * 4 < file.len());
    // A header that promises more than there is.
    file.truncate(header + 50_001);
    assert_eq!(frames(&file).len(), 2);
    round_trip(&file);
}
