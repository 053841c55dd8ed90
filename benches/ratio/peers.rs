//! Other compressors, each with the most that it has.

use crate::Failure;
use crate::numbers::Numbers;
use pco::ChunkConfig;
use pco::data_types::Number;
use pco::standalone::simple_compress;
use std::io::{self, Write};

/// Gives the compressed size of a content.
type Peer = fn(&[u8]) -> io::Result<usize>;

/// Those that take any bytes. The first is the one that boa is compared with.
pub const PEERS: [(&str, Peer); 4] = [
    ("xz -9e", xz),
    ("zstd -22", zstd),
    ("brotli -11", brotli),
    ("bzip2 -9", bzip2),
];

/// `LZMA_PRESET_EXTREME`: the e in -9e.
const XZ_EXTREME: u32 = 1 << 31;

fn xz(content: &[u8]) -> io::Result<usize> {
    use liblzma::stream::{Check, Stream};
    let preset = Stream::new_easy_encoder(9 | XZ_EXTREME, Check::Crc64)?;
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), preset);
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}

/// `zstd --ultra -22 --long=27`.
fn zstd(content: &[u8]) -> io::Result<usize> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 22)?;
    encoder.set_pledged_src_size(Some(content.len() as u64))?;
    encoder.long_distance_matching(true)?;
    encoder.window_log(27)?;
    encoder.include_checksum(true)?;
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}

/// `brotli -q 11 -w 24`.
fn brotli(content: &[u8]) -> io::Result<usize> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
    encoder.write_all(content)?;
    Ok(encoder.into_inner().len())
}

fn bzip2(content: &[u8]) -> io::Result<usize> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(9));
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}

/// pcodec, level 12, its own choice of everything else: a file for each column.
pub fn pcodec(numbers: &Numbers) -> Result<usize, Failure> {
    macro_rules! all {
        ($number:ty) => {
            sum(numbers, |bytes| <$number>::from_le_bytes(*bytes))
        };
    }
    match numbers.kind {
        ('f', 4) => all!(f32),
        ('f', 8) => all!(f64),
        ('i', 1) => all!(i8),
        ('i', 2) => all!(i16),
        ('i', 4) => all!(i32),
        ('i', 8) => all!(i64),
        ('u', 1) => all!(u8),
        ('u', 2) => all!(u16),
        ('u', 4) => all!(u32),
        ('u', 8) => all!(u64),
        (kind, width) => Err(format!("pcodec has no numbers {kind}{width}").into()),
    }
}

fn sum<T: Number, const WIDTH: usize>(
    numbers: &Numbers,
    number: impl Fn(&[u8; WIDTH]) -> T,
) -> Result<usize, Failure> {
    let config = ChunkConfig::default().with_compression_level(12);
    let mut total = 0;
    for column in &numbers.columns {
        let values: Vec<T> = column.as_chunks().0.iter().map(&number).collect();
        total += simple_compress(&values, &config)?.len();
    }
    Ok(total)
}
