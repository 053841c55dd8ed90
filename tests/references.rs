//! References: found where a column predicts another, stored in the header, refused where they point at nothing.

use boa_constrictor::format::{Cursor, EntropyModel, FrameHeader, Mix, NetworkRef, Section};
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::structure::{Reference, References, Structure};
use boa_constrictor::{
    DecodeOptions, EncodeOptions, Error, Input, Layout, Level, compress, decompress,
};

const ROWS: usize = 20_000;

/// Columns of four bytes: noise; noise; what the last column was a row ago and a little noise; noise. With
/// `predictable` false the third column is as noisy as before, but of its own.
fn table(predictable: bool) -> Vec<u8> {
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
        let third = (if predictable { before } else { own }) + (random() >> 16);
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

fn references_of(content: &[u8]) -> Vec<References> {
    let mut structure = Structure::plain(layout());
    structure.find_references(content);
    structure.references
}

#[test]
fn a_column_references_the_one_that_predicts_it() {
    let references = references_of(&table(true));
    // The last column of the row before.
    assert_eq!(references[2][0].map(|reference| reference.back), Some(3));
    for column in [0, 1, 3] {
        assert_eq!(references[column], References::default(), "column {column}");
    }
    assert_eq!(references_of(&table(false)), Vec::<References>::new());
}

#[test]
fn what_is_predicted_need_not_be_stored() {
    let options = |level| EncodeOptions {
        layout: SpecifiedLayout::Layout(layout()),
        level: Level::new(level).unwrap(),
        ..EncodeOptions::default()
    };
    for level in [3, 5, 9] {
        let [predictable, unpredictable] = [true, false].map(|predictable| {
            let content = table(predictable);
            let mut coded = Vec::new();
            let input = Input::from_reader(&content[..]);
            compress(input, &mut coded, &options(level), &()).unwrap();
            let mut back = Vec::new();
            decompress(&coded[..], &mut back, &DecodeOptions::default(), &()).unwrap();
            assert!(back == content);
            coded.len()
        });
        // Six bits of each row are predicted.
        assert!(
            predictable + ROWS / 2 < unpredictable,
            "-{level}: {predictable}, {unpredictable}"
        );
    }
}

fn header(structure: Structure) -> FrameHeader {
    FrameHeader {
        content_len: 4096,
        coded_len: 4096,
        structure,
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

fn referencing(references: Vec<References>) -> Structure {
    Structure {
        references,
        ..Structure::plain(layout())
    }
}

fn reference(back: u16, shift: u8) -> Option<Reference> {
    Some(Reference { back, shift })
}

#[test]
fn headers_hold_references() {
    let references = vec![
        References::default(),
        [reference(4, 31), reference(1, 0), None],
        [reference(4, 31), reference(1, 0), None],
        [reference(1, 7), None, reference(3, 8)],
    ];
    for references in [Vec::new(), references] {
        let header = header(referencing(references));
        assert_eq!(read(&header).unwrap(), Section::Frame(header));
    }
}

#[test]
fn references_to_nothing_are_refused() {
    let one = |first| {
        let mut references = vec![References::default(); 4];
        references[2][1] = first;
        references
    };
    let bad = [
        // Further back than there are columns, and all bits dropped.
        one(reference(5, 0)),
        one(reference(1, 32)),
        // Of too few columns, and of too many.
        vec![References::default(); 3],
        vec![References::default(); 5],
    ];
    for references in bad {
        assert!(
            read(&header(referencing(references.clone()))).is_err(),
            "{references:?}"
        );
    }
    let plain = Structure {
        references: vec![References::default()],
        ..Structure::plain(Layout::BYTES)
    };
    assert!(plain.validate(4096).is_err());
}
