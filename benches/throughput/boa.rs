//! boa as a call from memory to memory, on one thread.

use crate::Failure;
use crate::rounds::{Round, Runs, Setting, same, timed};
use boa_constrictor::{DecodeOptions, EncodeOptions, Error, Input, Level, compress, decompress};
use rayon::ThreadPoolBuilder;
use std::sync::Arc;

/// A level.
pub fn call(number: u8) -> Result<Setting, Failure> {
    let level = Level::new(number).ok_or_else(|| format!("there is no level {number}"))?;
    let pool = Arc::new(ThreadPoolBuilder::new().num_threads(1).build()?);
    let encode = EncodeOptions {
        level,
        threads: 1,
        pool: Some(pool.clone()),
        ..EncodeOptions::default()
    };
    let decode = DecodeOptions {
        threads: 1,
        pool: Some(pool),
        ..DecodeOptions::default()
    };
    Ok(Setting {
        name: format!("boa -{number}"),
        runs: Runs::Boa,
        run: Box::new(move |input| {
            let content = &input.content;
            let (compressing, coded) = timed(|| -> Result<Vec<u8>, Error> {
                let mut coded = Vec::new();
                compress(Input::from_reader(&content[..]), &mut coded, &encode, &())?;
                Ok(coded)
            })?;
            let (decompressing, decoded) = timed(|| -> Result<Vec<u8>, Error> {
                let mut decoded = Vec::with_capacity(content.len());
                decompress(&coded[..], &mut decoded, &decode, &())?;
                Ok(decoded)
            })?;
            same(decoded == *content)?;
            Ok(Some(Round {
                seconds: [compressing, decompressing],
                bytes: coded.len(),
                peak: [None; 2],
            }))
        }),
    })
}
