//! Frames of numbers made by hand, where the encoder would choose something else.

use boa_constrictor::coder::{BitCoder, Integers, LaneEncoder};
use boa_constrictor::format::{
    EntropyModel, Footer, FrameHeader, Head, Index, IndexEntry, ModelSection, Numbers, frame_hash,
};
use boa_constrictor::layout::{Column, Kind};
use boa_constrictor::lossy::coded::Form;
use boa_constrictor::lossy::grid::Grid;
use boa_constrictor::lossy::number;
use boa_constrictor::model::numbers::field::{Field, FieldMethod, code};

/// A lossy file of one frame of numbers, perhaps with an autoencoder.
pub fn file(words: &[u32], content: &[u8], model: Option<&[u8]>) -> Vec<u8> {
    let head = Head {
        bounds: Some(Vec::new()),
    };
    let mut header = FrameHeader::plain(
        EntropyModel::Numbers(Numbers { inner_len: 0 }),
        content.len() as u32,
        frame_hash(content),
    );
    header.streams = vec![words.len() as u32];
    assert!(4 * words.len() <= content.len());
    let head = head.to_bytes();
    let section = model.map_or(Vec::new(), |model| {
        ModelSection::Embedded(model.to_vec()).to_bytes()
    });
    let payload = words.iter().flat_map(|word| word.to_le_bytes());
    let frame: Vec<u8> = header.to_bytes().into_iter().chain(payload).collect();
    let index = Index {
        head_len: head.len() as u64,
        model: model.map(|_| (head.len() as u64, section.len() as u64)),
        entries: vec![IndexEntry {
            frame_len: frame.len() as u32,
            content_len: content.len() as u32,
        }],
    };
    let footer = Footer {
        content_len: content.len() as u64,
        hash: *blake3::hash(content).as_bytes(),
    };
    [head, section, frame, index.to_bytes(&footer)].concat()
}

/// Codes a type.
pub fn code_type<C: BitCoder>(column: Column, integers: &mut Integers<C>) {
    let kind = match column.kind {
        Kind::Unsigned => 0,
        Kind::Signed => 1,
        Kind::Float => 2,
    };
    let own_type = u64::from(column.width.trailing_zeros()) << 3 | u64::from(column.swap) << 2;
    integers.within(28, own_type | kind, 0, 31).unwrap();
}

/// An array on a grid.
pub struct Array<'a> {
    pub column: Column,
    pub lengths: &'a [usize],
    pub grid: Grid,
    /// Of a uniform grid: only whole cells have values.
    pub whole: bool,
}

/// The file of an array whose values, in fine units, are coded by a method of choice.
pub fn array(array: &Array, method: &FieldMethod, targets: &[i64]) -> Vec<u8> {
    let Array {
        column,
        lengths,
        grid,
        whole,
    } = *array;
    let mut encoder = LaneEncoder::default();
    let mut integers = Integers::new(&mut encoder);
    Form::Array.code(&mut integers).unwrap();
    code_type(column, &mut integers);
    integers.within(30, lengths.len() as u64, 1, 4).unwrap();
    for &length in lengths {
        integers.within(30, length as u64, 1, u64::MAX).unwrap();
    }
    Grid::code(Some(grid), &mut integers).unwrap();
    if !grid.is_whole() {
        integers.within(31, whole.into(), 0, 1).unwrap();
    }
    // No specials.
    integers.within(20, 0, 0, 1).unwrap();
    let width = column.width;
    method.code(&mut integers).unwrap();
    let field = Field {
        lengths,
        whole: whole || grid.is_whole(),
        special: &[],
    };
    let values = code(integers.coder(), method, field, Some(targets)).unwrap();
    let mut content = vec![0; values.len() * usize::from(width)];
    let elements = content.chunks_exact_mut(width.into());
    for (element, &value) in elements.zip(&values) {
        number::write(column, grid.to_bits(column, value), element);
    }
    file(&encoder.finish(), &content, None)
}
