//! Other compressors, each as a call from memory to memory on one core.

use crate::Failure;
use crate::numbers::{Numbers, of_type};
use crate::rounds::{Round, Runs, Setting, same, timed};
use liblzma::stream::{Check, Stream};
use pco::ChunkConfig;
use pco::data_types::Number;
use pco::errors::PcoError;
use pco::standalone::{simple_compress, simple_decompress};
use std::io::{self, Read, Write};

/// All of them. The first is xz -9e.
pub fn all() -> Vec<Setting> {
    let mut all = vec![of_bytes("xz -9e", xz, unxz)];
    for level in [3, 19] {
        all.push(of_bytes(
            &format!("zstd -{level}"),
            move |content| zstd::bulk::compress(content, level),
            zstd::bulk::decompress,
        ));
    }
    all.push(of_bytes("lz4", lz4, unlz4));
    all.extend([8, 12].map(pcodec));
    all
}

/// One that takes any bytes. What decompresses is told how many come out.
fn of_bytes(
    name: &str,
    there: impl Fn(&[u8]) -> io::Result<Vec<u8>> + 'static,
    back: fn(&[u8], usize) -> io::Result<Vec<u8>>,
) -> Setting {
    Setting {
        name: name.into(),
        runs: Runs::Neighbour,
        run: Box::new(move |input| {
            let content = &input.content;
            let (compressing, coded) = timed(|| there(content))?;
            let (decompressing, decoded) = timed(|| back(&coded, content.len()))?;
            same(decoded == *content)?;
            Ok(Some(Round {
                seconds: [compressing, decompressing],
                bytes: coded.len(),
                peak: [None; 2],
            }))
        }),
    }
}

/// `LZMA_PRESET_EXTREME`: the e in -9e.
const XZ_EXTREME: u32 = 1 << 31;

fn xz(content: &[u8]) -> io::Result<Vec<u8>> {
    let preset = Stream::new_easy_encoder(9 | XZ_EXTREME, Check::Crc64)?;
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), preset);
    encoder.write_all(content)?;
    encoder.finish()
}

fn unxz(coded: &[u8], len: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(len);
    liblzma::read::XzDecoder::new(coded).read_to_end(&mut content)?;
    Ok(content)
}

/// A single block.
fn lz4(content: &[u8]) -> io::Result<Vec<u8>> {
    Ok(lz4_flex::block::compress(content))
}

fn unlz4(coded: &[u8], len: usize) -> io::Result<Vec<u8>> {
    lz4_flex::block::decompress(coded, len).map_err(io::Error::other)
}

/// pcodec takes numbers: it has the columns as they are in memory, a file for each, and need not put rows together again.
fn pcodec(level: usize) -> Setting {
    let config = ChunkConfig::default().with_compression_level(level);
    Setting {
        name: format!("pcodec {level}"),
        runs: Runs::Neighbour,
        run: Box::new(move |input| {
            let mut all: Option<Round> = None;
            for numbers in &input.numbers {
                let round = of_numbers(numbers, &config)?;
                let all = all.get_or_insert(Round {
                    seconds: [0.0; 2],
                    bytes: 0,
                    peak: [None; 2],
                });
                all.seconds = [0, 1].map(|k| all.seconds[k] + round.seconds[k]);
                all.bytes += round.bytes;
            }
            Ok(all)
        }),
    }
}

fn of_numbers(numbers: &Numbers, config: &ChunkConfig) -> Result<Round, Failure> {
    of_type!(numbers.kind, of_columns(&numbers.columns, config))
}

fn of_columns<T: Number, const WIDTH: usize>(
    columns: &[Vec<u8>],
    config: &ChunkConfig,
    number: fn([u8; WIDTH]) -> T,
    bytes: fn(T) -> [u8; WIDTH],
) -> Result<Round, Failure> {
    let numbers = |column: &Vec<u8>| -> Vec<T> {
        let elements = column.as_chunks().0;
        elements.iter().copied().map(number).collect()
    };
    let values: Vec<Vec<T>> = columns.iter().map(numbers).collect();
    let (compressing, coded) = timed(|| -> Result<Vec<_>, PcoError> {
        let coded = values.iter().map(|column| simple_compress(column, config));
        coded.collect()
    })?;
    let (decompressing, decoded) = timed(|| -> Result<Vec<Vec<T>>, PcoError> {
        coded
            .iter()
            .map(|column| simple_decompress(column))
            .collect()
    })?;
    let decoded = decoded.into_iter().flatten().flat_map(bytes);
    same(decoded.eq(columns.iter().flatten().copied()))?;
    Ok(Round {
        seconds: [compressing, decompressing],
        bytes: coded.iter().map(Vec::len).sum(),
        peak: [None; 2],
    })
}
