//! FITS: made headers, damaged ones, and a real file.

use boa_constrictor::Layout;
use boa_constrictor::container::fits::{Hdu, parse};
use boa_constrictor::layout::{Column, Kind};
use proptest::prelude::*;
use std::path::Path;

/// A header of these cards, padded.
fn header(cards: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for card in cards.iter().chain(&["END"]) {
        bytes.extend(format!("{card:80}").bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(2880), b' ');
    bytes
}

fn big(width: u8, record: u32, plane: u32) -> Layout {
    Layout {
        width,
        swap: false,
        record,
        plane,
        phase: 0,
    }
}

const FLOAT: Column = Column {
    width: 4,
    swap: false,
    kind: Kind::Float,
};

/// The fields of a header that have to be understood.
fn read(cards: &[&str]) -> Hdu {
    let bytes = header(cards);
    let hdu = parse(&bytes).expect("a header that is understood");
    assert_eq!(hdu.header, bytes.len());
    assert_eq!((hdu.data.len + hdu.heap_and_padding) % 2880, 0);
    assert!(hdu.data.layout.validate().is_ok());
    hdu
}

const TABLE: [&str; 10] = [
    "XTENSION= 'BINTABLE'           / binary table extension",
    "BITPIX  =                    8 / array data type",
    "NAXIS   =                    2 / number of array dimensions",
    "NAXIS1  =                   31",
    "NAXIS2  =                 7613",
    "PCOUNT  =                  100",
    "GCOUNT  =                    1",
    "TFIELDS =                    3",
    "TFORM1  = '1K      '",
    "TFORM2  = '11X     '           / bits",
];

/// The cards of a table whose third column is `form`.
fn table<'a>(form: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&TABLE, [form].as_slice(), more].concat()
}

#[test]
fn images() {
    let hdu = read(&[
        "SIMPLE  =                    T / file does conform to FITS standard",
        "BITPIX  =                  -32",
        "NAXIS   =                    3",
        "NAXIS1  =                  480",
        "NAXIS2  =                  241",
        "NAXIS3  =                    3",
        "COMMENT = 'NAXIS1 is the fastest'",
    ]);
    assert_eq!(hdu.data.len, 480 * 241 * 3 * 4);
    assert_eq!(hdu.data.layout, big(4, 1920, 1920 * 241));
    assert!(hdu.data.columns.is_empty());
    let hdu = read(&[
        "XTENSION= 'IMAGE   '",
        "BITPIX  = 16",
        "NAXIS   = 1",
        "NAXIS1  = 1000",
        "PCOUNT  = 0",
        "GCOUNT  = 1",
    ]);
    assert_eq!((hdu.data.len, hdu.heap_and_padding), (2000, 880));
    assert_eq!(hdu.data.layout, big(2, 0, 0));
    let hdu = read(&["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"]);
    assert_eq!((hdu.data.len, hdu.heap_and_padding), (0, 0));
}

#[test]
fn tables() {
    let hdu = read(&table("TFORM3  = '5E'", &[]));
    // Of 31 bytes one belongs to no column.
    assert_eq!(hdu.data.layout, big(1, 31, 0));
    assert_eq!(hdu.data.len, 31 * 7613);
    assert!(hdu.data.columns.is_empty() && hdu.heap_and_padding >= 100);

    let hdu = read(&table("TFORM3  = '21A'", &[]));
    let widths: Vec<u8> = hdu.data.columns.iter().map(|column| column.width).collect();
    assert_eq!(widths, [[8, 1, 1].as_slice(), &[1; 21]].concat());

    let mut cards = TABLE;
    cards[3] = "NAXIS1  = 32";
    cards[8] = "TFORM1  = '2C'";
    cards[9] = "TFORM2  = 'E'";
    let hdu = read(&[cards.as_slice(), &["TFORM3  = '3E      '"]].concat());
    assert_eq!(hdu.data.layout, big(4, 32, 0));
    assert!(hdu.data.columns.is_empty());
    cards[9] = "TFORM2  = 'J'";
    let hdu = read(&[cards.as_slice(), &["TFORM3  = '3E      '"]].concat());
    let mut columns = [FLOAT; 8];
    columns[4].kind = Kind::Signed;
    assert_eq!(hdu.data.columns, columns);

    let hdu = read(&[
        "XTENSION= 'TABLE   '",
        "BITPIX  = 8",
        "NAXIS   = 2",
        "NAXIS1  = 77",
        "NAXIS2  = 10",
        "PCOUNT  = 0",
        "GCOUNT  = 1",
        "TFIELDS = 2",
    ]);
    assert_eq!(hdu.data.layout, big(1, 77, 0));
}

