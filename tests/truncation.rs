//! A file cut anywhere is an error that names the cut.

mod support;

use boa_constrictor::stream::list;
use boa_constrictor::{EncodeOptions, Error, Level};
use support::{decode, encode, encode_with, noise, records};

fn is_truncated(error: &Error) -> bool {
    match error {
        Error::Truncated { .. } => true,
        Error::Frame { source, .. } => is_truncated(source),
        _ => false,
    }
}

#[test]
fn every_prefix_is_truncated() {
    for content in [vec![], vec![5; 300], noise(300), records(600)] {
        prefixes(&encode(&content));
    }
}

#[test]
fn every_prefix_of_a_frame_of_columns_is_truncated() {
    let options = EncodeOptions {
        level: Level::new(1).unwrap(),
        ..EncodeOptions::default()
    };
    prefixes(&encode_with(&records(3000), &options));
}

fn prefixes(file: &[u8]) {
    for len in 0..file.len() {
        let error = decode(&file[..len]).unwrap_err();
        assert!(
            is_truncated(&error),
            "{len} of {} bytes: {error}",
            file.len()
        );
        let error = list(std::io::Cursor::new(&file[..len])).unwrap_err();
        assert!(
            is_truncated(&error),
            "list, {len} of {} bytes: {error}",
            file.len()
        );
    }
}

#[test]
fn a_second_member_cut_anywhere_is_truncated() {
    let first = encode(&[1; 50]);
    let both = [first.clone(), encode(&noise(50))].concat();
    for len in first.len() + 1..both.len() {
        let error = decode(&both[..len]).unwrap_err();
        assert!(is_truncated(&error), "{len} bytes: {error}");
    }
    assert_eq!(decode(&both[..first.len()]).unwrap(), [1; 50]);
}
