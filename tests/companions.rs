//! Companions: found where a column tells of another, stored in the header, refused where they point at nothing.

use boa_constrictor::format::{Cursor, EntropyModel, FrameHeader, Mix, NetworkRef, Section};
use boa_constrictor::layout::Given;
use boa_constrictor::structure::{Look, Looks, Structure};
use boa_constrictor::{
    DecodeOptions, EncodeOptions, Error, Input, Layout, Level, compress, decompress,
};

const ROWS: usize = 20_000;

/// Columns of four bytes: noise; noise; what the last column was a row ago and a little noise; noise. With `told` false the
/// third column is as noisy as before, but of its own.
fn table(told: bool) -> Vec<u8> {
    let mut state = 1u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u32
    };
    let mut bytes = Vec::new();
    let mut before = 0;
    for _ in 0..ROWS {
        let (last, own) = (random() >> 8, random() >> 8);
        let third = (if told { before } else { own }) + (random() >> 16);
        for value in [random(), random(), third, last] {
            bytes.extend(value.to_be_bytes());
        }
        before = last;
    }
    bytes
}

fn layout() -> Layout {
    Layout {
        width: 4,
        record: 16,
        ..Layout::BYTES
    }
}

fn looks_of(content: &[u8]) -> Vec<Looks> {
    let mut structure = Structure::plain(layout());
    structure.look_around(content);
    structure.looks
}

#[test]
fn a_column_looks_at_the_one_that_tells_of_it() {
    let looks = looks_of(&table(true));
    // The last column of the row before.
    assert_eq!(looks[2][0].map(|look| look.back), Some(3));
    for column in [0, 1, 3] {
        assert_eq!(looks[column], Looks::default(), "column {column}");
    }
    assert_eq!(looks_of(&table(false)), Vec::<Looks>::new());
}

#[test]
fn what_is_told_need_not_be_stored() {
    let options = |level| EncodeOptions {
        layout: Given::Layout(layout()),
        level: Level::new(level).unwrap(),
        ..EncodeOptions::default()
    };
    for level in [1, 5, 9] {
        let [told, untold] = [true, false].map(|told| {
            let content = table(told);
            let mut coded = Vec::new();
            let input = Input::from_reader(&content[..]);
            compress(input, &mut coded, &options(level), &()).unwrap();
            let mut back = Vec::new();
            decompress(&coded[..], &mut back, &DecodeOptions::default(), &()).unwrap();
            assert!(back == content);
            coded.len()
        });
        // Six bits of each row are told.
        assert!(told + ROWS / 2 < untold, "-{level}: {told}, {untold}");
    }
}

fn header(structure: Structure) -> FrameHeader {
    FrameHeader {
        content_len: 4096,
        coded_len: 4096,
        structure: structure,
        model: EntropyModel::Mix(Mix {
            effort: Level::new(5).unwrap().effort(),
            network: Some(NetworkRef::Member),
            segments: None,
        }),
        streams: vec![1],
        hash: [7; 16],
    }
}

fn read(header: &FrameHeader) -> Result<Section, Error> {
    Section::read_from(&mut Cursor::new(&header.to_bytes()[..]))
}

fn looking(looks: Vec<Looks>) -> Structure {
    Structure {
        looks,
        ..Structure::plain(layout())
    }
}

fn look(back: u16, shift: u8) -> Option<Look> {
    Some(Look { back, shift })
}

#[test]
fn headers_hold_looks() {
    let looks = vec![
        Looks::default(),
        [look(4, 31), look(1, 0), None],
        [look(4, 31), look(1, 0), None],
        [look(1, 7), None, look(3, 8)],
    ];
    for looks in [Vec::new(), looks] {
        let header = header(looking(looks));
        assert_eq!(read(&header).unwrap(), Section::Frame(header));
    }
}

#[test]
fn looks_at_nothing_are_refused() {
    let one = |first| {
        let mut looks = vec![Looks::default(); 4];
        looks[2][1] = first;
        looks
    };
    let bad = [
        // Further back than there are columns, and all bits dropped.
        one(look(5, 0)),
        one(look(1, 32)),
        // Of too few columns, and of too many.
        vec![Looks::default(); 3],
        vec![Looks::default(); 5],
    ];
    for looks in bad {
        assert!(read(&header(looking(looks.clone()))).is_err(), "{looks:?}");
    }
    let plain = Structure {
        looks: vec![Looks::default()],
        ..Structure::plain(Layout::BYTES)
    };
    assert!(plain.validate(4096).is_err());
}