#[test]
fn nonsense_is_not_understood() {
    let good = table("TFORM3  = '21A'", &[]);
    for (line, card) in [
        (0, "XTENSION  'BINTABLE'"),
        (1, "BITPIX  = 9"),
        (1, "BITPIX  = -9223372036854775808"),
        (1, "BITPIX  = 16"),
        (2, "NAXIS   = 1000"),
        (2, "NAXIS   = -1"),
        (2, "NAXIS   = 3"),
        (3, "NAXIS1  = -31"),
        (3, "NAXIS1  = 30"),
        (3, "NAXIS1  = 18446744073709551615"),
        (3, "NAXIS1  = x"),
        (4, "NAXIS2  = 9223372036854775807"),
        (5, "PCOUNT  = -1"),
        (5, "PCOUNT  = 9223372036854775807"),
        (6, "GCOUNT  = 9223372036854775807"),
        (6, "GCOUNT  = 'one'"),
        (7, "TFIELDS = 4"),
        (7, "TFIELDS = 100000"),
        (8, "TFORM1  = '1Z'"),
        (8, "TFORM1  = ''"),
        (8, "TFORM1  = '99999999999999999999E'"),
        (8, "TFORM1  = '9223372036854775807M'"),
        (8, "TFORM1  = 1K"),
    ] {
        let mut cards = good.clone();
        cards[line] = card;
        let parsed = parse(&header(&cards));
        // Sizes that agree with each other may be absurd, but no more than that.
        assert_eq!(parsed, None, "{card}");
    }
    let bytes = header(&good);
    assert!(parse(&bytes).is_some());
    for cut in 0..bytes.len() {
        assert_eq!(parse(&bytes[..cut]), None, "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn no_header_panics(
        values in prop::collection::vec("[-+]?[0-9]{0,20}|'[0-9]{0,20}[A-Z]{0,2}'|.{0,8}", 11),
        damage in prop::collection::vec((0usize..2880, any::<u8>()), 0..8),
    ) {
        let mut cards: Vec<String> = table("TFORM3  = '21A'", &[]).into_iter().map(str::to_owned).collect();
        for (card, value) in cards.iter_mut().zip(&values).skip(1) {
            if !value.is_empty() {
                *card = format!("{}= {value}", &card[..8]);
            }
        }
        let cards: Vec<&str> = cards.iter().map(String::as_str).collect();
        let _ = parse(&header(&cards));
        let mut bytes = header(&table("TFORM3  = '21A'", &[]));
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        if let Some(hdu) = parse(&bytes) {
            prop_assert!(hdu.data.layout.validate().is_ok());
        }
    }
}

#[test]
fn a_real_file() {
    let name = "../shared/data/astro/hess_023523.fits";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let Ok(bytes) = std::fs::read(path) else {
        println!("skipped: no {name} beside the repository");
        return;
    };
    let mut at = 0;
    let mut records = Vec::new();
    while at < bytes.len() {
        let hdu = parse(&bytes[at..]).expect("a header");
        println!(
            "at {at}: header {}, data {} {:?} with {} columns, then {}",
            hdu.header,
            hdu.data.len,
            hdu.data.layout,
            hdu.data.columns.len(),
            hdu.heap_and_padding
        );
        records.push((hdu.data.layout.width, hdu.data.layout.record));
        at += hdu.header + (hdu.data.len + hdu.heap_and_padding) as usize;
    }
    assert_eq!(at, bytes.len());
    assert_eq!(records, [(1, 0), (1, 28), (8, 0), (4, 0), (4, 0), (4, 0)]);
}
