//! Other compressors, each with the most that it has.

use crate::Failure;
use crate::numbers::{Numbers, of_type};
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
    of_type!(numbers.kind, sum(&numbers.columns))
}

fn sum<T: Number, const WIDTH: usize>(
    columns: &[Vec<u8>],
    number: fn([u8; WIDTH]) -> T,
    _: fn(T) -> [u8; WIDTH],
) -> Result<usize, Failure> {
    let config = ChunkConfig::default().with_compression_level(12);
    let mut total = 0;
    for column in columns {
        let values: Vec<T> = column.as_chunks().0.iter().copied().map(number).collect();
        total += simple_compress(&values, &config)?.len();
    }
    Ok(total)
}
